"""What `make install` puts where, and that a program can be built against it."""
import os
import re
import subprocess

import pytest

from envs import run
from place import BUILD, REPO, clean_environ

VERSION = re.search(r'^#define VENVFIX_VERSION +"(.*)"', (REPO / "src/venvfix.h").read_text(), re.M).group(1)
PACKAGES = re.search(r"^PKGS +:= (.*)$", (REPO / "Makefile").read_text(), re.M).group(1)

PROGRAM = """#include <stdio.h>
#include <venvfix.h>
int main(void) { printf("%s %d\\n", VENVFIX_VERSION, venvfix_rule_count() > 50); return 0; }
"""


def installer(verb, prefix, dest=""):
    subprocess.run([REPO / "tests/tools/install.sh", verb, BUILD, os.fspath(dest), os.fspath(prefix), VERSION, PACKAGES], cwd=REPO, check=True, stdout=subprocess.PIPE)


@pytest.mark.ordinary
def test_a_program_is_built_against_it(scratch):
    installer("install", scratch / "usr")
    assert run(scratch / "usr/bin/venvfix", "--version").decode().strip() == f"venvfix {VERSION}"
    env = clean_environ(PKG_CONFIG_PATH=os.fspath(scratch / "usr/lib/pkgconfig"))
    assert run("pkg-config", "--modversion", "venvfix", env=env).decode().strip() == VERSION
    flags = run("pkg-config", "--cflags", "--libs", "venvfix", env=env).decode().split()
    (scratch / "x.c").write_text(PROGRAM)
    run("cc", "-std=c17", "-o", scratch / "x", scratch / "x.c", *flags)
    assert run(scratch / "x").decode().split() == [VERSION, "1"]
    installer("uninstall", scratch / "usr")
    assert [p for p in (scratch / "usr").rglob("*") if p.is_file()] == []


@pytest.mark.ordinary
def test_destdir_is_in_no_file(scratch):
    installer("install", "/opt/x", scratch / "stage")
    pc = (scratch / "stage/opt/x/lib/pkgconfig/venvfix.pc").read_text()
    assert pc.startswith("prefix=/opt/x\n") and os.fspath(scratch) not in pc
