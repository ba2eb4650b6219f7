"""Environments laid out for Windows, read on any host: real launcher stubs of distlib, and launchers in the forms of uv."""
import glob
import io
import struct
import zipfile

import pytest

from place import VIRTUALENV
from vf import find, report, vf

HERE = "C:\\app\\.venv"
PYTHON = HERE + "\\Scripts\\python.exe"


def archive():
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        z.writestr("__main__.py", "#!python\nimport sys\nfrom six import main\nsys.exit(main())\n")
    return b.getvalue()


def stubs():
    home = VIRTUALENV.parent.parent
    return sorted(glob.glob(f"{home}/lib/python3*/site-packages/**/distlib/[tw]*.exe", recursive=True))


def distlib(python, end=b"\n", stub=0):
    return open(stubs()[stub], "rb").read() + b"#!" + python.encode() + end + archive()


def trailer(python, magic=b"UVSC"):
    return b"MZ" + b"\0" * 500 + archive() + python.encode() + struct.pack("<I", len(python.encode())) + magic


def resource(python, kind=b"\1"):
    """A PE file with one section, which holds the resources that uv writes."""
    values = {"UV_TRAMPOLINE_KIND": kind, "UV_PYTHON_PATH": python.encode(), "UV_SCRIPT_DATA": archive()}
    names, n = sorted(values), len(values)
    at_names = 16 + 8 + 16 + 8 * n  # root, its entry, the directory of names
    at_langs = at_names
    langs = at_langs + 24 * n
    entries = langs + 16 * n
    text, data, where, strings = b"", b"", {}, entries
    for name in names:
        where[name] = strings + len(text)
        text += struct.pack("<H", len(name)) + name.encode("utf-16-le")
    text += b"\0" * (-len(text) % 4)
    begin = strings + len(text)
    out = struct.pack("<IIHHHH", 0, 0, 0, 0, 0, 1) + struct.pack("<II", 10, 0x80000000 | 24)
    out += struct.pack("<IIHHHH", 0, 0, 0, 0, n, 0)
    for i, name in enumerate(names):
        out += struct.pack("<II", 0x80000000 | where[name], 0x80000000 | (at_langs + 24 * i))
    for i in range(n):
        out += struct.pack("<IIHHHH", 0, 0, 0, 0, 0, 1) + struct.pack("<II", 0, langs + 16 * i)
    for name in names:
        out += struct.pack("<IIII", 0x1000 + begin + len(data), len(values[name]), 0, 0)
        data += values[name]
    out += text + data
    optional = struct.pack("<H", 0x20B) + b"\0" * 110 + b"\0" * 16 + struct.pack("<II", 0x1000, len(out)) + b"\0" * 104
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0) + optional
    section = b".rsrc\0\0\0" + struct.pack("<IIII", len(out), 0x1000, len(out), len(head) + 40) + b"\0" * 16
    return head + section + out


LAUNCHERS = {
    "distlib": distlib,
    "distlib-crlf": lambda p: distlib(p, b"\n\r\n", -1),
    "distlib-quoted": lambda p: distlib(f'"{p}" -E'),
    "uv-trailer": trailer,
    "uv-trailer-old": lambda p: trailer(p, b"UVUV"),
    "uv-python": lambda p: trailer(p, b"UVPY"),
    "uv-resource": resource,
}


@pytest.fixture
def windows(scratch):
    root = scratch / "W"
    site = root / "Lib/site-packages"
    (site / "six-1.0.dist-info").mkdir(parents=True)
    (root / "Scripts").mkdir()
    (root / "pyvenv.cfg").write_text(f"home = C:\\Python312\r\ninclude-system-site-packages = false\r\nversion = 3.12.4\r\ncommand = C:\\Python312\\python.exe -m venv {HERE}\r\n")
    (root / "Scripts/python.exe").write_bytes(b"MZ" + b"\0" * 3000)
    (root / "Scripts/activate.bat").write_text(f"@echo off\r\nset VIRTUAL_ENV={HERE}\r\n:END\r\n")
    (site / "six.py").write_text("x = 1\n")
    (site / "six-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.0\n")
    (site / "six-1.0.dist-info/RECORD").write_text("six.py,,6\n../../Scripts/six.exe,,\nsix-1.0.dist-info/METADATA,,\nsix-1.0.dist-info/RECORD,,\n")
    (root / "Scripts/six.exe").write_bytes(distlib(PYTHON))
    return root


@pytest.mark.parametrize("kind", LAUNCHERS)
def test_launchers(windows, kind):
    exe = windows / "Scripts/six.exe"
    exe.write_bytes(LAUNCHERS[kind](PYTHON))
    got = find(report("check", windows, rc=1), "bound", "Scripts/six.exe", rule="VF201")
    assert len(got) == 1 and got[0]["value"] == PYTHON and got[0]["distribution"] == "six"
    assert exe.read_bytes()[got[0]["offset"]:][: len(PYTHON)] == PYTHON.encode()
    assert not find(report("check", "--at", HERE, windows, rc=0), rule="VF2")
    moved = find(report("check", "--at", "D:\\new", windows, rc=1), "broken", "Scripts/six.exe")
    assert moved[0]["expected"] == "D:\\new\\Scripts\\python.exe" and moved[0]["rule"] == "VF203"


def test_paths_of_windows(windows):
    """Case, slashes and a backslash at the end do not count; a name that only begins alike does."""
    for at in (HERE, HERE.lower(), "c:/APP/.venv", HERE + "\\"):
        doc = report("check", "--at", at, windows, rc=0)
        assert doc["answers"]["sound"] and doc["environment"]["layout"] == "windows"
    for at in (HERE + "2", "C:\\app", "\\\\server\\app\\.venv"):
        assert not report("check", "--at", at, windows, rc=1)["answers"]["sound"]
    assert report("check", "--here", windows, rc=0)["environment"]["base"] == "C:\\Python312\\python.exe"


def test_what_the_files_name(windows):
    doc = report("check", windows, rc=1)
    assert {f["rule"] for f in doc["findings"]} == {"VF106", "VF201", "VF301"}
    (windows / "Lib/site-packages/x.pth").write_text("D:\\work\\src\n")
    assert find(report("check", windows, rc=1), "host", rule="VF405")
    (windows / "pyvenv.cfg").write_text("home = Python312\n")
    assert find(report("check", windows, rc=1), "broken", "pyvenv.cfg", rule="VF114")
    (windows / "Lib/site-packages/six.py").write_text("changed = 1\n")
    assert find(report("check", windows, rc=1), "tampered", rule="VF507")


def test_it_is_not_changed_here(windows, scratch):
    for args in (("move", windows, scratch / "N"), ("fix", windows), ("recreate", windows, scratch / "N")):
        doc = report(*args, rc=2)
        assert doc["error"]["code"] == "windows-environment" and "Windows environment" in doc["error"]["message"]
    assert sorted(p.name for p in scratch.iterdir()) == ["W"] and not (windows / ".venvfix").exists()


def test_a_path_of_windows_is_for_windows(env):
    assert report("check", "--at", HERE, env.path, rc=2)["error"]["code"] == "usage"


@pytest.mark.parametrize("kind", LAUNCHERS)
def test_damaged_launchers(windows, kind):
    whole = LAUNCHERS[kind](PYTHON)
    for cut in (3, 62, 70, 200, len(whole) // 2, len(whole) - 1, len(whole) - 9):
        (windows / "Scripts/six.exe").write_bytes(whole[:cut])
        vf("check", windows, rc=1)
    (windows / "Scripts/six.exe").write_bytes(whole.replace(b"PK\5\6", b"PK\5\6" + b"\xff" * 16))
    vf("check", windows, rc=1)
