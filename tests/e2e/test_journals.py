"""Journals that came from elsewhere: a tar, a bundle, a wheel, another user, a copy, a backup. None of them makes the program touch anything.

The journal is a real one: of a move to another file system that was killed when NEW was complete and OLD about to be removed. VICTIM is what
then stands at OLD.
"""
import base64
import ctypes
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile

import pytest

import envs
import other_writer
import place
from other_writer import World
from vf import report, vf

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs file systems and users of its own")


@pytest.fixture
def halfway(scratch, other_fs):
    """A World whose OLD is about to be removed."""
    world = World("copy", scratch, other_fs)
    world.aside = next(c for c in world.calls if os.path.basename(c.second).startswith(".venvfix-old-"))
    world.reset()
    other_writer.run(world.command, at=world.aside.n, do="kill")
    assert (world.new / ".venvfix/state").read_text() == "retire" and (world.old / ".venvfix/state").read_text() == "leaving"
    return world


def contents(root):
    return {n: e for n, e in other_writer.entries(root).items() if n.split("/")[0] != ".venvfix"}


def is_foreign(new, *, rc=(0, 2), env=None):
    """check says so, and no verb acts on it. (fix has nothing to edit, and is done; else it would be refused.)"""
    doc = report("check", new, env=env)
    found = [f for f in doc["findings"] if f["path"].startswith(".venvfix")]
    assert [f["name"] for f in found] == ["foreign-journal"] and "remove .venvfix" in found[0]["message"], found
    before = other_writer.entries(new)
    vf("fix", new, rc=rc, env=env)
    assert other_writer.entries(new / ".venvfix") == {n[9:]: e for n, e in before.items() if n.startswith(".venvfix/")}


def as_victim(world):
    before = contents(world.old)
    assert len(before) > 10
    return before


def test_a_copy_of_a_half_moved_environment(halfway):
    """cp -a, over the right name as well: the MAC is right, the files are not the ones that it speaks of."""
    victim = as_victim(halfway)
    copy = halfway.new.with_name("copy")
    subprocess.run(["cp", "-a", halfway.new, copy], check=True)
    is_foreign(copy)
    shutil.rmtree(halfway.new)
    os.rename(copy, halfway.new)
    is_foreign(halfway.new)
    assert contents(halfway.old) == victim


@pytest.mark.parametrize("how", ["tar -C {0} -cf {1}.tar . && rm -r {0} && mkdir {0} && tar -C {0} -xf {1}.tar", "cp -a {0} {1} && rm -r {0}/.venvfix && cp -a {1}/.venvfix {0}"])
def test_a_backup_is_restored(how, halfway):
    """Restored over the same name, whole or only the journal: the root's inode number may even be the same."""
    victim = as_victim(halfway)
    subprocess.run(how.format(halfway.new, halfway.far / "backup"), shell=True, check=True)
    is_foreign(halfway.new)
    assert contents(halfway.old) == victim


def test_another_secret(halfway, tmp_path):
    """Of another user, or of this one before the key was lost: nothing is done, and both stay."""
    victim = as_victim(halfway)
    for env in (place.clean_environ(HOME=str(tmp_path)), place.clean_environ(XDG_STATE_HOME=str(tmp_path / "state"))):
        is_foreign(halfway.new, env=env)
    r = vf(*halfway.command, rc=2, env=place.clean_environ(HOME=str(tmp_path)))
    assert b".venvfix" in r.err
    assert contents(halfway.old) == victim
    vf(*halfway.command, rc=0)  # the right one still finishes


def test_no_secret_at_all(scratch, other_fs):
    """Neither HOME nor XDG_STATE_HOME: a run works; what is left of a killed one removes nothing, and says so."""
    world = World("copy", scratch, other_fs)
    env = place.clean_environ()
    del env["HOME"]
    world.reset()
    vf(*world.command, rc=0, env=env)
    assert other_writer.entries(world.new) == world.final and not world.leftovers()
    aside = next(c for c in world.calls if os.path.basename(c.second).startswith(".venvfix-old-"))
    world.reset()
    log = place.AREA / "none.log"
    log.unlink(missing_ok=True)
    killed = dict(env, LD_PRELOAD=str(place.BUILD / "stop_at.so"), STOP_AT=str(aside.n), STOP_DO="kill", STOP_LOG=str(log))
    assert subprocess.run([place.PROGRAM, *world.command], env=killed, capture_output=True).returncode < 0
    assert world.new.is_dir(), log.read_text()
    victim = contents(world.old)
    r = vf("fix", world.new, rc=1)
    assert b"was kept" in r.err and contents(world.old) == victim and not (world.new / ".venvfix").exists()


@AS_ROOT
def test_another_users_journal(halfway):
    victim = as_victim(halfway)
    for path in [halfway.new / ".venvfix", *(halfway.new / ".venvfix").iterdir()]:
        os.chown(path, 4321, 4321)
    is_foreign(halfway.new)
    assert contents(halfway.old) == victim


def in_a_namespace(work):
    """Runs it in a child with mounts of its own."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            assert ctypes.CDLL(None, use_errno=True).unshare(0x00020000) == 0, "unshare"
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            work()
            code = 0
        except BaseException:  # the child must not return into pytest
            import traceback
            traceback.print_exc()
        os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


@AS_ROOT
@pytest.mark.parametrize("own", [True, False], ids=["own-secret", "other-secret"])
def test_unpacked_on_a_fresh_tmpfs(own, scratch, tmp_path):
    """Inode numbers repeat there. The archive names VICTIM by path and number, and everything in it is right but what no archive can bring."""
    old_fs, new_fs, tar = scratch / "m1", scratch / "m2", scratch / "app.tar"
    env = place.clean_environ() if own else place.clean_environ(HOME=str(tmp_path))

    def fresh():
        for d in (old_fs, new_fs):
            d.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "none", d], check=True)
        subprocess.run([envs.DEBIAN, "-m", "venv", "--without-pip", old_fs / "env"], check=True, env=place.clean_environ())

    def make():
        fresh()
        command = [place.PROGRAM, "move", "--jobs", "1", old_fs / "env", new_fs / "env"]
        log = scratch / "log"
        base = dict(env, LD_PRELOAD=str(place.BUILD / "stop_at.so"), STOP_LOG=str(log))
        vf("fix", old_fs / "env", env=env)  # makes the secret
        subprocess.run(["cp", "-a", old_fs / "env", scratch / "kept"], check=True)
        subprocess.run(command, env=base, check=True, capture_output=True)
        aside = next(line.split("\t")[0] for line in log.read_text().splitlines() if ".venvfix-old-" in line)
        for n in range(int(aside) + 2, int(aside) - 8, -1):  # fsyncs come in any order, and are not always as many
            for d in (old_fs, new_fs):
                shutil.rmtree(d / "env", ignore_errors=True)
                for p in d.glob(".venvfix*"):
                    shutil.rmtree(p)
            subprocess.run(["cp", "-a", scratch / "kept", old_fs / "env"], check=True)
            subprocess.run(command, env=dict(base, STOP_AT=str(n), STOP_DO="kill"), capture_output=True)
            if (old_fs / "env").exists() and (new_fs / "env/.venvfix/state").exists():
                break
        assert (new_fs / "env/.venvfix/state").read_text() == "retire"
        subprocess.run(["tar", "-C", new_fs, "-cf", tar, "env"], check=True)

    def unpack():
        fresh()
        subprocess.run(["tar", "-C", new_fs, "-xf", tar], check=True)
        (old_fs / "env/mine").write_text("precious\n")
        before = other_writer.entries(old_fs / "env")
        is_foreign(new_fs / "env")
        vf("move", old_fs / "env", new_fs / "env", rc=2)
        assert other_writer.entries(old_fs / "env") == before

    in_a_namespace(make)
    in_a_namespace(unpack)


# ---- brought by what venvfix itself unpacks

def pack(env, bundle):
    vf("pack", env, "-o", bundle, "--exclude", "one", rc=0)


def test_left_out_of_bundles_and_copies(halfway, scratch):
    bundle = scratch / "b.tar"
    pack(halfway.new, bundle)
    with tarfile.open(bundle) as t:
        assert not [n for n in t.getnames() if ".venvfix" in n]
    vf("recreate", halfway.new, scratch / "again", rc=0)
    assert not (scratch / "again/.venvfix").exists()


def rewritten(bundle, out, member, path):
    """The bundle with one more extra file, and all sums right."""
    with tarfile.open(bundle) as t:
        members = [(m, t.extractfile(m).read()) for m in t.getmembers()]
    files = {m.name: data for m, data in members}
    name = next(n for n in files if n.endswith("venvfix.json"))
    doc = json.loads(files[name])
    extra = dict(doc["extra"][0], member=member, path=path, into="root", executable=False)
    extra.pop("placed", None)
    doc["extra"].append(extra)
    data = b"journal\n"
    doc["files"].append(dict(doc["files"][0], path=member, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
    files[name] = json.dumps(doc, indent=1).encode() + b"\n"
    sums = next(n for n in files if n.endswith("SHA256SUMS"))
    order = [m.name for m, _ in members if m.name != sums] + [member]
    files[member] = data
    files[sums] = "".join(f"{hashlib.sha256(files[n]).hexdigest()}  {n}\n" for n in order).encode()
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as t:
        for n in [*order, sums]:
            info = tarfile.TarInfo(n)
            info.size, info.mtime, info.mode = len(files[n]), members[0][0].mtime, members[0][0].mode
            info.uname = info.gname = members[0][0].uname
            t.addfile(info, io.BytesIO(files[n]))


@pytest.mark.parametrize("path", [".venvfix/journal", ".VENVFIX/journal", ".venvfix-0123456789abcdef/lock"])
def test_an_extra_file_of_a_bundle(path, halfway, scratch):
    vf(*halfway.command, rc=0)
    bundle, forged = scratch / "b.tar", scratch / "forged.tar"
    pack(halfway.new, bundle)
    rewritten(bundle, scratch / "right.tar", "extra/root/harmless", "harmless")
    vf("recreate", scratch / "right.tar", scratch / "fine", "--offline", rc=0)  # the way of forging is right
    rewritten(bundle, forged, "extra/root/" + path, path)
    r = vf("recreate", forged, scratch / "third", "--offline", rc=2)
    assert b"journal" in r.err and not (scratch / "third").exists()


def digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def test_data_of_a_wheel(scratch):
    wheel = scratch / "evil-1.0-py3-none-any.whl"
    info = "evil-1.0.dist-info"
    files = {"evil.py": "", "evil-1.0.data/data/.venvfix/journal": "x\n", f"{info}/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{info}/RECORD"] = "".join(f"{n},sha256={digest(text)},{len(text)}\n" for n, text in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w") as z:
        for name, text in files.items():
            z.writestr(name, text)
    (scratch / "list").write_text("evil==1.0\n")
    r = vf("recreate", scratch / "list", scratch / "new", "--offline", "--find-links", scratch, "--python", envs.DEBIAN, rc=2)
    assert b".venvfix" in r.err and not (scratch / "new").exists(), r
