"""pack: one file that installs without venvfix, and has the same bytes wherever the environment stands."""
import hashlib
import json
import os
import subprocess
import tarfile

import pytest

import envs
import place
import schema
import verify
from envs import Recipe
from place import REPO, UV, clean_environ
from vf import error, report, vf

WEB = Recipe("debian", "pip", "web")


def alone(**more):
    """Nothing to install from but what the command names."""
    return {k: v for k, v in clean_environ(**more).items() if k not in ("PIP_FIND_LINKS", "UV_FIND_LINKS")}


def unpack(bundle, to):
    to.mkdir()
    envs.run("tar", "-xf", bundle, "-C", to)
    return to


def frozen(env, *more):
    return vf("freeze", env, *more, rc=0).out.decode().splitlines()


def manifest_of(directory):
    doc = json.loads((directory / "venvfix.json").read_text())
    breaches = schema.checker(json.loads((REPO / "docs/bundle.schema.json").read_text()))(doc)
    assert not breaches, breaches
    return doc


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def members(bundle):
    return envs.run("tar", "-tf", bundle).decode().splitlines()


@pytest.mark.recipe(WEB)
def test_it_holds_what_it_says(env, scratch):
    (env.path / "etc").mkdir()
    (env.path / "etc/local.ini").write_text("x = 1\n")
    (env.bin / "mine").write_text("#!/bin/sh\n")
    (env.bin / "mine").chmod(0o755)
    (env.sp / "own.py").write_text("y = 1\n")
    (env.path / "etc/link").symlink_to("local.ini")
    r = report("pack", env.path, "-o", scratch / "b.tar.zst", rc=0)
    assert r["carried"] == ["bin/mine", "etc/local.ini", os.path.relpath(env.sp / "own.py", env.path)]
    assert r["left_out"] == ["etc/link"] and r["bundle"]["format"] == "tar.zst"
    assert r["bundle"]["sha256"] == sha256(scratch / "b.tar.zst") and r["bundle"]["bytes"] == (scratch / "b.tar.zst").stat().st_size
    at = unpack(scratch / "b.tar.zst", scratch / "u")
    doc = manifest_of(at)
    names = members(scratch / "b.tar.zst")
    assert names == ["venvfix.json"] + [f["path"] for f in doc["files"]] and len(names) == r["bundle"]["members"]
    wheels = [n for n in names if n.startswith("wheels/")]
    assert names[:3] == ["venvfix.json", "pylock.toml", "requirements.txt"] and wheels == sorted(wheels)
    for f in doc["files"]:
        assert (sha256(at / f["path"]), (at / f["path"]).stat().st_size) == (f["sha256"], f["size"])
    assert [(e["into"], e["path"], e["executable"]) for e in doc["extra"]] == [
        ("scripts", "mine", True), ("root", "etc/local.ini", False), ("site-packages", "own.py", False)]
    assert {d["name"] + "==" + d["version"] for d in doc["distributions"]} == {q["requirement"] for q in r["requirements"]}
    assert not [d for d in doc["distributions"] if d["modified"] or d["listed"] is (d["name"] == "pip")]


@pytest.mark.recipe(WEB)
def test_pip_and_uv_install_it_offline(env, scratch):
    vf("pack", env.path, "-o", scratch / "b.tar.zst", rc=0)
    at = unpack(scratch / "b.tar.zst", scratch / "u")
    want = frozen(env.path)
    assert len(want) > 8
    clean = alone()
    lists = ["--no-index", "--find-links", "wheels", "--require-hashes", "-r", "requirements.txt"]
    for name in ("p", "q", "r"):
        envs.run(envs.DEBIAN, "-m", "venv", *(["--without-pip"] if name != "p" else []), scratch / name)
    envs.run(scratch / "p/bin/pip", "install", "-q", *lists, cwd=at, env=clean)
    envs.run(UV, "pip", "install", "-q", "-p", scratch / "q/bin/python", *lists, cwd=at, env=clean)
    envs.run(UV, "pip", "install", "-q", "-p", scratch / "r/bin/python", "--no-index", "-r", "pylock.toml", cwd=at, env=clean)
    real = envs.run(env.bin / "pip", "freeze", env=clean)
    assert envs.run(scratch / "p/bin/pip", "freeze", env=clean) == real
    assert frozen(scratch / "p") == frozen(scratch / "q") == frozen(scratch / "r") == want
    assert b"Usage" in envs.run(scratch / "q/bin/flask", "--help", env=clean)


def test_the_newest_pip_reads_the_lock(env, scratch):
    vf("pack", env.path, "-o", scratch / "b.tar", rc=0)
    at = unpack(scratch / "b.tar", scratch / "u")
    envs.run(envs.DEBIAN, "-m", "venv", scratch / "p")
    newest = alone(PYTHONPATH=str(verify.newest_pip("3.11")))
    p = subprocess.run([scratch / "p/bin/python", "-m", "pip", "install", "-r", "pylock.toml"], cwd=at, env=newest, capture_output=True)
    assert p.returncode == 0, p.stderr
    assert frozen(scratch / "p") == frozen(env.path)


@pytest.mark.parametrize("suffix", [".tar.zst", ".tar.gz", ".tar.xz", ".tar"])
def test_the_same_bytes_from_two_places(suffix, env, scratch):
    (env.path / "note.txt").write_text("carried\n")
    vf("recreate", env.path, scratch / "other place", rc=0)
    (scratch / "other place/note.txt").touch()
    one, two = scratch / f"one{suffix}", scratch / f"two{suffix}"
    vf("pack", env.path, "-o", one, "-j", "1", rc=0)
    vf("pack", scratch / "other place", "-o", two, "-j", "3", rc=0, env=clean_environ(LC_ALL="C", TZ="Asia/Tokyo"))
    assert one.read_bytes() == two.read_bytes()
    assert len(members(one)) > 4


def test_installers_give_the_same_wheels(get, scratch):
    """pip and uv write other headers, other RECORDs, other compiled files; the bundle has none of that."""
    wheels = {}
    for recipe in (Recipe("debian", "pip", "six", seed=True), Recipe("uv", "uv", "six", seed=False)):
        env = get(recipe)
        out = scratch / f"{recipe.maker}.tar"
        vf("pack", env.path, "-o", out, rc=0)
        at = unpack(out, scratch / recipe.maker)
        wheels[recipe.maker] = sha256(next((at / "wheels").glob("six-*")))
    assert len(set(wheels.values())) == 1


def test_the_time_of_the_members(env, scratch):
    vf("pack", env.path, "-o", scratch / "b.tar", rc=0, env=clean_environ(SOURCE_DATE_EPOCH="1700000001"))
    with tarfile.open(scratch / "b.tar") as t:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in t} == {(1700000001, 0, 0, "", "", 0o644)}
    r = vf("pack", env.path, "-o", scratch / "c.tar", rc=2, env=clean_environ(SOURCE_DATE_EPOCH="soon"))
    assert b"SOURCE_DATE_EPOCH" in r.err and not (scratch / "c.tar").exists()


def test_a_changed_file(env, scratch):
    (env.sp / "six.py").write_text("# mine\n")
    e = error("pack", env.path, "-o", scratch / "b.tar", code="changed")
    assert "six" in e["message"] and e["path"].endswith("six.py") and "--allow-modified" in e["message"]
    assert os.listdir(scratch) == []
    r = report("pack", env.path, "-o", scratch / "b.tar", "--allow-modified", rc=0)
    assert [q["name"] for q in r["requirements"] if q["modified"]] == ["six"]
    doc = manifest_of(unpack(scratch / "b.tar", scratch / "u"))
    assert [(d["name"], d["modified"]) for d in doc["distributions"] if d["modified"]] == [("six", [os.path.relpath(env.sp / "six.py", env.path)])]


def editable(env):
    d = env.sp / "ed-1.0.dist-info"
    d.mkdir()
    (d / "METADATA").write_text("Metadata-Version: 2.1\nName: ed\nVersion: 1.0\n")
    (d / "direct_url.json").write_text('{"url": "file:///srv/ed", "dir_info": {"editable": true}}')
    (d / "RECORD").write_text("ed-1.0.dist-info/METADATA,,\n")


def egg(env):
    (env.sp / "ed-1.0.egg-info").mkdir()
    (env.sp / "ed-1.0.egg-info/PKG-INFO").write_text("Metadata-Version: 2.1\nName: ed\nVersion: 1.0\n")


def no_record(env):
    d = env.sp / "ed-1.0.dist-info"
    d.mkdir()
    (d / "METADATA").write_text("Metadata-Version: 2.1\nName: ed\nVersion: 1.0\n")


@pytest.mark.parametrize("spoil", [editable, egg, no_record], ids=lambda f: f.__name__)
def test_what_no_wheel_can_be_made_of(spoil, env, scratch):
    spoil(env)
    e = error("pack", env.path, "-o", scratch / "b.tar.zst", code="not-supported")
    assert "ed" in e["message"] and "wheel" in e["message"] and "/ed-1.0." in e["path"]
    assert os.listdir(scratch) == []


def test_twice(env, scratch):
    d = env.sp / "Six-0.1.dist-info"
    d.mkdir()
    (d / "METADATA").write_text("Metadata-Version: 2.1\nName: Six\nVersion: 0.1\n")
    (d / "RECORD").write_text("Six-0.1.dist-info/METADATA,,\n")
    assert "six" in error("pack", env.path, "-o", scratch / "b.tar", code="unwritable")["message"]


def test_refused_places(env, scratch):
    (scratch / "there.tar").write_text("mine")
    error("pack", env.path, "-o", scratch / "there.tar", code="exists")
    assert (scratch / "there.tar").read_text() == "mine"
    error("pack", env.path, "-o", scratch / "b.zip", code="not-supported")
    error("pack", env.path, "-o", scratch / "none/b.tar", code="no-parent")
    error("pack", env.path, "-o", env.path / "b.tar", code="nested")
    error("pack", env.path, code="usage")
    error("pack", scratch, "-o", scratch / "b.tar", code="not-an-environment")
    assert os.listdir(scratch) == ["there.tar"]


def test_a_full_disk_leaves_nothing(env, scratch):
    p = subprocess.run(["sh", "-c", 'ulimit -f 64; trap "" XFSZ; exec "$@"', "x", place.PROGRAM, "pack", env.path, "-o", scratch / "b.tar"],
                       capture_output=True, env=clean_environ())
    assert p.returncode == 2 and os.listdir(scratch) == [], p


def test_credentials_stay_out(env, scratch):
    d = next(env.sp.glob("six-*.dist-info"))
    (d / "direct_url.json").write_text(json.dumps({"url": "https://me:s3cret@example.org/six.whl", "archive_info": {"hashes": {"sha256": "1" * 64}}}))
    vf("pack", env.path, "-o", scratch / "b.tar", rc=0)
    assert b"s3cret" not in (scratch / "b.tar").read_bytes()
    doc = manifest_of(unpack(scratch / "b.tar", scratch / "u"))
    assert [d["direct_url"]["url"] for d in doc["distributions"] if d["direct_url"]] == ["https://example.org/six.whl"]
