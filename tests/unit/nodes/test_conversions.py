"""Round trips between our types and ROS messages."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy")

from rclpy.serialization import deserialize_message, serialize_message

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.nodes import conversions as c
from or_robot.nodes.sensor_conversions import mount_from_ros
from or_robot.nodes.truth import truth_from_ros, truth_to_ros
from or_robot.scenario.truth import (
    Contact,
    DoorTruth,
    GroundTruth,
    ObjectTruth,
    PersonTruth,
)
from or_robot.types.motion import (
    LaserScan,
    Odometry,
    Path,
    PoseEstimate,
    Track,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.site import OccupancyMap
from or_robot.types.tasks import Task, TaskKind, TaskQueue, TaskRequest, TaskState

metres = st.floats(-1e4, 1e4)
stamps = st.floats(0.0, 2e9)
single = st.floats(-100, 100, width=32)
poses = st.builds(Pose2D, metres, metres, st.floats(-3.14, 3.14))
twists = st.builds(Twist2D, metres, metres)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def over_the_wire(message):  # type: ignore[no-untyped-def]
    """As another process gets it."""
    return deserialize_message(serialize_message(message), type(message))


def same_pose(a: Pose2D, b: Pose2D) -> bool:
    return (a.x, a.y) == (b.x, b.y) and math.isclose(a.yaw, b.yaw, abs_tol=1e-9)


@given(stamps)
def test_time(stamp_s: float) -> None:
    assert c.time_from_ros(over_the_wire(c.time_to_ros(stamp_s))) == pytest.approx(
        stamp_s, abs=1e-6
    )


@given(poses, stamps)
def test_pose_and_transform(pose: Pose2D, stamp_s: float) -> None:
    assert same_pose(c.pose_from_ros(over_the_wire(c.pose_to_ros(pose))), pose)
    message = over_the_wire(c.transform_to_ros(pose, stamp_s, "map", "odom"))
    assert same_pose(mount_from_ros(message).planar(), pose)
    assert (message.header.frame_id, message.child_frame_id) == ("map", "odom")


@given(st.lists(st.floats(0, 30, width=32) | st.just(math.inf) | st.just(math.nan), min_size=1))
def test_scan(ranges: list[float]) -> None:
    mount = Pose2D(0.2, 0.0, 0.1)
    scan = LaserScan(3.5, -1.5, 0.25, 0.0625, 25.0, np.array(ranges, np.float32), mount)
    back = c.scan_from_ros(over_the_wire(c.scan_to_ros(scan, "lidar_link", 0.1)), mount)
    np.testing.assert_array_equal(back.ranges, scan.ranges)
    assert (back.stamp_s, back.angle_min, back.angle_increment) == (3.5, -1.5, 0.25)
    assert (back.range_min, back.range_max, back.mount) == (0.0625, 25.0, mount)


@given(poses, twists)
def test_odometry_and_command(pose: Pose2D, twist: Twist2D) -> None:
    back = c.odometry_from_ros(
        over_the_wire(c.odometry_to_ros(Odometry(2.5, pose, twist), "odom", "base_link"))
    )
    assert same_pose(back.pose, pose)
    assert (back.stamp_s, back.twist) == (2.5, twist)
    command = VelocityCommand(2.5, twist)
    assert c.command_from_ros(over_the_wire(c.command_to_ros(command, "base_link"))) == command


@given(poses, st.lists(st.floats(0, 10), min_size=9, max_size=9), st.booleans())
def test_estimate(pose: Pose2D, covariance: list[float], lost: bool) -> None:
    estimate = PoseEstimate(1.5, pose, np.reshape(covariance, (3, 3)), lost)
    back = c.estimate_from_ros(over_the_wire(c.estimate_to_ros(estimate, "map")))
    assert same_pose(back.pose, pose)
    assert back.lost is lost
    if not lost:
        np.testing.assert_array_equal(back.covariance, estimate.covariance)


def test_an_estimate_that_is_no_number_is_lost() -> None:
    estimate = PoseEstimate(1.5, Pose2D(0, 0, 0), np.full((3, 3), math.nan), False)
    assert c.estimate_from_ros(c.estimate_to_ros(estimate, "map")).lost


@given(st.lists(st.tuples(metres, metres, st.floats(-3.1, 3.1)), max_size=5))
def test_path(rows: list[tuple[float, float, float]]) -> None:
    path = Path(4.5, np.array(rows, dtype=np.float64).reshape(-1, 3))
    back = c.path_from_ros(over_the_wire(c.path_to_ros(path, "map")))
    np.testing.assert_allclose(back.poses, path.poses, atol=1e-9)


@given(st.lists(st.tuples(metres, metres, metres, metres, single), max_size=3))
def test_tracks(rows: list[tuple[float, ...]]) -> None:
    tracks = tuple(
        Track(n, np.array([x, y]), np.array([vx, vy]), np.arange(16.0).reshape(4, 4), r, 0.5)
        for n, (x, y, vx, vy, r) in enumerate(rows)
    )
    back = c.tracks_from_ros(over_the_wire(c.tracks_to_ros(Tracks(0.5, tracks), "map")))
    assert len(back.tracks) == len(tracks)
    for a, b in zip(tracks, back.tracks, strict=True):
        assert (a.id, a.radius, a.confidence) == (b.id, b.radius, b.confidence)
        for name in ("position", "velocity", "covariance"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_map_keeps_rows_and_columns_apart() -> None:
    values = np.arange(-1, 11, dtype=np.int8).reshape(3, 4)
    back = c.map_from_ros(
        over_the_wire(c.map_to_ros(OccupancyMap(GridSpec(-1.0, 2.0, 0.5, 3, 4), values), 0, "map"))
    )
    assert back.spec == GridSpec(-1.0, 2.0, 0.5, 3, 4)
    np.testing.assert_array_equal(back.values, values)


@given(st.sampled_from(SafetyMode), texts, single, st.booleans(), st.booleans())
def test_safety_state(mode: SafetyMode, text: str, limit: float, a: bool, b: bool) -> None:
    state = SafetyState(1.5, mode, "code", text, limit, a, b)
    assert c.safety_state_from_ros(over_the_wire(c.safety_state_to_ros(state, "x"))) == state


@given(st.sampled_from(Phase))
def test_phase(phase: Phase) -> None:
    said = ProcedurePhase(1.7e9, "OR-1", phase)
    assert c.phase_from_ros(over_the_wire(c.phase_to_ros(said, 2.5))) == ProcedurePhase(
        2.5, "OR-1", phase
    )


@given(
    st.builds(TaskRequest, texts, st.sampled_from(TaskKind), texts, texts, texts, texts),
    st.sampled_from(TaskState),
    st.none() | st.floats(0, 100, width=32),
)
def test_task_and_queue(request: TaskRequest, state: TaskState, left: float | None) -> None:
    queue = TaskQueue(8.5, True, (Task(request, state, "on its way", 4.5, left, left),))
    assert c.queue_from_ros(over_the_wire(c.queue_to_ros(queue))) == queue


def test_ground_truth_loses_nothing() -> None:
    truth = GroundTruth(
        stamp_s=1.25,
        robot=Pose2D(1 / 3, -2.0, 0.1),
        twist=Twist2D(0.1, -0.2),
        people=(PersonTruth("nurse", Pose2D(1, 2, 3), 1.1, np.arange(9.0).reshape(3, 3) / 7),),
        contacts=(Contact(1.0, "cart", 0.3),),
        objects=(ObjectTruth("cart", Pose2D(0, 1, 2)),),
        doors=(DoorTruth("door", "OR-1", 0.5, 2, False),),
    )
    back = truth_from_ros(over_the_wire(truth_to_ros(truth)))
    np.testing.assert_array_equal(back.people[0].discs, truth.people[0].discs)
    same = dataclasses.replace(back.people[0], discs=truth.people[0].discs)
    assert dataclasses.replace(back, people=(same,)) == dataclasses.replace(truth, people=(same,))
