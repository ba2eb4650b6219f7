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


def main():
    program = os.path.abspath(sys.argv[1])
    for name, shell in (("venvfix.bash", "bash"), ("_venvfix", "zsh"), ("venvfix.fish", "fish")):
        write(os.path.join("completions", name), printed(program, shell))
    sections = {m.group(1): m.group(0) for m in RULE.finditer(printed(program, "rules"))}
    write("rules.md", RULE.sub(lambda m: sections.get(m.group(1), m.group(0)), read("rules.md")))
    head, rest = read("venvfix.1").split(BEGIN)
    write("venvfix.1", head + BEGIN + printed(program, "man") + END + rest.split(END)[1])


main()
