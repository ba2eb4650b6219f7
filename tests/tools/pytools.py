"""The Python side of the tests: tools and wheels, below the build directory.

    pytools.py BUILD         BUILD/pytools (an environment with virtualenv and uv) and BUILD/wheelhouse (a flat directory
                             with the wheels of tests/requirements.txt for every Python found) and BUILD/readers (an
                             environment with tests/readers.txt), where they are not there yet
    pytools.py --list        the Pythons found, one a line: version, path
    pytools.py --wheels DIR REQUIREMENT...
                             the wheels of these, pinned by tests/requirements.txt, for the Python that runs this

Run it with the distribution's Python. pip's own configuration says where packages come from. What was fetched once
is not asked for again, so later runs need no network.
"""

import concurrent.futures
import fcntl
import glob
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

READERS = pathlib.Path(__file__).resolve().parents[1] / "readers.txt"
PINS = pathlib.Path(__file__).resolve().parents[1] / "requirements.txt"
TOOLS = ("virtualenv", "uv")
MINORS = range(8, 14)
ASK = "import sys, venv, ensurepip; print(*sys.version_info[:3], sys.prefix == sys.base_prefix, sys.executable)"


def interpreters():
    """{(3, minor): path}, the running one first; of one minor version only the first that is found."""
    found = {}
    named = [p for m in MINORS for p in glob.glob(os.path.expanduser("~/.pyenv/versions/3.%d.*/bin/python3.%d" % (m, m)))]
    on_path = [shutil.which("python3.%d" % m) for m in MINORS]
    for path in [sys.executable] + on_path + sorted(named, reverse=True):
        if not path:
            continue
        answer = subprocess.run([path, "-I", "-c", ASK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        words = answer.stdout.rstrip("\n").split(" ", 4)
        if answer.returncode == 0 and words[3] == "True" and int(words[0]) == 3 and int(words[1]) in MINORS:
            found.setdefault((3, int(words[1])), words[4])
    return dict(sorted(found.items()))


def pip(python, *arguments):
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "PIP_REQUIRE"))}
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    subprocess.run([python, "-m", "pip", "--no-input"] + list(arguments), check=True, env=environ, stdout=sys.stderr)


def once(stamp, words, make):
    """Calls make() unless `stamp` holds these words already, from a run that ended well."""
    text = " ".join(words) + "\n"
    if stamp.exists() and stamp.read_text() == text:
        return
    make()
    stamp.with_suffix(".new").write_text(text)
    stamp.with_suffix(".new").replace(stamp)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def not_there(wheelhouse):
    """The pins without those of which the wheelhouse has a wheel that fits every Python 3 of this machine."""
    there = set()
    for wheel in wheelhouse.glob("*-none-*.whl"):
        name, version, python = wheel.name.split("-")[:3]
        if "py3" in python.split("."):
            there.add("%s==%s" % (name.lower().replace("_", "-"), version))
    return [row for row in PINS.read_text().splitlines() if row.split(" ;")[0] not in there]


def make_tools(home, wheelhouse):
    def make():
        print("pytools: %s into %s" % (", ".join(TOOLS), home), file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip(str(home / "bin/python"), "install", "-q", "--no-index", "--find-links", str(wheelhouse), "-c", str(PINS), *TOOLS)

    rows = [row for row in PINS.read_text().splitlines() if row.startswith(tuple(tool + "==" for tool in TOOLS))]
    words = [digest("".join(rows)), sys.version.split()[0], str(home)]
    once(home.with_name(home.name + ".stamp"), words, make)


def make_readers(home):
    def make():
        print("readers: %s into %s" % (READERS.name, home), file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip(str(home / "bin/python"), "install", "-q", "--only-binary", ":all:", "--no-deps", "-r", str(READERS))

    words = [digest(READERS.read_text()), sys.version.split()[0], str(home)]
    once(home.with_name(home.name + ".stamp"), words, make)


def download(python, wheelhouse, arguments):
    """The pip that this Python itself brings does it, so that the wheels are those that fit it."""
    with tempfile.TemporaryDirectory(dir=str(wheelhouse.parent), prefix=".fetch-") as scratch:
        subprocess.run([python, "-I", "-m", "venv", scratch + "/env"], check=True)
        options = ["-q", "--only-binary", ":all:", "-d", scratch + "/wheels", "--find-links", str(wheelhouse)]
        pip(scratch + "/env/bin/python", "download", *(options + arguments))
        for wheel in pathlib.Path(scratch, "wheels").iterdir():  # whole files only: others may be reading
            wheel.replace(wheelhouse / wheel.name)


def fill(wheelhouse):
    wheelhouse.mkdir(parents=True, exist_ok=True)

    def each(found):
        name, python = "%d.%d" % found[0], found[1]

        def make():
            print("wheelhouse: for Python %s (%s)" % (name, python), file=sys.stderr, flush=True)
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
                pins.write("\n".join(not_there(wheelhouse)) + "\n")
                pins.flush()
                download(python, wheelhouse, ["--no-deps", "-r", pins.name])

        once(wheelhouse.with_name("wheelhouse-%s.stamp" % name), [digest(PINS.read_text()), str(wheelhouse)], make)

    rest = interpreters()
    each((sys.version_info[:2], rest.pop(sys.version_info[:2])))  # most wheels fit all of them: these are there then
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(each, rest.items()))


def wheels(directory, requirements):
    directory.mkdir(parents=True, exist_ok=True)
    words = [digest(PINS.read_text()), sys.version.split()[0]] + requirements
    once(directory / ".stamp", words, lambda: download(sys.executable, directory, ["-c", str(PINS)] + requirements))


def main(arguments):
    if arguments == ["--list"]:
        for version, path in interpreters().items():
            print("%d.%d %s" % (version + (path,)))
        return 0
    if len(arguments) > 2 and arguments[0] == "--wheels":
        wheels(pathlib.Path(arguments[1]).absolute(), arguments[2:])
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    build = pathlib.Path(arguments[0]).absolute()
    build.mkdir(parents=True, exist_ok=True)
    with open(str(build / "pytools.lock"), "w") as lock:  # two runs of make at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        fill(build / "wheelhouse")
        make_tools(build / "pytools", build / "wheelhouse")
        make_readers(build / "readers")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit("pytools: failed: %s" % " ".join(map(str, error.cmd[:6])))
