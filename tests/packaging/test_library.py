"""The library as another program finds it: by pkg-config, after `make install`."""
import os

import pytest

from conftest import BUILD, ENVIRON, REPO, VERSION, run


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    where = tmp_path_factory.mktemp("prefix")
    env = {**ENVIRON, "MAKEFLAGS": ""}
    run("make", "install", f"BUILD={BUILD}", f"PREFIX={where}", cwd=REPO, env=env)
    return where


@pytest.fixture(scope="module")
def flags(prefix):
    env = {**ENVIRON, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    assert run("pkg-config", "--modversion", "venvfix", env=env) == VERSION + "\n"
    return run("pkg-config", "--cflags", "--libs", "venvfix", env=env).split()


STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


@pytest.mark.parametrize("compiler", [["cc", "-std=c11", *STRICT], ["c++", "-std=c++20", *STRICT, "-Wno-missing-field-initializers", "-x", "c++"]], ids=["c", "c++"])
def test_the_example(flags, made, tmp_path, compiler):
    run(*compiler, REPO / "docs/example.c", "-x", "none", *flags, "-o", tmp_path / "example")
    said = run(tmp_path / "example", made, code=1)
    assert f"venvfix {VERSION}: " in said and "VF301 bin/activate: " in said
    assert "example: not-found: " in run(tmp_path / "example", tmp_path / "nothing", code=2)


def test_uninstall_removes_what_install_made(prefix):
    files = {os.path.relpath(os.path.join(d, f), prefix) for d, _, names in os.walk(prefix) for f in names}
    assert {"bin/venvfix", "lib/libvenvfix.a", "lib/pkgconfig/venvfix.pc", "include/venvfix.h", "share/man/man1/venvfix.1"} <= files
    run("make", "uninstall", f"BUILD={BUILD}", f"PREFIX={prefix}", cwd=REPO, env={**ENVIRON, "MAKEFLAGS": ""})
    assert not [f for _, _, names in os.walk(prefix) for f in names]
