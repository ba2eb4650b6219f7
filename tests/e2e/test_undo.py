"""fix --undo: everything as it was before the last fix, but for what was changed since."""
import os
import signal
import subprocess

import pytest

import envs
import other_writer
import place
import verify
from envs import Recipe
from vf import error, report, vf

ENV = Recipe("debian", "uv", "six")


@pytest.fixture
def moved(get, scratch):
    """An environment that was moved by mv, with a file that names its old path and a link to it."""
    env = get(ENV).path
    (env / "etc").mkdir()
    (env / "etc/app.conf").write_text(f"data={env}/data\n")
    (env / "etc/link").symlink_to(env / "etc/app.conf")
    (env / "etc/app.conf").chmod(0o640)
    os.rename(env, scratch / "moved")
    return scratch / "moved"


def kept():
    return sorted(p.name for p in place.AREA.rglob("undo-*"))


def test_undo_is_before(moved, scratch):
    before = verify.snapshot(moved)
    vf("fix", moved, rc=0)
    assert verify.difference(before, verify.snapshot(moved)) and not list(moved.rglob(".venvfix*"))
    vf("check", "--here", "--fail-on", "error", moved, rc=0)
    report("fix", "--undo", moved, rc=0)
    assert not verify.difference(before, verify.snapshot(moved)), verify.difference(before, verify.snapshot(moved))
    assert not list(moved.rglob(".venvfix*"))
    error("fix", "--undo", moved, code="not-found")
    # and again: what fixed it once fixes it again
    vf("fix", moved, rc=0)
    envs.run(moved / "bin/python", "-c", "import six")


def test_it_follows_the_directory_and_a_second_fix_changes_nothing(moved, scratch):
    before = verify.contents(verify.snapshot(moved))
    vf("fix", moved, rc=0)
    vf("fix", moved, rc=0)  # nothing to do: what the first one kept is kept
    os.rename(moved, scratch / "other")
    report("fix", "--undo", scratch / "other", rc=0)
    assert verify.contents(verify.snapshot(scratch / "other")) == before


def test_what_was_changed_since_stays_and_is_named(moved):
    before = verify.contents(verify.snapshot(moved))
    vf("fix", moved, rc=0)
    (moved / "etc/app.conf").write_text("mine\n")
    (moved / "etc/link").unlink()
    r = vf("fix", "--undo", moved, rc=1)
    assert b"etc/app.conf" in r.err and b"etc/link" in r.err, r
    assert (moved / "etc/app.conf").read_text() == "mine\n" and not (moved / "etc/link").exists()
    after = verify.contents(verify.snapshot(moved))
    differ = {k for k in before if before[k] != after.get(k)} - {b"etc"}
    assert differ == {b"etc/app.conf", b"etc/link"}


def test_no_undo_keeps_nothing(moved):
    vf("fix", "--no-undo", moved, rc=0)
    error("fix", "--undo", moved, code="not-found")


def test_dry_run(moved):
    vf("fix", moved, rc=0)
    fixed = verify.snapshot(moved)
    doc = report("fix", "--undo", "--dry-run", moved, rc=0)
    assert {e["path"] for e in doc["edits"]} >= {"etc/app.conf", "bin/activate"}
    assert verify.snapshot(moved) == fixed
    report("fix", "--undo", moved, rc=0)


def test_a_copy_has_nothing_to_undo(moved, scratch):
    vf("fix", moved, rc=0)
    subprocess.run(["cp", "-a", moved, scratch / "copy"], check=True)
    error("fix", "--undo", scratch / "copy", code="not-found")
    report("fix", "--undo", moved, rc=0)


def test_killed_while_it_undoes(moved, scratch):
    before = verify.contents(verify.snapshot(moved))
    subprocess.run(["cp", "-a", moved, scratch / "master"], check=True)
    command = ["fix", "--undo", "--jobs", "1", moved]
    vf("fix", moved, rc=0)
    n = len(other_writer.run(command).calls)
    for at in sorted({1, n // 4, n // 2, 3 * n // 4, n - 2, n}):
        subprocess.run(["rm", "-rf", moved], check=True)
        subprocess.run(["cp", "-a", scratch / "master", moved], check=True)
        vf("fix", moved, rc=0)
        assert other_writer.run(command, at=at, do="kill").rc == -signal.SIGKILL
        vf(*command, rc=0)
        now = verify.contents(verify.snapshot(moved))
        assert now == before, f"killed before call {at} of {n}: {verify.difference(before, now, times=False)}"
