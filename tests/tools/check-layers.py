"""Checks that includes point only up the list of layers.

    check-layers.py SRC          every file below SRC
    check-layers.py --self-test  that each kind of violation is found

A file of src/LAYER may include headers of the same layer and of the layers before it. `venvfix.h`, the public
header, includes nothing of ours, and only the last three layers include it. A library that one layer keeps to
itself is named only there.
"""

import pathlib
import re
import sys
import tempfile

LAYERS = "base fs archive packaging syntax env rules relocate wheel bundle verbs report cli".split()
PUBLIC = "venvfix.h"
MAY_INCLUDE_PUBLIC = ("verbs", "report", "cli")
KEPT_BY = {"archive.h": "archive", "archive_entry.h": "archive", "zip.h": "archive", "zlib.h": "archive", "libdeflate.h": "archive", "zstd.h": "archive",
           "toml++/toml.h": "packaging"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
SUFFIXES = (".c", ".h", ".cpp", ".hpp", ".def", ".inc")


def fault(layer, bracket, name, exists):
    """Why a file of `layer` (None: the public header) may not include `name`; None if it may."""
    first, slash, _ = name.partition("/")
    if bracket == "<" and not (slash and first in LAYERS and exists(name)):
        if name in KEPT_BY and KEPT_BY[name] != layer:
            return "only src/%s knows this library" % KEPT_BY[name]
        return None
    if name == PUBLIC:
        if layer is None or layer in MAY_INCLUDE_PUBLIC:
            return None
        return "only %s may include the public header" % ", ".join(MAY_INCLUDE_PUBLIC)
    if layer is None:
        return "the public header includes nothing of ours"
    if not slash or first not in LAYERS:
        return 'name it as "LAYER/FILE", relative to src'
    if LAYERS.index(first) > LAYERS.index(layer):
        return "%s comes after %s" % (first, layer)
    return None


def check(src):
    """(files looked at, list of complaints)"""
    complaints, count = [], 0
    for path in sorted(p for p in src.rglob("*") if p.suffix in SUFFIXES):
        parts = path.relative_to(src).parts
        layer = parts[0] if 2 <= len(parts) <= 3 else None
        count += 1
        if (layer is None and parts != (PUBLIC,)) or (layer is not None and layer not in LAYERS):
            complaints.append("%s: in no layer (%s)" % (path, " ".join(LAYERS)))
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in INCLUDE.finditer(text):
            why = fault(layer, match.group(1), match.group(2), lambda name: (src / name).exists())
            if why:
                number = text.count("\n", 0, match.start()) + 1
                complaints.append("%s:%d: includes %s: %s" % (path, number, match.group(2), why))
    return count, complaints


GOOD = {
    "base/err.h": "#include <stddef.h>\n",
    "fs/tree.h": '#include "base/err.h"\n#include "fs/stat.h"\n',
    "fs/stat.h": "",
    "archive/tar.c": "#include <archive.h>\n",
    "verbs/check.c": '#include "venvfix.h"\n#include "rules/rules.def"\n',
    "venvfix.h": "#include <stddef.h>\n",
}
BAD = {
    "down the list": {"base/err.c": '#include "fs/tree.h"\n'},
    "down the list, last but one": {"report/json.c": '#include "cli/options.h"\n'},
    "with blanks": {"fs/tree.c": '#include "base/err.h"\n  #  include  "env/env.h"\n'},
    "in angle brackets": {"fs/tree.c": "#include <env/env.h>\n", "env/env.h": ""},
    "from a .def": {"base/x.def": '#include "env/env.h"\n'},
    "from C++": {"packaging/toml.cpp": '#include "env/env.h"\n'},
    "relative": {"env/env.c": '#include "../base/err.h"\n'},
    "without its layer": {"env/env.c": '#include "env.h"\n'},
    "public header below verbs": {"rules/judge.c": '#include "venvfix.h"\n'},
    "public header includes ours": {"venvfix.h": '#include "base/err.h"\n'},
    "a library kept by another": {"env/env.c": "#include <archive.h>\n"},
    "no such layer": {"util/misc.c": ""},
    "outside the layers": {"misc.c": ""},
}


def self_test():
    failures = []

    def complaints(files):
        with tempfile.TemporaryDirectory() as name:
            for file, text in files.items():
                path = pathlib.Path(name, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check(pathlib.Path(name))[1]

    if complaints(GOOD):
        failures.append("good files are accused: %s" % complaints(GOOD))
    failures += ["not found: %s" % name for name, files in BAD.items() if len(complaints(files)) != 1]
    return len(BAD) + 1, failures


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    looked_at, faults = self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1]))
    for text in faults:
        print(text)
    if looked_at == 0:
        faults.append("nothing to check")
    print("layers: %d %s, %d faults" % (looked_at, "cases" if sys.argv[1] == "--self-test" else "files", len(faults)))
    sys.exit(1 if faults else 0)
