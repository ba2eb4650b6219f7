"""check --user: what it calls fine another user starts and imports; what that user cannot is named, and is no `missing`."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import envs
import place
from vf import brief, find, report, vf

pytestmark = [
    pytest.mark.ordinary,  # starts other programs
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="becomes another user"),
]
UID = 65534


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An environment of Debian's Python with click, whose directories everyone may search."""
    area = tmp_path_factory.mktemp("user")
    for d in [area, *area.parents][:-1]:
        if d.stat().st_mode & 1 == 0:
            d.chmod(d.stat().st_mode | 0o11)
    env = area / "env"
    envs.run(envs.DEBIAN, "-m", "venv", env)
    envs.run(env / "bin/pip", "install", "-q", "--no-index", "--find-links", place.WHEELHOUSE, "click", "markupsafe")
    (site(env) / "plain.py").write_text("")
    return env


@pytest.fixture
def env(made):
    """It again, for the test to change."""
    kept = made.with_name("kept")
    shutil.copytree(made, kept, symlinks=True)
    yield made
    shutil.rmtree(made)
    kept.rename(made)


def works(env):
    """Does it start and import for that user?"""
    code = "import click.core, markupsafe, markupsafe._speedups, plain"
    return subprocess.run(["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", env / "bin/python", "-Bc", code],
                          cwd="/", capture_output=True).returncode == 0


def check(env, user=UID, **kw):
    return report("check", "--at", env, "--user", str(user), env, **kw)


def site(env):
    return next(env.glob("lib/python3.*/site-packages"))


def loud(doc):
    return [(f["rule"], f["level"], f["path"]) for f in doc["findings"] if f["level"] != "info"]


def test_what_works_is_fine(env):
    assert works(env)
    doc = check(env, rc=0)
    assert doc["answers"]["sound"] and doc["target"]["user"] == str(UID) and not loud(doc)
    assert b"user 65534" in vf("check", "--at", env, "--user", "65534", env, rc=0).out


BLOCKED = {  # what is closed, and what the finding is about
    "the directory above": (lambda e: e.parent, lambda e: "."),
    "the environment": (lambda e: e, lambda e: "."),
    "pyvenv.cfg": (lambda e: e / "pyvenv.cfg", lambda e: "pyvenv.cfg"),
    "a package": (lambda e: site(e) / "click", lambda e: str((site(e) / "click").relative_to(e))),
    "a module that is not compiled": (lambda e: site(e) / "plain.py", lambda e: str((site(e) / "plain.py").relative_to(e))),
    "a library": (lambda e: next(site(e).glob("markupsafe/*.so")), lambda e: str(next(site(e).glob("markupsafe/*.so")).relative_to(e))),
}


@pytest.mark.parametrize("what", BLOCKED)
def test_what_is_closed_is_named(env, what):
    find_it, about = BLOCKED[what]
    path, mode = find_it(env), find_it(env).stat().st_mode
    path.chmod(0o700)
    try:
        assert not works(env)
        doc = check(env, rc=1)
        assert loud(doc) == [("VF824", "error", about(env))], brief(doc["findings"])
        assert not doc["answers"]["sound"] and find(doc, rule="VF824")[0]["assumes"] == ["user"]
        assert report("check", "--at", env, "--user", "root", env, rc=(0, 1))["answers"]["sound"]
    finally:
        path.chmod(mode)
    assert works(env) and not loud(check(env, rc=0))


def test_of_a_compiled_module_the_source_is_not_read(env):
    source = site(env) / "click/core.py"
    source.chmod(0o600)
    assert works(env)
    doc = check(env, rc=0)
    assert [f["level"] for f in find(doc, rule="VF824")] == ["info"] and doc["answers"]["sound"]
    for compiled in (site(env) / "click/__pycache__").glob("core.*"):
        compiled.chmod(0o600)
    assert not works(env) and not check(env, rc=1)["answers"]["sound"]


def test_a_group_opens_what_others_may_not(env):
    os.chown(env, 0, 4242)
    env.chmod(0o750)
    assert not check(env, rc=1)["answers"]["sound"]
    assert check(env, user=f"{UID}:4242", rc=0)["answers"]["sound"]


def test_a_base_behind_a_closed_directory(env, tmp_path):
    """`permission denied` is not `missing`, also for home."""
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    shutil.copy2(os.path.realpath(envs.DEBIAN), base / "bin")
    name = Path(os.path.realpath(envs.DEBIAN)).name
    for link in (env / "bin").glob("python*"):
        link.unlink()
    (env / "bin/python").symlink_to(base / "bin" / name)
    (env / "bin/python3").symlink_to("python")
    cfg = env / "pyvenv.cfg"
    cfg.write_text("".join(f"home = {base}/bin\n" if line.startswith("home") else line for line in cfg.read_text().splitlines(True)))
    tmp_path.chmod(0o700)
    doc = check(env, rc=1)
    assert {rule for rule, level, _ in loud(doc) if level == "error"} == {"VF128"}, brief(doc["findings"])
    assert str(tmp_path) in find(doc, rule="VF128")[0]["message"]


def test_names_and_groups_are_those_of_the_root(env, tmp_path):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "usr").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\napp:x:4000:4001::/:/bin/sh\n")
    (root / "etc/group").write_text("web:x:4002:other,app\n")
    shutil.copytree(env, root / "app", symlinks=True)
    os.chown(root / "app", 0, 4002)
    (root / "app").chmod(0o750)
    for user, closed in (("app", False), ("4000", False), ("app:4001", True), ("4003", True), ("root", False)):
        doc = report("check", "--root", root, "--user", user, root / "app", rc=1)  # the root holds no Python
        assert bool(find(doc, rule="VF824", path=".")) == closed, user
    r = vf("check", "--root", root, "--user", "nobody", root / "app", rc=2)
    assert b"there is no user 'nobody'" in r.err
