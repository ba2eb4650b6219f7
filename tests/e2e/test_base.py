"""The Python below the environment went away, moved along, or is another one: each state, the command that check prints, and then it works."""
import os
import shlex
import shutil
import subprocess

import pytest

import envs
import verify
from place import clean_environ
from vf import brief, error, find, report, vf


def copyable():
    """(minor, prefix) of an interpreter with a prefix of its own, the newest; None where there is only the distribution's."""
    for minor in sorted(envs.interpreters(), key=lambda v: -int(v[2:])):
        prefix = os.path.dirname(os.path.dirname(os.path.realpath(envs.interpreters()[minor])))
        if prefix not in ("/usr", "/usr/local"):
            return minor, prefix
    return None


FOUND = copyable()
needs_copy = pytest.mark.skipif(FOUND is None, reason="no Python with a prefix of its own is here")


def copy_python(prefix, to):
    """By hard links where that can be done: nothing in it is changed."""
    if subprocess.run(["cp", "-al", prefix, to], stderr=subprocess.DEVNULL).returncode:
        shutil.rmtree(to, ignore_errors=True)
        subprocess.run(["cp", "-a", prefix, to], check=True)


def package(env):
    """A package with a script, as an installer leaves it."""
    sp = envs.site_packages(env)
    (sp / "tiny.py").write_text("def main():\n    print('tiny')\n")
    info = sp / "tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (info / "entry_points.txt").write_text("[console_scripts]\ntiny = tiny:main\n")
    (env / "bin/tiny").write_text(f"#!{env}/bin/python\nimport tiny\ntiny.main()\n")
    (env / "bin/tiny").chmod(0o755)
    names = ("tiny.py", "tiny-1.0.dist-info/METADATA", "tiny-1.0.dist-info/WHEEL", "tiny-1.0.dist-info/entry_points.txt", "tiny-1.0.dist-info/RECORD", "../../../bin/tiny")
    (info / "RECORD").write_text("".join(f"{n},,\n" for n in names))


class Place:
    """An environment at top/env on a base at top/base, as `state` leaves it. No other Python of its minor can be found on PATH."""

    def __init__(self, scratch, copies):
        self.minor, prefix = FOUND
        self.scratch = scratch
        self.top = scratch / "top"
        self.top.mkdir()
        self.base = self.top / f"py/{self.minor}.1"
        self.base.parent.mkdir()
        copy_python(prefix, self.base)
        self.env = self.top / "env"
        envs.run(self.python, "-m", "venv", "--without-pip", *(["--copies"] if copies else []), self.env)
        package(self.env)
        (self.env / "bin/of-base").write_text(f"#!{self.python}\nimport sys\nprint(sys.version_info[:2])\n")
        (self.env / "bin/of-base").chmod(0o755)
        self.environ = dict(clean_environ(), PATH="/nowhere", HOME=os.fspath(scratch / "home"))

    @property
    def python(self):
        return self.base / f"bin/python{self.minor}"

    def another(self, name):
        """A second copy of the base beside it."""
        copy_python(self.base, self.base.parent / name)
        return self.base.parent / name

    def cfg(self, old, new):
        path = self.env / "pyvenv.cfg"
        lines = path.read_text().splitlines(True)
        path.write_text("".join(new + "\n" if line.startswith(old) else line for line in lines))


def _moved_along(p):
    os.rename(p.top, p.scratch / "renamed")
    p.top, p.env = p.scratch / "renamed", p.scratch / "renamed/env"
    p.base = p.top / f"py/{p.minor}.1"
    return p.base


def _upgraded(p):
    new = p.base.parent / f"{p.minor}.2"
    os.rename(p.base, new)
    return new


def _two_upgrades(p):
    p.another(f"{p.minor}.3")
    return _upgraded(p)


def _link_gone(p):
    link = p.env / "bin/python"
    os.unlink(link)
    os.symlink(f"/nowhere/bin/python{p.minor}", link)
    for name in ("python3", f"python{p.minor}"):
        if os.path.isabs(os.readlink(p.env / "bin" / name)):
            os.unlink(p.env / "bin" / name)
            os.symlink("python", p.env / "bin" / name)
    return p.base


def _directory_of_links(p):
    links = p.scratch / "links"
    links.mkdir()
    os.symlink(p.python, links / f"python{p.minor}")
    p.cfg("home", f"home = {links}")
    return p.base


def _home(value):
    def state(p):
        p.cfg("home", value.format(base=p.base, minor=p.minor))
        return p.base

    return state


STATES = {
    "moved along": _moved_along,
    "patch upgrade beside": _upgraded,
    "two upgrades beside": _two_upgrades,
    "home relative": _home("home = bin"),
    "home names a program": _home("home = ./bin/python3"),
    "home empty": _home("home ="),
    "home quoted": _home('home = "{base}/bin"'),
    "home is a file": _home("home = {base}/bin/python{minor}"),
    "no home": _home("x = y"),
    "home without a library": _directory_of_links,
}


@needs_copy
@pytest.mark.parametrize("copies", (False, True), ids=("links", "copies"))
@pytest.mark.parametrize("state", [*STATES, "link gone"])
def test_what_check_prints_repairs_it(state, copies, scratch):
    if state == "link gone" and copies:
        return  # there is no link
    p = Place(scratch, copies)
    base = (STATES | {"link gone": _link_gone})[state](p)
    doc = report("check", "--fail-on", "error", "--at", p.env, p.env, rc=(0, 1), env=p.environ)
    if doc["answers"]["sound"]:  # a linked interpreter starts without `home`
        assert state in ("home empty", "no home") and not copies, brief(doc["findings"])
        report("fix", p.env, rc=0, env=p.environ)
        assert f"home = {base}/bin\n" in (p.env / "pyvenv.cfg").read_text()
        return
    assert doc["next"], brief(doc["findings"])
    command = doc["next"][0]["argv"]
    people = vf("check", "--at", p.env, p.env, rc=1, env=p.environ).out.decode()
    assert shlex.join(command) in people, people
    assert len(doc["next"]) == (2 if state == "two upgrades beside" else 1)
    if len(doc["next"]) > 1:
        e = error("fix", p.env, code="no-base", env=p.environ)
        assert all(shlex.join(c["argv"]) in e["message"] for c in doc["next"])
    before = verify.snapshot(p.env)
    vf(command[1], "--dry-run", *command[2:], rc=0, env=p.environ)
    assert not verify.difference(before, verify.snapshot(p.env))
    doc = report(*command[1:], rc=0, env=p.environ)
    assert doc["proof"]["interpreter"] is True and doc["proof"]["packages"] is True
    doc = report("check", "--fail-on", "error", "--at", p.env, p.env, rc=0, env=p.environ)
    assert doc["next"] == [], doc["next"]
    rc, _, out = verify.run_script(p.env / "bin/python", ("-c", "import sys, tiny; print(sys.base_prefix)"))
    assert rc == 0 and os.path.dirname(os.fsencode(base)) in out, out
    assert verify.run_script(p.env / "bin/tiny", ())[0] == 0
    assert verify.run_script(p.env / "bin/of-base", ())[0] == 0
    once = verify.snapshot(p.env)
    assert report("fix", p.env, rc=0, env=p.environ)["edits"] == []
    assert not verify.difference(once, verify.snapshot(p.env))


@needs_copy
@pytest.mark.parametrize("gone", (False, True), ids=("old base there", "old base gone"))
@pytest.mark.parametrize("copies", (False, True), ids=("links", "copies"))
def test_python_option(gone, copies, scratch):
    p = Place(scratch, copies)
    extra = f"base-prefix = {p.base}\nbase-exec-prefix = {p.base}\nbase-executable = {p.python}\nversion_info = {p.minor}.0.final.0\n"
    (p.env / "pyvenv.cfg").write_text((p.env / "pyvenv.cfg").read_text() + extra)
    other = scratch / "other place"
    copy_python(p.base, other)
    before = verify.contents(verify.snapshot(p.env))
    if gone:
        os.rename(p.base, scratch / "away")
    report("fix", p.env, "--python", other, rc=0, env=p.environ)
    cfg = (p.env / "pyvenv.cfg").read_text()
    assert str(p.base) not in cfg and f"home = {other}/bin\n" in cfg
    for line in (f"base-prefix = {other}", f"base-exec-prefix = {other}", f"base-executable = {other}/bin/python{p.minor}"):
        assert line + "\n" in cfg, cfg
    assert (p.env / "bin/of-base").read_text().startswith(f"#!{other}/bin/python{p.minor}\n") or b"other place" in (p.env / "bin/of-base").read_bytes()
    rc, _, out = verify.run_script(p.env / "bin/python", ("-c", "import sys, tiny; print(sys.base_prefix)"))
    assert rc == 0 and os.fsencode(other) in out
    assert report("fix", p.env, "--python", other, rc=0, env=p.environ)["edits"] == []
    if gone:
        os.rename(scratch / "away", p.base)
    report("fix", p.env, "--python", p.python, rc=0, env=p.environ)
    after = verify.contents(verify.snapshot(p.env))
    assert {n for n in after if after[n] != before.get(n) and b"__pycache__" not in n} <= {b"pyvenv.cfg"}  # the version was made up


@needs_copy
def test_another_minor_is_refused_with_the_command(scratch):
    p = Place(scratch, False)
    others = [path for v, path in envs.interpreters().items() if v != p.minor]
    if not others:
        pytest.skip("only one minor of Python is here")
    before = verify.snapshot(p.env)
    e = error("fix", p.env, "--python", others[0], code="incompatible", env=p.environ)
    assert not verify.difference(before, verify.snapshot(p.env))
    words = shlex.split(e["message"][e["message"].index("venvfix upgrade"):])
    assert words[:2] == ["venvfix", "upgrade"] and words[2] == str(p.env) and words[3] == "--python"
    vf(*words[1:], "--offline", rc=0, env=p.environ)
    assert envs.run(p.env / "bin/tiny") == b"tiny\n"
    error("fix", p.env, "--python", scratch / "nothing", code="no-base", env=p.environ)


@needs_copy
def test_found_on_path_past_a_shim_that_fails(scratch):
    p = Place(scratch, False)
    shims, real = scratch / "shims", scratch / "real"
    shims.mkdir()
    (shims / f"python{p.minor}").write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    (shims / f"python{p.minor}").chmod(0o755)
    shutil.move(p.base, real)
    environ = dict(p.environ, PATH=f"{shims}:{real}/bin:/usr/bin:/bin")
    assert error("fix", p.env, code="no-base", env=p.environ)["message"]
    assert report("check", "--fail-on", "error", "--at", p.env, p.env, rc=1, env=p.environ)["next"] == []
    report("fix", p.env, "--python", p.minor, rc=0, env=environ)
    assert os.path.realpath(p.env / "bin/python").startswith(str(real))
    assert not find(report("check", "--fail-on", "error", "--at", p.env, p.env, rc=0, env=environ), level="error")
