"""Large and endless inputs: one finding with a count, no pipe is opened, no hole is read."""
import os
import resource
import socket

import pytest

from envs import run
from place import clean_environ
from vf import find, report, vf

CAP = 100


@pytest.fixture
def env(scratch):
    path = scratch / "env"
    run("/usr/bin/python3", "-m", "venv", "--without-pip", path)
    return path


def site_of(env):
    return next((env / "lib").glob("python3*/site-packages"))


def add_dist(env, rows, name="gone"):
    info = site_of(env) / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(rows) + f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n")
    return f"{info.relative_to(env)}/RECORD"


HASH = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@pytest.mark.parametrize("n", [CAP, CAP + 1, 3000])
def test_missing_rows(env, n):
    record = add_dist(env, [f"gone/d{i % 7}/m{i}.py,{HASH},0\n" for i in range(n)] + ["gone/plain.txt,,\n"])
    doc = report("check", env, rc=1)
    missing = [f for f in find(doc, rule="VF506") if f["level"] == "error"]
    assert sum(f["count"] for f in missing) == n
    if n <= CAP:
        assert len(missing) == n and all(f["path"].endswith(".py") for f in missing)
    else:
        assert [(f["path"], f["line"], f["value"]) for f in missing] == [(record, 1, "gone/d0/m0.py")]
    assert [f["path"][-10:] for f in find(doc, rule="VF506", level="warning")] == ["/plain.txt"]
    text = vf("check", env, rc=1).out.decode()
    assert (f"({n} rows)" in text) == (n > CAP) and (f"and {n - 4} more" in text) == (n <= CAP), text


def test_references_of_one_file_are_one_finding_and_each_is_edited(env, scratch):
    lines = [f"{env}/src/p{i}" for i in range(CAP + 50)]
    (site_of(env) / "many.pth").write_text("\n".join(lines) + "\n")
    for line in lines:
        os.makedirs(line)
    doc = report("check", env, rc=1)
    many = find(doc, rule="VF401")
    assert [f["count"] for f in many] == [CAP + 50] and many[0]["line"] == 1
    assert doc["counts"]["warning"] == len([f for f in doc["findings"] if f["level"] == "warning"])
    new = scratch / "new"
    vf("move", env, new, rc=0)
    assert (site_of(new) / "many.pth").read_text() == "".join(f"{new}/src/p{i}\n" for i in range(CAP + 50))


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (30, 31))


def test_holes_are_not_read(env):
    """A pebibyte would take days; what stands in the middle of it is found."""
    text = f"x {env}/data y\n".encode()
    with open(env / "image", "wb") as f:
        f.truncate(1 << 42)
        f.seek((1 << 41) + 5)
        f.write(text)
    doc = report("check", env, rc=1, preexec_fn=limited)
    assert [(f["offset"], f["value"]) for f in find(doc, path="image")] == [((1 << 41) + 7, f"{env}/data")]


EVIDENCE = ["bin/activate", "bin/tool", "SITE/x-1.0.dist-info/RECORD", "SITE/x-1.0.dist-info/METADATA",
            "SITE/x-1.0.dist-info/direct_url.json", "SITE/x-1.0.dist-info/INSTALLER", "SITE/x-1.0.dist-info/entry_points.txt", "SITE/x.pth", "SITE/x.egg-link",
            "SITE/x.egg-info", "share/jupyter/kernels/k/kernel.json", ".project", "bin/python9"]  # the interpreter reads three more


def put_special(path, kind):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path has 107 bytes at most
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(path.name)
        finally:
            os.chdir(here)


def every_verb(env, scratch):
    for args in (["freeze", env], ["pack", env, "-o", scratch / "b.tar"], ["recreate", env, scratch / "new"], ["fix", env], ["move", env, scratch / "moved"]):
        yield vf(*args, rc=(0, 1, 2), timeout=100)


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_no_pipe_is_opened(env, scratch, kind):
    """All of what is read for evidence at once."""
    site = os.fspath(site_of(env).relative_to(env))
    add_dist(env, [], "x")
    for name in EVIDENCE:
        put_special(env / name.replace("SITE", site), kind)
    doc = report("check", env, rc=1, timeout=100)
    assert {f["path"] for f in find(doc, rule="VF811")} == {name.replace("SITE", site) for name in EVIDENCE}
    for _ in every_verb(env, scratch):
        pass


@pytest.mark.parametrize("name", ["pyvenv.cfg", "bin/pyvenv.cfg", "bin/pybuilddir.txt"])
def test_an_interpreter_that_would_wait_is_not_started(env, scratch, name):
    (env / "bin/activate").touch()
    put_special(env / name, "fifo")
    doc = report("check", env, rc=1, timeout=100)
    assert find(doc, rule="VF811", path=name)
    if name == "pyvenv.cfg":
        assert find(doc, rule="VF108", level="error") and not doc["answers"]["sound"]
    *_, fix, move = every_verb(env, scratch)
    for r in fix, move:
        assert r.rc == 2 and name.encode() in r.err, r

def test_a_missing_libarchive_is_said(env, scratch):
    """A file of its name that is no library: loading fails, and so would every archive."""
    libs = scratch / "libs"
    libs.mkdir()
    for name in "libarchive.so.13", "libarchive.so":
        (libs / name).write_text("no library")
    r = vf("pack", env, "-o", scratch / "b.tar", rc=2, env={**clean_environ(), "LD_LIBRARY_PATH": os.fspath(libs)})
    assert b"libarchive" in r.err and b"memory" not in r.err, r
    assert not (scratch / "b.tar").exists()


def test_malformed_rows_are_all_counted(env):
    """More than are kept; each row once, whatever is wrong in it; a row with more columns is none."""
    n = 3000
    add_dist(env, [f"odd/m{i}.py,sha256=47,x{i}\nodd/w{i}.py,,,\n" for i in range(n)])
    found = find(report("check", env), rule="VF502")
    assert sum(f["count"] for f in found) == n, found
