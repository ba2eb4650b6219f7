"""The tool that stops the program at a chosen call (tests/tools/stop_at.c, other_writer.py) does what the tests build on."""
import errno
import signal

import other_writer
from other_writer import World


def test_the_calls_are_listed_in_order(scratch):
    world = World("move", scratch)
    assert [c.n for c in sorted(world.calls)] == list(range(1, len(world.calls) + 1))
    first = world.calls[0]
    assert (first.name, first.path) == ("mkdirat", f"{world.old}/.venvfix"), first
    assert [c for c in world.calls if (c.path, c.second) == (str(world.old), str(world.new))], "the rename of the environment is listed"
    assert not world.leftovers() and not world.old.exists()


def test_it_stops_before_the_call(scratch):
    world = World("move", scratch)
    rename = next(c for c in world.calls if c.second == str(world.new))
    world.reset()
    seen = []
    ran = other_writer.run(world.command, at=rename.n, act=lambda call: seen.append((call, world.old.exists(), world.new.exists())))
    assert seen == [(rename, True, False)] and ran.rc == 0 and not world.breaches(ran), ran


def test_it_kills_and_it_fails_a_call(scratch):
    world = World("move", scratch)
    rename = next(c for c in world.calls if c.second == str(world.new))
    world.reset()
    assert other_writer.run(world.command, at=rename.n, do="kill").rc == -signal.SIGKILL and world.old.exists()
    world.reset()
    ran = other_writer.run(world.command, at=rename.n, do=errno.EIO)
    assert ran.rc == 2 and b"Input/output error" in ran.err and not world.breaches(ran), ran


def test_reading_counts_when_asked(scratch):
    world = World("move", scratch)
    world.reset()
    ran = other_writer.run(world.command, reads=True)
    names = [c.name for c in ran.calls]
    assert "open-read" in names[: names.index("mkdirat")] and len(names) > len(world.calls)


def test_the_invariant_sees_what_is_wrong(scratch):
    """A lost file, a mixture, a wrong exit code."""
    world = World("fix", scratch)
    ran = other_writer.run(world.command)
    (world.old / "bin/tool").unlink()
    assert any("fix" in line or "lacks" in line or "before" in line for line in world.breaches(ran))
    world.reset()
    (world.old / "etc/app.conf").write_text("neither old nor new")
    ran.rc = 2
    bad = "\n".join(world.breaches(ran))
    assert "mixture" in bad and "lost etc/app.conf" in bad and "not as before" in bad, bad
    ran.rc = 1
    world.reset()
    trace = world.write(other_writer.append, "bin/tool", world.calls[0])
    assert any("not named" in line for line in world.breaches(ran, trace))
