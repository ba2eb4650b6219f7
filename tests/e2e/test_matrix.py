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
    """Every value of every column: one row of each maker. With VENVFIX_ALL every pair of values of two columns at least once; with
    VENVFIX_MATRIX=full all of the product."""
    makers = envs.makers()
    if place.FULL:
        return list(itertools.product(makers, ("pip", "uv"), GROUPS, DESTINATIONS))
    if place.ALL and not place.SANITIZED:
        return [(m, ("pip", "uv")[(d + i // 2) % 2], GROUPS[(i + d) % 4], DESTINATIONS[d]) for i, m in enumerate(makers) for d in range(4)]
    return [(m, ("pip", "uv")[(i + i // 4) % 2], GROUPS[i % 4], DESTINATIONS[(i + i // 4) % 4]) for i, m in enumerate(makers)]


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


def test_the_rows_cover_every_value():
    values = [envs.makers(), ("pip", "uv"), GROUPS, DESTINATIONS]
    assert [{r[c] for r in rows()} for c in range(4)] == [set(v) for v in values]
    for columns in itertools.combinations(range(4), 2) if place.ALL and not place.SANITIZED else ():
        possible = set(itertools.product(values[columns[0]], values[columns[1]]))
        missing = possible - {(r[columns[0]], r[columns[1]]) for r in rows()}
        if len(envs.makers()) < 8 and missing:  # too few rows for all pairs: each maker has four
            envs.not_run(f"{len(missing)} of {len(possible)} pairs of columns {columns}", "too few Pythons")
        else:
            assert not missing, columns


@pytest.mark.both("debian", "virtualenv", "uv-")
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
    assert doc["proof"].pop("packages") in (True, None) and doc["proof"] == {"static": True, "freeze": True, "record": True, "interpreter": True}
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
