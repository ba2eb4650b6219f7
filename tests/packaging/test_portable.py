"""The pure unit tests where bytes are ordered, and words are as long, as they are not here."""
import os
import shutil

import pytest

from conftest import BUILD, ENVIRON, REPO, run


@pytest.mark.parametrize("arch, why", [("s390x", "big-endian"), ("i686", "32 bits")])
def test_pure_unit_tests(arch, why):
    if os.environ.get("CI", "").lower() not in ("1", "true", "yes") and not shutil.which(f"{arch}-linux-gnu-g++"):
        pytest.skip(f"there is no compiler for {arch}: run `make deps-package`")
    out = run("docs/packaging/portable.sh", arch, cwd=REPO, env={**ENVIRON, "BUILD": str(BUILD), "MAKEFLAGS": ""})
    assert out.count("passed  ") > 30
