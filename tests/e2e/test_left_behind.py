"""Nothing of the journal or of the staging directory stays behind an exit 2: no inode left, no room, a lock that is refused or not supported."""
import errno

import other_writer
import pytest
from other_writer import World

ERRORS = {"mkdirat": (errno.ENOSPC,), "openat": (errno.ENOSPC,), "fchmod": (errno.EIO,), "write": (errno.ENOSPC,),
          "flock": (errno.ENOLCK, errno.EAGAIN, errno.EOPNOTSUPP)}


@pytest.mark.parametrize("way", ("move", "fix", "recreate", "copy"))
def test_what_was_made_is_removed_when_a_call_fails(way, scratch, other_fs):
    world = World(way, scratch, other_fs if way == "copy" else None)
    world.reset()
    ran = other_writer.run(world.command, locks=True)
    making = [c for c in ran.calls if c.name in ERRORS and (".venvfix" in c.path or c.name == "flock")]
    assert {"mkdirat", "openat", "flock"} <= {c.name for c in making}, making
    refused, bad = 0, []
    for call in making:
        for error in ERRORS[call.name]:
            for stays in (False, True) if call.name in ("flock", "openat") else (False,):
                world.reset()
                got = other_writer.run(world.command, at=call.n, do=error, stays=stays, locks=True)
                refused += got.rc == 2
                if got.rc == 2 and world.leftovers() and b"the journal is kept" not in got.err:
                    bad.append(f"{call}, {errno.errorcode[error]}, stays {stays}: left {world.leftovers()}: {got.err.decode()}")
    assert refused > 3 and not bad, "\n".join(bad)
