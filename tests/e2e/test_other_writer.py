"""Another process writes while an environment is moved by rename, fixed or recreated: at each call that changes the disk.

Every edited file, every kind of change. `make check` takes a sample of the calls, `make check-all` all of them, each with one of the files; VENVFIX_MATRIX=full each with all.
"""
import errno

import pytest

import other_writer
import place
from other_writer import SwappedParent, World
from vf import vf

WAYS = ("move", "fix", "recreate")
POINTS = 100000 if place.ALL else 4


def some(calls, want=POINTS):
    """The first, the last, what renames, and others spread evenly."""
    if len(calls) <= want:
        return calls
    renames = [c for c in calls if c.name.startswith("rename")]
    few = calls[:1] + calls[:: max(1, len(calls) // want)] + renames[:: max(1, len(renames) // want)] + calls[-1:]
    return sorted(set(few))


def disturbed(world, call, writer, name):
    """One run; the breaches, or None when the file is not there at that moment."""
    world.reset()
    traces = []
    ran = other_writer.run(world.command, at=call.n, act=lambda c: traces.append(world.write(writer, name, c)))
    assert ran.stopped.name == call.name, f"another call than in the first run: {ran}"  # its fsyncs are made by several threads, in any order
    if traces[0] is None:
        return None, ran
    return world.breaches(ran, traces[0]), ran


@pytest.mark.parametrize("writer", other_writer.WRITERS, ids=lambda w: w.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_an_edited_file_is_changed(way, writer, scratch):
    world = World(way, scratch)
    assert len(world.edited) > 5
    bad, codes = [], set()
    for i, call in enumerate(some(world.calls)):
        names = world.edited if place.FULL else [world.edited[i % len(world.edited)]]
        for name in names:
            lines, ran = disturbed(world, call, writer, name)
            if lines is not None:
                codes.add(ran.rc)
            bad += [f"{call}: {line}" for line in lines or []]
    assert not bad, "\n".join(bad)
    assert 2 in codes


@pytest.mark.parametrize("which", ["old", "new"])
@pytest.mark.parametrize("way", WAYS)
def test_a_parent_becomes_a_link(way, which, scratch):
    if way == "fix" and which == "new":
        return
    world = World(way, scratch)
    bad = []
    for call in some(world.calls):
        world.reset()
        swap = SwappedParent(world, which)
        ran = other_writer.run(world.command, at=call.n, act=swap)
        bad += [f"{call}: {line}" for line in swap.put_back() + world.breaches(ran)]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("writer", (other_writer.prepend, other_writer.same_size, other_writer.new_file), ids=lambda w: w.__name__)
def test_a_file_is_changed_while_it_is_read(writer, scratch):
    """Before the disk is changed at all: between the listing, the scan, the plan and the proof."""
    world = World("move", scratch)
    world.reset()
    reads = other_writer.run(world.command, reads=True).calls
    before = reads[: next(c.n for c in reads if c.name == "mkdirat") - 1]
    listed = next(i for i, c in enumerate(before) if c.path.endswith("/bin/tool") or c.path.endswith("/env/bin"))
    bad = []
    for i, call in enumerate(some(before[listed:], POINTS * 3)):
        world.reset()
        name, traces = world.edited[i % len(world.edited)], []
        ran = other_writer.run(world.command, at=call.n, reads=True, act=lambda c: traces.append(world.write(writer, name, c)))
        bad += [f"{call}: {line}" for line in world.breaches(ran, traces[0])]
    assert not bad, "\n".join(bad)


def test_what_is_not_edited_may_change(scratch):
    """A service's data file moves with the rename by itself, whatever is written to it."""
    world = World("move", scratch)
    for call in some(world.calls):
        world.reset()
        traces = []
        ran = other_writer.run(world.command, at=call.n, act=lambda c: traces.append(world.write(other_writer.append, "data/state", c)))
        assert ran.rc == 0 and not world.breaches(ran, traces[0]), ran


def test_old_is_made_again(scratch):
    """A process that goes on writing to OLD makes it again: exit 1, and both are there."""
    world = World("move", scratch)
    rename = next(c.n for c in world.calls if c.second == str(world.new))
    state = next(c.n for c in world.calls if c.path.endswith("/state.done") and c.second.endswith("/state"))
    for call in some(world.calls[rename : state - 1]):
        world.reset()

        def make(_):
            (world.old / "log").mkdir(parents=True)
            (world.old / "log/today").write_text("a line\n")
        ran = other_writer.run(world.command, at=call.n, act=make)
        assert ran.rc == 1 and b"made the old path again" in ran.out + ran.err, ran
        assert (world.old / "log/today").read_text() == "a line\n" and other_writer.entries(world.new) == world.final and not world.leftovers()


@pytest.mark.parametrize("way", WAYS)
def test_a_second_run(way, scratch):
    """Another venvfix on the same environment: one of the two does its work, the other is refused and changes nothing."""
    world = World(way, scratch)
    for call in some(world.calls):
        for second in (["fix", world.old], ["move", world.old, scratch / "third"]):
            world.reset()
            rc = []
            ran = other_writer.run(world.command, at=call.n, act=lambda c: rc.append(vf(*second).rc))
            what = f"{call} {second}: {rc} {ran}"
            done = [world.old, world.new, scratch / "third"]
            there = [p for p in done if p.exists()]
            assert not world.leftovers(), what
            if rc[0] == 0 and second[0] == "move":  # the first was refused, or had nothing left to do but to clean up
                mine = [world.new] if way == "recreate" and ran.rc == 0 else []
                assert there == mine + [scratch / "third"] and ran.rc == (0 if mine or way == "fix" and not world.is_early(call) else 2), what
            elif way == "recreate":
                assert there == [world.old, world.new] and ran.rc == 0 or there == [world.old] and ran.rc == 2, what
            else:
                assert there[0] in (world.old, world.new) and len(set(there)) == 1, what
                assert ran.rc == 0 or rc[0] == 0 and ran.rc == 2, what


def test_pack_that_cannot_flush(scratch):
    """Any flush that fails, also that of the directory behind the rename: exit 2, and there is no file."""
    env, out = World("fix", scratch).old, scratch / "out"
    out.mkdir()
    command = ["pack", "--jobs", "1", "--exclude", "one", env, "-o", out / "b.tar.zst"]
    syncs = [c for c in other_writer.calls(command) if "sync" in c.name]
    assert syncs[-1].path == str(out), syncs
    for call in syncs:
        (out / "b.tar.zst").unlink(missing_ok=True)
        ran = other_writer.run(command, at=call.n, do=errno.EIO)
        assert ran.rc == 2 and not list(out.iterdir()), f"{call} {ran}"
