"""The packages of dpkg and rpm: clean by their own tools; installed, used and removed in a root file system without anything of ours."""
import os
import platform
import shutil
import subprocess

import pytest

from conftest import BUILD, ENVIRON, REPO, VERSION, debian_root, run

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root changes the root directory")
DEB_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
DEBS = [BUILD / f"dist/{name}_{VERSION}_{DEB_ARCH}.deb" for name in ("venvfix", "libvenvfix-dev")]
RPM = BUILD / f"dist/venvfix-{VERSION}-1.{platform.machine()}.rpm"
INSIDE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", **{k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}}


def test_lintian_finds_nothing():
    assert run("lintian", "--allow-root", "--fail-on", "error,warning", *DEBS) == ""


def test_rpmlint_finds_nothing():
    assert "0 errors, 0 warnings" in run("rpmlint", "--config", REPO / "docs/packaging/rpmlint.toml", RPM)


@as_root
def test_the_debs_in_a_clean_root(tmp_path):
    """Of the release that they were made on. apt brings what they depend on."""
    release = dict(line.split("=", 1) for line in open("/etc/os-release").read().splitlines() if "=" in line)["VERSION_CODENAME"]
    root = tmp_path / "root"
    run("cp", "-a", "--reflink=auto", debian_root(release), root)
    for deb in DEBS:
        shutil.copy(deb, root)
    inside = ["/usr/sbin/chroot", root]
    run(*inside, "apt-get", "-qq", "update", env=INSIDE)
    run(*inside, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *(f"/{d.name}" for d in DEBS), env=INSIDE)
    assert run(*inside, "venvfix", "--version", env=INSIDE) == f"venvfix {VERSION}\n"
    run(*inside, "python3", "-m", "venv", "/old", env=INSIDE)
    run(*inside, "venvfix", "move", "/old", "/new", env=INSIDE)
    run(*inside, "venvfix", "pack", "/new", "-o", "/b.tar.zst", env=INSIDE)  # by the libraries that are loaded late
    run(*inside, "venvfix", "check", "/b.tar.zst", env=INSIDE)
    assert (root / f"usr/lib/{platform.machine()}-linux-gnu/libvenvfix.a").exists()
    run(*inside, "apt-get", "-qq", "purge", "-y", "venvfix", "libvenvfix-dev", env=INSIDE)
    left = subprocess.run(["find", root / "usr", root / "etc", "-name", "*venvfix*"], capture_output=True, text=True).stdout
    assert left == ""


@as_root
def test_the_rpm_in_an_empty_root(tmp_path, made):
    rpm = ["rpm", "--root", tmp_path / "root"]
    (tmp_path / "root").mkdir()
    run(*rpm, "--install", RPM)
    shutil.copytree(made, tmp_path / "root/env", symlinks=True)
    assert "six" in run("/usr/sbin/chroot", tmp_path / "root", "/usr/bin/venvfix", "freeze", "/env", env={})
    assert run(*rpm, "--query", "--list", "venvfix").count("venvfix.1") == 1
    run(*rpm, "--erase", "venvfix")
    left = subprocess.run(["find", tmp_path / "root/usr", "-type", "f"], capture_output=True, text=True, env=ENVIRON).stdout
    assert left == ""
