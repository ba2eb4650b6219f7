"""The files that pipelines include: each is run as its runner would, with the inputs as variables."""
import json
import os
import pathlib
import subprocess

import pytest

from place import PROGRAM, clean_environ

TOP = pathlib.Path(__file__).resolve().parents[2]
ACTION = TOP / ".github/actions/venvfix/action.yml"


def step_script():
    """The `run` block of the action's only step, and the names of its variables."""
    lines = ACTION.read_text().split("\n")
    start = next(i for i, line in enumerate(lines) if line.strip() == "run: |")
    names = [line.split(":")[0].strip() for line in lines if line.strip().startswith("VENVFIX_")]
    return "\n".join(line[8:] for line in lines[start + 1:]), names


def run_action(env, scratch, **inputs):
    script, names = step_script()
    assert "${{" not in script, "an input would become text of the script"
    given = {"VENVFIX_FAIL_ON": "warning", "VENVFIX_ANCHOR": "pyproject.toml", "VENVFIX_SARIF": "", "VENVFIX_BASELINE": "",
             "VENVFIX_AT": "", "VENVFIX_ENVIRONMENT": os.fspath(env), **inputs}
    assert set(names) == set(given)
    path = os.path.dirname(PROGRAM) + os.pathsep + os.environ["PATH"]
    environ = clean_environ(PATH=path, GITHUB_STEP_SUMMARY=os.fspath(scratch / "summary.md"), **given)
    return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=scratch, capture_output=True, env=environ)


def test_the_action_passes_and_stops(env, scratch):
    good = run_action(env.path, scratch)
    assert good.returncode == 0, good
    assert "works where it is" in (scratch / "summary.md").read_text() or "would work" in (scratch / "summary.md").read_text()
    os.rename(env.path, scratch / "moved")
    bad = run_action(scratch / "moved", scratch, VENVFIX_SARIF="out.sarif")
    assert bad.returncode == 1 and b"::error file=pyproject.toml" in bad.stdout
    results = json.loads((scratch / "out.sarif").read_text())["runs"][0]["results"]
    assert all(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "pyproject.toml" for r in results)


@pytest.mark.parametrize("name", ["VENVFIX_ENVIRONMENT", "VENVFIX_AT", "VENVFIX_ANCHOR", "VENVFIX_BASELINE"])
def test_an_input_is_never_run(name, env, scratch):
    run_action(env.path, scratch, **{name: "$(touch hacked)`touch hacked`; touch hacked"})
    assert not (scratch / "hacked").exists()


def test_the_hooks_name_commands_that_work(env, scratch):
    entries = [line.split("entry: ")[1] for line in (TOP / ".pre-commit-hooks.yaml").read_text().split("\n") if "entry: " in line]
    assert len(entries) == 2
    for entry in entries:
        words = entry.split()
        assert words[0] == "venvfix"
        assert subprocess.run([PROGRAM, *words[1:], env.path], capture_output=True, env=clean_environ()).returncode == 0
