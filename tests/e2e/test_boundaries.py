"""A place is a whole path: neighbours with similar names, and places that are ordinary words, are left alone."""
import os
import subprocess

import pytest

import envs
import place
import verify
from envs import Recipe
from vf import brief, exact, find, report, vf

QUICK = Recipe("uv", "uv", "six")


def quick(where):
    """A small environment at any place."""
    where.parent.mkdir(parents=True, exist_ok=True)
    envs.run(envs.UV, "venv", "-q", "-p", QUICK.python, where)
    envs.install(where, "uv", "six", "pip")
    return where


def test_siblings(scratch):
    x = scratch / "x"
    app, app2, deep = quick(x / "app"), quick(x / "app2"), quick(scratch / "y" / "x" / "app")
    outer = f"/y{app}"  # ends with the old place, and is another one
    words = f"a={app2}/bin/python\nb={outer}/bin/python\nc={app}.old/bin/python\nd={app}-2\ne=pre{app}/lib\nf={x}/ap\n"
    (app / "etc").mkdir()
    (app / "etc/neighbours.conf").write_text(words)
    (app / "etc/ours.conf").write_text(f"home = {app}/bin\npath = {app2}/bin:{app}/bin:{deep}/bin\n")
    script = app / "bin/neighbours"
    script.write_text(f"#!/bin/sh\nexec {app2}/bin/python \"$@\"\n")
    script.chmod(0o755)
    others = [verify.snapshot(p) for p in (app2, deep)]

    for one in (app2, deep):
        doc = report("check", one)
        assert doc["environment"]["old_places"] == []
        assert doc["answers"]["sound"], brief(find(doc, level="error"))
    doc = report("check", app)
    assert not find(doc, path="etc/neighbours.conf"), brief(find(doc, path="etc/neighbours.conf"))
    assert [f["count"] for f in find(doc, path="etc/ours.conf")] == [2]

    new = scratch / "z" / "application"
    new.parent.mkdir()
    vf("move", app, new, rc=0)
    assert (new / "etc/neighbours.conf").read_text() == words
    assert (new / "etc/ours.conf").read_text() == f"home = {new}/bin\npath = {app2}/bin:{new}/bin:{deep}/bin\n"
    assert f"exec {app2}/bin/python" in (new / "bin/neighbours").read_text()
    assert [verify.snapshot(p) for p in (app2, deep)] == others
    for one in (app2, deep, new):
        assert report("check", "--at", one, one)["answers"]["sound"] or one == new


def test_moved_onto_a_longer_name_of_itself(scratch):
    """/x/app becomes /x/app2: the new place begins with the old one, and must not be mapped twice."""
    app = quick(scratch / "x/app")
    vf("move", app, scratch / "x/app2", rc=0)
    assert not verify.record_problems(scratch / "x/app2")
    rc, prefix, _ = verify.run_script(scratch / "x/app2/bin/pip", ("--version",))
    assert (rc, prefix) == (0, os.fsencode(scratch / "x/app2"))
    assert b"app22" not in (scratch / "x/app2/bin/activate").read_bytes()
    vf("move", scratch / "x/app2", app, rc=0)
    assert verify.run_script(app / "bin/pip", ("--version",))[:2] == (0, os.fsencode(app))


# ---- places that are words

MANUAL = """Put your sources into /code and mount it:

    docker run -v $PWD:/code -w /code image python /code/main.py
    COPY . /code/
    RUN cd /code && /code/manage.py migrate
    url: https://example.org/code/x, file:///code/readme.md, "/code", '/code', (/code)
"""


@pytest.fixture
def word(request):
    """An environment place directly below the root, where only root may make one."""
    if os.getuid() != 0:
        if place.CI:
            pytest.fail("this needs root, and CI=true")
        pytest.skip("only root may make a directory there")
    root = next((r for r in request.param if not os.path.lexists(r)), None)
    if not root:
        pytest.fail(f"{', '.join(request.param)} are all in use on this machine")
    yield place.Path(root)
    subprocess.run(["rm", "-rf", root], check=True)


@pytest.mark.parametrize("word", [("/code", "/project", "/workspace"), ("/app", "/data", "/source")], indirect=True, ids=["code", "app"])
def test_a_place_that_is_a_word(word, scratch):
    quick(word)
    verify.tiny_wheel(scratch, name="handbook", files={
        name: text.replace("/code", str(word)).encode() for name, text in {
            "handbook_data/manual.md": MANUAL, "handbook_data/example.py": "ROOT = '/code'\nOTHER = \"/code/settings.py\"\n",
            "handbook_data/blob.bin": "\0\1/code/main.c\0/code/x.c\0"}.items()})
    envs.install(word, "uv", "--find-links", scratch, "--find-links", place.WHEELHOUSE, "handbook", "flask", "black", "requests")
    note = word / "notes.txt"
    note.write_text(f"we mount {word} here\n")  # the user's, but no evidence: a mention
    mine = word / "start.sh"
    mine.write_text(f"#!/bin/sh\nexec {word}/bin/python -V\n")  # the user's, and it exists
    before = verify.snapshot(word)
    publishers = {n for n in verify.files_holding(word, word) if n.startswith(b"lib/") and not n.endswith((b".pyc", b"RECORD"))}
    assert len(publishers) >= 3, "nothing mentions the place: the test shows nothing"

    doc = report("check", word)
    loud = [f for f in find(doc, atleast="warning") if exact(f, "path") in publishers | {b"notes.txt"}]
    assert not loud, brief(loud)
    assert find(doc, path="start.sh", verdict="bound", atleast="warning"), brief(find(doc, path="start.sh"))
    assert report("check", "--at", word, word, rc=0)["answers"]["sound"]

    new = scratch / "moved"
    moved = report("move", word, new, rc=0)
    after = verify.snapshot(new)
    changed = {n for n in publishers | {b"notes.txt"} if after[n][:5] != before[n][:5]}
    assert not changed
    assert not (publishers | {b"notes.txt"}) & verify.edited(moved)
    assert mine.name == "start.sh" and f"exec {new}/bin/python" in (new / "start.sh").read_text()
    assert not verify.record_problems(new)
    assert verify.run_script(new / "bin/flask", ("--version",))[:2] == (0, os.fsencode(new))
    again = report("check", "--at", new, new, rc=0)
    assert not find(again, atleast="warning")
