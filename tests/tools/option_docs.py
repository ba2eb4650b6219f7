"""Writes what follows from the option tables: docs/completions/* and the options in docs/venvfix.1.

usage: option_docs.py PROGRAM          (a unit test says when it is to be run again)
"""
import os
import re
import subprocess
import sys

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
COMMON = ("jobs", "color", "quiet", "verbose", "help")
BEGIN, END = '.\\" options: from the tables\n', '.\\" options: end\n'


def ask(program, *args):
    return subprocess.run([program, *args], check=True, capture_output=True, text=True).stdout


def verbs_of(program):
    found = re.findall(r"^  venvfix ([a-z]+) ([^\n]*?) {2,}(.*)$", ask(program, "--help"), re.M)
    return [(name, usage, what, options_of(program, name)) for name, usage, what in found]


def options_of(program, verb):
    line = re.compile(r"^  (?:-(\w), |    )--([a-z0-9-]+)(?: ([A-Z]+))? +(.*)$", re.M)
    return [m.groups() for m in line.finditer(ask(program, verb, "--help"))]


def choices(name, verb, text):
    """The words an option takes, where its help lists them."""
    listed = {"color": "auto always never", "fail-on": "error warning info never", "link": "auto reflink copy", "prove": "imports",
              "format": {"freeze": "requirements pylock json", "pack": "tar.zst tar.gz tar.xz tar zip text json"}.get(verb, "text json")}
    words = listed.get(name, "")
    return words if all(w in text for w in words.split()) else ""


def bash(verbs):
    cases, values = "", {}
    for verb, _, _, options in verbs:
        words = " ".join(f"--{name}" for _, name, _, _ in options)
        cases += f'    {verb}) words="{words}" ;;\n'
        for _, name, value, text in options:
            if value and choices(name, verb, text):
                values.setdefault((name, choices(name, verb, text)), []).append(verb)
    takes = "".join(f'    {"|".join(f"{v}:--{n}" for v in vs)}) COMPREPLY=($(compgen -W "{w}" -- "$word")); return ;;\n'
                    for (n, w), vs in values.items())
    names = " ".join(v[0] for v in verbs)
    return f"""# bash completion for venvfix; written by tests/tools/option_docs.py
_venvfix()
{{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} verb=${{COMP_WORDS[1]}} words
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{names} --help --version" -- "$word"))
        return
    fi
    case $verb:$before in
{takes}    esac
    case $verb in
{cases}    *) return ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) if [ "$verb" = explain ]; then
           COMPREPLY=($(compgen -W "$(venvfix explain 2>/dev/null | grep -o 'VF[0-9]*')" -- "$word"))
       else
           COMPREPLY=($(compgen -f -- "$word"))
       fi ;;
    esac
}}
complete -o filenames -F _venvfix venvfix
"""


def zsh_word(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(verbs):
    cases = ""
    for verb, usage, _, options in verbs:
        lines = ""
        for letter, name, value, text in options:
            words = choices(name, verb, text)
            what = "" if not value else f":{value}:({words})" if words else f":{value}:" + ("_files" if value == "PATH" else "")
            star = "*" if "given again" in text else ""
            for dashed in ([f"-{letter}"] if letter else []) + [f"--{name}"]:
                lines += f"            '{star}{dashed}[{zsh_word(text)}]{what}' \\\n"
        last = "'*:rule:($(venvfix explain 2>/dev/null | grep -o \"VF[0-9]*\"))'" if verb == "explain" else "'*:path:_files -/'"
        cases += f"    {verb})\n        _arguments \\\n{lines}            {last} ;;\n"
    names = "".join(f"        '{v}:{zsh_word(what)}'\n" for v, _, what, _ in verbs)
    return f"""#compdef venvfix
# zsh completion for venvfix; written by tests/tools/option_docs.py
_venvfix() {{
    local -a verbs=(
{names}    )
    if (( CURRENT == 2 )); then
        _describe verb verbs
        return
    fi
    local verb=$words[2]
    shift words
    (( CURRENT-- ))
    case $verb in
{cases}    esac
}}
_venvfix "$@"
"""


def fish(verbs):
    quoted = lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    out = "# fish completion for venvfix; written by tests/tools/option_docs.py\n"
    out += "complete -c venvfix -n __fish_use_subcommand -l help -d 'the verbs'\n"
    out += "complete -c venvfix -n __fish_use_subcommand -l version -d 'the version'\n"
    for verb, _, what, options in verbs:
        out += f"complete -c venvfix -n __fish_use_subcommand -a {verb} -d {quoted(what)}\n"
        for letter, name, value, text in options:
            words = choices(name, verb, text)
            out += f"complete -c venvfix -n '__fish_seen_subcommand_from {verb}' " + (f"-s {letter} " if letter else "")
            out += f"-l {name} " + (("-x -a '" + words + "' ") if words else "-r " if value else "") + f"-d {quoted(text)}\n"
    out += ("complete -c venvfix -n '__fish_seen_subcommand_from explain' -f "
            "-a \"(venvfix explain 2>/dev/null | string match -r 'VF[0-9]+')\"\n")
    return out


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def sentence(text):
    return roff(text[:1].upper() + text[1:]) + ("" if text.endswith("?") else ".")


def man_option(letter, name, value, text):
    head = (f"\\fB\\-{letter}\\fR, " if letter else "") + f"\\fB\\-\\-{roff(name)}\\fR" + (f" \\fI{value}\\fR" if value else "")
    return f".TP\n{head}\n{sentence(text)}\n"


def man(verbs):
    out = ""
    for verb, usage, what, options in verbs:
        out += f".SS venvfix {verb} {roff(usage)}\n{sentence(what)}\n"
        out += "".join(man_option(*o) for o in options if o[1] not in COMMON)
    out += ".SS Options of every verb\n"
    return out + "".join(man_option(*o) for o in verbs[0][3] if o[1] in COMMON)


def main():
    verbs = verbs_of(os.path.abspath(sys.argv[1]))
    for name, text in (("venvfix.bash", bash(verbs)), ("_venvfix", zsh(verbs)), ("venvfix.fish", fish(verbs))):
        with open(os.path.join(DOCS, "completions", name), "w") as f:
            f.write(text)
    page = os.path.join(DOCS, "venvfix.1")
    with open(page) as f:
        text = f.read()
    head, rest = text.split(BEGIN)
    with open(page, "w") as f:
        f.write(head + BEGIN + man(verbs) + END + rest.split(END)[1])


main()
