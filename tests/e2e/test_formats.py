"""Paths in files of formats that have a quoting of their own: after the move each format's own reader gets the new path."""
import configparser
import os
import re
import shutil
import subprocess

import pytest

import envs
import verify
from envs import Recipe
from vf import find, report, vf

ENV = Recipe("debian", "uv", "bare")
NAMES = {"percent and blank": "a%2Fb c", "dollar": "a$b", "quote": "it's", "double quote": 'a "b"', "backslash": "a\\b", "plain": "plain"}
FILES = {
    "alembic.ini": "[alembic]\nscript_location = {E}/m\nurl = file://{E}/m\n# {E}\n",
    "setup.cfg": "[x]\npath = {E}/m\n",
    "x.yaml": "a: {E}/m\nb: '{E}/m'\nc: \"{E}/m\"\nd: ['{E}/m', \"{E}/m\"]\ne: |\n  {E}/m\nf: # {E}\n  {{k: '{E}/m'}}\n",
    "x.toml": "a = \"{E}/m\"\nb = [\"{E}/m\", \"x\"] # {E}\nc = \"\"\"{E}/m\"\"\"\n",
    "x.json": "{{\"a\": \"{E}/m\"}}\n",
    "x.desktop": "[Desktop Entry]\nType=Application\nName=x\nPath={E}/m\nExec={E}/bin/python -m x \"{E}/y z\" %f\nTryExec={E}/bin/python\n",
    "x.service": "[Unit]\nDescription=x\n[Service]\nWorkingDirectory={E}/m\nEnvironment=\"A={E}/m\" B={E}/m\nExecStart={E}/bin/python {E}/m \"{E}/m\"\n",
    "cron.d/x": "A={E}/m\n*/5 * * * * root {E}/bin/python -c 'print(\"{E}/m\")' \"{E}/m\" {E}/m\n",
    "Makefile": "VENV := {E}\nQ = {E}/m\nall:\n\t@test -e $(VENV)/bin/python\n\t@printf '%s\\n' \"$(Q)\" '{E}/m' \"{E}/m\" {E}/m\n",
}
# Where a format cannot hold the path, or a file uses it in two ways: refused, and nothing changed.
REFUSED = {
    "dollar": {"x.service"},
    "quote": {"cron.d/x", "x.service"},
    "double quote": {"cron.d/x", "x.service"},
    "backslash": {"cron.d/x", "x.service"},
}


def read_ini(path, _):
    c = configparser.ConfigParser()
    c.read(path)
    return [c["alembic"]["script_location"]]


def read_setup_cfg(path, _):
    c = configparser.RawConfigParser()
    c.read(path)
    return [c["x"]["path"]]


def _by_python(env, code, path):
    out = subprocess.run([env / "bin/python", "-c", code, path], stdout=subprocess.PIPE, check=True).stdout
    return out.decode().splitlines()


def read_yaml(path, env):
    return _by_python(env, "import sys, yaml; d = yaml.safe_load(open(sys.argv[1]))\nprint(d['a'], d['b'], d['c'], *d['d'], d['e'].strip(), d['f']['k'], sep='\\n')", path)


def read_toml(path, env):
    return _by_python(env, "import sys, tomllib; d = tomllib.load(open(sys.argv[1], 'rb')); print(d['a'], d['b'][0], d['c'], sep='\\n')", path)


def read_json(path, env):
    return _by_python(env, "import sys, json; print(json.load(open(sys.argv[1]))['a'])", path)


def read_desktop(path, env):
    if not shutil.which("desktop-file-validate"):
        envs.not_run("the Exec key of a desktop entry", "no desktop-file-validate")
    else:
        subprocess.run(["desktop-file-validate", path], check=True)
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    string = lambda v: v.replace("\\\\", "\\")
    found = re.findall(r'"((?:\\.|[^"])*)"|(\S+)', string(lines["Exec"]))
    words = [re.sub(r"\\(.)", r"\1", a).replace("%%", "%") or b for a, b in found]
    assert words == [f"{env}/bin/python", "-m", "x", f"{env}/y z", "%f"]
    assert string(lines["TryExec"]) == f"{env}/bin/python"
    return [string(lines["Path"])]


def read_service(path, env):
    """systemd-analyze says when the program of the unit is not there, so it reads the path as systemd does."""
    if not shutil.which("systemd-analyze"):
        envs.not_run("the commands of a unit", "no systemd-analyze")
    else:
        r = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True)
        assert b"x.service" not in r.stderr, r.stderr
    return []


def read_cron(path, env):
    """As cron does: a backslash before `%` goes, the rest is the shell's."""
    lines = path.read_text().splitlines()
    assert lines[0] == f"A={env}/m"
    command = lines[1].split("root ", 1)[1].replace("\\%", "%")
    out = subprocess.run(["sh", "-c", command.split(" -c ", 1)[1].replace("'print(", "printf '%s\\n' '(", 1)], stdout=subprocess.PIPE, check=True).stdout.decode()
    first, *rest = out.splitlines()
    assert first == f'("{env}/m")'
    return rest


def read_make(path, env):
    return subprocess.run(["make", "-s", "-f", path], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


READERS = {
    "alembic.ini": read_ini, "setup.cfg": read_setup_cfg, "x.yaml": read_yaml, "x.toml": read_toml, "x.json": read_json,
    "x.desktop": read_desktop, "x.service": read_service, "cron.d/x": read_cron, "Makefile": read_make,
}


def put(env, files):
    for name in files:
        path = env / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name].format(E=env))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_own_reader_gets_the_new_path(name, get, scratch):
    env = get(ENV).path
    envs.install(env, "uv", "pyyaml")
    (env / "m").mkdir()
    refused = REFUSED.get(next(k for k, v in NAMES.items() if v == name), set())
    put(env, set(FILES) - refused)
    kept = lambda: {k: v for k, v in verify.contents(verify.snapshot(env)).items() if b".desktop" not in os.fsencode(k)}  # quotes stay
    before = kept()
    new = scratch / name
    vf("move", env, new, rc=0)
    for file in sorted(set(FILES) - refused):
        assert set(READERS[file](new / "etc" / file, new)) <= {f"{new}/m"}, file
    assert not find(report("check", "--at", new, new), rule="VF71", atleast="warning")
    # the way back reads what was quoted
    vf("move", new, env, rc=0)
    assert kept() == before


@pytest.mark.parametrize("file, name", [("x.service", "a$b"), ("x.service", "it's"), ("cron.d/x", "a\\b")])
def test_what_a_format_cannot_hold_is_refused(file, name, get, scratch):
    env = get(ENV).path
    put(env, [file])
    before = verify.snapshot(env)
    r = vf("move", env, scratch / name, rc=2)
    assert b"cannot be rewritten safely" in r.err + r.out
    assert verify.snapshot(env) == before


@pytest.mark.parametrize("text", ["dir = {E}/m\n", "run {E}/bin/python x\n", "'{E}/bin/python x'\n"])
def test_format_that_is_not_known(text, get, scratch):
    """A plain path stays plain; --leave goes on."""
    env = get(ENV).path
    file = env / "etc/thing.rc"
    file.parent.mkdir()
    file.write_text(text.format(E=env))
    before = verify.snapshot(env)
    vf("move", env, scratch / "two words", rc=2)
    assert verify.snapshot(env) == before
    vf("move", "--leave", env, scratch / "two words", rc=1)
    assert (scratch / "two words/etc/thing.rc").read_text() == text.format(E=env)
    vf("move", scratch / "two words", env, rc=(0, 1))
    vf("move", env, scratch / "plain-1.0", rc=0)
    assert (scratch / "plain-1.0/etc/thing.rc").read_text() == text.format(E=scratch / "plain-1.0")
