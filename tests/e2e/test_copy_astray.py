"""A copy made with `cp -a` while the original lives: everything in it works, and runs the original."""
import json
import os
import subprocess

import pytest

import verify
from envs import Recipe
from vf import brief, exact, find, report, vf

RECIPES = [Recipe("debian", "pip", "six"), Recipe("virtualenv", "uv", "six"), Recipe("uv", "uv", "six")]
each = pytest.mark.parametrize("recipe", RECIPES, ids=str)


def copy(env, scratch):
    new = scratch / "copy"
    kernel = env.path / "share/jupyter/kernels/proj/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": [f"{env.path}/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "p", "language": "python"}, indent=1))
    subprocess.run(["cp", "-a", env.path, new], check=True)
    return new


def reaching(place, original):
    """The files in bin that name the original, found by their bytes."""
    return {n for n in verify.files_holding(place / "bin", original) if not n.startswith(b"python")}


@each
def test_check_says_so(recipe, get, scratch):
    env = get(recipe)
    new = copy(env, scratch)
    doc = report("check", new, rc=1)
    wrong = reaching(new, env.path)
    assert any(n.startswith(b"pip") for n in wrong) and b"activate" in wrong
    for name in wrong | {b"../share/jupyter/kernels/proj/kernel.json"}:
        path = os.path.normpath(b"bin/" + name)
        assert find(doc, verdict="astray", level="error", path=path), f"{path}: {brief(find(doc, path=path))}"
    assert not doc["answers"]["sound"]
    old = [o for o in doc["environment"]["old_places"] if o["path"] == str(env.path)]
    assert old and old[0]["exists"] and old[0]["votes"] > 3
    # whatever else is asked: it is an error
    assert vf("check", "--fail-on", "error", new).rc == 1
    # and the original is not accused of its copy
    assert report("check", "--at", env.path, env.path)["answers"]["sound"]


@each
def test_fix_mends_the_copy_and_leaves_the_original(recipe, get, scratch):
    env = get(recipe)
    new = copy(env, scratch)
    before = verify.snapshot(env.path)
    doc = report("fix", new, rc=0)
    assert doc["proof"]["static"] and doc["proof"]["interpreter"]
    assert not verify.difference(before, verify.snapshot(env.path))
    assert not reaching(new, env.path)
    after = report("check", "--at", new, new)
    assert after["answers"]["sound"] and after["exit"] == 0, brief(find(after, atleast="warning"))
    assert not verify.scripts_broken(env.facts["scripts"], env.path, new)
    assert not verify.activations_broken(env.facts["activations"], env.path, new)
    assert json.loads((new / "share/jupyter/kernels/proj/kernel.json").read_text())["argv"][0] == f"{new}/bin/python"
    assert not verify.pip_lands_in(new)
    assert not verify.difference(before, verify.snapshot(env.path)), "something that ran in the copy wrote into the original"


def test_one_script_that_reaches_another_environment_is_enough(env, get, scratch):
    """All is fine but one script, which starts a live environment that is not even where this one came from."""
    other = get(Recipe("uv", "uv", "six"))
    script = env.bin / "borrowed"
    script.write_text(f"#!{other.path}/bin/python\nprint(1)\n")
    script.chmod(0o755)
    doc = report("check", "--at", env.path, env.path, rc=1)
    assert [(exact(f, "path"), f["level"]) for f in find(doc, verdict="astray")] == [(b"bin/borrowed", "error")]
    assert not doc["answers"]["sound"]


def test_fix_of_a_sound_environment_changes_nothing(env):
    before = verify.snapshot(env.path)
    doc = report("fix", env.path, rc=0)
    assert doc["edits"] == []
    assert not verify.difference(before, verify.snapshot(env.path))


def test_an_editable_of_the_project_around_the_original(get, scratch):
    """Copied alone, it goes on importing the one project that there is; copied with its project, it should import the copy."""
    env = get(RECIPES[0])
    project = env.path.parent
    (project / "setup.py").write_text("")
    pth = os.path.relpath(env.sp, env.path) + "/__editable__.flat-1.pth"
    (env.path / pth).write_text(f"{project}\n")
    new = scratch / "elsewhere" / env.path.name
    new.parent.mkdir()
    subprocess.run(["cp", "-a", env.path, new], check=True)
    doc = report("check", new, rc=1)
    assert [f["rule"] for f in find(doc, path=pth)] == ["VF414"], brief(find(doc, path=pth))
    report("fix", new, rc=0)
    assert (new / pth).read_text() == f"{project}\n"
    (new.parent / "setup.py").write_text("")
    doc = report("check", new, rc=1)
    assert [f["rule"] for f in find(doc, path=pth)] == ["VF414"], "after the fix it is no copy any more"
    again = [(f["rule"], f["expected"]) for f in find(report("check", "--from", env.path, new), path=pth)]
    assert again == [("VF413", str(new.parent))]


def test_virtualenv_older_than_20(get, scratch):
    """It has no pyvenv.cfg, and its base in a file beside its own site.py; the probe of the proof is not for that one."""
    env = get(RECIPES[1])
    (env.path / "pyvenv.cfg").unlink()
    (env.sp.parent / "orig-prefix.txt").write_text("/usr")
    os.symlink("/usr/include", env.sp.parent / "config")
    sound = report("check", "--at", env.path, env.path, rc=0)
    assert sound["environment"]["kind"] == "virtualenv" and not find(sound, rule="VF108")
    new = copy(env, scratch)
    doc = report("check", new, rc=1)
    for name in reaching(new, env.path):
        assert find(doc, verdict="astray", level="error", path=b"bin/" + name), f"{name}: {brief(doc['findings'])}"
    doc = report("fix", new, rc=0)
    assert doc["proof"]["static"] and doc["proof"]["interpreter"] is None
    assert not reaching(new, env.path)
