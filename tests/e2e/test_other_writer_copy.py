"""Another process writes while an environment is moved to another file system: at each call that changes the disk, and after a kill.

`make check` takes a sample of the calls; VENVFIX_MATRIX=full takes all of them.
"""
import errno
import json
import os
import shutil
import subprocess

import pytest

import other_writer
import place
from other_writer import SwappedParent, World
from test_other_writer import some
from vf import report, vf

POINTS = 100000 if place.FULL else 4


@pytest.fixture
def world(scratch, other_fs):
    return World("copy", scratch, other_fs)


def commit_of(world):
    """The rename of the copy to NEW (that of OLD, which is tried first, fails)."""
    return next(c.n for c in world.calls if c.second == os.fspath(world.new) and c.path != os.fspath(world.old))


def from_commit(world):
    """The calls from the rename of the copy on: until then OLD is only read."""
    return [c for c in world.calls if c.n >= commit_of(world)]


def sample(world):
    return sorted({*some(world.calls, POINTS), *some(from_commit(world), POINTS)})


def both_or_one(world, ran, trace):
    """The invariant, and nothing of ours is left in any case."""
    return world.breaches(ran, trace) + ([f"exit 1, left: {p}" for p in world.leftovers()] if ran.rc == 1 else [])


@pytest.mark.parametrize("writer", other_writer.WRITERS, ids=lambda w: w.__name__)
def test_old_is_written(writer, world):
    bad, codes = [], set()
    for i, call in enumerate(sample(world)):
        names = [*world.edited, "data/state", "lib64/../bin/python"]
        for name in names[:-1] if place.FULL else [world.edited[i % len(world.edited)], "data/state"][: 1 + i % 2]:
            world.reset()
            traces = []
            ran = other_writer.run(world.command, at=call.n, act=lambda c: traces.append(world.write(writer, name, c)))
            if traces[0]:
                codes.add(ran.rc)
                bad += [f"{call}: {line}" for line in both_or_one(world, ran, traces[0])]
    assert not bad, "\n".join(bad)
    assert codes >= {0, 1, 2} or writer in (other_writer.new_file, other_writer.append) and 1 in codes, codes


@pytest.mark.parametrize("writer", other_writer.WRITERS, ids=lambda w: w.__name__)
def test_old_is_written_after_a_kill(writer, world):
    """The list of what was copied survives: the next run compares as well."""
    bad, codes = [], set()
    for i, call in enumerate(some(from_commit(world), POINTS)):
        world.reset()
        other_writer.run(world.command, at=call.n, do="kill")
        if not world.old.is_dir() or not world.new.is_dir():
            continue
        trace = world.write(writer, [*world.edited, "data/state"][i % (len(world.edited) + 1)], call)
        ran = other_writer.run(world.command)
        codes.add(ran.rc)
        bad += [f"{call}: {line}" for line in both_or_one(world, ran, trace)]
    assert not bad, "\n".join(bad)
    assert codes == {1}, codes


def test_what_changed_is_listed(world):
    """In the report, too; check says that a removal is unfinished until then, and nothing afterwards."""
    aside = next(c for c in world.calls if os.path.basename(c.second).startswith(".venvfix-old-"))
    world.reset()
    other_writer.run(world.command, at=aside.n, do="kill")
    for root, other in ((world.old, world.new), (world.new, world.old)):
        found = [f for f in report("check", root)["findings"] if f["name"] == "unfinished-run"]
        assert len(found) == 1 and "remov" in found[0]["message"] and str(other) in found[0]["message"], found
    (world.old / "only").write_text("x\n")
    (world.old / "data/state").write_text("longer than it was before\n")
    doc = report(*world.command, rc=1)
    assert sorted(doc["changed"]) == ["data", "data/state", "only"] or sorted(doc["changed"]) == ["data/state", "only"]
    assert (world.old / "only").read_text() == "x\n" and (world.new / "bin/tool").exists()
    for root in (world.old, world.new):
        assert not [f for f in report("check", root)["findings"] if f["path"].startswith(".venvfix")]
    world.reset()
    assert "changed" not in report(*world.command, rc=0)


@pytest.mark.parametrize("which", ["old", "new"])
def test_a_parent_becomes_a_link(which, world):
    bad = []
    for call in sample(world):
        world.reset()
        swap = SwappedParent(world, which)
        ran = other_writer.run(world.command, at=call.n, act=swap)
        lines = swap.put_back()
        if ran.rc == 1:
            lines += [f"exit 1, and {p} is not there" for p in (world.old, world.new) if not p.is_dir()]
        else:
            lines += world.breaches(ran)
        bad += [f"{call}: {line}" for line in lines]
    assert not bad, "\n".join(bad)


def test_a_second_run(world, scratch):
    """Whatever runs on OLD or NEW meanwhile, also one that only reads OLD, is refused, or had its turn before or after."""
    third = scratch / "third"
    calls = [c for c in world.calls if ".venvfix" in c.path or ".venvfix" in c.second]
    marked = next(c.n for c in world.calls if c.path.endswith("/state.new") and c.n > calls[len(calls) // 3].n)
    for call in some([c for c in world.calls if c.n > marked], POINTS):
        for second in (["fix", world.old], ["move", world.old, third], ["recreate", world.old, third], ["fix", world.new], world.command):
            world.reset()
            rc = []
            ran = other_writer.run(world.command, at=call.n, act=lambda c: rc.append(vf(*second)))
            what = f"{call} {second}: {rc} {ran}"
            late = not world.old.exists() and rc[0].rc == 0 and second[0] == "fix"
            assert rc[0].rc == 2 or late, what
            assert ran.rc == 0 and world.new.exists() and not world.old.exists() and not third.exists(), what


def test_another_environment_is_made_at_old(world):
    """Killed after the commit, OLD removed, and another environment made there: an inode number that is used again proves nothing."""
    bad = []
    for call in some(from_commit(world), POINTS):
        world.reset()
        other_writer.run(world.command, at=call.n, do="kill")
        if not world.new.is_dir():
            continue
        shutil.rmtree(world.old, ignore_errors=True)
        shutil.copytree(world.kept, world.old, symlinks=True)
        (world.old / "mine").write_text("precious\n")
        before = other_writer.entries(world.old)
        r = vf("fix", world.new)
        if r.rc not in (0, 1) or other_writer.entries(world.old) != before or world.leftovers():
            bad.append(f"{call}: {r} {world.leftovers()}")
    assert not bad, "\n".join(bad)


def test_a_copy_of_the_token_proves_nothing(world):
    """OLD was copied away and back, or restored from a backup, between the kill and the next run: it is not the directory that was copied."""
    aside = next(c for c in world.calls if os.path.basename(c.second).startswith(".venvfix-old-"))
    for restore in ("cp -a {0} {0}.copy && rm -r {0} && mv {0}.copy {0}", "tar -C {0} -cf {0}.tar . && rm -r {0} && mkdir {0} && tar -C {0} -xf {0}.tar && rm {0}.tar"):
        world.reset()
        other_writer.run(world.command, at=aside.n, do="kill")
        subprocess.run(restore.format(world.old), shell=True, check=True)
        before = {n: e for n, e in other_writer.entries(world.old).items() if not n.startswith(".venvfix")}
        r = vf("fix", world.new, rc=0)
        assert b"left alone" in r.err, r
        now = {n: e for n, e in other_writer.entries(world.old).items() if not n.startswith(".venvfix")}
        assert now == before and len(now) > 10


def test_a_sync_that_fails(world):
    """Before the copy counts: nothing was done. Afterwards: NEW is there, and the exit code says what OLD is."""
    syncs = [c for c in world.calls if "sync" in c.name]
    for call in syncs[:: 1 if place.FULL else max(1, len(syncs) // 12)] + syncs[-3:]:
        for stays in (False, True):
            world.reset()
            ran = other_writer.run(world.command, at=call.n, do="5", stays=stays)
            there = (world.old.is_dir(), world.new.is_dir())
            assert (ran.rc, there) in ((0, (False, True)), (1, (True, True)), (1, (False, True)), (2, (True, False))), f"{call}: {there} {ran}"
            for command in (world.command, ["fix", world.new]):
                if world.new.is_dir():
                    vf(*command)
            if ran.rc != 2:
                assert not world.leftovers() and other_writer.entries(world.new) == world.final, f"{call} {ran}"


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("way", ["copy", "recreate"])
def test_the_new_name_is_not_confirmed(way, stays, scratch, other_fs):
    """The flush right behind the rename fails: NEW is complete, OLD is the only copy that the disk is known to have, and nothing is left to finish."""
    world = World(way, scratch, other_fs)
    commit = commit_of(world)
    call = next(c for c in world.calls if c.n > commit and c.name == "fsync" and c.path == os.fspath(world.new.parent))
    world.reset()
    ran = other_writer.run(world.command, at=call.n, do=errno.EIO, stays=stays)
    assert ran.rc == 1 and b"the disk did not confirm it (Input/output error)" in ran.err, ran
    assert other_writer.entries(world.new) == world.final and other_writer.entries(world.old) == world.before and not world.leftovers(), ran
    assert (f"{world.old} was kept".encode() in ran.err) == (way == "copy"), ran
    for command in (["fix", world.new], ["fix", world.old]):
        vf(*command, rc=0)
    assert other_writer.entries(world.old) == world.before and other_writer.entries(world.new) == world.final


@pytest.mark.parametrize("way", ["copy", "recreate"])
def test_new_cannot_be_taken_back(way, scratch, other_fs):
    """Python does not start at NEW, and the rename back fails: NEW is there, so that it is not `nothing was changed`; OLD stays."""
    world = World(way, scratch, other_fs)
    commit = commit_of(world)
    flush = next(c.n for c in world.calls if c.n > commit and c.name == "fsync")

    def break_python(call):
        for python in (world.new / "bin").glob("python*"):
            python.unlink()
            python.symlink_to("/bin/false")

    world.reset()
    ran = other_writer.run(world.command, at=flush, act=break_python)
    assert ran.rc == 2 and not world.new.exists() and other_writer.entries(world.old) == world.before and not world.leftovers(), ran
    back = next(c for c in ran.calls if c.path == os.fspath(world.new) and c.name == "renameat2")
    world.reset()
    ran = other_writer.run(world.command, at=flush, act=break_python, fails=(back.n, errno.EIO))
    assert ran.rc == 1 and world.new.is_dir() and other_writer.entries(world.old) == world.before, ran
    assert f"{world.new} was made and is not usable".encode() in ran.err and b"could not be removed again" in ran.err, ran
    assert not [p for p in world.leftovers() if not p.startswith(os.fspath(world.new.parent / ".venvfix-"))], world.leftovers()
    vf("fix", world.old, rc=0)
    assert other_writer.entries(world.old) == world.before


def test_hard_links_that_are_split_are_named(scratch, other_fs):
    """Names in the environment that were one file and are no more. A further name elsewhere, as uv's cache has one of each file, is not the environment's."""
    world = World("recreate", scratch, other_fs)
    os.link(world.kept / "data/state", world.kept / "data/same")
    os.link(world.kept / "bin/tool", world.kept / "bin/tool-again")
    world.reset()
    os.link(world.old / "data/state", scratch / "elsewhere")
    for name in ("one.py", "here.pth"):
        os.link(next(world.old.glob(f"lib/*/site-packages/{name}")), scratch / name)
    state = [world.old / "data/state", world.old / "data/same"]
    state[1].unlink()
    os.link(*state)  # `cp -a` keeps links of one call only
    (world.old / "bin/tool-again").unlink()
    os.link(world.old / "bin/tool", world.old / "bin/tool-again")
    doc = report(*world.command, rc=0)
    assert "not_kept" not in doc and (world.new / "data/state").samefile(world.new / "data/same") and (world.new / "bin/tool").samefile(world.new / "bin/tool-again")
    shutil.rmtree(world.new)
    links = [c for c in other_writer.calls(world.command) if c.name == "linkat"]
    assert len(links) == 2, links
    shutil.rmtree(world.new)
    ran = other_writer.run([*world.command, "--format", "json"], at=links[0].n, do=errno.EMLINK, stays=True)
    doc = json.loads(ran.out)
    assert ran.rc == 0 and doc["not_kept"] == [{"path": "bin/tool-again", "what": "hardlink"}, {"path": "data/state", "what": "hardlink"}], ran
    assert not (world.new / "bin/tool").samefile(world.new / "bin/tool-again")
