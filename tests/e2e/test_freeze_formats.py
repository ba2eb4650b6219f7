"""freeze with hashes, as a lock file, as JSON: what is written is taken by those who read such lists."""
import hashlib
import json
import os
import shutil

import pytest

import envs
import schema
import verify
from envs import Recipe
from place import REPO, UV, WHEELHOUSE, clean_environ
from test_freeze import dist, direct_urls, editable, git, meta, repository, HTTPS
from vf import error, vf

SMALL = Recipe("debian", "pip", "six")
COMMIT = "a" * 40


def python(*args, **env):
    return envs.run(envs.DEBIAN, *args, env=clean_environ(**env)).decode()


def read_lock(path):
    """The lock as the newest `packaging` reads it, which refuses what PEP 751 does."""
    code = ("import json, sys, tomllib; from packaging.pylock import Pylock; d = tomllib.load(open(sys.argv[1], 'rb'))\n"
            "Pylock.from_dict(d); print(json.dumps(d))")
    return json.loads(python("-c", code, path, PYTHONPATH=os.fspath(envs.wheels("packaging")[0])))


def some_wheels(directory, *names):
    directory.mkdir()
    for name in names:
        shutil.copy(envs.wheels(name)[0], directory)
    return directory


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fresh(place):
    envs.run(UV, "venv", "-q", "-p", envs.DEBIAN, place)
    return place


def test_a_list_with_hashes_installs_where_hashes_are_required(env, scratch):
    links = some_wheels(scratch / "w", "six", "idna")
    (scratch / "r.txt").write_bytes(vf("freeze", "--hashes", "--find-links", links, env.path, rc=0).out)
    assert (scratch / "r.txt").read_text() == f"six==1.17.0 \\\n    --hash=sha256:{sha256(envs.wheels('six')[0])}\n"
    new = fresh(scratch / "new")
    envs.run(UV, "pip", "install", "-q", "--offline", "--require-hashes", "--no-index", "--find-links", links, "-p", new / "bin/python", "-r", scratch / "r.txt")
    assert vf("freeze", new, rc=0).out == vf("freeze", env.path, rc=0).out
    new = scratch / "pip"
    envs.run(env.python, "-m", "pip", "install", "-q", "--no-index", "--find-links", links, "--require-hashes", "-r", scratch / "r.txt", "--target", new)
    assert (new / "six.py").exists()


def test_a_lock_file_installs_with_pip_and_uv(env, scratch):
    some_wheels(scratch / "w", "six")
    # a directory as it is given: from where the lock file will lie
    lock = vf("freeze", "--format", "pylock", "--find-links", "./w/", env.path, rc=0, cwd=scratch).out
    (scratch / "pylock.toml").write_bytes(lock)
    doc = read_lock(scratch / "pylock.toml")
    assert doc["lock-version"] == "1.0" and doc["requires-python"] == "==3.11.*"
    wheel = envs.wheels("six")[0]
    assert doc["packages"][0]["wheels"] == [{"path": f"w/{wheel.name}", "size": wheel.stat().st_size, "hashes": {"sha256": sha256(wheel)}}]
    want = vf("freeze", env.path, rc=0).out
    new = fresh(scratch / "uv")
    envs.run(UV, "pip", "install", "-q", "--offline", "-p", new / "bin/python", "-r", scratch / "pylock.toml")
    assert vf("freeze", new, rc=0).out == want
    pip = os.fspath(verify.newest_pip("3.11"))
    new = fresh(scratch / "pip")
    envs.run(new / "bin/python", "-m", "pip", "install", "-q", "--no-index", "-r", scratch / "pylock.toml", env=clean_environ(PYTHONPATH=pip))
    assert vf("freeze", new, rc=0).out == want


def test_a_lock_file_holds_every_source(env, scratch):
    direct_urls(env.sp)
    for name in ("noinfo", "nourl", "twoinfos", "badjson", "wrongtype"):  # as if they were not there: then there is no file
        shutil.rmtree(env.sp / f"{name}-1.0.dist-info")
    shutil.rmtree(env.sp / "archivebare-1.0.dist-info")  # without a hash
    repo = repository(scratch / "repo", ("origin", "https://user:s3cret@example.org/r.git"))
    editable(env.sp, repo / "sub/poet", "poet")
    r = vf("freeze", "--format", "pylock", "--find-links", WHEELHOUSE, env.path, rc=0)
    (scratch / "pylock.toml").write_bytes(r.out)
    packages = {p["name"]: p for p in read_lock(scratch / "pylock.toml")["packages"]}
    assert packages["vcssub"]["vcs"] == {"type": "git", "url": "https://example.org/r.git", "requested-revision": "main", "commit-id": COMMIT, "subdirectory": "a/b"}
    assert packages["archivetwo"]["archive"] == {"url": "https://example.org/a.whl", "hashes": {"sha512": "2" * 128, "sha256": "1" * 64}}
    assert packages["dir"]["directory"] == {"path": "/srv/src/my proj"}
    assert packages["edit-able-two"]["directory"] == {"path": "/srv/src/y", "editable": True}
    assert packages["poet"]["vcs"] == {"type": "git", "url": "https://****@example.org/r.git", "commit-id": git(repo, "rev-parse", "HEAD"), "subdirectory": "sub/poet"}
    assert list(packages) == sorted(packages) and "six" in packages


def test_a_list_that_would_lack_a_hash_is_not_made(env, scratch):
    links = some_wheels(scratch / "w", "idna")
    e = error("freeze", "--hashes", "--find-links", links, env.path, code="incomplete")
    assert "six" in e["message"] and "wheel" in e["message"]
    r = vf("freeze", "--format", "pylock", "--find-links", links, env.path, rc=2)
    assert r.out == b"" and b"six" in r.err and b"wheel" in r.err
    some_wheels(scratch / "all", "six")
    editable(env.sp, scratch)
    e = error("freeze", "--hashes", "--find-links", scratch / "all", env.path, code="incomplete")
    assert "flitted" in e["message"] and "editable" in e["message"] and "six" not in e["message"]
    assert b"--hash" in vf("freeze", "--hashes", "--find-links", scratch / "all", "--exclude", "flitted", env.path, rc=0).out


def test_files_that_are_called_wheels(env, scratch):
    links = some_wheels(scratch / "w", "six")
    wheel = envs.wheels("six")[0].name
    (links / wheel.replace("-py2", "-1-py2")).write_bytes(b"PK")
    (links / "notes.whl").write_text("x")
    (links / "six-1.16.0-py3-none-any.whl").write_text("another version")
    r = vf("freeze", "--hashes", "--find-links", links, env.path, rc=0)
    assert r.out.count(b"--hash") == 1 and b"-1-py2" in r.err and b"1.16" not in r.err
    error("freeze", "--hashes", "--find-links", scratch / "not-there", env.path, code="not-found")


@pytest.mark.parametrize("args", [["--hashes"], ["--find-links", "."], ["--format", "toml"]], ids=" ".join)
def test_options_that_make_no_sense(args, env):
    assert vf("freeze", *args, env.path, rc=2).out == b""


def test_what_means_a_place_of_this_host_is_said(env, scratch):
    editable(env.sp, scratch, "here")
    dist(env.sp, "local-1.0.dist-info", meta("local", "1.0"), direct_url__json={"url": "file:///srv/w/a.whl", "archive_info": {}})
    dist(env.sp, "remote-1.0.dist-info", meta("remote", "1.0"), direct_url__json={"url": "https://t0ken@example.org/a.whl", "archive_info": {}})
    r = vf("freeze", env.path, rc=0)
    said = [line for line in r.err.decode().splitlines() if "this host" in line]
    assert [line.split(": ")[1] for line in said] == ["here", "local"]
    assert "remote: " in r.err.decode() and "****@" in r.out.decode()
    assert b"t0ken" not in r.out + r.err
    assert vf("freeze", "--quiet", env.path, rc=0).err == b""


def test_json(env, scratch):
    check = schema.checker(json.loads((REPO / "docs/report.schema.json").read_text()))
    repo = repository(scratch / "repo", HTTPS)
    editable(env.sp, repo, "here")
    editable(env.sp, scratch, "local")
    dist(env.sp, "secret-1.0.dist-info", meta("Secret", "1.0"), direct_url__json={"url": "https://t0ken@example.org/a.whl", "archive_info": {}})
    links = some_wheels(scratch / "w", "six")
    r = vf("freeze", "--format", "json", "--find-links", links, env.path, rc=0)
    doc = json.loads(r.out)
    assert check(doc) == []
    assert doc["environment"]["path"] == os.fspath(env.path) and doc["environment"]["python"].startswith("3.11.")
    lines = [line for line in vf("freeze", env.path, rc=0).out.decode().splitlines() if not line.startswith("#")]
    assert [q["requirement"] for q in doc["requirements"]] == lines
    got = {q["name"]: q for q in doc["requirements"]}
    assert [(n, q["source"], q["editable"], q["local"], q["redacted"], len(q["wheels"])) for n, q in got.items()] == [
        ("here", "vcs", True, False, False, 0), ("local", "directory", True, True, False, 0),
        ("secret", "archive", False, False, True, 0), ("six", "name", False, False, False, 1)]
    assert got["six"]["wheels"][0]["sha256"] == sha256(envs.wheels("six")[0]) and got["six"]["url"] is None
    assert got["local"]["url"] == f"file://{scratch}" and got["here"]["url"] == HTTPS[1]
    assert len(doc["notes"]) == 2 and "t0ken" not in r.out.decode()
