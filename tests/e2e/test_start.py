"""What happens before the program does anything."""
import os
import subprocess
import sys

import place
import pytest


@pytest.mark.ordinary  # the sanitizers link everything
@pytest.mark.skipif(sys.platform != "linux", reason="asks the loader of Linux")
def test_starting_loads_no_archive_library():
    """libarchive brings a dozen libraries along, which would double the time to start (src/archive/lazy.c)."""
    p = subprocess.run([place.PROGRAM, "--version"], env={**place.clean_environ(), "LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True)
    assert p.returncode == 0 and "libpcre2" in p.stdout, p
    loaded = [os.path.basename(line.split()[0]) for line in p.stdout.splitlines() if line.strip()]
    assert not [name for name in loaded if name.startswith(("libarchive", "libxml2", "libicu", "libzstd"))]
