"""Checks JSON reports against docs/report.md: their form by docs/report.schema.json, and what their parts say about each other.

    contract.py [FILE ...]     standard input without FILE; prints a line for each breach and exits with 1, or prints nothing

`breaches` is what the end-to-end tests call for every report that the program prints. Whether a finding is right is not looked at.
"""
import base64
import binascii
import json
import sys
from pathlib import Path

import schema

LEVELS = ("info", "warning", "error")
TEXTS = ("path", "value", "expected", "target")

_form = schema.checker(json.loads((Path(__file__).resolve().parents[2] / "docs/report.schema.json").read_text()))


def _bytes(finding, key):
    """The exact bytes of a string of a finding (docs/report.md 1); none for null."""
    coded = finding.get(key + "_base64")
    if coded is None:
        return (finding[key] or "").encode("utf-8", "surrogatepass")
    return base64.b64decode(coded, validate=True)


def _order(finding):
    """docs/report.md 3, "Order"."""
    offset = -1 if finding["offset"] is None else finding["offset"]
    return (_bytes(finding, "path"), offset, finding["rule"], _bytes(finding, "value"), _bytes(finding, "target"),
            finding["line"] or 0, finding["message"].encode())


def _of_host(finding):
    return finding["rule"].startswith("VF9")


def _finding(f):
    bad = []
    for key in TEXTS:
        text = f[key]
        if text is not None and any("\ud800" <= c <= "\udfff" for c in text):
            bad.append(f"{f['rule']}: {key} has a surrogate")
        try:
            exact = _bytes(f, key)
        except binascii.Error:
            bad.append(f"{f['rule']}: {key}_base64 is not base64")
            continue
        if key + "_base64" in f and (text is None or exact.decode("utf-8", "replace") != text and "\ufffd" not in text):
            bad.append(f"{f['rule']}: {key} and {key}_base64 differ")
    if _of_host(f) and not f["path"].startswith("/"):
        bad.append(f"{f['rule']}: the path of a file of the host is not absolute")
    return bad


def _answers(live, at):
    """docs/report.md 4."""
    own = [f for f in live if not _of_host(f)]
    sound = not any(f["level"] == "error" and f["verdict"] in ("broken", "astray", "tampered") for f in own)
    loud = {f["verdict"] for f in own if f["level"] != "info"}
    movable = sound and not loud & {"bound", "unexamined"}
    return {"sound": sound, "movable": movable if at is None else None, "self_contained": "host" not in loud}


def _check_report(r):
    live = [f for f in r["findings"] if not f["suppressed"]]
    counts = {level: sum(f["level"] == level for f in live) for level in LEVELS}
    counts["suppressed"] = len(r["findings"]) - len(live)
    bad = [f"counts.{key} is {r['counts'][key]}, there are {n}" for key, n in counts.items() if r["counts"][key] != n]
    failing = LEVELS[LEVELS.index(r["fail_on"]):] if r["fail_on"] in LEVELS else ()
    if r["exit"] != int(any(counts[level] for level in failing)):
        bad.append(f"exit is {r['exit']} with {counts} and fail_on {r['fail_on']}")
    for name, holds in _answers(live, r["at"]).items():
        if r["answers"][name] is not holds:
            bad.append(f"answers.{name} is {r['answers'][name]}, the findings say {holds}")
    named = {key for key, value in (r.get("target") or {}).items() if value is not None}
    for f in r["findings"]:
        if not named.issuperset(f.get("assumes", ())):
            bad.append(f"{f['rule']}: assumes {f['assumes']}, the target names {sorted(named)}")
    keys = [_order(f) for f in r["findings"]]
    if keys != sorted(keys):
        bad.append("findings are not sorted")
    return bad


def _several(doc):
    bad = []
    for one in doc["reports"]:
        bad += breaches({"schema": doc["schema"], "tool": doc["tool"], **one})
    worst = max([one["exit"] for one in doc["reports"]] or [0])
    return bad + ([f"exit is {doc['exit']}, the largest of the reports is {worst}"] if doc["exit"] != worst else [])


def breaches(doc):
    """What of the report breaks the contract, as lines; an empty list if nothing does."""
    bad = _form(doc)
    if bad:
        return bad
    if "reports" in doc:
        return _several(doc)
    for f in doc.get("findings", []) + doc.get("warnings", []) + (doc.get("outside") or []):
        bad += _finding(f)
    return bad + (_check_report(doc) if "findings" in doc and not bad else [])


def main(names):
    status = 0
    for name in names or ["-"]:
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            bad = breaches(json.loads(data.decode("utf-8")))
        except (OSError, ValueError) as error:
            bad = [str(error)]
        for line in bad:
            print(f"{name}: {line}")
        status |= bool(bad)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
