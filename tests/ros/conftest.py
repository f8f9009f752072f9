"""The real suite on a ROS domain of its own, once for all tests of a module.

Never two suites at a time: they would make each other late.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from or_robot.bringup.guard import RUN_VARIABLE
from or_robot.config.link import LinkConfig
from or_robot.link.client import LinkClient
from or_robot.share import share
from tests.ros.observer import Observer
from tests.ros.suite import START_S, Suite


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.ros)


@pytest.fixture(scope="session")
def domain() -> int:
    """Not the one of any suite that a person may have started here."""
    return 110 + os.getpid() % 100


@pytest.fixture(scope="session", autouse=True)
def loopback(domain: int) -> None:
    """The tests' own participants speak as the suite does."""
    assert RUN_VARIABLE not in os.environ
    os.environ.setdefault("FASTRTPS_DEFAULT_PROFILES_FILE", str(share("launch", "fastdds.xml")))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, domain: int) -> Iterator[Suite]:
    """Without a panel: the tests are the stop station."""
    home = tmp_path_factory.mktemp("home")
    suite = Suite(home, ("--no-panel",), domain)
    try:
        suite.await_line("listening on")
        yield suite
        assert suite.end() == 0, "\n".join(suite.lines)
        assert suite.members() == []
    finally:
        suite.kill()


@pytest.fixture(scope="module")
def station(suite: Suite) -> Iterator[LinkClient]:
    """The panel's side of the link, with the panel's key."""
    config = LinkConfig(port=suite.link_port, keys_folder=suite.home / "keys")
    with LinkClient(config, "panel-OR-1") as client:
        yield client


@pytest.fixture(scope="module")
def observer(suite: Suite, station: LinkClient) -> Iterator[Observer]:
    observer = Observer(suite.domain)
    try:
        observer.wait(
            "ready robot", lambda seen: seen["safety"].mode == seen["safety"].MODE_READY, START_S
        )
        yield observer
    finally:
        observer.close()
