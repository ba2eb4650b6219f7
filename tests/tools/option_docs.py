"""Writes what follows from the tables: docs/rules.md, docs/completions/* and the options in docs/venvfix.1.

usage: option_docs.py TEST_DOCS        the unit test program test_docs (a test of it says when this is to be run)
"""
import os
import re
import subprocess
import sys

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
BEGIN, END = '.\\" options: from the tables\n', '.\\" options: end\n'
RULE = re.compile(r"^### (VF\d+) .*\n\n\*.*\*\n\n\*\*What:.*\n\n\*\*Why:.*\n\n\*\*How:.*\n", re.M)


def printed(program, what):
    return subprocess.run([program, "--print", what], check=True, stdout=subprocess.PIPE, text=True).stdout


def read(name):
    with open(os.path.join(DOCS, name)) as f:
        return f.read()


def write(name, text):
    with open(os.path.join(DOCS, name), "w") as f:
        f.write(text)


def section(text, rule):
    """What the table says of a rule, as it is in the document; None when it is not there."""
    return next((m.group(0) for m in RULE.finditer(text) if m.group(1) == rule), None)


def main():
    program = os.path.abspath(sys.argv[1])
    for name, shell in (("venvfix.bash", "bash"), ("_venvfix", "zsh"), ("venvfix.fish", "fish")):
        write(os.path.join("completions", name), printed(program, shell))
    text, before = read("rules.md"), None
    for m in RULE.finditer(printed(program, "rules")):
        own = section(text, m.group(1))
        if own:
            text = text.replace(own, m.group(0))
        else:  # behind the rule before it
            last = section(text, before)
            text = text.replace(last, last + "\n" + m.group(0))
        before = m.group(1)
    write("rules.md", text)
    head, rest = read("venvfix.1").split(BEGIN)
    write("venvfix.1", head + BEGIN + printed(program, "man") + END + rest.split(END)[1])


main()
