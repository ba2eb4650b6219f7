"""Every maker, installer and kind of package, moved to every kind of place, with the old place gone."""
import itertools
import os

import pytest

import envs
import place
import verify
from envs import Recipe
from vf import brief, find, report, vf

DESTINATIONS = ("plain", "odd", "long", "otherfs")
GROUPS = ("web", "text", "number", "kernel")


def rows():
    """All of the product when it is asked for; else every pair of values of two columns at least once. The sanitized program, whose bytes are
    those of the ordinary one, does one row of each maker: every value of every column."""
    makers = envs.makers()
    if place.FULL:
        return list(itertools.product(makers, ("pip", "uv"), GROUPS, DESTINATIONS))
    return [(m, ("pip", "uv")[(d + i // 2) % 2], GROUPS[(i + d) % 4], DESTINATIONS[d]) for i, m in enumerate(makers) for d in range(4)
            if not place.SANITIZED or d == (i + i // 4) % 4]


def destination(kind, scratch, request):
    if kind == "plain":
        (scratch / "srv/app").mkdir(parents=True)
        return scratch / "srv/app/.venv"
    if kind == "odd":
        (scratch / "Bob's \"work\" dir").mkdir()
        return scratch / "Bob's \"work\" dir" / "the env"
    if kind == "long":
        here = scratch
        while len(os.fsencode(here)) < 250:
            here = here / ("d" * min(60, 290 - len(os.fsencode(here))))
        here.mkdir(parents=True)
        return here / ("e" * (299 - len(os.fsencode(here))))
    return request.getfixturevalue("other_fs") / "env"


def test_the_rows_cover_every_pair():
    makers = envs.makers()
    if place.SANITIZED:
        assert all({r[c] for r in rows()} == set(v) for c, v in enumerate([makers, ("pip", "uv"), GROUPS, DESTINATIONS])) or len(makers) < 4
        return
    if len(makers) < 4:
        pytest.skip("with Debian's Python alone there are too few makers for pairs")
    for columns in itertools.combinations(range(4), 2):
        values = [makers, ("pip", "uv"), GROUPS, DESTINATIONS]
        seen = {(r[columns[0]], r[columns[1]]) for r in rows()}
        assert seen == set(itertools.product(values[columns[0]], values[columns[1]])), columns


@pytest.mark.parametrize("recipe, kind", [pytest.param(Recipe(m, i, g), d, id=f"{m}-{i}-{g}-{d}") for m, i, g, d in rows()])
def test_moved(recipe, kind, get, scratch, request):
    env = get(recipe)
    new = destination(kind, scratch, request)
    assert len(os.fsencode(new)) >= 299 or kind != "long"
    before = verify.snapshot(env.path)

    checked = report("check", env.path)
    assert checked["answers"]["sound"], brief(find(checked, atleast="warning"))
    assert vf("freeze", env.path, rc=0).out.decode() == env.facts["newest"]
    assert not verify.difference(before, verify.snapshot(env.path)), "check or freeze wrote"

    doc = report("move", env.path, new, rc=0)
    assert not env.path.exists()
    assert doc["proof"] == {"static": True, "freeze": True, "record": True, "interpreter": True}
    assert os.listdir(env.path.parent) == [], "something is left beside the old place"
    assert not [n for n in os.listdir(new.parent) if n != new.name], "something is left beside the new place"
    os.rename(env.root, env.root.with_name("gone"))  # nothing may reach into what was around it, either
    try:
        after = report("check", "--hashes", "--at", new, new)
        assert after["answers"]["sound"] and after["exit"] == 0, brief(find(after, atleast="warning"))
        bad = verify.moved_well(env, new, before, doc)
        assert not bad, "\n".join(bad)
    finally:
        envs.rmtree(env.root.with_name("gone"))
