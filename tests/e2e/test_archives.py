"""Environments in archives: the findings of the unpacked directory, by every tool that makes archives; hostile members; archives of other things."""
import bz2
import gzip
import io
import lzma
import os
import re
import shutil
import subprocess
import tarfile
import zipfile

import pytest

import envs
import place
import verify
from envs import Recipe
from vf import error, find, report, vf

WEB = Recipe("py3.12", "pip", "web")
BARE = Recipe("debian", "pip", "bare")
FLAVOURS = [WEB, Recipe("virtualenv", "pip", "web"), Recipe("uv", "uv", "web"), BARE]


def shell(*args, cwd=None, **kw):
    return subprocess.run([str(a) for a in args], cwd=cwd, check=True, capture_output=True, **kw)


def gnu_tar(*options):
    return lambda env, to: shell("tar", *options, "-cf", to, "-C", env.parent.parent, f"{env.parent.name}/{env.name}")


def python_tar(fmt):
    def make(env, to):
        with tarfile.open(to, "w", format=fmt) as t:
            t.add(env, f"{env.parent.name}/{env.name}")
    return make


def python_zip(env, to):
    """zipfile stores what links lead to."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as z:
        for top, dirs, names in os.walk(env):
            for name in names + [d for d in dirs if os.path.islink(os.path.join(top, d))]:
                path = os.path.join(top, name)
                info = zipfile.ZipInfo(os.path.relpath(path, env.parent))
                info.create_system = 3
                info.external_attr = os.lstat(path).st_mode << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                with z.open(info, "w") as f:
                    f.write(os.fsencode(os.readlink(path)) if os.path.islink(path) else open(path, "rb").read())


def git_archive(env, to):
    tree = to.parent / "tree"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false"]
    shell("cp", "-a", env.parent, tree)
    for ignored in tree.rglob(".gitignore"):
        ignored.unlink()
    shell("git", "init", "-q", cwd=tree)
    shell("git", "add", "-A", "-f", cwd=tree)
    shell(*git, "commit", "-q", "-m", "x", cwd=tree)
    shell(*git, "archive", "--prefix", f"{env.parent.name}/", "-o", to, "HEAD", cwd=tree)
    shutil.rmtree(tree)


TOOLS = {
    "gnu.tar": gnu_tar("--format=gnu"), "pax.tar": gnu_tar("--format=pax"), "gz.tgz": gnu_tar("-z"), "xz.tar.xz": gnu_tar("-J"), "zst.tar.zst": gnu_tar("--zstd"),
    "bz2.tbz": gnu_tar("-j"), "absolute.tar": lambda env, to: shell("tar", "-P", "-cf", to, env),
    "bsd.tar": lambda env, to: shell("bsdtar", "-cf", to, "-C", env.parent, env.name),
    "python-pax.tar": python_tar(tarfile.PAX_FORMAT), "python-gnu.tar": python_tar(tarfile.GNU_FORMAT), "python.zip": python_zip,
    "info.zip": lambda env, to: shell("zip", "-qry", to, env.name, cwd=env.parent), "git.tar": git_archive,
    "top.tar": lambda env, to: shell("tar", "-cf", to, "-C", env, "."),
}
# What an archive cannot keep, by the names of the rules: git has neither times nor directories.
LOSES = {"git.tar": {"VF721", "VF823", "VF813"}, "absolute.tar": {"VF842"}, "python.zip": {"VF721"}, "info.zip": {"VF721"}}


def used(env):
    """Something of each kind to be found."""
    script = env / "bin" / "gone"
    script.write_text("#!/nowhere/bin/python\n")
    script.chmod(0o755)
    (env / "bin" / "out").symlink_to("/nowhere/file")
    (env / "etc").mkdir(exist_ok=True)
    (env / "etc" / "app.conf").write_text(f"data = {env}/data\n")
    return env


def found(doc, but=()):
    return sorted(repr(f) for f in doc["findings"] if f["rule"] not in but)


@pytest.mark.parametrize("flavour", FLAVOURS, ids=str)
def test_the_findings_of_the_directory(get, flavour, scratch):
    env = used(get(flavour).path)
    tools = TOOLS if flavour is WEB else dict(list(TOOLS.items())[:3] + [("python.zip", python_zip)])
    there = report("check", "--here", env)
    hashes = report("check", "--here", "--hashes", env)
    for name, make in tools.items():
        make(env, scratch / name)
    hidden = env.with_name("hidden")
    os.rename(env, hidden)
    for name in tools:
        doc = report("check", scratch / name)
        but = LOSES.get(name, set())
        assert doc["at"] == str(env) and doc["environment"]["path"] == str(scratch / name), name
        assert found(doc, but) == found(there, but), name
        assert doc["answers"] == there["answers"], name
        assert all(f["rule"] not in but or f["rule"] != "VF842" or f["count"] > 9 for f in doc["findings"])
    assert found(report("check", "--hashes", scratch / "gz.tgz")) == found(hashes)
    os.rename(hidden, env)
    assert found(report("check", scratch / "gnu.tar")) == found(there), "also beside the environment itself"


@pytest.mark.both
def test_for_which_path(get, scratch):
    env = get(WEB).path
    shell("tar", "-czf", scratch / "e.tgz", "-C", env.parent, env.name)
    assert report("check", scratch / "e.tgz", rc=0)["at"] == str(env)
    assert report("check", "--here", scratch / "e.tgz", rc=0)["at"] == str(env)
    doc = report("check", "--at", "/srv/other/env", scratch / "e.tgz", rc=1)
    assert doc["at"] == "/srv/other/env" and find(doc, rule="VF204", path="bin/flask") and not doc["answers"]["sound"]
    assert "would not work at /srv/other/env" in vf("check", "--at", "/srv/other/env", scratch / "e.tgz", rc=1).out.decode()
    for f in (env / "bin").iterdir():
        if f.name not in ("python", "python3") and not f.is_symlink():
            f.unlink()
    (env / "pyvenv.cfg").write_text(re.sub("command.*\n", "", (env / "pyvenv.cfg").read_text()))
    shell("tar", "-cf", scratch / "silent.tar", "-C", env.parent, env.name)
    assert report("check", scratch / "silent.tar", cwd=scratch)["at"] == str(scratch / env.name), "where it would be unpacked"


def piped(stdin):
    return subprocess.run([place.PROGRAM, "check", "--format", "json", "-"], stdin=stdin, capture_output=True, env=place.clean_environ()).stdout


def test_standard_input(get, scratch):
    env = get(WEB).path
    shell("tar", "-czf", scratch / "e.tgz", "-C", env.parent, env.name)
    from_file = piped(open(scratch / "e.tgz", "rb"))
    pipe = subprocess.Popen(["cat", scratch / "e.tgz"], stdout=subprocess.PIPE)
    from_pipe = piped(pipe.stdout)
    assert pipe.wait() == 0 and from_file == from_pipe and b'"path": "-"' in from_file
    pipe = subprocess.Popen(["true"], stdout=subprocess.PIPE)
    assert b"no tar and no zip" in piped(pipe.stdout)
    pipe.wait()


@pytest.mark.both
def test_several_environments(get, scratch):
    env = get(WEB).path
    with tarfile.open(scratch / "two.tar", "w") as t:
        t.add(env, "b/env")
        for link in (env / "bin").glob("python*"):
            link.unlink()
        t.add(env, "a/env")
    doc = report("check", scratch / "two.tar", rc=1)
    assert [(r["environment"]["member"], r["exit"]) for r in doc["reports"]] == [("a/env", 1), ("b/env", 0)]
    text = vf("check", scratch / "two.tar", rc=1).out.decode()
    assert f"{scratch}/two.tar: a/env: would not work" in text and "2 environments: 1 fine, 1 with problems" in text
    doc = report("check", scratch / "two.tar", env, rc=1)
    assert len(doc["reports"]) == 3


def test_the_base_in_the_archive(get, scratch):
    """A relative link to an interpreter in the same archive."""
    env = get(BARE).path
    base = report("check", env)["environment"]["base"]
    real = os.path.realpath(base)
    minor = os.path.basename(real)
    top = scratch / "made"
    shutil.copytree(env, top / "app/.venv", symlinks=True)
    (top / "app/py/bin").mkdir(parents=True)
    (top / f"app/py/lib/{minor}").mkdir(parents=True)
    (top / f"app/py/lib/{minor}/os.py").write_text("")
    shutil.copy(real, top / f"app/py/bin/{minor}")
    (top / "app/.venv/bin/python").unlink()
    (top / "app/.venv/bin/python").symlink_to(f"../../py/bin/{minor}")
    cfg = top / "app/.venv/pyvenv.cfg"
    cfg.write_text(re.sub("(?m)^home.*", "home = /opt/it/app/py/bin", cfg.read_text()))
    shell("tar", "-czf", scratch / "a.tgz", "-C", top, "app")
    doc = report("check", "--at", "/opt/it/app/.venv", scratch / "a.tgz")
    assert doc["environment"]["base_exists"] and not find(doc, rule="VF102") and not find(doc, rule="VF101"), doc["findings"]
    doc = report("check", "--at", "/opt/it/else", scratch / "a.tgz")
    assert find(doc, rule="VF101") or find(doc, rule="VF102"), "the archive's directories have other names there"


def test_names_are_bytes(get, scratch):
    env = get(BARE).path
    for name in "caf\udce9", "two\nlines", "tab\t", "ü" * 90:
        (env / name).write_text(f"{env}/x")
    there = found(report("check", "--here", env))
    for name, make in (("g.tar", gnu_tar("--format=gnu")), ("p.tar", gnu_tar("--format=pax")), ("b.tgz", lambda env, to: shell("bsdtar", "-czf", to, "-C", env.parent, env.name))):
        make(env, scratch / name)
        assert found(report("check", scratch / name)) == there, name


# --- hostile members

def archive(path, members, env):
    """A tar of an environment, with more members: (name, type, link or contents)."""
    with tarfile.open(path, "w") as t:
        t.add(env, "env")
        for name, kind, value in members:
            i = tarfile.TarInfo(name)
            i.type, i.mode = kind, 0o755
            if kind == tarfile.REGTYPE:
                i.size = len(value)
                t.addfile(i, io.BytesIO(value))
            else:
                i.linkname = value
                t.addfile(i)
    return path


REG, SYM, LNK, FIFO, DIR = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE
HOSTILE = {
    "leaves": ([("env/../../up", REG, b"x"), ("../up", REG, b"x")], "VF841"),
    "absolute": ([("/CANARY", REG, b"x")], "VF842"),
    "twice": ([("env/etc/a", REG, b"1"), ("env/etc/a", REG, b"2")], "VF843"),
    "below a link": ([("env/l", SYM, "CANARY"), ("env/l/x", REG, b"x")], "VF841"),
    "link to a link": ([("env/l", SYM, "CANARY"), ("env/m", SYM, "l"), ("env/m/x", REG, b"x")], "VF841"),
    "hard link out": ([("env/h", LNK, "../../../../../../etc/passwd")], "VF841"),
    "hard link to nothing": ([("env/h", LNK, "env/none")], "VF841"),
    "loop": ([("env/a", SYM, "b"), ("env/b", SYM, "a")], "VF807"),
    "pipe": ([("env/p", FIFO, "")], "VF811"),
    "file for a directory": ([("env/etc/x/y", REG, b"1"), ("env/etc/x", REG, b"1")], "VF843"),
    "bin is a link": ([("env/lib64x", SYM, "CANARY/bin")], "VF80"),
}


@pytest.mark.both
@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_members(get, what, scratch):
    env = get(BARE).path
    canary = scratch / "canary"
    canary.mkdir()
    (canary / "passwd").write_text("secret\n")
    members, rule = HOSTILE[what]
    replaced = [tuple(v.replace("CANARY", str(canary)) if isinstance(v, str) else v for v in m) for m in members]
    doc = report("check", archive(scratch / "h.tar", replaced, env))
    assert any(f["rule"].startswith(rule) for f in doc["findings"]), doc["findings"]
    before = report("check", archive(scratch / "plain.tar", [], env))
    assert {f["rule"] for f in doc["findings"]} - {f["rule"] for f in before["findings"]} <= {"VF841", "VF842", "VF843", "VF802", "VF803", "VF807", "VF811"}
    assert sorted(os.listdir(scratch)) == ["canary", "h.tar", "plain.tar"]


@pytest.mark.ordinary
def test_nothing_is_opened_by_a_name_of_the_archive(get, scratch):
    if not shutil.which("strace"):
        envs.not_run("archives under strace", "strace is not installed")
        pytest.skip("no strace")
    env = get(BARE).path
    canary = scratch / "canary"
    canary.mkdir()
    (canary / "passwd").write_text("secret\n")
    every = [tuple(v.replace("CANARY", str(canary)) if isinstance(v, str) else v for v in m) for members, _ in HOSTILE.values() for m in members]
    file = archive(scratch / "h.tar", every, env)
    os.rename(env, env.with_name("away"))
    trace = scratch / "trace"
    p = subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=open,openat,openat2,creat,mkdir,mkdirat,symlink,symlinkat,link,linkat,rename,renameat2,unlink,unlinkat",
                        str(place.PROGRAM), "check", str(file)], capture_output=True)
    if p.returncode not in (0, 1):
        envs.not_run("archives under strace", "strace may not trace here")
        pytest.skip(p.stderr.decode())
    text = trace.read_text()
    assert "h.tar" in text
    assert "canary" not in text and "passwd" not in text and str(env) not in text
    made = [line for line in text.splitlines() if re.search(r"O_CREAT|mkdir|symlink|link\(|rename", line) and " = -1 " not in line]
    assert made == []


def test_damaged_and_cut_archives(get, scratch):
    env = get(BARE).path
    whole = archive(scratch / "w.tar", [], env).read_bytes()
    packed = {"x.tar": whole, "x.tgz": gzip.compress(whole, 1), "x.tbz": bz2.compress(whole, 1), "x.txz": lzma.compress(whole, preset=0)}
    python_zip(env, scratch / "w.zip")
    packed["x.zip"] = (scratch / "w.zip").read_bytes()
    for name, data in packed.items():
        for n in (513, len(data) // 3, len(data) // 2, len(data) - 12000 if name == "x.tar" else len(data) - 9):
            (scratch / name).write_bytes(data[:n])
            doc = error("check", scratch / name, code="bad-archive")
            assert doc["path"], (name, n)
        (scratch / name).write_bytes(data)
        report("check", scratch / name)


def test_a_bomb_is_bounded(scratch):
    head = tarfile.TarInfo("e/pyvenv.cfg")
    head.size = 1 << 33
    zeros = gzip.compress(b"\0" * (32 << 20), 9)
    (scratch / "b.tgz").write_bytes(gzip.compress(head.tobuf()) + zeros * 64)
    doc = error("check", scratch / "b.tgz", code="bad-archive")
    assert "tightly" in doc["message"] or "cut short" in doc["message"] or "runcated" in doc["message"], doc


def test_a_zip_without_modes(get, scratch):
    env = get(WEB).path
    with zipfile.ZipFile(scratch / "e.zip", "w") as z:
        for top, _, names in os.walk(env):
            for name in names:
                path = os.path.join(top, name)
                if os.path.isfile(path):
                    info = zipfile.ZipInfo(os.path.relpath(path, env.parent))
                    info.create_system = 0
                    z.writestr(info, open(path, "rb").read())
    doc = report("check", scratch / "e.zip", rc=1)
    lost, = find(doc, rule="VF844")
    assert lost["level"] == "error" and not find(doc, rule="VF211") and not doc["answers"]["sound"]
    python_zip(env, scratch / "kept.zip")
    assert not find(report("check", scratch / "kept.zip"), rule="VF844")


# --- archives of other things

def zipped(*names):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        for name in names:
            z.writestr(name, b"x")
    return b.getvalue()


def tarred(*names):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w:gz") as t:
        for name in names:
            i = tarfile.TarInfo(name)
            i.size = 1
            t.addfile(i, io.BytesIO(b"x"))
    return b.getvalue()


@pytest.mark.parametrize("name,data,word", [
    ("a-1.0-py3-none-any.whl", zipped("a/__init__.py", "a-1.0.dist-info/WHEEL", "a-1.0.dist-info/RECORD"), "wheel"),
    ("a.pex", zipped("PEX-INFO", "__main__.py"), "pex"),
    ("a-1.0.tar.gz", tarred("a-1.0/PKG-INFO", "a-1.0/setup.py"), "sdist"),
    ("a-1.0-0.conda", zipped("metadata.json", "pkg-a-1.0-0.tar.zst"), "conda"),
    ("a-1.0-0.tar.gz", tarred("info/index.json", "lib/a"), "conda"),
    ("image.tar.gz", tarred("manifest.json", "x/layer.tar"), "--root"),
    ("other.tgz", tarred("x/y"), "pyvenv.cfg"),
], ids=lambda v: v if isinstance(v, str) else "-")
def test_archives_of_other_things(name, data, word, scratch):
    (scratch / name).write_bytes(data)
    doc = error("check", scratch / name, code="not-an-environment")
    assert word in doc["message"] and doc["path"] == str(scratch / name)
    r = vf("check", scratch / name, rc=2)
    assert len(r.err.decode().splitlines()) == 1


def test_a_bundle_is_still_one(scratch):
    (scratch / "w").mkdir()
    verify.tiny_wheel(scratch / "w", "one")
    (scratch / "r.txt").write_text("one\n")
    for name in ("b.tar.zst", "b.zip"):
        vf("pack", "--python", "3.11", "--find-links", scratch / "w", scratch / "r.txt", "-o", scratch / name, rc=0)
        assert "Complete for its target" in vf("check", scratch / name, rc=0).out.decode()
