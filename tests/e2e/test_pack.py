"""pack: a lock bundle that installs offline, with pip and uv and without venvfix, and has the same bytes wherever it is made."""
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import tarfile
import zipfile

import pytest

import envs
import place
import schema
from envs import Recipe
from place import UV, WHEELHOUSE, clean_environ
from test_wheels import make_wheel
from vf import parse, report, vf

WEB = Recipe("debian", "pip", "web")
SMALL = Recipe("debian", "pip", "six")
SCHEMA = schema.checker(json.loads((place.REPO / "docs/bundle.schema.json").read_text()))


def pack(source, to, *more, rc=0, **kw):
    return parse(vf("pack", source, "-o", to, "--format", "json", *more, rc=rc, **kw))


def members(path):
    """{name: bytes} in the order of the archive; of a tar every member is what docs/bundle.md says."""
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as z:
            return {i.filename: z.read(i) for i in z.infolist()}
    found = {}
    with tarfile.open(path) as t:
        for m in t:
            assert m.isreg() and m.mode == 0o644 and m.uid == m.gid == 0 and m.uname == m.gname == "", m
            found[m.name] = t.extractfile(m).read()
    return found


def unpack(path, to):
    for name, data in members(path).items():
        f = to / name
        f.parent.mkdir(parents=True, exist_ok=True)
        f.write_bytes(data)
    return to


def sha(data):
    return hashlib.sha256(data).hexdigest()


def inventory(env):
    """{path: sha256} of what the distributions own, but for what every installer writes in its own way."""
    sp = next((env / "lib").glob("python3*/site-packages"))
    own = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
    return {f.relative_to(sp).as_posix(): sha(f.read_bytes()) for f in sp.rglob("*")
            if f.is_file() and f.suffix != ".pyc" and not (f.parent.suffix == ".dist-info" and f.name in own)
            and f.relative_to(sp).parts[0].partition("-")[0].lower() not in ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils")}


# --- what is in it ---

def test_members_and_manifest(get, scratch):
    env = get(WEB)
    doc = pack(env.path, scratch / "b.tar")
    assert doc["verb"] == "pack" and doc["to"] == str(scratch / "b.tar") and doc["edits"] == [] and doc["warnings"] == []
    assert all(q["how"] == "reused" and not q["modified"] for q in doc["requirements"])
    m = members(scratch / "b.tar")
    names = list(m)
    assert names[:3] == ["venvfix.json", "pylock.toml", "requirements.txt"] and names[-1] == "SHA256SUMS"
    assert names[3:-1] == sorted(n for n in names if n.startswith("wheels/")), "no RECORD leaves anything out here"
    manifest = json.loads(m["venvfix.json"])
    assert SCHEMA(manifest) == []
    assert manifest["schema"] == 1 and manifest["kind"] == "lock-bundle"
    assert [f["path"] for f in manifest["files"]] == names[1:-1]
    assert all(f["sha256"] == sha(m[f["path"]]) and f["size"] == len(m[f["path"]]) for f in manifest["files"])
    assert m["SHA256SUMS"].decode() == "".join(f"{sha(m[n])}  {n}\n" for n in names[:-1])
    frozen = vf("freeze", "--all", env.path, rc=0).out.decode().split()
    listed = {re.sub(r"[-_.]+", "-", x.partition("==")[0]).lower() + "==" + x.partition("==")[2] for x in frozen if not x.startswith("pip==")}
    assert {line.split()[0] for line in m["requirements.txt"].decode().splitlines()} == listed
    assert {d["name"] for d in manifest["distributions"] if not d["listed"]} == {"pip"}
    assert {d["name"] for d in manifest["distributions"] if d["requested"]} >= {"flask", "requests"}
    assert doc["sha256"] == sha((scratch / "b.tar").read_bytes()) and doc["bytes"] == (scratch / "b.tar").stat().st_size
    old = str(env.path).encode()
    assert not any(old in data for data in m.values())
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((scratch / "b.tar").stat().st_mode) == 0o666 & ~umask


def test_every_format_holds_the_same(get, scratch):
    env = get(Recipe("debian", "uv", "six", seed=False))
    for name in ("b.tar", "b.tar.gz", "b.tar.xz", "b.zip"):
        pack(env.path, scratch / name, "--exclude", "pip")
        assert members(scratch / name) == members(scratch / "b.tar"), name
    pack(env.path, scratch / "x", "--archive-format", "tar.gz", "--exclude", "pip")
    assert (scratch / "x").read_bytes() == (scratch / "b.tar.gz").read_bytes()
    pack(env.path, scratch / "b.tar.zst", "--exclude", "pip")
    pack(env.path, scratch / "b2.tar.gz", "--archive-format", "tar.zst", "--exclude", "pip")
    data = (scratch / "b.tar.zst").read_bytes()
    assert data[:4] == b"\x28\xb5\x2f\xfd" and data == (scratch / "b2.tar.gz").read_bytes()
    if shutil.which("zstd"):
        assert envs.run("zstd", "-dc", scratch / "b.tar.zst") == (scratch / "b.tar").read_bytes()


def test_the_same_bytes_whatever_the_place_time_and_jobs(get, scratch):
    env = get(WEB)
    pack(env.path, scratch / "1", "--jobs", "1")
    first = (scratch / "1").read_bytes()
    pack(env.path, scratch / "2", "--jobs", "3", env=clean_environ(TZ="Asia/Tokyo", LC_ALL="C"), umask=0o077)
    assert (scratch / "2").read_bytes() == first
    copy = scratch / "a copy"
    envs.run("cp", "-a", env.path, copy)
    for f in (copy / "lib").rglob("*.py"):
        os.utime(f, (1, 1))
    pack(copy, scratch / "3")
    assert (scratch / "3").read_bytes() == first
    envs.run("cp", "-a", env.path, scratch / "moved")
    for f in (scratch / "moved/bin").iterdir():
        if f.is_file() and not f.is_symlink() and f.read_bytes()[:2] == b"#!":
            envs.run("sed", "-i", f"1s|{env.path}|{scratch / 'moved'}|", f)
    env.path.rename(env.path.with_name("away"))
    pack(scratch / "moved", scratch / "4")
    assert (scratch / "4").read_bytes() == first
    pack(scratch / "moved", scratch / "5", env=clean_environ(SOURCE_DATE_EPOCH="1700000000"))
    assert (scratch / "5").read_bytes() != first
    pack(scratch / "moved", scratch / "6.tar", env=clean_environ(SOURCE_DATE_EPOCH="1700000000"))
    with tarfile.open(scratch / "6.tar") as t:
        assert {m.mtime for m in t} == {1700000000}
    with zipfile.ZipFile(next((unpack(scratch / "6.tar", scratch / "u") / "wheels").glob("flask*"))) as z:
        assert {i.date_time for i in z.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    bad = vf("pack", scratch / "moved", "-o", scratch / "7", rc=2, env=clean_environ(SOURCE_DATE_EPOCH="soon"))
    assert b"SOURCE_DATE_EPOCH" in bad.err and not (scratch / "7").exists()


def test_a_zip_is_the_same_in_every_time_zone(get, scratch):
    """Zip files hold local time: here always 1980-01-01, whatever the time zone and SOURCE_DATE_EPOCH."""
    env, seen = get(WEB), set()
    for i, zone in enumerate(("UTC", "Asia/Tokyo", "America/Los_Angeles", "XYZ+12", "XYZ-14:30")):
        for epoch in ({}, {"SOURCE_DATE_EPOCH": "1700000000"}) if zone == "XYZ-14:30" else ({},):
            out = scratch / f"{i}{len(epoch)}.zip"
            pack(env.path, out, env=clean_environ(TZ=zone, **epoch))
            with zipfile.ZipFile(out) as z:
                assert {m.date_time for m in z.infolist()} == {(1980, 1, 1, 0, 0, 0)}
                z.extractall(scratch / "u")
            seen.add((bool(epoch), out.read_bytes()))
    assert len(seen) == 2, len(seen)  # the wheels inside have the epoch


# --- installed without venvfix ---

@pytest.fixture
def bundle(get, scratch):
    """An unpacked bundle, the environment's inventory; the environment itself is gone."""
    env = get(WEB)
    pack(env.path, scratch / "b.tar")
    have = inventory(env.path)
    envs.rmtree(env.root)
    return unpack(scratch / "b.tar", scratch / "b"), have


OFFLINE = {"PIP_FIND_LINKS": "", "UV_FIND_LINKS": ""}


def new_venv(at):
    envs.run(envs.DEBIAN, "-m", "venv", "--without-pip", at)
    return at


def test_pip_installs_the_list(bundle, scratch):
    b, have = bundle
    env = new_venv(scratch / "n")
    pip = next((b / "wheels").glob("pip-*.whl"))
    envs.run(env / "bin/python", f"{pip}/pip", "install", "--no-index", "--find-links", "wheels", "--require-hashes", "-r", "requirements.txt",
             cwd=b, env=clean_environ(**OFFLINE))
    assert inventory(env) == have
    envs.run(env / "bin/flask", "--version")


def newest_pip():
    version = lambda p: tuple(int(x) for x in p.name.split("-")[1].split("."))
    return max(WHEELHOUSE.glob("pip-*.whl"), key=version)


def test_pip_and_uv_install_the_lock_file(bundle, scratch):
    b, have = bundle
    pip = newest_pip()
    assert int(pip.name.split("-")[1].split(".")[0]) >= 26, "pylock.toml needs pip 26"
    for name in ("pip", "uv-install", "uv-sync", "uv-list"):
        env = new_venv(scratch / name)
        python = env / "bin/python"
        command = {"pip": (python, f"{pip}/pip", "install", "--no-index", "-r", "pylock.toml"),
                   "uv-install": (UV, "pip", "install", "--preview", "--offline", "--python", python, "-r", "pylock.toml"),
                   "uv-sync": (UV, "pip", "sync", "--preview", "--offline", "--python", python, "pylock.toml"),
                   "uv-list": (UV, "pip", "install", "--offline", "--no-index", "--find-links", "wheels", "--require-hashes", "--python", python,
                               "-r", "requirements.txt")}[name]
        envs.run(*command, cwd=b, env=clean_environ(**OFFLINE))
        assert inventory(env) == have, name


def test_sums_are_those_of_coreutils(bundle):
    b, _ = bundle
    envs.run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=b)
    (b / "pylock.toml").write_text("")
    with pytest.raises(RuntimeError):
        envs.run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=b)


# --- where wheels come from ---

def test_original_wheels(get, scratch):
    env = get(WEB)
    doc = pack(env.path, scratch / "b.tar", "--find-links", WHEELHOUSE)
    how = {q["name"]: q["how"] for q in doc["requirements"]}
    assert how["flask"] == how["markupsafe"] == "installed", how
    m = members(scratch / "b.tar")
    for name in m:
        if name.startswith("wheels/") and how[re.sub(r"[-_.]+", "-", name[7:].split("-")[0]).lower()] == "installed":
            assert m[name] == (WHEELHOUSE / name[7:]).read_bytes()
    pack(env.path, scratch / "again.tar", "--find-links", WHEELHOUSE, "-j", "1")
    assert (scratch / "again.tar").read_bytes() == (scratch / "b.tar").read_bytes()
    sp = next((env.path / "lib").glob("python3*/site-packages"))
    (sp / "flask/app.py").write_text("# mine\n")
    doc = pack(env.path, scratch / "c.tar", "--find-links", WHEELHOUSE, "--allow-modified")
    assert {q["name"]: q["how"] for q in doc["requirements"]}["flask"] == "reused"
    assert vf("pack", env.path, "-o", scratch / "d", "--find-links", scratch / "none", rc=2).err.count(b"find-links") == 1


def test_pip_of_the_base(get, scratch):
    env = get(Recipe("debian", "uv", "six", seed=False))
    m = members_of(env.path, scratch / "b.tar")
    pips = [n for n in m if n.startswith("wheels/pip-")]
    assert len(pips) == 1 and "pip" not in m["requirements.txt"].decode()
    links = scratch / "links"
    links.mkdir()
    shutil.copy(newest_pip(), links)
    m = members_of(env.path, scratch / "c.tar", "--find-links", links)
    assert f"wheels/{newest_pip().name}" in m
    (env.path / "bin/python").unlink()
    (env.path / "bin/python").symlink_to("/nowhere/python3")
    cfg = env.path / "pyvenv.cfg"
    cfg.write_text(re.sub("(?m)^home.*$", "home = /nowhere", cfg.read_text()))
    r = vf("pack", env.path, "-o", scratch / "d.tar", rc=0)
    assert b"no wheel of it was found" in r.err
    assert not [n for n in members(scratch / "d.tar") if n.startswith("wheels/pip-")]


def members_of(env, to, *more):
    pack(env, to, *more)
    return members(to)


# --- what is not as it was installed ---

def test_changed_files(get, scratch):
    env = get(SMALL)
    sp = next((env.path / "lib").glob("python3*/site-packages"))
    with open(sp / "six.py", "a") as f:
        f.write("# mine\n")
    doc = report("pack", env.path, "-o", scratch / "b", rc=2)
    assert doc["error"]["code"] == "changed" and doc["error"]["path"].endswith("six.py") and "--allow-modified" in doc["error"]["message"]
    assert os.listdir(scratch) == []
    doc = pack(env.path, scratch / "b.tar", "--allow-modified")
    assert [q["name"] for q in doc["requirements"] if q["modified"]] == ["six"]
    assert [(f["path"], f["rule"], f["level"]) for f in doc["warnings"]] == [(os.fspath((sp / "six.py").relative_to(env.path)), "VF508", "warning")]
    manifest = json.loads(members(scratch / "b.tar")["venvfix.json"])
    assert [d["modified"] for d in manifest["distributions"] if d["name"] == "six"] == [[os.fspath((sp / "six.py").relative_to(env.path))]]
    (sp / "six.py").unlink()
    assert report("pack", env.path, "-o", scratch / "c", "--allow-modified", rc=2)["error"]["code"] == "incomplete"
    pack(env.path, scratch / "d", "--exclude", "Six")
    info = next(sp.glob("six-*.dist-info"))
    shutil.copytree(info, sp / "six-0.1.dist-info")
    assert "two distributions of one name" in report("pack", env.path, "-o", scratch / "e", rc=2)["error"]["message"]


def test_a_file_of_two_distributions(get, scratch):
    """What was installed over it is what is packed: nobody changed it by hand. A file that no RECORD knows is refused as ever."""
    env = get(SMALL)
    (scratch / "w").mkdir()
    wheels = [make_wheel(scratch / "w", n, {f"{n}.py": b"", "tests/common.py": n.encode(), "tests/equal.py": b""}) for n in ("one", "two")]
    for w in wheels:
        envs.run(env.path / "bin/python", "-m", "pip", "install", "-q", "--no-index", w)
    common = next((env.path / "lib").glob("python3*/site-packages")) / "tests/common.py"
    doc = pack(env.path, scratch / "b.tar")
    path = os.fspath(common.relative_to(env.path))
    assert [(f["path"], f["rule"], f["level"]) for f in doc["warnings"]] == [(path, "VF515", "warning")]
    assert {q["name"]: q["modified"] for q in doc["requirements"]}["one"] is True
    manifest = json.loads(members(scratch / "b.tar")["venvfix.json"])
    assert {d["name"]: d["modified"] for d in manifest["distributions"] if d["modified"]} == {"one": [path]}
    vf("check", scratch / "b.tar", rc=0)
    envs.run("mv", env.path, scratch / "away")
    report("recreate", scratch / "b.tar", scratch / "new", "--python", envs.DEBIAN, "--offline", rc=0)
    assert (scratch / "new" / path).read_text() == "two"
    vf("check", "--hashes", "--at", scratch / "new", scratch / "new", rc=0)
    (scratch / "new" / path).write_text("by hand")
    assert report("pack", scratch / "new", "-o", scratch / "c", rc=2)["error"]["code"] == "changed"


def test_a_script_of_two_distributions(get, scratch):
    """The bundle says who made the one that stands in BIN, whoever pip would install last; so does one of a list."""
    env = get(SMALL)
    (scratch / "w").mkdir()
    def wheel(n):
        entry = f"[console_scripts]\nboth = {n}:main\n{n} = {n}:main\n".encode()
        return make_wheel(scratch / "w", n, {f"{n}.py": f"def main(): print('{n}')\n".encode(), f"{n}-1.0.dist-info/entry_points.txt": entry})
    for n in ("one", "two"):
        envs.run(env.path / "bin/python", "-m", "pip", "install", "-q", "--no-index", wheel(n))
    yields = lambda b: {d["name"]: d["yields"] for d in json.loads(members(b)["venvfix.json"])["distributions"] if "yields" in d}
    pack(env.path, scratch / "b.tar")
    assert yields(scratch / "b.tar") == {"one": ["both"]} and SCHEMA(json.loads(members(scratch / "b.tar")["venvfix.json"])) == []
    envs.run("mv", env.path, scratch / "away")
    report("recreate", scratch / "b.tar", scratch / "new", "--python", envs.DEBIAN, "--offline", rc=0)
    assert [envs.run(scratch / "new/bin" / n) for n in ("both", "one", "two")] == [b"two\n", b"one\n", b"two\n"]
    vf("check", "--hashes", "--at", scratch / "new", scratch / "new", rc=0)
    pack(scratch / "new", scratch / "again.tar")
    assert (scratch / "again.tar").read_bytes() == (scratch / "b.tar").read_bytes()
    (scratch / "list.txt").write_text("two\none\n")
    report("recreate", scratch / "list.txt", scratch / "listed", "--find-links", scratch / "w", "--offline", "--python", envs.DEBIAN, rc=0)
    envs.run(envs.DEBIAN, "-m", "venv", scratch / "pip")
    envs.run(scratch / "pip/bin/pip", "install", "-q", "--no-index", "--find-links", scratch / "w", "-r", scratch / "list.txt")
    assert envs.run(scratch / "listed/bin/both") == envs.run(scratch / "pip/bin/both") == b"one\n"
    pack(scratch / "list.txt", scratch / "l.tar", "--python", "3.12", "--find-links", scratch / "w")
    assert yields(scratch / "l.tar") == {"two": ["both"]}


def legacy(env):
    """What pip before 23.1 leaves where there is no wheel package: an egg-info directory that lists its files."""
    sp = next((env / "lib").glob("python3*/site-packages"))
    info = sp / f"Old_Kit-1.0-py{sp.parent.name[6:]}.egg-info"
    info.mkdir()
    for name, text in {"PKG-INFO": "Metadata-Version: 1.1\nName: Old-Kit\nVersion: 1.0\nDescription: two\n        lines\n", "SOURCES.txt": "setup.py\n",
                       "dependency_links.txt": "\n", "not-zip-safe": "\n", "top_level.txt": "old_kit\n", "requires.txt": "six\n\n[more:python_version < '3']\nidna>=2\n",
                       "entry_points.txt": "[console_scripts]\noldkit = old_kit:main\n",
                       "installed-files.txt": "../../../../bin/oldkit\n../../../../bin/oldkit.sh\n../../../../share/oldkit/data\n../old_kit/__init__.py\n../old_kit/__pycache__/x.pyc\n"
                                              + "".join(n + "\n" for n in ("PKG-INFO", "SOURCES.txt", "dependency_links.txt", "entry_points.txt", "not-zip-safe", "requires.txt", "top_level.txt"))}.items():
        (info / name).write_text(text)
    (sp / "old_kit/__pycache__").mkdir(parents=True)
    (sp / "old_kit/__init__.py").write_text("def main(): print('kit')\n")
    (sp / "old_kit/__pycache__/x.pyc").write_text("")
    (env / "share/oldkit").mkdir(parents=True)
    (env / "share/oldkit/data").write_text("d")
    for name, text in (("oldkit", f"#!{env}/bin/python\n# EASY-INSTALL-ENTRY-SCRIPT: 'Old-Kit==1.0','console_scripts','oldkit'\nfrom old_kit import main\nmain()\n"), ("oldkit.sh", "#!/bin/sh\necho sh\n")):
        (env / "bin" / name).write_text(text)
        (env / "bin" / name).chmod(0o755)
    return sp


def test_installed_by_setup_py(get, scratch):
    """Its metadata becomes that of a wheel, so that pip and uv can install it; the files are those that were there."""
    env = get(SMALL)
    sp = legacy(env.path)
    frozen = vf("freeze", env.path, rc=0).out
    doc = pack(env.path, scratch / "b.tar")
    assert doc["carried"] == [] and doc["warnings"] == []
    m = members(scratch / "b.tar")
    manifest = json.loads(m["venvfix.json"])
    assert SCHEMA(manifest) == [] and [d["name"] for d in manifest["distributions"] if d.get("converted")] == ["old-kit"]
    with zipfile.ZipFile(io.BytesIO(m["wheels/Old_Kit-1.0-py3-none-any.whl" if "wheels/Old_Kit-1.0-py3-none-any.whl" in m else "wheels/old_kit-1.0-py3-none-any.whl"])) as z:
        info = next(n for n in z.namelist() if n.endswith("/METADATA"))
        assert z.read(info).decode().split("\n")[:6] == ["Metadata-Version: 2.1", "Requires-Dist: six", "Provides-Extra: more", "Requires-Dist: idna>=2 ; (python_version < '3') and extra == 'more'", "Name: Old-Kit", "Version: 1.0"]
        assert sorted(n.split("/", 1)[1] for n in z.namelist() if ".dist-info/" in n) == ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"]
    vf("check", scratch / "b.tar", rc=0)
    envs.run("mv", env.path, scratch / "away")
    new = scratch / "new"
    report("recreate", scratch / "b.tar", new, "--python", envs.DEBIAN, "--offline", rc=0)
    assert vf("freeze", new, rc=0).out == frozen
    assert [envs.run(new / "bin" / n) for n in ("oldkit", "oldkit.sh")] == [b"kit\n", b"sh\n"]
    assert (new / "share/oldkit/data").read_text() == "d" and not list((new / "lib").rglob("*.egg-info"))
    vf("check", "--hashes", "--at", new, new, rc=0)
    (scratch / "away" / sp.relative_to(env.path) / "old_kit/__init__.py").unlink()
    assert report("pack", scratch / "away", "-o", scratch / "c", rc=2)["error"]["code"] == "incomplete"


def test_refused(get, scratch):
    env = get(SMALL)
    (scratch / "there").write_text("precious")
    assert report("pack", env.path, "-o", scratch / "there", rc=2)["error"]["code"] == "exists"
    assert (scratch / "there").read_text() == "precious"
    assert report("pack", env.path, "-o", scratch / "no/b", rc=2)["error"]["code"] == "no-parent"
    assert report("pack", scratch, "-o", scratch / "b", rc=2)["error"]["code"] == "not-an-environment"
    assert report("pack", env.path, rc=2)["error"]["code"] == "usage"
    project = scratch / "p"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "ed"\nversion = "1"\ndescription = "x"\n[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n')
    (project / "ed.py").write_text('"ed"\n')
    envs.run(env.path / "bin/python", "-m", "pip", "install", "-q", "-e", project)
    r = vf("pack", env.path, "-o", scratch / "b", rc=2)
    assert b"editable" in r.err and b"leave it out with --exclude ed" in r.err
    envs.run(env.path / "bin/python", "-m", "pip", "uninstall", "-q", "-y", "ed")
    (project / "ed.egg-info").mkdir()
    (project / "ed.egg-info/PKG-INFO").write_text("Metadata-Version: 1.0\nName: ed\nVersion: 1\n")
    (next((env.path / "lib").glob("python3*/site-packages")) / "ed.egg-link").write_text(f"{project}\n.")
    assert b"an editable install" in vf("pack", env.path, "-o", scratch / "b", rc=2).err
    assert sorted(os.listdir(scratch)) == ["p", "there"]


# --- carried files ---

@pytest.mark.both
def test_carried_files(get, scratch):
    env = get(SMALL)
    sp = next((env.path / "lib").glob("python3*/site-packages"))
    (env.path / "etc").mkdir()
    (env.path / "etc/local.ini").write_text("x = 1\n")
    (sp / "mine.py").write_text("y = 2\n")
    (env.path / "bin/tool").write_text(f"#!{env.path}/bin/python\nprint('here')\n")
    (env.path / "bin/tool").chmod(0o755)
    (env.path / "etc/link").symlink_to("local.ini")
    (env.path / "etc/placed").write_text(f"home={env.path}/bin\n")
    (env.path / "etc/bound").write_bytes(b"\0home=%s/bin\0" % os.fsencode(env.path))
    doc = pack(env.path, scratch / "b.tar")
    assert sorted(doc["carried"]) == sorted(["etc/local.ini", "etc/bound", "etc/placed", "bin/tool", os.fspath((sp / "mine.py").relative_to(env.path))])
    assert [(f["path"], f["rule"]) for f in doc["warnings"]] == [("etc/bound", "VF711"), ("etc/link", "VF541")]
    m = members(scratch / "b.tar")
    manifest = json.loads(m["venvfix.json"])
    assert manifest["left_out"] == ["etc/link"]
    assert SCHEMA(manifest) == []
    got = {e["member"]: (e["into"], e["path"], e["executable"]) for e in manifest["extra"]}
    assert got == {"extra/root/etc/local.ini": ("root", "etc/local.ini", False), "extra/root/etc/bound": ("root", "etc/bound", False), "extra/root/etc/placed": ("root", "etc/placed", False),
                   "extra/scripts/tool": ("scripts", "tool", True), "extra/site-packages/mine.py": ("site-packages", "mine.py", False)}
    assert m["extra/scripts/tool"] == b"#!python\nprint('here')\n" and m["extra/root/etc/local.ini"] == b"x = 1\n"
    assert [e["path"] for e in manifest["extra"] if e.get("placed")] == ["etc/placed"]
    assert m["extra/root/etc/placed"] == b"home=/venvfix/environment/bin\n"


def test_a_zipped_egg_is_said(get, scratch):
    env = get(SMALL)
    with zipfile.ZipFile(next((env.path / "lib").glob("python3*/site-packages")) / "kit-1.0-py3.egg", "w") as z:
        z.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 1.0\nName: kit\nVersion: 1.0\n")
    r = vf("pack", env.path, "-o", scratch / "b.tar", rc=0)
    assert b"kit-1.0-py3.egg: a zipped egg" in r.err and b"kit" not in members(scratch / "b.tar")["requirements.txt"]


def test_carried_files_that_name_the_place(get, scratch):
    """A kernel and a script by hand: the same bundle from everywhere, and each new place is written into them."""
    env = get(SMALL)
    kernel = "share/jupyter/kernels/mine/kernel.json"
    (env.path / kernel).parent.mkdir(parents=True)
    (env.path / kernel).write_text(json.dumps({"argv": [f"{env.path}/bin/python", "-m", "x"], "display_name": "x", "language": "python"}))
    (env.path / "bin/hand").write_text(f"#!/bin/sh\nexec {env.path}/bin/python -c 'import sys; print(sys.prefix)'\n")
    (env.path / "bin/hand").chmod(0o755)
    assert pack(env.path, scratch / "b.tar")["warnings"] == []
    assert all(os.fsencode(env.path) not in data for name, data in members(scratch / "b.tar").items() if name.startswith("extra/"))
    subprocess.run(["cp", "-a", env.path, scratch / "copy"], check=True)
    pack(scratch / "copy", scratch / "c.tar")
    report("recreate", scratch / "b.tar", scratch / "new", "--python", "/usr/bin/python3", rc=0)
    assert json.loads((scratch / "new" / kernel).read_text())["argv"][0] == f"{scratch}/new/bin/python"
    assert subprocess.run([scratch / "new/bin/hand"], capture_output=True, text=True, check=True).stdout.strip() == f"{scratch}/new"
    vf("check", "--at", scratch / "new", scratch / "new", rc=0)
    pack(scratch / "new", scratch / "d.tar")
    assert (scratch / "b.tar").read_bytes() == (scratch / "c.tar").read_bytes() == (scratch / "d.tar").read_bytes()


def test_nothing_is_left_of_a_pack_that_fails(get, scratch, other_fs):
    env = get(WEB)
    p = subprocess.Popen([place.PROGRAM, "pack", env.path, "-o", scratch / "b.tar.xz"], env=clean_environ(), stderr=subprocess.DEVNULL)
    deadline = 100
    while not os.listdir(scratch) and deadline:
        deadline -= 1
        subprocess.run(["sleep", "0.02"], check=True)
    p.terminate()
    assert p.wait(timeout=60) in (0, 2)
    assert os.listdir(scratch) in ([], ["b.tar.xz"])


# --- check BUNDLE ---

@pytest.fixture
def packed(get, scratch):
    """The bundle of an environment with binary wheels, which is gone."""
    env = get(WEB)
    pack(env.path, scratch / "b.tar.gz")
    envs.rmtree(env.root)
    return scratch / "b.tar.gz"


def rules(doc):
    return sorted({f["rule"] for f in doc["findings"] if f["level"] != "info"})


def test_check_of_a_bundle(packed, scratch):
    before = os.listdir(scratch)
    doc = report("check", packed, rc=0)
    assert rules(doc) == [] and doc["environment"]["path"] == str(packed) and doc["environment"]["python"] == "3.11"
    assert doc["environment"]["distributions"] == len([n for n in members(packed) if n.startswith("wheels/")])
    floor, = [f for f in doc["findings"] if f["rule"] == "VF561"]
    out = envs.run("readelf", "-V", *elf_files(packed, scratch / "elf")).decode()
    assert floor["value"] == "2.%d" % max(int(n) for n in re.findall(r"GLIBC_2\.(\d+)", out))
    envs.rmtree(scratch / "elf")
    assert rules(report("check", packed, "--glibc", "2.40", rc=0)) == []
    assert rules(report("check", packed, "--glibc", "2.16", rc=1)) == ["VF552"]
    assert "VF552" in rules(report("check", packed, "--python", "3.12", rc=1))
    doc = report("check", packed, "--platform", "win_amd64", rc=1)
    assert "VF552" in rules(doc)
    tags = [f for f in doc["findings"] if f["rule"] == "VF552"][0]
    assert "cp311-cp311" in tags["expected"] and "win_amd64" in tags["expected"]
    assert report("check", packed, "--python", "three", rc=2)["error"]["code"] == "usage"
    assert report("check", scratch, "--python", "3.12", rc=2)["error"]["code"] == "not-an-environment"
    assert report("check", "--fail-on", "never", packed, "--python", "3.12")["exit"] == 0
    assert os.listdir(scratch) == before
    text = vf("check", packed, rc=0).out.decode()
    assert "Complete for its target   yes" in text


def elf_files(bundle, to):
    to.mkdir()
    for name, data in members(bundle).items():
        if name.endswith(".whl"):
            wheel = to / "w.whl"
            wheel.write_bytes(data)
            with zipfile.ZipFile(wheel) as z:
                z.extractall(to / name[7:-4])
    return [f for f in to.rglob("*.so*") if f.read_bytes()[:4] == b"\x7fELF"]


def test_a_bundle_that_lacks_something(get, scratch):
    env = get(WEB)
    pack(env.path, scratch / "b.tar", "--exclude", "werkzeug")
    doc = report("check", scratch / "b.tar", rc=1)
    gap, = [f for f in doc["findings"] if f["level"] == "error"]
    assert gap["rule"] == "VF551" and gap["distribution"] == "flask" and "erkzeug" in gap["message"]


@pytest.mark.both
def test_damaged_bundles(packed, scratch):
    data = packed.read_bytes()
    for n in (0, 1, 100, len(data) // 2, len(data) - 1):
        (scratch / "cut").write_bytes(data[:n])
        code = report("check", scratch / "cut", rc=2)["error"]["code"]
        assert code == "bad-archive" if n > 1 else code in ("not-found", "not-an-environment"), n
    m = members(packed)
    def again(**change):
        with tarfile.open(scratch / "x.tar", "w", format=tarfile.PAX_FORMAT) as t:
            for name, body in {**m, **change}.items():
                i = tarfile.TarInfo(name)
                i.size = len(body)
                t.addfile(i, io.BytesIO(body))
        return scratch / "x.tar"
    assert report("check", again(), rc=0)["exit"] == 0, "another tool's tar of the same members is as good"
    for change in ({"requirements.txt": b""}, {"extra/more": b"x"}, {"venvfix.json": m["venvfix.json"].replace(b'"schema": 1', b'"schema": 9')},
                   {"SHA256SUMS": m["SHA256SUMS"].replace(b"0", b"1")}):
        assert report("check", again(**change), rc=2)["error"]["code"] in ("bad-archive", "not-supported"), change
    with tarfile.open(scratch / "env.tar", "w") as t:
        t.add(scratch / "cut", "env/other.cfg")
    assert report("check", scratch / "env.tar", rc=2)["error"]["code"] == "not-an-environment"


# --- compiled files ---

def test_compiled_files(get, scratch):
    env = get(SMALL)
    sp = next((env.path / "lib").glob("python3*/site-packages"))
    envs.run(env.path / "bin/python", "-m", "compileall", "-q", sp)
    (sp / "mine.py").write_text("z = 3\n")
    envs.run(env.path / "bin/python", "-c", "import mine")
    os.utime(sp / "six.py", (1, 1))  # its compiled file does not fit any more
    pack(env.path, scratch / "plain.tar")
    assert "pycache.zip" not in members(scratch / "plain.tar")
    doc = pack(env.path, scratch / "b.tar", "--pycache")
    again = pack(env.path, scratch / "c.tar", "--pycache", "-j", "1")
    assert doc["sha256"] == again["sha256"]
    m = members(scratch / "b.tar")
    manifest = json.loads(m["venvfix.json"])
    assert SCHEMA(manifest) == []
    with zipfile.ZipFile(io.BytesIO(m["pycache.zip"])) as z:
        names, heads = z.namelist(), {z.read(i)[:12] for i in z.infolist()}
    assert heads == {bytes.fromhex(manifest["pycache"]["magic"]) + bytes(8)}, "no time of this host is in it"
    tag = next(n for n in names if n.startswith("__pycache__/mine.")).split(".")[1]
    assert f"__pycache__/six.{tag}.pyc" not in names and any(n.startswith("pip/__pycache__/") for n in names)
    assert rules(report("check", scratch / "b.tar", rc=0)) == []
    vf("recreate", scratch / "b.tar", scratch / "n", "--python", envs.DEBIAN, "--sha256", doc["sha256"], "--offline", rc=0)
    new = next((scratch / "n/lib").glob("python3*/site-packages"))
    got = {f.relative_to(new).as_posix(): f.stat().st_mtime_ns for f in new.rglob("*.pyc")}
    assert set(got) == set(names) and f"__pycache__/mine.{tag}.pyc" in got
    for name in got:
        source = new / re.sub(r"__pycache__/([^/.]+)\..*", r"\1.py", name)
        head = (new / name).read_bytes()[:16]
        assert int.from_bytes(head[8:12], "little") == int(source.stat().st_mtime) and int.from_bytes(head[12:], "little") == source.stat().st_size
    envs.run(scratch / "n/bin/python", "-c", "import setuptools, mine")
    assert {n: (new / n).stat().st_mtime_ns for n in got} == got, "Python took them"
    vf("recreate", scratch / "b.tar", scratch / "o", "--python", envs.DEBIAN, "--offline", rc=0)
    assert not list((scratch / "o").rglob("mine.*.pyc"))
    assert report("recreate", scratch / "b.tar", scratch / "p", "--python", envs.DEBIAN, "--sha256", "0" * 64, "--offline", rc=2)["exit"] == 2
    assert not (scratch / "p").exists()


@pytest.mark.both
def test_there_and_back(get, scratch):
    """A bundle of what was made from a bundle is the same bundle."""
    env = get(WEB)
    pack(env.path, scratch / "1.tar")
    envs.rmtree(env.root)
    vf("recreate", scratch / "1.tar", scratch / "n", "--python", envs.DEBIAN, "--offline", rc=0)
    assert rules(report("check", scratch / "n", "--at", scratch / "n", rc=0)) == []
    pack(scratch / "n", scratch / "2.tar")
    one, two = members(scratch / "1.tar"), members(scratch / "2.tar")
    assert {n for n in one if one[n] != two.get(n)} == set() and list(one) == list(two)


# --- --bundle ---

def test_bundle_of_what_is_moved(get, scratch):
    env = get(SMALL)
    want = pack(env.path, scratch / "want.tar")["sha256"]
    doc = report("recreate", env.path, scratch / "two", "--bundle", scratch / "r.tar", rc=0)
    assert doc["bundle"] == str(scratch / "r.tar") and doc["bundle_sha256"] == want == sha((scratch / "r.tar").read_bytes())
    doc = report("move", env.path, scratch / "n", "--bundle", scratch / "m.tar", rc=0)
    assert doc["bundle_sha256"] == want and not env.path.exists() and (scratch / "n/bin/python").exists()
    doc = report("recreate", scratch / "m.tar", scratch / "three", "--python", envs.DEBIAN, "--offline", "--bundle", scratch / "l.tar", rc=0)
    assert doc["bundle_sha256"] == want
    assert b"bundle" in vf("recreate", scratch / "n", scratch / "four", "--bundle", scratch / "t.tar", rc=0).out
    vf("recreate", "-n", scratch / "n", scratch / "five", "--bundle", scratch / "d.tar", rc=0)
    assert not (scratch / "d.tar").exists()


def test_what_cannot_be_packed_is_not_moved(get, scratch):
    env = get(SMALL)
    sp = next((env.path / "lib").glob("python3*/site-packages"))
    with open(sp / "six.py", "a") as f:
        f.write("# mine\n")
    assert report("move", env.path, scratch / "n", "--bundle", scratch / "m.tar", rc=2)["error"]["code"] == "changed"
    assert env.path.exists() and os.listdir(scratch) == []
    (scratch / "there").write_text("precious")
    assert report("move", env.path, scratch / "n", "--bundle", scratch / "there", rc=2)["error"]["code"] == "exists"
    assert report("move", env.path, scratch / "there/n", "--bundle", scratch / "b.tar", rc=2)["exit"] == 2
    assert env.path.exists() and os.listdir(scratch) == ["there"]


# --- pack LIST ---

FLASK = "flask\nwerkzeug\njinja2\nmarkupsafe\nblinker\nclick\nitsdangerous\nimportlib-metadata; python_version < '3.10'\nzipp; python_version < '3.10'\n"


def test_a_list_for_other_targets(scratch):
    (scratch / "r.txt").write_text(FLASK)
    targets = {"3.9": "manylinux2014_x86_64", "3.12": "manylinux_2_28_x86_64", "3.13": None}
    missing = [v for v in targets if v not in envs.interpreters()]  # the wheelhouse has wheels of the Pythons that are here
    if missing:
        envs.not_run(f"a bundle of a list for {', '.join(missing)}", "no wheels for these Pythons")
        targets = {v: p for v, p in targets.items() if v not in missing} or {"3.11": "manylinux_2_28_x86_64"}
    for python, platform in targets.items():
        target = ["--python", python] + (["--platform", platform] if platform else [])
        doc = pack(scratch / "r.txt", scratch / f"{python}.tar", *target, "--find-links", WHEELHOUSE)
        assert all(q["how"] == "installed" for q in doc["requirements"])
        assert rules(report("check", scratch / f"{python}.tar", *target, rc=0)) == []
        m = members(scratch / f"{python}.tar")
        manifest = json.loads(m["venvfix.json"])
        assert SCHEMA(manifest) == [] and manifest["glibc"] == "2.17" and manifest["interpreter"]["requires_python"] == f"=={python}.*"
        assert ("zipp" in m["requirements.txt"].decode()) == (python == "3.9")
        assert any(f"cp{python.replace('.', '')}-" in n for n in m if n.startswith("wheels/markupsafe"))
        for name in (n for n in m if n.startswith("wheels/")):
            assert m[name] == (WHEELHOUSE / name[7:]).read_bytes()
    python = "3.12" if "3.12" in targets else list(targets)[-1]
    assert "VF552" in rules(report("check", scratch / f"{python}.tar", "--python", "3.9" if python != "3.9" else "3.8", rc=1))
    unpack(scratch / f"{python}.tar", scratch / "u")
    doc = pack(scratch / "u/pylock.toml", scratch / "again.tar", "--python", python, "--find-links", WHEELHOUSE)
    one, two = members(scratch / f"{python}.tar"), members(scratch / "again.tar")
    assert one["requirements.txt"] == two["requirements.txt"]


def test_lists_that_cannot_be_packed(scratch):
    r, to = scratch / "r.txt", scratch / "b.tar"
    def refused(text, code, *words, more=("--python", "3.12", "--find-links", WHEELHOUSE)):
        r.write_text(text)
        doc = report("pack", r, "-o", to, *more, rc=2)
        assert doc["error"]["code"] == code and all(w in doc["error"]["message"] for w in words), doc
        assert os.listdir(scratch) == ["r.txt"]
    refused("flask\n", "incomplete", "werkzeug", "jinja2")
    refused("no-such-project\n", "incomplete", "no-such-project")
    refused("six==0.0.1\n", "incomplete", "six")
    refused("six --hash=sha256:" + "0" * 64 + "\n", "incomplete", "six")
    refused("six\n-r ../outside.txt\n", "bad-list")
    refused("six @ https://example.org/six-1.0.tar.gz\n", "not-supported", "six")
    refused("six\n", "usage", "--python", more=())
    refused("six\n", "usage", "platform", more=("--python", "3.12", "--platform", "amiga"))
    refused("six\n", "usage", "--exclude", more=("--python", "3.12", "--exclude", "six"))


@pytest.mark.both
def test_a_list_becomes_an_environment(scratch):
    (scratch / "r.txt").write_text(FLASK)
    pack(scratch / "r.txt", scratch / "b.tar.gz", "--python", "3.11", "--find-links", WHEELHOUSE)
    vf("recreate", scratch / "b.tar.gz", scratch / "n", "--python", envs.DEBIAN, "--offline", rc=0)
    envs.run(scratch / "n/bin/flask", "--version")
