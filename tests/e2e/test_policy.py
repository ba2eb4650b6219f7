"""What counts: --select, --ignore, --level, --fail-on, --exit-zero, baselines, and the configuration file."""
import json
import os
import subprocess

import pytest

from place import PROGRAM, clean_environ
from vf import report, vf


@pytest.fixture
def moved(env, scratch):
    """An environment that was moved: findings at error and at info."""
    os.rename(env.path, scratch / "moved")
    return scratch / "moved"


def rules(doc):
    return {f["rule"] for f in doc["findings"]}


def test_the_longer_word_counts(moved):
    everything = report("check", moved, rc=1)
    some = report("check", "--select", "VF2,VF3", "--ignore", "VF306", moved, rc=1)
    assert rules(some) == {r for r in rules(everything) if r[:3] in ("VF2", "VF3")} - {"VF306"}
    assert some["counts"]["ignored"] == len(everything["findings"]) - len(some["findings"])
    back = report("check", "--ignore", "vf", "--select", "script-dangling", moved, rc=1)
    assert rules(back) == {"VF203"}
    assert not report("check", "--select", "VF203", "--ignore", "VF203", moved, rc=0)["findings"]


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_rule_is_a_mistake(option, moved):
    r = vf("check", option, "VF999", moved, rc=2)
    assert b"VF999" in r.err
    assert vf("check", "--level", "VF203=fatal", moved, rc=2).err
    assert vf("check", "--level", "VF203", moved, rc=2).err


def test_levels_and_exit_codes(moved):
    quiet = report("check", "--level", "VF=info", moved, rc=0)
    assert {f["level"] for f in quiet["findings"]} == {"info"} and quiet["answers"]["sound"]
    assert "error" in {f["level"] for f in report("check", "--level", "VF=info", "--level", "VF203=error", moved, rc=1)["findings"]}
    assert report("check", "--exit-zero", moved, rc=0)["fail_on"] == "never"
    assert vf("check", "--exit-zero", moved / "nothing", rc=2)
    text = vf("check", "--min-level", "error", moved, rc=1).out.decode()
    assert "VF203" in text and "VF720" not in text


def test_a_baseline_holds_when_everything_moves(env, scratch):
    project = scratch / "project"
    project.mkdir()
    os.rename(env.path, project / ".venv")
    vf("check", "--write-baseline", scratch / "b.json", project / ".venv", rc=1)
    again = scratch / "b2.json"
    vf("check", "--write-baseline", again, project / ".venv", rc=1)
    assert again.read_bytes() == (scratch / "b.json").read_bytes()
    os.rename(project, scratch / "renamed")
    old = report("check", "--from", env.path, "--baseline", scratch / "b.json", scratch / "renamed/.venv", rc=(0, 1))
    known = [f for f in old["findings"] if f["suppressed"]]
    assert known and old["counts"]["suppressed"] == len(known)
    assert {"VF720"} <= {f["rule"] for f in known}
    # a new fault is not in it
    (scratch / "renamed/.venv/bin/new").write_text("#!/nowhere/python\n")
    os.chmod(scratch / "renamed/.venv/bin/new", 0o755)
    new = report("check", "--baseline", scratch / "b.json", scratch / "renamed/.venv", rc=1)
    assert any(f["path"] == "bin/new" and not f["suppressed"] for f in new["findings"])


def test_entries_that_no_longer_occur_are_named(moved, scratch):
    vf("check", "--write-baseline", scratch / "b.json", moved, rc=1)
    vf("fix", moved, rc=0)
    r = vf("check", "--here", "--baseline", scratch / "b.json", moved, rc=0)
    assert b"no longer occur" in r.err and b"VF302" in r.err


def test_diff_counts_only_what_is_new(moved, scratch):
    (scratch / "before.json").write_bytes(vf("check", "--format", "json", moved, rc=1).out)
    assert not report("check", "--diff", scratch / "before.json", moved, rc=0)["counts"]["error"]
    os.unlink(moved / "pyvenv.cfg")
    assert report("check", "--diff", scratch / "before.json", moved, rc=1)["counts"]["error"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"venvfix-baseline": 1}', '{"venvfix-baseline": 1, "findings": [{"rule": "VF1"}]}'])
def test_what_is_no_baseline_is_refused(text, moved, scratch):
    (scratch / "bad.json").write_text(text)
    r = vf("check", "--format", "json", "--baseline", scratch / "bad.json", moved, rc=2)
    assert json.loads(r.out)["error"]["code"] == "bad-baseline"


def run_in(directory, *args):
    return subprocess.run([PROGRAM, *map(os.fspath, args)], cwd=directory, capture_output=True, env=clean_environ())


@pytest.fixture
def project(moved, scratch):
    (scratch / "project/src").mkdir(parents=True)
    (scratch / "project/.git").mkdir()
    return scratch / "project"


@pytest.mark.parametrize("name, head", [("venvfix.toml", ""), ("pyproject.toml", "[project]\nname = 'x'\n[tool.venvfix]\n")])
def test_configuration_is_found_above(name, head, project, moved):
    (project / name).write_text(head + 'ignore = ["VF2", "VF3"]\nfail-on = "error"\n')
    r = run_in(project / "src", "check", "--format", "json", moved)
    doc = json.loads(r.stdout)
    assert r.returncode == 0 and doc["counts"]["ignored"] and doc["fail_on"] == "error"
    assert run_in(project / "src", "check", "--isolated", moved).returncode == 1
    assert run_in(project / "src", "check", "--ignore", "VF1", moved).returncode == 1  # the command line wins
    shown = run_in(project / "src", "config").stdout.decode()
    assert f"{project}/{name}:" in shown and "fail-on" in shown


def test_configuration_stops_at_the_repository(project, moved, scratch):
    (scratch / "venvfix.toml").write_text('ignore = ["VF"]\n')
    assert run_in(project / "src", "check", moved).returncode == 1
    assert run_in(scratch, "check", moved).returncode == 0
    (moved / "venvfix.toml").write_text('ignore = ["VF"]\n')
    assert run_in(moved, "check", moved).returncode == 1  # never from inside the environment


def test_tables_for_a_path(project, moved):
    (project / "venvfix.toml").write_text(f'fail-on = "error"\n[path."../moved"]\nignore = ["VF2", "VF3"]\n')
    assert run_in(project, "check", "../moved").returncode == 0
    os.rename(moved, moved.parent / "other")
    assert run_in(project, "check", "../other").returncode == 1


@pytest.mark.parametrize("text, part", [
    ("ingore = ['VF1']\n", b"line 1: unknown key 'ingore' (did you mean 'ignore'?)"),
    ("\nfail-on = 3\n", b"line 2: 'fail-on' takes a string, not an integer"),
    ("fail-on = 'warn'\n", b"did you mean 'warning'"),
    ("jobs = 0\n", b"1 to 256"),
    ("ignore = [3]\n", b"a string or an array of strings"),
    ("hashes = 'yes'\n", b"true or false"),
    ("ignore = [\n", b"line "),
])
def test_a_wrong_key_or_type_is_named_with_its_line(text, part, project, moved):
    (project / "venvfix.toml").write_text(text)
    r = run_in(project, "check", "--format", "json", moved)
    assert r.returncode == 2 and part in r.stderr and b"venvfix.toml" in r.stderr
    assert json.loads(r.stdout)["error"]["code"] == "bad-config"
