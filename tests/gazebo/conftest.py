"""What Gazebo's tests need of the machine."""

import os

import pytest

from or_robot.bringup.guard import RUN_VARIABLE
from or_robot.share import share


@pytest.fixture(scope="session", autouse=True)
def loopback() -> None:
    """The tests' own participants speak as the suite does."""
    assert RUN_VARIABLE not in os.environ
    os.environ.setdefault("FASTRTPS_DEFAULT_PROFILES_FILE", str(share("launch", "fastdds.xml")))
