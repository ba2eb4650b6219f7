"""The checker of reports itself: a good report passes, and each kind of breach is found."""
import copy
import json

import pytest

from contract import breaches
from place import REPO
from vf import report, vf


@pytest.fixture(scope="module")
def good():
    """A report with a suppressed finding, a name that is not UTF-8, and one finding of the host."""
    def finding(rule, verdict, level, path, **more):
        return {"rule": rule, "name": "some-rule", "verdict": verdict, "level": level, "path": path, "line": None, "offset": None, "value": None,
                "expected": None, "target": None, "distribution": None, "message": "m", "count": 1, "fix": "none", "suppressed": False, **more}
    return {
        "schema": 1, "tool": {"name": "venvfix", "version": "0"},
        "environment": {"path": "/e", "resolved": "/e", "kind": "venv", "implementation": None, "python": None, "base": None, "base_exists": None,
                        "system_site_packages": None, "relocatable_claim": False, "old_places": [], "distributions": 0, "files": 1, "bytes": 2},
        "at": None, "answers": {"sound": True, "movable": False, "self_contained": True},
        "findings": [finding("VF902", "host", "warning", "/h"), finding("VF201", "bound", "warning", "bin/a", offset=2, line=1),
                     finding("VF202", "bound", "warning", "bin/b\ufffd", path_base64="YmluL2L/"), finding("VF203", "broken", "error", "bin/c", suppressed=True)],
        "counts": {"error": 0, "warning": 3, "info": 0, "suppressed": 1}, "examined": {"files": 1, "unexamined": 0}, "fail_on": "warning", "exit": 1}


def test_good_reports_pass(good):
    assert breaches(good) == []
    assert breaches({"schema": 1, "tool": good["tool"], "reports": [{k: v for k, v in good.items() if k not in ("schema", "tool")} | {"schema": 1, "tool": good["tool"]}],
                     "exit": 1}) == []


BREACHES = {
    "schema": lambda r: r.update(schema=2),
    "key missing": lambda r: r.pop("at"),
    "type": lambda r: r["examined"].update(files=True),
    "kind": lambda r: r["environment"].update(kind="conda"),
    "rule id": lambda r: r["findings"][1].update(rule="VF001"),
    "verdict": lambda r: r["findings"][1].update(verdict="fine"),
    "count": lambda r: r["findings"][1].update(count=0),
    "fix": lambda r: r["findings"][1].update(fix="maybe"),
    "path of the host": lambda r: r["findings"][0].update(path="h"),
    "surrogate": lambda r: r["findings"][1].update(value="\udcff"),
    "base64": lambda r: r["findings"][2].update(path_base64="YmluL2L"),
    "base64 of another text": lambda r: r["findings"][1].update(value="/a", value_base64="L2I="),
    "counts": lambda r: r["counts"].update(warning=2),
    "suppressed is counted": lambda r: r["counts"].update(error=1, suppressed=0),
    "exit": lambda r: r.update(exit=0),
    "exit with another fail level": lambda r: r.update(fail_on="error"),
    "sound": lambda r: r["answers"].update(sound=False),
    "movable": lambda r: r["answers"].update(movable=True),
    "movable with --at": lambda r: r.update(at="/n"),
    "self_contained": lambda r: r["answers"].update(self_contained=False),
    "order": lambda r: r["findings"].reverse(),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breach_is_found(name, good):
    broken = copy.deepcopy(good)
    BREACHES[name](broken)
    assert breaches(broken) != []


def test_several_reports_have_the_largest_exit(good):
    error = {"schema": 1, "tool": good["tool"], "error": {"code": "not-found", "operation": "open", "path": "/x", "message": "m"}, "exit": 2}
    both = {"schema": 1, "tool": good["tool"], "reports": [good, error], "exit": 2}
    assert breaches(both) == []
    assert breaches({**both, "exit": 1}) != []
    assert breaches({**error, "exit": 1}) != [] and breaches({**error, "error": {**error["error"], "code": "odd"}}) != []


def test_schema_knows_every_error_code():
    """The codes of src/base/err.h that can reach a report are in the schema and in docs/report.md, and no others are in use."""
    text = (REPO / "src/base/err.h").read_text()
    used = {line.split('"')[1] for line in text.splitlines() if line.lstrip().startswith("X(") and '"' in line} - {"ok"}
    schema = json.loads((REPO / "docs/report.schema.json").read_text())["$defs"]["failure"]["properties"]["error"]["properties"]["code"]["enum"]
    page = (REPO / "docs/report.md").read_text()
    assert used <= set(schema) and not [c for c in schema if f"`{c}`" not in page]


def test_the_program_prints_reports_that_pass(env, scratch):
    assert breaches(report("check", env.path)) == []
    assert breaches(json.loads(vf("check", "--format", "json", scratch / "none", rc=2).out)) == []
