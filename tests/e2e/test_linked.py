"""Programs and extensions that were linked inside the environment: they look for their libraries by its path."""
import os
import shutil
import subprocess

from envs import Recipe
from vf import brief, find, report

BARE = Recipe("debian", "pip", "bare")


def cc(*args, code):
    words = [*os.environ.get("CC", "cc").split(), "-x", "c", "-", "-x", "none", *args]
    subprocess.run(words, input=code.encode(), check=True, capture_output=True)


def link(env):
    """A program that needs the library."""
    where = f"-Wl,--enable-new-dtags,-rpath,/nowhere:{env}/lib"
    cc("-o", f"{env}/bin/prog", where, f"{env}/lib/libdemo.so", code="int demo(void); int main(void) { return demo() - 3; }")


def runs(env):
    return subprocess.run([f"{env}/bin/prog"], capture_output=True).returncode == 0


def test_a_program_finds_its_library_again(get, scratch):
    env = get(BARE).path
    cc("-shared", "-fPIC", "-o", f"{env}/lib/libdemo.so", "-Wl,-soname,libdemo.so", code="int demo(void) { return 3; }")
    link(env)
    assert runs(env)
    assert [f["path"] for f in find(report("check", env), rule="VF601")] == ["bin/prog"]
    copy, moved = scratch / "copy", scratch / "some where/env"
    shutil.copytree(env, copy, symlinks=True)
    doc = report("check", copy, rc=1)
    assert [f["level"] for f in find(doc, rule="VF603")] == ["error"], brief(doc["findings"])
    shutil.rmtree(copy)
    size = (env / "bin/prog").stat().st_size

    moved.parent.mkdir()
    os.rename(env, moved)
    assert not runs(moved)
    doc = report("check", "--at", moved, moved, rc=1)
    assert [f["level"] for f in find(doc, rule="VF602")] == ["error"], brief(doc["findings"])
    report("fix", moved, rc=0)
    assert runs(moved) and (moved / "bin/prog").stat().st_size == size
    assert report("check", "--at", moved, moved, rc=0)["answers"]["sound"]
    report("move", moved, scratch / "x", rc=0)
    assert runs(scratch / "x")
