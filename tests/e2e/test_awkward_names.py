"""Places with every awkward byte: there the environment works, and the way back gives the bytes of the beginning."""
import os
import re
import subprocess

import pytest

import verify
from envs import Recipe
from place import clean_environ
from vf import error, exact, find, report, vf

NAMES = {
    "blank": b"two words",
    "single quote": b"it's",
    "three single quotes": b"a'''b",
    "double quote": b'say "hi"',
    "dollar": b"a$HOME$(id)${x}",
    "backtick": b"a`id`b",
    "backslash": b"a\\b\\\\c\\x41\\U1\\",
    "newline": b"line\nbreak",
    "tab and CR": b"a\tb\rc",
    "bang and hash": b"wow!!#1",
    "shell": b"a;b&c|d<e>f(g)*?[h]~",
    "percent": b"100%20 %s %PATH%",
    "leading blank, trailing blank": b" a ",
    "leading dash": b"-rf",
    "UTF-8": "größe 蛇".encode(),
    "not UTF-8": b"caf\xe9 \xff",
    "all at once": b"a 'b' \"c\" $d `e` \\f\n\xe9!",
}
LONG = b"/".join([b"long" * 20] * 4)  # over 255 bytes with what is before it
ENV = Recipe("debian", "pip", "six")


@pytest.fixture
def there(request, scratch):
    new = os.path.join(os.fsencode(scratch), request.param)
    os.makedirs(os.path.dirname(new), exist_ok=True)
    return new


@pytest.mark.both("over 255", "quote")
@pytest.mark.parametrize("there", [*NAMES.values(), LONG], ids=[*NAMES, "over 255 bytes"], indirect=True)
def test_there_and_back(there, get):
    env = get(ENV)
    before = verify.snapshot(env.path)
    doc = report("move", env.path, there, rc=0)
    assert exact(doc, "to") == there
    assert not os.path.lexists(env.path)

    # the same bytes come back when nothing was run in between: running writes .pyc files
    vf("move", there, env.path, rc=0)
    back = verify.contents(verify.snapshot(env.path))
    assert back == verify.contents(before), verify.difference(before, verify.snapshot(env.path), times=False)

    vf("move", env.path, there, rc=0)
    assert not verify.record_problems(there)
    assert not verify.scripts_broken(env.facts["scripts"], env.path, there)
    # docs/formats.md 3.5: tcsh loses a byte of PATH at a newline; VIRTUAL_ENV must be exact all the same
    assert not verify.activations_broken(env.facts["activations"], env.path, there, exempt=("tcsh",) if b"\n" in there else ())
    after = report("check", "--at", there, there, rc=0)
    assert exact(after["environment"], "path") == there
    assert not find(after, atleast="warning")
    assert after["environment"]["old_places"] == []


@pytest.mark.parametrize("maker", ["virtualenv", "uv", "py3.8", "py3.13"])
def test_other_makers(maker, get, scratch):
    """Their activate files and headers have other shapes."""
    try:
        recipe = Recipe(maker, "uv", "six")
        recipe.python
    except KeyError:
        pytest.skip(f"no Python {maker[2:]} here: the rows of the matrix say which ones ran")
    env = get(recipe)
    there = os.path.join(os.fsencode(scratch), b"a 'b' \"c\" $d `e` \\f\n!")
    before = verify.snapshot(env.path)
    vf("move", env.path, there, rc=0)
    vf("move", there, env.path, rc=0)
    assert verify.contents(verify.snapshot(env.path)) == verify.contents(before), verify.difference(before, verify.snapshot(env.path), times=False)
    vf("move", env.path, there, rc=0)
    assert not verify.scripts_broken(env.facts["scripts"], env.path, there)
    assert not verify.activations_broken(env.facts["activations"], env.path, there, exempt=("tcsh",))
    assert [line for line in verify.record_problems(there) if line not in env.facts["record"]] == []


@pytest.mark.parametrize("maker", ["virtualenv", "uv"])
def test_a_name_that_nushell_cannot_hold(maker, get, scratch):
    """activate.nu must be UTF-8. Refused by name, and with --leave everything else works."""
    env = get(Recipe(maker, "uv", "six"))
    there = os.path.join(os.fsencode(scratch), b"caf\xe9")
    before = verify.snapshot(env.path)
    error("move", env.path, there, code="unwritable")
    assert b"bin/activate.nu" in vf("move", env.path, there, rc=2).err
    assert not verify.difference(before, verify.snapshot(env.path))
    doc = report("move", "--leave", env.path, there, rc=1)
    assert b"bin/activate.nu" in verify.told(doc)
    assert not verify.scripts_broken(env.facts["scripts"], env.path, there)
    assert not verify.activations_broken(env.facts["activations"], env.path, there)


@pytest.mark.parametrize("name", ["a$b", "$$HOME$", "a${prefix}b$(x)", "it's \"2\" #1 \\#$\\{x}"])
def test_pkg_config_reads_it(name, env, scratch):
    """Each of its fields, and inside quotes what can stand there; the way back is the file of the beginning."""
    pc = env.path / "lib/pkgconfig/demo.pc"
    pc.parent.mkdir(exist_ok=True)
    quoted = f'Libs: -L${{prefix}}/a "-L{env.path}/b" -ld\n' if "${" not in name else "Libs: -L${prefix}/a -ld\n"
    pc.write_text(f"prefix={env.path}\nName: demo\nDescription: demo\nVersion: 1\n{quoted}Cflags: -I{env.path}/include\n")
    was = pc.read_bytes()

    def told(place, question):
        out = subprocess.run(["pkg-config", question, "demo"], env=clean_environ(PKG_CONFIG_PATH=f"{place}/lib/pkgconfig"), check=True, capture_output=True, text=True).stdout
        return [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"(?:\\.|\S)+", out)]  # as a shell, but that `$` and quotes are theirs

    there = scratch / name
    want = [f"-L{there}/a"] + [f"-L{there}/b"] * (quoted.count("-L") == 2) + ["-ld"]
    vf("move", env.path, there, rc=0)
    assert told(there, "--cflags") == [f"-I{there}/include"]
    assert told(there, "--libs") == want
    assert not find(report("check", "--at", there, there, rc=0), atleast="warning")
    vf("move", there, env.path, rc=0)
    assert pc.read_bytes() == was


def test_the_docstring_and_the_future_survive(env, scratch):
    """Scripts on which the self-locating /bin/sh form would choke keep their meaning where only such a form can stand."""
    texts = {
        "docstring": '#!{}\n"""The help text."""\nfrom __future__ import annotations\nprint(__doc__)\n',
        "cookie": "#!{}\n# -*- coding: latin-1 -*-\nprint(len('\xe4'))\n",
        "options": "#!{} -Es\nimport sys\nprint(sys.flags.ignore_environment, sys.flags.no_user_site)\n",
        "plain": "#!{}\nprint('plain')\n",
    }
    for name, text in texts.items():
        path = env.bin / name
        path.write_bytes(text.format(env.python).encode("latin-1"))
        path.chmod(0o755)
    was = {name: verify.run_script(env.bin / name, ())[2] for name in texts}
    assert was == {"docstring": b"The help text.\n", "cookie": b"1\n", "options": b"1 1\n", "plain": b"plain\n"}
    before = verify.snapshot(env.path)
    there = scratch / "with a blank" / ("x" * 240)
    there.parent.mkdir()
    vf("move", env.path, there, rc=0)
    assert {name: verify.run_script(there / "bin" / name, ())[2] for name in texts} == was
    vf("move", there, env.path, rc=0)
    after = verify.snapshot(env.path)
    for name in texts:
        assert after[b"bin/" + name.encode()][:2] == before[b"bin/" + name.encode()][:2]
        assert after[b"bin/" + name.encode()][4] == before[b"bin/" + name.encode()][4], (env.bin / name).read_bytes()


def test_prompt_follows_the_name_only_when_it_came_from_it(scratch):
    import envs
    for maker, option, want in (("own", ["--prompt", "my prompt"], b"my prompt"), ("derived", [], b"second")):
        first = scratch / maker / "first"
        envs.run(envs.DEBIAN, "-m", "venv", "--without-pip", *option, first)
        second = first.with_name("second")
        vf("move", first, second, rc=0)
        text = (second / "bin/activate").read_bytes()
        assert want in text and b"(first)" not in text
        assert b"(first)" not in (second / "bin/activate.fish").read_bytes() + (second / "bin/activate.csh").read_bytes()


@pytest.mark.parametrize("verb", ["move", "fix"])
def test_quoted_wrongly_where_it_was_made(verb, scratch):
    """The writer's quoting fails at its own place: the shells could not even read the file. It leaves with the right one."""
    import envs
    old, new = scratch / 'say "hi" $c' / "env", scratch / "it's" / "env"
    old.parent.mkdir()
    new.parent.mkdir()
    envs.run(envs.interpreters().get("3.9", envs.DEBIAN), "-m", "venv", "--without-pip", old)
    (old / "bin/activate").write_text(f'deactivate () {{\n    true\n}}\nVIRTUAL_ENV="{old}"\nexport VIRTUAL_ENV\nPATH="$VIRTUAL_ENV/bin:$PATH"\nexport PATH\n'
                                      f'if [ "x({old.name}) " != x ] ; then\n    PS1="({old.name}) ${{PS1:-}}"\nfi\n')
    (old / "bin/activate.bat").write_text(f'@echo off\r\n@set "VIRTUAL_ENV={old}"\r\n')  # as uv does on every system: no cmd reads it here
    assert find(report("check", old, rc=1), rule="VF304", path="bin/activate", level="error")
    assert verify.activate(old, "bash")[0] != os.fsencode(old)
    if verb == "move":
        doc = report("move", old, new, rc=0)
    else:
        os.rename(old, new)
        doc = report("fix", new, rc=0)
    assert not [f for f in doc["warnings"] if f["level"] != "info"]
    for shell in ("bash", "dash", "zsh"):
        assert verify.activate(new, shell) == (os.fsencode(new), os.fsencode(new))
    report("check", "--at", new, new, rc=0)
