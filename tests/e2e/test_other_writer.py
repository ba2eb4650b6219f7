"""Another process writes while an environment is moved by rename, fixed or recreated: at each call that changes the disk.

Every edited file, every kind of change. `make check` takes a sample of the calls; VENVFIX_MATRIX=full takes all of them.
"""
import pytest

import other_writer
import place
from other_writer import World

WAYS = ("move", "fix", "recreate")
POINTS = 100000 if place.FULL else 6


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


@pytest.mark.parametrize("writer", other_writer.WRITERS[:-1], ids=lambda w: w.__name__)
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
