#!/usr/bin/env python3
"""Writes fixtures/packaging/lists.tsv: what pip reads in requirement lists.

Replayed by tests/unit/test_packaging_reqlist.c, so that the tests need no Python.  Run it with a Python that has the newest pip:
gen_list_vectors.py [--out DIR] [--count N] [--seed N].  The same seed gives the same file; larger counts are for searching by hand.

Rows: the bytes of the list; `plain` (every line is one that a person would write: to be read as pip does, or refused as pip does) or `odd` (pieces
put together anyhow: where it is read, it is read as pip does; more may be refused); `-` (pip refuses it) or one word for each
requirement, separated by blanks: R or E (editable), c (constraint) or r, the number of hashes, the requirement's text in hexadecimal digits.
"""
import argparse
import logging
import os
import random
import tempfile

from pip import __version__ as pip_version
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import RequirementsFileParser, get_line_parser, handle_requirement_line

from gen_dist_vectors import escape

SHA = "0123456789abcdef" * 4
NAMES = ["six", "Foo.Bar_baz", "a", "zope.interface", "x-y", "A1"]
VERSIONS = ["", "==1.0", " >= 1, <2", "~=1.4.2", "!=1.*,>0", "===1.0", "==1!2.0+local.1", "<2.dev0", " == 1 "]
EXTRAS = ["", "[s]", "[s,T-x]", " [ s , t ]", "[]"]
MARKERS = ["", "; python_version > '3'", ";os_name=='nt' and (sys_platform!=\"x\" or extra == 't')", " ; implementation_name == 'cpython'"]
URLS = ["https://h.example/p/b-1.0-py3-none-any.whl", "https://u:${TOK}@h.example/b.zip#sha256=" + SHA, "file:///srv/w/a%20b.whl", "git+https://h.example/r.git@v1#egg=d",
        "git+ssh://git@h.example/r@0123abc#egg=e&subdirectory=s"]
OPTIONS = ["-i https://h.example/simple", "--index-url=https://h.example/s", "--extra-index-url https://u:${TOK}@h.example/s", "--no-index", "-f wheels", "--find-links=w", "--pre", "--require-hashes",
           "--no-binary :all:", "--only-binary=a,b", "--prefer-binary", "--trusted-host h.example"]
EDITABLES = ["-e git+https://h.example/r#egg=z", "--editable git+ssh://git@h.example/r.git@c0ffee#egg=My_proj&subdirectory=s", "-e git+https://h.example/r#egg=z[x]"]
INCLUDES = ["-r inc.txt", "-c con.txt", "--requirement inc.txt", "--constraint=con.txt", "-rinc.txt"]
PIECES = (NAMES + VERSIONS + EXTRAS + MARKERS + URLS + OPTIONS + EDITABLES + INCLUDES +
          ["--hash=sha256:" + SHA, "--config-settings=a=b", "${TOK}", "${NOPE}", "$TOK", "# c", "#c", "a#b", "a\\#b", '"q u"', "'s'", "\\", "-x", "--nope", "(a)", "a (>=1)",
           "\t", "\x0b", "\x0c", "\x1c", "\u2028", "\u00a0", "\u3000", "\u00e9", "==1"])
ENDS = ["\n", "\n", "\n", "\r\n", "\r", " ", "\t", " \\\n", "\\\n", "\\\r\n", " # c\n", "#x\n", ""]
FILES = {"inc.txt": "inc1==1\n-c con.txt\n", "con.txt": "con1<2\n"}


def requirement(rng):
    if rng.random() < 0.2:
        return rng.choice(NAMES) + rng.choice(["", "[s]"]) + rng.choice([" @ ", "@", " @"]) + rng.choice(URLS) + rng.choice(["", " " + rng.choice(MARKERS[1:])])
    if rng.random() < 0.1:
        return rng.choice(URLS)
    text = rng.choice(NAMES) + rng.choice(EXTRAS) + rng.choice(VERSIONS) + rng.choice(MARKERS)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        text += rng.choice([" ", " \\\n    ", " \\\r\n\t"]) + rng.choice(["--hash=sha256:" + SHA, "--hash sha512:" + SHA * 2])
    return text


def plain(rng):
    text = ""
    for _ in range(rng.randint(1, 5)):
        line = rng.choice([requirement] * 5 + [lambda r: r.choice(OPTIONS), lambda r: r.choice(EDITABLES), lambda r: r.choice(INCLUDES), lambda r: "", lambda r: "# comment \\"])(rng)
        text += rng.choice(["", "", "  "]) + line + rng.choice(["", "", " # why", "  "]) + rng.choice(["\n", "\n", "\r\n", "\r", "\n\n"])
    coding = rng.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "cookie"])
    return ("# -*- coding: latin-1 -*-\n# \u00e9\n" + text).encode("latin-1") if coding == "cookie" else text.encode(coding)


def odd(rng):
    return "".join(rng.choice(PIECES) + rng.choice(ENDS) for _ in range(rng.randint(1, 5))).encode()


def read(name):
    words = []
    for line in RequirementsFileParser(None, get_line_parser(None)).parse(name, False):
        if line.requirement is None:
            continue
        if not line.is_editable:
            install_req_from_parsed_requirement(handle_requirement_line(line))
        hashes = sum(len(values) for values in (getattr(line.opts, "hashes", None) or {}).values())
        words.append(f"{'E' if line.is_editable else 'R'}{'c' if line.constraint else 'r'}{hashes}:{line.requirement.encode().hex()}")
    return " ".join(words)


def rows(rng, count):
    for i in range(count):
        kind = "odd" if i % 3 == 2 else "plain"
        data = (odd if kind == "odd" else plain)(rng)
        with open("list.txt", "wb") as f:
            f.write(data)
        try:
            said = read("list.txt")
        except Exception:  # pip has many ways to say no
            said = "-"
        yield data.decode("utf-8", "surrogateescape"), kind, said


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "..", "..", "fixtures", "dist"))
    parser.add_argument("--count", type=int, default=700)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    out = os.path.abspath(args.out)
    os.environ["TOK"] = "t0k"
    with tempfile.TemporaryDirectory() as directory, open(os.devnull, "w") as null:
        os.chdir(directory)
        os.dup2(null.fileno(), 2)  # optparse prints its usage for every option that it does not know
        for name, text in FILES.items():
            with open(name, "w") as f:
                f.write(text)
        found = list(rows(random.Random(args.seed), args.count))
        os.chdir(os.path.dirname(out))
    with open(os.path.join(out, "lists.tsv"), "w", encoding="ascii", newline="\n") as f:
        f.write(f"# list, plain or odd, its requirements or - (pip {pip_version}, tests/tools/gen_list_vectors.py)\n")
        f.writelines("\t".join(map(escape, row)) + "\n" for row in dict.fromkeys(found))


if __name__ == "__main__":
    main()
