"""Just enough of JSON Schema (draft 2020-12) to check a report against docs/report.schema.json without another package.

A keyword that is not known here is an error, so that nothing of the schema goes unheeded.
"""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SILENT = {"$schema", "$id", "$defs", "title", "description", "$comment", "default", "examples", "contentEncoding"}


def _is(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def _check(v, s, root, at):
    if s is True:
        return []
    if s is False:
        return [f"{at}: not allowed"]
    bad = []
    for key, arg in s.items():
        if key in SILENT or key in ("then", "else", "additionalProperties", "patternProperties"):
            continue
        if key == "$ref":
            target = root
            for part in arg.lstrip("#/").split("/") if arg != "#" else []:
                target = target[part]
            bad += _check(v, target, root, at)
        elif key == "type":
            if not any(_is(v, t) for t in ([arg] if isinstance(arg, str) else arg)):
                bad.append(f"{at}: not {arg}")
        elif key == "enum":
            bad += [] if v in arg else [f"{at}: {v!r} not in {arg}"]
        elif key == "const":
            bad += [] if v == arg and type(v) == type(arg) else [f"{at}: {v!r} is not {arg!r}"]
        elif key == "pattern":
            bad += [f"{at}: {v!r} is not like {arg}"] if isinstance(v, str) and not re.search(arg, v) else []
        elif key == "minimum":
            bad += [f"{at}: {v} < {arg}"] if _is(v, "number") and v < arg else []
        elif key == "maximum":
            bad += [f"{at}: {v} > {arg}"] if _is(v, "number") and v > arg else []
        elif key == "minLength":
            bad += [f"{at}: too short"] if isinstance(v, str) and len(v) < arg else []
        elif key == "minItems":
            bad += [f"{at}: too few"] if isinstance(v, list) and len(v) < arg else []
        elif key == "required":
            bad += [f"{at}.{k}: missing" for k in arg if k not in v] if isinstance(v, dict) else []
        elif key == "properties":
            if isinstance(v, dict):
                for k, sub in arg.items():
                    bad += _check(v[k], sub, root, f"{at}.{k}") if k in v else []
        elif key == "items":
            if isinstance(v, list):
                for i, item in enumerate(v):
                    bad += _check(item, arg, root, f"{at}[{i}]")
        elif key == "allOf":
            for sub in arg:
                bad += _check(v, sub, root, at)
        elif key in ("anyOf", "oneOf"):
            each = [_check(v, sub, root, at) for sub in arg]
            good = sum(not e for e in each)
            if not good or (key == "oneOf" and good != 1):
                bad.append(f"{at}: fits {good} of {key}: {min(each, key=len)}")
        elif key == "not":
            bad += [] if _check(v, arg, root, at) else [f"{at}: fits what it must not"]
        elif key == "if":
            branch = s.get("then", True) if not _check(v, arg, root, at) else s.get("else", True)
            bad += _check(v, branch, root, at)
        else:
            raise ValueError(f"schema keyword {key} is not known to the tests")
    if isinstance(v, dict) and ("additionalProperties" in s or "patternProperties" in s):
        patterns = s.get("patternProperties", {})
        for k, item in v.items():
            hits = [sub for p, sub in patterns.items() if re.search(p, k)]
            for sub in hits:
                bad += _check(item, sub, root, f"{at}.{k}")
            if not hits and k not in s.get("properties", {}):
                bad += _check(item, s.get("additionalProperties", True), root, f"{at}.{k}")
    return bad


def checker(document):
    return lambda value: _check(value, document, document, "report")
