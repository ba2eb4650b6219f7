"""The pure unit tests where bytes are ordered, and words are as long, as they are not here."""
import os
import shutil

import pytest

from conftest import BUILD, ENVIRON, REPO, run


@pytest.mark.parametrize("arch, triple", [("s390x", "s390x-linux-gnu"), ("armv7l", "arm-linux-gnueabihf")], ids=["big-endian", "32-bits"])
def test_pure_unit_tests(arch, triple):
    if os.environ.get("CI", "").lower() not in ("1", "true", "yes") and not shutil.which(f"{triple}-g++"):
        pytest.skip(f"there is no compiler for {arch}: run `make deps-package`")
    out = run("docs/packaging/portable.sh", arch, cwd=REPO, env={**ENVIRON, "BUILD": str(BUILD), "MAKEFLAGS": ""})
    assert out.count("passed  ") > 30
