"""make bench: what the program costs, each as a ratio to a reference run beside it. Medians of interleaved runs, warm cache.

Of each run two things are taken: how long it took, and the processor time (user and system, all threads and children) that it needed.
Where other work shares the machine, only the second can be compared; or --ahead lets everything that is measured go before that work.

usage: run.py [--env PATH] [--runs N] [--only NAME] [--on disk|tmpfs] [--ahead]      PATH: an environment to copy and measure on, instead of making one
"""
import argparse
import base64
import hashlib
import csv
import glob
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import growth

BUILD = os.environ.get("VENVFIX_BUILD", "build")
PROGRAM = os.environ.get("VENVFIX", os.path.join(BUILD, "venvfix"))
PACKAGES = ["jupyterlab", "numpy", "scipy", "pandas", "matplotlib", "scikit-learn", "pyarrow", "sphinx"]
rows = []


class Cost:
    """What the programs that were run since it was made needed."""

    def __init__(self):
        self.start, self.cpu = time.monotonic(), 0.0

    def seconds(self):
        return time.monotonic() - self.start, self.cpu


cost = Cost()


def run(*args, ok=(0, 1)):
    """Runs a program to its end, without a shell; returns its peak memory in MB."""
    program = shutil.which(args[0])
    if not program:
        sys.exit(f"{args[0]} is not installed")
    with tempfile.TemporaryFile() as said:
        null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
        pid = os.posix_spawn(program, args, os.environ, file_actions=[*null, (os.POSIX_SPAWN_DUP2, said.fileno(), 2)])
        _, status, used = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in ok:
            said.seek(0)
            sys.exit(f"{' '.join(args)}: exit {code}\n{said.read().decode(errors='replace')}")
    cost.cpu += used.ru_utime + used.ru_stime
    return used.ru_maxrss / 1024


def timed(act):
    global cost
    cost = Cost()
    act()
    return cost.seconds()


def medians(acts, runs):
    """Each act once to warm up, then `runs` rounds in turn. An act is (before, measured, after). Of each: seconds, processor seconds."""
    times = [[] for _ in acts]
    for i in range(runs + 1):
        for k, (before, act, after) in enumerate(acts):
            before()
            t = timed(act)
            after()
            if i:
                times[k].append(t)
    return [tuple(statistics.median(x) for x in zip(*t)) for t in times]


def plain(act):
    return (lambda: None, act, lambda: None)


def show(*columns):
    rows.append(columns)
    print("  ", *columns, flush=True)


def row(where, what, ours, reference, theirs, aim):
    if not theirs:
        return show(where, what, f"{ours[0] * 1000:.0f} ms", reference, "", "", "", f"{aim:.2f}", "")
    ratio, cpu = ours[0] / theirs[0], ours[1] / theirs[1]
    show(where, what, f"{ours[0] * 1000:.0f} ms", reference, f"{theirs[0] * 1000:.0f} ms", f"{ratio:.2f}", f"{cpu:.2f}", f"{aim:.2f}",
         "met" if ratio <= aim else "missed")


def remove(*paths):
    for p in paths:
        shutil.rmtree(p, ignore_errors=True)


def copy(a, b):
    run("cp", "-a", a, b)


# ---- references ----

def hash_records(env):
    """RECORD against the files by hashlib, one core: what a careful script does."""
    for top, _, names in os.walk(env):
        if top.endswith(".dist-info") and "RECORD" in names:
            site = os.path.dirname(top)
            with open(os.path.join(top, "RECORD"), newline="") as f:
                for path, digest, *_ in csv.reader(f):
                    if digest.startswith("sha256="):
                        with open(os.path.join(site, path), "rb") as g:
                            h = hashlib.sha256()
                            while part := g.read(1 << 20):
                                h.update(part)
                        base64.urlsafe_b64encode(h.digest())


HASH = "import sys; sys.argv = ['x']; exec(open(%r).read().split('rows = []')[0]); exec(%r); hash_records(%r)"


def hashlib_run(env):
    import inspect
    run(sys.executable, "-c", HASH % (os.path.abspath(__file__), inspect.getsource(hash_records), env))


# ---- measurements ----

def measure_check(where, env, runs):
    acts, names = [plain(lambda: run(PROGRAM, "check", "-q", env))], []
    if shutil.which("rg"):
        acts.append(plain(lambda: run("rg", "-uuu", "-l", "-F", env, env)))
        names.append("rg -uuu -l -F")
    t = medians(acts, runs)
    row(where, "check", t[0], names[0] if names else "rg is not installed", t[1] if names else None, 0.5)
    ours, theirs = medians([plain(lambda: run(PROGRAM, "check", "-q", "--hashes", env)), plain(lambda: hashlib_run(env))], max(1, runs // 2))
    row(where, "check --hashes", ours, "hashlib over RECORD, 1 core", theirs, 0.6)


def measure_drift(where, env, runs, directory):
    """What else can be asked in the same pass, beside a plain check."""
    listed = os.path.join(directory, "frozen.txt")
    with open(listed, "wb") as out:
        out.write(subprocess.run([PROGRAM, "freeze", "-q", env], stdout=subprocess.PIPE, check=True).stdout)
    check = plain(lambda: run(PROGRAM, "check", "-q", env))
    for what, more in (("--frozen", ("--frozen", listed)), ("--forbid, 4 strings", ("--forbid", "/build/forge-7", "--forbid", "/home/nobody-here", "--forbid", "s3cr3t-t0ken", "--forbid", "/croot/"))):
        ours, theirs = medians([plain(lambda m=more: run(PROGRAM, "check", "-q", *m, env)), check], runs)
        row(where, f"check {what}", ours, "check", theirs, 1.1)


def measure_fleet(where, directory, runs):
    """300 environments in one run: copies by hard links of a bare one."""
    fleet = os.path.join(directory, "fleet")
    run(sys.executable, "-m", "venv", os.path.join(fleet, "e000"))
    for i in range(1, 300):
        run("cp", "-al", os.path.join(fleet, "e000"), os.path.join(fleet, f"e{i:03}"))
    ours, one = medians([plain(lambda: run(PROGRAM, "check", "-q", "--recursive", fleet)), plain(lambda: run(PROGRAM, "check", "-q", os.path.join(fleet, "e000")))], max(1, runs // 2))
    show(where, "check --recursive, each of 300", f"{ours[0] / 300 * 1000:.1f} ms, {ours[1] / 300 * 1000:.1f} ms CPU", "check of one", f"{one[0] * 1000:.1f} ms", "", "", "8 ms", "met" if ours[0] / 300 <= 0.008 else "missed")
    remove(fleet)


def measure_archives(where, env, runs):
    """An environment inside a tar, beside listing the tar and checking the directory."""
    for name, options in ("env.tar", ()), ("env.tar.gz", ("-z",)), ("env.tar.zst", ("--zstd",)):
        file = os.path.join(os.path.dirname(env), name)
        run("tar", *options, "-cf", file, "-C", os.path.dirname(env), os.path.basename(env))

        def list_and_check():
            run("tar", "-tf", file)
            run(PROGRAM, "check", "-q", "--here", env)

        ours, theirs = medians([plain(lambda: run(PROGRAM, "check", "-q", file)), plain(list_and_check)], runs)
        row(where, "check " + name, ours, "tar -tf + check ENV", theirs, 1.2)
        os.remove(file)


def measure_static(where, env, runs):
    """The static program beside the shared one: starts, check, size."""
    found = [p for p in sorted(glob.glob(os.path.join(BUILD, "dist/venvfix-*-linux-" + platform.machine()))) if os.access(p, os.X_OK)]
    if not found:
        return show(where, "static", "", "make static was not run", "", "", "", "", "")
    starts = [plain(lambda p=p: [run(p, "--version") for _ in range(50)]) for p in (found[-1], PROGRAM)]
    row(where, "static: 50 starts", *_beside(medians(starts, runs)), 1.2)
    checks = [plain(lambda p=p: run(p, "check", "-q", env)) for p in (found[-1], PROGRAM)]
    row(where, "static: check", *_beside(medians(checks, runs)), 1.05)
    size = os.path.getsize(found[-1]) / (1 << 20)
    show(where, "static: size", f"{size:.1f} MiB", "12 MiB", "", f"{size / 12:.2f}", "", "1.00", "met" if size <= 12 else "missed")


def _beside(medians_of_two):
    return medians_of_two[0], "the shared one", medians_of_two[1]


def measure_rename(where, env, runs):
    other, linked = env + "-moved", env + "-linked"

    def there_and_back():
        run(PROGRAM, "move", env, other)

    def link_and_remove():
        run("cp", "-al", env, linked)
        run("rm", "-rf", linked)

    move = (lambda: None, there_and_back, lambda: run(PROGRAM, "move", other, env))
    ours, check, cp = medians([move, plain(lambda: run(PROGRAM, "check", "-q", env)), plain(link_and_remove)], runs)
    row(where, "move by rename", ours, "its own check", check, 1.3)
    row(where, "move by rename", ours, "cp -al + rm -rf", cp, 0.1)


def measure_copies(where, env, runs, elsewhere):
    new, plain_copy, far, far_plain = env + "-new", env + "-cp", os.path.join(elsewhere, "far"), os.path.join(elsewhere, "far-cp")
    recreate = (lambda: remove(new), lambda: run(PROGRAM, "recreate", env, new), lambda: remove(new))
    cp = (lambda: remove(plain_copy), lambda: copy(env, plain_copy), lambda: remove(plain_copy))
    ours, theirs = medians([recreate, cp], max(1, runs // 2))
    row(where, "recreate ENV", ours, "cp -a", theirs, 0.8)
    source = env + "-src"
    move = (lambda: copy(env, source), lambda: run(PROGRAM, "move", source, far), lambda: remove(far, source))
    cp = (lambda: None, lambda: copy(env, far_plain), lambda: remove(far_plain))
    ours, theirs = medians([move, cp], max(1, runs // 2))
    row(where, "move to another file system (OLD removed)", ours, "cp -a (original stays)", theirs, 0.8)


def measure_small(where, directory, runs):
    env = os.path.join(directory, "pip-only")
    run(sys.executable, "-m", "venv", env)
    ours, nothing = medians([plain(lambda: run(PROGRAM, "check", "-q", env)), plain(lambda: run("true"))], max(15, runs))
    show(where, "check, pip only", f"{ours[0] * 1000:.1f} ms", "true (starting a program)", f"{nothing[0] * 1000:.1f} ms", "",
         f"{ours[1] * 1000:.1f} ms", "10 ms", "met" if ours[0] < 0.010 else "missed")
    remove(env)


def find_uv():
    for p in (os.path.join(BUILD, "pytools", "bin", "uv"), shutil.which("uv")):
        if p and os.path.exists(p):
            return p
    for top, _, names in os.walk(BUILD):
        if "uv" in names and os.path.basename(top) == "bin":
            return os.path.join(top, "uv")
    return None


def measure_freeze(where, env, runs):
    uv = find_uv()
    acts = [plain(lambda: run(PROGRAM, "freeze", env))]
    if uv:
        acts.append(plain(lambda: run(uv, "pip", "freeze", "--offline", "--no-config", "-q", "--python", os.path.join(env, "bin", "python"))))
    t = medians(acts, max(9, runs))
    row(where, "freeze", t[0], "uv pip freeze" if uv else "uv is not there", t[1] if uv else None, 0.5)


def measure_pack(where, env, directory, runs):
    """Both read the same environment and write into the same directory; the bundle leaves compiled files out, tar does not."""
    ours_file, theirs_file = os.path.join(directory, "bundle.tar.zst"), os.path.join(directory, "ref.tar.zst")

    def unlink(*paths):
        for p in paths:
            if os.path.exists(p):
                os.unlink(p)

    def tar():
        run("sh", "-c", 'tar -C "$1" -cf - "$2" | zstd -3 -T0 -q -f -o "$3"', "sh", *os.path.split(env), theirs_file, ok=(0,))
    pack = (lambda: unlink(ours_file), lambda: run(PROGRAM, "pack", "-q", env, "-o", ours_file, ok=(0,)), lambda: None)
    there = shutil.which("zstd")
    t = medians([pack] + ([plain(tar)] if there else []), max(1, runs // 2))
    row(where, "pack", t[0], "tar | zstd -3 -T0" if there else "zstd is not installed", t[1] if there else None, 1.0)
    if there:
        ours, theirs = os.path.getsize(ours_file), os.path.getsize(theirs_file)
        show(where, "pack: size of the file", f"{ours / 1e6:.0f} MB", "tar | zstd -3 -T0", f"{theirs / 1e6:.0f} MB", f"{ours / theirs:.2f}", "", "1.00",
             "met" if ours <= theirs else "missed")
    unlink(ours_file, theirs_file)


def measure_memory(env, directory):
    bundle = os.path.join(directory, "memory.tar.zst")
    for what, args, aim in (("check", ("check", "-q", env), 64), ("check --hashes", ("check", "-q", "--hashes", env), 64),
                            ("pack, two jobs", ("pack", "-q", "-j", "2", env, "-o", bundle), 128), ("check of a bundle", ("check", "-q", bundle), 64)):
        peak = run(PROGRAM, *args)
        show("", f"peak memory of {what}", f"{peak:.0f} MB", "", "", "", "", f"{aim} MB", "met" if peak < aim else "missed")
    os.unlink(bundle)


IMPORT_ALL = """
import importlib, os, site, sys
for name in sorted(os.listdir(site.getsitepackages()[0])):
    stem = name.split(".")[0]
    if stem.isidentifier() and (name.endswith((".py", ".so")) or os.path.exists(os.path.join(site.getsitepackages()[0], name, "__init__.py"))):
        try:
            importlib.import_module(stem)
        except BaseException:
            pass
"""


def base_python(env):
    """The interpreter behind the environment: the bundle is for its version."""
    return os.path.realpath(os.path.join(env, "bin", "python"))


class Outs:
    """New directories, one for each run. On a disk they stay until the end: ext4 looks for an inode that was not deleted in the last five minutes,
    and whoever makes files where as many were just removed waits for that and for nothing else. What others wrote is flushed before."""

    def __init__(self, directory, stay):
        self.directory, self.stay, self.n, self.old = directory, stay, 0, []

    def __call__(self):
        return os.path.join(self.directory, f"out{self.n}")

    def next(self):
        if not self.stay:
            remove(self())
        self.old.append(self())
        self.n += 1
        os.sync()

    def remove(self):
        remove(self(), *self.old)


def measure_bundle(where, env, runs, directory):
    """recreate BUNDLE against unpacking the same files, and against pip and uv from the same wheels, into a fresh environment."""
    bundle, compiled, files = (os.path.join(directory, n) for n in ("app.tar.zst", "compiled.tar.zst", "files.tar.zst"))
    wheels, python, uv = os.path.join(directory, "unpacked"), base_python(env), find_uv()
    out, caches = Outs(directory, where == "disk"), Outs(os.path.join(directory, "uv"), where == "disk")
    run(PROGRAM, "pack", "--allow-modified", "-o", bundle, env)
    run(PROGRAM, "pack", "--allow-modified", "--pycache", "-o", compiled, env)
    run("sh", "-c", 'tar -C "$1" --exclude="*.pyc" -cf - . | zstd -q -3 -T2 -o "$2"', "-", env, files)
    os.makedirs(wheels)
    run("tar", "-C", wheels, "-xf", bundle)
    with open(compiled, "rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(f.read()).hexdigest()
    nothing = lambda: None

    def recreate(*args):
        run(PROGRAM, "recreate", "-q", *args, out(), "--python", python)

    def unpack():
        os.makedirs(out())
        run("sh", "-c", 'zstd -q -dc "$1" | tar -C "$2" -xf -', "-", files, out())

    def unpack_and_flush():
        unpack()
        run("sync", "-f", out())

    ours, theirs, flushed = medians([(out.next, lambda: recreate(bundle), nothing), (out.next, unpack, nothing), (out.next, unpack_and_flush, nothing)], max(1, runs // 2))
    row(where, "recreate BUNDLE", ours, "zstd -d | tar -x of the same files", theirs, 1.1 if where == "tmpfs" else 0.6)
    if where == "disk":
        row(where, "recreate BUNDLE, which flushes", ours, "the same, flushed (sync -f)", flushed, 1.1)

    def fresh():
        out.next()
        run(python, "-m", "venv", "--without-pip", out())

    links = ("--no-index", "--find-links", os.path.join(wheels, "wheels"), "-r", os.path.join(wheels, "requirements.txt"))
    by_uv = lambda: run(uv, "pip", "install", "-q", "--offline", "--no-config", "--no-deps", "--cache-dir", caches(), "-p", os.path.join(out(), "bin", "python"), *links, ok=(0,))
    use = lambda: run(os.path.join(out(), "bin", "python"), "-c", IMPORT_ALL)
    if uv:
        theirs, = medians([(lambda: (caches.next(), fresh()), by_uv, nothing)], max(1, runs // 2))
        row(where, "recreate BUNDLE", ours, "uv pip install, cold cache", theirs, 1.0)
        both = medians([(out.next, lambda: (recreate(compiled, "--sha256", digest), use()), nothing), (fresh, lambda: (by_uv(), use()), nothing)], max(1, runs // 2))
        row(where, "recreate BUNDLE with compiled files, then import everything", both[0], "uv pip install, warm cache, the same", both[1], 1.0)
    pips = [n for n in os.listdir(os.path.join(wheels, "wheels")) if n.startswith("pip-")]
    if pips:
        pip = os.path.join(wheels, "wheels", pips[0], "pip")
        by_pip = lambda: run(os.path.join(out(), "bin", "python"), pip, "install", "-q", "--no-deps", "--no-cache-dir", *links, ok=(0,))
        theirs, = medians([(fresh, by_pip, nothing)], 1)
        row(where, "recreate BUNDLE", ours, "pip install (it compiles)", theirs, 0.2)
    out.remove()
    caches.remove()
    remove(wheels)


# ---- environments ----

def the_environment(given):
    if given:
        return os.path.abspath(given)
    env = os.path.join(os.path.abspath(BUILD), "bench", "env")
    done = env + ".done"
    if not os.path.exists(done):
        remove(env)
        run(sys.executable, "-m", "venv", env, ok=(0,))
        run(os.path.join(env, "bin", "python"), "-m", "pip", "install", "-q", *PACKAGES, ok=(0,))
        open(done, "w").close()
    return env


def count(env):
    n = size = 0
    for top, _, names in os.walk(env):
        for name in names:
            st = os.lstat(os.path.join(top, name))
            n, size = n + 1, size + st.st_size
    return n, size


def place(original, directory):
    """A copy that the program itself made, so that it is sound there."""
    env = os.path.join(directory, "env")
    run(PROGRAM, "recreate", original, env)
    return env


def table():
    head = ("on", "what", "venvfix", "reference", "takes", "ratio", "of cpu", "aim", "")
    widths = [max(len(r[i]) for r in rows + [head]) for i in range(len(head))]
    for r in [head, tuple("-" * w for w in widths)] + rows:
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was made is removed
    ap = argparse.ArgumentParser()
    ap.add_argument("--env")
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--ahead", action="store_true", help="real-time priority for all that is measured (needs root)")
    ap.add_argument("--on", default="disk,tmpfs")
    ap.add_argument("--only", default="", help="comma-separated: check drift fleet archives static rename copies pack bundle small freeze memory growth")
    args = ap.parse_args()
    only = args.only.split(",") if args.only else []
    wanted = lambda name: not only or name in only
    original = the_environment(args.env)
    if args.ahead:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))  # children inherit it
    n, size = count(original)
    print(f"{n} files, {size / 1e6:.0f} MB, {os.cpu_count()} processors, medians of {args.runs} runs, warm cache")
    os.makedirs(os.path.join(BUILD, "bench"), exist_ok=True)
    disk = tempfile.mkdtemp(prefix="disk-", dir=os.path.abspath(os.path.join(BUILD, "bench")))
    tmpfs = tempfile.mkdtemp(prefix="venvfix-bench-", dir="/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    try:
        for where, directory, other in (("disk", disk, tmpfs), ("tmpfs", tmpfs, disk)):
            if not directory or where not in args.on.split(","):
                continue
            env = place(original, directory)
            if wanted("bundle"):
                measure_bundle(where, env, args.runs, directory)
            if wanted("check"):
                measure_check(where, env, args.runs)
            if wanted("drift"):
                measure_drift(where, env, args.runs, directory)
            if wanted("fleet"):
                measure_fleet(where, directory, args.runs)
            if wanted("archives"):
                measure_archives(where, env, args.runs)
            if wanted("static"):
                measure_static(where, env, args.runs)
            if wanted("rename"):
                measure_rename(where, env, args.runs)
            if wanted("copies") and other:
                measure_copies(where, env, args.runs, other)
            if wanted("pack"):
                measure_pack(where, env, directory, args.runs)
            if wanted("small"):
                measure_small(where, directory, args.runs)
            if wanted("freeze"):
                measure_freeze(where, env, args.runs)
            if where == "disk" and wanted("memory"):
                measure_memory(env, directory)
            remove(env)
    finally:
        remove(disk, *([tmpfs] if tmpfs else []))
    print()
    table()
    if wanted("growth"):
        growth.show_table()


main()
