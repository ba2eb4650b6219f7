"""Is the environment what it should be: --frozen, --project, --forbid, and code that no package installed."""
import json
import os
import subprocess

from envs import run
from place import PROGRAM, clean_environ
from vf import find, report, vf


def frozen(env):
    return vf("freeze", env.path, rc=0).out.decode()


def compare(env, text, scratch, name="list.txt", **kw):
    (scratch / name).write_text(text)
    doc = report("check", "--here", "--frozen", scratch / name, env.path, **kw)
    return {f["rule"]: f for f in doc["findings"] if f["rule"].startswith("VF57")}


def site(env):
    return next(env.path.glob("lib/python3*/site-packages"))


def test_its_own_list_fits(env, scratch):
    assert not compare(env, frozen(env), scratch, rc=0)
    p = subprocess.run([PROGRAM, "check", "--here", "--format", "json", "--frozen", "-", env.path], input=frozen(env).encode(), stdout=subprocess.PIPE, env=clean_environ())
    assert p.returncode == 0 and not [f for f in json.loads(p.stdout)["findings"] if f["rule"].startswith("VF57")]


def test_missing_extra_other_version(env, scratch):
    got = compare(env, "six==0.1\nflask==3.0\nnumpy ; python_version < '3'\n", scratch, rc=1)
    assert set(got) == {"VF571", "VF573"}
    assert got["VF571"]["distribution"] == "flask" and got["VF571"]["expected"] == "flask==3.0" and got["VF571"]["verdict"] == "forbidden"
    assert got["VF573"]["distribution"] == "six" and got["VF573"]["level"] == "error" and "list.txt:1" in got["VF573"]["message"]
    got = compare(env, "# nothing\n", scratch, rc=1)
    assert set(got) == {"VF572"} and got["VF572"]["distribution"] == "six"  # pip is a seed
    assert set(compare(env, frozen(env) + "pip==1.0\n", scratch, rc=1)) == {"VF573"}
    text = vf("check", "--here", "--frozen", scratch / "list.txt", env.path, rc=1).out.decode()
    assert "1 error" in text.splitlines()[0] and "pip" in text


def test_another_source(env, scratch):
    line = frozen(env).split("\n")[0]
    assert set(compare(env, f"six @ https://example.org/six-1-py3-none-any.whl\n", scratch, rc=1)) == {"VF574"}
    info = next(site(env).glob("six-*.dist-info")) / "direct_url.json"
    wheel = {"url": "https://user:pw@example.org/six-1.17.0-py2.py3-none-any.whl", "archive_info": {"hashes": {"sha256": "a" * 64}}}
    info.write_text(json.dumps(wheel))
    assert set(compare(env, line + "\n", scratch, rc=1)) == {"VF574"}
    assert not compare(env, f"{line} --hash=sha256:{'a' * 64}\n", scratch, rc=(0, 1))
    assert set(compare(env, f"{line} --hash=sha256:{'b' * 64}\n", scratch, rc=1)) == {"VF574"}
    assert not compare(env, "six @ https://example.org/six-1.17.0-py2.py3-none-any.whl\n", scratch, rc=(0, 1))
    commit = "0123456789" * 4
    info.write_text(json.dumps({"url": "https://example.org/six.git", "vcs_info": {"vcs": "git", "commit_id": commit}}))
    assert not compare(env, f"six @ git+https://example.org/six.git@{commit}\n", scratch, rc=(0, 1))
    other = compare(env, f"six @ git+https://example.org/six.git@{'f' * 40}\n", scratch, rc=1)
    assert "commit" in other["VF574"]["message"]


def test_lock_file(env, scratch):
    version = frozen(env).strip().split("==")[1]
    lock = f"""lock-version = "1.0"
created-by = "test"
[[packages]]
name = "six"
version = "{version}"
[[packages.wheels]]
name = "six-{version}-py2.py3-none-any.whl"
url = "https://example.org/six-{version}-py2.py3-none-any.whl"
hashes = {{sha256 = "{'a' * 64}"}}
[[packages]]
name = "flask"
version = "3.0"
marker = "sys_platform == 'win32'"
[[packages.wheels]]
name = "flask-3.0-py3-none-any.whl"
url = "https://example.org/flask-3.0-py3-none-any.whl"
hashes = {{sha256 = "{'a' * 64}"}}
"""
    assert not compare(env, lock, scratch, "pylock.toml", rc=0)
    assert set(compare(env, lock.replace("win32", "linux"), scratch, "pylock.toml", rc=1)) == {"VF571"}


def test_a_list_that_cannot_be_read(env, scratch):
    assert b"nothing.txt" in vf("check", "--frozen", scratch / "nothing.txt", env.path, rc=2).err
    (scratch / "uv.lock").write_text("version = 1\n")
    assert b"uv export" in vf("check", "--frozen", scratch / "uv.lock", env.path, rc=2).err


def test_project(env, scratch):
    for name in ("mine", "other"):
        (scratch / name / "src").mkdir(parents=True)
    (scratch / "mine" / "link").symlink_to("../other")
    pth = site(env) / "side.pth"
    for target, hit in ((scratch / "mine/src", False), (scratch / "other/src", True), (scratch / "mine/link/src", True), (env.path / "lib", False)):
        pth.write_text(f"{target}\n")
        doc = report("check", "--here", "--project", scratch / "mine", env.path, rc=(0, 1))
        got = find(doc, "forbidden", rule="VF431")
        assert bool(got) == hit, target
        if hit:
            assert got[0]["value"] == str(target) and got[0]["level"] == "error" and doc["exit"] == 1
    assert not find(report("check", "--here", env.path, rc=(0, 1)), rule="VF431")


def test_forbidden_strings(env):
    needle = "/opt/forge/build-7"
    base = site(env)
    (base / "text.txt").write_text(f"{needle}/a {needle}/b x{needle}y")
    (base / "program.bin").write_bytes(b"\0" * 131000 + b"a" * 64 + needle.encode() + b"\0" * 200000 + needle.encode())
    run(env.path / "bin/python", "-c", f"import sys; sys.argv = [1]; import py_compile; open('{base}/m.py', 'w').write('p = \"{needle}\"'); py_compile.compile('{base}/m.py')")
    os.symlink(needle + "/gone", base / "link")
    (base / "d-build-7").mkdir()
    (base / "d-build-7" / "clean.txt").write_text("nothing")
    doc = report("check", "--here", "--forbid", needle, "--forbid", "d-build-7", env.path, rc=1)
    got = {f["path"].rsplit("/", 1)[1]: f for f in find(doc, "forbidden", rule="VF731")}
    assert {k: f["count"] for k, f in got.items() if ".pyc" not in k} == {"text.txt": 3, "program.bin": 2, "m.py": 1, "link": 1, "d-build-7": 1}
    assert [f["count"] for k, f in got.items() if ".pyc" in k] == [1]
    assert got["program.bin"]["offset"] == 131064 and got["text.txt"]["value"] == needle
    assert not find(report("check", "--here", "--forbid", needle + "x", env.path, rc=(0, 1)), rule="VF731")
    assert vf("check", "--forbid", "", env.path, rc=2).err


def test_startup_code(env):
    (site(env) / "evil.py").write_text("print(1)\n")
    (site(env) / "zz.pth").write_text("import evil\n")
    plain = report("check", "--here", env.path, rc=1)
    assert [f["path"].rsplit("/", 1)[1] for f in find(plain, "tampered", level="warning")] == ["zz.pth"]
    full = report("check", "--here", "--hashes", env.path, rc=1)
    assert sorted(f["path"].rsplit("/", 1)[1] for f in find(full, "tampered", level="warning")) == ["evil.py", "zz.pth"]
    assert full["answers"]["sound"]
