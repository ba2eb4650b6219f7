"""Our reports and the files for pipelines, read by other people's programs."""
import json
import os
import pathlib
import shutil
import subprocess
from collections import Counter

import pytest

import place
from vf import report, vf

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = place.BUILD / "readers/bin"
SARIF_LEVEL = {"info": "note", "warning": "warning", "error": "error"}
OURS = {"<code>", "</code>"}  # the HTML that our markdown has
NAMES = ["plain", 'a <b>&"x\'|`*_', "new\nline", "\u00e9\u4e2d", b"not\xffutf8"]


@pytest.fixture(params=NAMES, ids=["plain", "markup", "newline", "utf8", "bytes"])
def moved(request, env, scratch):
    """A moved environment below a name that is hard to write in most formats."""
    parent = os.path.join(os.fsencode(scratch), os.fsencode(request.param))
    os.mkdir(parent)
    os.rename(env.path, os.path.join(parent, b"env"))
    return os.path.join(parent, b"env")


def read(kind, path):
    done = subprocess.run([BIN / "python", TOP / "tests/e2e/read_report.py", kind, path], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def levels(doc):
    return Counter(f["level"] for r in doc.get("reports", [doc]) for f in r["findings"])


def test_sarif_junit_and_markdown(moved, scratch):
    out = {kind: scratch / kind for kind in ("sarif", "junit", "markdown")}
    doc = report("check", *(word for kind in out for word in ("--format", f"{kind}={out[kind]}")), moved, rc=1)
    want = levels(doc)
    seen = read("sarif", out["sarif"])
    assert Counter(seen["levels"]) == {SARIF_LEVEL[k]: n for k, n in want.items()}
    assert not seen["unknown"] and seen["successful"] == [True]
    seen = read("junit", out["junit"])
    assert len(seen["names"]) == 1 and seen["errors"] == 0
    assert seen["failed"] == seen["counted"] == want["error"] + want["warning"]
    seen = read("markdown", out["markdown"])
    assert set(seen["html"]) <= OURS, "a file name became HTML"
    assert set(seen["widths"]) == {4} and len(seen["widths"]) == sum(want.values()) + 1


def test_a_failure_has_its_form_in_each(scratch):
    out = {kind: scratch / kind for kind in ("sarif", "junit", "markdown")}
    vf("check", *(word for kind in out for word in ("--format", f"{kind}={out[kind]}")), scratch / "none", rc=2)
    assert read("sarif", out["sarif"])["successful"] == [False]
    assert read("junit", out["junit"])["errors"] == 1
    assert "none" in out["markdown"].read_text() and set(read("markdown", out["markdown"])["html"]) <= OURS


def test_xml_is_well_formed(moved, scratch):
    xmllint = shutil.which("xmllint")
    assert xmllint, "xmllint is missing: make deps-test"
    vf("check", "--format", f"junit={scratch / 'junit'}", "--format", f"html={scratch / 'html'}", moved, rc=1)
    done = subprocess.run([xmllint, "--noout", scratch / "junit"], capture_output=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([xmllint, "--html", "--noout", scratch / "html"], capture_output=True)  # it does not know HTML 5's elements
    wrong = [line for line in done.stderr.split(b"\n") if b": HTML parser error : " in line and not line.endswith(b" invalid")]
    assert not wrong, wrong


def test_gitlab_code_quality(moved, scratch):
    doc = report("check", "--format", f"gitlab={scratch / 'gitlab.json'}", moved, rc=1)
    issues = json.loads((scratch / "gitlab.json").read_text("utf-8"))
    assert len(issues) == sum(levels(doc).values()) == len({i["fingerprint"] for i in issues})
    for i in issues:
        assert i["severity"] in ("info", "minor", "major", "critical", "blocker") and not i["location"]["path"].startswith(("/", "./"))


@pytest.mark.parametrize("schema,path", [("vendor.github-actions", ".github/actions/venvfix/action.yml"), ("vendor.gitlab-ci", "docs/ci/gitlab.yml")])
def test_files_for_pipelines_keep_their_schema(schema, path):
    done = subprocess.run([BIN / "check-jsonschema", "--builtin-schema", schema, TOP / path], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_report_schema_is_a_schema():
    done = subprocess.run([BIN / "check-jsonschema", "--check-metaschema", TOP / "docs/report.schema.json"], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_report_keeps_its_schema(moved, scratch):
    vf("check", "--format", f"json={scratch / 'report.json'}", moved, rc=1)
    done = subprocess.run([BIN / "check-jsonschema", "--schemafile", TOP / "docs/report.schema.json", scratch / "report.json"], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
