"""Growth: processor time and peak memory for n, 4n and 16n of one thing, so that work which is not linear in its input is seen.

Each series makes an environment that holds n of its thing; each verb runs on a fresh copy. The last column is the time for 16n by the time for 4n: about 4
where the work is linear, 16 where each thing is compared with each other one. Used by run.py (make bench); alone:

usage: growth.py [--n N] [--only SERIES,...] [--verbs VERB,...] [--limit SECONDS]
"""
import argparse
import base64
import hashlib
import itertools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("VENVFIX_BUILD", "build")
PROGRAM = os.environ.get("VENVFIX", os.path.join(BUILD, "venvfix"))
VERBS = ["check", "hashes", "json", "freeze", "dry", "move", "copy", "recreate", "fix", "pack"]
FACTOR = (1, 4, 16)
ALLOWED = 6.5  # of the growth from 4n to 16n
SMALL = 0.08  # seconds: below this the start of the program decides


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)


def row_of(rel, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{rel},sha256={digest},{len(data)}\n"


class Tree:
    """An environment without pip, and the means to put things into it."""

    def __init__(self, path):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
        self.path = path
        self.lib = next(d for d in os.listdir(os.path.join(path, "lib")) if d.startswith("python"))
        self.site = os.path.join(path, "lib", self.lib, "site-packages")

    def dist(self, name, version="1.0", files=(), rows="", url=None):
        info = f"{name}-{version}.dist-info"
        meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
        record = [row_of(rel, data) for rel, data in files] + [row_of(f"{info}/METADATA", meta)]
        for rel, data in files:
            write(os.path.join(self.site, rel), data)
        write(os.path.join(self.site, info, "METADATA"), meta)
        write(os.path.join(self.site, info, "WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        write(os.path.join(self.site, info, "INSTALLER"), "pip\n")
        if url:
            write(os.path.join(self.site, info, "direct_url.json"), url)
        write(os.path.join(self.site, info, "RECORD"), "".join(record) + rows + f"{info}/RECORD,,\n")

    def link(self, rel, target):
        os.makedirs(os.path.dirname(os.path.join(self.path, rel)), exist_ok=True)
        os.symlink(target, os.path.join(self.path, rel))


# ---- one maker for each series ----

def files(t, n):
    for i in range(n):
        write(os.path.join(t.path, "share", f"d{i // 100}", f"f{i}.txt"), f"text {i}\n")


def wide(t, n):
    for i in range(n):
        write(os.path.join(t.path, "share", "one", f"f{i}.txt"), f"text {i}\n")


def directories(t, n):
    for i in range(n):
        os.makedirs(os.path.join(t.path, "share", f"d{i // 100}", f"e{i}"))


def rows(t, n):
    t.dist("many", files=[(f"many/p{i // 100}/m{i}.py", b"x = %d\n" % i) for i in range(n)])


def missing(t, n):
    t.dist("gone", rows="".join(f"gone/m{i}.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n" for i in range(n)))


def malformed(t, n):
    t.dist("odd", rows="".join(f"odd/m{i}.py,sha256=47,x{i}\n" for i in range(n)))


def escaping(t, n):
    t.dist("away", rows="".join(f"../../../../away/m{i}.py,,\n" for i in range(n)))


def absolute(t, n):
    t.dist("abs", files=[(f"abs/m{i}.py", b"x\n") for i in range(n // 4)], rows="".join(f"{t.site}/abs/n{i}.py,,\n" for i in range(n)))


def changed(t, n):
    t.dist("edited", files=[(f"edited/m{i}.py", b"x = %d\n" % i) for i in range(n)])
    for i in range(n):
        write(os.path.join(t.site, f"edited/m{i}.py"), b"longer than it was\n")


def shared(t, n):
    listed = [(f"both/m{i}.py", b"x\n") for i in range(n)]
    t.dist("one", files=listed)
    t.dist("two", files=listed)


def dists(t, n):
    for i in range(n):
        t.dist(f"dist{i}", files=[(f"dist{i}.py", b"x = 1\n")])


def one_name(t, n):
    for i in range(n):
        t.dist("same", version=f"1.{i}")


def scripts(t, n):
    for i in range(n):
        write(os.path.join(t.path, "bin", f"s{i}"), f"#!{t.path}/bin/python\nprint({i})\n", 0o755)


def installed_scripts(t, n):
    listed = []
    for i in range(n):
        data = f"#!{t.path}/bin/python\nprint({i})\n".encode()
        listed.append((f"../../../bin/i{i}", data))
    t.dist("tools", files=listed)


def references(t, n):
    write(os.path.join(t.path, "etc", "app.conf"), "".join(f"key{i} = {t.path}/data/{i}\n" for i in range(n)))


def shell_references(t, n):
    write(os.path.join(t.path, "bin", "run.sh"), "#!/bin/sh\n" + "".join(f"export K{i}={t.path}/data/{i}\n" for i in range(n)), 0o755)


def activate_lines(t, n):
    with open(os.path.join(t.path, "bin", "activate"), "a") as f:
        f.writelines(f"export K{i}={t.path}/data/{i}\n" for i in range(n))


def path_lines(t, n):
    write(os.path.join(t.site, "many.pth"), "".join(f"{t.path}/src/p{i}\n" for i in range(n)))


def dangling_lines(t, n):
    write(os.path.join(t.site, "many.pth"), "".join(f"/nowhere/src/p{i}\n" for i in range(n)))


def prefixes(t, n):
    for i in range(n):
        write(os.path.join(t.path, "bin", f"s{i}"), f"#!/nowhere/e{i}/.venv/bin/python\nprint({i})\n", 0o755)


def editables(t, n):
    for i in range(n):
        source = f"{t.path}/src/p{i}"
        os.makedirs(source)
        t.dist(f"ed{i}", files=[(f"__editable__.ed{i}-1.0.pth", source.encode() + b"\n")],
               url='{"url": "file://%s", "dir_info": {"editable": true}}' % source)


def hard_links(t, n):
    for i in range(n // 2):
        a = os.path.join(t.path, "share", f"d{i // 100}", f"a{i}")
        write(a, f"text {i}\n")
        os.link(a, a + "b")


def edited_links(t, n):
    """Pairs of names of one script, half of the pairs; and as many names of one other."""
    for i in range(n // 4):
        a = os.path.join(t.path, "bin", f"s{i}")
        write(a, f"#!{t.path}/bin/python\nprint({i})\n", 0o755)
        os.link(a, a + "b")
    a = os.path.join(t.path, "bin", "all")
    write(a, f"#!{t.path}/bin/python\nprint()\n", 0o755)
    for i in range(n // 2):
        os.link(a, f"{a}{i}")


def one_inode(t, n):
    a = os.path.join(t.path, "share", "all", "first")
    write(a, "text\n")
    for i in range(n):
        os.link(a, f"{a}{i}")


def links(t, n):
    for i in range(n):
        t.link(f"share/l{i // 100}/l{i}", f"{t.path}/share/t{i}")


def compiled(t, n):
    for i in range(n):
        write(os.path.join(t.site, "c", f"m{i}.py"), "x = 1\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", os.path.join(t.site, "c")], check=True)


def kernels(t, n):
    for i in range(n):
        write(os.path.join(t.path, "share/jupyter/kernels", f"k{i}", "kernel.json"), '{"argv": ["%s/bin/python", "-m", "k"]}' % t.path)


def specials(t, n):
    os.makedirs(os.path.join(t.path, "run"))
    for i in range(n):
        os.mkfifo(os.path.join(t.path, "run", f"p{i}"))


# name: maker, n, verbs (None: all)
SERIES = {
    "files": (files, 2000, None), "files of one directory": (wide, 2000, None), "directories": (directories, 2000, None),
    "RECORD rows": (rows, 2000, None), "missing rows": (missing, 25000, None), "malformed rows": (malformed, 6000, None),
    "rows that escape": (escaping, 6000, None), "absolute rows": (absolute, 2000, None), "changed files": (changed, 1000, None),
    "shared files": (shared, 1000, None), "distributions": (dists, 500, None), "distributions of one name": (one_name, 500, None),
    "scripts": (scripts, 1000, None), "installed scripts": (installed_scripts, 1000, None), "references in one file": (references, 4000, None),
    "references in a script": (shell_references, 2000, None), "lines of activate": (activate_lines, 2000, None),
    "lines of a .pth": (path_lines, 2000, None), "dangling .pth lines": (dangling_lines, 2000, None), "old prefixes": (prefixes, 250, None),
    "editables": (editables, 250, None), "hard links": (hard_links, 2000, None), "edited hard links": (edited_links, 1000, None), "names of one inode": (one_inode, 1000, None),
    "absolute links": (links, 1000, None), "compiled files": (compiled, 500, None), "kernels": (kernels, 500, None), "FIFOs": (specials, 1000, None),
}


def arguments(verb, env, work, far):
    return {"check": ["check", env], "hashes": ["check", "--hashes", "--at", env, env], "json": ["check", "--format", "json", "--at", "/else/where", env],
            "freeze": ["freeze", env], "dry": ["move", "-n", env, os.path.join(work, "new")], "move": ["move", env, os.path.join(work, "new")],
            "copy": ["move", env, os.path.join(far, "new")], "recreate": ["recreate", env, os.path.join(work, "new")], "fix": ["fix", env],
            "pack": ["pack", "--allow-modified", env, "-o", os.path.join(work, "bundle.tar.zst")]}[verb]


def measure(args, limit):
    """Processor seconds, MB, exit code; None for the seconds when it took longer than the limit."""
    def bounds():
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 1))
    with tempfile.TemporaryFile() as err:
        p = subprocess.Popen([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, preexec_fn=bounds)
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        seconds = used.ru_utime + used.ru_stime
        err.seek(0)
        said = err.read(300).decode(errors="replace")
    return (None if p.returncode < 0 else seconds), used.ru_maxrss / 1024, p.returncode, said


def one(name, n, verbs, work, far, limit):
    """verb -> for each factor (seconds, MB, exit)."""
    out = {v: [] for v in verbs}
    make = SERIES[name][0]
    for k in FACTOR:
        where = tempfile.mkdtemp(dir=work)
        env = os.path.join(where, "env")
        make(Tree(env), n * k)
        for v in verbs:
            inside = tempfile.mkdtemp(dir=where)
            away = tempfile.mkdtemp(dir=far)
            subject = env
            if v in ("move", "copy", "fix"):  # what changes the environment gets one that may be changed, where the paths in it lead
                kept = env + ".kept"
                subprocess.run(["cp", "-a", env, kept], check=True)
            if v == "fix":
                os.rename(env, env + ".moved")
                subject = env + ".moved"
            out[v].append(measure(arguments(v, subject, inside, away), limit))
            if v in ("move", "copy", "fix"):
                shutil.rmtree(subject, ignore_errors=True)
                shutil.rmtree(env, ignore_errors=True)
                os.rename(kept, env)
            shutil.rmtree(inside)
            shutil.rmtree(away)
        shutil.rmtree(where)
    return out


def cell(r):
    if r[0] is None:
        return "too long"
    return f"{r[0] * 1000:.0f} ms {r[1]:.0f} MB" + (f" (exit {r[2]})" if r[2] not in (0, 1) else "")


def grown(results):
    """The growth from 4n to 16n as text, and whether it is more than linear work explains."""
    a, b = results[1][0], results[2][0]
    if b is None or a is None:
        return "endless", True
    if b < SMALL:
        return "", False
    ratio = b / max(a, 0.005)
    return f"{ratio:.1f}", ratio > ALLOWED


def table(n=None, only=(), verbs=(), limit=60, work=None, far=None):
    """Yields rows: series, verb, n, three cells, growth, "linear" or "MORE"."""
    for name, (_, usual, its_verbs) in SERIES.items():
        if only and name not in only:
            continue
        count = n or usual
        results = one(name, count, [v for v in (its_verbs or VERBS) if not verbs or v in verbs], work, far, limit)
        for verb, r in results.items():
            text, more = grown(r)
            yield (name, verb, str(count), *(cell(x) for x in r), text, "MORE" if more else "linear" if text else "")


def show_table(n=None, only=(), verbs=(), limit=60, work=None, far=None):
    """Prints the table as it is made; returns how many rows grow more than linearly."""
    far = far or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    work, far = tempfile.mkdtemp(prefix="venvfix-growth-", dir=work), tempfile.mkdtemp(prefix="venvfix-growth-", dir=far)
    widths, began, more = (26, 8, 6, 22, 22, 22, 8, 6), time.monotonic(), 0
    try:
        for r in itertools.chain([("of", "verb", "n", "n", "4n", "16n", "growth", "")], table(n, only, verbs, limit, work, far)):
            print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip(), flush=True)
            more += r[-1] == "MORE"
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(far, ignore_errors=True)
    print(f"{more} rows grow more than linearly; {time.monotonic() - began:.0f} s")
    return more


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--n", type=int)
    ap.add_argument("--only", default="")
    ap.add_argument("--verbs", default="")
    ap.add_argument("--limit", type=int, default=60)
    ap.add_argument("--work", default=None)
    ap.add_argument("--far", default=None)
    args = ap.parse_args()
    split = lambda s: [x for x in s.split(",") if x]
    sys.exit(1 if show_table(args.n, split(args.only), split(args.verbs), args.limit, args.work, args.far) else 0)


if __name__ == "__main__":
    main()
