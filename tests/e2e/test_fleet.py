"""Many environments in one run: --recursive, the summary, and a report that streams."""
import json
import os
import shutil

import pytest

from vf import report, vf

N = 300


def lines_of(path):
    return path.read_bytes().decode("utf-8", "surrogateescape")


def copy(env, to):
    """Hard links of all files, but for those that hold the path, which are written for the copy."""
    shutil.copytree(env, to, symlinks=True, copy_function=os.link)
    for path in [to / "pyvenv.cfg", *to.glob("bin/*")]:
        if path.is_file() and not path.is_symlink():
            text, mode = path.read_bytes(), path.stat().st_mode
            path.unlink()
            path.write_bytes(text.replace(os.fsencode(env), os.fsencode(to)))
            path.chmod(mode)
    return to


@pytest.fixture
def small(env):
    """The environment without pip: few files."""
    site = next(env.path.glob("lib/python3*/site-packages"))
    for name in ["pip", *[p.name for p in site.glob("pip-*")], "setuptools", "pkg_resources", "_distutils_hack", *[p.name for p in site.glob("setuptools-*")]]:
        shutil.rmtree(site / name, ignore_errors=True)
    for path in [site / "distutils-precedence.pth", *env.path.glob("bin/pip*")]:
        path.unlink(missing_ok=True)
    return env.path


def rewrite(path, old, new):
    text = lines_of(path).replace(old, new)
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(mode)


def elf(path, machine):
    path.write_bytes(b"\x7fELF\2\1\1" + b"\0" * 9 + b"\3\0" + bytes([machine, 0]) + b"\1\0\0\0" + b"\0" * 8 + b"\0" * 32)


# Each breaks an environment in another way; site: its site-packages.
BREAKS = {
    "cfg lost": lambda e, site: (e / "pyvenv.cfg").unlink(),
    "no interpreter": lambda e, site: [p.unlink() for p in e.glob("bin/python*")],
    "link dangles": lambda e, site: [(e / "bin/python3").unlink(), (e / "bin/python3").symlink_to("/nowhere/python3")],
    "link loops": lambda e, site: [(e / "bin/python3").unlink(), (e / "bin/python3").symlink_to("python3")],
    "home is gone": lambda e, site: rewrite(e / "pyvenv.cfg", "home = /usr/bin", "home = /nowhere/bin"),
    "cfg is no text": lambda e, site: rewrite(e / "pyvenv.cfg", "home", "x = \udcff\nhome"),
    "script of another": lambda e, site: [(e / "bin/tool").write_text("#!/nowhere/.venv/bin/python\n"), (e / "bin/tool").chmod(0o755)],
    "placeholder": lambda e, site: [(e / "bin/tool").write_text("#!python\n"), (e / "bin/tool").chmod(0o755)],
    "activate of another": lambda e, site: rewrite(e / "bin/activate", str(e), "/nowhere/.venv"),
    "file missing": lambda e, site: (site / "six.py").unlink(),
    "file changed": lambda e, site: rewrite(site / "six.py", "import", "import "),
    "startup code": lambda e, site: (site / "zz.pth").write_text("import evil\n"),
    "sitecustomize": lambda e, site: (site / "sitecustomize.py").write_text("x\n"),
    "path is gone": lambda e, site: (site / "a.pth").write_text("/nowhere/src\n"),
    "path file is no text": lambda e, site: (site / "a.pth").write_bytes(b"\xff\n"),
    "requirement missing": lambda e, site: add(site, "needs", "Requires-Dist: nothing-like-this\n"),
    "two of one name": lambda e, site: shutil.copytree(next(site.glob("six-*")), site / "six-0.1.dist-info"),
    "link to nowhere": lambda e, site: (site / "data").symlink_to("/nowhere/data"),
    "a pipe": lambda e, site: os.mkfifo(e / "fifo"),
    "everyone writes": lambda e, site: [(site / "open.txt").write_text("x"), (site / "open.txt").chmod(0o666)],
    "left over": lambda e, site: (site / "~ix-1.0.dist-info").mkdir(),
}


def add(site, name, more):
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{more}")
    (info / "RECORD").write_text(f"{name}-1.0.dist-info/METADATA,,\n{name}-1.0.dist-info/RECORD,,\n")


def test_a_fleet_of_300(small, scratch):
    assert len(BREAKS) == 21
    fleet = scratch / "fleet"
    envs = [copy(small, fleet / f"team{i % 7}" / f"app{i:03}" / ".venv") for i in range(N)]
    (fleet / "link").symlink_to("team0")
    assert report("check", "--here", envs[0], rc=0)["answers"]["sound"]
    broken = {}
    for i, (how, change) in enumerate(BREAKS.items()):
        env = envs[i * 14 + 3]
        change(env, next(env.glob("lib/python3*/site-packages")))
        broken[str(env)] = how
    r = vf("check", "--here", "--recursive", fleet, rc=1)
    shown = r.out.decode("utf-8", "replace").splitlines()
    assert shown[-1] == f"{N} environments: {N - 21} fine, 21 with problems", r
    missed = [how for env, how in broken.items() if not any(s.startswith(env + ":") for s in shown)]
    assert not missed and len(shown) == 22, r
    assert max(map(len, shown)) < 400

    lines = [json.loads(line) for line in vf("check", "--here", "--recursive", fleet, "--format", "jsonl", rc=1).out.splitlines()]
    ends = [x for x in lines if x.get("type") == "summary" and "environment" in x]
    assert len({x["environment"]["path"] for x in ends}) == len(ends) == N
    assert [x["environment"]["path"] for x in ends] == sorted(map(str, envs))
    assert {x["environment"]["path"] for x in ends if x["exit"]} == set(broken)


def test_kinds_of_places(small, scratch):
    """Nested ones are judged each by its own rules; what cannot be listed is said."""
    top = scratch / "top"
    for place in (".tox/py312", "pipx/venvs/black", "pre-commit/repo1/py_env-python3", "app/.venv"):
        copy(small, top / place)
    copy(small, top / "app/.venv/.inner")
    (top / "app/.venv/lib/note").mkdir()
    doc = report("check", "--here", "--recursive", top, rc=0)
    assert len(doc["reports"]) == 5 and doc["summary"]["sound"] == 5
    assert sorted(r["environment"]["path"] for r in doc["reports"])[1].endswith("app/.venv")
    empty = report("check", "--recursive", scratch / "top/app/.venv/lib/note", rc=0)
    assert empty["reports"] == [] and empty["summary"]["environments"] == 0
    assert vf("check", "--recursive", scratch / "nothing", rc=2)
    (top / "app/.venv/lib/note").rmdir()
