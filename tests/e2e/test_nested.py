"""An environment inside an environment: it moves along, and stays one of its own."""
import base64
import csv
import hashlib
import os
import subprocess
import sys

import pytest

import envs
from envs import Recipe
from vf import brief, find, report

BARE = Recipe("debian", "pip", "bare")


def untrue_rows(site):
    """The rows of all RECORDs there whose hash is not that of their file."""
    bad = []
    for record in site.glob("*.dist-info/RECORD"):
        for name, digest, *_ in csv.reader(record.read_text().splitlines()):
            if digest:
                kind, _, value = digest.partition("=")
                now = hashlib.new(kind, (site / name).read_bytes()).digest()
                if base64.urlsafe_b64encode(now).rstrip(b"=").decode() != value:
                    bad.append(name)
    return bad


@pytest.mark.parametrize("where", ["new", "a place with blanks/env", "long" * 40 + "/env"], ids=["short", "blanks", "long"])
def test_it_keeps_its_own_interpreter(get, scratch, where):
    env, new = get(BARE).path, scratch / where
    envs.run(sys.executable, "-m", "venv", env / "share/inner")
    os.symlink("../share/inner/bin/pip", env / "bin/inner-pip")
    (site,) = (env / "share/inner/lib").glob("python*/site-packages")
    assert not untrue_rows(site)
    new.parent.mkdir(exist_ok=True)
    report("move", env, new, rc=0)
    for name in ("share/inner/bin/pip", "bin/inner-pip"):
        out = subprocess.run([new / name, "--version"], capture_output=True, check=True).stdout.decode()
        assert str(new / "share/inner") in out
    assert not untrue_rows(new / site.relative_to(env))
    sound = report("check", "--at", new, new)
    assert sound["answers"]["sound"], brief(find(sound, level="error"))
