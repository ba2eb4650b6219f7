"""recreate from a lock bundle, and from an environment for another interpreter."""
import hashlib
import io
import json
import os
import tarfile
import zipfile

import pytest

import envs
import place
from envs import Recipe, run, wheels
from test_recreate_list import HERE, LINKS, _no_caches, nothing, site, write  # noqa: F401 (a fixture)
from test_wheels import make_wheel, snapshot
from vf import report, vf

ENV = Recipe("debian", "pip", "web")


def other_python(what, cpython=False):
    """An interpreter of another minor version than Debian's. Debian's own where there is none (`cpython`: PyPy is none): the test then does
    what needs no second version, and the last lines of the run say that the rest was not run."""
    found = envs.second()
    if found and not (cpython and "pypy" in os.path.basename(found)):
        return found
    envs.not_run(what, "no second minor version of Python" if found is None else "only PyPy is a second version")
    return envs.DEBIAN


def frozen(env):
    return vf("freeze", env, rc=0).out


# --- bundles ---

@pytest.fixture
def bundle(env, scratch):
    tool = env.path / "bin/tool"
    tool.write_bytes(b"#!%s/bin/python\nimport sys\nprint(sys.prefix)\n" % os.fsencode(env.path))
    tool.chmod(0o755)
    (env.path / "etc").mkdir()
    (env.path / "etc/local.ini").write_text("x = 1\n")
    file = scratch / "app.tar.zst"
    report("pack", env.path, "-o", file, rc=0)
    return file


@pytest.mark.both
def test_bundle(env, bundle, scratch):
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    doc = report("recreate", bundle, scratch / "new", *HERE, "--sha256", digest.upper(), "--prove", "imports", rc=0)
    new = scratch / "new"
    assert {q["origin"] for q in doc["requirements"]} == {"bundle"} and doc["sha256"] == digest
    assert frozen(new) == frozen(env.path)
    assert run(new / "bin/tool").decode().strip() == str(new) and (new / "etc/local.ini").read_text() == "x = 1\n"
    assert (new / "bin/pip").exists()
    vf("check", "--at", new, "--hashes", new, rc=0)
    requested = lambda root: sorted(p.parent.name for p in root.rglob("REQUESTED"))
    assert requested(new) == requested(env.path)
    assert not [n for n in os.listdir(scratch) if n.startswith(".venvfix")]


def test_bundle_with_compiled_files(env, scratch):
    """They are used only where the bundle's digest vouches for them, and are then valid: nothing is compiled again."""
    file = scratch / "app.tar.zst"
    report("pack", "--pycache", env.path, "-o", file, rc=0)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    compiled = lambda root: {p.relative_to(root): p.stat().st_mtime_ns for p in root.rglob("*.pyc")}
    r = vf("recreate", file, scratch / "one", *HERE, rc=0)
    assert not compiled(scratch / "one") and b"--sha256" in r.err
    report("recreate", file, scratch / "two", *HERE, "--sha256", digest, rc=0)
    before = compiled(scratch / "two")
    assert any(p.name.startswith("six.") for p in before)
    run(scratch / "two/bin/python", "-c", "import six, pip._internal.cli.main")
    assert compiled(scratch / "two") == before
    vf("check", "--at", scratch / "two", "--hashes", scratch / "two", rc=0)


def test_bundle_refused(bundle, scratch):
    def error(*options, source=bundle, code=None):
        doc = report("recreate", source, scratch / "new", *options, rc=2)
        nothing(scratch)
        assert code is None or doc["error"]["code"] == code, doc
        return doc["error"]["message"]
    assert "--sha256" in error(*HERE, "--sha256", "0" * 64, code="bad-archive")
    older = [v for v in envs.interpreters() if int(v[2:]) < 11]
    if older:
        oldest = envs.interpreters()[min(older, key=lambda v: int(v[2:]))]
        assert "does not allow" in error("--python", oldest, code="incompatible")
    else:
        envs.not_run("a bundle for an older Python is refused", "no older Python")
    data = bundle.read_bytes()
    for name, bad in (("cut", data[:len(data) // 2]), ("flipped", data[:2000] + bytes([data[2000] ^ 1]) + data[2001:]), ("empty", data[:8])):
        error(*HERE, source=_write(scratch / name, bad), code="bad-archive")
    error(*HERE, source=_write(scratch / "other.zip", zipped({"x": b""})), code="bad-archive")
    error(*HERE, source=_write(scratch / "other.tar", tarred({"x": b""})), code="bad-archive")


def _write(path, data):
    path.write_bytes(data)
    return path


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            z.writestr(name, data)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_bundle_dry_run(bundle, scratch):
    before = sorted(os.listdir(scratch))
    doc = report("recreate", "-n", bundle, scratch / "new", *HERE, rc=0)
    assert sorted(os.listdir(scratch)) == before and "from bundle" in doc["diff"]


# --- another interpreter ---

@pytest.mark.both
@pytest.mark.recipe(ENV)
def test_another_minor(env, scratch):
    project = scratch / "proj"
    project.mkdir()
    write(project / "pyproject.toml", "[build-system]", 'requires = ["flit-core"]', 'build-backend = "flit_core.buildapi"',
          "[project]", 'name = "mine"', 'version = "1.0"', 'description = "x"', "[project.scripts]", 'mine = "mine:main"')
    write(project / "mine.py", "def main():", "    import sys", "    print(sys.version_info[:2])")
    run(env.path / "bin/pip", "install", "-q", "--no-deps", "-e", project)
    carried = site(env.path) / "notes.txt"
    carried.write_text(f"{env.path}/bin/python\n")
    with open(site(env.path) / "click/core.py", "a") as f:
        f.write("# changed by hand\n")
    before = snapshot(env.path)
    python, new = other_python("recreate for another minor version", cpython=True), scratch / "new"
    same = python == envs.DEBIAN
    doc = report("recreate", env.path, new, *LINKS, "--python", python, "--offline", rc=0)
    by_name = {q["name"]: q for q in doc["requirements"]}
    assert by_name["markupsafe"]["origin"] == ("environment" if same else "find-links")
    assert same or "cp311" in by_name["markupsafe"]["was"]
    assert by_name["flask"]["origin"] == by_name["mine"]["origin"] == "environment" and by_name["flask"]["was"] is None
    assert by_name["click"]["modified"] and doc["carried"]
    minor = doc["python"].rsplit(".", 1)[0]
    assert run(new / "bin/mine").decode().replace(", ", ".").strip() == f"({minor})"
    assert (new / f"lib/python{minor}/site-packages/notes.txt").read_text() == f"{new}/bin/python\n"
    assert (new / f"lib/python{minor}/site-packages/click/core.py").read_text().endswith("# changed by hand\n")
    hidden = (b"setuptools==",)  # in no list before 3.12
    assert [line for line in frozen(new).splitlines() if not line.startswith(hidden)] == frozen(env.path).splitlines()
    assert same or not (new / "lib/python3.11").exists()
    assert snapshot(env.path) == before
    vf("check", "--at", new, "--hashes", "--fail-on", "error", new, rc=0)


def test_same_minor(env, scratch):
    """Another base of the same minor version needs no other wheel."""
    doc = report("recreate", env.path, scratch / "new", "--python", envs.DEBIAN, "--offline", rc=0)
    assert {q["origin"] for q in doc["requirements"]} == {"environment"}
    assert frozen(scratch / "new") == frozen(env.path)


def test_gaps_that_were_there(scratch):
    """What an environment lacked before stops nothing; what it begins to lack with the new Python does."""
    (scratch / "w").mkdir()
    minor = lambda p: run(p, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").decode().strip()
    make_wheel(scratch / "w", "mine", {"mine.py": b""}, headers=["Requires-Dist: gone"])
    run(envs.DEBIAN, "-m", "venv", "--without-pip", scratch / "old")
    run(place.UV, "pip", "install", "-q", "--no-deps", "-p", scratch / "old/bin/python", scratch / "w/mine-1.0-py3-none-any.whl")
    other = other_python("what a dependency of another minor version lacks")
    r = vf("recreate", scratch / "old", scratch / "new", "--python", other, "--offline", rc=0)
    assert b"needs 'gone', which is not there" in r.err
    envs.rmtree(scratch / "new")
    if other == envs.DEBIAN:
        return
    make_wheel(scratch / "w", "mine", {"mine.py": b""}, headers=[f"Requires-Dist: gone; python_version == '{minor(other)}'"])
    run(place.UV, "pip", "install", "-q", "--no-deps", "--reinstall", "-p", scratch / "old/bin/python", scratch / "w/mine-1.0-py3-none-any.whl")
    doc = report("recreate", scratch / "old", scratch / "new", "--python", other, "--offline", rc=2)
    assert doc["error"]["code"] == "incomplete" and "needs 'gone'" in doc["error"]["message"]
    nothing(scratch)


@pytest.mark.recipe(ENV)
def test_missing_wheel(env, scratch):
    other = other_python("a wheel that is missing for another minor version", cpython=True)
    if other == envs.DEBIAN:
        report("recreate", env.path, scratch / "new", "--python", other, "--offline", rc=0)
        return
    doc = report("recreate", env.path, scratch / "new", "--python", other, "--offline", rc=2)
    assert doc["error"]["code"] == "incomplete" and doc["error"]["path"].startswith("charset-normalizer==")
    assert "for another Python" in doc["error"]["message"]
    nothing(scratch)


def test_reinstall(scratch):
    (scratch / "w").mkdir()
    wheel = make_wheel(scratch / "w", "mine", {"mine.py": b"1\n"})
    source = write(scratch / "r.txt", "mine")
    report("recreate", source, scratch / "old", "--find-links", scratch / "w", *HERE, rc=0)
    (site(scratch / "old") / "mine.py").write_text("changed\n")
    doc = report("recreate", scratch / "old", scratch / "new", "--reinstall", "--find-links", scratch / "w", "--offline", rc=0)
    assert doc["requirements"][0]["origin"] == "find-links"
    assert (site(scratch / "new") / "mine.py").read_bytes() == b"1\n"
    wheel.unlink()
    doc = report("recreate", scratch / "old", scratch / "three", "--reinstall", "--find-links", scratch / "w", "--offline", rc=2)
    assert doc["error"]["code"] == "incomplete"


def test_json_is_whole(scratch):
    write(scratch / "r.txt", "six")
    doc = report("recreate", scratch / "r.txt", scratch / "new", *LINKS, *HERE, rc=0)
    assert doc["verb"] == "recreate" and doc["to"] == str(scratch / "new") and doc["from"] == str(scratch / "r.txt")
    assert json.dumps(doc) and doc["proof"]["imports"] is None and wheels("six")
