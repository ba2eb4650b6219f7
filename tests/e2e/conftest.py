"""Fixtures shared by the end-to-end tests. place.py says what may be set from outside."""
import os
import shutil

import pytest

import envs
import place
from envs import Recipe

_store = envs.Store()
_ran = set()
# Seconds that a test of the file takes, roughly, with its share of making the environment; of others one.
COST = {"test_matrix.py": 9, "test_used.py": 8, "test_recreate.py": 7, "test_interrupt.py": 3, "test_other_writer.py": 4, "test_root.py": 4, "test_awkward_names.py": 3, "test_fix.py": 3}


def pytest_sessionstart(session):
    if os.path.realpath("/usr/bin/python3") != os.path.realpath(shutil.which("python3", path="/usr/bin")):
        raise pytest.UsageError("/usr/bin/python3 is missing")


def _wanted(item):
    """The recipes that a test names."""
    named = [m.args[0] for m in item.iter_markers("recipe")]
    return named + [v for v in getattr(getattr(item, "callspec", None), "params", {}).values() if isinstance(v, Recipe)]


def _in_both(item):
    """Has it the mark `both`, for these of its parameters?"""
    mark = item.get_closest_marker("both")
    ids = getattr(getattr(item, "callspec", None), "id", "")
    return mark is not None and (not mark.args or any(word in ids for word in mark.args))


def pytest_collection_modifyitems(config, items):
    """The part of this shard. Tests of one environment stay together, since each shard makes its own; so do those of one file that name
    none. The dearest groups go first, each to the shard that has least."""
    items[:] = [i for i in items if not i.get_closest_marker("ordinary" if place.SANITIZED else "sanitized")]
    if place.SANITIZED and not place.ALL:
        items[:] = [i for i in items if i.get_closest_marker("sanitized") or _in_both(i)]
    groups = {}
    for item in items:
        groups.setdefault(str((_wanted(item) or [item.location[0]])[0]), []).append(item)
    cost = {key: sum(COST.get(os.path.basename(i.location[0]), 1) for i in group) for key, group in groups.items()}
    loads = [0] * place.SHARDS
    mine = set()
    for key in sorted(groups, key=lambda k: (-cost[k], k)):
        shard = loads.index(min(loads))
        loads[shard] += cost[key]
        if shard == place.SHARD - 1:
            mine.update(groups[key])
    config.hook.pytest_deselected(items=[i for i in items if i not in mine])
    items[:] = [i for i in items if i in mine]


def pytest_collection_finish(session):
    """Begins to make the environments that the chosen tests want, in their order, while the first tests run."""
    if session.config.option.collectonly or not session.items:
        return
    envs.require_tools()
    if not os.access(place.PROGRAM, os.X_OK):
        pytest.exit(f"{place.PROGRAM} is missing: run `make` first, or set VENVFIX", returncode=3)
    for item in session.items:
        for recipe in _wanted(item):
            _store.want(recipe)


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitized: a test that needs what only the sanitized program has")
    config.addinivalue_line("markers", "both(words): the sanitized program, too, runs this in `make check`; with words only parameters that have one of them")
    config.addinivalue_line("markers", "ordinary: a test of what only the ordinary program has")
    config.addinivalue_line("markers", "recipe(recipe): the environment that the fixture `env` provides")


def pytest_sessionfinish(session):
    _store.close()


def pytest_terminal_summary(terminalreporter):
    have = ["Debian's " + envs._asks(envs.DEBIAN)[0]] if os.path.exists(envs.DEBIAN) else []
    have += [envs._asks(p)[0] for p in envs.interpreters().values()]
    missing = [v for v in envs.MINORS if v not in envs.interpreters()]
    terminalreporter.write_line("compared byte by byte and not run, for want of their shells: activate.nu, activate.xsh, activate.ps1, activate.bat")
    for what, why in envs.NOT_RUN:
        terminalreporter.write_line(f"not run: {what}: {why}")
    terminalreporter.write_line(f"environments of: {' '.join(sorted(_ran)) or 'none'}")
    terminalreporter.write_line(f"Pythons: {', '.join(have)}" + (f"; not found, looked at as fixtures: {', '.join(missing)}" if missing else ""))


@pytest.fixture(autouse=True)
def _empty_scratch():
    try:
        place.SCRATCH.rmdir()
    except OSError:
        envs.rmtree(place.SCRATCH)
    place.SCRATCH.mkdir()
    yield


@pytest.fixture
def scratch():
    """An empty directory with a short name, on the file system of the environments."""
    return place.SCRATCH


@pytest.fixture
def get():
    """Gives the environment of a recipe, untouched, at its place. `get(R)` again makes it untouched again."""
    used = []

    def get(recipe):
        _ran.add(recipe.maker)
        env = _store.get(recipe)
        used.append(env)
        return env
    yield get
    for env in used:
        _store.put_back(env.recipe)


@pytest.fixture
def env(get, request):
    """The environment that the mark `recipe` names; without one a small ordinary environment: Debian's venv with pip and six."""
    mark = request.node.get_closest_marker("recipe")
    return get(mark.args[0] if mark else SMALL)


@pytest.fixture
def other_fs():
    """An empty directory on another file system."""
    directory = place.other_filesystem()
    if directory is None:
        if place.CI:
            pytest.fail("no second file system that can be written to (/dev/shm), and CI=true")
        pytest.skip("no second file system that can be written to")
    yield directory
    envs.rmtree(directory)


SMALL = Recipe("debian", "pip", "six")
