"""check --root: whatever it calls fine starts and imports in a chroot, whatever fails there is named.

The root is made by hand of Debian's Python, what its loader loads, a shell and env. /bin is an absolute link, /lib64 one that goes up above
the root, and the loader is an absolute link to /opt: looked at from this host, all three lead elsewhere.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import envs
import place
import pytest
from vf import find, report, vf

PYTHON = Path(os.path.realpath("/usr/bin/python3"))
STDLIB = Path("/usr/lib") / PYTHON.name
LEFT_OUT = ("test", "idlelib", "tkinter", "lib2to3", "pydoc_data", "turtledemo", "dist-packages", "ensurepip", "__pycache__")
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
WHEELS = ("pip-", "flask-", "werkzeug-", "jinja2-", "markupsafe-", "itsdangerous-", "click-", "blinker-")
IMPORTS = "import json, zlib, socket, markupsafe, markupsafe._speedups, flask"

pytestmark = [
    pytest.mark.ordinary,  # starts other programs, most of the time
    pytest.mark.skipif(sys.platform != "linux", reason="copies what the loader of Linux loads"),
]


def loaded(program):
    """What the loader loads for a program, as paths of this host."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def make_root(root):
    """Python, the shell, env and their libraries; everything is below usr and opt, with links as images have them."""
    for name in "usr/bin", "usr/lib", "usr/lib64", "etc", "tmp", "opt":
        (root / name).mkdir(parents=True)
    for link, to in ("bin", "/usr/bin"), ("lib", "usr/lib"), ("lib64", "../../usr/lib64"):
        (root / link).symlink_to(to)
    programs = [root / "usr/bin" / name for name in (PYTHON.name, "sh", "env")]
    for p in programs:
        shutil.copy2(os.path.realpath(f"/usr/bin/{p.name}"), p)
    (root / "usr/bin/python3").symlink_to(PYTHON.name)
    stdlib = root / "usr/lib" / PYTHON.name
    shutil.copytree(STDLIB, stdlib, ignore=shutil.ignore_patterns(*LEFT_OUT), ignore_dangling_symlinks=True)
    copy_libraries(root, [*programs, *stdlib.glob("lib-dynload/*.so")])


def copy_libraries(root, programs):
    for path in {path for p in programs for path in loaded(p)}:
        to = root / ("usr" + path if path.startswith("/lib") else path[1:])
        if os.path.lexists(to):
            continue
        if "/ld-" in path:
            to.symlink_to("/opt/" + to.name)
            to = root / "opt" / to.name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(os.path.realpath(path), to)


def chroot(root, *command):
    return subprocess.run([CHROOT, root, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          env={"PATH": "/usr/bin", "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"})


def works(root, at="/app/.venv"):
    try:
        return chroot(root, f"{at}/bin/python", "-c", IMPORTS).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A root with an environment at /app/.venv, which was made in it."""
    may = os.geteuid() == 0 and subprocess.run([CHROOT, "/", "true"], capture_output=True).returncode == 0
    if not may:
        envs.not_run("check --root against chroot", "this user may not chroot")
        pytest.skip("this user may not chroot")
    root = tmp_path_factory.mktemp("root") / "img"
    make_root(root)
    p = chroot(root, "/usr/bin/python3", "-m", "venv", "--without-pip", "/app/.venv")
    assert p.returncode == 0, p
    shutil.copytree(place.WHEELHOUSE, root / "wheels", ignore=lambda d, names: [n for n in names if not n.lower().startswith(WHEELS)])
    pip = envs.wheels("pip")[0].name
    p = chroot(root, "/app/.venv/bin/python", f"/wheels/{pip}/pip", "install", "-q", "--no-index", "--find-links", "/wheels", "flask")
    assert p.returncode == 0, p
    copy_libraries(root, (root / "app/.venv").glob("lib/*/site-packages/**/*.so"))
    assert works(root), chroot(root, "/app/.venv/bin/python", "-c", IMPORTS)
    return root


def check(root, *options, rc=None, env=None):
    return report("check", "--root", root, *options, env or root / "app/.venv", rc=rc)


def test_what_starts_and_imports_there_is_fine(image):
    doc = check(image, rc=0)
    assert doc["at"] == "/app/.venv" and doc["environment"]["path"] == str(image / "app/.venv")
    assert doc["environment"]["base"] == "/usr/bin/python3" and doc["answers"]["sound"]
    assert doc["target"] == {"root": str(image), "python": None, "platform": None, "glibc": None, "user": None}
    r = vf("check", "--root", image, image / "app/.venv", rc=0)
    assert f"checked for /app/.venv in the image {image}" in r.out.decode()


def test_without_it_the_target_is_null(image):
    assert report("check", image / "app/.venv")["target"] is None


def multiarch(root, name):
    return next(p for p in root.glob(f"usr/lib/*/{name}"))


MISSING = {  # what is taken away, and the rule that names it
    "base": (lambda r: r / "usr/bin" / PYTHON.name, "VF102"),
    "link to the base": (lambda r: r / "usr/bin/python3", "VF102"),
    "loader": (lambda r: next((r / "opt").glob("ld-*")), "VF132"),
    "link to the loader": (lambda r: r / "lib64", "VF132"),
    "libz": (lambda r: multiarch(r, "libz.so.1"), "VF133"),
    "libc": (lambda r: multiarch(r, "libc.so.6"), "VF133"),
    "library of a module": (lambda r: multiarch(r, "libpthread.so.0"), "VF613"),
    "standard library": (lambda r: r / "usr/lib" / PYTHON.name, "VF130"),
}


@pytest.mark.parametrize("what", MISSING)
def test_each_missing_piece_is_named(image, what):
    where, rule = MISSING[what]
    path = where(image)
    hidden = path.with_name(path.name + ".hidden")
    os.rename(path, hidden)
    try:
        assert not works(image)
        doc = check(image, rc=1)
        found = [f["rule"] for f in doc["findings"] if f["level"] != "info"]
        assert rule in found, doc["findings"]
    finally:
        os.rename(hidden, path)
    assert works(image)


def add_script(root, shebang):
    path = root / "app/.venv/bin/own"
    path.write_text(f"#!{shebang}\necho ran\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("shebang", ["/bin/sh", "/usr/bin/env sh", "/usr/bin/perl", "/bin/cat -"])
def test_the_programs_of_scripts_are_those_of_the_root(image, shebang):
    """The host has perl and cat; the root does not."""
    script = add_script(image, shebang)
    try:
        starts = chroot(image, "/usr/bin/env", "/app/.venv/bin/own").returncode == 0
        doc = check(image)
        assert bool(find(doc, path="bin/own", rule="VF2", level="warning")) is not starts
        assert doc["exit"] == int(not starts) and starts == ("sh" in shebang)
    finally:
        script.unlink()


def test_what_names_the_directory_on_this_host_is_broken_there(image):
    script = add_script(image, f"{image}/app/.venv/bin/python")
    try:
        assert find(check(image, rc=1), verdict="broken", path="bin/own", level="error")
    finally:
        script.unlink()


def test_an_environment_that_is_not_in_the_root_yet(image, tmp_path):
    """It is checked as if it had been copied to --at: there it works, and elsewhere its scripts do not."""
    env = tmp_path / "built"
    shutil.copytree(image / "app/.venv", env, symlinks=True)
    os.rename(image / "app", image / "hidden")
    try:
        doc = check(image, "--at", "/app/.venv", env=env, rc=0)
        assert doc["at"] == "/app/.venv" and doc["environment"]["path"] == str(env)
        assert not works(image)
        doc = check(image, "--at", "/srv/other", env=env, rc=1)
        assert find(doc, verdict="broken", path="bin/flask")
        r = vf("check", "--root", image, env, rc=2)
        assert b"--at" in r.err and b"not in the file tree of --root" in r.err
        r = vf("check", "--root", image, "--at", "app/.venv", env, rc=2)
        assert b"absolute path" in r.err
        shutil.copytree(env, image / "app/.venv", symlinks=True)
        assert works(image)
        shutil.rmtree(image / "app")
    finally:
        os.rename(image / "hidden", image / "app")


def test_a_root_that_is_not_there(tmp_path):
    r = vf("check", "--root", tmp_path / "none", tmp_path, rc=2)
    assert str(tmp_path / "none").encode() in r.err


def bare_image(tmp_path):
    """Directories of an image, with an environment whose base only the image has."""
    root = tmp_path / "img"
    for name in "etc", "usr/local/bin", "usr/local/lib/python3.12", "app":
        (root / name).mkdir(parents=True)
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", root / "app/.venv"], check=True)
    env = root / "app/.venv"
    for path in env.glob("bin/*"):
        if path.is_file() and not path.is_symlink():
            path.write_text(path.read_text().replace(str(env), "/app/.venv"))
    (env / "bin/python3").unlink()
    (env / "bin/python3").symlink_to("/usr/local/bin/python3.12")
    (env / "pyvenv.cfg").write_text("home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.12.1\n"
                                    "command = /usr/local/bin/python3.12 -m venv /app/.venv\n")
    return root


@pytest.mark.parametrize("options", [[], ["--at", "/app/.venv"]], ids=["plain", "at"])
def test_an_image_that_nobody_named(tmp_path, options):
    """No advice that would move the environment onto this host; the next step is to check it for the image."""
    root = bare_image(tmp_path)
    text = vf("check", *options, root / "app/.venv", rc=1).out.decode()
    assert f"venvfix check --root {root} {root}/app/.venv" in text
    assert not re.search("venvfix (move|fix|recreate)", text), text
    shutil.rmtree(root / "etc")
    text = vf("check", *options, root / "app/.venv", rc=1).out.decode()
    assert "--root" not in text and re.search("venvfix (move|fix|recreate)", text), text


@pytest.mark.parametrize("where", ["root", "host"])
@pytest.mark.parametrize("what", ["pth", "link", "relative link"])
def test_paths_outside_the_environment_are_those_of_the_root(image, tmp_path, what, where):
    """A directory that only the root has is fine, one that only this host has is not there."""
    target = tmp_path if where == "host" else Path("/srv") / what.replace(" ", "-")
    if where == "root":
        (image / target.relative_to("/")).mkdir(parents=True)
    env = image / "app/.venv"
    site = env / "lib" / PYTHON.name / "site-packages"
    if what == "pth":
        path = site / "own.pth"
        path.write_text(f"{target}\n")
    else:
        path = env / "share"
        path.symlink_to(target if what == "link" else "../.." + str(target))
    try:
        there = chroot(image, "/usr/bin/sh", "-c", f"cd {target}").returncode == 0
        doc = check(image)
        broken = find(doc, verdict="broken", path=str(path.relative_to(env)))
        assert there is (where == "root") and bool(broken) is not there, doc["findings"]
    finally:
        path.unlink()
