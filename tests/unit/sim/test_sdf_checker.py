"""Debian's own SDFormat library finds our worlds and models valid."""

import os
import subprocess
import sys

import pytest
from set_up import system

from or_robot.share import share

LIBRARY = "libsdformat12.so.12"
CHECK = f"""
import ctypes, sys
check = ctypes.CDLL({LIBRARY!r}).cmdCheck  # what `ign sdf --check` calls
sys.exit(max(check(name.encode()) != 0 for name in sys.argv[1:]))
"""


def test_worlds_and_models_are_valid() -> None:
    if not all(package.present() for package in system.SDFORMAT):
        assert not system.debian_12(), "make setup-tests installs SDFormat"
        pytest.skip("no SDFormat 12: only Debian 12 has it")
    simulation = share("simulation")
    files = [*simulation.glob("worlds/*.sdf"), *simulation.glob("models/*/model.sdf")]
    found = subprocess.run(
        [sys.executable, "-c", CHECK, *map(str, files)],
        env={**os.environ, "SDF_PATH": str(simulation / "models")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("Valid.") == len(files)
