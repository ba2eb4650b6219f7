"""freeze prints what the newest real pip prints, without Python. (Every environment of the matrix is compared, too: test_matrix.py.)"""
import json
import os
import re
import shutil
import subprocess
import zipfile

import pytest

import envs
import used
import verify
from envs import Recipe
from place import clean_environ
from vf import vf

SMALL = Recipe("debian", "pip", "six")
# one Python before 3.12, which hides setuptools and wheel, and one after, where there is one; older ones have no newest pip
MAKERS = ["debian"] + [f"py{v}" for v in list(envs.interpreters())[-1:] if int(v[2:]) >= 12]


def freeze(env, *more):
    return vf("freeze", env, *more, rc=0).out.decode("utf-8", "surrogateescape")


def redacted(text):
    """Both lists without the user and password of a URL: that pip prints them is the one thing not to imitate."""
    return re.sub(r"(://)[^/@\s]*@", r"\1", text)


def dist(sp, directory, metadata, **files):
    d = sp / directory
    d.mkdir()
    if metadata is not None:
        (d / "METADATA").write_text(metadata)
    for name, text in files.items():
        (d / name.replace("__", ".")).write_text(text if isinstance(text, str) else json.dumps(text))
    return d


def meta(name, version):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def odd_names(sp):
    dist(sp, "Foo.Bar_Baz-1.0.dist-info", meta("Foo.Bar-Baz", "1.0"))
    dist(sp, "norm-1.0.0_rc1.dist-info", meta("norm", "1.0.0rc1"))
    dist(sp, "zeros-01.0.post.dist-info", meta("zeros", "01.0.post"))
    dist(sp, "legacy-1.0_weird.dist-info", meta("legacy", "1.0-weird"))
    dist(sp, "dirver-1.0.dist-info", meta("dirver", "2.0"))
    dist(sp, "~ip-23.0.dist-info", meta("pip", "23.0"))
    dist(sp, "-x-1.0.dist-info", meta("x", "1.0"))
    dist(sp, "nometa-1.0.dist-info", None)
    dist(sp, "emptymeta-1.5.dist-info", "")
    dist(sp, "epoch-1!2.0.dist-info", meta("epoch", "1!2.0"))
    dist(sp, "local-1.0+Ubuntu_1.dist-info", meta("local", "1.0+ubuntu.1"))
    dist(sp, "folded-1.0.dist-info", "Metadata-Version: 2.1\nName: folded\nVersion:\n 1.0\nSummary: a\n   b\n")
    dist(sp, "upper-1.0.dist-info", "METADATA-VERSION: 2.1\nNAME: Upper\nVERSION: 1.0\n")
    dist(sp, "crlf-1.0.dist-info", meta("crlf", "1.0").replace("\n", "\r\n"))
    dist(sp, "body-1.0.dist-info", meta("Body", "1.0") + "\nName: not-this\nVersion: 9\n")
    dist(sp, "alpha-1.0alpha1.dist-info", meta("alpha", "1.0alpha1"))
    dist(sp, "dev-1.0.dev.dist-info", meta("dev", "1.0.dev"))
    dist(sp, "vee-v1.0.dist-info", meta("vee", "v1.0"))
    dist(sp, "dash_post-1.0_1.dist-info", meta("dash-post", "1.0-1"))
    dist(sp, "noversion.dist-info", meta("noversion", "1.0"))
    dist(sp, "Zed-1.dist-info", meta("Zed", "1"))
    dist(sp, "aaa-1.dist-info", meta("aaa", "1"))
    dist(sp, "alias-3.dist-info", meta("AAA", "3"))
    dist(sp, "hidden-3.dist-info", meta("pip", "3"))
    dist(sp, "python-3.11.dist-info", meta("python", "3.11"))
    dist(sp, "argparse-1.4.dist-info", meta("argparse", "1.4"))
    dist(sp, "wsgiref-0.1.dist-info", meta("wsgiref", "0.1"))
    dist(sp, "distribute-0.7.dist-info", meta("distribute", "0.7"))


def eggs(sp):
    egg = sp / "eggdir-1.2-py3.11.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text(meta("Egg.Dir", "1.2"))
    (sp / "eggfile-4.0.egg-info").write_text(meta("eggfile", "4.0"))
    (sp / "plain.egg-info").mkdir()
    (sp / "plain.egg-info/PKG-INFO").write_text(meta("plain", "3.0.0_rc2"))
    (sp / "someegg-1.0-py3.11.egg/EGG-INFO").mkdir(parents=True)
    (sp / "someegg-1.0-py3.11.egg/EGG-INFO/PKG-INFO").write_text(meta("someegg", "1.0"))


def paths(sp):
    """What is found only by way of .pth files and egg-links."""
    env = sp.parents[2]
    (sp / "onpath-2.0-py3.11.egg/EGG-INFO").mkdir(parents=True)
    (sp / "onpath-2.0-py3.11.egg/EGG-INFO/PKG-INFO").write_text(meta("On.Path", "2.0"))
    (env / "vendor").mkdir()
    dist(env / "vendor", "vendored-1.0.dist-info", meta("vendored", "1.0"))
    dist(env / "vendor", "six-0.1.dist-info", meta("six", "0.1"))
    with zipfile.ZipFile(sp / "zipped-1.0-py3.11.egg", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("zipped.py", "")
        z.writestr("EGG-INFO/PKG-INFO", meta("Zipped_Egg", "1.0"))
    (sp / "broken-1.0-py3.11.egg").write_text("no zip")
    (env.parent / "elsewhere").mkdir()
    dist(env.parent / "elsewhere", "elsewhere-1.0.dist-info", meta("elsewhere", "1.0"))
    (sp / "away").symlink_to(env.parent / "elsewhere")
    lines = ["./onpath-2.0-py3.11.egg", "./zipped-1.0-py3.11.egg", "./broken-1.0-py3.11.egg", "../../../vendor", "# ../x", "import sys", "/nonexistent", "away"]
    (sp / "easy-install.pth").write_text("\n".join(lines) + "\n")
    linked = env.parent / "linked"
    for name in ("Linked_Proj", "other_there"):
        (linked / f"{name}.egg-info").mkdir(parents=True)
        (linked / f"{name}.egg-info/PKG-INFO").write_text(meta(name.replace("_", "-"), "0.3"))
    (sp / "Linked-Proj.egg-link").write_text(f"{linked}\n.")
    (sp / "gone.egg-link").write_text("/nonexistent/gone\n.")


def direct_urls(sp):
    sha = "a" * 40
    urls = {
        "vcs": {"url": "https://example.org/r.git", "vcs_info": {"vcs": "git", "commit_id": sha}},
        "vcssub": {"url": "https://example.org/r.git", "vcs_info": {"vcs": "git", "commit_id": sha, "requested_revision": "main"}, "subdirectory": "a/b"},
        "hg": {"url": "https://example.org/r", "vcs_info": {"vcs": "hg", "commit_id": "b" * 40}},
        "vcsuser": {"url": "ssh://git@example.org/r.git", "vcs_info": {"vcs": "git", "commit_id": sha}},
        "archive": {"url": "https://example.org/a.whl", "archive_info": {"hashes": {"sha256": "1" * 64}, "hash": "sha256=" + "1" * 64}},
        "archivetwo": {"url": "https://example.org/a.whl", "archive_info": {"hashes": {"sha512": "2" * 128, "sha256": "1" * 64}, "hash": "sha256=" + "1" * 64}},
        "archiveold": {"url": "https://example.org/a.whl", "archive_info": {"hash": "sha256=" + "1" * 64}},
        "archivebare": {"url": "file:///srv/w/a%20b.whl", "archive_info": {}},
        "archivesub": {"url": "https://example.org/a.tar.gz", "archive_info": {"hashes": {"sha256": "1" * 64}}, "subdirectory": "x y"},
        "dir": {"url": "file:///srv/src/my%20proj", "dir_info": {}},
        "dirfalse": {"url": "file:///srv/src/p", "dir_info": {"editable": False}},
        "editable": {"url": "file:///srv/src/my%20proj%C3%A9", "dir_info": {"editable": True}},
        "Edit.Able_Two": {"url": "file:///srv/src/./x/../y/", "dir_info": {"editable": True}},
        "noinfo": {"url": "https://example.org/a.whl"},
        "nourl": {"dir_info": {}},
        "twoinfos": {"url": "https://example.org/a.whl", "dir_info": {}, "archive_info": {}},
        "badjson": "{",
        "wrongtype": {"url": 5, "dir_info": {}},
    }
    for name, url in urls.items():
        dist(sp, f"{name.replace('.', '_').replace('-', '_')}-1.0.dist-info", meta(name, "1.0"), direct_url__json=url)


@pytest.mark.both("debian")
@pytest.mark.parametrize("build", [odd_names, eggs, paths, direct_urls], ids=lambda f: f.__name__)
@pytest.mark.parametrize("maker", MAKERS)
def test_odd_metadata(maker, build, get):
    env = get(Recipe(maker, "uv", "six"))
    build(env.sp)
    want = verify.newest_freeze(env.path)
    assert len(want.splitlines()) > 3
    assert freeze(env.path).splitlines() == want.splitlines()


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("more", [["--all"], ["--exclude", "six"], ["--exclude", "SIX", "--exclude", "not-there"]], ids=" ".join)
def test_options(more, maker, get):
    env = get(Recipe(maker, "uv", "six"))
    assert freeze(env.path, *more) == verify.newest_freeze(env.path, *more)


def test_used(get):
    env = get(Recipe("debian", "pip", "used"))
    assert freeze(env.path) == env.facts["newest"]
    assert "-e " in env.facts["newest"] and "# Editable install with no version control" in env.facts["newest"]


def git(directory, *args):
    return envs.run("git", "-C", directory, "-c", "commit.gpgsign=false", *args).decode().strip()


def repository(directory, *remotes):
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "-q", "-b", "main")
    used.project(directory / "sub/poet", "poet")
    used.project(directory, "flitted")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "x")
    for name, url in remotes:
        git(directory, "remote", "add", name, url)
    return directory


def editable(sp, directory, name="flitted"):
    dist(sp, f"{name}-1.0.dist-info", meta(name, "1.0"), direct_url__json={"url": f"file://{directory}", "dir_info": {"editable": True}})


HTTPS = ("origin", "https://example.org/team/repo.git")
GIT = {
    "https": [HTTPS],
    "credentials": [("origin", "https://user:s3cret@example.org/r.git")],
    "token": [("origin", "https://ghp_s3cret@example.org/r.git")],
    "ssh user": [("origin", "ssh://git@example.org/r.git")],
    "scp": [("origin", "git@example.org:team/repo.git")],
    "another name": [("upstream", "https://example.org/up.git")],
    "two": [("backup", "https://example.org/b.git"), HTTPS],
    "no remote": [],
    "file": [("origin", "file:///srv/git/r.git")],
    "deleted local": [("origin", "/nonexistent/r.git")],
}


@pytest.mark.both
def test_editables_in_git(env, scratch):
    """Of each kind a project at the top of its checkout and one below it, all in one environment: one run of pip."""
    for i, remotes in enumerate(GIT.values()):
        repo = repository(scratch / f"repo{i}", *remotes)
        editable(env.sp, repo, f"top{i}")
        editable(env.sp, repo / "sub/poet", f"below{i}")
    got, want = freeze(env.path), verify.newest_freeze(env.path)
    assert "s3cret" not in got and got.count("****@") == 4
    assert redacted(got).splitlines() == redacted(want).splitlines()
    assert [line for line in got.splitlines() if "****" not in line] == [line for line in want.splitlines() if "s3cret" not in line]


def _packed(repo):
    git(repo, "pack-refs", "--all")


def _detached(repo):
    git(repo, "checkout", "-q", "--detach")


def _slashes(repo):
    git(repo, "checkout", "-q", "-b", "feature/x.y/z")


def _local_remote(repo):
    git(repo, "clone", "-q", "--bare", str(repo), str(repo.parent / "bare-repo.git"))
    git(repo, "remote", "set-url", "origin", str(repo.parent / "bare-repo.git"))


def _config_forms(repo):
    (repo / ".git/config").write_text('[core]\n\trepositoryformatversion = 0\n[remote "origin"] ; comment\n  url = "https://example.org/ab.git" # comment\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n')


def _broken_config(repo):
    (repo / ".git/config").write_text('[remote "origin"\n  url = https://example.org/ab.git\n')


def _included_config(repo):
    (repo / ".git/remotes").write_text('[remote "origin"]\n  url = https://included.example.org/a.git\n')
    (repo / ".git/config").write_text('[include]\n  path = remotes\n[remote "origin"]\n  url = https://example.org/own.git\n')


def _instead_of(repo):
    git(repo, "config", "url.https://mirror.example.org/.insteadOf", "https://example.org/")


def test_states_of_checkouts(env, scratch):
    for change in (_packed, _detached, _slashes, _local_remote, _config_forms, _broken_config, _included_config, _instead_of):
        name = change.__name__.strip("_")
        repo = repository(scratch / name / "repo", HTTPS)
        change(repo)
        editable(env.sp, repo, name)
    want = verify.newest_freeze(env.path)
    assert want.count("-e git+") == 7 and "included.example.org" in want and "mirror.example.org" not in want and "Could not determine" in want
    assert freeze(env.path).splitlines() == want.splitlines()


def test_worktree(env, scratch):
    repo = repository(scratch / "repo", HTTPS)
    git(repo, "worktree", "add", "-q", str(scratch / "tree"), "-b", "other")
    (scratch / "tree/new").write_text("x")
    git(scratch / "tree", "add", "new")
    git(scratch / "tree", "commit", "-q", "-m", "y")
    editable(env.sp, scratch / "tree")
    want = re.sub(r"&subdirectory=\.\..*", "", verify.newest_freeze(env.path))  # pip looks for the root beside the main checkout's .git
    assert "git+" in want
    assert freeze(env.path) == want


def test_of_an_upgraded_environment_only_the_packages_of_its_interpreter(env):
    """`venv --upgrade` to another minor version leaves the packages of the old one behind."""
    behind = env.path / "lib/python3.7/site-packages"
    behind.mkdir(parents=True)
    dist(behind, "behind-1.0.dist-info", meta("behind", "1.0"))
    r = vf("freeze", env.path, rc=0)
    assert r.out.decode() == env.facts["newest"]
    assert b"python3.7" in r.err


def test_a_free_threaded_environment(env):
    """Its packages lie in lib/python3.Yt."""
    (env.path / "lib/python3.11").rename(env.path / "lib/python3.11t")
    assert vf("freeze", env.path, rc=0).out.decode() == env.facts["newest"]


def test_one_name_twice_is_one_line_and_said(env):
    """The one that Python sees, which the order of the directory decides; so both ways round."""
    for i, name in enumerate(("six", "Six", "SIX")):
        dist(env.sp, f"{name}-0.{i}.dist-info", meta("six", f"0.{i}"))
        r = vf("freeze", env.path, rc=0)
        assert r.out.decode() == verify.newest_freeze(env.path)
        assert r.out.lower().count(b"six=") == 1
        assert r.err.count(b"passed over") == i + 1


def test_a_checkout_without_commits(env, scratch):
    (scratch / "repo").mkdir()
    git(scratch / "repo", "init", "-q")
    editable(env.sp, scratch / "repo")
    got = subprocess.run([env.python, "-m", "pip", "freeze"], env=clean_environ(PYTHONPATH=str(verify.newest_pip("3.11"))), capture_output=True)
    mine = freeze(env.path)  # pip itself may fail here; freeze may not
    assert "flitted" in mine
    if got.returncode == 0:
        assert mine == got.stdout.decode()


def test_it_needs_no_python(env, scratch):
    want = env.facts["newest"]
    for link in ("python", "python3", "python3.11"):
        (env.bin / link).unlink()
    assert vf("freeze", env.path, rc=0, env={"PATH": "/nonexistent"}).out.decode() == want


def test_a_url_with_a_password_is_redacted(env):
    dist(env.sp, "secret-1.0.dist-info", meta("secret", "1.0"), direct_url__json={"url": "https://me:s3cret@example.org/a.whl", "archive_info": {"hashes": {"sha256": "1" * 64}}})
    dist(env.sp, "variable-1.0.dist-info", meta("variable", "1.0"), direct_url__json={"url": "https://${USER}:${TOKEN}@example.org/a.whl", "archive_info": {}})
    got = freeze(env.path)
    assert "s3cret" not in got and "secret @ https://" in got
    assert "variable @ https://${USER}:${TOKEN}@example.org/a.whl" in got
    assert redacted(got) == redacted(verify.newest_freeze(env.path))


def test_the_list_installs_again(env, scratch):
    """It is a requirements file: pip makes the same environment of it."""
    (scratch / "requirements.txt").write_text(freeze(env.path))
    envs.run(envs.DEBIAN, "-m", "venv", scratch / "again")
    envs.run(scratch / "again/bin/pip", "install", "-q", "-r", scratch / "requirements.txt")
    assert freeze(scratch / "again") == freeze(env.path)


@pytest.mark.both
def test_hostile_metadata_does_no_harm(env):
    d = dist(env.sp, "evil-1.0.dist-info", meta("evil\x1b[2J", "1.0\x07"))
    (d / "direct_url.json").write_text('{"url": "https://example.org/\\u001b[2J\\n-e /etc", "archive_info": {}}')
    dist(env.sp, "deep-1.0.dist-info", meta("deep", "1.0"), direct_url__json="[" * 100000)
    dist(env.sp, "notobject-1.0.dist-info", meta("notobject", "1.0"), direct_url__json=[1])  # pip 26.3 dies of it
    shutil.copy("/bin/true", dist(env.sp, "binary-1.0.dist-info", None) / "METADATA")
    r = vf("freeze", env.path, rc=0, timeout=20)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", r.out), r
    assert not re.search(rb"(?m)^-e", r.out), r
    assert b"six==" in r.out
    os.mkfifo(dist(env.sp, "fifo-1.0.dist-info", None) / "METADATA")
    assert b"fifo-1.0.dist-info/METADATA" in vf("freeze", env.path, rc=2, timeout=20).err  # what cannot be read is never absent
