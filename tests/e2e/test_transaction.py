"""The tables of docs/architecture.md, "The transaction", are walked: the program is killed before every call that changes the disk, and what is
found then is a state of the table, behind the one before it, from which the same command does what the table says."""
import os
import re

import pytest

import other_writer
import place
from other_writer import World
from vf import report

DOC = place.REPO / "docs/architecture.md"
COPYING = {"plain", "staged", "sealed", "rollback", "undone", "marked", "copying", "committed", "aside", "removing", "removed", "done"}
MOVING = {"plain", "staged", "sealed", "renamed", "applied", "done"}


def table():
    """{state: (the states that may follow, what the same command does)}"""
    text = DOC.read_text().split("## The transaction\n")[1].split("What another writer can do")[0]
    rows = {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            rows[re.match(r"`(\w+)`", cells[0])[1]] = (set(re.findall(r"`(\w+)`", cells[2])), cells[3])
    return rows


def journal(root):
    """What `state` says; "staged" where there is a journal directory without it; None without one."""
    if not (root / ".venvfix").is_dir():
        return None
    state = root / ".venvfix/state"
    return state.read_text() if state.exists() else "staged"


def observed(world):
    aside = list(world.old.parent.glob(".venvfix-old-*"))
    holder = [p for p in world.new.parent.glob(".venvfix-*") if p not in aside]
    old, new = world.old.is_dir(), world.new.is_dir()
    if new:
        state = journal(world.new)
        if state == "retire":
            return "aside" if aside else "committed"
        if state == "removing":
            return "removing" if aside or old else "removed"
        if state == "sealed":
            return "renamed"
        if state is None:
            return "kept" if old else "done"
        return "removed" if world.way == "copy" else "applied"  # `done`, or the file is gone already
    if holder:
        return "copying"
    return {None: "plain", "leaving": "marked"}.get(journal(world.old), journal(world.old))


def killed_at(world, call):
    world.reset()
    other_writer.run(world.command, at=call.n, do="kill")
    return observed(world)


@pytest.mark.parametrize("way", ["move", "copy"])
def test_killed_before_every_call(way, scratch, request):
    rows = table()
    world = World(way, scratch, request.getfixturevalue("other_fs") if way == "copy" else None)
    seen, last, bad = set(), None, []
    for call in world.calls:
        state = killed_at(world, call)
        if last and state != last and state not in rows[last][0]:
            bad.append(f"{call}: from {last} to {state}")
        if place.FULL or state != last:
            ran = other_writer.run(world.command)
            finishes = b"interrupted run had begun" in ran.out
            if ran.rc != 0 and not (state == "applied" or state == "removed" or state == "done"):
                bad.append(f"{call}: {state}: {ran}")
            elif rows[state][1] not in ("", "finishes" if finishes else "redoes"):
                bad.append(f"{call}: {state}: it {'finishes' if finishes else 'redoes'}: {ran}")
            if other_writer.entries(world.new) != world.final or world.old.exists() or world.leftovers():
                bad.append(f"{call}: {state}: does not end in done: {world.leftovers()} {ran}")
        seen.add(state)
        last = state
    assert not bad, "\n".join(bad)
    assert seen >= (COPYING if way == "copy" else MOVING) - {"done"}, seen


def directory_times(root):
    return {os.path.relpath(d, root): d.stat().st_mtime_ns for d in [root, *root.rglob("*")] if d.is_dir() and not d.is_symlink()}


@pytest.mark.parametrize("way", ["move", "fix", "copy"])
def test_times_that_an_interrupted_run_lost_are_named(way, scratch, request):
    """Every directory has its time after the next run, or is listed as `not_kept`; nothing else is."""
    world = World(way, scratch, request.getfixturevalue("other_fs") if way == "copy" else None)
    before, lost, bad = directory_times(world.kept), set(), []
    calls = world.calls if place.FULL else [c for a, c in zip(world.calls, world.calls[1:]) if a.name.startswith(("rename", "mkdir")) and c.name in ("futimens", "utimensat")]
    assert len(calls) >= 3
    for call in calls:
        world.reset()
        other_writer.run(world.command, at=call.n, do="kill")
        if not world.leftovers():  # at the very end (or before the beginning): nothing says that there was a run
            continue
        doc = report(*world.command, rc=0)
        now = directory_times(world.new)
        differ = {d for d in before if before[d] != now[d]}
        said = {n["path"] for n in doc.get("not_kept", []) if n["what"] == "time"}
        lost |= said
        if differ != said:
            bad.append(f"{call}: {differ} are lost, {said} are said")
    assert not bad, "\n".join(bad)
    assert lost


def test_the_table_is_whole():
    """Every state is reached from another one and leads to states that are rows."""
    rows = table()
    assert rows.keys() >= COPYING | MOVING | {"kept"}
    assert set().union(*(follow for follow, _ in rows.values())) == rows.keys()
    assert {again for _, again in rows.values()} == {"redoes", "finishes", ""}
