"""Wheels installed natively: the tree that pip makes, byte for byte but for what is listed here (DIFFERENCES)."""
import base64
import csv
import hashlib
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

import envs
import place
from vf import vf

DIFFERENCES = """
* INSTALLER: `venvfix` LF instead of `pip` LF, and its row in RECORD.
* The bodies of entry-point scripts, and their rows. The first line is the same.
* `.data/scripts`: always executable (pip keeps 0644, which cannot be run); options of `#!python -E` are kept; a CR at the end
  of that line is dropped by both. Rows of scripts whose options were kept differ.
* An entry point hides a script of `.data/scripts` of the same name: pip keeps a row in RECORD with the
  script's name in the wheel, where there is nothing.
"""
LIMIT = 1_000_000  # bytes of a wheel: the larger ones only cost time


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    flavour = place.BUILD / ("asan" if place.SANITIZED else "release")
    out = tmp_path_factory.mktemp("driver") / "wheel_driver"
    packages = re.search(r"^PKGS +:= (.*)$", (place.REPO / "Makefile").read_text(), re.M).group(1).split()
    libs = subprocess.run(["pkg-config", "--libs", *packages], check=True, capture_output=True, text=True).stdout.split()
    flags = ["-fsanitize=address,undefined"] if place.SANITIZED else []
    envs.run("cc", "-std=c17", "-g", "-D_GNU_SOURCE", *flags, "-I", place.REPO / "src", "-o", out,
             place.REPO / "tests/tools/wheel_driver.c", flavour / "libvenvfix.a", *libs, "-lstdc++", "-pthread")

    def run(*args, ok=True):
        p = subprocess.run([out, *map(str, args)], capture_output=True, text=True, timeout=300)
        assert p.returncode in ((0,) if ok else (1,)), p.stderr
        return p.stdout if ok else p.stderr
    return run


# --- wheels made here ---

def hashed(data):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def quoted(path):
    return f'"{path}"' if "," in path else path


def make_wheel(directory, name, files, version="1.0", purelib=True, modes={}, rows=None, link=None, change=None, headers=()):
    """A wheel of these files {path: bytes}; `rows` replaces RECORD, `change` members behind RECORD's back."""
    info = f"{name}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = "".join(f"{h}\n" for h in ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers)).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: {str(purelib).lower()}\nTag: py3-none-any\n".encode()
    lines = rows if rows is not None else [f"{quoted(p)},{hashed(b)},{len(b)}" for p, b in files.items()] + [f"{info}/RECORD,,"]
    files[f"{info}/RECORD"] = ("\n".join(lines) + "\n").encode()
    files.update(change or {})
    path = Path(directory) / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for p, b in files.items():
            i = zipfile.ZipInfo(p, (1980, 1, 1, 0, 0, 0))
            i.compress_type = zipfile.ZIP_DEFLATED
            i.external_attr = (0o120777 if p == link else 0o100000 | modes.get(p, 0o644)) << 16
            z.writestr(i, b)
    return path


def odd_wheels(directory):
    d = "odd-1.0.data"
    files = {
        "odd/__init__.py": b"def main():\n    print('odd')\n\n\nclass A:\n    run = staticmethod(main)\n",
        "space/part/one.py": b"x = 1\n",  # a namespace package
        "odd with blank, comma.txt": b"1\n",
        "caf\u00e9.py": b"",
        f"{d}/purelib/odd_pure.py": b"p = 1\n",
        f"{d}/platlib/odd_plat.py": b"p = 2\n",
        f"{d}/headers/odd.h": b"#define ODD\n",
        f"{d}/headers/sub/odd.h": b"",
        f"{d}/data/share/odd/data.txt": b"data\n",
        f"{d}/data/etc/odd.conf": b"",
        f"{d}/data/bin/odd-tool": b"#!/bin/sh\n",
        f"{d}/scripts/plain": b"#!python\nimport odd\nodd.main()\n",
        f"{d}/scripts/windowed": b"#!pythonw\nimport odd\nodd.main()\n",
        f"{d}/scripts/crlf": b"#!python\r\nprint('odd')\r\n",
        f"{d}/scripts/options": b"#!python -E\nprint('odd')\n",
        f"{d}/scripts/shell": b"#!/bin/sh\necho odd\n",
        f"{d}/scripts/env": b"#!/usr/bin/env python\nprint('odd')\n",
        f"{d}/scripts/noheader": b"text\n",
        f"{d}/scripts/empty": b"",
        f"{d}/scripts/hidden": b"#!python\n",
        "odd-1.0.dist-info/entry_points.txt":
            b"[console_scripts]\nodd-cli = odd:main\nodd-attr=odd:A.run\nhidden = odd:main [extra]\n\n[gui_scripts]\nodd-gui = odd:main\n",
    }
    yield make_wheel(directory, "odd", files, modes={f"{d}/scripts/plain": 0o755, "odd with blank, comma.txt": 0o744})
    yield make_wheel(directory, "spacetwo", {"space/part/two.py": b"y = 1\n", "space/shared.py": b""}, purelib=False)
    yield make_wheel(directory, "spacethree", {"space/three.py": b"y = 1\n", "space/shared.py": b""})


# --- trees ---

def debian_minor():
    return b".".join(envs.run(envs.DEBIAN, "-V").split()[-1].split(b".")[:2]).decode()


def snapshot(root):
    """{path: (mode, contents or target)} below root."""
    out = {}
    for at, dirs, files in os.walk(root):
        for n in dirs + files:
            p = os.path.join(at, n)
            mode = os.lstat(p).st_mode
            data = os.readlink(p) if os.path.islink(p) else open(p, "rb").read() if n in files else None
            out[os.path.relpath(p, root)] = mode, data
    return out


def rows_of(data):
    assert data.endswith(b"\r\n") and data.count(b"\n") == data.count(b"\r\n")
    return [tuple(r) for r in csv.reader(data.decode().splitlines())]


def is_info(path, name):
    """Of an installed distribution, not of one that another carries in itself."""
    return re.fullmatch(r"lib/python[^/]*/site-packages/[^/]*\.dist-info/" + re.escape(name), path)


def same_record(path, ours, pips, tree, scripts):
    site = os.path.dirname(os.path.dirname(path))
    mine, theirs = rows_of(ours), rows_of(pips)
    assert mine == sorted(mine)
    for name, digest, size in mine:
        mode, data = tree[os.path.normpath(os.path.join(site, name))]
        assert (digest, size) == (("", "") if os.path.join(site, name) == path else (hashed(data), str(len(data)))), name
    free = lambda r: r[0].endswith("/INSTALLER") or os.path.normpath(os.path.join(site, r[0])) in scripts
    assert [r for r in mine if not free(r)] == [r for r in theirs if not free(r)]
    assert {r[0] for r in mine} == {r[0] for r in theirs}


def compare(ours, pips, generated, kept_options=()):
    """`generated`: names of entry-point scripts."""
    assert set(ours) == set(pips)
    scripts = {f"bin/{n}" for n in (*generated, *kept_options)}
    for path, (mode, data) in sorted(ours.items()):
        pmode, pdata = pips[path]
        if path.startswith("bin/") and data != pdata:
            assert path in scripts, path
            if path[4:] in generated:
                assert data.split(b"\n")[0] == pdata.split(b"\n")[0], path
        elif is_info(path, "INSTALLER"):
            assert (data, pdata) == (b"venvfix\n", b"pip\n")
        elif is_info(path, "RECORD"):
            same_record(path, data, pdata, ours, scripts)
        elif not path.endswith("pyvenv.cfg"):
            assert data == pdata, path
        if path.startswith("bin/") and mode != pmode:
            assert mode & 0o111 and mode & ~0o111 == pmode & ~0o111, path
        else:
            assert mode == pmode, path


def entry_points(wheel):
    with zipfile.ZipFile(wheel) as z:
        names = [n for n in z.namelist() if n.endswith(".dist-info/entry_points.txt")]
        text = z.read(names[0]).decode() if names else ""
    found, section = set(), ""
    for line in map(str.strip, text.splitlines()):
        section = line if line.startswith("[") else section
        if "=" in line and section in ("[console_scripts]", "[gui_scripts]"):
            found.add(line.split("=")[0].strip())
    minor = debian_minor()
    return found | ({"pip3", f"pip{minor}"} if "pip" in found else set())


def fresh(root):
    envs.rmtree(root)
    envs.run(envs.DEBIAN, "-I", "-m", "venv", "--without-pip", root)


def by_pip(root, wheels):
    fresh(root)
    pip = max(place.WHEELHOUSE.glob("pip-*.whl"), key=lambda p: [int(n) for n in p.name.split("-")[1].split(".")])
    envs.run(root / "bin/python", pip / "pip", "-q", "install", "--no-index", "--no-deps", "--no-compile", "--ignore-requires-python",
             "--no-cache-dir", "--disable-pip-version-check", *wheels)
    return without_urls(snapshot(root))


def without_urls(tree):
    """pip knows where the wheel came from; the driver gives no direct_url.json."""
    for path in [p for p in tree if is_info(p, "direct_url.json")]:
        del tree[path]
    for path, (mode, data) in list(tree.items()):
        if is_info(path, "RECORD"):
            tree[path] = mode, b"".join(line for line in data.splitlines(True) if b"/direct_url.json," not in line)
    return tree


def by_us(driver, root, minor, wheels):
    fresh(root)
    driver("install", root, minor, *wheels)
    return snapshot(root)


def test_made_here(driver, scratch):
    minor = debian_minor()
    (scratch / "w").mkdir()
    paths, root = list(odd_wheels(scratch / "w")), scratch / "e"
    pips = by_pip(root, paths)
    ours = by_us(driver, root, minor, paths)
    path = next(p for p in pips if "odd-1.0.dist-info/RECORD" in p)
    rows = pips[path][1].splitlines(True)
    pips[path] = pips[path][0], b"".join(r for r in rows if not r.startswith(b"odd-1.0.data/scripts/hidden,"))
    compare(ours, pips, set().union(*map(entry_points, paths)), ["options"])
    for name in ("plain", "windowed", "crlf", "options", "shell", "odd-cli", "odd-attr", "hidden", "odd-gui"):
        assert envs.run(root / "bin" / name) == b"odd\n", name
    driver("compile", root, minor)
    assert (root / f"lib/python{minor}/site-packages/odd/__pycache__").is_dir()
    vf("check", "--at", root, root, rc=0)


def fits(wheel, minor):
    python, abi, platform = wheel.name[:-4].split("-")[-3:]
    x = int(minor.split(".")[1])
    native = abi == f"cp3{x}" or (abi == "abi3" and int(python[3:]) <= x)
    return ((abi == "none" and "py3" in python.split(".")) or native) and "musl" not in platform


@pytest.mark.ordinary  # the unit tests run the same code under the sanitizers
def test_wheelhouse(driver, scratch):
    minor = debian_minor()
    rounds = [{}, {}] if place.FULL else [{}]  # of each project the newest, and another version
    for wheel in sorted(place.WHEELHOUSE.glob("*.whl"), reverse=True):
        project = wheel.name.split("-")[0].lower()
        if fits(wheel, minor) and wheel.stat().st_size < LIMIT:
            free = [r for r in rounds if project not in r]
            if free:
                free[0][project] = wheel
    assert sum(map(len, rounds)) >= 60
    for batch in rounds:
        wheels = list(batch.values())
        names = set().union(*map(entry_points, wheels))
        pips = by_pip(scratch / "e", wheels)
        compare(by_us(driver, scratch / "e", minor, wheels), pips, names)
    vf("check", "--ignore", "VF551", "--at", scratch / "e", scratch / "e", rc=0)  # the wheelhouse is no complete list


# --- what is refused ---

EVIL = {
    "tampered": (dict(files={"h.py": b"1\n"}, change={"h.py": b"2\n"}), "is not what the wheel's RECORD says"),
    "unlisted": (dict(files={"h.py": b"1\n"}, change={"more.py": b""}), "does not list"),
    "dotdot": (dict(files={"../../../h.py": b"1\n"}), "leads out"),
    "absolute": (dict(files={"/h.py": b"1\n"}), "absolute"),
    "link": (dict(files={"h.py": b"/etc/passwd"}, link="h.py"), "symbolic link"),
    "key": (dict(files={"evil-1.0.data/lib/x": b""}), "not known"),
    "foreign-data": (dict(files={"other-1.0.data/data/x": b""}), "not the wheel's"),
    "cfg": (dict(files={"evil-1.0.data/data/pyvenv.cfg": b""}), "would replace"),
    "python": (dict(files={"evil-1.0.data/scripts/python3": b""}), "would replace"),
    "activate": (dict(files={"evil-1.0.data/scripts/activate.fish": b""}), "would replace"),
    "journal": (dict(files={"evil-1.0.data/data/.venvfix/journal": b""}), "would replace"),
    "entry": (dict(files={"evil-1.0.dist-info/entry_points.txt": b"[console_scripts]\n../x = a:b\n"}), "no script can have"),
    "code": (dict(files={"evil-1.0.dist-info/entry_points.txt": b"[console_scripts]\nx = a:b..c\n"}), "no module"),
}


@pytest.mark.parametrize("what", sorted(EVIL))
def test_refused(driver, scratch, what):
    arguments, words = EVIL[what]
    (scratch / "w").mkdir()
    wheel = make_wheel(scratch / "w", "evil", **arguments)
    fresh(scratch / "e")
    minor = debian_minor()
    assert words in driver("install", scratch / "e", minor, wheel, ok=False)


def test_two_want_one_file(driver, scratch):
    (scratch / "w").mkdir()
    wheels = [make_wheel(scratch / "w", n, {"common.py": n.encode()}) for n in ("one", "two")]
    fresh(scratch / "e")
    before = snapshot(scratch / "e")
    minor = debian_minor()
    words = driver("install", scratch / "e", minor, *wheels, ok=False)
    assert "one-1.0-py3" in words and "two-1.0-py3" in words and "common.py" in words
    assert snapshot(scratch / "e") == before


# --- the way back ---

def members(wheel):
    with zipfile.ZipFile(wheel) as z:
        assert z.testzip() is None
        return {i.filename: (z.read(i), i.external_attr >> 16) for i in z.infolist() if not i.is_dir()}


def test_rebuilt(driver, scratch):
    """The wheel of an installed distribution holds what the wheel held, and gives what the wheel gave."""
    minor = debian_minor()
    for d in ("w", "1", "2", "e"):
        (scratch / d).mkdir()
    originals = list(odd_wheels(scratch / "w"))
    originals += [next(place.WHEELHOUSE.glob(n)) for n in ("six-*.whl", f"markupsafe-*-cp{minor.replace('.', '')}-*.whl", "flask-3.1*.whl")]
    names = ["odd", "spacetwo", "spacethree", "six", "markupsafe", "flask"]
    pips = by_pip(scratch / "e", originals)
    first = driver("rebuild", scratch / "e", scratch / "1", *names)
    ours = by_us(driver, scratch / "longer place", minor, originals)
    assert driver("rebuild", scratch / "longer place", scratch / "2", *names) == first
    for line, original in zip(first.splitlines(), originals):
        name, digest = line.split()
        wheel = scratch / "1" / name
        data = wheel.read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest and data == (scratch / "2" / name).read_bytes()
        assert b"longer place" not in data and os.fsencode(scratch / "e") not in data
        if original.name[0] not in "m":  # its tags stand in another order
            assert name == original.name
        was, now = members(original), members(wheel)
        moved = {p: re.sub(r"^odd-1.0.data/(purelib|platlib)/", "", p) for p in was}
        moved.update({"odd-1.0.data/data/bin/odd-tool": "odd-1.0.data/scripts/odd-tool"})
        hidden = {"odd-1.0.data/scripts/hidden"}
        assert {moved[p] for p in was} - hidden == set(now)
        for p in was:
            if not p.endswith(".dist-info/RECORD") and p not in hidden and "/options" not in p and "/windowed" not in p and "/crlf" not in p:
                assert was[p][0] == now[moved[p]][0], p
    assert ours and by_pip(scratch / "e", sorted((scratch / "1").glob("*.whl"))).keys() == pips.keys()


def test_not_rebuilt(driver, scratch):
    minor = debian_minor()
    (scratch / "w").mkdir()
    by_us(driver, scratch / "e", minor, [make_wheel(scratch / "w", "kit", {"kit.py": b"1\n", "kit2.py": b"2\n"})])
    site = scratch / f"e/lib/python{minor}/site-packages"
    info = site / "kit-1.0.dist-info"
    refused = lambda *o: driver("rebuild", scratch / "e", scratch / "w", *o, "kit", ok=False)
    (site / "kit.py").write_text("changed\n")
    assert "kit.py" in refused() and "changed" in refused()
    assert f"modified:lib/python{minor}/site-packages/kit.py" in driver("rebuild", scratch / "e", scratch / "w", "--allow-modified", "kit")
    (site / "kit.py").write_text(f"x = '{scratch}/e/bin/python'\n")
    assert "a path of this environment" in refused("--allow-modified")
    (site / "kit.py").unlink()
    assert "not there" in refused("--allow-modified")
    (site / "kit.py").symlink_to("kit2.py")
    assert "link" in refused("--allow-modified")
    (info / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///src/kit"}')
    assert "editable" in refused("--allow-modified")
    (info / "direct_url.json").unlink()
    (info / "RECORD").unlink()
    assert "no RECORD" in refused("--allow-modified")
