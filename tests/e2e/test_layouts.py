"""Shapes of environments beside the ordinary ones: the layouts of every Python version, also of those that are not here, and the options of the makers."""
import ast
import base64
import hashlib
import os
import re
import shutil
import subprocess

import pytest

import envs
import place
import verify
from envs import Recipe
from vf import brief, find, report, vf

LAYOUTS = sorted((place.REPO / "fixtures/e2e/layouts").glob("venv-*"))


def lay(layout, where, scratch):
    """The layout at a place, on a base interpreter that is there and never starts."""
    minor = layout.name[len("venv-"):]
    base = scratch / "base"
    (base / "bin").mkdir(parents=True)
    (base / f"lib/python{minor}").mkdir(parents=True)
    (base / f"lib/python{minor}/os.py").write_text("")
    shutil.copy("/bin/true", base / f"bin/python{minor}")
    names = {b"@ENV@": os.fsencode(where), b"@NAME@": os.fsencode(where.name), b"@BASE@": os.fsencode(base / "bin")}
    lines = set()
    for source in sorted(p for p in layout.rglob("*") if p.is_file()):
        data = source.read_bytes()
        name = str(source.relative_to(layout))
        lines |= {(name, n) for n, line in enumerate(data.split(b"\n"), 1) if b"@ENV@" in line}
        for a, b in names.items():
            data = data.replace(a, b)
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(data)
        (where / name).chmod(0o755 if name == "bin/pip" else 0o644)
    for link, target in ((f"python{minor}", base / f"bin/python{minor}"), ("python", f"python{minor}"), ("python3", f"python{minor}")):
        os.symlink(target, where / "bin" / link)
    os.symlink("lib", where / "lib64")
    info = where / f"lib/python{minor}/site-packages/pip-20.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pip\nVersion: 20.0\n")
    (info / "entry_points.txt").write_text("[console_scripts]\npip = pip._internal.cli.main:main\n")
    pip = (where / "bin/pip").read_bytes()
    (info / "RECORD").write_text(f"../../../bin/pip,sha256={base64.urlsafe_b64encode(hashlib.sha256(pip).digest()).rstrip(b'=').decode()},{len(pip)}\npip-20.0.dist-info/METADATA,,\n"
                                 "pip-20.0.dist-info/entry_points.txt,,\npip-20.0.dist-info/RECORD,,\n")
    return lines


def test_the_layouts_are_all_here():
    assert [p.name for p in LAYOUTS] == sorted(f"venv-{v}" for v in envs.MINORS)


@pytest.mark.both("3.8", "3.13")
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda p: p.name)
def test_layout(layout, scratch):
    """check finds the lines that hold the place, and no others; the plan rewrites them and the prompts."""
    old, new = scratch / "project/.venv", scratch / "elsewhere/new"
    new.parent.mkdir()
    lines = lay(layout, old, scratch)
    doc = report("check", old, rc=1)
    assert doc["environment"]["python"] == re.search(r"version = (\S+)", (old / "pyvenv.cfg").read_text()).group(1)
    assert {(f["path"], f["line"]) for f in find(doc, verdict="bound", atleast="warning")} == {e for e in lines if e[0] != "pyvenv.cfg"}, brief(doc["findings"])
    assert not find(doc, level="error"), brief(find(doc, level="error"))
    assert report("check", "--hashes", "--at", old, old, rc=0)["answers"]["sound"]
    broken = report("check", "--at", new, old, rc=1)
    assert {(f["path"], f["line"]) for f in find(broken, verdict="broken", level="error")} == {e for e in lines if e[0] != "pyvenv.cfg"}

    diff = vf("move", "--dry-run", old, new, rc=0).out.decode()
    minus = [line[1:] for line in diff.splitlines() if line.startswith("-") and not line.startswith("---")]
    plus = [line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert len([m for m in minus if str(old) in m]) == len(lines)
    assert not [p for p in plus if str(old) in p or ".venv" in p]
    assert len([p for p in plus if str(new) in p]) == len(lines)
    prompts = sum(data.count(b"@NAME@") for data in (p.read_bytes() for p in layout.rglob("activate*")))
    assert sum(len(re.findall(r"(?<![\w/])new(?!/)\b", p)) for p in plus) == prompts, plus


# ---- real environments made with options

def made(where, *options, python=envs.DEBIAN):
    where.parent.mkdir(parents=True, exist_ok=True)
    envs.run(python, "-m", "venv", *options, where)
    return where


def works_at(new, old):
    """Lines about what does not work; every script of pip, and the shells."""
    bad = [brief(find(report("check", "--hashes", "--at", new, new), atleast="warning"))]
    for name in verify.script_names(new):
        rc, prefix, output = verify.run_script(new / "bin" / name, ("--version",))
        bad += [] if (rc, prefix) == (0, os.fsencode(new)) else [f"{name}: {rc} {prefix} {output}"]
    for shell in verify.SHELLS:
        got = verify.activate(new, shell)
        bad += [] if got == (os.fsencode(new), os.fsencode(new)) else [f"{shell}: {got}"]
    bad += [os.fsdecode(n) for n in verify.files_holding(new, old) if not n.endswith(b".pyc")]
    return [b for b in bad if b]


OPTIONS = {"copies": ["--copies"], "system site": ["--system-site-packages"], "prompt": ["--prompt", "my prompt"], "upgraded": ["--upgrade-deps"]}


@pytest.mark.both
@pytest.mark.parametrize("option", ["copies", "system site", "prompt", "upgraded"])
def test_options_of_venv(option, scratch):
    old, new = scratch / "old", scratch / "a new" / "place"
    new.parent.mkdir()
    made(old, *OPTIONS[option])
    vf("move", old, new, rc=0)
    bad = works_at(new, old)
    if option == "system site":  # what the host has beside is not the environment's: only its own is judged
        bad = [b for b in bad if "VF" in b and "error" in b]
    assert not bad, "\n".join(bad)


@pytest.mark.both("3.10")
@pytest.mark.skipif(not envs.interpreters(), reason="no Python beside Debian's is here: the last lines of the run say so")
@pytest.mark.parametrize("minor", [v for v in envs.interpreters() if v in ("3.8", "3.10", "3.12")])
def test_copies_of_a_shared_library_build(minor, scratch):
    old = made(scratch / "old", "--copies", python=envs.interpreters()[minor])
    vf("move", old, scratch / "new", rc=0)
    assert not works_at(scratch / "new", old)


@pytest.mark.both
@pytest.mark.parametrize("maker", ["debian", "uv", "virtualenv"])
def test_made_through_a_link(maker, scratch):
    """Its files spell the place through a link, or with the link resolved, or both: one place with several names."""
    (scratch / "real").mkdir()
    os.symlink("real", scratch / "alias")
    typed, resolved = scratch / "alias/env", scratch / "real/env"
    if maker == "debian":
        made(typed)
    elif maker == "uv":
        envs.run(envs.UV, "venv", "-q", "--seed", "-p", envs.DEBIAN, typed)
    else:
        envs.run(envs.VIRTUALENV, "-q", "-p", envs.DEBIAN, typed)
    envs.run(resolved / "bin/python", "-m", "pip", "install", "-q", verify.tiny_wheel(scratch, scripts=("vfe2e-extra",)))
    for name in (typed, resolved):
        doc = report("check", "--at", name, name)
        assert doc["answers"]["sound"], brief(find(doc, level="error"))
    vf("move", typed, scratch / "new", rc=0)
    for name in (typed, resolved):
        assert not {n for n in verify.files_holding(scratch / "new", name) if not n.endswith((b".pyc", b"direct_url.json"))}
    assert verify.run_script(scratch / "new/bin/vfe2e-extra", ())[2].strip() == os.fsencode(scratch / "new")
    assert verify.run_script(scratch / "new/bin/pip", ("--version",))[:2] == (0, os.fsencode(scratch / "new"))
    assert report("check", "--at", scratch / "new", scratch / "new")["answers"]["sound"]


def test_spelled_with_dots(scratch):
    """Scripts spelled with `..` and doubled slashes, as sys.executable had them."""
    old = made(scratch / "old")
    odd = f"{scratch}/old/../old//bin/python3"
    (old / "bin/odd").write_text(f"#!{odd}\nimport sys\nprint(sys.prefix)\n")
    (old / "bin/odd").chmod(0o755)
    assert report("check", "--at", old, old)["answers"]["sound"]
    vf("move", old, scratch / "new", rc=0)
    assert subprocess.run([scratch / "new/bin/odd"], capture_output=True, text=True).stdout.strip() == str(scratch / "new")


# ---- activate files of shells that are not here: their text, by the rule of each shell

NAMES = ["plain", "it's", "a#b'#c", 'say "hi"', "über $x", "back\\slash", "100%"]


def nu(path):
    marks = "#"
    while "'" + marks in path:
        marks += "#"
    return f"r{marks}'{path}'{marks}"


@pytest.mark.both("it's")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("maker", ["virtualenv", "uv"])
def test_shells_that_are_not_here(maker, name, get, scratch):
    env = get(Recipe(maker, "uv", "six"))
    files = {p.name: p.read_bytes() for p in env.bin.glob("activate*")}
    new = scratch / name
    doc = report("move", "--leave", env.path, new, rc=(0, 1))
    after = {p.name: p.read_bytes() for p in (new / "bin").glob("activate*")}
    line = re.search(r"(?m)^\s*(?:let|const) virtual_env = (.*)$", after["activate.nu"].decode()).group(1)
    assert line == nu(str(new)) or ("'" not in name and line == f"'{new}'"), line
    assert after["activate.ps1"] == files["activate.ps1"], "it holds no path, and may be signed"
    if maker == "virtualenv":
        value = re.search(r"self\.embedded_virtual_env = (.*)", after["activate.xsh"].decode()).group(1)
        assert ast.literal_eval(value) == str(new)
    else:
        assert after["activate.xsh"] == files["activate.xsh"]
        told = b"bin/activate.bat" in verify.told(doc)
        assert told == ('"' in name)
        if not told:
            assert f'("{str(new).replace("%", "%%")}")'.encode() in after["activate.bat"]
