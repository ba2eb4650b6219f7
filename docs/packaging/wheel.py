"""Makes the wheel of venvfix-cli from a static program: the program as script, and `python -m venvfix`.

usage: wheel.py PROGRAM ARCH DIRECTORY

The same inputs and SOURCE_DATE_EPOCH give the same bytes. Beside PROGRAM are PROGRAM.spdx.json and PROGRAM.licenses.txt.
Formats: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ and PEP 770 (SBOM files).
"""
import base64
import hashlib
import os
import re
import sys
import time
import zipfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

MAIN = '''"""Runs the venvfix program that this distribution installed: python -m venvfix ARGUMENT..."""
import os
import sys
import sysconfig
from importlib.metadata import files


def find_program():
    """The path of the program: where the wheel's scripts went, by its RECORD, else where they usually go."""
    for file in files("venvfix-cli") or []:
        path = os.path.normpath(str(file.locate()))
        if file.name == "venvfix" and "bin" in file.parts and os.path.isfile(path):
            return path
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", "posix_user"), os.path.join(here, "bin")):
        if os.path.isfile(os.path.join(folder, "venvfix")):
            return os.path.join(folder, "venvfix")
    sys.exit("venvfix: error: cannot find the program 'venvfix': install venvfix-cli again")


if __name__ == "__main__":
    program = find_program()
    os.execv(program, [program, *sys.argv[1:]])
'''

METADATA = """Metadata-Version: 2.4
Name: venvfix-cli
Version: {version}
Summary: Find every non-portable part of a Python environment; move, recreate, repair, pack it
License-Expression: MIT
License-File: LICENSE
License-File: LICENSES-THIRD-PARTY.txt
Keywords: venv,virtualenv,relocate,shebang,pip
Classifier: Environment :: Console
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: C
Classifier: Topic :: System :: Software Distribution
Requires-Python: >=3.8
Description-Content-Type: text/markdown

{readme}"""


def wheel_members(program, version, tags):
    """The files of the wheel but RECORD: name, mode and contents."""
    info = f"venvfix_cli-{version}.dist-info"
    readme = (REPO / "README.md").read_text()
    yield f"venvfix_cli-{version}.data/scripts/venvfix", 0o755, program.read_bytes()
    yield "venvfix/__init__.py", 0o644, f'"""The program venvfix; see `python -m venvfix --help`."""\n__version__ = "{version}"\n'.encode()
    yield "venvfix/__main__.py", 0o644, MAIN.encode()
    yield f"{info}/licenses/LICENSE", 0o644, (REPO / "LICENSE").read_bytes()
    yield f"{info}/licenses/LICENSES-THIRD-PARTY.txt", 0o644, Path(f"{program}.licenses.txt").read_bytes()
    yield f"{info}/sboms/venvfix.spdx.json", 0o644, Path(f"{program}.spdx.json").read_bytes()
    yield f"{info}/METADATA", 0o644, METADATA.format(version=version, readme=readme).encode()
    lines = ["Wheel-Version: 1.0", "Generator: venvfix", "Root-Is-Purelib: false", *(f"Tag: py3-none-{t}" for t in tags)]
    yield f"{info}/WHEEL", 0o644, ("\n".join(lines) + "\n").encode()


def record_row(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, arch, directory = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    version = re.search(r'^#define VENVFIX_VERSION +"(.*)"$', (REPO / "src/venvfix.h").read_text(), re.M).group(1)
    tags = [f"manylinux2014_{arch}", f"musllinux_1_1_{arch}"]
    members = list(wheel_members(program, version, tags))
    record = f"venvfix_cli-{version}.dist-info/RECORD"
    rows = "".join(record_row(name, data) for name, _, data in members) + f"{record},,\n"
    members.append((record, 0o644, rows.encode()))
    date = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH") or 0), 315532800))[:6]
    path = directory / f"venvfix_cli-{version}-py3-none-{'.'.join(tags)}.whl"
    with zipfile.ZipFile(f"{path}.new", "w") as archive:
        for name, mode, data in members:
            member = zipfile.ZipInfo(name, date)
            member.external_attr = (0o100000 | mode) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data, compresslevel=9)
    os.replace(f"{path}.new", path)
    print(path)


if __name__ == "__main__":
    main()
