"""Reads one of our files as other people's programs do, and prints what it saw, as JSON. Run it with the Python of BUILD/readers.

    read_report.py sarif|junit|markdown FILE
"""
import json
import sys


def sarif(path):
    from sarif_pydantic import Sarif

    (run,) = Sarif.model_validate(json.load(open(path, encoding="utf-8"))).runs
    rules = {rule.id for rule in run.tool.driver.rules or []}
    return {"levels": [str(r.level.value) for r in run.results or []], "unknown": [r.rule_id for r in run.results or [] if r.rule_id not in rules],
            "successful": [i.execution_successful for i in run.invocations or []]}


def junit(path):
    from junitparser import JUnitXml

    suites = list(JUnitXml.fromfile(path))
    cases = [case for suite in suites for case in suite]
    return {"names": [s.name for s in suites], "failed": sum(c.is_failure for c in cases), "errors": sum(c.is_error for c in cases),
            "counted": sum(s.failures for s in suites)}


def markdown(path):
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(open(path, encoding="utf-8").read())
    widths, row = [], 0
    for token in tokens:
        row = 0 if token.type == "tr_open" else row + (token.type in ("td_open", "th_open"))
        if token.type == "tr_close":
            widths.append(row)
    html = [child.content for token in tokens for child in token.children or [] if child.type == "html_inline"]
    return {"widths": widths, "html": html + [t.content for t in tokens if t.type == "html_block"]}


print(json.dumps({"sarif": sarif, "junit": junit, "markdown": markdown}[sys.argv[1]](sys.argv[2])))
