"""Mending in place: after mv, after two of them, below a renamed project, and doing nothing twice."""
import json
import os
import subprocess

import pytest

import envs
import used
import verify
from envs import Recipe
from vf import brief, exact, find, report, vf

RECIPES = [Recipe("debian", "pip", "six"), Recipe("virtualenv", "pip", "six"), Recipe("uv", "uv", "six")] + ([Recipe("py3.8", "uv", "six")] if "3.8" in envs.interpreters() else [])
each = pytest.mark.parametrize("recipe", RECIPES, ids=str)


def leftovers(where):
    return [str(p) for p in where.rglob(".venvfix*")]


def sound(env, new):
    """Lines about what does not work at `new`."""
    doc = report("check", "--hashes", "--at", new, new)
    bad = [brief(find(doc, level="error"))] if not doc["answers"]["sound"] else []
    bad += verify.scripts_broken(env.facts["scripts"], env.path, new)
    bad += verify.activations_broken(env.facts["activations"], env.path, new)
    bad += [line for line in verify.record_problems(new) if line not in env.facts["record"]]
    return bad


@pytest.mark.both
@each
def test_after_mv(recipe, get, scratch):
    env = get(recipe)
    new = scratch / "new name"
    before = verify.snapshot(env.path)
    os.rename(env.path, new)
    doc = report("fix", new, rc=0)
    assert doc["verb"] == "fix" and doc["to"] == str(new) and not doc["dry_run"]
    assert not leftovers(new)
    bad = verify.moved_well(env, new, before, doc)
    assert not bad, "\n".join(bad)


@each
def test_twice_is_once(recipe, get, scratch):
    env = get(recipe)
    os.rename(env.path, scratch / "new")
    assert report("fix", scratch / "new", rc=0)["edits"]
    once = verify.snapshot(scratch / "new")
    assert report("fix", scratch / "new", rc=0)["edits"] == []
    assert not verify.difference(once, verify.snapshot(scratch / "new"))


@each
def test_there_and_back(recipe, get, scratch):
    env = get(recipe)
    before = verify.contents(verify.snapshot(env.path))
    os.rename(env.path, scratch / "new")
    vf("fix", scratch / "new", rc=0)
    os.rename(scratch / "new", env.path)
    vf("fix", env.path, rc=0)
    assert verify.contents(verify.snapshot(env.path)) == before


@each
def test_moved_twice(recipe, get, scratch):
    """Used at a second place before it came to the third: its files name two places that are gone."""
    env = get(recipe)
    second, third = scratch / "second", scratch / "third"
    os.rename(env.path, second)
    envs.run(second / "bin/python", "-m", "pip", "install", "-q", verify.tiny_wheel(scratch, scripts=("vfe2e-extra",)))
    assert str(second).encode() in (second / "bin/vfe2e-extra").read_bytes()
    os.rename(second, third)
    doc = report("check", third, rc=1)
    assert {str(env.path), str(second)} <= {o["path"] for o in doc["environment"]["old_places"]}
    vf("fix", third, rc=0)
    assert not sound(env, third)
    assert verify.run_script(third / "bin/vfe2e-extra", ())[2].strip() == os.fsencode(third)
    holding = {n for n in verify.files_holding(third, env.path, second) if not n.endswith((b".pyc", b"direct_url.json"))}
    assert not holding


def test_project_renamed_above_it(scratch):
    """project/.venv with the project itself installed editable: the ordinary case."""
    project = used.project(scratch / "project", "st_src")
    env = project / ".venv"
    envs.run(envs.DEBIAN, "-m", "venv", env)
    envs.install(env, "pip", "--upgrade", *used.BACKENDS)
    envs.install(env, "pip", "--no-build-isolation", "-e", project)
    assert verify.run_script(env / "bin/st_src-cli", ())[0] == 0
    new = scratch / "renamed" / "project-2"
    new.parent.mkdir()
    os.rename(project, new)
    assert verify.run_script(new / ".venv/bin/st_src-cli", ())[0] != 0
    vf("fix", new / ".venv", rc=0)
    rc, prefix, out = verify.run_script(new / ".venv/bin/st_src-cli", ())
    assert (rc, prefix) == (0, os.fsencode(new / ".venv")), out
    assert str(new / "src/st_src/__init__.py").encode() in out
    assert not verify.record_problems(new / ".venv")
    assert f"-e {new}" in verify.pip_freeze(new / ".venv")


def test_project_moved_with_the_environment_by_move_of_the_environment_only(scratch):
    """The project stays where it is: what points to it must not be touched."""
    project = used.project(scratch / "project", "st_src")
    env = project / ".venv"
    envs.run(envs.UV, "venv", "-q", "-p", envs.DEBIAN, env)
    envs.install(env, "uv", "setuptools", "pip")
    envs.install(env, "uv", "--no-build-isolation", "-e", project)
    vf("move", env, scratch / "elsewhere", rc=0)
    rc, prefix, out = verify.run_script(scratch / "elsewhere/bin/st_src-cli", ())
    assert (rc, prefix) == (0, os.fsencode(scratch / "elsewhere")), out
    assert str(project / "src/st_src/__init__.py").encode() in out


def test_from(env, scratch):
    """A place that only one hand-written file names gets no vote, so it has to be said."""
    (env.path / "etc").mkdir()
    (env.path / "etc/app.ini").write_text("home = /nowhere/known/env/bin\n")
    assert report("fix", env.path, rc=0)["edits"] == []
    doc = report("fix", "--from", "/nowhere/known/env", env.path, rc=0)
    assert verify.edited(doc) == {b"etc/app.ini"}
    assert (env.path / "etc/app.ini").read_text() == f"home = {env.path}/bin\n"


def test_changes_by_hand_are_not_blessed(env, scratch):
    """A row that was false before stays false: only rows of edited files that were true get a new hash."""
    with open(env.sp / "six.py", "a") as f:
        f.write("\nMINE = 1\n")
    pip = env.bin / "pip3"
    pip.write_bytes(pip.read_bytes() + b"# mine\n")
    was = verify.record_problems(env.path)
    assert len(was) == 4
    os.rename(env.path, scratch / "new")
    vf("fix", scratch / "new", rc=(0, 1))
    assert verify.record_problems(scratch / "new") == was
    assert (scratch / "new/bin/pip3").read_bytes().endswith(b"# mine\n")
    assert verify.run_script(scratch / "new/bin/pip3", ("--version",))[:2] == (0, os.fsencode(scratch / "new"))


def test_stale_bytecode_of_an_edited_module_goes(scratch):
    """A finder is Python source with a path in it; with its old .pyc the old path would live on."""
    env = scratch / "old"
    envs.run(envs.UV, "venv", "-q", "-p", envs.DEBIAN, env)
    envs.install(env, "uv", "setuptools")
    used.project(env / "src/st_flat", "st_flat")
    envs.install(env, "uv", "--no-build-isolation", "-e", env / "src/st_flat")
    assert verify.run_script(env / "bin/st_flat-cli", ())[0] == 0
    finder = next(envs.site_packages(env).glob("__editable___*_finder.py"))
    assert list((finder.parent / "__pycache__").glob(finder.stem + ".*")), "nothing compiled: the test shows nothing"
    os.rename(env, scratch / "new")  # same length, so that size and mtime alone would not tell
    vf("fix", scratch / "new", rc=0)
    new = scratch / "new"
    assert not list((envs.site_packages(new) / "__pycache__").glob(finder.stem + ".*"))
    rc, _, out = verify.run_script(new / "bin/st_flat-cli", ())
    assert rc == 0 and f"{new}/src/st_flat".encode() in out, out


def test_through_a_link(env, scratch):
    """Reached through a link, it is the same environment; nothing is wrong with it."""
    os.symlink(env.path, scratch / "link")
    before = verify.snapshot(env.path)
    assert report("fix", scratch / "link", rc=0)["edits"] == []
    assert not verify.difference(before, verify.snapshot(env.path))


def test_modes_owners_and_attributes_stay(env, scratch):
    pip = env.bin / "pip"
    pip.chmod(0o750)
    if os.getuid() == 0:
        os.chown(pip, 12345, 23456)
    try:
        os.setxattr(pip, "user.vfe2e", b"kept")
        attributes = True
    except OSError:
        attributes = False
    (env.bin / "pip3").chmod(0o555)
    os.rename(env.path, scratch / "new")
    vf("fix", scratch / "new", rc=0)
    st = (scratch / "new/bin/pip").stat()
    assert st.st_mode & 0o7777 == 0o750 and (os.getuid() != 0 or (st.st_uid, st.st_gid) == (12345, 23456))
    assert (scratch / "new/bin/pip3").stat().st_mode & 0o7777 == 0o555
    if attributes:
        assert os.getxattr(scratch / "new/bin/pip", "user.vfe2e") == b"kept"


def test_edits_never_go_through_a_link(env, scratch):
    """A script that is a link to a file outside: the file outside is not ours."""
    outside = scratch / "shared-script"
    outside.write_text(f"#!{env.path}/bin/python\nprint(1)\n")
    os.symlink(outside, env.bin / "linked")
    os.rename(env.path, scratch / "new")
    vf("fix", scratch / "new", "--leave", rc=(0, 1))
    assert outside.read_text() == f"#!{env.path}/bin/python\nprint(1)\n"
    assert os.readlink(scratch / "new/bin/linked") == str(outside)


def test_old_journals_are_not_input(env, scratch):
    """An archive may carry a .venvfix of its own making: it is told, and never obeyed."""
    victim = scratch / "victim"
    victim.write_text("precious")
    journal = env.path / ".venvfix"
    journal.mkdir(mode=0o700)
    for name in ("journal", "journal.json", "lock", "state"):
        (journal / name).write_text(json.dumps({"old": str(scratch), "new": str(env.path), "edits": [{"path": "../../../../../" + str(victim), "new": "x"}]}))
    os.symlink(victim, journal / "1")
    doc = report("check", env.path)
    assert [f for f in doc["findings"] if exact(f, "path").startswith(b".venvfix")], brief(doc["findings"])
    vf("fix", env.path)
    vf("move", env.path, scratch / "new")
    assert victim.read_text() == "precious"
    assert (scratch / "new").exists() or env.path.exists()


def test_the_report_for_people(env, scratch):
    os.rename(env.path, scratch / "new")
    r = vf("fix", scratch / "new", rc=0)
    assert str(scratch / "new").encode() in r.out and len(r.out.splitlines()) <= 24, r
    assert subprocess.run([scratch / "new/bin/pip", "--version"], capture_output=True).returncode == 0
