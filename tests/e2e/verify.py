"""What is true of an environment, found out without venvfix.

Everything here compares with how it was before: an installed script that never worked need not work after a move.
"""
import base64
import concurrent.futures
import csv
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import tempfile
import threading
import urllib.parse
import zipfile
from pathlib import Path

from envs import Env, run, site_packages, wheels
from place import AREA, SANITIZED, clean_environ

SHELLS = ("bash", "zsh", "fish", "tcsh", "dash")


# ---- the tree

def snapshot(root):
    """{relative name: (kind, mode, mtime, size, sha256 or link target, number of links)} of everything below, the root included."""
    root = os.fsencode(root)
    out = {}
    todo = [b""]
    while todo:
        rel = todo.pop()
        full = os.path.join(root, rel) if rel else root
        st = os.lstat(full)
        what = None
        if stat.S_ISREG(st.st_mode):
            with open(full, "rb") as f:
                what = hashlib.sha256(f.read()).hexdigest()
        elif stat.S_ISLNK(st.st_mode):
            what = os.readlink(full)
        size = st.st_size if stat.S_ISREG(st.st_mode) else 0
        out[rel] = (stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode), st.st_mtime_ns, size, what, st.st_nlink if stat.S_ISREG(st.st_mode) else 0)
        if stat.S_ISDIR(st.st_mode):
            todo += [os.path.join(rel, n) if rel else n for n in os.listdir(full)]
    return out


def difference(before, after, times=True):
    """Lines that say what is not the same in two snapshots."""
    pick = (lambda e: e) if times else (lambda e: (e[0], e[1], e[3], e[4]))
    out = [f"gone: {os.fsdecode(n)}" for n in sorted(before.keys() - after.keys())]
    out += [f"new: {os.fsdecode(n)}" for n in sorted(after.keys() - before.keys())]
    out += [f"changed: {os.fsdecode(n)}: {before[n]} -> {after[n]}" for n in sorted(before.keys() & after.keys()) if pick(before[n]) != pick(after[n])]
    return out


def contents(snap):
    """A snapshot without times and link counts: what `the same bytes` means after there and back."""
    return {n: (e[0], e[1], e[3], e[4]) for n, e in snap.items()}


def files_holding(root, *needles):
    """{relative name} of each file or link below root whose bytes hold one of the needles."""
    root = os.fsencode(root)
    needles = [os.fsencode(n) for n in needles]
    out = set()
    for directory, names, files in os.walk(root):
        for name in names + files:
            full = os.path.join(directory, name)
            if os.path.islink(full):
                data = os.readlink(full)
            elif name in files and os.path.isfile(full):
                with open(full, "rb") as f:
                    data = f.read()
            else:
                continue
            if any(n in data for n in needles):
                out.add(os.path.relpath(full, root))
    return out


def spellings(path):
    """A path as the files of an environment spell it: raw, percent-encoded, as JSON, as a Python literal."""
    raw = os.fsencode(path)
    text = os.fsdecode(path)
    out = {raw, urllib.parse.quote(raw, safe="/~").encode(), urllib.parse.quote(raw, safe="/~!$&'()*+,;=:@").encode()}
    try:
        out |= {json.dumps(text)[1:-1].encode(), repr(text)[1:-1].encode(), json.dumps(text, ensure_ascii=False)[1:-1].encode()}
    except UnicodeEncodeError:
        pass
    return sorted(out)


# ---- RECORD

def _digest(value, data):
    """Whether `alg=value` of a RECORD row is the digest of these bytes; urlsafe base64 or, from flit, hex."""
    alg, _, want = value.partition("=")
    got = hashlib.new(alg, data).digest()
    return want in (base64.urlsafe_b64encode(got).rstrip(b"=").decode(), got.hex())


def record_problems(env):
    """What is wrong with the RECORDs: lines of text without the environment's own place. Rows of .pyc files are left out."""
    env = Path(os.fsdecode(env))
    out = set()
    for record in sorted(site_packages(env).glob("*.dist-info/RECORD")):
        base = record.parent.parent
        with open(record, newline="", encoding="utf-8", errors="surrogateescape") as f:
            rows = list(csv.reader(f))
        for row in rows:
            name, digest, size = (row + ["", ""])[:3]
            if not name or name.endswith(".pyc") or "__pycache__" in name:
                continue
            target = os.path.normpath(os.path.join(base, name))
            where = f"{record.parent.name}: {os.path.relpath(target, env)}"
            if not (target + "/").startswith(os.fspath(env) + "/"):
                out.add(f"{record.parent.name}: row leaves the environment: {name}")
            elif not os.path.lexists(target):
                out.add(f"{where} is missing")
            elif os.path.isfile(target):
                data = Path(target).read_bytes()
                if digest and not _digest(digest, data):
                    out.add(f"{where}: hash")
                if size and int(size) != len(data):
                    out.add(f"{where}: size")
    return sorted(out)


# ---- scripts

PROBE = '''
import os, sys
_out = os.environ.get("VFE2E_PROBE")
_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if p != _here]
if _out:
    with open(_out, "a") as _f:
        _f.write(os.fsencode(sys.prefix).hex() + "\\n")
    if os.environ.get("VFE2E_ONLY_HEADER"):
        os._exit(0)
_me = sys.modules.pop("sitecustomize", None)
try:
    import sitecustomize
except ImportError:
    sys.modules["sitecustomize"] = _me
'''


def probe_directory():
    d = AREA / "probe"
    file = d / "sitecustomize.py"
    if not file.exists() or file.read_text() != PROBE:
        d.mkdir(exist_ok=True)
        file.write_text(PROBE)
    return d


def run_script(script, args=("--help",), only_header=False, timeout=40, cwd="/", **more):
    """Starts a script as a user would. (exit code, the prefix that the first Python it becomes reports or None, output).

    A sitecustomize of our own, put before all others by PYTHONPATH, writes sys.prefix down and hands over to the next one: neither the script
    nor the environment is changed for the question.
    """
    fd, answer = tempfile.mkstemp(dir=AREA)
    os.close(fd)
    env = clean_environ(PYTHONPATH=os.fspath(probe_directory()), VFE2E_PROBE=answer, **more)
    if only_header:
        env["VFE2E_ONLY_HEADER"] = "1"
    try:
        p = subprocess.run([os.fsencode(script), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, timeout=timeout, cwd=cwd)
        rc, output = p.returncode, p.stdout
    except subprocess.TimeoutExpired as e:
        rc, output = -999, e.stdout or b""
    except OSError as e:  # no interpreter, or the kernel knows no such format
        rc, output = -e.errno, str(e).encode()
    with open(answer) as f:
        first = f.readline().strip()
    os.unlink(answer)
    return rc, bytes.fromhex(first) if first else None, output


def script_names(env):
    """The programs in bin, interpreters and activate files left out."""
    out = []
    with os.scandir(Path(os.fsdecode(env)) / "bin") as it:
        for e in it:
            if re.match(r"python|pypy|(de)?activate|pydoc\.bat", e.name, re.I) or not e.is_file() or not os.access(e.path, os.X_OK):
                continue
            with open(e.path, "rb") as f:
                if f.read(4)[:2] == b"#!":
                    out.append(e.name)
    return sorted(out)


def _each(function, items):
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))


def scripts(env):
    """{name: [argument, prefix in hex or None]} of the scripts that work."""
    env = Path(os.fsdecode(env))

    def one(name):
        for arg in ("--help", "--version"):
            rc, prefix, _ = run_script(env / "bin" / name, (arg,))
            if rc == 0:
                return name, [arg, prefix.hex() if prefix else None]
        return name, None
    return {name: how for name, how in _each(one, script_names(env)) if how}


def scripts_broken(before, old, new):
    """Runs at `new` every script that worked at `old`: lines about those that do not, or that are not of `new`."""
    new = Path(os.fsdecode(new))
    same = {}
    for name in sorted(before)[: 1 if SANITIZED else None]:
        try:
            data = (new / "bin" / name).read_bytes()
        except OSError as e:
            data = str(e).encode()
        same.setdefault((data, before[name][0]), []).append(name)

    def one(item):
        name, first = item
        arg, prefix = before[name]
        rc, got, output = run_script(new / "bin" / name, (arg,), only_header=not first)
        want = os.fsencode(new) if prefix == os.fsencode(old).hex() else bytes.fromhex(prefix) if prefix else None
        if rc != 0:
            return f"{name} {arg}: exit {rc}: {output[-500:].decode(errors='replace')}"
        if got != want:
            return f"{name}: its prefix is {got}, not {want}"
        return None
    # pip, pip3 and pip3.11 have the same bytes: one runs to its end, the others up to the answer
    items = [(name, i == 0) for names in same.values() for i, name in enumerate(names)]
    return [line for line in _each(one, items) if line]


# ---- activate files

_ASK = "/usr/bin/printenv VIRTUAL_ENV; python -c 'import os, sys; sys.stdout.buffer.write(os.fsencode(sys.prefix))'"
_COMMANDS = {
    "bash": (["bash", "--norc", "--noprofile", "-c", ". ./activate; " + _ASK], "activate"),
    "zsh": (["zsh", "-f", "-c", ". ./activate; " + _ASK], "activate"),
    "dash": (["dash", "-c", ". ./activate; " + _ASK], "activate"),
    "fish": (["fish", "--no-config", "-c", "source ./activate.fish; " + _ASK], "activate.fish"),
    "tcsh": (["tcsh", "-f", "-c", "source ./activate.csh; " + _ASK], "activate.csh"),
}


def activate(env, shell):
    """(VIRTUAL_ENV, prefix of the `python` that is found then), as bytes, or None where the shell has no file or fails."""
    command, name = _COMMANDS[shell]
    bin = Path(os.fsdecode(env)) / "bin"
    if not (bin / name).exists():
        return None
    p = subprocess.run(command, cwd=bin, env=clean_environ(PATH="/usr/bin:/bin"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    answer, prefix = p.stdout, b""
    # a path may hold newlines: the prefix is as long as what the interpreter says, so split at the last LF that leaves equal halves, or the last one
    for at in range(len(answer)):
        if answer[at:at + 1] == b"\n" and answer[:at] == answer[at + 1:]:
            return answer[:at], answer[at + 1:]
    value, _, prefix = answer.rpartition(b"\n")
    return value, prefix


def activations(env, shells=SHELLS):
    """{shell: [VIRTUAL_ENV, prefix] in hex or None}"""
    got = _each(lambda s: activate(env, s), shells)
    return {s: [g[0].hex(), g[1].hex()] if g else None for s, g in zip(shells, got)}


def activations_broken(before, old, new, exempt=()):
    """Lines about shells that were right at `old` and are not at `new`."""
    was, want = os.fsencode(old).hex(), os.fsencode(new).hex()
    out = []
    for shell, got in activations(new, SHELLS[:1] if SANITIZED else SHELLS).items():
        if before[shell] and before[shell][0] == was:
            if not got or got[0] != want:
                out.append(f"{shell}: VIRTUAL_ENV is {got and bytes.fromhex(got[0])}, not {os.fsencode(new)}")
            elif before[shell][1] == was and got[1] != want and shell not in exempt:
                out.append(f"{shell}: `python` is {bytes.fromhex(got[1])}, not {os.fsencode(new)}")
    return out


# ---- pip

def pip_freeze(env, *more):
    """The environment's own pip."""
    return run(os.path.join(os.fsdecode(env), "bin/python"), "-m", "pip", "freeze", *more).decode()


_unpacking = threading.Lock()


def newest_pip(version):
    """The newest pip of the wheelhouse that runs on this Python version, as a directory for PYTHONPATH (a wheel would be compiled in each run)."""
    have = tuple(map(int, version.split(".")[:2]))
    for wheel in wheels("pip"):
        with zipfile.ZipFile(wheel) as z:
            meta = z.read(next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))).decode()
        needs = re.search(r"^Requires-Python: *>= *(\d+)\.(\d+)", meta, re.M)
        if not needs or have >= tuple(map(int, needs.groups())):
            with _unpacking:
                unpacked = AREA / "pip" / wheel.stem
                if not unpacked.exists():
                    with zipfile.ZipFile(wheel) as z:
                        z.extractall(unpacked.with_suffix(".new"))
                    os.rename(unpacked.with_suffix(".new"), unpacked)
            return unpacked
    raise RuntimeError(f"the wheelhouse has no pip for Python {version}")


def newest_freeze(env, *more):
    """What the newest pip prints for this environment, run by the environment's own interpreter."""
    env = Path(os.fsdecode(env))
    if _has_newest_pip(env):
        return pip_freeze(env, "--local", *more)
    minor = site_packages(env).parent.name[len("python"):]
    return run(env / "bin/python", "-m", "pip", "freeze", "--local", *more, env=clean_environ(PYTHONPATH=os.fspath(newest_pip(minor)), PYTHONPYCACHEPREFIX=os.fspath(AREA / "pyc"))).decode("utf-8", "surrogateescape")


def freeze_mapped(text, old, new):
    """A frozen list with the old place replaced, in plain paths and in file: URLs."""
    quoted = [urllib.parse.quote(os.fsencode(p), safe="/~") for p in (old, new)]
    plain = [os.fsdecode(p) for p in (old, new)]
    return "".join(line.replace(*(quoted if " @ file:" in line else plain)) for line in text.splitlines(True))


def tiny_wheel(directory, name="vfe2e-extra", version="1.0", files=None, scripts=(), metadata=""):
    """Writes a wheel with one module, or with these files {name: bytes}, and console scripts that print sys.prefix."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    body = {f"{module}.py": b"import sys\n\ndef main():\n    print(sys.prefix)\n"}
    body.update(files or {})
    body[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}".encode()
    body[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: e2e\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        body[f"{info}/entry_points.txt"] = ("[console_scripts]\n" + "".join(f"{s} = {module}:main\n" for s in scripts)).encode()
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for n, data in body.items():
        rows.writerow([n, "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(), len(data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    body[f"{info}/RECORD"] = record.getvalue().encode()
    path = Path(directory) / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as z:
        for n, data in body.items():
            z.writestr(n, data)
    return path


def pip_lands_in(env):
    """Installs one more wheel with the pip of the environment, started by its own script. Lines about what went wrong."""
    env = Path(os.fsdecode(env))
    wheel = tiny_wheel(AREA, scripts=("vfe2e-extra",))
    before = run_script(env / "bin/pip", ("install", "-q", os.fspath(wheel)), timeout=120)
    if before[0] != 0:
        return [f"pip install: exit {before[0]}: {before[2].decode(errors='replace')}"]
    out = []
    if not (site_packages(env) / "vfe2e_extra.py").exists():
        out.append("the wheel did not land in the environment")
    if not (env / "bin/vfe2e-extra").exists():
        out.append("its script did not land in the environment")
    return out


# ---- all of it

def _has_newest_pip(env):
    sp = site_packages(env)
    return [d.name for d in sp.glob("pip-*.dist-info")] == [newest_pip(sp.parent.name[len("python"):]).name.split("-py")[0] + ".dist-info"]


def facts(env: Env):
    """What a template is known by, found out right after it was made."""
    out = {"scripts": scripts(env.path), "activations": activations(env.path)}
    if env.recipe.seed:
        out["freeze"] = pip_freeze(env.path)
    out["newest"] = out["freeze"] if "freeze" in out and _has_newest_pip(env.path) else newest_freeze(env.path)
    out["record"] = record_problems(env.path)
    return out


def edited(doc):
    """The names of the files that a report of move, recreate or fix says were edited, as bytes."""
    out = set()
    for e in doc["edits"]:
        out.add(base64.b64decode(e["path_base64"]) if "path_base64" in e else e["path"].encode())
    return out


def told(doc):
    """The names of the files that its warnings name."""
    return {base64.b64decode(f["path_base64"]) if "path_base64" in f else f["path"].encode() for f in doc["warnings"]}


def moved_well(env, new, before, doc, pip=True, exempt=(), allowed=()):
    """Everything that must hold after `env` (as it was, `before` its snapshot) came to `new`; `doc` is the report, `allowed` names
    files that may hold the old place beside those that the report tells of. A list of lines, empty when all is well."""
    old, new = os.fspath(env.path), Path(os.fsdecode(new))
    bad = []
    after = snapshot(new)
    edits = edited(doc)
    # unedited files: the same in every respect
    for name, entry in before.items():
        if name in edits or name == b"" or stat.S_ISDIR(entry[0]):
            continue
        if name not in after:
            if not name.endswith(b".pyc"):
                bad.append(f"gone: {os.fsdecode(name)}")
        elif after[name][:5] != entry[:5]:
            bad.append(f"changed, and not in the list of edits: {os.fsdecode(name)}: {entry} -> {after[name]}")
    for name in edits & before.keys() & after.keys():
        if after[name][:2] != before[name][:2]:
            bad.append(f"kind or mode of an edited file: {os.fsdecode(name)}: {before[name]} -> {after[name]}")
        if after[name][4] == before[name][4]:
            bad.append(f"listed as edited, but the same: {os.fsdecode(name)}")
    for name, entry in before.items():
        if stat.S_ISDIR(entry[0]) and name in after and after[name][1] != entry[1]:
            bad.append(f"mode of a directory: {os.fsdecode(name)}: {entry} -> {after[name]}")
    bad += [f"new: {os.fsdecode(n)}" for n in sorted(after.keys() - before.keys())]
    # .pyc of edited .py must be gone, all others must be there
    for name in before:
        if name.endswith(b".pyc"):
            d, stem = os.path.split(name)
            source = os.path.join(os.path.dirname(d), stem.split(b".")[0] + b".py") if os.path.basename(d) == b"__pycache__" else name[:-1]
            edited_source = source in edits and stat.S_ISREG(before[source][0])  # a link leads to the same bytes afterwards
            if edited_source == (name in after):
                bad.append(f"{'stale' if edited_source else 'lost'} .pyc: {os.fsdecode(name)}")
    # the old place
    holding = {n for n in files_holding(new, *spellings(old)) if not n.endswith(b".pyc")}
    if not os.fsencode(new).startswith(os.fsencode(old)):
        bad += [f"still holds the old place, and the report does not say so: {os.fsdecode(n)}" for n in sorted(holding - told(doc) - set(allowed))]
    records = record_problems(new)
    bad += [f"RECORD: {line}" for line in records if line not in env.facts["record"]]
    bad += [f"RECORD lost a problem: {line}" for line in env.facts["record"] if line not in records]
    # running it writes .pyc files, so this comes last
    bad += scripts_broken(env.facts["scripts"], old, new)
    bad += activations_broken(env.facts["activations"], old, new, exempt)
    if "freeze" in env.facts and pip and not SANITIZED:
        want = freeze_mapped(env.facts["freeze"], old, new)
        got = pip_freeze(new)
        if got != want:
            bad.append(f"pip freeze: {got!r}, not {want!r}")
        bad += pip_lands_in(new)
    return bad
