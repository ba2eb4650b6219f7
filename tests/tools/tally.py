"""Runs tests and counts them: one file per step in a directory of results, summed at the end.

    tally.py one RESULTS STEP COMMAND...              the command is one test
    tally.py unit RESULTS STEP PROGRAM...             cmocka programs; one called `joint` lists tests and runs one that is named
    tally.py replay RESULTS STEP CORPUS PROGRAM...    fuzz harnesses over CORPUS/NAME/*
    tally.py pytest RESULTS STEP DIR COMMAND...       COMMAND is pytest, DIR holds the tests
    tally.py broke RESULTS TARGET                     the step did not get as far as counting: one failure
    tally.py sum RESULTS...                           a line per step; the last line is "N passed, N failed"

All but `broke` exit with 1 when a test failed. Needs Python 3.8 and nothing else.
"""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

UNIT_TIMEOUT = 300
BEGUN = time.monotonic()  # of the step, not of what was built for it


def write(results, step, passed, failed, skipped=0):
    path = pathlib.Path(results)
    path.mkdir(parents=True, exist_ok=True)
    seconds = round(time.monotonic() - BEGUN)
    (path / step).write_text("%d %d %d %d\n" % (passed, failed, skipped, seconds))
    print(line("%s:" % step, passed, failed, skipped, seconds), flush=True)
    return 1 if failed else 0


def line(head, passed, failed, skipped, seconds=0):
    text = "%d passed, %d failed" % (passed, failed)
    if skipped:
        text += ", %d skipped" % skipped
    if seconds:
        text += " in %d s" % seconds
    return ("%-20s %s" % (head, text)) if head else text


def run(command, env=None):
    """(exit code, output) of a command; a signal is a negative code, a timeout -SIGALRM."""
    if not os.path.exists(command[0]):
        return 127, "was not built\n"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            timeout=UNIT_TIMEOUT,
        )
        return done.returncode, done.stdout.decode("utf-8", "backslashreplace")
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode("utf-8", "backslashreplace")
        return -signal.SIGALRM, text + "\nno end after %d s\n" % UNIT_TIMEOUT


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return list(pool.map(function, items))


def one(results, step, *command):
    code = subprocess.call(command, close_fds=False)
    return write(results, step, int(code == 0), int(code != 0))


def count_tap(code, output):
    """(passed, failed, skipped) of a cmocka program's TAP; tests announced but never reported have failed."""
    planned = sum(int(n) for n in re.findall(r"^1\.\.(\d+)", output, re.M))
    skipped = len(re.findall(r"^(?:not )?ok \d+ # SKIP", output, re.M))
    passed = len(re.findall(r"^ok \d+ (?!# SKIP)", output, re.M))
    failed = len(re.findall(r"^not ok \d+ (?!# SKIP)", output, re.M))
    failed += max(0, planned - passed - failed - skipped)
    if failed == 0 and (code != 0 or planned == 0):
        failed = 1
    return passed, failed, skipped


def unit_program(command):
    code, output = run(command, dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP"))
    counts = count_tap(code, output)
    text = line("  " + os.path.basename(command[-1]), *counts)
    if counts[1]:
        shown = [row for row in output.splitlines() if not row.startswith("ok ")]
        text += "\n" + "\n".join("    " + row for row in shown) + "\n    exit code %d" % code
    print(text, flush=True)
    return counts


def named(program):
    """The commands of a program: itself, or each test of `joint`, in a process of its own."""
    if os.path.basename(program) != "joint":
        return [[program]]
    names = run([program])[1].split() if os.path.exists(program) else []
    return [[program, name] for name in names] or [[program]]


def unit(results, step, *programs):
    counts = in_parallel(unit_program, [command for program in programs for command in named(program)])
    return write(results, step, *(sum(column) for column in zip(*counts))) if counts else write(results, step, 0, 0)


def replay_program(program, files):
    """After a crash the harness goes on with the next file: each file is one test."""
    passed, failed, left = 0, 0, list(files)
    while left:
        batch = left[:500]
        code, output = run([program] + batch)
        good = [row for row in output.splitlines() if row.startswith("ok ")]
        passed += len(good)
        left = left[len(good) :]
        if len(good) < len(batch):
            failed += 1
            print("  %s failed on %s, exit code %d" % (program, left[0], code))
            print("\n".join("    " + row for row in output.splitlines() if not row.startswith("ok ")), flush=True)
            left = left[1:]
        elif code != 0:  # a leak, found at the exit
            failed += 1
            print("  %s: exit code %d\n%s" % (program, code, output), flush=True)
    return passed, failed, 0


def replay(results, step, corpus, *programs):
    def each(program):
        name = os.path.basename(program)[len("fuzz_") :]
        files = sorted(str(p) for p in pathlib.Path(corpus, name).glob("*") if p.is_file())
        counts = replay_program(program, files or [os.devnull])
        print(line("  fuzz_" + name, *counts), flush=True)
        return counts

    counts = in_parallel(each, programs)
    return write(results, step, *(sum(column) for column in zip(*counts))) if counts else write(results, step, 0, 0)


def count_junit(path):
    """(tests, failed, skipped) of a file of pytest's; nothing when it did not come to write it."""
    sums = [0, 0, 0]
    if path.exists():
        for suite in ElementTree.parse(str(path)).getroot().iter("testsuite"):
            sums[0] += int(suite.get("tests"))
            sums[1] += int(suite.get("failures")) + int(suite.get("errors"))
            sums[2] += int(suite.get("skipped"))
    return sums


def pytest_shard(path, command, shard, shards):
    """One of several runs that share the tests; their output comes in one piece. None of them left for it is no failure."""
    if path.exists():
        path.unlink()
    command = command + ["--junitxml=%s" % path]
    environ = dict(os.environ, VENVFIX_SHARD="%d/%d" % (shard, shards))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ)
    print(done.stdout.decode("utf-8", "backslashreplace"), flush=True)
    total, failed, skipped = count_junit(path)
    if done.returncode not in (0, 5) and failed == 0:
        failed, total = 1, total + 1
    return total, failed, skipped


def pytest(results, step, directory, *command):
    if not list(pathlib.Path(directory).rglob("test_*.py")):
        return write(results, step, 0, 0)
    shards = os.cpu_count() or 1
    path = pathlib.Path(results).absolute()
    path.mkdir(parents=True, exist_ok=True)

    def each(shard):
        return pytest_shard(path / ("%s-%d.xml" % (step, shard)), list(command) + [directory], shard, shards)

    total, failed, skipped = (sum(column) for column in zip(*in_parallel(each, range(1, shards + 1))))
    return write(results, step, max(0, total - failed - skipped), failed, skipped)


def read(results):
    rows = {}
    for path in sorted(pathlib.Path(results).glob("*")):
        if path.suffix != ".xml" and path.name != ".seen":
            rows[path.name] = [int(n) for n in path.read_text().split()]
    return rows


def broke(results, target):
    """Only if none of the steps has counted a failure since: else the failure is already there."""
    marks = sum(row[1] for row in read(results).values())
    seen = pathlib.Path(results, ".seen")
    before = int(seen.read_text()) if seen.exists() else 0
    if marks == before:
        write(results, target + "-did-not-run", 0, 1)
        marks += 1
    seen.write_text("%d\n" % marks)
    return 0


def total(*directories):
    sums = [0, 0, 0]
    print()
    for directory in directories:
        for step, counts in read(directory).items():
            print(line(step, *counts))
            sums = [a + b for a, b in zip(sums, counts[:3])]
    if sums[0] + sums[1] == 0:
        print("no test ran")
        sums[1] = 1
    print(line("", *sums), flush=True)
    return 1 if sums[1] else 0


VERBS = {"one": one, "unit": unit, "replay": replay, "pytest": pytest, "broke": broke, "sum": total}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    sys.exit(VERBS[sys.argv[1]](*sys.argv[2:]))
