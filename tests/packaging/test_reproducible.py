"""What is made twice from one source, in two directories, has the same bytes."""
import os
import platform
import shutil

import pytest

from conftest import BUILD, ENVIRON, REPO, VERSION, run

ARTIFACTS = ["venvfix-{v}-linux-{m}", "venvfix-{v}-linux-{m}.spdx.json", "venvfix_cli-{v}-py3-none-manylinux2014_{m}.musllinux_1_1_{m}.whl",
             "venvfix_{v}_{d}.deb", "libvenvfix-dev_{v}_{d}.deb", "venvfix-{v}-1.{m}.rpm"]


@pytest.mark.skipif(os.getuid() != 0, reason="rpm and deb record who made them")
def test_two_builds_give_equal_bytes(tmp_path):
    machine = platform.machine()
    deb = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    results = []
    for name in ("one", "a-longer-name"):
        tree = tmp_path / name
        tree.mkdir()
        for part in ("src", "docs", "tests"):
            shutil.copytree(REPO / part, tree / part)
        for part in ("Makefile", "LICENSE", "README.md"):
            shutil.copy(REPO / part, tree)
        shutil.copytree(BUILD / "static-deps" / machine, tree / "build/static-deps" / machine, symlinks=True)
        env = {**ENVIRON, "SOURCE_DATE_EPOCH": "1700000000", "DEBFULLNAME": "A", "DEBEMAIL": "a@example.org", "MAKEFLAGS": "-j2", "CI": "",
               "HOME": str(tree), "TZ": "Asia/Tokyo" if results else "UTC"}
        run("make", "wheel", "rpm", "deb", "CC=gcc", "CXX=g++", cwd=tree, env=env)
        results.append({a: (tree / "build/dist" / a.format(v=VERSION, m=machine, d=deb)).read_bytes() for a in ARTIFACTS})
        shutil.rmtree(tree)
    assert [a for a in ARTIFACTS if results[0][a] != results[1][a]] == []
