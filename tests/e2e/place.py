"""Where the tests find things, and where they may write.

VENVFIX        the program under test          (build/venvfix)
VENVFIX_BUILD  the build directory             (build): pytools/, wheelhouse/, and the templates that the tests keep
VENVFIX_E2E    where environments are made     (a directory below the system's temporary one)
VENVFIX_ALL    "1" runs every pair of the matrix and every test with the sanitized program, too: `make check-all`. Without it the matrix has each
               value once, and the sanitized program runs the tests that are marked `sanitized` or `both`: `make check`
VENVFIX_MATRIX "full" runs the whole product instead of the pairs
VENVFIX_SANITIZED  set when the program is the sanitized one: it is the program's memory that is tested then, and what the bytes that it
               wrote do is tried out on one script and one shell only; the ordinary program's run tries all
VENVFIX_SHARD  "1/2": the first of two runs that share the tests between them (tests/tools/tally.py starts them)
CI             "true" turns everything that is missing into a failure

Environments are bound to their place, so the place must be short and the same in every run: it is not below the build directory,
whose name may be long. Two runs at a time get two places.
"""
import fcntl
import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("VENVFIX_BUILD") or REPO / "build").resolve()
PROGRAM = Path(os.environ.get("VENVFIX") or BUILD / "venvfix").resolve()
WHEELHOUSE = BUILD / "wheelhouse"
UV = BUILD / "pytools/bin/uv"
VIRTUALENV = BUILD / "pytools/bin/virtualenv"
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
FULL = os.environ.get("VENVFIX_MATRIX") == "full"
ALL = FULL or os.environ.get("VENVFIX_ALL") == "1"
SANITIZED = bool(os.environ.get("VENVFIX_SANITIZED"))
SHARD, SHARDS = map(int, os.environ.get("VENVFIX_SHARD", "1/1").split("/"))
HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)

_held = []  # the lock of this run, open until the process ends


def _own(path):
    """Makes a directory that is ours and that others may enter."""
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    st = path.lstat()
    if not stat.S_ISDIR(st.st_mode) or st.st_uid != os.getuid():
        raise RuntimeError(f"{path} does not belong to this user")
    path.chmod(0o755)
    return path


def _area():
    base = os.environ.get("VENVFIX_E2E")
    base = Path(base) if base else Path(os.path.realpath(tempfile.gettempdir())) / f"vfe2e-{os.getuid()}"
    _own(base)
    for n in [SHARD - 1, *range(64)]:  # the same in every run, so that the environments that are kept serve again
        lock = open(base / f"lock{n}", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        _held.append(lock)
        return _own(base / str(n))
    raise RuntimeError(f"every place below {base} is in use")


AREA = _area()
TEMPLATES = _own(BUILD / "e2e-templates" / AREA.name) if BUILD.is_dir() else _own(AREA / "templates")
SCRATCH = _own(AREA / "s")  # emptied before each test
EMPTY_HOME = _own(AREA / "home")


def other_filesystem():
    """A directory on another file system than AREA, or None. Its name is AREA's alone: runs with other places are none of its."""
    name = f"vfe2e-{os.getuid()}-{hashlib.sha256(os.fsencode(AREA)).hexdigest()[:8]}"
    for base in ("/dev/shm", "/run/shm", str(BUILD), "/var/tmp"):
        try:
            if os.stat(base).st_dev != AREA.stat().st_dev and os.access(base, os.W_OK):
                return _own(Path(base) / name)
        except OSError:
            continue
    return None


def clean_environ(**more):
    """What every child gets: nothing of the caller's Python, pip, uv or shell settings; packages come from the wheelhouse only."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(EMPTY_HOME),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "TMPDIR": os.path.realpath(tempfile.gettempdir()),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(WHEELHOUSE),
        "UV_CACHE_DIR": str(AREA / "uv-cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(AREA / "virtualenv-data"),
        "VIRTUALENV_NO_DOWNLOAD": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_EMAIL": "somebody@example.org",
        "GIT_COMMITTER_NAME": "Somebody", "GIT_COMMITTER_EMAIL": "somebody@example.org",
    }
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(more)
    return env
