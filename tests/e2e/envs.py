"""Real environments, made by the real tools.

An environment is bound to its place, so a copy of one is not another one. Each recipe therefore has a place of its own, is made there
once, packed as it is, and unpacked at that same place before each test that wants it. The packed ones are kept between runs; a change
of a tool, an interpreter or a wheel makes them anew.
"""
import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from place import AREA, HOME, SHARDS, TEMPLATES, UV, VIRTUALENV, WHEELHOUSE, clean_environ

GENERATION = 3  # change it when what is below makes other environments or other facts

PACKAGES = {
    "web": ("flask", "requests"),
    "text": ("rich", "pyyaml", "black"),
    "number": ("numpy", "pytest"),
    "kernel": ("ipykernel",),
    "bare": (),
    "six": ("six",),
}
DEBIAN = "/usr/bin/python3"
MINORS = tuple(f"3.{n}" for n in range(8, 14))


def run(*args, **kw):
    """A command that must succeed; its standard output."""
    kw.setdefault("env", clean_environ())
    kw.setdefault("timeout", 600)
    p = subprocess.run([os.fspath(a) for a in args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
    if p.returncode:
        raise RuntimeError(f"exit {p.returncode}: {args}\n{p.stdout.decode(errors='replace')}\n{p.stderr.decode(errors='replace')}")
    return p.stdout


def _asks(path):
    """What an interpreter says of itself, or None: its full version and its real prefix."""
    try:
        out = run(path, "-I", "-c", "import sys, ensurepip, venv; print('%d.%d.%d' % sys.version_info[:3]); print(sys.base_prefix)", timeout=30).decode()
        return out.split()
    except (RuntimeError, OSError, subprocess.TimeoutExpired):
        return None


@functools.lru_cache(None)
def interpreters():
    """{"3.8": path, ...}: the interpreters beside Debian's that are here; of several of one minor version the newest."""
    found = {}
    for minor in MINORS:
        places = [Path(d) / f"python{minor}" for d in os.environ.get("PATH", "").split(":") if d and "shims" not in d]
        places += [p / "bin" / f"python{minor}" for p in HOME.glob(f".pyenv/versions/{minor}.*")]
        best = ()
        for p in places:
            if not p.exists() or os.path.realpath(p) == os.path.realpath(DEBIAN):
                continue
            said = _asks(p)
            if said and said[0].startswith(minor + "."):
                best = max(best, (tuple(map(int, said[0].split("."))), os.fspath(p)))
        if best:
            found[minor] = best[1]
    return found


NOT_RUN = []  # (what, why): parts of tests for which something is missing that a test may not demand


def not_run(what, why):
    """The rest of a test is left out; the last lines of the run say so."""
    if (what, why) not in NOT_RUN:
        NOT_RUN.append((what, why))


def second():
    """An interpreter of another minor version than Debian's, the nearest newer one if there is any; else PyPy; else None."""
    minor = lambda v: int(v.split(".")[1])
    debian = minor(_asks(DEBIAN)[0])
    have = {v: p for v, p in interpreters().items() if minor(v) != debian}
    if have:
        return have[min([v for v in have if minor(v) > debian] or have, key=minor)]
    pypy = shutil.which("pypy3", path="/usr/bin:/usr/local/bin")
    said = _asks(pypy) if pypy else None
    return pypy if said and minor(said[0]) != debian else None


def newest():
    """The newest interpreter that is here."""
    have = interpreters()
    return have[max(have, key=lambda v: int(v[2:]))] if have else DEBIAN


@dataclasses.dataclass(frozen=True)
class Recipe:
    maker: str  # debian, py3.8 ... py3.13, virtualenv, uv, uv-relocatable
    installer: str = "pip"  # pip or uv
    group: str = "bare"  # of PACKAGES, or "used"
    seed: bool = True  # with pip inside

    @property
    def name(self):
        return f"{self.maker}-{self.installer}-{self.group}" + ("" if self.seed else "-noseed")

    __str__ = name.fget
    __repr__ = name.fget

    @property
    def root(self):
        """The directory that belongs to this recipe alone."""
        return AREA / "e" / self.name

    @property
    def place(self):
        return self.root / "old" / "env"

    @property
    def python(self):
        if self.maker == "debian":
            return DEBIAN
        if self.maker.startswith("py"):
            return interpreters()[self.maker[2:]]
        return {"virtualenv": newest(), "uv": DEBIAN, "uv-relocatable": newest()}[self.maker]


def makers():
    return ["debian"] + [f"py{v}" for v in interpreters()] + ["virtualenv", "uv", "uv-relocatable"]


class Env:
    """An environment that lies at its recipe's place."""

    def __init__(self, recipe, facts=None):
        self.recipe, self.path, self.root, self.facts = recipe, recipe.place, recipe.root, facts

    def __fspath__(self):
        return os.fspath(self.path)

    @property
    def bin(self):
        return self.path / "bin"

    @property
    def python(self):
        return self.path / "bin/python"

    @property
    def sp(self):
        return site_packages(self.path)


def site_packages(env):
    found = [d for d in Path(os.fsdecode(env)).glob("lib/python*/site-packages") if d.is_dir()]
    assert len(found) == 1, found
    return found[0]


def make(recipe):
    """Makes the environment at its place."""
    place, python = recipe.place, recipe.python
    shutil.rmtree(recipe.root, ignore_errors=True)
    place.parent.mkdir(parents=True)
    by_uv = recipe.installer == "uv"
    # compiling is most of the time that pip takes; Debian's environments show what it adds, the others get what their use compiles
    kw = {} if recipe.maker == "debian" else {"env": clean_environ(PIP_NO_COMPILE="0")}  # pip wants a false value here
    packages = list(PACKAGES.get(recipe.group, ()))
    if recipe.maker == "virtualenv":
        run(VIRTUALENV, "-q", "-p", python, *([] if recipe.seed else ["--no-seed"]), place, **kw)
    elif recipe.maker.startswith("uv"):
        run(UV, "venv", "-q", "-p", python, *(["--relocatable"] if recipe.maker == "uv-relocatable" else []),
            *(["--seed"] if recipe.seed and not by_uv else []), place, **kw)
        packages += ["pip"] if recipe.seed and by_uv else []
    else:
        run(python, "-m", "venv", *(["--without-pip"] if by_uv or not recipe.seed else []), place, **kw)
        packages += ["pip"] if recipe.seed and by_uv else []
    if packages:
        install(place, recipe.installer, *packages, **kw)
    if recipe.group == "used":
        import used
        used.use(Env(recipe))


def install(place, installer, *packages, link="copy", **kw):
    if installer == "uv":
        run(UV, "pip", "install", "-q", "--link-mode", link, "-p", place / "bin/python", *packages, **kw)
    else:
        run(place / "bin/pip", "install", "-q", *packages, **kw)


def _identity(recipe):
    """What the packed environment depends on."""
    st = os.stat(recipe.python)
    parts = [GENERATION, str(recipe.place), recipe.name, PACKAGES.get(recipe.group), os.path.realpath(recipe.python), st.st_mtime_ns, _tools(), sorted(os.listdir(WHEELHOUSE))]
    if recipe.group == "used":
        parts.append((Path(__file__).parent / "used.py").read_text())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@functools.lru_cache(None)
def _tools():
    return run(UV, "--version"), run(VIRTUALENV, "--version")


def _zstd():
    return ["-I", "zstd -1"] if shutil.which("zstd") else []


class Store:
    """The packed environments, and those that lie at their places as they were unpacked: a test that only looked leaves its one to the next."""

    KEPT = 8  # at most so many lie there, for the sake of the disk

    def __init__(self):
        self._laid = {}  # recipe: a file as old as what lies there, the latest last
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) // SHARDS))
        self._futures = {}
        self._lock = threading.Lock()
        self._fresh = set()

    def want(self, recipe):
        """Begins to make this one, if nobody did."""
        with self._lock:
            if recipe not in self._futures:
                self._futures[recipe] = self._pool.submit(self._ready, recipe)
            return self._futures[recipe]

    def get(self, recipe):
        """The environment, untouched, at its place."""
        future = self.want(recipe)
        if future.cancel():  # still behind others in the queue: then not wait, but do it
            facts = self._ready(recipe)
            self._futures[recipe] = concurrent.futures.Future()
            self._futures[recipe].set_result(facts)
        else:
            facts = future.result()
        if recipe in self._fresh:
            self._fresh.discard(recipe)
        elif not self._untouched(recipe):
            self._drop(recipe)
            recipe.root.mkdir(parents=True)
            run("tar", *_zstd(), "-xpf", self._file(recipe), "-C", recipe.root)
        self._lay(recipe)
        return Env(recipe, facts)

    def _lay(self, recipe):
        """From now on every change of it is later than the stamp: the clock of the file system ticks every few milliseconds."""
        stamp = self._laid.pop(recipe, None)
        if not stamp:
            stamp = AREA / f"laid-{recipe.name}"
            stamp.write_text("")
            time.sleep(0.02)
        self._laid[recipe] = stamp

    def put_back(self, recipe):
        """The test that had it is over."""
        if not self._untouched(recipe):
            self._drop(recipe)
        while len(self._laid) > self.KEPT:
            self._drop(next(iter(self._laid)))

    def _untouched(self, recipe):
        """Whatever is done to a file or a directory, its time of change moves."""
        if recipe not in self._laid:
            return False
        find = subprocess.run(["find", recipe.root, "-cnewer", self._laid[recipe], "-print", "-quit"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return find.returncode == 0 and not find.stdout

    def _drop(self, recipe):
        self._laid.pop(recipe, None)
        rmtree(recipe.root)

    def close(self):
        self._pool.shutdown(wait=True, cancel_futures=True)
        for recipe in list(self._laid):
            self._drop(recipe)

    @staticmethod
    def _file(recipe):
        return TEMPLATES / (recipe.name + ".tar" + (".zst" if _zstd() else ""))

    def _ready(self, recipe):
        import verify
        facts_file, tar = TEMPLATES / (recipe.name + ".json"), self._file(recipe)
        identity = _identity(recipe)
        if facts_file.exists() and tar.exists():
            facts = json.loads(facts_file.read_text())
            if facts["identity"] == identity:
                return facts
        facts_file.unlink(missing_ok=True)
        make(recipe)
        facts = dict(verify.facts(Env(recipe)), identity=identity)
        run("tar", *_zstd(), "--format=posix", "--sort=name", "-cpf", tar, "-C", recipe.root, ".")
        facts_file.write_text(json.dumps(facts))
        self._fresh.add(recipe)
        return facts


def rmtree(path):
    """Removes a tree whose modes and names may be anything."""
    rm = ["rm", "-rf", "--", os.fspath(path)]
    if os.path.lexists(path) and subprocess.run(rm, stderr=subprocess.DEVNULL).returncode:
        subprocess.run(["chmod", "-R", "u+rwX", os.fspath(path)], stderr=subprocess.DEVNULL)
        subprocess.run(rm, check=True)


def require_tools():
    """Fails early and clearly when what the tests run on is not there."""
    missing = [str(p) for p in (UV, VIRTUALENV, WHEELHOUSE, Path(DEBIAN)) if not p.exists()]
    missing += [s for s in ("bash", "zsh", "fish", "tcsh", "dash", "git", "tar", "strace") if not shutil.which(s, path=clean_environ()["PATH"])]
    if missing:
        pytest.exit(f"the end-to-end tests need {', '.join(missing)}: `make check` provides them", returncode=3)


def wheels(name):
    """The wheels of one distribution in the wheelhouse, newest first."""
    key = lambda p: [int(n) for n in re.findall(r"\d+", p.name.split("-")[1])]
    return sorted((p for p in WHEELHOUSE.iterdir() if re.match(re.escape(name) + r"-[0-9]", p.name, re.I)), key=key, reverse=True)
