"""Killed, or failed by the system, at any moment: nothing is lost, and the same command, given again, finishes.

The moments are chosen in two ways. strace stops the program at the n-th of its system calls that change the disk, by SIGKILL or by an
error; that works with every build. A build with -DVF_TEST_HOOKS, as the sanitized one is, kills itself right before its n-th step
(VENVFIX_TEST_STOP_AT=n).
"""
import collections
import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

import envs
import place
import verify
from envs import Recipe
from vf import brief, exact, report, vf

TINY = Recipe("uv", "uv", "six", seed=False)
CALLS = "renameat2,renameat,rename,linkat,symlinkat,unlinkat,unlink,rmdir,mkdirat,mkdir,fsync,fdatasync,syncfs,write,pwrite64,copy_file_range,fchmod,utimensat,ftruncate"
WAYS = ("move", "copy", "recreate", "fix")
POINTS = 1000 if place.FULL else 9
# Moments at which strace kills. A build with -DVF_TEST_HOOKS dies at every step, so three show that the plain one is no different.
KILLS = POINTS if place.ALL else 3


@pytest.fixture
def stage(get, scratch, request):
    return lambda way: Stage(way, get, scratch, request)


class Stage:
    """One way of changing a small environment, again and again from the same beginning."""

    def __init__(self, way, get, scratch, request):
        self.way, self.get, self.scratch = way, get, scratch
        self.far = request.getfixturevalue("other_fs") if way == "copy" else scratch
        self.set()
        self.first = self.seen()
        doc = report(*self.command, rc=0)
        self.edits = verify.edited(doc)
        self.final = verify.contents(verify.snapshot(self.new))
        self.remains = verify.contents(verify.snapshot(self.old)) if way == "recreate" else None
        assert not self.leftovers() and len(self.edits) > 5

    def set(self):
        """The beginning."""
        for d in {self.scratch, self.far}:
            for name in os.listdir(d):
                envs.rmtree(d / name)
        env = self.get(TINY)
        self.env = env
        kernel = env.path / "share/jupyter/kernels/k/kernel.json"
        kernel.parent.mkdir(parents=True)
        kernel.write_text(json.dumps({"argv": [f"{env.path}/bin/python"]}))
        (env.bin / "tool").write_text(f"#!{env.path}/bin/python\nimport sys\nprint(sys.prefix)\n")
        (env.bin / "tool").chmod(0o755)
        (env.sp / "here.pth").write_text(f"{env.path}/share\n")
        os.symlink(f"{env.path}/share", env.path / "settings")
        os.utime(env.bin / "tool", (1e9, 1e9))
        self.old, self.new = env.path, self.far / "new"
        if self.way == "fix":
            os.rename(env.path, self.new)
            self.old = self.new
        self.command = ["fix", self.new] if self.way == "fix" else ["recreate" if self.way == "recreate" else "move", self.old, self.new]

    def seen(self):
        return verify.contents(verify.snapshot(self.old))

    def original(self):
        """OLD without the journal that marks it while it is moved by a copy."""
        return {name: entry for name, entry in self.seen().items() if not name.startswith(b".venvfix")}

    def leftovers(self):
        return [p for d in {self.scratch, self.far, self.env.root} for p in map(str, d.rglob("*.venvfix*"))]

    def nothing_lost(self):
        """Lines about files whose bytes, old or new, are nowhere any more."""
        have = collections.Counter()
        for d in {self.scratch, self.far, self.env.root}:
            for name, entry in verify.snapshot(d).items():
                if entry[4] is not None:
                    have[entry[4]] += 1
        lost = []
        for name, entry in self.first.items():
            if entry[3] is not None and have[entry[3]] == 0 and (name not in self.final or have[self.final[name][3]] == 0):
                lost.append(os.fsdecode(name))
        return lost

    def done(self):
        """Lines about what is not as it must be in the end."""
        bad = [f"left: {p}" for p in self.leftovers()]
        if not self.new.exists():
            return bad + ["NEW is not there"]
        now = verify.contents(verify.snapshot(self.new))
        bad += [f"{os.fsdecode(n)}: {now.get(n)}, not {self.final.get(n)}" for n in sorted(now.keys() | self.final.keys()) if now.get(n) != self.final.get(n)]
        if self.way in ("move", "copy") and os.path.lexists(self.old):
            bad.append("OLD is still there")
        if self.way == "recreate" and self.seen() != self.remains:
            bad.append("OLD has changed")
        return bad

    def untouched(self):
        bad = [f"left: {p}" for p in self.leftovers()]
        now = self.seen() if self.old.exists() else {}
        bad += [f"{os.fsdecode(n)}: {now.get(n)}, not {self.first.get(n)}" for n in sorted(now.keys() | self.first.keys()) if now.get(n) != self.first.get(n)]
        if self.way != "fix" and os.path.lexists(self.new):
            bad.append("NEW is there")
        return bad

    def after_the_kill(self, what):
        """Nothing is lost, and the same command finishes."""
        lost = self.nothing_lost()
        assert not lost, f"{what}: lost {lost}"
        complete = not self.done()
        self.told_of(what)
        r = vf(*self.command)
        if complete and self.way in ("move", "copy", "recreate"):
            assert r.rc in (0, 2), f"{what}: {r}"  # all was done already: then OLD is not there, or NEW is
        else:
            assert r.rc == 0, f"{what}: {r}"
        bad = self.done()
        assert not bad, f"{what}: " + "\n".join(bad)

    def told_of(self, what):
        """check tells of an unfinished run."""
        for tree in {self.old, self.new}:
            if (tree / ".venvfix").is_dir() and any((tree / ".venvfix").iterdir()):
                doc = report("check", tree)
                assert [f for f in doc["findings"] if exact(f, "path").startswith(b".venvfix")], f"{what}: check is silent: {brief(doc['findings'])}"


def options():
    env = place.clean_environ()
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # the leak checker cannot work under ptrace
    return env


def strace(command, *more, log):
    return subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", f"trace={CALLS}", *more, place.PROGRAM, *command], capture_output=True, env=options(), timeout=120)


def moments(stage, log, every=False, points=POINTS):
    """[(system call, its number)]: some of the calls that change the disk, spread over the whole run."""
    stage.set()
    p = strace(stage.command, log=log)
    assert p.returncode == 0, p.stderr
    count, out = collections.Counter(), []
    for line in log.read_text(errors="replace").splitlines():
        m = re.match(r"\d+ +(\w+)\((\d*)", line)
        if m and not (m.group(1) == "write" and m.group(2) in ("1", "2")):
            count[m.group(1)] += 1
            out.append((m.group(1), count[m.group(1)]))
        elif m:
            count[m.group(1)] += 1
    assert len(out) > 15, out
    if every or len(out) <= points:
        return out
    # the renames are where it matters; the rest is spread evenly
    renames = [o for o in out if o[0].startswith("rename")]
    if points == 3:
        return sorted({out[len(out) // 3], renames[-1] if renames else out[-2], out[-1]}, key=out.index)
    step = max(1, len(out) // points)
    chosen = out[::step] + renames[:: max(1, len(renames) // 5)] + renames[-1:] + out[-1:]
    return sorted(set(chosen), key=out.index)


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_a_system_call(way, stage):
    s = stage(way)
    log = place.AREA / "strace.log"
    killed = 0
    points = moments(s, log, points=KILLS)
    for call, n in points:
        s.set()
        p = strace(s.command, "-e", f"inject={call}:signal=SIGKILL:when={n}", log=log)
        if p.returncode == 0:
            continue  # with several threads the numbers are not the same in each run
        killed += 1
        s.after_the_kill(f"killed at {call} number {n}")
    assert killed * 2 >= len(points), (killed, points)


def stopped_at(stage, n):
    """From the beginning to the n-th step. Whether there was an n-th step."""
    stage.set()
    p = subprocess.run([place.PROGRAM, *stage.command], env=dict(options(), VENVFIX_TEST_STOP_AT=str(n)), capture_output=True, timeout=60)
    assert p.returncode in (0, -signal.SIGKILL), p
    return p.returncode != 0


@pytest.mark.sanitized
@pytest.mark.parametrize("way", WAYS)
def test_killed_before_a_step(way, stage):
    """All of the first and the last steps, and a good part of those between (VENVFIX_MATRIX=full: every one)."""
    s = stage(way)
    assert stopped_at(s, 1), "this build has no steps (-DVF_TEST_HOOKS)"
    few, many = 1, 2  # the number of steps lies between
    while stopped_at(s, many):
        few, many = many, many * 2
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if stopped_at(s, middle) else (few, middle)
    assert few > 10
    points = range(1, few + 1) if place.FULL else sorted({*range(1, 8), *range(8, few, max(1, few // 20)), *range(max(1, few - 12), few + 1)})
    for n in points:
        assert stopped_at(s, n) or n == few, f"step {n} of {few} is not there"
        s.after_the_kill(f"killed before step {n} of {few}")


@pytest.mark.parametrize("way", WAYS)
def test_killed_again_while_it_recovers(way, stage):
    """The recovery is interrupted as well."""
    s = stage(way)
    log = place.AREA / "strace.log"
    renames = [m for m in moments(s, log) if m[0].startswith("rename")]
    call, n = renames[len(renames) // 2]
    for again in ("renameat2:signal=SIGKILL:when=1", "unlinkat:signal=SIGKILL:when=1", "unlinkat:signal=SIGKILL:when=3", "fsync:signal=SIGKILL:when=1"):
        s.set()
        strace(s.command, "-e", f"inject={call}:signal=SIGKILL:when={n}", log=log)
        strace(s.command, "-e", f"inject={again}", log=log)
        s.after_the_kill(f"{call} {n}, then {again}")


@pytest.mark.parametrize("way", ["copy", "recreate"])
def test_what_was_cut_off_is_proven_before_it_counts(way, stage):
    """Killed between the copy's rename and its proof; by then its interpreter does not start. Nothing is called done, and the original stays."""
    s = stage(way)
    log = place.AREA / "strace.log"
    for call, n in reversed([m for m in moments(s, log, every=True) if way != "copy" or m[0].startswith("rename")]):
        s.set()
        strace(s.command, "-e", f"inject={call}:signal=SIGKILL:when={n}", log=log)
        if s.new.exists() and s.leftovers() and s.old.exists() and s.original() == s.first:
            break
    else:
        pytest.fail("no moment after the rename of the copy")
    (s.new / "bin/python").unlink()
    (s.new / "bin/python").write_text("#!/bin/sh\nexit 3\n")
    (s.new / "bin/python").chmod(0o755)
    r = vf(*s.command, rc=2)
    assert b"proof" in r.err or b"interpreter" in r.err, r
    assert s.original() == s.first


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("way", WAYS)
def test_failed_by_the_system(way, error, stage):
    """A call that fails: all as before, or all done; never between."""
    s = stage(way)
    log = place.AREA / "strace.log"
    points = moments(s, log)
    outcomes = collections.Counter()
    for call, n in points[:: max(1, len(points) // (POINTS // 2 + 1))]:
        s.set()
        p = strace([s.command[0], "--format", "json", *s.command[1:]], "-e", f"inject={call}:error={error}:when={n}", log=log)
        what = f"{call} number {n} fails: exit {p.returncode} {p.stdout.decode()[-300:]} {p.stderr.decode()[-300:]}"
        assert p.returncode in (0, 1, 2), what
        outcomes[p.returncode] += 1
        if p.returncode == 2:
            if p.stdout or b"cannot write the report" not in p.stderr:  # the call that failed may be the one that tells of it
                assert json.loads(p.stdout)["error"]["code"] in ("io", "no-space", "changed", "proof-failed"), what
            if s.untouched():  # it could not even clean up: then the next run does
                s.after_the_kill(what)
        elif p.returncode == 0:
            left = s.leftovers()
            if left:  # behind the commit: it is named, and the next run removes it
                assert any(path.encode() in p.stderr for path in left), what
                vf("fix", s.new, rc=0)
            bad = s.done()
            assert not bad, what + "\n".join(bad)
        elif b"cannot write the report" in p.stderr:
            assert b"is done all the same" in p.stderr and not s.done(), what + "\n".join(s.done())
        else:
            s.after_the_kill(what)  # done, but something is left: the next run takes it away
    assert outcomes[2], "no failure was noticed"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sig", ["SIGINT", "SIGTERM"])
def test_asked_to_stop(way, sig, stage):
    """It stops and takes everything back, or finishes what cannot be taken back."""
    s = stage(way)
    log = place.AREA / "strace.log"
    points = moments(s, log)
    for call, n in (points[0], points[len(points) // 2], points[-1]):
        s.set()
        p = strace([s.command[0], "--format", "json", *s.command[1:]], "-e", f"inject={call}:signal={sig}:when={n}", log=log)
        if p.returncode == 2:
            assert json.loads(p.stdout)["error"]["code"] == "interrupted", p.stdout
            bad = s.untouched()
            assert not bad, f"{call} {n}: " + "\n".join(bad)
        elif p.returncode == 0:
            assert not s.done(), f"{call} {n}: {s.done()}"
        else:
            s.after_the_kill(f"{sig} at {call} {n}: exit {p.returncode}")


@pytest.mark.parametrize("where", ["near", "otherfs"])
def test_killed_at_random_moments(where, get, scratch, request):
    """An environment of ordinary size, and the clock decides."""
    recipe = Recipe("debian", "pip", "six")
    new = (scratch if where == "near" else request.getfixturevalue("other_fs")) / "new"
    start = time.monotonic()
    env = get(recipe)
    vf("move", env.path, new, rc=0)
    spent = time.monotonic() - start
    final = verify.contents(verify.snapshot(new))
    rng = random.Random(20)
    for _ in range(4 if not place.FULL else 100):
        envs.rmtree(new)
        env = get(recipe)
        begin = time.monotonic()
        p = subprocess.Popen([place.PROGRAM, "move", env.path, new], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=place.clean_environ())
        time.sleep(rng.random() * min(spent, 0.3))
        p.kill()
        p.communicate()
        moment = time.monotonic() - begin
        r = vf("move", env.path, new)
        assert r.rc == 0 or (r.rc == 2 and not env.path.exists()), f"killed after {moment:.3f} s: {r}"
        assert verify.contents(verify.snapshot(new)) == final, f"killed after {moment:.3f} s"
        assert not list(new.parent.rglob(".venvfix*")) and os.listdir(env.path.parent) == [], f"killed after {moment:.3f} s"


def test_another_command_does_not_finish_it_by_accident(stage, scratch):
    """After a kill a different NEW is refused or begins cleanly; the environment is never in two places."""
    s = stage("move")
    log = place.AREA / "strace.log"
    renames = [m for m in moments(s, log) if m[0].startswith("rename")]
    s.set()
    strace(s.command, "-e", f"inject={renames[0][0]}:signal=SIGKILL:when={renames[0][1]}", log=log)
    r = vf("move", s.old, scratch / "third")
    if r.rc == 0:
        assert (scratch / "third").exists() and not s.new.exists()
    else:
        assert r.rc == 2 and not (scratch / "third").exists(), r
        s.after_the_kill("another NEW in between")


def test_no_descriptors_and_no_children_are_left(stage):
    """Everything the program started has ended when it ends."""
    s = stage("move")
    log = place.AREA / "strace.log"
    s.set()
    p = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=%process", place.PROGRAM, *map(os.fspath, s.command)], capture_output=True, env=options())
    assert p.returncode == 0
    text = log.read_text(errors="replace")
    started = set(re.findall(r"(?:clone3?|v?fork)\(.*\) += (\d+)", text)) | {m for m in re.findall(r"(?:clone3?|v?fork) resumed>.*= (\d+)", text)}
    ended = set(re.findall(r"(?m)^(\d+) +\+\+\+ (?:exited|killed)", text)) | set(re.findall(r"(?m)^(\d+) +exit(?:_group)?\(", text))
    assert started <= ended, started - ended
    ran = re.findall(r'execve\("([^"]+)"', text)[1:]
    assert all(r.startswith(str(s.new)) or "/.venvfix" in r or r in ("/usr/bin/env", "/bin/sh", "/usr/bin/dirname", "/usr/bin/realpath", "/bin/dirname", "/bin/realpath") or "python" in r for r in ran), ran


@pytest.mark.parametrize("way", ["move", "fix"])
def test_what_fails_behind_the_commit_is_done_and_said(way, stage):
    """Every call behind the last exchange fails once: exit 0, the leftover named by its whole path, and the next run removes it. What fails before
    names a whole path, too."""
    s = stage(way)
    log = place.AREA / "strace.log"
    seen = moments(s, log, every=True)
    behind = seen[max(i for i, m in enumerate(seen) if m[0] == "renameat2"):]
    noted = 0
    for call, n in [m for m in behind if m[0] in ("unlinkat", "fsync", "rmdir")]:
        s.set()
        p = strace([s.command[0], "--format", "json", *s.command[1:]], "-e", f"inject={call}:error=EACCES:when={n}", log=log)
        what = f"{call} {n}: exit {p.returncode} {p.stdout.decode()[-400:]} {p.stderr.decode()[-400:]}"
        if p.returncode == 2:  # only what was taken back
            assert not s.untouched(), what
            assert os.path.isabs(json.loads(p.stdout)["error"]["path"]), what
            continue
        assert p.returncode == 0, what
        left = s.leftovers()
        if left:
            noted += 1
            assert any(path.encode() in p.stderr for path in left), what
            assert vf("check", s.new).rc in (0, 1)
            vf("fix", s.new, rc=0)
        assert not s.done(), what
    assert noted > 3
