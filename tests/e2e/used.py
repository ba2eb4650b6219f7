"""An environment as it looks after a year of use, and a probe for each thing in it.

Each probe looks from outside at what a person wanted from the thing, and answers None, or says what is wrong. All of them are silent
where the environment was made; after a plain `mv` each of them speaks (test_used.py makes sure of that).
"""
import configparser
import json
import os
import re
import subprocess
import urllib.parse
from pathlib import Path

import envs
import verify
from place import clean_environ

# what the wheelhouse must hold beside envs.PACKAGES
BACKENDS = ("setuptools", "wheel", "hatchling", "editables", "flit-core", "pdm-backend", "poetry-core")

_MODULE = "import sys\n\ndef main():\n    print(sys.prefix)\n    print(__file__)\n"
_SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_PROJECT = '[project]\nname = "{0}"\nversion = "1.0"\n[project.scripts]\n{0}-cli = "{0}:main"\n'

# name -> (pyproject.toml, where the package lies below the project, pip's extra arguments)
EDITABLES = {
    "st_src": (_SETUPTOOLS + _PROJECT, "src/st_src", []),
    "st_flat": (_SETUPTOOLS + _PROJECT + '[tool.setuptools]\npackages = ["st_flat"]\n', "st_flat", []),
    "hatched": ('[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n' + _PROJECT, "src/hatched", []),
    "hatchexact": ('[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n' + _PROJECT + "[tool.hatch.build]\ndev-mode-exact = true\n", "src/hatchexact", []),
    "flitted": ('[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n' + _PROJECT.replace("version", 'description = "x"\nversion'), "src/flitted", []),
    "pdmed": ('[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n' + _PROJECT, "src/pdmed", []),
    "poet": ('[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n' + _PROJECT + '[tool.poetry]\npackages = [{{ include = "poet", from = "src" }}]\n', "src/poet", []),
    "st_strict": (_SETUPTOOLS + _PROJECT, "src/st_strict", ["--config-settings", "editable_mode=strict"]),
    "st_compat": (_SETUPTOOLS + _PROJECT, "src/st_compat", ["--config-settings", "editable_mode=compat"]),
}


def project(directory, name):
    """Writes the sources of one of the editables."""
    toml, package, _ = EDITABLES[name]
    (directory / package).mkdir(parents=True)
    (directory / package / "__init__.py").write_text(_MODULE)
    (directory / "pyproject.toml").write_text(toml.format(name))
    return directory


def use(env):
    """Does to a new environment what people and tools do to it."""
    p = os.fspath(env.path)
    envs.install(env.path, "pip", "--upgrade", *BACKENDS, "six")
    for name in EDITABLES:
        project(env.path / "src" / name, name)
    plain = [n for n, e in EDITABLES.items() if not e[2]]
    for names in [plain] + [[n] for n in EDITABLES if n not in plain]:
        envs.install(env.path, "pip", "--no-build-isolation", *EDITABLES[names[0]][2], *[a for n in names for a in ("-e", f"{p}/src/{n}")])
    local = env.path / "src/local"  # from a directory, not editable
    project(local, "st_src")
    (local / "pyproject.toml").write_text((_SETUPTOOLS + _PROJECT).format("localdir"))
    os.rename(local / "src/st_src", local / "src/localdir")
    envs.install(env.path, "pip", "--no-build-isolation", local)

    write = _writer(env.path)
    # byte by byte what `python -m ipykernel install --sys-prefix --name proj` writes, without its six thousand files
    write("share/jupyter/kernels/proj/kernel.json", json.dumps({
        "argv": [f"{p}/bin/python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "proj", "language": "python",
        "metadata": {"debugger": True}, "kernel_protocol_version": "5.5"}, indent=1))
    write("share/jupyter/kernels/tools/kernel.json", json.dumps({
        "argv": [f"{p}/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "tools", "language": "python",
        "env": {"PATH": f"{p}/bin:/usr/local/bin:{p}/share/tools:/usr/bin", "OTHER": f"{p}2/bin"}}, indent=1))
    write("bin/shim", f"#!/usr/bin/env sh\nexport NODE_PATH='{p}/lib/node_modules'\nexport NPM_CONFIG_PREFIX='{p}'\nexport npm_config_prefix='{p}'\necho \"$NODE_PATH $NPM_CONFIG_PREFIX $npm_config_prefix\"\n", 0o755)
    write("bin/serve", f"#!/bin/bash\nexec {p}/bin/python -c 'import sys; print(sys.prefix)'\n", 0o755)
    write("bin/postactivate", f"#!/bin/sh\n# this hook is sourced after every activation\nexport PROJECT_DATA=\"{p}/share\"\n", 0o755)
    write("pip.conf", f"[install]\nfind-links = {p}/wheels\n")
    write("wheels/.keep", "")
    write("lib/pkgconfig/demo.pc", f"prefix={p}\nlibdir=${{prefix}}/lib\n\nName: demo\nDescription: demo\nVersion: 1\nLibs: -L{p}/lib -ldemo\n")
    write("etc/supervisord.conf", f"[supervisord]\nlogfile={p}/var/log/supervisord.log\npidfile={p}/var/run/supervisord.pid\n\n[program:web]\ncommand={p}/bin/serve --port 80\ndirectory={p}\n")
    write("etc/web.service", f"[Service]\nEnvironment=\"PATH={p}/bin:/usr/bin\" HOME={p}\nExecStart={p}/bin/serve\n")
    write("etc/app.json", json.dumps({"home": p, "cache": f"{p}/var/cache", "url": "file://" + urllib.parse.quote(f"{p}/share/x y")}))
    sp = env.sp
    write(sp / "sitecustomize.py", f"import sys\nsys.path.append('{p}/extra-site')\n")
    write(sp / "_virtualenv_path_extensions.pth", "import sys; sys.__plen = len(sys.path)\n" + f"{p}/extra-lib\n" +
          "import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)\n")
    for d in ("extra-site", "extra-lib", "share/tools", "var/log", "var/run", "var/cache"):
        (env.path / d).mkdir(parents=True, exist_ok=True)
    zipapp = env.path / "src/za"
    write(zipapp / "__main__.py", "import sys\nprint(sys.prefix)\n")
    envs.run(env.python, "-m", "zipapp", zipapp, "-p", f"{p}/bin/python", "-o", env.bin / "za.pyz")

    outside = env.root / "project/tool"
    write(outside / "cli.sh", "#!/bin/sh\necho tool\n", 0o755)
    (env.path / "lib/node_modules").mkdir(parents=True)
    os.symlink("../../../../project/tool", env.path / "lib/node_modules/tool")
    os.symlink("../lib/node_modules/tool/cli.sh", env.bin / "tool")
    os.symlink(f"{p}/etc", env.path / "share/settings")
    os.symlink(outside, env.path / "share/absolute-tool")

    with open(env.bin / "activate", "a") as f:
        f.write(f"\nexport DEMO_HOME=\"{p}/share\"\nexport LD_LIBRARY_PATH=\"{p}/lib:$LD_LIBRARY_PATH\"\n")
    with open(env.bin / "activate.fish", "a") as f:
        f.write(f"\nset -gx DEMO_HOME '{p}/share'\n")


def _writer(base):
    def write(name, text, mode=0o644):
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return write


# ---- probes: each gets the place where the environment stands now

def _out(*args, cwd="/"):
    p = subprocess.run([os.fspath(a) for a in args], stdin=subprocess.DEVNULL, capture_output=True, env=clean_environ(), cwd=cwd, timeout=60)
    return p.stdout.decode().strip() if p.returncode == 0 else f"exit {p.returncode}: {p.stderr.decode()[-300:]}"


def _tried(*args):
    try:
        return _out(*args)
    except OSError as e:
        return str(e)


def _same(got, want):
    return None if got == want else f"{got!r}, not {want!r}"


def _editable(name):
    def probe(p):
        got = _tried(p / "bin" / f"{name}-cli")
        lines = got.splitlines()
        if len(lines) != 2 or lines[0] != os.fspath(p):
            return got
        return None if lines[1].startswith(f"{p}/src/{name}/") else f"it imports {lines[1]}"
    return probe


def _kernel(name):
    def probe(p):
        argv = json.loads((p / f"share/jupyter/kernels/{name}/kernel.json").read_text())["argv"]
        return _same(_tried(argv[0], "-c", "import sys; print(sys.prefix)"), os.fspath(p))
    return probe


def _kernel_path(p):
    env = json.loads((p / "share/jupyter/kernels/tools/kernel.json").read_text())["env"]
    return _same(env["PATH"], f"{p}/bin:/usr/local/bin:{p}/share/tools:/usr/bin")


def _path_has(p, name):
    got = _tried(p / "bin/python", "-c", "import sys; print('\\n'.join(sys.path))").splitlines()
    return None if f"{p}/{name}" in got else f"not on sys.path: {got}"


def _sitecustomize(p):
    """Run by name: Debian's Python has one of its own, which hides the environment's."""
    file = envs.site_packages(p) / "sitecustomize.py"
    got = _tried(p / "bin/python", "-c", "import runpy, sys; runpy.run_path(sys.argv[1]); print(sys.path[-1])", file)
    return _same(got, f"{p}/extra-site")


def _links(p):
    return _same(os.path.realpath(p / "share/settings"), os.path.realpath(p / "etc")) if (p / "share/settings").exists() else "share/settings dangles"


def _sourced(shell, file, ask, want):
    got = _out(shell, "-c", f"{'source' if shell == 'fish' else '.'} ./{file}; {ask}", cwd=want[0] / "bin")
    return _same(got, want[1])


def _value(path, pattern, p, wants):
    got = [m.group(1) for m in re.finditer(pattern, path.read_text(), re.M)]
    return _same(got, [w.format(p) for w in wants])


def _direct_urls(p):
    urls = [json.loads(f.read_text())["url"] for f in envs.site_packages(p).glob("*.dist-info/direct_url.json")]
    urls = [u for u in urls if "/src/" in u]
    want = "file://" + urllib.parse.quote(f"{p}/src/")
    wrong = [u for u in urls if not u.startswith(want)]
    return f"{wrong}" if wrong or len(urls) != len(EDITABLES) + 1 else None


def _strict_links(p):
    links = [f for f in (p / "src/st_strict/build").rglob("*") if f.is_symlink()]
    wrong = [os.readlink(f) for f in links if not f.exists() or not os.path.realpath(f).startswith(os.path.realpath(p) + "/")]
    return f"{wrong}" if wrong or not links else None


def _app_json(p):
    return _same(json.loads((p / "etc/app.json").read_text()), {"home": f"{p}", "cache": f"{p}/var/cache", "url": "file://" + urllib.parse.quote(f"{p}/share/x y")})


def _pip_conf(p):
    c = configparser.RawConfigParser()
    c.read(p / "pip.conf")
    return _same(c["install"]["find-links"], f"{p}/wheels")


PROBES = {f"editable {n}": _editable(n) for n in EDITABLES}
PROBES.update({
    "strict links": _strict_links,
    "kernel proj": _kernel("proj"),
    "kernel tools": _kernel("tools"),
    "kernel PATH": _kernel_path,
    "shim": lambda p: _same(_tried(p / "bin/shim"), f"{p}/lib/node_modules {p} {p}"),
    "serve": lambda p: _same(_tried(p / "bin/serve"), f"{p}"),
    "zipapp": lambda p: _same(_tried(p / "bin/za.pyz"), f"{p}"),
    "relative link that leaves": lambda p: _same(_tried(p / "bin/tool"), "tool"),
    "absolute link inside": _links,
    "pip.conf": _pip_conf,
    "demo.pc": lambda p: _value(p / "lib/pkgconfig/demo.pc", r"(?:^prefix=|-L)(\S+)", p, ["{}", "{}/lib"]),
    "supervisord.conf": lambda p: _value(p / "etc/supervisord.conf", r"=(/\S+)", p, ["{}/var/log/supervisord.log", "{}/var/run/supervisord.pid", "{}/bin/serve", "{}"]),
    "web.service": lambda p: _value(p / "etc/web.service", r"(?:PATH|HOME|ExecStart)=([^\s:\"]+)", p, ["{}/bin", "{}", "{}/bin/serve"]),
    "app.json": _app_json,
    "sitecustomize": _sitecustomize,
    "virtualenvwrapper": lambda p: _path_has(p, "extra-lib"),
    "postactivate": lambda p: _sourced("bash", "postactivate", 'echo "$PROJECT_DATA"', (p, f"{p}/share")),
    "activate, appended": lambda p: _sourced("bash", "activate", 'echo "$DEMO_HOME $LD_LIBRARY_PATH"', (p, f"{p}/share {p}/lib:")),
    "activate.fish, appended": lambda p: _sourced("fish", "activate.fish", 'echo "$DEMO_HOME"', (p, f"{p}/share")),
    "direct_url.json": _direct_urls,
})
# what a plain mv does not break
ALWAYS = {
    "absolute link outside": lambda p: _same(_tried(p / "share/absolute-tool/cli.sh"), "tool"),
}


def ailing(place, probes=None):
    """{probe: what is wrong} at this place."""
    place = Path(os.fsdecode(place))
    names = list(probes or PROBES)
    table = {**PROBES, **ALWAYS}

    def one(name):
        try:
            return table[name](place)
        except Exception as e:  # a probe that cannot even look is an answer, too
            return f"{type(e).__name__}: {e}"
    answers = verify._each(one, names)
    return {n: a for n, a in zip(names, answers) if a}
