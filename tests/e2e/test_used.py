"""A used environment: editables of every backend, kernels, shims, hand-written scripts, configuration, links. Nothing of it may be lost."""
import os
import subprocess

import pytest

import envs
import place
import used
import verify
from envs import Recipe
from vf import brief, exact, find, report, vf

# two layouts of Python: Debian's, and the newest one that is here
RECIPES = [Recipe("debian", "pip", "used")]
if envs.interpreters():
    RECIPES.append(Recipe("py" + max(envs.interpreters(), key=lambda v: int(v[2:])), "pip", "used"))
both = pytest.mark.parametrize("recipe", RECIPES, ids=str)
ODD = "it's \"here\" $HOME `id` ü"


def test_the_probes_can_fail(get, scratch):
    env = get(RECIPES[0])
    assert not used.ailing(env.path, {**used.PROBES, **used.ALWAYS})
    os.rename(env.path, scratch / "moved")
    silent = used.PROBES.keys() - used.ailing(scratch / "moved").keys()
    assert not silent, f"these probes do not notice a plain mv: {silent}"
    assert not used.ailing(scratch / "moved", used.ALWAYS)


@pytest.mark.both("debian")
@both
def test_check_sees_it_where_it_stands(recipe, get):
    env = get(recipe)
    doc = report("check", env.path, rc=1)
    assert doc["answers"]["sound"] and not doc["answers"]["movable"], brief(find(doc, atleast="warning"))
    bound = {os.fsdecode(exact(f, "path")) for f in find(doc, verdict="bound", atleast="warning")}
    sp = os.path.relpath(env.sp, env.path)
    for name in ("bin/st_src-cli", "bin/shim", "bin/serve", "bin/za.pyz", "bin/activate", "share/jupyter/kernels/proj/kernel.json", "share/jupyter/kernels/tools/kernel.json",
                 f"{sp}/sitecustomize.py", f"{sp}/_virtualenv_path_extensions.pth", "pip.conf", "lib/pkgconfig/demo.pc", "etc/supervisord.conf", "share/settings", f"{sp}/__editable__.st_src-1.0.pth"):
        assert name in bound, f"{name}: {brief(find(doc, path=name))}"
    assert find(doc, path="lib/node_modules/tool", atleast="warning"), "a relative link that leaves the environment breaks in a move"
    sound = report("check", "--at", env.path, env.path)
    assert not find(sound, level="error"), brief(find(sound, level="error"))


OTHERS = b"share/jupyter/kernels/tools/kernel.json"  # names a neighbour, too, whose name begins with the old place


@pytest.mark.both("debian")
@both
def test_moved(recipe, get, scratch):
    env = get(recipe)
    new = scratch / "env2"
    before = verify.snapshot(env.path)
    outside = verify.snapshot(env.root / "project")
    doc = report("move", env.path, new, rc=0)
    assert not env.path.exists()
    assert not verify.difference(outside, verify.snapshot(env.root / "project"))
    assert f"{env.path}2/bin" in (new / os.fsdecode(OTHERS)).read_text()
    bad = verify.moved_well(env, new, before, doc, allowed={OTHERS})
    assert not bad, "\n".join(bad)
    assert not used.ailing(new, {**used.PROBES, **used.ALWAYS})


def test_moved_to_an_odd_name(get, scratch):
    """In a shell script or a service file this name cannot stand where the plain one stood: that is left, said, and exit 1."""
    env = get(RECIPES[0])
    new = scratch / ODD
    report("move", env.path, new, rc=2)
    assert env.path.exists()
    doc = report("move", "--leave", env.path, new, rc=1)
    holding = {n for n in verify.files_holding(new, env.path) if not n.endswith(b".pyc")}
    assert holding - verify.told(doc) <= {OTHERS}
    sick = used.ailing(new, {**used.PROBES, **used.ALWAYS})
    free = {"demo.pc", "supervisord.conf", "web.service", "serve", "postactivate", "pip.conf", "shim", "activate, appended", "activate.fish, appended"}
    assert not sick.keys() - free, sick
    known = {k: v for k, v in env.facts["scripts"].items() if k not in ("serve", "shim", "postactivate")}
    assert not verify.scripts_broken(known, env.path, new)
    assert not verify.activations_broken(env.facts["activations"], env.path, new)
    assert [line for line in verify.record_problems(new) if line not in env.facts["record"]] == []
    assert verify.pip_freeze(new) == verify.freeze_mapped(env.facts["freeze"], env.path, new)


@both
def test_recreated_while_the_old_one_stays(recipe, get, scratch):
    env = get(recipe)
    before = verify.snapshot(env.path)
    report("recreate", env.path, scratch / "env2", rc=0)
    assert not verify.difference(before, verify.snapshot(env.path))
    os.rename(env.path, env.path.with_name("gone"))
    assert not used.ailing(scratch / "env2", {**used.PROBES, **used.ALWAYS})


@both
def test_fixed_after_mv(recipe, get):
    """A rename beside itself: then even the relative link that leaves is right as it is."""
    env = get(recipe)
    new = env.path.with_name("renamed")
    os.rename(env.path, new)
    doc = report("check", new, rc=1)
    assert not doc["answers"]["sound"]
    report("fix", new, rc=0)
    assert not used.ailing(new, {**used.PROBES, **used.ALWAYS})
    after = report("check", "--at", new, new)
    assert after["answers"]["sound"], brief(find(after, level="error"))


def test_hard_links_with_a_cache_are_not_written_through(scratch):
    """uv links wheel files from its cache: what an edit writes must not reach the cache, and with it every other environment."""
    a, b = scratch / "a", scratch / "b"
    own = place.clean_environ(UV_CACHE_DIR=str(scratch / "cache"))  # not the one of the other tests: this test writes into it
    wheel = verify.tiny_wheel(scratch, files={"vfe2e_extra-1.0.data/scripts/old-style": b"#!python\nimport sys\nprint(sys.prefix)\n"}, scripts=("vfe2e-extra",))
    for env in (a, b):
        envs.run(envs.UV, "venv", "-q", "-p", envs.DEBIAN, env)
        envs.install(env, "uv", wheel, "six", link="hardlink", env=own)
    linked = [n for n, e in verify.snapshot(a).items() if e[5] > 1]
    assert linked, "nothing is linked: the test shows nothing"
    # a user's text in a file that is one with the other environment's
    target = b / os.fsdecode(next(n for n in linked if n.endswith(b"six.py")))
    target.write_text(target.read_text() + f"\nHOME = '{a}/share'\n")
    assert f"{a}/share" in (a / target.relative_to(b)).read_text()
    before = verify.snapshot(b)
    vf("move", a, scratch / "c", "--leave", rc=(0, 1))
    moved = {n: e[:5] for n, e in verify.snapshot(b).items()}
    assert moved == {n: e[:5] for n, e in before.items()}
    assert subprocess.run([scratch / "c/bin/vfe2e-extra"], capture_output=True, text=True).stdout.strip() == str(scratch / "c")


def test_hard_links_inside_stay_together(env, scratch, other_fs):
    (env.path / "share").mkdir(exist_ok=True)
    one, two = env.path / "share/one", env.path / "share/two"
    one.write_text("x" * 1000)
    os.link(one, two)
    here = env.path
    for new in (scratch / "renamed", other_fs / "copied", scratch / "back"):
        vf("move", here, new, rc=0)
        here = new
        assert os.path.samefile(new / "share/one", new / "share/two")
