"""Checks that everything which the tree cites is in the tree.

    check-citations.py [ROOT]        every tracked text file below ROOT (the repository)
    check-citations.py --self-test   that each kind of dead citation is found

What is resolved, in code, tests and documents alike:
  - a path (docs/x.md, src/a/b.c, env/scan.c for src/env/scan.c): the file exists;
  - sections behind a document (docs/formats.md 2.4, 3.5; also "to" and "and"; docs/architecture.md, "The title"): the heading exists;
  - a link of Markdown, with its anchor;
  - a PEP: section "Sources" of docs/formats.md lists it;
  - the name of a document in capital letters (README.md): the file exists. Without .md and with a number behind it: it is no citation of ours.
Texts of others (fixtures, generated vectors, lock files) are left out.
"""

import pathlib
import posixpath
import re
import subprocess
import sys
import tempfile

SUFFIXES = (".c", ".h", ".cpp", ".def", ".py", ".sh", ".md", ".1", ".ini", ".in", ".yml", ".pc")
NAMES = ("Makefile", "run", ".editorconfig", ".clang-tidy")
FOREIGN = ("fixtures/", "tests/requirements", "docs/rules.md", "tests/tools/check-")
TOP = "docs src tests fixtures".split()
PATH = re.compile(r"(?<![\w/.$~}>{*<-])((?:docs|src|tests|fixtures|[a-z]+)/[\w./*-]*[\w*]\.(?:md|json|c|h|cpp|def|py|sh|1|ini|tsv))(?![\w/*])")
NUMBER = r"\d+(?:\.\d+)*"
SECTIONS = re.compile(r"(docs/\w+\.md)(?:,? sections?)? (%s(?:(?:, | and | to )%s)*)(?![\w-])" % (NUMBER, NUMBER))
TITLE = re.compile(r'(docs/\w+\.md), "([^"]+)"')
LINK = re.compile(r"\]\(([^)\s]+)\)")
PEPS = re.compile(r"\bPEPs? (\d+(?:(?:, | and )\d{3,4}\b)*)")
CAPITALS = re.compile(r"\b([A-Z]{4,}\.md)\b")
DEAD = re.compile(r"\b(?:FACTS|DESIGN|SURVEY|STYLE|REPORT|CASES)\b,? \d|\b(?:FACTS|SURVEY)\b|\.\./shared\b")
HEADING = re.compile(r"^#{1,6} (.*?) *$", re.M)


def anchor(title):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


class Tree:
    def __init__(self, root, files):
        self.root, self.files, self.headings = root, set(files), {}
        self.layers = {f.split("/")[1] for f in self.files if f.startswith("src/") and f.count("/") > 1}
        sources = self.text("docs/formats.md").rpartition("Sources")[2] if "docs/formats.md" in self.files else ""
        self.peps = set(re.findall(r"\b\d{3,4}\b", "".join(re.findall(r"PEPs [\d, \n]+", sources))))

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def titles(self, name):
        if name not in self.headings:
            self.headings[name] = HEADING.findall(self.text(name))
        return self.headings[name]

    def exists(self, name):
        name = name.strip("/")
        if "*" in name:
            rx = re.compile(re.escape(name).replace(r"\*", "[^/]*"))
            return any(rx.fullmatch(f) for f in self.files)
        return name in self.files or any(f.startswith(name + "/") for f in self.files)


def unfold(text):
    """Comments and paragraphs in one line, so that a citation may be broken anywhere; a line feed stays one byte."""
    return re.sub(r"\n[ \t]*(?:\*(?!/)|#|//)?[ \t]*", lambda m: " " + "\0" * (len(m[0]) - 1), text)


def paths_of(tree, name, text):
    """NAME in a path is any name. Tests name files of the environments that they make: only documents count there."""
    for m in PATH.finditer(text):
        path, first = m[1].replace("NAME", "*"), m[1].split("/")[0]
        if name.startswith(("tests/e2e/", "tests/unit/", "Makefile")) and first != "docs":
            continue
        if first in TOP and not tree.exists(path):
            yield m.start(), "%s is not in the tree" % path
        elif first in tree.layers and not path.endswith((".md", ".json", ".py", ".sh")) and not tree.exists("src/" + path):
            yield m.start(), "src/%s is not in the tree" % path


def sections_of(tree, text):
    flat = text.replace("\0", "")
    for m in SECTIONS.finditer(flat):
        if not tree.exists(m[1]):
            continue  # said already
        known = {t.split()[0].rstrip(".") for t in tree.titles(m[1]) if t[:1].isdigit()}
        for number in re.findall(NUMBER, m[2]):
            if number not in known:
                yield m.start(), "%s has no section %s" % (m[1], number)
    for m in TITLE.finditer(flat):
        if tree.exists(m[1]) and m[2] not in tree.titles(m[1]):
            yield m.start(), "%s has no section %r" % (m[1], m[2])


def links_of(tree, name, text):
    for m in LINK.finditer(text):
        target, _, part = m[1].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = posixpath.normpath((pathlib.PurePosixPath(name).parent / target).as_posix()) if target else name
        if not tree.exists(path):
            yield m.start(), "link to %s, which is not in the tree" % m[1]
        elif part and part not in [anchor(t) for t in tree.titles(path)]:
            yield m.start(), "link to %s: no such heading" % m[1]


def others_of(tree, text):
    for m in PEPS.finditer(text.replace("\0", "")):
        for number in re.findall(r"\d+", m[1]):
            if number not in tree.peps:
                yield m.start(), "PEP %s is not among the sources of docs/formats.md" % number
    for m in CAPITALS.finditer(text):
        if not any(f.rpartition("/")[2] == m[1] for f in tree.files):
            yield m.start(), "%s is not in the tree" % m[1]
    for m in DEAD.finditer(text):
        yield m.start(), "cites something outside of the tree: %s" % m[0]


def check(root, files):
    tree, looked_at, faults = Tree(root, files), 0, []
    for name in sorted(tree.files):
        path = root / name
        if name.startswith(FOREIGN) or not (name.endswith(SUFFIXES) or path.name in NAMES) or path.is_symlink():
            continue
        looked_at += 1
        text = tree.text(name)
        flat = unfold(text)
        found = [*paths_of(tree, name, flat), *sections_of(tree, flat), *others_of(tree, flat)]
        found += links_of(tree, name, text) if name.endswith(".md") else []
        faults += ["%s:%d: %s" % (name, text.count("\n", 0, at) + 1, why) for at, why in found]
    return looked_at, faults


GOOD = {
    "docs/formats.md": "# F\n\n## 2. A\n\n### 2.4 B\n\n## 11. Sources\n\n- PEPs 376,\n  440.\n",
    "docs/page.md": "# P\n\n## The title\n\n[f](formats.md#24-b) and [x](https://example.org/y.md)\n",
    "src/base/err.h": "/* docs/formats.md 2.4, 2: and docs/page.md, \"The\n * title\"; PEP 376, 440; base/err.h; src/base/*.h */\n",
    "src/base/err.c": "/* http/x.md, ../base/zip.c and $D/src/no.c are none */\n",
}
BAD = {
    "no such file": {"src/base/a.h": "/* docs/none.md */\n"},
    "no such source": {"src/base/a.h": "/* see base/none.c */\n"},
    "no such section": {"src/base/a.h": "/* docs/formats.md 2.5 */\n"},
    "no such section in a list": {"src/base/a.h": "/* docs/formats.md 2.4 and\n * 7 */\n"},
    "no such title": {"src/base/a.h": '/* docs/page.md, "Another" */\n'},
    "over a line end": {"src/base/a.h": "/* docs/formats.md\n * 9.9 */\n"},
    "link": {"docs/a.md": "[x](none.md)\n"},
    "anchor": {"docs/a.md": "[x](formats.md#none)\n"},
    "PEP": {"tests/a.py": "# PEP 9999\n"},
    "document in capitals": {"tests/a.py": "# NOTES.md\n"},
    "numbered document": {"tests/a.py": "# docs/architecture.md\n"},
    "beside the tree": {"tests/a.py": "# ../shared/x\n"},
}


def self_test():
    def faults(files):
        with tempfile.TemporaryDirectory() as name:
            for file, text in files.items():
                path = pathlib.Path(name, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check(pathlib.Path(name), list(files))[1]

    bad = ["good files are accused: %s" % faults(GOOD)] if faults(GOOD) else []
    bad += ["not found: %s" % name for name, files in BAD.items() if len(faults({**GOOD, **files})) != 1]
    return len(BAD) + 1, bad


def tracked(root):
    out = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], stdout=subprocess.PIPE, check=True).stdout
    return [f for f in out.decode("utf-8", "surrogateescape").split("\0") if f and (root / f).exists()]


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        count, wrong = self_test()
    else:
        top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
        count, wrong = check(top, tracked(top))
    for line in wrong:
        print(line)
    print("citations: %d %s, %d faults" % (count, "cases" if sys.argv[1:] == ["--self-test"] else "files", len(wrong)))
    sys.exit(1 if wrong or not count else 0)
