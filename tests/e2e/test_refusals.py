"""What is refused before anything is touched: each with its own code and message, exit 2, and not a byte changed."""
import json
import os
import pickle
import re
import shutil
import subprocess
import time

import pytest

import envs
import place
import verify
from test_check import NOBODY
from vf import brief, error, exact, find, parse, report, vf

BOTH = ("move", "recreate")


class Case:
    """Where things lie, and what is expected to be refused."""

    def __init__(self, env, scratch):
        self.env, self.scratch = env, scratch
        self.old, self.new = env.path, scratch / "new"


def exists_dir(c):
    c.new.mkdir()
    (c.new / "x").write_text("theirs")
    return "exists", str(c.new)


def exists_empty(c):
    c.new.mkdir()
    return "exists", str(c.new)


def exists_file(c):
    c.new.write_text("theirs")
    return "exists", str(c.new)


def exists_dangling_link(c):
    c.new.symlink_to("/nonexistent/x")
    return "exists", str(c.new)


def new_inside_old(c):
    c.new = c.old / "inner"
    return "nested", str(c.old)


def new_is_old(c):
    c.new = c.old
    return ("nested", "exists"), str(c.old)


def new_inside_old_by_a_link(c):
    os.symlink(c.old, c.scratch / "alias")
    c.new = c.scratch / "alias" / "inner"
    return "nested", "inner"


def old_inside_new(c):
    c.new = c.old.parent
    return ("nested", "exists"), str(c.new)


def nothing_there(c):
    c.old = c.scratch / "nothing"
    return "not-found", "nothing"


def not_an_environment(c):
    c.old = c.scratch / "plain"
    c.old.mkdir()
    (c.old / "file").write_text("x")
    return "not-an-environment", "plain"


def a_file(c):
    """Of recreate it is a list, and a bad one."""
    c.old = c.scratch / "plain"
    c.old.write_text("words that are\nno path\n")
    return ("not-an-environment", "bad-list"), "plain"


def conda(c):
    c.old = c.scratch / "conda"
    (c.old / "conda-meta").mkdir(parents=True)
    (c.old / "conda-meta/history").write_text("")
    (c.old / "bin").mkdir()
    return "conda-environment", "conda-pack"


def last_component_a_link(c):
    link = c.scratch / "current"
    link.symlink_to(c.old)
    c.old = link
    return "is-link", str(c.env.path)


def base_gone(c):
    for link in ("python", "python3", "python3.11"):
        (c.env.bin / link).unlink()
    (c.env.bin / "python").symlink_to("/nonexistent/base/python3.11")
    for link in ("python3", "python3.11"):
        (c.env.bin / link).symlink_to("python")
    cfg = c.env.path / "pyvenv.cfg"
    cfg.write_text(re.sub(r"(?m)^home = .*", "home = /nonexistent/base", cfg.read_text()))
    return "no-base", "--python"


def parent_missing(c):
    c.new = c.scratch / "a/b/c"
    return "no-parent", str(c.scratch / "a/b")


def parent_a_file(c):
    (c.scratch / "a").write_text("x")
    c.new = c.scratch / "a" / "new"
    return ("no-parent", "io"), str(c.scratch / "a")


def component_too_long(c):
    c.new = c.scratch / ("x" * 256)
    return "path-too-long", "xxx"


def path_too_long(c):
    deep = c.scratch
    here = os.getcwd()
    os.chdir(deep)
    while len(os.fsencode(deep)) < 4000:
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        deep = deep / ("d" * 200)
    os.chdir(here)
    c.new = deep / "new"  # reachable itself, but not every file below it
    return "path-too-long", ""


def pickled_path(c):
    (c.old / "state").mkdir()
    (c.old / "state/build.dat").write_bytes(pickle.dumps({"prefix": str(c.old) + "/bin/python", "n": list(range(300))}, protocol=4))
    return "unwritable", "state/build.dat"


CASES = [exists_dir, exists_empty, exists_file, exists_dangling_link, new_inside_old, new_is_old, new_inside_old_by_a_link, old_inside_new, nothing_there, not_an_environment, a_file, conda,
         last_component_a_link, base_gone, parent_missing, parent_a_file, component_too_long, path_too_long, pickled_path]


# recreate only reads through the link
@pytest.mark.parametrize("case, verb", [pytest.param(c, v, id=f"{c.__name__}-{v}") for c in CASES for v in BOTH
                                        if c is not last_component_a_link or v != "recreate"])
def test_refused(case, verb, env, scratch):
    c = Case(env, scratch)
    code, words = case(c)
    before = verify.snapshot(env.root), verify.snapshot(scratch) if case is not path_too_long else None
    said = error(verb, c.old, c.new, code=code)
    assert words in said["message"] + (said["path"] or ""), said
    assert not verify.difference(before[0], verify.snapshot(env.root))
    if before[1] is not None:
        assert not verify.difference(before[1], verify.snapshot(scratch))
    # the same refusal in the rehearsal
    error(verb, "--dry-run", c.old, c.new, code=code)


@pytest.mark.parametrize("case", [nothing_there, not_an_environment, conda], ids=lambda f: f.__name__)
def test_fix_refused(case, env, scratch):
    c = Case(env, scratch)
    code, words = case(c)
    before = verify.snapshot(env.root), verify.snapshot(scratch)
    said = error("fix", c.old, code=code)
    assert words in said["message"] + (said["path"] or ""), said
    assert not verify.difference(before[0], verify.snapshot(env.root)) and not verify.difference(before[1], verify.snapshot(scratch))


def test_each_has_a_message_of_its_own(env, scratch):
    """Two different troubles never read the same."""
    said = {}
    for case in (exists_dir, new_inside_old, not_an_environment, conda, last_component_a_link, parent_missing, component_too_long):
        c = Case(env, scratch)
        case(c)
        message = error("move", c.old, c.new)["message"].replace(str(c.old), "OLD").replace(str(c.new), "NEW")
        said.setdefault(message, []).append(case.__name__)
        envs.rmtree(scratch)
        scratch.mkdir()
    assert all(len(v) == 1 for v in said.values()), said


@pytest.mark.parametrize("args", [["move"], ["move", "a"], ["move", "a", "b", "c"], ["recreate", "a"], ["fix"], ["fix", "a", "b"], ["move", "--nonsense", "a", "b"], ["fix", "--python", "/x", "a"]], ids=" ".join)
def test_usage(args, scratch):
    r = vf(*args, rc=2, cwd=scratch)
    assert r.err.startswith(b"venvfix: error: ") and r.out == b"", r


# ---- rights

@pytest.fixture
def somebody(env, scratch):
    """Popen arguments of a user without rights, a program that one can start, and a place where one may write."""
    if os.getuid() != 0:
        pytest.skip("needs root to be somebody else") if not place.CI else pytest.fail("needs root, and CI=true")
    program = place.AREA / "venvfix"
    shutil.copy(place.PROGRAM, program)
    program.chmod(0o755)
    (scratch / "theirs").mkdir()
    (scratch / "theirs").chmod(0o777)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "program": program}


def give(tree):
    subprocess.run(["chown", "-hR", f"{NOBODY}:{NOBODY}", tree], check=True)


def test_not_writable(env, scratch, somebody):
    give(env.root)
    os.chown(env.path, 0, 0)
    before = verify.snapshot(env.root)
    said = error("move", env.path, scratch / "theirs/new", code="not-writable", **somebody)
    assert "recreate" in said["message"]
    error("fix", env.path, code="not-writable", **somebody) if _needs_fix(env) else None
    assert not verify.difference(before, verify.snapshot(env.root))
    assert os.listdir(scratch / "theirs") == []


def _needs_fix(env):
    return not report("check", "--at", env.path, env.path)["answers"]["sound"]


def test_fix_not_writable(env, scratch, somebody):
    give(env.root)
    new = env.path.with_name("renamed")
    os.rename(env.path, new)
    os.chown(new, 0, 0)
    before = verify.snapshot(env.root)
    error("fix", new, code="not-writable", **somebody)
    assert not verify.difference(before, verify.snapshot(env.root))


@pytest.mark.parametrize("verb", BOTH)
@pytest.mark.parametrize("what", ["file", "directory", "script"])
def test_unreadable(verb, what, env, scratch, somebody):
    give(env.root)
    hidden = {"file": env.sp / "six.py", "directory": env.path / "etc", "script": env.bin / "pip"}[what]
    if what == "directory":
        hidden.mkdir()
        (hidden / "x").write_text("x")
    os.chown(hidden, 0, 0)
    hidden.chmod(0o700 if what == "directory" else 0o600)
    before = verify.snapshot(env.root)
    said = error(verb, env.path, scratch / "theirs/new", code="unreadable", **somebody)
    assert os.path.relpath(hidden, env.path) in said["message"] + (said["path"] or ""), said
    assert not verify.difference(before, verify.snapshot(env.root))
    assert os.listdir(scratch / "theirs") == []


def test_new_parent_not_writable(env, scratch, somebody):
    give(env.root)
    (scratch / "ours").mkdir(mode=0o755)
    before = verify.snapshot(env.root)
    error("move", env.path, scratch / "ours/new", code=("not-writable", "io"), **somebody)
    assert not verify.difference(before, verify.snapshot(env.root))


# ---- space

def where_there_is_no_room(scratch, verb, source):
    """A file system that is too small, in a mount namespace of its own: what was said."""
    small = scratch / "small"
    small.mkdir()
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", small], capture_output=True).returncode:
        pytest.skip("the kernel forbids this user to mount")
    script = 'mount -t tmpfs -o size=2m,nr_inodes=20k none "$1" && shift && "$@"; rc=$?; ls -A "$0"; exit $rc'
    p = subprocess.run(["unshare", "-m", "sh", "-c", script, small, small, place.PROGRAM, verb, "--format", "json", source, small / "new"], capture_output=True, env=place.clean_environ())
    assert p.returncode == 2, p
    assert p.stdout.rstrip().endswith(b"}"), "something was left on the full file system"
    said = json.loads(p.stdout.decode())["error"]
    assert said["code"] == "no-space", said
    return said


def test_no_space(env, scratch):
    before = verify.snapshot(env.root)
    where_there_is_no_room(scratch, "move", env.path)
    assert not verify.difference(before, verify.snapshot(env.root))


def test_no_space_for_a_bundle(env, scratch):
    """Told by the manifest, before anything of it is written."""
    bundle = scratch / "app.tar"
    vf("pack", env.path, "-o", bundle)
    assert "MB are free" in where_there_is_no_room(scratch, "recreate", bundle)["message"]


# ---- what has no writer

def test_without_a_writer(env, scratch):
    """Listed before anything is changed; --leave goes on, says so, and is exit 1."""
    c = Case(env, scratch)
    pickled_path(c)
    data = (c.old / "state/build.dat").read_bytes()
    people = vf("move", c.old, c.new, rc=2)
    assert b"state/build.dat" in people.err + people.out and b"--leave" in people.err + people.out
    assert c.old.exists() and not c.new.exists()
    doc = report("move", "--leave", c.old, c.new, rc=1)
    assert (c.new / "state/build.dat").read_bytes() == data
    assert b"state/build.dat" in verify.told(doc)
    assert not verify.scripts_broken(env.facts["scripts"], c.old, c.new)
    again = report("check", "--from", c.old, "--at", c.new, c.new, rc=1)  # nothing else names the old place any more
    assert find(again, path="state/build.dat", atleast="warning"), brief(again["findings"])


def test_a_publishers_mention_is_never_without_a_writer(env, scratch):
    """A file of a published wheel that names the place stops nothing, and is listed."""
    verify.tiny_wheel(scratch, name="published", files={"published_data.py": f"HOME = '{env.path}/bin/python'\n".encode(), "published.bin": f"\0{env.path}/bin/python\0".encode()})
    envs.install(env.path, "pip", "--find-links", scratch, "published")
    doc = report("move", env.path, scratch / "new", rc=0)
    sp = os.path.relpath(envs.site_packages(scratch / "new"), scratch / "new")
    assert {f"{sp}/published_data.py".encode(), f"{sp}/published.bin".encode()} <= verify.told(doc)
    assert not verify.record_problems(scratch / "new")


# ---- two at a time

def test_two_at_once(env, scratch):
    """Exactly one of two moves of one environment does it; the other says why not."""
    command = lambda n: [place.PROGRAM, "move", "--format", "json", env.path, scratch / n]
    both = [subprocess.Popen(command(n), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=place.clean_environ()) for n in ("one", "two")]
    outs = [p.communicate(timeout=120) for p in both]
    codes = [p.returncode for p in both]
    assert sorted(codes) == [0, 2], outs
    winner = scratch / ("one" if codes[0] == 0 else "two")
    loser = scratch / ("two" if codes[0] == 0 else "one")
    assert winner.exists() and not loser.exists() and not env.path.exists()
    assert os.listdir(scratch) == [winner.name]
    assert not verify.scripts_broken(env.facts["scripts"], env.path, winner)


def test_running_programs_do_not_stop_it(env, scratch):
    """A server that runs from the environment goes on; it is not ours to stop."""
    p = subprocess.Popen([env.python, "-c", "import time; time.sleep(60)"], env=place.clean_environ())
    time.sleep(0.1)
    try:
        vf("move", env.path, scratch / "new", rc=0)
        assert p.poll() is None
    finally:
        p.kill()
        p.wait()
    assert parse(vf("check", "--format", "json", "--at", scratch / "new", scratch / "new", rc=0))["answers"]["sound"]
    assert not [f for f in find(report("check", scratch / "new")) if exact(f, "path").startswith(b".venvfix")]


def test_a_report_that_cannot_be_written(env, scratch):
    """check could not do its job then; a move that is done is done, and says so."""
    with open("/dev/full", "wb") as full:
        p = subprocess.run([place.PROGRAM, "check", env.path], stdout=full, stderr=subprocess.PIPE, env=place.clean_environ())
        assert p.returncode == 2 and b"cannot write the report" in p.stderr, p
        p = subprocess.run([place.PROGRAM, "move", env.path, scratch / "new"], stdout=full, stderr=subprocess.PIPE, env=place.clean_environ())
    assert p.returncode == 1 and b"itself is done" in p.stderr, p
    assert not env.path.exists() and report("check", "--at", scratch / "new", scratch / "new")["exit"] == 0
