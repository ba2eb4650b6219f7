"""Another process at work, at any call by which the program changes the disk.

    calls(command)                 the calls of a run: [Call(n, name, path, second)]
    run(command, at=n, act=f)      stops the program right before its n-th call, calls f(call), lets it go on
    run(command, at=n, do="kill")  kills it there; do=errno.EIO: the call fails, stays=True: and each later one of that name
    World(way, ...)                a small environment at OLD, to be moved, copied, recreated or fixed, from the same beginning each time
    WRITERS                        what another process may do to a file
    World.breaches(ran, trace)     THE invariant: every byte of the other writer is somewhere, no file is a mixture, the exit code is true

The program runs with tests/tools/stop_at.c in LD_PRELOAD, so any build can be tested. `--jobs 1` makes the order of the calls the same in each
run. With reads=True opening for reading, stat and readlink are calls as well: those before the first change of the disk, too.
"""
import dataclasses
import os
import re
import shutil
import signal
import stat
import subprocess
import time
import typing
from pathlib import Path

import envs
import place

LIBRARY = place.BUILD / "stop_at.so"


class Call(typing.NamedTuple):
    n: int
    name: str
    path: str
    second: str = ""


@dataclasses.dataclass
class Ran:
    command: list
    rc: int
    out: bytes
    err: bytes
    calls: list
    stopped: Call = None

    def __repr__(self):
        return f"{self.command} stopped at {self.stopped}: exit {self.rc}\n{self.out.decode(errors='replace')[-1500:]}\n{self.err.decode(errors='replace')[-1500:]}"


def _environment(log, at, do, stays, reads, locks, fails):
    env = place.clean_environ(LD_PRELOAD=os.fspath(LIBRARY), STOP_LOG=os.fspath(log), STOP_DO=str(do))
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    if at:
        env["STOP_AT"] = str(at)
    if stays:
        env["STOP_STAYS"] = "1"
    if fails:
        env["STOP_FAIL"] = "{},{}".format(*fails)
    if reads:
        env["STOP_READS"] = "1"
    if locks:
        env["STOP_LOCKS"] = "1"
    return env


def _read_log(log):
    lines = log.read_text(errors="surrogateescape").splitlines() if log.exists() else []
    return [Call(int(n), *rest) for n, *rest in (line.split("\t") for line in lines)]


def run(command, at=0, act=None, do="stop", stays=False, reads=False, locks=False, fails=None, program=None, timeout=60):
    """One run. `act` gets the call; what it raises ends the program and is raised here. fails=(n, errno): that call fails, too."""
    log, out, err = (place.AREA / f"stop_at.{what}" for what in ("log", "out", "err"))
    log.unlink(missing_ok=True)
    command = [os.fspath(a) for a in command]
    with open(out, "wb") as o, open(err, "wb") as e:
        p = subprocess.Popen([os.fspath(program or place.PROGRAM), *command], stdin=subprocess.DEVNULL, stdout=o, stderr=e,
                             env=_environment(log, at, do, stays, reads, locks, fails))
    stopped, ends = None, time.monotonic() + timeout
    try:
        while True:
            pid, status = os.waitpid(p.pid, os.WUNTRACED | os.WNOHANG)
            if pid and os.WIFSTOPPED(status):
                stopped = next(c for c in _read_log(log) if c.n == at)
                if act:
                    act(stopped)
                os.kill(p.pid, signal.SIGCONT)
            elif pid:
                p.returncode = os.waitstatus_to_exitcode(status)
                break
            elif time.monotonic() > ends:
                raise AssertionError(f"{command} did not end; stopped at {stopped}")
            else:
                time.sleep(0.001)
    finally:
        if p.returncode is None:
            p.kill()
            p.wait()
    return Ran(command, p.returncode, out.read_bytes(), err.read_bytes(), _read_log(log), stopped)


def calls(command, **kw):
    ran = run(command, **kw)
    assert ran.rc == 0 and ran.calls, ran
    return ran.calls


# ---- what another process does to a file

def append(path):
    with open(path, "ab") as f:
        f.write(b"# appended by another writer\n")


def prepend(path):
    data = path.read_bytes()
    with open(path, "r+b") as f:  # in place, as `sed` without -i could not
        f.write(b"# put in front by another writer\n" + data)


def replace(path):
    """A new file renamed over the old one, as most editors and `sed -i` do."""
    new = path.with_name(path.name + ".other")
    new.write_bytes(b"# replaced by another writer\n" + path.read_bytes())
    new.chmod(stat.S_IMODE(path.stat().st_mode))
    os.rename(new, path)


def same_size(path):
    """As many bytes, and the old time put back: `rsync -t` of another version."""
    st, data = path.stat(), path.read_bytes()
    with open(path, "r+b") as f:
        f.write(data[: len(data) // 2] + b"#" * (len(data) - len(data) // 2))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def delete(path):
    path.unlink()


def chmod(path):
    path.chmod(stat.S_IMODE(path.stat().st_mode) ^ 0o050)


def new_file(path):
    """A file beside it: a script that names the environment."""
    beside = path.with_name("late" + path.suffix)
    beside.write_bytes(b"#!%s/bin/python\nprint('late')\n" % os.fsencode(World.written_for))
    beside.chmod(0o755)
    return beside


WRITERS = (append, prepend, replace, same_size, delete, chmod, new_file)


# ---- the world

@dataclasses.dataclass
class Trace:
    """What the other writer left: the name, and what was there right afterwards (None: nothing)."""
    name: str
    entry: tuple
    early: bool = True  # before the program's own last look


def entry_of(path):
    """(kind, mode, contents or target) or None."""
    try:
        st = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(st.st_mode):
        return "link", 0, os.fsencode(os.readlink(path))
    if stat.S_ISDIR(st.st_mode):
        return "dir", stat.S_IMODE(st.st_mode), b""
    return "file", stat.S_IMODE(st.st_mode), path.read_bytes()


def entries(root):
    """{relative name: entry} of everything below root."""
    root = Path(root)
    if not root.exists():
        return {}
    return {os.path.relpath(p, root): entry_of(p) for p in sorted(root.rglob("*"))}


class World:
    """way: move, copy (a move to `far`, another file system), recreate, fix."""

    written_for = None  # the path that the environment's files name

    def __init__(self, way, near, far=None):
        self.way, self.near, self.far = way, Path(near), Path(far or near)
        self.old, self.new = self.near / "o" / "env", self.far / "n" / "env"
        if way == "fix":
            self.new = self.old
        self.origin = self.near / "o" / "env" if way != "fix" else self.near / "was" / "env"
        World.written_for = self.origin
        verb = {"move": "move", "copy": "move", "recreate": "recreate", "fix": "fix"}[way]
        self.command = [verb, "--jobs", "1", self.old] + ([] if way == "fix" else [self.new])
        self.kept = None
        self.reset()
        self.before = entries(self.old)
        run(self.command)  # a user's very first run makes a secret, which no later one does
        self.reset()
        self.calls = calls(self.command)
        self.final = entries(self.new)
        assert self.final and self.final != self.before
        self.edited = sorted(n for n in self.final if self.before.get(n) != self.final[n] and self.final[n][0] == "file")

    def _make(self):
        env = self.origin
        subprocess.run([envs.DEBIAN, "-m", "venv", "--without-pip", env], check=True, env=place.clean_environ())
        sp = envs.site_packages(env)
        python = f"#!{env}/bin/python\n"
        files = {
            env / "bin/tool": python + "import sys\nprint(sys.prefix)\n",
            env / "etc/app.conf": f"home={env}/data\nkeep=1\n",
            env / "data/state": "nothing of a path\n",
            sp / "here.pth": f"{env}/data\n",
            sp / "one.py": "value = 1\n",
            sp / "one-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n",
            sp / "one-1.0.dist-info/INSTALLER": "pip\n",
            sp / "one-1.0.dist-info/entry_points.txt": "[console_scripts]\none = one:main\n",
            env / "bin/one": python + "import sys\nfrom one import main\nif __name__ == '__main__':\n    sys.exit(main())\n",
        }
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name in ("tool", "one"):
            (env / "bin" / name).chmod(0o755)
        self._record(sp, [sp / "one.py", env / "bin/one", *sorted((sp / "one-1.0.dist-info").iterdir())])
        for p in [*env.rglob("*"), env]:
            os.utime(p, (1.5e9, 1.5e9), follow_symlinks=False)

    @staticmethod
    def _record(sp, paths):
        import base64
        import hashlib
        rows = []
        for p in paths:
            digest = base64.urlsafe_b64encode(hashlib.sha256(p.read_bytes()).digest()).rstrip(b"=").decode()
            rows.append(f"{os.path.relpath(p, sp)},sha256={digest},{p.stat().st_size}\n")
        (sp / "one-1.0.dist-info/RECORD").write_text("".join(rows) + "one-1.0.dist-info/RECORD,,\n")

    def reset(self):
        """The beginning. The environment is made once and copied each time, to the place that it was made for."""
        for d in {self.near, self.far}:
            for name in os.listdir(d):
                if name != "kept":
                    envs.rmtree(d / name)
        if not self.kept:
            self.origin.parent.mkdir(parents=True)
            self._make()
            self.kept = self.near / "kept"
            os.rename(self.origin, self.kept)
        for p in (self.old, self.new, self.origin):
            p.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", self.kept, self.old], check=True)

    def place_now(self):
        """Where the other writer finds the environment."""
        return self.old if self.old.is_dir() else self.new

    def write(self, writer, name, call):
        """The other process does its part. The trace that it leaves, or None: there was no such file."""
        path = self.place_now() / name
        if not path.is_file():
            return None
        at = writer(path) or path
        return Trace(os.path.relpath(at, self.place_now()), entry_of(at), self.is_early(call))

    def is_early(self, call):
        """Before the program looked for the last time: what it then calls done must be done."""
        lasts = [c.n for c in self.calls if c.second.endswith("/state.done") or c.path.endswith("/state.done") and c.second.endswith("/state")]
        commits = [c.n for c in self.calls if self.way in ("copy", "recreate") and c.second == os.fspath(self.new)]
        return call.n < min(lasts[-1:] + commits[-1:], default=1 << 60)

    def canonical(self, name, data):
        """Contents by which a file is the same before and after a right edit."""
        data = data.replace(os.fsencode(self.new), os.fsencode(self.origin))
        return re.sub(rb",sha256=[^,\n]*,\d*", b",,", data) if name.endswith("RECORD") else data

    def _same(self, name, a, b):
        return a is not None and b is not None and a[0] == b[0] and self.canonical(name, a[2]) == self.canonical(name, b[2])

    def leftovers(self):
        return sorted({os.fspath(p) for d in {self.near, self.far} for p in d.rglob("*.venvfix*")})

    def everything(self):
        return [(p.name, entry_of(p)) for d in {self.near, self.far} for p in d.rglob("*") if not p.is_relative_to(self.near / "kept") and not p.is_dir()]

    # -- the invariant

    def breaches(self, ran, trace=None):
        """Lines about what is not as it must be after a run that another writer disturbed."""
        bad = self._lost(trace) + self._mixed(self.old, trace) + self._mixed(self.new, trace)
        if ran.rc == 0:
            bad += self._not_done(trace)
        elif ran.rc == 1:
            bad += self._not_both(ran, trace)
        elif ran.rc == 2:
            bad += self._not_untouched(ran, trace)
        else:
            bad.append(f"exit {ran.rc}")
        return [f"{trace and trace.name}: {line}" for line in bad]

    def _lost(self, trace):
        """Every byte of the other writer is somewhere, and so is everything that was there before."""
        have = self.everything()
        bad = []
        if trace and trace.entry and not any(self._same(trace.name, trace.entry, e) for _, e in have):
            bad.append(f"lost what the other writer wrote: {trace.entry}")
        for name, entry in self.before.items():
            if entry[0] != "file" or (trace and trace.name == name) or name not in self.final:
                continue
            if not any(self._same(name, entry, e) or self._same(name, self.final[name], e) for _, e in have):
                bad.append(f"lost {name}")
        return bad

    def _mixed(self, root, trace):
        bad = []
        for name, entry in entries(root).items():
            if entry[0] == "dir" or name.split("/")[0].startswith(".venvfix"):
                continue
            may_be = [self.before.get(name), self.final.get(name), trace.entry if trace and trace.name == name else None]
            if not any(self._same(name, entry, m) for m in may_be):
                bad.append(f"{root / name} is a mixture: {entry}")
        return bad

    def _names_old(self, trace, now):
        fixed = trace.name.startswith("bin/") or trace.name.endswith((".pth", "RECORD"))
        return fixed and trace.early and self.origin != self.new and now and os.fsencode(self.origin) + b"/" in now[2]

    def _not_done(self, trace):
        """Exit 0: NEW has everything, OLD is gone (recreate: as it was), nothing of ours is left."""
        now = entries(self.new)
        bad = [f"left: {p}" for p in self.leftovers()]
        bad += [f"exit 0, and NEW lacks {n}" for n in self.final if n not in now and not (trace and trace.name == n and not trace.entry)]
        if trace and trace.entry and self.way != "recreate":
            got = now.get(trace.name)
            if not self._same(trace.name, trace.entry, got) and not (trace.entry and self._same(trace.name, self.final.get(trace.name), trace.entry)):
                bad.append(f"exit 0, and NEW has not what was written: {got}, not {trace.entry}")
            elif got and trace.entry[0] == "file" and got[1] != trace.entry[1]:
                bad.append(f"exit 0, and the mode is {got[1]:o}, not {trace.entry[1]:o}")
        if trace and trace.entry and self._names_old(trace, now.get(trace.name)):
            bad.append(f"exit 0, and a late file names OLD: {now[trace.name]}")
        if self.way in ("move", "copy") and os.path.lexists(self.old):
            bad.append("exit 0, and OLD is there")
        if self.way == "recreate":
            bad += self._differs(self.old, trace)
        return bad

    def _not_both(self, ran, trace):
        """Exit 1: OLD and NEW are both there, and what differs is named."""
        bad = [f"exit 1, and {p} is not there" for p in (self.old, self.new) if not p.is_dir()]
        if trace and os.fsencode(trace.name) not in ran.out + ran.err:
            bad.append(f"exit 1, and it is not named: {ran}")
        return bad

    def _differs(self, root, trace):
        """What is not as the other writer left it."""
        want = dict(self.before)
        if trace:
            want.pop(trace.name, None)
            if trace.entry:
                want[trace.name] = trace.entry
        now = {n: e for n, e in entries(root).items() if not n.startswith(".venvfix")}
        return [f"not as before: {root / n}: {now.get(n)}, not {want.get(n)}" for n in sorted(want.keys() | now.keys()) if want.get(n) != now.get(n)]

    def _not_untouched(self, ran, trace):
        """Exit 2: everything is as before, and as the other writer left it."""
        if b"journal is kept" in ran.err + ran.out:
            return []  # both versions are there, which was looked at already; a person decides
        bad = [f"left: {p}" for p in self.leftovers()] + self._differs(self.old, trace)
        if self.way != "fix" and os.path.lexists(self.new):
            bad.append("exit 2, and NEW is there")
        return bad


class SwappedParent:
    """The directory that holds OLD or NEW is renamed, and a link to a stranger's tree takes its name. put_back() undoes that."""

    def __init__(self, world, which):
        self.parent = getattr(world, which).parent
        self.away = self.parent.with_name(self.parent.name + ".away")
        self.stranger = world.near / "stranger"
        self.seen = None

    def __call__(self, call=None):
        self.stranger.mkdir()
        subprocess.run(["cp", "-a", self.stranger.parent / "kept", self.stranger / "env"], check=True)
        self.seen = entries(self.stranger)
        os.rename(self.parent, self.away)
        os.symlink(self.stranger, self.parent)

    def put_back(self):
        """Lines about what was changed in the stranger's tree."""
        now = entries(self.stranger)
        self.parent.unlink()
        os.rename(self.away, self.parent)
        shutil.rmtree(self.stranger)
        return [f"the stranger's {n}: {now.get(n)}, not {self.seen.get(n)}" for n in sorted(now.keys() | self.seen.keys()) if now.get(n) != self.seen.get(n)]
