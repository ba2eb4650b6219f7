"""What is believed without evidence, what an edit must not break, and what "verified" means."""
import os
import shutil
import subprocess

import pytest

import envs
import verify
from envs import Recipe
from vf import brief, error, find, report, vf

PLAIN = Recipe("debian", "pip", "six")


def test_from_names_a_project(get, scratch):
    """Its directories are named by the environment's files, too, and must not be looked for inside of it."""
    env = get(PLAIN)
    project = scratch / "project"
    (project / "lib").mkdir(parents=True)
    (project / "lib/m.py").write_text("v = 1\n")
    pth = env.sp / "x.pth"
    pth.write_text(f"{project}/lib\n")
    before = verify.snapshot(env.path)
    for path in (project, project / "lib"):
        assert "--map" in error("fix", "--from", path, env.path, code="usage")["message"]
        assert "--map" in error("move", "--from", path, env.path, scratch / "new", code="usage")["message"]
    assert not verify.difference(before, verify.snapshot(env.path))
    assert verify.run_script(env.bin / "python", ("-c", "import m"))[0] == 0
    shutil.move(project, scratch / "renamed")  # now they do not resolve, but are still none of its own
    error("fix", "--from", project, env.path, code="usage")


def test_from_twice(get, scratch):
    env = get(PLAIN)
    (env.path / "etc").mkdir()
    (env.path / "etc/app.ini").write_text("home = /nowhere/known/env/bin\n")
    assert report("fix", "--from", "/nowhere/known/env", env.path, rc=0)["edits"]
    assert report("fix", "--from", "/nowhere/known/env", env.path, rc=0)["edits"] == []


def test_what_was_not_copied(get, scratch):
    """A reference of a copy into its living original, to what the copy does not have."""
    env = get(PLAIN)
    (env.path / "src/p").mkdir(parents=True)
    (env.path / "src/p/m.py").write_text("v = 1\n")
    pth = os.path.relpath(env.sp, env.path) + "/x.pth"
    (env.path / pth).write_text(f"{env.path}/src/p\n")
    new = scratch / "copy"
    subprocess.run(["cp", "-a", env.path, new], check=True)
    shutil.rmtree(new / "src")
    before = verify.snapshot(new)
    e = error("fix", new, code="proof-failed")
    assert e["path"].endswith(pth) and f"{new}/src/p" in e["message"]
    assert not verify.difference(before, verify.snapshot(new))
    doc = report("fix", "--leave", new, rc=1)
    assert doc["edits"] and (new / pth).read_text() == f"{env.path}/src/p\n"
    assert [f["path"] for f in doc["warnings"] if f["verdict"] == "astray"] == [pth]
    shutil.rmtree(new)
    subprocess.run(["cp", "-a", env.path, new], check=True)
    report("fix", new, rc=0)
    assert (new / pth).read_text() == f"{new}/src/p\n"


def _python(minor):
    """The prefix of an interpreter of this minor that can be copied, or a skip that is said."""
    path = envs.interpreters().get(minor)
    prefix = path and os.path.dirname(os.path.dirname(os.path.realpath(path)))
    if not prefix or prefix in ("/usr", "/usr/local"):
        pytest.skip(f"no Python {minor} with a prefix of its own")
    return prefix


@pytest.mark.parametrize("copies", (False, True), ids=("links", "copies"))
def test_base_that_is_not_mounted(copies, scratch):
    """It comes back; nothing may call the environment its own base meanwhile."""
    base, away = scratch / "base", scratch / "away"
    subprocess.run(["cp", "-a", _python(max(envs.interpreters(), key=lambda v: int(v[2:]))), base], check=True)
    python = base / "bin/python3"
    env, moved = scratch / "env", scratch / "moved"
    envs.run(python, "-m", "venv", "--without-pip", *(["--copies"] if copies else []), env)
    (env / "bin/tool").write_text(f"#!{base}/bin/python3\n")
    (env / "bin/tool").chmod(0o755)
    cfg = (env / "pyvenv.cfg").read_text() + f"base-prefix = {base}\nbase-executable = {base}/bin/python3\n"
    (env / "pyvenv.cfg").write_text(cfg)
    os.rename(base, away)
    doc = report("check", env, rc=1)
    assert doc["environment"]["old_places"] == []
    vf("fix", env, rc=(1, 2))
    assert (env / "pyvenv.cfg").read_text() == cfg
    if vf("move", env, moved, rc=(0, 1, 2)).rc < 2:
        env = moved
    assert [line for line in (env / "pyvenv.cfg").read_text().splitlines() if "command" not in line] == [line for line in cfg.splitlines() if "command" not in line]
    assert f"#!{base}/bin/python3" in (env / "bin/tool").read_text()
    os.rename(away, base)
    assert verify.run_script(env / "bin/python", ("-c", "1"))[0] == 0


def test_another_minor_is_not_verified(get, scratch):
    """It starts, and imports nothing of what is installed."""
    env = get(PLAIN)
    others = [p for v, p in envs.interpreters().items() if f"python{v}" != env.sp.parent.name]
    if not others:
        pytest.skip("only one minor of Python is here")
    assert report("fix", env.path, rc=0)["proof"]["packages"] is True
    link = next(p for p in (env.bin / "python3", env.bin / "python") if os.path.isabs(os.readlink(p)))
    link.unlink()
    link.symlink_to(others[0])
    doc = report("fix", env.path, rc=1)
    assert doc["proof"]["packages"] is False
    people = vf("fix", env.path, rc=1)
    assert b"starts" not in people.out and not people.out.startswith(b"fixed")
    assert report("move", env.path, scratch / "new", rc=1)["proof"]["packages"] is False


def test_a_build_directory_that_was_moved(get, scratch):
    """What scikit-build-core writes for editable.rebuild, with CMake's own note of the path."""
    env = get(PLAIN)
    project, new = scratch / "project", scratch / "renamed"
    loader = os.path.relpath(env.sp, env.path) + "/_demo_editable.py"
    (project / "build").mkdir(parents=True)
    shutil.move(env.path, project / ".venv")
    vf("fix", project / ".venv", rc=0)
    (project / "pyproject.toml").write_text("")
    (project / "build/CMakeCache.txt").write_text(f"# CMake\nCMAKE_CACHEFILE_DIR:INTERNAL={project}/build\n")
    (project / ".venv" / loader).write_text(f"def install(*a):\n    pass\n\n\ninstall({{}}, {{}}, {{}}, [], {str(project / 'build')!r}, True, False)\n")
    assert not find(report("check", project / ".venv", rc=1), rule="VF417")
    os.rename(project, new)
    doc = report("check", new / ".venv", rc=1)
    bad = find(doc, rule="VF417")
    assert [(f["path"], f["fix"], f["level"]) for f in bad] == [(loader, "reinstall", "error")], brief(doc["findings"])
    people = vf("fix", new / ".venv", rc=1)
    assert b"has to be reinstalled" in people.err and b"not fixed" not in people.out
    assert str(project / "build") in (new / ".venv" / loader).read_text()


def test_map_of_a_project_that_moved(get, scratch):
    """It lies outside of the environment, so that nothing shows where it went."""
    env = get(PLAIN)
    old, new = scratch / "project", scratch / "elsewhere" / "pro ject"
    (old / "src").mkdir(parents=True)
    (old / "src/mapped.py").write_text("v = 1\n")
    sp = env.sp
    info = sp / "mapped-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mapped\nVersion: 1.0\n")
    (info / "direct_url.json").write_text(f'{{"url": "file://{old}", "dir_info": {{"editable": true}}}}')
    (info / "RECORD").write_text("__editable__.mapped-1.0.pth,,\n" + "".join(f"{info.name}/{n},,\n" for n in ("METADATA", "direct_url.json", "RECORD")))
    (sp / "__editable__.mapped-1.0.pth").write_text(f"{old}/src\n")
    os.symlink(old / "src/mapped.py", env.path / "mapped.py")
    new.parent.mkdir()
    os.rename(old, new)
    assert "OLD=NEW" in error("fix", "--map", old, env.path, code="usage")["message"]
    error("fix", "--map", f"{old}={scratch}/nothing", env.path, code="usage")
    target = scratch / "moved"
    doc = report("move", "--map", f"{old}={new}", env.path, target, rc=0)
    assert len(doc["edits"]) >= 3
    at = target / os.path.relpath(sp, env.path)
    assert (at / "__editable__.mapped-1.0.pth").read_text() == f"{new}/src\n"
    assert f"file://{new.parent}/pro%20ject" in (at / info.name / "direct_url.json").read_text()
    assert os.readlink(target / "mapped.py") == str(new / "src/mapped.py")
    assert verify.run_script(target / "bin/python", ("-c", "import mapped"))[0] == 0
    assert report("fix", "--map", f"{old}={new}", target, rc=0)["edits"] == []
    error("fix", "--map", f"{new}={scratch}/elsewhere", target, code="proof-failed")  # src is not there
