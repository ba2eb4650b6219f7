"""The static program: one file, which runs where there is nothing but it and an environment."""
import os
import platform
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, run, static_path

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root changes the root directory")


def test_it_needs_no_other_file(static):
    headers = run("readelf", "--wide", "--program-headers", "--dynamic", "--notes", static)
    assert "INTERP" not in headers and "NEEDED" not in headers
    assert re.search(r"OS: Linux, ABI: (\d+)\.(\d+)", headers).groups() <= ("3", "2")
    assert static.stat().st_size <= 12 << 20


def test_what_is_in_it_is_listed(static):
    rows = [line.split("\t") for line in static.with_name(static.name + ".tsv").read_text().splitlines()]
    assert {r[2] for r in rows} >= {"glibc", "libarchive", "openssl", "pcre2", "jansson", "zlib", "libdeflate", "libzstd", "elfutils", "xz-utils"}
    assert all(len(r) == 4 and all(r) for r in rows)


@as_root
def test_it_runs_in_an_empty_root(static, made, tmp_path):
    shutil.copy(static, tmp_path / "venvfix")
    shutil.copytree(made, tmp_path / "env", symlinks=True)

    def inside(*arguments, code=0):
        return run("/usr/sbin/chroot", tmp_path, "/venvfix", *arguments, code=code, env={})

    assert "VF102" in inside("check", "/env", code=1)  # its interpreter is not there
    assert "six @ file:" in inside("freeze", "/env")
    for packing in ("tar.zst", "tar.gz", "tar.xz", "zip"):
        inside("pack", "/env", "-o", "/b." + packing)
        assert "complete" in inside("check", "/b." + packing)
    assert sorted(os.listdir(tmp_path)) == ["b.tar.gz", "b.tar.xz", "b.tar.zst", "b.zip", "env", "venvfix"]


@pytest.mark.parametrize("packing", ["tar", "tar.zst", "tar.gz", "tar.xz", "zip"])
def test_it_packs_the_same_bytes_as_the_shared_one(static, made, tmp_path, packing):
    """Names that are not ASCII without a locale, and blocks of zstd by several threads."""
    out = {}
    for program in (static, BUILD / "venvfix"):
        run(program, "pack", made, "-o", tmp_path / ("b." + packing))
        out[program] = (tmp_path / ("b." + packing)).read_bytes()
        (tmp_path / ("b." + packing)).unlink()
    assert out[static] == out[BUILD / "venvfix"]


def test_it_loads_nothing_of_the_host(static, made, tmp_path):
    """Locales, modules of libcrypto and converters are made for the C library of the host."""
    hostile = tmp_path / "openssl.cnf"
    hostile.write_text("openssl_conf = x\n[x]\nproviders = p\n[p]\ny = z\n[z]\nmodule = /nowhere.so\nactivate = 1\n")
    env = {"OPENSSL_CONF": str(hostile), "LC_ALL": "cs_CZ.UTF-8", "LANG": "cs_CZ.UTF-8", "LANGUAGE": "cs"}
    for arguments in (["check", "--hashes", made], ["pack", made, "-o", tmp_path / "b.tar.zst"]):
        subprocess.run(["strace", "-f", "-e", "trace=open,openat,openat2,execve", "-o", tmp_path / "trace", static, *arguments], env=env)
        trace = (tmp_path / "trace").read_text()
        assert "site-packages" in trace and "six.py" in trace
        opened = re.findall(r'open\w*\((?:AT_FDCWD, )?"(/[^"]*)"', trace)
        assert not [p for p in opened if re.search(r"locale|gconv|openssl|nsswitch|ld\.so|\.so(\.|$)", p)]


@as_root
def test_it_runs_on_a_debian(static, debian):
    shutil.copy(static, debian / "w/venvfix")

    def inside(*command, code=0):
        return run("/usr/sbin/chroot", debian, *command, code=code, env={"PATH": "/usr/bin:/bin"})

    inside("python3", "-m", "venv", "/w/old")
    assert inside("/w/venvfix", "check", "--at", "/w/old", "/w/old")
    inside("/w/venvfix", "move", "/w/old", "/w/new")
    assert not (debian / "w/old").exists()
    assert "pip" in inside("/w/new/bin/pip", "--version")
    inside("/w/venvfix", "pack", "/w/new", "-o", "/w/b.tar.zst")
    inside("/w/venvfix", "recreate", "/w/new", "/w/third")
    assert "/w/third" in inside("/w/third/bin/python", "-c", "import sys; print(sys.prefix)")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="for x86-64 there are cross compiler and emulator")
def test_the_other_architecture(static, made, tmp_path):
    other = ["qemu-aarch64-static", static_path("aarch64")]
    assert run(*other, "check", "--format", "json", made, code=1) == run(static, "check", "--format", "json", made, code=1)
    run(*other, "pack", made, "-o", tmp_path / "other.tar")
    run(static, "pack", made, "-o", tmp_path / "own.tar")
    assert (tmp_path / "other.tar").read_bytes() == (tmp_path / "own.tar").read_bytes()
