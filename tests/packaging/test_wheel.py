"""The wheel of venvfix-cli, installed by what people install with."""
import os
import platform
import shutil
import subprocess
import sys
import zipfile

import pytest

from conftest import BUILD, ENVIRON, VERSION, run

UV = BUILD / "pytools/bin/uv"


@pytest.fixture(scope="module")
def wheel():
    arch = platform.machine()
    path = BUILD / f"dist/venvfix_cli-{VERSION}-py3-none-manylinux2014_{arch}.musllinux_1_1_{arch}.whl"
    assert path.exists(), f"{path} is missing: run `make wheel`"
    return path


def says_version(*command, **options):
    assert run(*command, "--version", **options) == f"venvfix {VERSION}\n"


def test_its_files_are_as_the_record_says(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"venvfix_cli-{VERSION}.dist-info/"
        assert {info + "RECORD", info + "sboms/venvfix.spdx.json", info + "licenses/LICENSES-THIRD-PARTY.txt"} <= set(names)
        rows = [row.rsplit(",", 2)[0] for row in archive.read(info + "RECORD").decode().splitlines()]
    assert rows == names


def test_by_pip(wheel, tmp_path):
    run("/usr/bin/python3", "-m", "venv", tmp_path / "env")
    python = tmp_path / "env/bin/python"
    run(python, "-m", "pip", "install", "-q", "--no-index", wheel)
    says_version(tmp_path / "env/bin/venvfix")
    says_version(python, "-m", "venvfix")
    # It checks the environment that it is in, hashes included, and knows its own package.
    assert "works here           yes" in run(tmp_path / "env/bin/venvfix", "check", "--hashes", tmp_path / "env", code=1)
    assert "venvfix-cli" in run(tmp_path / "env/bin/venvfix", "freeze", tmp_path / "env")
    moved = tmp_path / "moved"
    run(python, "-m", "venvfix", "move", tmp_path / "env", moved)  # the program moves its own environment
    says_version(moved / "bin/venvfix")
    says_version(moved / "bin/python", "-m", "venvfix")
    run(moved / "bin/python", "-m", "pip", "uninstall", "-q", "-y", "venvfix-cli")
    assert not (moved / "bin/venvfix").exists()


def test_by_pip_for_a_user_and_a_folder(wheel, tmp_path):
    env = {**ENVIRON, "PYTHONUSERBASE": str(tmp_path / "user")}
    pip = ["/usr/bin/python3", "-m", "pip", "install", "-q", "--no-index", "--break-system-packages"]
    run(*pip, "--user", wheel, env=env)
    says_version("/usr/bin/python3", "-m", "venvfix", env=env)
    run(*pip, "--target", tmp_path / "folder", wheel)
    says_version("/usr/bin/python3", "-m", "venvfix", env={**ENVIRON, "PYTHONPATH": str(tmp_path / "folder")})


def test_python_m_gives_the_exit_code_and_stays_the_same_process(wheel, tmp_path):
    run("/usr/bin/python3", "-m", "venv", "--without-pip", tmp_path / "env")
    run(UV, "pip", "install", "-q", "--no-index", "-p", tmp_path / "env/bin/python", wheel)
    p = subprocess.run([tmp_path / "env/bin/python", "-m", "venvfix", "check", tmp_path / "nothing"], capture_output=True, text=True)
    assert p.returncode == 2 and p.stderr.startswith("venvfix: error:"), p


def test_by_uv(wheel, tmp_path):
    env = {**ENVIRON, "UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin"), "UV_CACHE_DIR": str(tmp_path / "cache")}
    uv = [UV, "tool"]
    run(*uv, "install", "-q", "--offline", "--no-index", "--python", "/usr/bin/python3", "--find-links", wheel.parent, "venvfix-cli", env=env)
    says_version(tmp_path / "bin/venvfix", env=env)
    run(*uv, "uninstall", "-q", "venvfix-cli", env=env)
    assert not (tmp_path / "bin/venvfix").exists()
    says_version(*uv, "run", "--offline", "-q", "--no-index", "--python", "/usr/bin/python3", "--find-links", wheel.parent, "--from", "venvfix-cli", "venvfix", env=env)


def test_by_pipx(wheel, tmp_path):
    pipx = shutil.which("pipx", path="/usr/bin:/bin")
    assert pipx, "pipx is missing: run `make deps-package`"
    env = {**ENVIRON, "PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin"), "PIPX_DEFAULT_PYTHON": "/usr/bin/python3", "HOME": str(tmp_path)}
    run(pipx, "install", wheel, env=env)
    says_version(tmp_path / "bin/venvfix", env=env)
    run(pipx, "uninstall", "venvfix-cli", env=env)
    assert not (tmp_path / "bin/venvfix").exists()


def test_by_pip_on_other_releases(wheel, debian):
    shutil.copy(wheel, debian / "w")
    inside = ["/usr/sbin/chroot", debian]
    env = {"PATH": "/usr/bin:/bin"}
    run(*inside, "python3", "-m", "venv", "/w/env", env=env)
    run(*inside, "/w/env/bin/pip", "install", "-q", "--no-index", f"/w/{wheel.name}", env=env)
    says_version(*inside, "/w/env/bin/venvfix", env=env)
    says_version(*inside, "/w/env/bin/python", "-m", "venvfix", env=env)


def test_two_builds_give_equal_bytes(wheel, tmp_path):
    program = wheel.with_name(f"venvfix-{VERSION}-linux-{platform.machine()}")
    env = {**ENVIRON, "SOURCE_DATE_EPOCH": "1700000000"}
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        os.utime(program)
        run(sys.executable, "-B", "docs/packaging/wheel.py", program, platform.machine(), tmp_path / name, env=env, cwd=BUILD.parent)
        made.append(next((tmp_path / name).iterdir()).read_bytes())
    assert made[0] == made[1]
