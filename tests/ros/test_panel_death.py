"""kill -9 of the panel while the robot drives: whether another stop station lives decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from or_robot.config.link import LinkConfig
from or_robot.link.client import LinkClient
from or_robot.link.keys import KeyFolder, new_allowed_key
from or_robot.link.topics import Role
from tests.ros.observer import Observer, moving, standing
from tests.ros.suite import START_S, Suite


@pytest.fixture
def whole_suite(tmp_path: Path, domain: int) -> Iterator[Suite]:
    suite = Suite(tmp_path, ("--port", "0"), domain + 2)
    try:
        suite.await_line("ready after")
        yield suite
        assert suite.end() == 0, "\n".join(suite.lines)
    finally:
        suite.kill()


@pytest.fixture
def bystander(whole_suite: Suite) -> Iterator[Observer]:
    observer = Observer(whole_suite.domain)
    yield observer
    observer.close()


@pytest.fixture
def other_room(whole_suite: Suite) -> LinkClient:
    """The stop station of OR-2, as its panel would be; the test closes it."""
    keys = whole_suite.home / "keys"
    new_allowed_key(KeyFolder(keys), "panel-OR-2", Role.PANEL, "OR-2")
    return LinkClient(LinkConfig(port=whole_suite.link_port, keys_folder=keys), "panel-OR-2")


def kill_panel(suite: Suite) -> None:
    panel = suite.part("or_robot.panel")
    family = [panel, *panel.children(recursive=True)]
    panel.kill()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive, "workers outlive their panel"


def test_the_robot_goes_on_while_another_stop_station_lives_and_only_then(
    whole_suite: Suite, bystander: Observer, other_room: LinkClient
) -> None:
    with other_room:
        bystander.wait("truth", lambda seen: standing(seen), START_S)
        bystander.wait("stop lane", lambda _: other_room.stop_ready)
        bystander.deliver("errand", "sterile_store", "or_1")
        bystander.wait("motion", moving)
        kill_panel(whole_suite)
        whole_suite.await_line("Listening at")
        bystander.wait("still motion", moving)
        assert not bystander.seen["safety"].reset_required
        bystander.wait("the new panel", lambda _: "panel-OR-1" in other_room.stop_stations)
    kill_panel(whole_suite)
    bystander.wait("fault", lambda seen: seen["safety"].reason_code == "gateway_stale")
    bystander.wait("standstill", standing)
    whole_suite.await_line("Listening at")
    assert bystander.seen["safety"].reset_required
    assert standing(bystander.seen)
