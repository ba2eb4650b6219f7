"""Exit codes and messages are true: what could not be read, what is no list, what a copy could not keep, what is left behind."""
import os
import subprocess

import pytest

import place
import verify
from test_check import NOBODY, as_nobody  # noqa: F401
from vf import brief, error, find, report, vf


def open_directory(scratch):
    """A directory in which another user may write, too."""
    directory = scratch / "w"
    directory.mkdir()
    directory.chmod(0o777)
    return directory


# ---- a file that cannot be read is not a file that is not there

def unreadable_site(env):
    return env.sp


def unreadable_metadata(env):
    return next(env.sp.glob("six-*.dist-info")) / "METADATA"


def unreadable_record(env):
    return next(env.sp.glob("six-*.dist-info")) / "RECORD"


def unreadable_url(env):
    path = next(env.sp.glob("six-*.dist-info")) / "direct_url.json"
    path.write_text('{"url": "https://h/six.zip", "archive_info": {}}')
    return path


def unreadable_pth(env):
    path = env.sp / "more.pth"
    path.write_text("./more\n")
    return path


@pytest.mark.parametrize("what", [unreadable_site, unreadable_metadata, unreadable_record, unreadable_url, unreadable_pth])
def test_what_cannot_be_read_is_not_absent(what, env, scratch, as_nobody):
    hidden, work = what(env), open_directory(scratch)
    new, bundle = work / "n", work / "b.tar"
    commands = [["pack", env.path, "-o", bundle], ["recreate", "--offline", "--python", "/usr/bin/python3", env.path, new]]
    if what is not unreadable_record:  # freeze asks no RECORD
        commands.append(["freeze", env.path])
    hidden.chmod(0)
    try:
        for command in commands:
            doc = error(*command, code="unreadable", **as_nobody)
            assert doc["path"] == str(hidden), (command, doc)
        if what is not unreadable_record:
            r = vf("freeze", "--format", "pylock", env.path, rc=2, **as_nobody)
            assert os.fsencode(hidden) in r.err and not r.out, r
        assert not new.exists() and not bundle.exists()
    finally:
        hidden.chmod(0o755)
