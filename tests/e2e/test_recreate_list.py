"""recreate from requirement lists and lock files: made by the interpreter's venv, filled from wheels."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import warnings
import zipfile

import pytest

import envs
import place
from envs import run, wheels
from test_wheels import EVIL, make_wheel
from vf import report, vf

LINKS = ("--find-links", place.WHEELHOUSE)
HERE = ("--python", envs.DEBIAN, "--offline")
FLASK = ("flask", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker")


@pytest.fixture(autouse=True)
def _no_caches(monkeypatch):
    """What lies in the caches of the user must not matter."""
    monkeypatch.setattr("vf.clean_environ", lambda: place.clean_environ(XDG_CACHE_HOME=str(place.SCRATCH / "cache"), UV_CACHE_DIR=""))


def write(path, *lines, encoding="utf-8", end="\n"):
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


def made(scratch, *lines, options=(*LINKS, *HERE), rc=0, name="requirements.txt", **kw):
    source = write(scratch / name, *lines, **kw)
    return report("recreate", source, scratch / "new", *options, rc=rc)


def nothing(scratch, names=("requirements.txt",)):
    assert not (scratch / "new").exists()
    assert not [n for n in os.listdir(scratch) if n.startswith(".venvfix")]


def refused(scratch, *lines, words, code=None, options=(*LINKS, *HERE), **kw):
    doc = made(scratch, *lines, options=options, rc=2, **kw)
    assert words in doc["error"]["message"] or words in (doc["error"]["path"] or ""), doc
    assert code is None or doc["error"]["code"] == code, doc
    nothing(scratch)


def names(python):
    return {d["name"].lower(): d["version"] for d in json.loads(run(place.UV, "pip", "list", "--format", "json", "-p", python))}


def site(env):
    return next(env.glob("lib/python3*/site-packages"))


# --- it is an environment ---

@pytest.mark.both
def test_flask(scratch):
    doc = made(scratch, *FLASK, "tomli; python_version < '3'", options=(*LINKS, *HERE, "--prove", "imports", "--compile"))
    assert {q["name"] for q in doc["requirements"]} == set(FLASK)
    assert all(q["how"] == "installed" and q["origin"] == "find-links" and q["wheel"].endswith(".whl") for q in doc["requirements"])
    assert doc["proof"].pop("packages", None) in (True, None) and doc["proof"] == {"static": True, "freeze": True, "record": True, "interpreter": True, "imports": True}
    new = scratch / "new"
    assert run(new / "bin/flask", "--version").startswith(b"Python 3")
    assert (new / "bin/flask").read_bytes().startswith(b"#!%s/bin/python\n" % os.fsencode(new))
    assert not (new / "bin/pip").exists()
    assert (site(new) / "flask/__pycache__").is_dir()
    vf("check", "--hashes", "--at", new, new, rc=0)
    assert oct(new.stat().st_mode) == oct((new / "bin").stat().st_mode)
    assert b".venvfix" not in subprocess.run(["grep", "-rl", r"\.venvfix", new], capture_output=True).stdout
    assert (site(new) / "flask-3.1.3.dist-info/REQUESTED").exists()


def test_others_take_it_for_theirs(scratch):
    made(scratch, *FLASK, "pip")
    new = scratch / "new"
    listed = run(new / "bin/pip", "list", "--format", "freeze").decode().split()
    assert {line.split("==")[0].lower() for line in listed} == {*FLASK, "pip"}
    assert b"No broken requirements found" in run(new / "bin/pip", "check")
    assert set(names(new / "bin/python")) == {*FLASK, "pip"}
    run(place.UV, "pip", "check", "-p", new / "bin/python")
    run(new / "bin/pip", "uninstall", "-q", "-y", "itsdangerous")
    assert not list(site(new).glob("itsdangerous*"))
    run(place.UV, "pip", "install", "-q", "-p", new / "bin/python", "itsdangerous", "six")
    run(place.UV, "pip", "uninstall", "-q", "-p", new / "bin/python", "flask")
    assert not (new / "bin/flask").exists()
    run(place.VIRTUALENV, "-q", "--no-seed", "-p", envs.DEBIAN, new)
    assert run(new / "bin/python", "-c", "import six, jinja2")  == b""
    cfg = dict(line.split(" = ", 1) for line in (new / "pyvenv.cfg").read_text().splitlines())
    assert cfg["home"] == "/usr/bin" and cfg["include-system-site-packages"] == "false"  # what poetry and VS Code read


def test_same_as_pip(scratch):
    """The tree that venv and pip make at the same place, but for the known differences (test_wheels)."""
    from test_wheels import DIFFERENCES, compare, entry_points, snapshot
    assert DIFFERENCES
    chosen = [wheels(n)[0] if n != "markupsafe" else next(place.WHEELHOUSE.glob(f"markupsafe-*-cp3{envs_minor()}-*.whl")) for n in FLASK]
    made(scratch, *map(str, chosen))
    new = scratch / "new"
    ours = snapshot(new)
    envs.rmtree(new)
    run(envs.DEBIAN, "-I", "-m", "venv", "--without-pip", new)
    pip = wheels("pip")[0]
    run(new / "bin/python", pip / "pip", "-q", "install", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir", *chosen)
    pips = snapshot(new)
    assert ours["pyvenv.cfg"][1].replace(b"/usr/bin/python3 ", b"") == pips["pyvenv.cfg"][1].replace(b"/usr/bin/python3 ", b"")
    compare(ours, pips, set().union(*map(entry_points, chosen)))


def envs_minor():
    return run(envs.DEBIAN, "-c", "import sys; print(sys.version_info[1])").decode().strip()


def test_options(scratch):
    doc = made(scratch, "six", options=(*LINKS, *HERE, "--copies", "--prompt=-my env"))
    new = scratch / "new"
    assert not (new / "bin/python3").is_symlink() and "prompt = '-my env'" in (new / "pyvenv.cfg").read_text()
    assert b"my env" in (new / "bin/activate").read_bytes()
    assert doc["python"].startswith("3.") and doc["interpreter"] == "/usr/bin/python3"


@pytest.mark.parametrize("name", ["a b", "x" * 120, "caf\u00e9", "it's", "-dash"])
def test_odd_places(scratch, name):
    source = write(scratch / "r.txt", "pip", "six")
    new = scratch / "d" / name
    new.parent.mkdir()
    report("recreate", *LINKS, *HERE, "--", source, new, rc=0)
    assert b"pip" in run(new / "bin/pip", "--version")
    out = run("bash", "-c", '. "$1/bin/activate" && python -c "import sys, six; print(sys.prefix)"', "-", new)
    assert out.strip() == os.fsencode(new)


@pytest.mark.parametrize("name", ["a b", "x" * 120])
def test_scripts_that_use_their_docstring(scratch, name):
    """The first line of such a script cannot become a string: `env -S` finds the interpreter."""
    (scratch / "w").mkdir()
    body = b'#!python\n"""Usage: told"""\nfrom __future__ import annotations\nprint(__doc__)\n'
    make_wheel(scratch / "w", "told", {"told-1.0.data/scripts/told": body})
    new = scratch / name
    report("recreate", "--find-links", scratch / "w", *HERE, write(scratch / "r.txt", "told"), new, rc=0)
    assert run(new / "bin/told") == b"Usage: told\n"


def test_other_interpreters(scratch):
    for version, python in sorted(envs.interpreters().items())[:1 if not place.FULL else None]:
        envs.rmtree(scratch / "new")
        doc = made(scratch, "six", "markupsafe", options=(*LINKS, "--python", python, "--offline", "--prove", "imports"))
        assert doc["python"].startswith(version + ".")
        assert run(scratch / "new/bin/python", "-c", "import markupsafe._speedups, six").strip() == b""


def test_python_is_found(scratch):
    by_env = made(scratch, "six", options=(*LINKS, "--offline"))
    assert os.path.realpath(by_env["interpreter"]) == os.path.realpath(shutil.which("python3", path=place.clean_environ()["PATH"]))
    envs.rmtree(scratch / "other")
    doc = report("recreate", scratch / "requirements.txt", scratch / "other", *LINKS, "--offline", "--python", scratch / "new", rc=0)
    assert os.path.realpath(doc["interpreter"]) == os.path.realpath(by_env["interpreter"])  # of an environment: its base
    envs.rmtree(scratch / "new")
    refused(scratch, "six", words="no interpreter", code="no-base", options=(*LINKS, "--python", "/no/python"))
    refused(scratch, "six", words="--python PATH names one", code="no-base", options=(*LINKS, "--python", "python9.9"))
    refused(scratch, "six", words="does not answer", options=(*LINKS, "--python", "/bin/false"))


# --- lists ---

def test_spellings(scratch):
    for kw in ({"encoding": "utf-16"}, {"encoding": "utf-8-sig"}, {"end": "\r\n"}, {"encoding": "utf-16-le"}):
        envs.rmtree(scratch / "new")
        if kw.get("encoding") == "utf-16-le":
            doc = made(scratch, "\ufeffsix \\", "  >= 1.0 # comment", **kw)
        else:
            doc = made(scratch, "# caf\u00e9", "six \\", "  >= 1.0 # comment", "", **kw)
        assert [q["name"] for q in doc["requirements"]] == ["six"]


def test_includes_and_constraints(scratch):
    (scratch / "sub").mkdir()
    write(scratch / "sub/more.txt", "idna", "-c limits.txt")
    old = wheels("click")[-1].name.split("-")[1]
    write(scratch / "sub/limits.txt", f"click<={old}", "never-asked-for==1")
    source = write(scratch / "requirements.txt", "-r sub/more.txt", "Click", "${PACKAGE}")
    r = vf("recreate", "--format", "json", source, scratch / "new", *LINKS, *HERE, rc=0, env=place.clean_environ(PACKAGE="six"))
    doc = json.loads(r.out)
    assert {q["name"]: q["version"] for q in doc["requirements"]}["click"] == old
    assert {q["name"] for q in doc["requirements"]} == {"idna", "click", "six"}
    envs.rmtree(scratch / "new")
    (scratch / "in").mkdir()
    write(scratch / "in/requirements.txt", "-r ../sub/more.txt")
    doc = report("recreate", scratch / "in/requirements.txt", scratch / "new", *LINKS, *HERE, rc=2)
    assert "allow-outside" in doc["error"]["message"] or "directory" in doc["error"]["message"]
    report("recreate", scratch / "in/requirements.txt", scratch / "new", *LINKS, *HERE, "--allow-outside", rc=0)


def test_list_names_its_links(scratch):
    (scratch / "w").mkdir()
    make_wheel(scratch / "w", "mine", {"mine.py": b""})
    doc = made(scratch, "--find-links w", "--no-index", "mine", options=("--python", envs.DEBIAN))
    assert doc["requirements"][0]["origin"] == "find-links"


def test_hashes(scratch):
    (scratch / "w").mkdir()
    good = hashlib.sha256(make_wheel(scratch / "w", "mine", {"mine.py": b"1\n"}).read_bytes()).hexdigest()
    (scratch / "v").mkdir()
    shutil.copy(make_wheel(scratch / "v", "mine", {"mine.py": b"2\n"}), scratch / "v/mine-1.0-1-py3-none-any.whl")  # a better build, another hash
    links = ("--find-links", scratch / "v", "--find-links", scratch / "w", *HERE)
    doc = made(scratch, f"mine --hash=sha256:{good}", options=(*links, "--require-hashes"))
    assert doc["requirements"][0]["wheel"] == "mine-1.0-py3-none-any.whl"
    assert (site(scratch / "new") / "mine.py").read_bytes() == b"1\n"
    envs.rmtree(scratch / "new")
    assert made(scratch, "mine", options=links)["requirements"][0]["wheel"] == "mine-1.0-1-py3-none-any.whl"
    envs.rmtree(scratch / "new")
    refused(scratch, f"mine --hash=sha256:{'0' * 64}", words="not have a hash of the list", code="incomplete", options=links)
    refused(scratch, f"mine --hash=sha256:{good}", "six", words="no --hash", options=(*links, *LINKS, "--require-hashes"))
    refused(scratch, f"mine --hash=md5:{'0' * 32}", words="hash", code="bad-list", options=links)


def test_closure(scratch):
    refused(scratch, "flask", "click", words="flask 3.1.3 needs 'blinker>=1.9.0', which is not there", code="incomplete")
    (scratch / "w").mkdir()
    wheel_with(scratch / "w", "top", "Requires-Dist: six; extra == 'more'", "Requires-Dist: idna; python_version < '3'", "Provides-Extra: more")
    links = ("--find-links", scratch / "w", *HERE)
    made(scratch, "top", options=links)
    envs.rmtree(scratch / "new")
    refused(scratch, "top[more]", words="top[more] 1.0 needs 'six', which is not there", options=links)
    wheel_with(scratch / "w", "top", "Requires-Dist: six>=99")
    refused(scratch, "top", "six", words="needs 'six>=99', and 1.", options=(*links, *LINKS))


def wheel_with(directory, name, *headers, version="1.0"):
    return make_wheel(directory, name, {f"{name}.py": b""}, version=version, headers=headers)


def test_choice(scratch):
    (scratch / "w").mkdir()
    for v in ("1.0", "1.5", "2.0rc1"):
        make_wheel(scratch / "w", "mine", {"mine.py": b""}, version=v)
    wheel_with(scratch / "w", "mine", "Requires-Python: >=9", version="1.9")
    links = ("--find-links", scratch / "w", *HERE)
    version = lambda *lines: made(scratch, *lines, options=links)["requirements"][0]["version"]
    for lines, want in ((("mine",), "1.5"), (("mine<1.5",), "1.0"), (("mine>=2.0rc1",), "2.0rc1"), (("--pre", "mine"), "2.0rc1"), (("mine", "mine<=1.0"), "1.0")):
        assert version(*lines) == want
        envs.rmtree(scratch / "new")
    refused(scratch, "mine==1.9", words="requires Python", code="incomplete", options=links)
    refused(scratch, "mine==7", words="is another version", options=links)
    refused(scratch, "other", words="no wheel found for it", options=links)


def test_direct_references(scratch):
    (scratch / "w").mkdir()
    wheel = make_wheel(scratch / "w", "mine", {"mine.py": b""})
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for line in (str(wheel), f"mine @ file://{wheel}", f"file://{wheel}#sha256={digest}"):
        made(scratch, line, options=HERE)
        data = json.loads((site(scratch / "new") / "mine-1.0.dist-info/direct_url.json").read_text())
        assert data == {"archive_info": {"hash": f"sha256={digest}", "hashes": {"sha256": digest}}, "url": f"file://{wheel}"}
        assert b"file://" in vf("freeze", scratch / "new", rc=0).out
        envs.rmtree(scratch / "new")
    refused(scratch, f"file://{wheel}#sha256={'0' * 64}", words="not have a hash of the list", options=HERE)
    refused(scratch, f"other @ file://{wheel}", words="the file is 'mine-1.0", code="bad-list", options=HERE)
    refused(scratch, str(scratch / "gone-1.0-py3-none-any.whl"), words="gone-1.0", options=HERE)


@pytest.mark.both
def test_refused(scratch):
    (scratch / "proj").mkdir()
    refused(scratch, f"-e {scratch}/proj", words="editable", code="not-supported")
    refused(scratch, f"{scratch}/proj", words="--build", code="not-supported")
    refused(scratch, "git+https://example.org/x@main#egg=x", words="--build", code="not-supported")
    refused(scratch, "six", "six @ https://example.org/six-1-py3-none-any.whl", words="two locations", code="bad-list")
    refused(scratch, "six; nonsense == '1'", words="nonsense", code="bad-list")
    refused(scratch, "six >", words="line 1: '>' is not", code="bad-list")
    refused(scratch, "-r gone.txt", words="gone.txt")
    refused(scratch, "--no-binary :all:", "six", words="--no-binary", code="not-supported")
    (scratch / "s").mkdir()
    write(scratch / "s/only-1.0.tar.gz", "")
    refused(scratch, "only", words="only a source archive", code="not-supported", options=("--find-links", scratch / "s", *HERE))
    refused(scratch, "six", words="No such file or directory", code="not-found", options=("--find-links", scratch / "nowhere", *HERE))
    doc = report("recreate", scratch / "gone.txt", scratch / "new", rc=2)
    assert doc["error"]["code"] == "not-found"
    (scratch / "new").mkdir()
    assert made(scratch, "six", rc=2)["error"]["code"] == "exists"
    (scratch / "new").rmdir()
    doc = report("recreate", write(scratch / "r.txt", "six"), scratch / "no/new", *LINKS, *HERE, rc=2)
    assert doc["error"]["code"] == "no-parent"


@pytest.mark.parametrize("name", ["proj", "a #1 ${HOME} 100%\\"])
def test_built(name, scratch):
    """A source, only with --build, by the host's pip, offline. No byte of its place means anything in the list that pip gets."""
    project = scratch / name
    project.mkdir()
    write(project / "pyproject.toml", "[build-system]", 'requires = ["flit-core"]', 'build-backend = "flit_core.buildapi"',
          "[project]", 'name = "mine"', 'version = "1.0"', 'description = "x"')
    write(project / "mine.py", "x = 1")
    doc = made(scratch, project.as_uri(), options=(*LINKS, *HERE, "--build"))
    assert [(q["name"], q["origin"]) for q in doc["requirements"]] == [("mine", "built")]
    assert json.loads((site(scratch / "new") / "mine-1.0.dist-info/direct_url.json").read_text()) == {"dir_info": {}, "url": project.as_uri()}


def test_dry_run(scratch):
    write(scratch / "requirements.txt", "six", "idna; python_version < '3'")
    before = sorted(os.listdir(scratch))
    doc = report("recreate", "-n", scratch / "requirements.txt", scratch / "new", *LINKS, *HERE, rc=0)
    assert doc["dry_run"] and sorted(os.listdir(scratch)) == before
    assert doc["diff"].startswith("install six==") and "skip    idna" in doc["diff"]


def test_caches(scratch):
    """What pip and uv keep is taken before an index is asked, and only where its hash can be held against a list."""
    cache = scratch / "cache"
    (cache / "pip/http-v2/a/b/c/d/e").mkdir(parents=True)
    shutil.copy(wheels("six")[0], cache / "pip/http-v2/a/b/c/d/e/abcde0123.body")
    write(cache / "pip/http-v2/a/b/c/d/e/other.body", "not a wheel")
    digest = hashlib.sha256(wheels("six")[0].read_bytes()).hexdigest()
    doc = made(scratch, f"six --hash=sha256:{digest}", options=HERE)
    assert doc["requirements"][0]["origin"] == "cache" and doc["requirements"][0]["wheel"] == wheels("six")[0].name
    envs.rmtree(scratch / "new")
    run(envs.DEBIAN, "-m", "venv", "--without-pip", scratch / "e")
    run(place.UV, "pip", "install", "-q", "-p", scratch / "e/bin/python", "flask", env=place.clean_environ(UV_CACHE_DIR=str(cache / "uv")))
    doc = made(scratch, *FLASK, options=HERE)
    assert {q["origin"] for q in doc["requirements"]} == {"cache"}
    assert run(scratch / "new/bin/flask", "--version").startswith(b"Python")
    envs.rmtree(scratch / "new")
    refused(scratch, f"idna --hash=sha256:{digest}", words="no wheel found for it", options=HERE)


@pytest.mark.parametrize("which", ["pip", "uv"])
def test_index(scratch, which):
    """An index of our own, on disk, asked through the host's tools."""
    simple = scratch / "simple"
    for wheel in [wheels("six")[0]]:
        (simple / "six").mkdir(parents=True)
        shutil.copy(wheel, simple / "six")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        write(simple / "six/index.html", f'<!DOCTYPE html><a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')
    port, version = serve(simple), wheel.name.split("-")[1]
    env = {k: v for k, v in place.clean_environ().items() if k not in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_OFFLINE", "UV_NO_INDEX", "UV_FIND_LINKS")}
    env["XDG_CACHE_HOME"] = str(scratch / "cache")
    python = envs.DEBIAN
    if which == "uv":  # an interpreter without pip of its own
        python, env["PATH"] = without_pip(scratch), f"{place.UV.parent}:/usr/bin:/bin"
    source = write(scratch / "requirements.txt", f"six=={version} --hash=sha256:{digest}")
    r = vf("recreate", "--format", "json", source, scratch / "new", "--python", python, "--index-url", f"http://127.0.0.1:{port}/", rc=0, env=env)
    q, = json.loads(r.out)["requirements"]
    assert q["origin"] in ("index", "built") and q["name"] == "six"
    envs.rmtree(scratch / "new")
    for pin in ("six", f"six=={version}"):
        write(scratch / "requirements.txt", f"{pin} --hash=sha256:{'0' * 64}")
        r = vf("recreate", source, scratch / "new", "--python", python, "--index-url", f"http://127.0.0.1:{port}/", rc=2, env=env)
        assert b"hash" in r.err.lower(), r
        nothing(scratch)


def without_pip(scratch):
    """Debian's interpreter that says that it has no pip: a program in front of it."""
    fake = write(scratch / "python", "#!/bin/sh", 'case "$*" in *"put(\'pip\'"*) shift $(($# - 1)); exec /usr/bin/python3 -I -S -B -c '
                 '"$(printf %s "$1" | sed -e "s/^put(.pip.,.*/put(\'pip\',0)/" -e "s/^put(.pip_wheel.*/put(\'pip_wheel\',\'\')/")" ;; esac', 'exec /usr/bin/python3 "$@"')
    fake.chmod(0o755)
    return fake


def test_platlib_behind_a_link(scratch):
    """Pythons whose platlib is lib64/..., while venv makes lib64 a link to lib: nothing is written through it."""
    (scratch / "w").mkdir()
    make_wheel(scratch / "w", "mine", {"mine.py": b""}, purelib=False)
    more = r"put('platlib','/lib64/python3.%d/site-packages'%sys.version_info[1])"
    fake = write(scratch / "python", "#!/bin/sh", "case $5 in *platlib*) exec /usr/bin/python3 -I -S -B -c \"$(printf '%s\\n' \"$5\" | "
                 f'sed -e "/^put(.magic/i {more}")" ;; esac', 'exec /usr/bin/python3 "$@"')
    fake.chmod(0o755)
    made(scratch, "mine", options=("--find-links", scratch / "w", "--python", fake, "--offline"))
    assert (scratch / "new/lib64").is_symlink() and (site(scratch / "new") / "mine.py").exists()


def serve(directory):
    import http.server
    import threading
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *a: None, "__init__": lambda self, *a: http.server.SimpleHTTPRequestHandler.__init__(self, *a, directory=str(directory))})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


# --- lock files ---

def lock(scratch, *packages, head=(), name="pylock.toml"):
    return write(scratch / name, 'lock-version = "1.0"', 'created-by = "t"', *head, *(line for p in packages for line in p), )


def locked(wheel, directory="w", **more):
    name, version = wheel.name.split("-")[:2]
    digest = more.pop("digest", hashlib.sha256(wheel.read_bytes()).hexdigest())
    return ["[[packages]]", f'name = "{name}"', f'version = "{version}"', *(f"{k} = {v!r}" for k, v in more.items()),
            f'wheels = [{{path = "{directory}/{wheel.name}", hashes = {{sha256 = "{digest}"}}}}]']


def test_lock(scratch):
    (scratch / "w").mkdir()
    one, two = (make_wheel(scratch / "w", n, {f"{n}.py": b""}) for n in ("one", "two"))
    source = lock(scratch, locked(one), locked(two, marker="sys_platform == 'win32'"))
    for links in (("--find-links", scratch / "w"), ()):  # from a directory, or where the lock itself says
        doc = report("recreate", source, scratch / "new", *links, *HERE, rc=0)
        assert [q["name"] for q in doc["requirements"]] == ["one"]
        assert not (site(scratch / "new") / "one-1.0.dist-info/direct_url.json").exists()
        envs.rmtree(scratch / "new")
    bad = lambda words, *a, **k: words in report("recreate", lock(scratch, *a, **k), scratch / "new", "--find-links", scratch / "w", *HERE, rc=2)["error"]["message"]
    assert bad("not have a hash of the list", locked(one, digest="0" * 64))
    assert bad("does not allow", locked(one), head=['requires-python = ">=9"'])
    nothing(scratch)


# --- hostile wheels ---

def bomb(directory):
    path = directory / "evil-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        z.writestr("evil-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr("evil-1.0.dist-info/RECORD", "")
        z.writestr("evil.bin", bytes(32 << 20))
    return path


def twice(directory):
    path = make_wheel(directory, "evil", {"evil.py": b""})
    with zipfile.ZipFile(path, "a") as z, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z.writestr("evil.py", b"2")
    return path


@pytest.mark.both
def test_hostile_wheels(scratch):
    """Whatever is wrong with a wheel: exit code 2, the wheel named, nothing at NEW and nothing beside it."""
    (scratch / "w").mkdir()
    source = write(scratch / "requirements.txt", "evil")
    makers = {what: (lambda d, a=arguments: make_wheel(d, "evil", **a)) for what, (arguments, _) in EVIL.items()}
    makers.update(bomb=bomb, twice=twice, record=lambda d: make_wheel(d, "evil", {"evil.py": b""}, rows=["evil.py,sha256=AAAA,0"]),
                  python=lambda d: make_wheel(d, "evil", {}, headers=["Requires-Python: <3"]))
    for what, maker in makers.items():
        maker(scratch / "w")
        doc = report("recreate", source, scratch / "new", "--find-links", scratch / "w", *HERE, rc=2)
        assert "evil" in doc["error"]["message"] + (doc["error"]["path"] or ""), (what, doc)
        nothing(scratch)
    good = make_wheel(scratch / "w", "evil", {"evil.py": b"1\n"}).read_bytes()
    for at in range(0, len(good), max(1, len(good) // 24)):
        (scratch / "w/evil-1.0-py3-none-any.whl").write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:])
        r = vf("recreate", "--dry-run" if at % 3 else "-q", source, scratch / "new", "--find-links", scratch / "w", *HERE, rc=(0, 2))
        if r.rc == 0:  # a bit that says nothing: a time, a system
            envs.rmtree(scratch / "new")
        nothing(scratch)


@pytest.mark.both
def test_bundle_of_bombs(scratch):
    """No wheel is one by itself, and the archive is none: what all of them hold counts."""
    (scratch / "w").mkdir()
    for n in ("one", "two", "three"):
        make_wheel(scratch / "w", n, {f"{n}.bin": bytes(15 << 20)})
    source = write(scratch / "requirements.txt", "one", "two", "three")
    for name in ("some.tar.zst", "other.tar"):
        vf("pack", source, "-o", scratch / name, "--python", "3.11", "--find-links", scratch / "w", rc=0)
        for dry in ((), ("--dry-run",)):
            doc = report("recreate", scratch / name, scratch / "new", *HERE, *dry, rc=2)
            assert "any honest file" in doc["error"]["message"], doc
            assert not (scratch / "new").exists() and not list(scratch.glob(".venvfix*"))


def test_two_wheels_want_one_file(scratch):
    (scratch / "w").mkdir()
    for n in ("one", "two"):
        make_wheel(scratch / "w", n, {"common.py": n.encode()})
    refused(scratch, "one", "two", words="both bring this file", code="exists", options=("--find-links", scratch / "w", *HERE))


def test_imports_are_proven(scratch):
    (scratch / "w").mkdir()
    make_wheel(scratch / "w", "mine", {"mine/__init__.py": b"import gone\n"})
    links = ("--find-links", scratch / "w", *HERE)
    refused(scratch, "mine", words="mine: ModuleNotFoundError: No module named 'gone'", code="proof-failed", options=(*links, "--prove", "imports"))
    made(scratch, "mine", options=links)


def test_useless_options(scratch):
    made(scratch, "six")
    doc = report("recreate", scratch / "new", scratch / "two", "--compile", rc=2)
    assert doc["error"]["code"] == "usage" and "--compile" in doc["error"]["message"]
    doc = report("recreate", scratch / "requirements.txt", scratch / "two", *LINKS, *HERE, "--sha256", "00", rc=2)
    assert doc["error"]["code"] == "usage"


def test_file_that_names_an_environment(scratch):
    """`.venv` may be a file with a path in it: then it is an environment, not a list."""
    made(scratch, "six")
    write(scratch / ".venv", "new")
    doc = report("recreate", scratch / ".venv", scratch / "two", "--python", envs.DEBIAN, "--offline", rc=0)
    assert [q["origin"] for q in doc["requirements"]] == ["environment"]


# --- killed, interrupted ---

def started(scratch, source):
    command = [os.fspath(p) for p in (place.PROGRAM, "recreate", source, scratch / "new", *LINKS, *HERE)]
    return subprocess.Popen(command, env=place.clean_environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_killed(scratch):
    """At any moment: the same command, given again, makes it whole, and nothing is left beside it."""
    source = write(scratch / "requirements.txt", *FLASK)
    for n in range(6):
        p = started(scratch, source)
        time.sleep(0.04 * n)
        p.kill()
        p.wait()
        if (scratch / "new").exists():
            break
    r = vf("recreate", source, scratch / "new", *LINKS, *HERE, rc=(0, 2))
    assert r.rc == 0 or b"exists already" in r.err, r
    assert run(scratch / "new/bin/flask", "--version")
    assert not [n for n in os.listdir(scratch) if n.startswith(".venvfix")]


def test_interrupted(scratch):
    source = write(scratch / "requirements.txt", *FLASK)
    for n in range(5):
        p = started(scratch, source)
        time.sleep(0.02 + 0.05 * n)
        p.send_signal(signal.SIGINT)
        p.wait()
        if (scratch / "new").exists():
            assert run(scratch / "new/bin/flask", "--version")
            envs.rmtree(scratch / "new")
        nothing(scratch)
