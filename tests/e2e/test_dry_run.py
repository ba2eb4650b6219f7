"""--dry-run says what would be done, as a unified diff, and does nothing."""
import os
import re
import shutil
import subprocess

import pytest

import verify
from envs import Recipe
from vf import report, vf

VERBS = ("move", "recreate", "fix")
USED = Recipe("debian", "pip", "used")


def arrange(verb, env, scratch):
    """The arguments of a run that has something to do, and the place where the tree will stand."""
    if verb == "fix":
        os.rename(env.path, scratch / "new")
        return [scratch / "new"], scratch / "new"
    return [env.path, scratch / "new"], scratch / "new"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("form", [[], ["--format", "json"]], ids=["text", "json"])
def test_nothing_changes(verb, form, env, scratch):
    args, _ = arrange(verb, env, scratch)
    before = verify.snapshot(env.root), verify.snapshot(scratch)
    vf(verb, "--dry-run", *form, *args, rc=0)
    after = verify.snapshot(env.root), verify.snapshot(scratch)
    assert not verify.difference(before[0], after[0]) and not verify.difference(before[1], after[1])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.recipe(USED)
def test_the_plan_is_what_is_done(verb, env, scratch):
    args, new = arrange(verb, env, scratch)
    plan = report(verb, "--dry-run", *args, rc=0)
    done = report(verb, *args, rc=0)
    assert plan["dry_run"] is True and done["dry_run"] is False
    assert plan["edits"] == done["edits"] and plan["edits"]
    for same in ("verb", "from", "to", "requirements", "carried", "warnings"):
        assert plan[same] == done[same], same


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.recipe(USED)
def test_the_diff_applies(verb, env, scratch):
    """patch(1), given the printed plan, makes of the text files exactly what the verb makes of them."""
    args, new = arrange(verb, env, scratch)
    source = new if verb == "fix" else env.path
    diff = vf(verb, "--dry-run", *args, rc=0).out
    heads = re.findall(rb"(?m)^--- ([^\t\n]+).*\n\+\+\+ ([^\t\n]+)", diff)
    assert len(heads) > 10, diff[:2000]
    texts = {}
    for old, _ in heads:
        name = old.decode()
        name = name[2:] if name.startswith("a/") else name
        name = os.path.relpath(name, source) if os.path.isabs(name) else name
        if os.path.isfile(source / name):
            texts[name] = (source / name).read_bytes()
    assert "bin/pip" in texts and "bin/activate" in texts and any(n.endswith("RECORD") for n in texts), texts.keys()
    if not any(h[0].startswith(b"/") for h in heads) and subprocess.run(["which", "patch"], capture_output=True).returncode == 0:
        for name, data in texts.items():
            (scratch / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / "tree" / name).write_bytes(data)
        p = subprocess.run(["patch", "--binary", "-s", "-p1" if heads[0][0].startswith(b"a/") else "-p0", "-d", scratch / "tree"], input=diff, capture_output=True)
        vf(verb, *args, rc=0)
        wrong = [n for n, data in texts.items() if b"\0" not in data and (scratch / "tree" / n).read_bytes() != (new / n).read_bytes()]
        assert not wrong, f"{wrong}\n{p.stdout.decode()}{p.stderr.decode()}"


@pytest.mark.parametrize("tool", [["git", "apply", "-p1"], ["patch", "-s", "-p1", "--binary"]], ids=["git", "patch"])
@pytest.mark.parametrize("verb", VERBS)
def test_the_diff_of_awkward_files_applies(verb, tool, env, scratch):
    """Tabs, carriage returns, no end of line, links, names with blanks and quotes: as they are, not escaped."""
    (env.path / "share/x y").mkdir(parents=True)
    (env.path / "share/x y/t\tq\"n.cfg").write_bytes(b"\tx = \"%s/share\"\r\ny\r\n" % bytes(env.path))
    (env.path / "share/x y/plain.cfg").write_bytes(b"a\nb\nhome = %s/share" % bytes(env.path))
    (env.path / "linked").symlink_to(env.path / "share")
    (env.path / "share/lin ked").symlink_to(env.path / "share/x y")
    args, new = arrange(verb, env, scratch)
    source = new if verb == "fix" else env.path
    diff = vf(verb, "--dry-run", *args, rc=0).out
    assert b"\tx = " in diff and b"\r\n" in diff and b"\\r" not in diff
    tree = scratch / "tree"
    shutil.copytree(source, tree, symlinks=True)
    p = subprocess.run(tool, cwd=tree, input=diff, capture_output=True, env={**os.environ, "GIT_DIR": "/nonexistent"})
    assert p.returncode == 0, p
    vf(verb, *args, rc=0)
    have, want = verify.contents(verify.snapshot(tree)), verify.contents(verify.snapshot(new))
    wrong = [n for n in want if not n.endswith(b".pyc") and (have.get(n) or [None] * 4)[3] != want[n][3]]
    assert not wrong, wrong
