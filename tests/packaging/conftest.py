"""What is tested here was made by `make static` and its like. VENVFIX_BUILD is the build directory (build)."""
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("VENVFIX_BUILD") or REPO / "build").resolve()
VERSION = re.search(r'^#define VENVFIX_VERSION +"(.*)"$', (REPO / "src/venvfix.h").read_text(), re.M).group(1)
ENVIRON = {**{k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV"))}, "LC_ALL": "C.UTF-8"}


def run(*command, code=0, **options):
    """Runs a command that must end with `code`; returns what it printed."""
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, **{"env": ENVIRON, **options})
    assert p.returncode == code, f"{command} ended with {p.returncode}, not {code}\n{p.stdout}\n{p.stderr}"
    return p.stdout + p.stderr


def static_path(arch):
    return BUILD / f"dist/venvfix-{VERSION}-linux-{arch}"


@pytest.fixture(scope="session")
def static():
    path = static_path(platform.machine())
    assert os.access(path, os.X_OK), f"{path} is missing: run `make static`"
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """An environment with one package and a file whose name is not ASCII."""
    base = tmp_path_factory.mktemp("made")
    run("/usr/bin/python3", "-m", "venv", "--without-pip", base / "env")
    wheels = sorted((BUILD / "wheelhouse").glob("six-*.whl"))[-1:]
    assert wheels, "there is no wheel of six in the wheelhouse: run `make pytools`"
    run(BUILD / "pytools/bin/uv", "pip", "install", "-q", "--no-index", "-p", base / "env/bin/python", *wheels)
    site = next((base / "env/lib").glob("python3*")) / "site-packages"
    (site / "žluťoučký").mkdir()
    (site / "žluťoučký/kůň.py").write_text("x = 1\n")
    return base / "env"


def debian_root(suite):
    """The root file system of a release, made once; do not change it."""
    root = BUILD / "roots" / suite
    if not (root / "complete").exists():
        if os.getuid() != 0:
            pytest.skip("only root makes a root file system")
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        run("debootstrap", "--variant=minbase", "--include=python3,python3-venv", suite, root)
        (root / "complete").touch()
    return root


@pytest.fixture(params=["bullseye", "bookworm", "trixie"])
def debian(request):
    """The root file system of a Debian release with Python; /w in it is empty."""
    root = debian_root(request.param)
    shutil.rmtree(root / "w", ignore_errors=True)
    (root / "w").mkdir()
    yield root
    shutil.rmtree(root / "w", ignore_errors=True)
