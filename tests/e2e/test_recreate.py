"""recreate: the same environment again at NEW, by copying; the old one stays and is not touched."""
import os

import pytest

import envs
import verify
from envs import Recipe
from vf import brief, find, report, vf

MAKERS = ["debian", "virtualenv", "uv", "uv-relocatable"] + ([f"py{max(envs.interpreters(), key=lambda v: int(v[2:]))}"] if envs.interpreters() else [])


@pytest.mark.both("near-debian", "otherfs-uv")
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("where", ["near", "otherfs"])
def test_recreated(maker, where, get, scratch, request):
    env = get(Recipe(maker, "uv", "text"))
    new = scratch / "a new one" if where == "near" else request.getfixturevalue("other_fs") / "new"
    before = verify.snapshot(env.path)
    doc = report("recreate", env.path, new, rc=0)
    assert doc["proof"].pop("packages") in (True, None)
    assert doc["verb"] == "recreate" and doc["proof"] == {"static": True, "freeze": True, "record": True, "interpreter": True}
    assert not verify.difference(before, verify.snapshot(env.path)), "the old one was touched"
    names = {q["name"] for q in doc["requirements"] if q["requirement"]}
    assert {"rich", "pyyaml", "black"} <= names and {q["how"] for q in doc["requirements"] if q["requirement"]} == {"reused"}
    assert os.listdir(new.parent) == [new.name]
    after = report("check", "--hashes", "--at", new, new, rc=0)
    assert not find(after, atleast="warning"), brief(find(after, atleast="warning"))
    os.rename(env.path, env.path.with_name("gone"))
    bad = verify.moved_well(env, new, before, doc)
    assert not bad, "\n".join(bad)


def test_files_nobody_owns_are_carried_and_listed(env, scratch):
    (env.path / "etc").mkdir()
    (env.path / "etc/local.ini").write_text("x = 1\n")
    with open(env.sp / "six.py", "a") as f:
        f.write("\nMINE = 1\n")
    doc = report("recreate", env.path, scratch / "new", rc=(0, 1))
    assert "etc/local.ini" in doc["carried"]
    assert (scratch / "new/etc/local.ini").read_text() == "x = 1\n"
    assert [q["modified"] for q in doc["requirements"] if q["name"] == "six"] == [True]
    assert (scratch / "new" / os.path.relpath(env.sp, env.path) / "six.py").read_text().endswith("MINE = 1\n")


def test_from_a_tree_that_may_not_be_written(env, scratch):
    """What move refuses, recreate does: it only reads."""
    from test_check import NOBODY
    if os.getuid() != 0:
        pytest.skip("needs root to be somebody else")
    import shutil
    import place
    program = place.AREA / "venvfix"
    shutil.copy(place.PROGRAM, program)
    target = scratch / "theirs"
    target.mkdir(mode=0o777)
    target.chmod(0o777)
    doc = report("recreate", env.path, target / "new", rc=0, user=NOBODY, group=NOBODY, extra_groups=[], program=program)
    assert doc["proof"]["interpreter"]
    assert not verify.scripts_broken(env.facts["scripts"], env.path, target / "new")


@pytest.mark.both
@pytest.mark.parametrize("form", ["hole", "links"])
def test_what_a_copy_must_keep(form, env, scratch):
    if form == "hole":
        with open(env.path / "hole", "wb") as f:
            f.truncate(1 << 28)  # bytes that are not there
        vf("recreate", env.path, scratch / "new", rc=0, timeout=60)
        st = (scratch / "new/hole").stat()
        assert st.st_size == 1 << 28 and st.st_blocks < 1000
    else:
        (env.path / "one").write_text("x")
        os.link(env.path / "one", env.path / "two")
        os.symlink("one", env.path / "three")
        os.symlink("/nonexistent/file", env.path / "four")
        os.utime(env.path / "four", ns=(1, 1_234_567_890), follow_symlinks=False)
        vf("recreate", env.path, scratch / "new", rc=(0, 1))
        new = scratch / "new"
        assert os.path.samefile(new / "one", new / "two") and not os.path.samefile(new / "one", env.path / "one")
        assert os.readlink(new / "three") == "one" and os.readlink(new / "four") == "/nonexistent/file"
        assert os.lstat(new / "four").st_mtime_ns == 1_234_567_890
