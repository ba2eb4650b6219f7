"""check --python, --platform, --glibc: an environment against a Python and a platform that are not here."""
import os
import shutil
import struct
from pathlib import Path

import pytest

import envs
import place
from vf import brief, find, report, vf

pytestmark = pytest.mark.ordinary  # makes environments, most of the time

TAG = "cpython-{}-x86_64-linux-gnu"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An environment with markupsafe (an extension module for Linux) and click."""
    env = tmp_path_factory.mktemp("targets") / "env"
    envs.run(envs.DEBIAN, "-m", "venv", env)
    envs.run(env / "bin/pip", "install", "-q", "--no-index", "--find-links", place.WHEELHOUSE, "markupsafe", "click")
    return env


@pytest.fixture
def env(made):
    """It again, for the test to change; always at the same path."""
    kept = made.with_name("kept")
    shutil.copytree(made, kept, symlinks=True)
    yield made
    shutil.rmtree(made)
    kept.rename(made)


def minor(env):
    return int(next(env.glob("lib/python3.*")).name.rpartition(".")[2])


def site(env):
    return next(env.glob("lib/python3.*/site-packages"))


def module(env):
    return next(site(env).glob("markupsafe/_speedups*.so"))


def check(env, *options, **kw):
    return report("check", "--at", env, *options, env, **kw)


def loud(doc):
    return {(f["rule"], f["level"]) for f in doc["findings"] if f["level"] != "info"}


def arch():
    return os.uname().machine


def test_its_own_python_and_platform_are_fine(made):
    for options in (("--python", f"3.{minor(made)}"), ("--platform", f"linux_{arch()}"), ("--glibc", "2.99"), ("--python", envs.DEBIAN)):
        doc = check(made, *options, rc=0)
        assert doc["answers"]["sound"] and not loud(doc), brief(doc["findings"])
        assert doc["environment"]["base_exists"] is None and doc["next"] == []
        key = options[0][2:]
        assert doc["target"] == {"root": None, "python": None, "platform": None, "glibc": None, "user": None, key: options[1]}


def test_nothing_of_this_host_is_asked(env):
    """Gone are the base, a directory of a .pth file and the program of a script: the same report, but for what asks this host."""
    (env / "bin/tool").write_text("#!/nowhere/sh\n")
    (env / "bin/tool").chmod(0o755)
    (site(env) / "extra.pth").write_text("/nowhere/dir\n")
    python = env / "bin/python3"
    python.unlink()
    python.symlink_to(f"/nowhere/python3.{minor(env)}")
    assert {"VF102", "VF203", "VF402"} <= {rule for rule, _ in loud(check(env, rc=1))}
    doc = check(env, "--python", f"3.{minor(env)}")
    assert loud(doc) == {("VF405", "warning")} and doc["answers"]["sound"], brief(doc["findings"])


def test_another_python(made):
    doc = check(made, "--python", "3.99", rc=1)
    (version,), (abi,) = find(doc, rule="VF104"), find(doc, rule="VF615")
    assert f"Python 3.99 is the target, the packages are installed for Python 3.{minor(made)}" in version["message"]
    assert version["assumes"] == abi["assumes"] == ["python"] and not doc["answers"]["sound"]


def test_requirements_are_those_of_the_target(env):
    metadata = next(site(env).glob("click-*")) / "METADATA"
    text = metadata.read_text()
    head, _, body = text.partition("\n\n")
    needs = 'Requires-Dist: nothere; sys_platform == "darwin"\nRequires-Dist: neither; python_version >= "3.90"'
    metadata.write_text(f"{head}\n{needs}\n\n{body}")
    assert not find(check(env, "--platform", f"linux_{arch()}"), rule="VF551")
    (f,) = find(check(env, "--platform", "macosx_11_0_arm64"), rule="VF551")
    assert "nothere" in f["message"] and f["assumes"] == ["platform"]
    (f,) = find(check(env, "--python", "3.99"), rule="VF551")
    assert "neither" in f["message"] and f["assumes"] == ["python"]


def test_requires_python_is_the_targets(env):
    metadata = next(site(env).glob("click-*")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("Requires-Python: ", "Requires-Python: !=3.99.*,", 1))
    assert not find(check(env, "--python", f"3.{minor(env)}"), rule="VF553")
    (f,) = find(check(env, "--python", "3.99"), rule="VF553")
    assert f["expected"] == "3.99" and f["assumes"] == ["python"]


OTHER = {
    "linux_aarch64": ("VF611", "error"),
    "musllinux_1_2_x86_64": ("VF612", "error"),
    "macosx_11_0_arm64": ("VF611", "error"),
    "win_amd64": ("VF611", "error"),
    "manylinux_2_5_x86_64": ("VF614", "error"),
}


@pytest.mark.skipif(arch() != "x86_64", reason="the wheels at hand are for x86-64")
@pytest.mark.parametrize("tag", OTHER)
def test_another_platform(env, tag):
    (site(env) / "markupsafe/__init__.py").write_text("")  # nothing in it that would do without the module
    doc = check(env, "--platform", tag, rc=1)
    found = [f for f in doc["findings"] if (f["rule"], f["level"]) == OTHER[tag]]
    assert len(found) == 1 and found[0]["distribution"] == "markupsafe" and found[0]["assumes"] == ["platform"], brief(doc["findings"])
    assert not doc["answers"]["sound"]
    assert bool(find(doc, rule="VF136")) == (tag == "win_amd64")


@pytest.mark.skipif(arch() != "x86_64", reason="the wheels at hand are for x86-64")
def test_glibc(made):
    (f,) = find(check(made, "--glibc", "2.2"), rule="VF614")
    assert f["value"].startswith("GLIBC_2.") and "the target has glibc 2.2" in f["message"] and f["assumes"] == ["glibc"]
    assert not find(check(made, "--glibc", "2.99", rc=0), rule="VF614")


def test_pure_packages_fit_every_posix_system(env):
    shutil.rmtree(site(env) / "markupsafe")
    shutil.rmtree(next(site(env).glob("markupsafe-*")))
    for tag in "linux_aarch64", "musllinux_1_2_x86_64", "macosx_11_0_arm64":
        assert not loud(check(env, "--platform", tag, rc=0))


# --- files for macOS and Windows ---

CPU = {"x86_64": 0x01000007, "arm64": 0x0100000C}


def command(kind, *words, text=""):
    body = b"".join(struct.pack("<I", w) for w in words) + text.encode() + b"\0"
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<II", kind, 8 + len(body)) + body


def dylib(name):
    return command(0xC, 24, 0, 0, 0, text=name)


def rpath(path):
    return command(0x8000001C, 12, text=path)


def macho(cpu="arm64", least=(11, 0), commands=()):
    commands = [command(0x32, 1, least[0] << 16 | least[1] << 8, 0, 0), *commands]
    body = b"".join(commands)
    return struct.pack("<8I", 0xFEEDFACF, CPU[cpu], 0, 8, len(commands), len(body), 0, 0) + body


def fat(*parts):
    head, body = struct.pack(">II", 0xCAFEBABE, len(parts)), b""
    for cpu, data in parts:
        head += struct.pack(">5I", CPU[cpu], 0, 4096 + len(body), len(data), 0)
        body += data
    return head.ljust(4096, b"\0") + body


def pe(machine=0x8664, imports=("KERNEL32.dll", "python3.dll")):
    """One section, at 0x1000 in memory and 0x200 in the file, that holds the import table."""
    table, names = b"", b""
    for name in imports:
        table += struct.pack("<5I", 0, 0, 0, 0x1000 + 20 * (len(imports) + 1) + len(names), 0)
        names += name.encode() + b"\0"
    data = (table + bytes(20) + names).ljust(0x200, b"\0")
    options = struct.pack("<H", 0x20B).ljust(112, b"\0") + struct.pack("<4I", 0, 0, 0x1000, len(table) + 20)
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(options), 0) + options
    head += b".data\0\0\0" + struct.pack("<4I", 0x200, 0x1000, 0x200, 0x200).ljust(32, b"\0")
    return head.ljust(0x200, b"\0") + data


def install(env, name, data, tag="macosx_11_0_arm64"):
    """A distribution `native` with one compiled file, in place of markupsafe."""
    for old in [*site(env).glob("markupsafe*"), *site(env).glob("native*")]:
        shutil.rmtree(old)
    info = site(env) / "native-1.0.dist-info"
    info.mkdir()
    (site(env) / "native").mkdir()
    (site(env) / "native/__init__.py").write_text("")
    (site(env) / "native" / name).write_bytes(data)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: native\nVersion: 1.0\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: cp3{minor(env)}-cp3{minor(env)}-{tag}\n")
    (info / "RECORD").write_text(f"native/__init__.py,,\nnative/{name},,\nnative-1.0.dist-info/METADATA,,\n"
                                 "native-1.0.dist-info/WHEEL,,\nnative-1.0.dist-info/RECORD,,\n")
    return f"{site(env).relative_to(env)}/native/{name}"


def verdict(env, name, data, target, tag=None):
    path = install(env, name, data, tag or target)
    return [(f["rule"], f["value"]) for f in find(check(env, "--platform", target), path=path, atleast="warning")]


def test_macho_files(env):
    name, target = f"_x.cpython-3{minor(env)}-darwin.so", "macosx_11_0_arm64"
    beside = dylib("@loader_path/libhere.dylib")
    assert verdict(env, name, macho(), target) == []
    assert verdict(env, name, fat(("x86_64", macho("x86_64")), ("arm64", macho())), target) == []
    assert verdict(env, name, macho(commands=[dylib("/usr/lib/libSystem.B.dylib"), dylib("/opt/x/liby.dylib")]), target) == []
    assert verdict(env, name, macho("x86_64"), target) == [("VF611", None)]
    assert verdict(env, name, fat(("x86_64", macho("x86_64"))), target) == [("VF611", None)]
    assert verdict(env, name, macho(least=(12, 3)), target) == [("VF614", "macOS 12.3")]
    assert verdict(env, name, macho(commands=[beside]), target) == [("VF613", "@loader_path/libhere.dylib")]
    assert verdict(env, name, macho(commands=[dylib("@rpath/liba.dylib"), rpath("@loader_path/../libs")]), target) == [("VF613", "@rpath/liba.dylib")]
    assert verdict(env, name, macho(commands=[dylib("@rpath/liba.dylib"), rpath("/opt/lib")]), target) == []
    assert verdict(env, name, macho(commands=[beside])[:-20], target) == [("VF617", None)]
    assert verdict(env, name, b"\x7fELF" + bytes(100), target) == [("VF611", None)]
    assert verdict(env, f"_x.{TAG.format(f'3{minor(env)}')}.so", macho(), target)[0][0] == "VF615"


def windows(env):
    """The same environment as Windows has it."""
    lib = site(env)
    (env / "Lib").mkdir()
    lib.rename(env / "Lib/site-packages")
    shutil.rmtree(env / "lib")
    (env / "lib64").unlink(missing_ok=True)
    shutil.rmtree(env / "bin")
    (env / "Scripts").mkdir()
    (env / "Scripts/python.exe").write_bytes(pe())


def test_pe_files(env):
    number, target = minor(env), "win_amd64"
    name = f"_x.cp3{number}-win_amd64.pyd"
    assert verdict(env, name, pe(), target) == []
    assert verdict(env, name, pe(imports=["VCRUNTIME140.dll", f"python3{number}.dll"]), target) == []
    assert verdict(env, name, pe(imports=["python32.dll"]), target) == [("VF615", "python32.dll")]
    assert verdict(env, name, pe(0xAA64), target) == [("VF611", None)]
    assert verdict(env, name, pe()[:-1], target) == [("VF617", None)]
    assert verdict(env, "_x.pyd", macho(), target) == [("VF611", None)]
    assert verdict(env, "_x.cp32-win_amd64.pyd", pe(), target) == [("VF615", "cp32-win_amd64")]


# --- words ---

def test_words_that_name_no_target(made):
    for options, words in ((("--platform", "beos"), b"is no platform"), (("--python", "old"), b"is no version"), (("--python", "/nowhere/py"), b"the path of an interpreter"),
                           (("--glibc", "x"), b"2.28"), (("--glibc", "2.28", "--platform", "musllinux_1_2_x86_64"), b"without glibc")):
        r = vf("check", *options, made, rc=2)
        assert words in r.err, r


def test_text_says_for_what_it_was_checked(made):
    r = vf("check", "--at", made, "--python", "3.99", "--glibc", "2.30", made, rc=1)
    assert b"would not work on the target" in r.out and b"checked for Python 3.99, glibc 2.30; nothing of this host" in r.out, r


def test_for_an_image_both_are_asked(made, tmp_path):
    """With --root its interpreter is judged as it is there, and compiled files for the target."""
    root = tmp_path / "root"
    (root / "usr").mkdir(parents=True)
    doc = report("check", "--root", root, "--at", "/app/env", "--platform", "linux_aarch64", made, rc=1)
    assert find(doc, rule="VF102") and doc["target"]["root"] == str(root) and find(doc, rule="VF102")[0]["assumes"] == ["root"]


# --- an environment for Windows, a `.venv` that is a file ---

def test_an_environment_of_windows(env):
    install(env, f"_x.cp3{minor(env)}-win_amd64.pyd", pe(), "win_amd64")
    number = minor(env)
    windows(env)
    (env / "pyvenv.cfg").write_text(f"home = C:\\Python3{number}\ninclude-system-site-packages = false\nversion = 3.{number}.1\n")
    assert not find(check(env, "--platform", "win_amd64"), rule="VF136") and not find(check(env, "--platform", "win_amd64"), rule="VF6")
    assert find(check(env, "--platform", "win32", rc=1), rule="VF615")
    assert find(check(env, "--platform", "linux_x86_64", rc=1), rule="VF136", path="Scripts")


def test_a_file_that_names_the_environment(made, tmp_path):
    """--root and --platform judge for the directory that it names."""
    root = tmp_path / "root"
    for name in "app", "envs", "usr":
        (root / name).mkdir(parents=True)
    shutil.copytree(made, root / "envs/e", symlinks=True)
    (root / "app/.venv").write_text("../envs/e\n")
    doc = report("check", "--root", root, root / "app/.venv", rc=1)
    assert doc["at"] == "/envs/e"
    direct = report("check", "--root", root, root / "envs/e", rc=1)
    assert doc["findings"] == direct["findings"]
    target = report("check", "--platform", f"linux_{arch()}", root / "app/.venv", rc=1)
    assert target["findings"] == report("check", "--platform", f"linux_{arch()}", root / "envs/e", rc=1)["findings"]


# --- scripts, names, damage ---

def command_of(env):
    """A distribution `cmd` whose console script is bin/cmd."""
    info = site(env) / "cmd-1.0.dist-info"
    info.mkdir()
    (site(env) / "cmd_module.py").write_text("def main():\n    print('started')\n")
    script = env / "bin/cmd"
    script.write_text(f"#!{env}/bin/python\nfrom cmd_module import main\nmain()\n")
    script.chmod(0o755)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cmd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[console_scripts]\ncmd = cmd_module:main [extra]\n")
    (info / "RECORD").write_text("cmd_module.py,,\n../../../bin/cmd,,\n" + "".join(f"cmd-1.0.dist-info/{n},,\n" for n in ("METADATA", "RECORD", "entry_points.txt")))
    return script


def starts(script):
    try:
        return envs.run(script).decode().strip() == "started"
    except (RuntimeError, OSError):
        return False


def test_a_command_that_the_hosts_python_runs(env):
    """Its module is only here: an error, which fix repairs. An extra that is not installed is none."""
    script = command_of(env)
    text = script.read_text()
    assert starts(script) and not loud(check(env, rc=0))
    script.write_text(text.replace(f"#!{env}/bin/python\n", f"#!{os.path.realpath(envs.DEBIAN)}\n"))
    assert not starts(script)
    doc = check(env, rc=1)
    assert loud(doc) == {("VF205", "error")} and not doc["answers"]["sound"] and find(doc, rule="VF205", path="bin/cmd")
    (env / "bin/mine").write_text(f"#!{os.path.realpath(envs.DEBIAN)}\nprint('mine')\n")  # of nobody's distribution
    (env / "bin/mine").chmod(0o755)
    assert [f["level"] for f in find(check(env, rc=1), rule="VF205", path="bin/mine")] == ["warning"]
    vf("fix", env, rc=0)
    assert starts(script) and not find(check(env), rule="VF205", path="bin/cmd")
    before = script.read_bytes()
    vf("fix", env, rc=0)
    assert script.read_bytes() == before


def test_a_command_that_is_not_executable(env):
    script = command_of(env)
    for path in script, env / "bin/pip":
        path.chmod(0o644)
        assert find(check(env, rc=1), rule="VF211", path=f"bin/{path.name}")
        path.chmod(0o755)
    assert not loud(check(env, rc=0))


def test_names_that_differ_in_their_normal_form(env):
    for name in "caf\u00e9", "cafe\u0301", "\u1ebf", "e\u0302\u0301", "na\u00efve":
        (site(env) / name).write_text("")
    found = find(check(env, rc=0), rule="VF818")
    assert len(found) == 2 and all("NFC" in f["message"] and f["level"] == "info" for f in found), brief(found)


def test_a_damaged_module_is_not_sound(env):
    data = module(env).read_bytes()
    module(env).write_bytes(data[:2000])
    doc = check(env, rc=1)
    assert find(doc, rule="VF617", level="error", verdict="broken") and not doc["answers"]["sound"]
