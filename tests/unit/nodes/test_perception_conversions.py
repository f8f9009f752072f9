import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy")

from or_robot_interfaces.msg import Door as DoorMsg

from or_robot.geometry.transform import Transform
from or_robot.nodes import names
from or_robot.nodes.conversions import Malformed
from or_robot.nodes.perception_conversions import (
    doors_from_ros,
    doors_to_ros,
    markers_from_ros,
    markers_to_ros,
)
from or_robot.types.perception import (
    DoorSeen,
    DoorState,
    MarkerFault,
    MarkerKind,
    MarkerPose,
    MarkerRejected,
    Markers,
)

number = st.floats(-5.0, 5.0)
opening = st.floats(0.0, 1.0, width=32)


@given(st.lists(st.tuples(st.sampled_from(DoorState), opening)), st.floats(0.0, 1e6))
def test_doors_survive_the_way(rows: list[tuple[DoorState, float]], stamp_s: float) -> None:
    doors = tuple(DoorSeen(f"door_{n}", *row, stamp_s) for n, row in enumerate(rows))
    back = doors_from_ros(doors_to_ros(doors, stamp_s, names.MAP))
    assert [(d.name, d.state, d.opening) for d in back] == [
        (d.name, d.state, d.opening) for d in doors
    ]
    assert all(d.stamp_s == pytest.approx(stamp_s, abs=1e-6) for d in back)


@pytest.mark.parametrize("spoilt", [{"state": 9}, {"opening": math.nan}, {"opening": 1.5}])
def test_a_door_that_cannot_be_is_malformed(spoilt: dict[str, float]) -> None:
    message = doors_to_ros((), 0.0, names.MAP)
    message.doors = [DoorMsg(name="door", **spoilt)]
    with pytest.raises(Malformed):
        doors_from_ros(message)


@given(number, number, number, st.floats(-3.0, 3.0), st.sampled_from(MarkerFault))
def test_markers_survive_the_way(
    x: float, y: float, z: float, yaw: float, fault: MarkerFault
) -> None:
    pose = Transform.from_xyz_rpy(x, y, z, 0.2, -0.3, yaw)
    marker = MarkerPose(MarkerKind(3, "cart", 0.0), pose, np.arange(36.0).reshape(6, 6))
    told = Markers(1.5, (marker,), (MarkerRejected(7, fault),))
    back = markers_from_ros(markers_to_ros(told, names.BASE))
    assert back.rejected == told.rejected
    (found,) = back.markers
    assert found.kind == marker.kind
    assert found.pose.position == pytest.approx(pose.position)
    assert found.pose.rotation == pytest.approx(pose.rotation, abs=1e-9)
    assert np.array_equal(found.covariance, marker.covariance)


def spoil_frame(message):  # type: ignore[no-untyped-def]
    message.header.frame_id = names.MAP


def spoil_number(message):  # type: ignore[no-untyped-def]
    message.markers[0].pose.pose.position.x = math.nan


def spoil_turn(message):  # type: ignore[no-untyped-def]
    message.markers[0].pose.pose.orientation.w = 9.0


def spoil_count(message):  # type: ignore[no-untyped-def]
    message.rejected_ids = [1]


def spoil_reason(message):  # type: ignore[no-untyped-def]
    message.rejected_ids, message.rejected_reasons = [1], ["mood"]


@pytest.mark.parametrize(
    "spoil", [spoil_frame, spoil_number, spoil_turn, spoil_count, spoil_reason]
)
def test_markers_that_cannot_be_are_malformed(spoil) -> None:  # type: ignore[no-untyped-def]
    pose = MarkerPose(MarkerKind(0, "dock", 0.0), Transform.identity(), np.eye(6))
    message = markers_to_ros(Markers(0.0, (pose,), ()), names.BASE)
    spoil(message)
    with pytest.raises(Malformed):
        markers_from_ros(message)
