"""Exit codes and messages are true: what could not be read, what is no list, what a copy could not keep, what is left behind."""
import base64
import hashlib
import http.server
import json
import os
import resource
import subprocess
import tarfile
import threading
import time
import zipfile

import pytest

import envs
import place
import verify
from envs import site_packages
from test_check import NOBODY, as_nobody  # noqa: F401
from vf import brief, error, find, report, vf


def open_directory(scratch):
    """A directory in which another user may write, too."""
    directory = scratch / "w"
    directory.mkdir()
    directory.chmod(0o777)
    return directory


# ---- a file that cannot be read is not a file that is not there

def unreadable_site(env):
    return env.sp


def unreadable_metadata(env):
    return next(env.sp.glob("six-*.dist-info")) / "METADATA"


def unreadable_record(env):
    return next(env.sp.glob("six-*.dist-info")) / "RECORD"


def unreadable_url(env):
    path = next(env.sp.glob("six-*.dist-info")) / "direct_url.json"
    path.write_text('{"url": "https://h/six.zip", "archive_info": {}}')
    return path


def unreadable_pth(env):
    path = env.sp / "more.pth"
    path.write_text("./more\n")
    return path


@pytest.mark.parametrize("what", [unreadable_site, unreadable_metadata, unreadable_record, unreadable_url, unreadable_pth])
def test_what_cannot_be_read_is_not_absent(what, env, scratch, as_nobody):
    hidden, work = what(env), open_directory(scratch)
    new, bundle = work / "n", work / "b.tar"
    commands = [["pack", env.path, "-o", bundle], ["recreate", "--offline", "--python", "/usr/bin/python3", env.path, new]]
    if what is not unreadable_record:  # freeze asks no RECORD
        commands.append(["freeze", env.path])
    hidden.chmod(0)
    try:
        for command in commands:
            doc = error(*command, code="unreadable", **as_nobody)
            assert doc["path"] == str(hidden), (command, doc)
        if what is not unreadable_record:
            r = vf("freeze", "--format", "pylock", env.path, rc=2, **as_nobody)
            assert os.fsencode(hidden) in r.err and not r.out, r
        assert not new.exists() and not bundle.exists()
    finally:
        hidden.chmod(0o755)

@pytest.mark.parametrize("verb", ["fix", "move", "recreate"])
def test_a_base_that_cannot_be_reached_is_not_missing(verb, env, scratch, as_nobody):
    shut, work = scratch / "shut", open_directory(scratch)
    base = shut / "bin" / "python3"
    base.parent.mkdir(parents=True)
    base.symlink_to(os.path.realpath(env.bin / "python"))
    for link in env.bin.glob("python*"):
        if link.is_symlink() and os.path.isabs(os.readlink(link)):
            link.unlink()
            link.symlink_to(base)
    shut.chmod(0o700)
    before = verify.snapshot(env.path)
    command = [verb, *([] if verb == "recreate" else ["-n"]), env.path, *([] if verb == "fix" else [work / "n"])]
    doc = error(*command, code="unreadable", **as_nobody)
    assert doc["path"] == str(base) and "missing" not in doc["message"], doc
    assert not (work / "n").exists() and verify.snapshot(env.path) == before
    doc = report("check", "--at", env.path, env.path, rc=1, **as_nobody)
    assert find(doc, rule="VF128", level="error"), brief(doc["findings"])
    assert not find(doc, rule="VF102") and not find(doc, rule="VF101"), brief(doc["findings"])
    assert doc["environment"]["base_exists"] is None and doc["examined"]["unexamined"] == 1


# ---- names that say what is inside

@pytest.mark.parametrize("name", ["a.tar.zst", "a.tar", "a.tgz", "a.tar.xz", "a.tar.bz2", "a.zip", "a-1.0-py3-none-any.whl"])
@pytest.mark.parametrize("contents", [b"", b"P", b"six==1.16.0\n", b"<html>not found</html>"])
def test_a_name_of_an_archive_must_be_one(name, contents, scratch):
    file = scratch / name
    file.write_bytes(contents)
    for command in (["recreate", "--offline", file, scratch / "n"], ["check", file], ["pack", "--python", "3.11", file, "-o", scratch / "o.tar"]):
        error(*command, code="bad-archive")
    assert sorted(os.listdir(scratch)) == [name]


@pytest.mark.parametrize("name", ["b.tar.zst", "b.tar", "b.tar.gz", "b.tar.xz", "b.zip"])
def test_a_bundle_cut_to_any_length(name, scratch):
    (scratch / "w").mkdir()
    verify.tiny_wheel(scratch / "w", "one")
    (scratch / "r.txt").write_text("one\n")
    file = scratch / name
    vf("pack", "--python", "3.11", "--find-links", scratch / "w", scratch / "r.txt", "-o", file, rc=0)
    whole = file.read_bytes()
    report("check", file)
    lengths = set(range(12)) | set(range(12, len(whole), max(1, len(whole) // 40))) | {len(whole) - 1, len(whole) // 2}
    for n in sorted(lengths):
        file.write_bytes(whole[:n])
        doc = report("check", file, rc=2)
        assert doc["error"]["code"] == "bad-archive", (n, len(whole), doc)
    for n in (0, 3, 300, len(whole) - 1):
        file.write_bytes(whole[:n])
        error("recreate", file, scratch / "n", code="bad-archive")
        assert sorted(os.listdir(scratch)) == sorted(["w", "r.txt", name])


def test_an_empty_list_is_said_to_be_empty(scratch):
    for name, text in (("r.txt", ""), ("c.txt", "# nothing\n--pre\n")):
        (scratch / name).write_text(text)
        r = vf("recreate", "-n", "--offline", scratch / name, scratch / "n", rc=0)
        assert b"list is empty" in r.err, r
    r = vf("recreate", "--offline", scratch / "r.txt", scratch / "n", rc=0)
    assert b"list is empty" in r.err and (scratch / "n/bin/python").exists()
    (scratch / "pylock.toml").write_text("")
    doc = error("recreate", "--offline", scratch / "pylock.toml", scratch / "m", code="bad-list")
    assert doc["path"] == str(scratch / "pylock.toml")


@pytest.mark.parametrize("name, command", [
    ("uv.lock", "uv export"), ("poetry.lock", "poetry export"), ("pdm.lock", "pdm export"), ("Pipfile.lock", "pipenv requirements"),
    ("Pipfile", "pipenv requirements"), ("pyproject.toml", "uv pip compile"), ("setup.py", "uv pip compile"), ("environment.yml", "pip list --format freeze")])
def test_the_file_of_another_tool_gets_the_export_command(name, command, scratch):
    file = scratch / name
    file.write_text('version = 1\n[[package]]\nname = "six"\n')
    for line in (["recreate", file, scratch / "n"], ["check", file], ["pack", "--python", "3.11", file, "-o", scratch / "o"]):
        doc = error(*line, code="bad-list")
        assert command in doc["message"] and doc["path"] == str(file), doc
    assert os.listdir(scratch) == [name]


# ---- lists

def test_a_path_of_another_machine(scratch):
    for text, names in (("six @ file:///croot/six_1/work\n", ("six==VERSION", "pip list --format freeze")), ("attrs\n./gone-1.0-py3-none-any.whl\n", ("gone==VERSION",)),
                        ("six @ file:///home/somebody/six\n", ("six==VERSION",))):
        (scratch / "r.txt").write_text(text)
        for more in ([], ["-n"], ["--build"]):
            doc = error("recreate", "--offline", *more, scratch / "r.txt", scratch / "n", code="bad-list")
            assert all(n in doc["message"] for n in names) and f"line {len(text.splitlines())}" in doc["message"], doc
            assert doc["path"] == str(scratch / "r.txt")


def test_one_hash_demands_one_of_each(scratch):
    wheels = scratch / "w"
    wheels.mkdir()
    one, two = verify.tiny_wheel(wheels, "one"), verify.tiny_wheel(wheels, "two")
    digest = lambda w: hashlib.sha256(w.read_bytes()).hexdigest()
    file = scratch / "r.txt"
    file.write_text(f"one==1.0 --hash=sha256:{digest(one)}\n# comment\ntwo==1.0\n")
    for command in (["recreate", "--offline", "--find-links", wheels, file, scratch / "n"], ["recreate", "-n", "--offline", "--find-links", wheels, file, scratch / "n"],
                    ["pack", "--python", "3.11", "--find-links", wheels, file, "-o", scratch / "o.tar"]):
        doc = error(*command, code="bad-list")
        assert doc["path"] == str(file) and "line 3" in doc["message"] and "two" in doc["message"], doc
    file.write_text(f"one==1.0 --hash=sha256:{digest(one)}\ntwo==1.0 --hash=sha256:{digest(two)}\n")
    vf("recreate", "--offline", "--find-links", wheels, file, scratch / "n", rc=0)


@pytest.mark.parametrize("right", [True, False])
def test_the_size_in_a_lock_is_checked(right, scratch):
    wheel = verify.tiny_wheel(scratch, "one")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    file = scratch / "pylock.toml"
    size = wheel.stat().st_size + (0 if right else 1)
    file.write_text(f'lock-version = "1.0"\ncreated-by = "t"\n[[packages]]\nname = "one"\nversion = "1.0"\n[[packages.wheels]]\npath = "{wheel.name}"\nsize = {size}\n'
                    f'hashes = {{sha256 = "{digest}"}}\n')
    recreate = ["recreate", "--offline", file, scratch / "n"]
    pack = ["pack", "--python", "3.11", "--find-links", scratch, file, "-o", scratch / "o.tar"]
    for command in (recreate, pack):
        if right:
            vf(*command, rc=0)
        else:
            doc = error(*command, code="bad-list")
            assert doc["path"] == str(file) and "line 3" in doc["message"] and "one" in doc["message"] and str(size) in doc["message"], doc


def test_errors_of_a_lock_name_file_line_and_project(scratch):
    file = scratch / "pylock.toml"
    head = 'lock-version = "1.0"\ncreated-by = "t"\n[[packages]]\nname = "six"\nversion = "1.16.0"\n[[packages.wheels]]\n'
    for wheel, line in (('path = "six-1.16.0-py3-none-any.whl"\n', "line 6"), ('path = "two-1.16.0-py3-none-any.whl"\nhashes = {sha256 = "aa"}\n', "line 3"),
                        ('path = "six-1.16.0-cp27-none-win32.whl"\nhashes = {sha256 = "aa"}\n', "")):
        file.write_text(head + wheel)
        doc = error("recreate", "--offline", file, scratch / "n", code=("bad-list", "incompatible"))
        assert doc["path"] == str(file) and "six" in doc["message"] and line in doc["message"], doc


@pytest.mark.parametrize("text, more", [("one\n", []), ("one\nmissing==3\n", []), ("one @ {w}/src\n", []), ("one @ {w}/src\n", ["--build"]), ("missing\n", ["--build"]),
                                        ("one @ https://h.invalid/one-1.0-py3-none-any.whl\n", [])])
def test_a_dry_run_says_what_the_real_run_will(text, more, scratch):
    wheels = scratch / "w"
    (wheels / "src").mkdir(parents=True)
    (wheels / "src/setup.py").write_text("from setuptools import setup; setup(name='one', version='1.0', py_modules=[])")
    verify.tiny_wheel(wheels, "one")
    file = scratch / "r.txt"
    file.write_text(text.format(w=wheels))
    command = ["recreate", "--offline", "--find-links", wheels, *more, file, scratch / "n"]
    before = sorted(os.listdir(scratch))
    dry = report(command[0], "-n", *command[1:])
    assert sorted(os.listdir(scratch)) == before
    real = report(*command)
    if "setup" not in str(real.get("error")) and real.get("error", {}).get("code") != "tool-failed":  # the build itself is not rehearsed
        assert dry["exit"] == real["exit"] and dry.get("error") == real.get("error"), (dry, real)


# ---- what was so before the move

def test_a_file_edited_by_hand_is_copied_with_a_warning(env, scratch):
    six = env.sp / "six.py"
    text = six.read_text() + "\n# edited\n"
    six.unlink()
    six.write_text(text)
    for verb, new in (("recreate", scratch / "copy"), ("move", scratch / "moved")):
        doc = report(verb, env.path, new, rc=0)
        changed = [f for f in doc["warnings"] if f["path"].endswith("six.py")]
        assert changed and {f["level"] for f in changed} == {"warning"} and {f["verdict"] for f in changed} == {"tampered"}, doc["warnings"]
        assert site_packages(new).joinpath("six.py").read_text() == text


def test_a_kernelspec_written_over_that_of_the_wheel(env, scratch):
    """As `python -m ipykernel install --sys-prefix --name python3` does."""
    files = {"ipykernel-6.0.data/data/share/jupyter/kernels/python3/kernel.json": b'{"argv": ["python", "-m", "ipykernel_launcher"], "display_name": "Python 3"}'}
    wheel = verify.tiny_wheel(scratch, "ipykernel", "6.0", files=files)
    subprocess.run([env.python, "-m", "pip", "install", "-q", "--no-index", wheel], check=True)
    spec = env.path / "share/jupyter/kernels/python3/kernel.json"
    spec.write_text(f'{{"argv": ["{env.path}/bin/python", "-m", "ipykernel_launcher"], "display_name": "Python 3 (mine)", "language": "python"}}')
    for more in ([], ["--hashes"]):
        doc = report("check", *more, "--at", env.path, env.path, rc=0)
        found = find(doc, path="share/jupyter/kernels/python3/kernel.json")
        assert [f["level"] for f in found] == ["info"] and not find(doc, verdict="tampered"), brief(found)
    written = spec.read_text()
    vf("pack", env.path, "-o", scratch / "b.tar", rc=0)
    vf("recreate", scratch / "b.tar", scratch / "again", "--python", env.python, rc=0)
    again = scratch / "again/share/jupyter/kernels/python3/kernel.json"
    assert again.read_text() == written.replace(f"{env.path}/bin/python", "python")
    vf("check", "--hashes", "--here", scratch / "again", rc=0)
    spec.write_text(written.replace('"language"', f'"env": {{"HERE": "{env.path}/data"}}, "language"'))  # near miss: more than its command
    assert b"names" in vf("pack", env.path, "-o", scratch / "c.tar", rc=2).err
    spec.write_text(written.replace(f"{env.path}/bin/python", f"{env.path}/bin/run"))  # and another command
    assert b"names" in vf("pack", env.path, "-o", scratch / "c.tar", rc=2).err
    spec.write_text(written)
    doc = report("move", env.path, scratch / "n", rc=0)
    vf("pack", scratch / "n", "-o", scratch / "moved.tar", rc=0)
    assert str(scratch / "n/bin/python") in (scratch / "n/share/jupyter/kernels/python3/kernel.json").read_text()
    assert not find(report("check", "--hashes", "--at", scratch / "n", scratch / "n", rc=0), verdict="tampered")


def test_pip_install_target_into_site_packages(env, scratch):
    data = {"tgt-1.0.data/scripts/tgt-more": b"#!python\nprint('more')\n"}
    wheel = verify.tiny_wheel(scratch, "tgt", "1.0", scripts=("tgt",), files=data)
    subprocess.run([env.python, "-m", "pip", "install", "-q", "--no-index", "--target", env.sp, wheel], check=True)
    beside = env.sp / "bin/tgt"
    assert beside.exists() and "../../bin/tgt," in next(env.sp.glob("tgt-*.dist-info")).joinpath("RECORD").read_text()
    name = os.path.relpath(beside, env.path)
    doc = report("check", "--at", env.path, env.path, rc=0)
    assert not find(doc, atleast="warning"), brief(doc["findings"])
    assert [f["level"] for f in find(doc, rule="VF505") if f["distribution"] == "tgt"] == ["info"]
    assert find(report("check", "--at", scratch / "n", env.path, rc=1), path=name, verdict="broken"), "the script beside is judged"
    bundle = scratch / "b.tar"
    vf("pack", env.path, "-o", bundle, rc=0)
    vf("recreate", "--offline", bundle, scratch / "r", rc=0)
    for script in ("tgt", "tgt-more"):
        assert subprocess.run([scratch / "r/bin" / script], capture_output=True, check=True).stdout
    report("move", env.path, scratch / "n", rc=0)
    assert subprocess.run([site_packages(scratch / "n") / "bin/tgt"], capture_output=True, check=True, env={**os.environ, "PYTHONPATH": ""}).stdout.strip() == os.fsencode(scratch / "n")
    report("check", "--hashes", "--at", scratch / "n", scratch / "n", rc=0)


# ---- what a foreign file, a limit or a reader that goes away must not do

@pytest.mark.parametrize("member", ["data/lib/python{v}/site-packages/evil-1.0.dist-info/direct_url.json", "purelib/evil-1.0.dist-info/direct_url.json",
                                    "platlib/six-1.0.DIST-INFO/entry_points.txt", "data/lib/python{v}/site-packages/old.egg-info/PKG-INFO"])
def test_data_of_a_wheel_cannot_write_metadata(member, scratch):
    v = subprocess.run(["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True).stdout.strip()
    verify.tiny_wheel(scratch, "evil", files={"evil-1.0.data/" + member.format(v=v): b'{"url": "https://h/x", "dir_info": {}}'})
    (scratch / "r.txt").write_text("evil\n")
    doc = error("recreate", "--offline", "--find-links", scratch, "--python", "/usr/bin/python3", scratch / "r.txt", scratch / "n", code="bad-archive")
    assert "metadata directory" in doc["message"] and not (scratch / "n").exists()


def test_a_limit_on_the_size_of_files_is_an_error(env, scratch):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    for command in (["pack", env.path, "-o", scratch / "b.tar"], ["recreate", env.path, scratch / "n"]):
        doc = report(*command, rc=2, preexec_fn=limit)
        assert doc["error"]["code"] == "io" and "large" in doc["error"]["message"], doc
        assert os.listdir(scratch) == [], os.listdir(scratch)


def test_a_reader_that_goes_away_is_an_error(env):
    for command in (["check", env.path], ["freeze", "--all", env.path], ["--help"]):
        r, w = os.pipe()
        os.close(r)
        p = subprocess.run([place.PROGRAM, *command], stdout=w, stderr=subprocess.PIPE, env=place.clean_environ())
        os.close(w)
        assert p.returncode == 2 and b"cannot write" in p.stderr, (command, p)


class Index(http.server.BaseHTTPRequestHandler):
    seen, wheel = [], None

    def do_GET(self):
        self.seen.append((self.path, self.headers.get("Authorization")))
        if not self.headers.get("Authorization"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()
            return
        body = self.wheel.read_bytes() if self.path.endswith(".whl") else f'<a href="/one/{self.wheel.name}">{self.wheel.name}</a>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *more):
        pass


@pytest.mark.ordinary
@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url", "in the list"])
def test_passwords_of_an_index_are_in_no_arguments(option, scratch):
    Index.seen, Index.wheel = [], verify.tiny_wheel(scratch, "one")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://me:s3cret@127.0.0.1:{server.server_port}/"
        (scratch / "r.txt").write_text("one\n" + (f"--index-url {url}\n" if option == "in the list" else ""))
        more = [] if option == "in the list" else [option, url]
        if option == "--extra-index-url":
            more += ["--index-url", f"http://me:s3cret@127.0.0.1:{server.server_port}/"]
        log = scratch / "log"
        environ = {k: v for k, v in place.clean_environ(PIP_CONFIG_FILE="/dev/null").items() if k not in ("PIP_NO_INDEX", "PIP_FIND_LINKS")}
        p = subprocess.run(["strace", "-f", "-qq", "-s", "9999", "-e", "trace=execve", "-o", log, place.PROGRAM, "recreate", "--python", envs.newest(), *more,
                            scratch / "r.txt", scratch / "n"], capture_output=True, env=environ, timeout=120)
    finally:
        server.shutdown()
    assert p.returncode == 0, p
    lines = log.read_text().splitlines()
    started = [line for line in lines if "execve(" in line]
    given = [s for s in started if "s3cret" in s]
    assert len(given) == (option != "in the list") and all(place.PROGRAM.name in s.split("[")[0] for s in given), given
    assert any(auth for _, auth in Index.seen)
    assert b"s3cret" not in p.stdout + p.stderr


# ---- bundles

def test_a_bundle_is_checked_for_the_platform_it_was_packed_on(scratch):
    wheels = scratch / "w"
    wheels.mkdir()
    for name in ("one", "win"):
        verify.tiny_wheel(wheels, name)
    other = wheels / "win-1.0-py3-none-win_amd64.whl"
    with zipfile.ZipFile(wheels / "win-1.0-py3-none-any.whl") as old, zipfile.ZipFile(other, "w") as new:
        tags = old.read("win-1.0.dist-info/WHEEL"), old.read("win-1.0.dist-info/WHEEL").replace(b"py3-none-any", b"py3-none-win_amd64")
        row = lambda data: b"sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=") + b",%d" % len(data)
        for n in old.namelist():
            data = tags[1] if n.endswith("/WHEEL") else old.read(n)
            new.writestr(n, data.replace(row(tags[0]), row(tags[1])) if n.endswith("/RECORD") else data)
    (wheels / "win-1.0-py3-none-any.whl").unlink()
    for name, platform, extra in (("here.tar", None, []), ("win.tar", "win_amd64", ["win"])):
        (scratch / "r.txt").write_text("".join(f"{n}\n" for n in ["one", *extra]))
        vf("pack", "--python", "3.11", *(["--platform", platform] if platform else []), "--find-links", wheels, scratch / "r.txt", "-o", scratch / name, rc=0)
        with tarfile.open(scratch / name) as t:
            said = json.load(t.extractfile("venvfix.json"))["interpreter"]["platform"]
        assert said == (platform or "linux_" + os.uname().machine)
        report("check", scratch / name, rc=0)
    # the same wheels beside each other, packed on this host: the one of Windows is broken
    env = scratch / "e"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", env], check=True)
    site = site_packages(env)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as z:
            z.extractall(site)
    vf("pack", env, "-o", scratch / "mixed.tar", rc=0)
    doc = report("check", scratch / "mixed.tar", rc=1)
    assert [f for f in find(doc, verdict="broken") if "win" in (f["distribution"] or f["path"])], brief(doc["findings"])


@pytest.mark.ordinary
def test_a_killed_pack_leaves_nothing_for_long(env, scratch):
    """The next one removes it; the file of one that is at work is left alone."""
    log = scratch.parent / "pack.log"
    inject = ["strace", "-f", "-qq", "-o", log, "-e", "trace=fsync", "-e"]
    command = [place.PROGRAM, "pack", env.path, "-o", scratch / "b.tar"]
    subprocess.run([*inject, "inject=fsync:signal=SIGKILL", *command], capture_output=True, env=place.clean_environ())
    left, = os.listdir(scratch)
    assert left.startswith(".venvfix-new-")
    slow = subprocess.Popen([*inject, "inject=fsync:delay_enter=4000000", *command[:-1], scratch / "slow.tar"], env=place.clean_environ())
    for _ in range(100):
        names = set(os.listdir(scratch))
        if names and left not in names:
            break
        time.sleep(0.05)
    assert len(names) == 1 and left not in names, names
    vf(*command[1:], rc=0)
    assert slow.wait(timeout=60) == 0
    assert sorted(os.listdir(scratch)) == ["b.tar", "slow.tar"]


# ---- what a copy keeps

def test_what_a_copy_cannot_keep_is_said(env, scratch, as_nobody):
    """Extended attributes and capabilities are copied where the caller may set them; else they are named."""
    python = env.bin / "tool"
    python.write_bytes(b"\x7fELF" + bytes(100))
    python.chmod(0o755)
    capability = bytes.fromhex("0100000200040000000000000000000000000000")  # cap_net_bind_service=ep
    try:
        os.setxattr(python, "security.capability", capability)
    except OSError:
        assert os.geteuid() != 0 or not place.CI, "root cannot set capabilities here"
        return
    for more, new in (({}, scratch / "root"), (as_nobody, open_directory(scratch) / "nobody")):
        doc = report("recreate", env.path, new, rc=0, **more)
        if more:
            assert doc["not_kept"] == [{"path": "bin/tool", "what": "capability"}], doc.get("not_kept")
            text = vf("recreate", env.path, scratch / "w/text", rc=0, **more)
            assert b"not kept" in text.out and b"bin/tool" in text.out, text
        else:
            assert "not_kept" not in doc and os.getxattr(new / "bin/tool", "security.capability") == capability
