"""Runs the program. Every JSON report that it prints is checked against docs/report.md."""
import base64
import json
import os
import subprocess

import pytest

from contract import breaches
from place import PROGRAM, clean_environ

LEVELS = ("info", "warning", "error")


class Result:
    def __init__(self, args, rc, out, err):
        self.args, self.rc, self.out, self.err = args, rc, out, err

    def __repr__(self):
        show = lambda b: b.decode("utf-8", "backslashreplace")
        return f"{self.args}\nexit {self.rc}\n--- stdout\n{show(self.out)[:6000]}\n--- stderr\n{show(self.err)[:3000]}"


def vf(*args, rc=None, timeout=120, env=None, program=None, **popen):
    """Runs venvfix with these arguments; `rc` is the exit code it must have, or a tuple of them."""
    command = [os.fspath(program or PROGRAM)] + [os.fspath(a) if not isinstance(a, (str, bytes)) else a for a in args]
    p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, env=env or clean_environ(), **popen)
    r = Result(command, p.returncode, p.stdout, p.stderr)
    if rc is not None and p.returncode not in (rc if isinstance(rc, tuple) else (rc,)):
        pytest.fail(f"exit {p.returncode}, not {rc}: {r}", pytrace=False)
    assert p.returncode >= 0, r  # no signal, whatever happens
    return r


def report(*args, rc=None, **kw):
    """The same with --format json: the parsed report, which keeps the contract."""
    r = vf(args[0], "--format", "json", *args[1:], rc=rc, **kw)
    return parse(r)


def parse(r):
    try:
        doc = json.loads(r.out.decode("utf-8"))
    except ValueError as e:
        pytest.fail(f"not a JSON report ({e}): {r}", pytrace=False)
    bad = breaches(doc)
    assert not bad, f"{bad}\n{r}"
    assert doc["exit"] == r.rc, r
    return doc


def exact(finding, key):
    """The exact bytes of a string of the report."""
    if key + "_base64" in finding:
        return base64.b64decode(finding[key + "_base64"])
    return (finding[key] or "").encode()


def find(doc, verdict=None, path=None, level=None, rule=None, atleast=None):
    """The findings that match; `rule` is a prefix ("VF2"), `path` a whole path or a prefix that ends with `*`."""
    out = []
    for f in doc["findings"]:
        p = exact(f, "path")
        want = os.fsencode(path) if path is not None else p
        if verdict is not None and f["verdict"] not in (verdict if isinstance(verdict, tuple) else (verdict,)):
            continue
        if not (p.startswith(want[:-1]) if want.endswith(b"*") else p == want):
            continue
        if level is not None and f["level"] != level:
            continue
        if rule is not None and not f["rule"].startswith(rule):
            continue
        if atleast is not None and LEVELS.index(f["level"]) < LEVELS.index(atleast):
            continue
        out.append(f)
    return out


def paths(findings):
    return {exact(f, "path") for f in findings}


def brief(findings):
    """Findings as short lines, for messages of failed assertions."""
    return "\n".join(f"{f['level']} {f['verdict']} {f['rule']} {f['name']} {f['path']}:{f['line']} {f['value']!r} {f['message']}" for f in findings)


def error(*args, code=None, **kw):
    """A run that could not do its job: exit 2, an error object, and a message on standard error for people."""
    doc = report(*args, rc=2, **kw)
    assert "error" in doc, doc
    if code is not None:
        assert doc["error"]["code"] in (code if isinstance(code, tuple) else (code,)), doc["error"]
    people = vf(*args, rc=2, **kw)
    lines = people.err.splitlines()
    assert sum(line.startswith(b"venvfix: error: ") for line in lines) == 1, people
    assert b"venvfix: error: " in lines[0] + lines[-1] and people.out == b"", people
    return doc["error"]
