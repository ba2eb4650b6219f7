"""What becomes of environments: in each state the command that check prints is run as it is printed, and then everything works."""
import os
import subprocess

import pytest

import envs
from test_base import package
from vf import brief, report, vf


class Made:
    """An environment at top/project/.venv with an editable install of top/src/lib and a script."""

    def __init__(self, scratch):
        self.scratch, self.top = scratch, scratch / "top"
        self.env = self.top / "project/.venv"
        self.env.parent.mkdir(parents=True)
        envs.run(envs.DEBIAN, "-m", "venv", "--without-pip", self.env)
        package(self.env)
        self.lib = self.top / "src/lib"
        self.lib.mkdir(parents=True)
        (self.lib / "pyproject.toml").write_text('[project]\nname = "My.Lib"\nversion = "1.0"\n')
        (self.lib / "my_lib.py").write_text("x = 1\n")
        sp = envs.site_packages(self.env)
        (sp / "__editable__.my_lib.pth").write_text(f"{self.lib}\n")
        info = sp / "my_lib-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: My.Lib\nVersion: 1.0\n")
        (info / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file://%s"}' % self.lib)
        (info / "RECORD").write_text("".join(f"{n},,\n" for n in ("__editable__.my_lib.pth", "my_lib-1.0.dist-info/METADATA",
                                                                  "my_lib-1.0.dist-info/direct_url.json", "my_lib-1.0.dist-info/RECORD")))

    def rename(self, old, new):
        os.makedirs(os.path.dirname(new), exist_ok=True)
        os.rename(old, new)


def _moved(m):
    m.rename(m.env, m.top / "elsewhere/venv")
    m.env = m.top / "elsewhere/venv"


def _moved_twice(m):
    _moved(m)
    vf("fix", m.env, rc=0)
    m.rename(m.env, m.top / "again")
    m.env = m.top / "again"


def _moved_twice_unseen(m):
    _moved(m)
    m.rename(m.env, m.top / "again")
    m.env = m.top / "again"


def _copied(m):
    subprocess.run(["cp", "-a", m.env, m.top / "copy"], check=True)
    m.env = m.top / "copy"


def _half_repaired(m):
    old = m.env
    _moved(m)
    script = m.env / "bin/tiny"
    script.write_bytes(script.read_bytes().replace(os.fsencode(old), os.fsencode(m.env)))


def _unpacked(m):
    subprocess.run(["tar", "-C", m.env.parent, "-cf", m.scratch / "e.tar", m.env.name], check=True)
    (m.scratch / "far").mkdir()
    subprocess.run(["tar", "-C", m.scratch / "far", "-xf", m.scratch / "e.tar"], check=True)
    subprocess.run(["rm", "-rf", m.env], check=True)
    m.env = m.scratch / "far" / m.env.name


def _restored(m):
    subprocess.run(["cp", "-a", m.env, m.scratch / "backup"], check=True)
    vf("move", m.env, m.top / "new", rc=0)
    m.rename(m.top / "new", m.scratch / "away")
    subprocess.run(["cp", "-a", m.scratch / "backup", m.top / "new"], check=True)
    m.env = m.top / "new"


def _all_renamed(m):
    """The home directory of everything."""
    m.rename(m.top, m.scratch / "renamed")
    m.top = m.scratch / "renamed"
    m.env = m.top / "project/.venv"


def _library_renamed(m):
    m.rename(m.lib, m.lib.parent / "lib-of-mine")


def _library_beside(m):
    m.rename(m.lib, m.env.parent / "lib")


def _library_and_environment(m):
    _library_renamed(m)
    _moved(m)


STATES = {
    "moved": _moved, "moved twice, repaired between": _moved_twice, "moved twice": _moved_twice_unseen, "copied": _copied,
    "half repaired": _half_repaired, "unpacked elsewhere": _unpacked, "restored from a backup": _restored, "all renamed": _all_renamed,
    "project renamed": _library_renamed, "project beside": _library_beside, "project renamed and moved": _library_and_environment,
}


def works(m):
    assert envs.run(m.env / "bin/tiny") == b"tiny\n"
    assert envs.run(m.env / "bin/python", "-c", "import my_lib, sys; print(sys.prefix)").decode().strip() == str(m.env)


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_the_printed_command_ends_the_state(state, scratch):
    m = Made(scratch)
    works(m)
    state(m)
    before = report("check", "--here", m.env, rc=1)
    assert len(before["next"]) == 1, before.get("next")
    argv = before["next"][0]["argv"]
    shown = vf("check", "--here", m.env, rc=1).out.decode()
    assert " ".join(argv[:3]) in shown, shown
    vf(*argv[1:], rc=0)
    after = report("check", "--here", "--fail-on", "error", m.env)
    assert after["exit"] == 0, brief(after["findings"])
    works(m)
    assert argv[-1] == str(m.env) or argv[3] == "--map"


def test_two_projects_of_the_name_are_not_guessed(scratch):
    m = Made(scratch)
    subprocess.run(["cp", "-a", m.lib, m.env.parent / "lib1"], check=True)
    m.rename(m.lib, m.env.parent / "lib2")
    doc = report("check", "--here", m.env, rc=1)
    assert "--map" not in str(doc.get("next"))
    # nor is a directory of the name that is another project's
    subprocess.run(["rm", "-rf", m.env.parent / "lib1", m.env.parent / "lib2"], check=True)
    (m.env.parent / "lib").mkdir()
    (m.env.parent / "lib/pyproject.toml").write_text('[project]\nname = "other"\n')
    assert "--map" not in str(report("check", "--here", m.env, rc=1).get("next"))
