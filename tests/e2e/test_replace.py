"""recreate --replace and upgrade: the new environment takes the name of the old one by one rename, or everything is as it was."""
import os
import signal
import subprocess

import pytest

import envs
import other_writer
import verify
from envs import run
from test_base import FOUND, Place, needs_copy
from test_recreate_list import LINKS
from vf import error, report, vf

OTHERS = [path for v, path in envs.interpreters().items() if FOUND and v != FOUND[0]]
pytestmark = [needs_copy, pytest.mark.skipif(not OTHERS, reason="only one minor of Python is here")]
OFFLINE = ("--offline", *LINKS)


@pytest.fixture
def place(scratch):
    p = Place(scratch, False)
    (p.env / "bin/of-base").unlink()  # names the old base, which does not come along
    (p.env / "etc").mkdir()
    (p.env / "etc/app.conf").write_text(f"data={p.env}/data\n")
    return p


def leftovers(p):
    return [n for n in os.listdir(p.env.parent) if n.startswith(".venvfix")]


def minor(env):
    return run(env / "bin/python", "-c", "import sys, tiny; print(*sys.version_info[:2])").split()


def is_whole(p):
    return run(p.env / "bin/tiny") == b"tiny\n" and (p.env / "etc/app.conf").read_text() == f"data={p.env}/data\n"


def wants(python):
    return run(python, "-c", "import sys; print(*sys.version_info[:2])").split()


@pytest.mark.parametrize("gone", (False, True), ids=("old base there", "old base gone"))
def test_upgrade(gone, place, scratch):
    if gone:
        os.rename(place.base, scratch / "gone")
    report("upgrade", place.env, "--python", OTHERS[0], *OFFLINE, rc=0)
    assert minor(place.env) == wants(OTHERS[0]) and is_whole(place) and not leftovers(place)
    vf("check", "--at", place.env, place.env, rc=0)


def test_keep(place):
    kept = place.env.parent / "kept"
    before = verify.contents(verify.snapshot(place.env))
    report("recreate", place.env, place.env, "--replace", "--keep", kept, "--python", OTHERS[0], *OFFLINE, rc=0)
    assert minor(place.env) == wants(OTHERS[0]) and not leftovers(place)
    assert verify.contents(verify.snapshot(kept)) == before
    error("upgrade", place.env, "--keep", kept, "--python", OTHERS[0], *OFFLINE, code="exists")


def test_from_a_list_and_from_another_environment(place, scratch):
    (scratch / "r.txt").write_text("six\n")
    vf("recreate", scratch / "r.txt", place.env, *OFFLINE, rc=2)
    report("recreate", scratch / "r.txt", place.env, "--replace", "--python", OTHERS[0], *OFFLINE, rc=0)
    run(place.env / "bin/python", "-c", "import six")
    assert not (place.env / "etc").exists() and not leftovers(place)
    other = scratch / "other"
    run(place.python, "-m", "venv", "--without-pip", other)
    report("recreate", other, place.env, "--replace", rc=0)
    assert run(place.env / "bin/python", "-c", "import sys; print(sys.prefix)").decode().strip() == str(place.env)
    assert not leftovers(place)


@pytest.mark.parametrize("what", ["no wheel", "does not import"])
def test_a_failure_leaves_it_as_it_was(what, place):
    sp = envs.site_packages(place.env)
    if what == "no wheel":
        (sp / "nowhere_to_be_had-1.0.dist-info").mkdir()
        (sp / "nowhere_to_be_had-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: nowhere-to-be-had\nVersion: 1.0\n")
    else:
        (sp / "tiny.py").write_text("import sys\nif sys.prefix != sys.base_prefix: raise SystemError('no')\n")
    before = verify.snapshot(place.env)
    error("upgrade", place.env, "--python", OTHERS[0], "--prove", "imports", *OFFLINE)
    assert not verify.difference(before, verify.snapshot(place.env)) and not leftovers(place)


def test_what_is_no_environment_is_not_replaced(place, scratch):
    (scratch / "r.txt").write_text("six\n")
    (scratch / "mine").mkdir()
    (scratch / "mine/notes").write_text("x")
    error("recreate", scratch / "r.txt", scratch / "mine", "--replace", *OFFLINE, code="exists")
    os.symlink(place.env, scratch / "link")
    error("recreate", scratch / "r.txt", scratch / "link", "--replace", *OFFLINE, code="is-link")
    error("recreate", place.env, place.env, "--replace", code="usage")
    vf("upgrade", place.env, rc=2)
    assert (scratch / "mine/notes").exists() and is_whole(place)


def test_killed_at_any_call(place, scratch):
    """Always one whole environment under the name, and the same command finishes."""
    master = scratch / "master"
    subprocess.run(["cp", "-a", place.env, master], check=True)
    (scratch / "r.txt").write_text("six\n")
    command = ["upgrade", place.env, "--python", OTHERS[0], "--keep", place.env.parent / "kept", *map(os.fspath, OFFLINE), "--jobs", "1"]

    def fresh():
        for path in (place.env, place.env.parent / "kept"):
            subprocess.run(["rm", "-rf", path], check=True)
        subprocess.run(["cp", "-a", master, place.env], check=True)

    fresh()
    ran = other_writer.run(command)
    assert ran.rc == 0, ran
    exchange = next(i for i, c in enumerate(ran.calls) if str(place.env) in (c.path, c.second) and "rename" in c.name)
    points = sorted({1, 2, len(ran.calls) // 2, *(c.n for c in ran.calls[max(0, exchange - 2):exchange + 8])})
    for n in points:
        fresh()
        killed = other_writer.run(command, at=n, do="kill")
        assert killed.rc == -signal.SIGKILL and is_whole(place), f"killed before call {n}"
        vf(*command, rc=0)
        assert is_whole(place) and minor(place.env) == wants(OTHERS[0]), f"after call {n}"
        assert not leftovers(place), f"after call {n}"
        assert (place.env.parent / "kept/etc/app.conf").exists(), f"after call {n}"
