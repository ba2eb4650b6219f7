"""fix --at: an environment in a build root is written for the path that it gets later, and stays where it is."""
import os
import subprocess

import pytest

import envs
import verify
from envs import run
from vf import find, report, vf

PATH = "/opt/venvfix-e2e/venv"


@pytest.fixture
def root(scratch):
    """A build root with an environment that names it wherever one can."""
    root = scratch / "root"
    env = root / PATH[1:]
    env.parent.mkdir(parents=True)
    run(envs.DEBIAN, "-m", "venv", env)
    project = root / "src/proj"
    project.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[build-system]\nrequires=["flit_core"]\nbuild-backend="flit_core.buildapi"\n'
                                            '[project]\nname="proj"\nversion="1"\ndescription="x"\n[project.scripts]\nproj="proj:main"\n')
    (project / "proj.py").write_text("def main():\n    print('proj')\n")
    run(env / "bin/pip", "install", "-q", "six", "flit_core")
    run(env / "bin/pip", "install", "-q", "--no-build-isolation", project)
    (env / "lib/pkgconfig").mkdir(parents=True)
    (env / "lib/pkgconfig/x.pc").write_text(f"prefix={env}\nName: x\nVersion: 1\nDescription: x\nLibs: -L${{prefix}}/lib\n")
    run(env / "bin/python", "-m", "compileall", "-q", envs.site_packages(env) / "proj.py")
    return root


def names(root, text):
    return subprocess.run(["grep", "-rlF", "--", os.fspath(text), root], stdout=subprocess.PIPE).stdout.decode().splitlines()


def test_no_file_names_the_build_root(root):
    env = root / PATH[1:]
    assert names(env, root)
    report("fix", env, "--at", PATH, "--compile", rc=0)
    assert not names(env, root) and not list(root.rglob(".venvfix*"))
    assert not find(report("check", "--at", PATH, "--forbid", root, env, rc=0), atleast="warning")
    compiled = next(envs.site_packages(env).glob("__pycache__/proj.*.pyc"))
    assert f"{PATH}/lib/".encode() in compiled.read_bytes()
    assert (env / "bin/proj").read_text().startswith(f"#!{PATH}/bin/python")
    before = verify.snapshot(env)
    report("fix", env, "--at", PATH, rc=0)
    assert verify.snapshot(env) == before


def test_it_starts_where_it_was_written_for(root):
    if os.geteuid() or os.path.lexists("/opt/venvfix-e2e"):
        envs.not_run("an environment from a build root is started at its path", "this user may not make it in /opt")
        return
    env = root / PATH[1:]
    vf("fix", env, "--at", PATH, "--compile", rc=0)
    try:
        os.rename(env.parent, os.path.dirname(PATH)) if os.stat("/opt").st_dev == os.stat(root).st_dev else subprocess.run(["cp", "-a", env.parent, os.path.dirname(PATH)], check=True)
        os.rename(root, root.parent / "gone")
        assert run(f"{PATH}/bin/proj") == b"proj\n"
        vf("check", "--here", "--hashes", PATH, rc=0)
    finally:
        subprocess.run(["rm", "-rf", os.path.dirname(PATH)], check=True)


def test_way_back_and_dry_run(root):
    env = root / PATH[1:]
    before = verify.contents(verify.snapshot(env))
    vf("fix", "--dry-run", env, "--at", PATH, rc=0)
    assert verify.contents(verify.snapshot(env)) == before
    vf("fix", env, "--at", PATH, rc=0)
    assert names(env, PATH)
    vf("fix", env, rc=0)
    run(env / "bin/proj")
