"""The whole graph, with real processes: it drives, it stops, and it stops for every death.

One suite for all; each test leaves the robot standing ready at a station.
"""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from or_robot_interfaces.msg import SafetyState

from or_robot.errors import OrRobotError
from or_robot.link.client import LinkClient
from or_robot.link.payloads import Acknowledged, RoomRequest
from or_robot.nodes import names
from or_robot.nodes.conversions import (
    estimate_from_ros,
    phase_from_ros,
    pose_from_ros,
    pose_to_ros,
)
from or_robot.types.procedure import Phase
from or_robot.types.safety import SafetyState as SafetyStateType
from or_robot.world.site import load_site
from tests.ros.observer import PATIENCE_S, Observer, latched, moving, standing
from tests.ros.suite import Suite

STATIONS = load_site("operating_wing").stations
ASK = RoomRequest(actor="test", room="OR-1", why="test")
ids = itertools.count(1)

DRIVE_S = 240.0
LOOK_S = 1.0
OVERLOADS = 3
"""Stops by the watchdogs of a machine too busy for them that a test puts up with."""
BEATEN_S = 0.27
"""Zero command after the last valid input: 250 ms + one loop (docs/architecture.md)."""
CROWDED_S = 2.0
"""What a crowded machine may add on the way to this observer. The gate's own times are tested
exactly in tests/unit/safety."""


@pytest.fixture(autouse=True)
def robot_at_rest(observer: Observer, station: LinkClient) -> None:
    """Each test begins with a robot that stands ready, whatever became of the test before."""
    observer.wait("truth", lambda seen: "robot" in seen)
    if latched(observer.seen):
        recover(observer, station)
    observer.trigger(names.TASKS_CANCEL_ALL)
    observer.wait("standstill", standing)


def stopped_by(seen: dict[str, Any], mode: int) -> bool:
    return bool(seen["safety"].mode == mode and seen["command"].twist.linear.x == 0.0)


def drive(observer: Observer) -> None:
    """Get the robot moving between two stations that are far apart."""
    robot = observer.seen["robot"].pose.pose.position
    far = max(
        ("sterile_store", "recovery"),
        key=lambda n: abs(STATIONS[n].pose.x - robot.x) + abs(STATIONS[n].pose.y - robot.y),
    )
    observer.deliver(f"drive-{next(ids)}", far, "dock")
    observer.wait("motion", moving)


def recover(observer: Observer, station: LinkClient) -> None:
    """What a person does after a stop: reset, then resume."""
    reset(observer, station)
    resume(observer, station)
    observer.sees(lambda seen: not latched(seen), LOOK_S)  # the state follows the answer


def reset(observer: Observer, station: LinkClient) -> None:
    insist(observer, lambda: station.request("safety.reset", ASK, reply=SafetyStateType))
    observer.wait("reset", lambda seen: not seen["safety"].reset_required)


def resume(observer: Observer, station: LinkClient) -> None:
    insist(observer, lambda: station.request("task.resume", ASK, reply=Acknowledged))


def go_on(observer: Observer, station: LinkClient) -> None:
    """Motion again after a resume."""
    for _ in range(OVERLOADS):
        if observer.sees(lambda seen: moving(seen) or latched_by_watchdog(seen), PATIENCE_S):
            if moving(observer.seen):
                return
            recover(observer, station)
    observer.wait("motion again", moving)


def arrive(observer: Observer, station: LinkClient, handle: Any) -> Any:
    """Result of an errand."""
    outcome = observer.ask(handle.get_result_async)
    end_s, overloads = time.monotonic() + DRIVE_S, 0
    while not outcome.done() and time.monotonic() < end_s:
        if observer.sees(latched_by_watchdog, LOOK_S):
            overloads += 1
            assert overloads <= OVERLOADS, observer.seen["safety"].reason
            recover(observer, station)
    assert outcome.done(), f"not arrived; {observer.seen['tasks'].tasks[:1]}"
    return outcome.result()


def latched_by_watchdog(seen: dict[str, Any]) -> bool:
    return latched(seen) and seen["safety"].reason_code.endswith(("_stale", "_late"))


def insist(observer: Observer, ask: Callable[[], object]) -> None:
    """Ask again while refused: a process that was killed needs its time to come back."""
    end_s = time.monotonic() + 60.0
    while True:
        try:
            ask()
            return
        except OrRobotError as error:
            assert time.monotonic() < end_s, error
            observer.wait("next state", changed_from(observer.seen["safety"]))


def changed_from(before: SafetyState) -> Any:
    return lambda seen: seen["safety"] is not before


def test_each_topic_has_one_publisher_and_cmd_vel_only_the_gate(observer: Observer) -> None:
    owners = {
        names.COMMAND: "safety",
        names.COMMAND_RAW: "navigation",
        names.SCAN: "simulation",
        names.ODOMETRY: "simulation",
        names.PEOPLE: "perception",
        names.DOORS: "perception",
        names.CAMERA_BLIND: "perception",
        names.POSE: "navigation",
        names.DOOR_REQUESTS: "navigation",
        names.MAP_TOPIC: "navigation",
        names.SAFETY_STATE: "safety",
        names.TASK_QUEUE: "tasks",
        names.STOP_REQUEST: "gateway",
        **{names.heartbeat(p): p for p in ("navigation", "perception", "tasks", "gateway")},
    }
    wanted = {topic: [owner] for topic, owner in owners.items()}

    def found() -> dict[str, list[str]]:
        """As far as discovered: nodes are known by name a moment after their publishers."""
        publishers = observer.node.get_publishers_info_by_topic
        return {topic: [info.node_name for info in publishers(topic)] for topic in owners}

    observer.wait("publisher each", lambda _: found() == wanted, 10.0)


def test_stop_robot_stops_at_once_latches_and_needs_reset_and_resume(
    observer: Observer, station: LinkClient
) -> None:
    drive(observer)
    pressed_s = time.monotonic()
    station.stop("test", room="OR-1")
    observer.wait("stop", lambda seen: stopped_by(seen, SafetyState.MODE_STOPPED_BY_PERSON))
    assert observer.first_zero_after(pressed_s) - pressed_s < 0.1 + CROWDED_S
    observer.wait("standstill", standing)
    observer.wait("paused task", lambda seen: seen["tasks"].tasks[0].state == "paused")
    reset(observer, station)
    assert observer.seen["safety"].resume_required
    assert stopped_by(observer.seen, SafetyState.MODE_READY)
    resume(observer, station)
    go_on(observer, station)


@pytest.mark.parametrize("process", ["navigation", "perception", "tasks", "gateway"])
def test_death_of_a_process_while_driving_stops_until_a_person_resumes(
    suite: Suite, observer: Observer, station: LinkClient, process: str
) -> None:
    drive(observer)
    suite.part(f"or_robot.nodes.{process}").kill()
    killed_s = time.monotonic()
    observer.wait("fault", lambda seen: stopped_by(seen, SafetyState.MODE_FAULT))
    allowed_s = 1.02 if process == "gateway" else BEATEN_S
    assert observer.first_zero_after(killed_s) - killed_s < allowed_s + CROWDED_S
    # Killed in the middle of a write to shared memory it holds up whoever writes there next for a
    # second (DDS' health check of the port). When that is the gate, the base stops by itself, and
    # the gate then finds all that it hears stale, the clock before anything else.
    assert observer.seen["safety"].reason_code in (f"{process}_stale", "clock_stale")
    observer.wait("standstill", standing)
    reset(observer, station)
    assert stopped_by(observer.seen, SafetyState.MODE_READY)
    resume(observer, station)
    go_on(observer, station)


def test_death_of_the_gate_stops_the_base_and_its_return_moves_nothing(
    suite: Suite, observer: Observer, station: LinkClient
) -> None:
    drive(observer)
    suite.part("or_robot.nodes.safety").kill()
    observer.wait("standstill", standing, 5.0)
    observer.wait("a new gate", lambda seen: seen["safety"].mode == SafetyState.MODE_READY)
    observer.wait("paused task", lambda seen: seen["tasks"].tasks[0].state == "paused")
    assert standing(observer.seen)
    resume(observer, station)
    go_on(observer, station)


def test_death_of_the_information_process_leaves_the_robot_driving_and_stoppable(
    suite: Suite, observer: Observer, station: LinkClient
) -> None:
    drive(observer)
    suite.part("or_robot.info").kill()
    observer.wait("the loss of information", lambda _: not station.connected)
    observer.wait("still motion", moving)
    assert not observer.seen["safety"].reset_required
    station.stop("test", room="OR-1")
    observer.wait("stop", lambda seen: stopped_by(seen, SafetyState.MODE_STOPPED_BY_PERSON))
    recover(observer, station)
    go_on(observer, station)


def test_death_of_the_stop_desk_stops_because_no_stop_could_arrive(
    suite: Suite, observer: Observer, station: LinkClient
) -> None:
    drive(observer)
    suite.part("or_robot.link").kill()
    observer.wait("fault", lambda seen: seen["safety"].reason_code == "gateway_stale")
    observer.wait("standstill", standing)
    recover(observer, station)
    go_on(observer, station)


def test_death_of_the_base_is_a_fault_and_the_robot_finds_itself_but_waits_for_a_person(
    suite: Suite, observer: Observer, station: LinkClient
) -> None:
    drive(observer)
    suite.part("or_robot.nodes.simulation").kill()
    observer.wait("fault", lambda seen: stopped_by(seen, SafetyState.MODE_FAULT))
    observer.wait("lost robot", lambda seen: estimate_from_ros(seen["estimate"]).lost)
    observer.wait("standstill in the new simulation", standing)
    observer.wait("found itself", lambda seen: not estimate_from_ros(seen["estimate"]).lost)
    assert stopped_by(observer.seen, SafetyState.MODE_FAULT)
    place = observer.node.create_publisher(
        PoseWithCovarianceStamped, names.INITIAL_POSE, names.EVENT
    )
    observer.wait("listener", lambda _: place.get_subscription_count() > 0)
    message = PoseWithCovarianceStamped()
    message.header.frame_id = names.MAP
    message.pose.pose = pose_to_ros(STATIONS["dock"].pose)
    place.publish(message)
    recover(observer, station)
    go_on(observer, station)


def test_a_phase_set_by_command_reaches_the_robot(suite: Suite, observer: Observer) -> None:
    command = [sys.executable, "-c", "from or_robot.cli.main import main; main()"]
    home = os.environ | {"OR_ROBOT_HOME": str(suite.home)}
    subprocess.run([*command, "info", "phase", "OR-1", "set_up"], env=home, check=True)
    listeners = observer.node.get_subscriptions_info_by_topic
    assert {"safety", "navigation"} <= {info.node_name for info in listeners(names.PHASE)}

    def heard(seen: dict[str, Any]) -> bool:
        phase = phase_from_ros(seen["phase"])
        return (phase.room, phase.phase) == ("OR-1", Phase.SET_UP)

    observer.wait("the phase", heard)


def test_a_delivery_is_done_and_ends_where_it_should(
    observer: Observer, station: LinkClient
) -> None:
    handle = observer.deliver(f"deliver-{next(ids)}", "", "recovery")
    outcome = arrive(observer, station, handle)
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED, outcome.result.error_msg
    position = observer.seen["robot"].pose.pose.position
    goal = STATIONS["recovery"].pose
    assert abs(position.x - goal.x) < 0.15
    assert abs(position.y - goal.y) < 0.15
    assert observer.seen["contacts"].data == 0


def test_it_docks_by_the_marker_that_perception_sees(
    observer: Observer, station: LinkClient
) -> None:
    handle = observer.deliver(f"dock-{next(ids)}", "", "dock")
    outcome = arrive(observer, station, handle)
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED, outcome.result.error_msg
    assert outcome.result.error_msg == "Done"
    observer.wait("standstill", standing)
    robot = pose_from_ros(observer.seen["robot"].pose.pose)
    off = STATIONS["dock"].pose.inverse().compose(robot)
    assert math.hypot(off.x, off.y) <= 0.02
    assert abs(math.degrees(off.yaw)) <= 1.8
    assert observer.seen["contacts"].data == 0


def test_a_door_on_request_opens_for_the_robot(observer: Observer, station: LinkClient) -> None:
    handle = observer.deliver(f"waste-{next(ids)}", "", "soiled_utility")
    outcome = arrive(observer, station, handle)
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED, outcome.result.error_msg
    assert observer.seen["contacts"].data == 0


def test_an_unknown_station_is_refused_by_name(observer: Observer) -> None:
    handle = observer.deliver(f"nowhere-{next(ids)}", "", "nowhere")
    outcome = observer.result(observer.ask(handle.get_result_async))
    assert outcome.status == GoalStatus.STATUS_ABORTED
    assert "nowhere" in outcome.result.error_msg
    assert "sterile_store" in outcome.result.error_msg


def test_without_a_stop_station_the_robot_stops(observer: Observer, station: LinkClient) -> None:
    """Last: closes the tests' own station."""
    drive(observer)
    station.close()
    observer.wait("stop", lambda seen: seen["safety"].reason_code == "gateway_stale")
    observer.wait("standstill", standing)
