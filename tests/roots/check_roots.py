#!/usr/bin/env python3
"""`check --root` against the truth: whatever it calls fine starts and imports in a chroot, whatever fails there is named.

    check_roots.py PROGRAM [DIR]      as root, with debootstrap and pip; DIR keeps what was downloaded (build/roots)

Roots of Debian's releases (SUITES) are made with debootstrap. In each an environment is made by its own Python, of wheels for that Python. Then
every environment is checked in every root, and as it is after each of DAMAGES. The judge is the root itself: every entry point is loaded and
every module and extension module imported there, each in an interpreter of its own. A line for each case; exit 1 when a green answer was not true.
"""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITES = os.environ.get("SUITES", "bullseye bookworm trixie").split()
MIRROR = os.environ.get("DEBIAN_MIRROR", "").split()  # none: the one that debootstrap takes
PACKAGES = os.environ.get("PACKAGES", "flask markupsafe orjson numpy pyyaml black greenlet").split()
OLDER = ["importlib-metadata", "zipp", "typing-extensions", "tomli"]  # pip evaluates the markers of these for its own Python
AT = "app/env"
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin") or "/usr/sbin/chroot"

JUDGE = r'''
import importlib, os, re, subprocess, sys
from importlib import metadata
site = next(p for p in sys.path if p.endswith("site-packages"))
names = set()
for d in metadata.distributions(path=[site]):
    if d.metadata["Name"] in ("pip", "setuptools"):
        continue
    for e in d.entry_points:
        if e.group in ("console_scripts", "gui_scripts") and not e.extras:
            names.add("script " + e.name)
    for f in d.files or ():
        parts = f.parts
        if ".." in parts or any(not p.split(".")[0].isidentifier() or re.fullmatch("_?tests?|testing|conftest", p.split(".")[0]) for p in parts):
            continue
        if f.suffix == ".so" or (len(parts) == 2 and parts[1] == "__init__.py") or (len(parts) == 1 and f.suffix == ".py"):
            stem = parts[-1].split(".")[0]
            names.add("import " + ".".join(parts[:-1] + (() if stem == "__init__" else (stem,))))
for name in sorted(names):
    kind, what = name.split()
    if kind == "import":
        command = [sys.executable, "-c", "import " + what]
    else:
        command = [os.path.join(sys.prefix, "bin", what), "--help"]
    try:
        p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, cwd="/tmp")
        text = p.stdout.decode(errors="replace").strip().splitlines()[-1:] or [""]
        bad = p.returncode and (kind == "import" or re.search("Error: |not found|No such file", text[0]))
        bad = bad and "circular import" not in text[0] and "SystemError" not in text[0]
    except OSError as e:
        bad, text = True, [str(e)]
    if bad:
        print("FAILS %s: %s" % (name, text[0][:150]))
print("JUDGED %d" % len(names))
'''


def run(*args, **kw):
    return subprocess.run([os.fspath(a) for a in args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kw)


def must(*args, **kw):
    p = run(*args, **kw)
    if p.returncode:
        sys.exit(f"{args} failed:\n{p.stdout[-2000:]}")
    return p.stdout


def chroot(root, *args):
    return run(CHROOT, root, *args, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"})


def make_root(area, suite):
    root = area / suite
    if not (root / "usr/bin/python3").exists():
        must("debootstrap", "--variant=minbase", "--include=python3,python3-venv", suite, root, *MIRROR)
    return root


def make_env(area, root):
    """An environment at /app/env, packed as it is; the same bytes for every case."""
    packed = area / f"{root.name}.env.tar"
    if not packed.exists():
        version = chroot(root, "/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").stdout.strip()
        must(sys.executable, "-m", "pip", "download", "-q", "-d", root / "wheels", "--only-binary=:all:", "--python-version", version, *PACKAGES, *OLDER)
        for args in (("/usr/bin/python3", "-m", "venv", "/" + AT), (f"/{AT}/bin/pip", "install", "-q", "--no-index", "--find-links", "/wheels", *PACKAGES)):
            p = chroot(root, *args)
            if p.returncode:
                sys.exit(f"{args} failed in {root}:\n{p.stdout[-2000:]}")
        must("tar", "-C", root, "-cf", packed, AT)
    return packed


def site(env):
    return next(env.glob("lib/python3.*/site-packages"))


def drop(pattern):
    def damage(root, env):
        for path in list(root.glob(pattern)):
            path.rename(path.with_name("gone-" + path.name))
    return damage


def truncate(root, env):
    path = next(site(env).glob("orjson/*.so"))
    path.write_bytes(path.read_bytes()[:4096])


def remove_package(root, env):
    for path in site(env).glob("click*"):
        shutil.rmtree(path)


def other_abi(root, env):
    path = next(site(env).glob("orjson/*.so"))
    path.rename(path.with_name("orjson.cpython-36m-x86_64-linux-gnu.so"))


def other_script(root, env):
    path = env / "bin/flask"
    path.write_text("\n".join(["#!/usr/bin/python3", *path.read_text().splitlines()[1:]]) + "\n")


DAMAGES = {
    "as made": lambda root, env: None,
    "base gone": drop("usr/bin/python3"),
    "standard library gone": drop("usr/lib/python3.*/os.py"),
    "loader gone": drop("usr/lib*/ld-linux*"),
    "libm gone": drop("usr/lib/*/libm.so.6"),
    "library of the C++ runtime gone": drop("usr/lib/*/libstdc++.so.6"),
    "module truncated": truncate,
    "requirement removed": remove_package,
    "module of another Python": other_abi,
    "script of the host's Python": other_script,
}


def undo(root):
    for path in [*root.glob("usr/bin/gone-*"), *root.glob("usr/lib*/gone-*"), *root.glob("usr/lib/*/gone-*")]:
        path.rename(path.with_name(path.name[5:]))


def judge(root):
    p = chroot(root, f"/{AT}/bin/python", "-c", JUDGE)
    fails = [line for line in p.stdout.splitlines() if line.startswith("FAILS ")]
    if "JUDGED" not in p.stdout:
        fails = [f"FAILS start: {(p.stdout.strip().splitlines() or ['nothing was printed'])[-1][:150]}"]
    return fails


def case(program, root, packed, name, damage):
    """*wrong*: it was called fine, and fails. *accused*: it was called broken, and nothing fails."""
    shutil.rmtree(root / AT, ignore_errors=True)
    must("tar", "-C", root, "-xf", packed)
    damage(root, root / AT)
    try:
        p = run(program, "check", "--isolated", "--root", root, "--format", "json", "--fail-on", "warning", root / AT)
        doc = json.loads(p.stdout)
        loud = [f for f in doc["findings"] if f["level"] != "info"]
        fails = judge(root)
    finally:
        undo(root)
    green = doc["exit"] == 0
    verdict = "wrong" if green and fails else "accused" if not green and not fails else "right"
    print(f"{verdict:8}{name}: check says {'fine' if green else ', '.join(sorted({f['rule'] for f in loud}))}; {len(fails)} fail there")
    for line in (fails if verdict == "wrong" else [f["rule"] + " " + f["path"] + ": " + f["message"] for f in loud] if verdict == "accused" else [])[:5]:
        print("        ", line)
    return verdict


def main(program, area):
    area.mkdir(parents=True, exist_ok=True)
    roots = [make_root(area, suite) for suite in SUITES]
    packed = {root.name: make_env(area, root) for root in roots}
    counts = {"right": 0, "wrong": 0, "accused": 0}
    for root in roots:
        for name, damage in DAMAGES.items():
            counts[case(program, root, packed[root.name], f"{root.name}, {name}", damage)] += 1
        for other in roots:
            if other is not root:
                counts[case(program, root, packed[other.name], f"{root.name}, environment of {other.name}", DAMAGES["as made"])] += 1
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("check_roots.py makes and enters roots: run it as root")
    sys.exit(main(os.path.abspath(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "build/roots").resolve()))
