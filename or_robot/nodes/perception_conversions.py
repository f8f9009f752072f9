"""Between doors and markers as perception tells of them and their ROS messages."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseWithCovariance, Quaternion
from or_robot_interfaces.msg import DetectedMarker, DetectedMarkers
from or_robot_interfaces.msg import Door as DoorMsg
from or_robot_interfaces.msg import Doors as DoorsMsg

from or_robot.geometry.transform import Transform
from or_robot.nodes import names
from or_robot.nodes.conversions import (
    Malformed,
    expect_frame,
    header_to_ros,
    time_from_ros,
    time_to_ros,
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

DOOR_STATES = {
    DoorState.UNKNOWN: DoorMsg.UNKNOWN,
    DoorState.CLOSED: DoorMsg.CLOSED,
    DoorState.OPENING: DoorMsg.OPENING,
    DoorState.OPEN: DoorMsg.OPEN,
}
STATES = {number: state for state, number in DOOR_STATES.items()}
NO_SIDE = 0.0
"""m: the message does not carry how large a marker is."""


def doors_to_ros(doors: tuple[DoorSeen, ...], stamp_s: float, frame: str) -> DoorsMsg:
    return DoorsMsg(
        header=header_to_ros(stamp_s, frame),
        doors=[
            DoorMsg(
                name=door.name,
                state=DOOR_STATES[door.state],
                opening=door.opening,
                seen=time_to_ros(max(0.0, door.stamp_s)),
            )
            for door in doors
        ],
    )


def doors_from_ros(message: DoorsMsg) -> tuple[DoorSeen, ...]:
    """Malformed with a state that is none, or an opening that is no share."""
    for door in message.doors:
        if door.state not in STATES or not 0.0 <= door.opening <= 1.0:
            raise Malformed(f"door {door.name!r}: state {door.state}, opening {door.opening}")
    return tuple(
        DoorSeen(door.name, STATES[door.state], door.opening, time_from_ros(door.seen))
        for door in message.doors
    )


def markers_to_ros(markers: Markers, frame: str) -> DetectedMarkers:
    return DetectedMarkers(
        header=header_to_ros(markers.stamp_s, frame),
        markers=[_marker(marker) for marker in markers.markers],
        rejected_ids=[rejected.id for rejected in markers.rejected],
        rejected_reasons=[rejected.fault.value for rejected in markers.rejected],
    )


def _marker(marker: MarkerPose) -> DetectedMarker:
    x, y, z = marker.pose.position.tolist()
    qx, qy, qz, qw = marker.pose.quaternion().tolist()
    pose = Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))
    covariance = np.ascontiguousarray(marker.covariance, dtype=np.float64).ravel()
    return DetectedMarker(
        id=marker.kind.id,
        name=marker.kind.name,
        pose=PoseWithCovariance(pose=pose, covariance=covariance),
    )


def markers_from_ros(message: DetectedMarkers) -> Markers:
    """Poses in base_link. Malformed in another frame, and with what is no number."""
    expect_frame(message.header.frame_id, names.BASE)
    if len(message.rejected_ids) != len(message.rejected_reasons):
        raise Malformed("each rejected marker needs its reason")
    faults = {fault.value: fault for fault in MarkerFault}
    unknown = set(message.rejected_reasons) - faults.keys()
    if unknown:
        raise Malformed(f"markers rejected for {unknown}")
    return Markers(
        time_from_ros(message.header.stamp),
        tuple(_marker_from(marker) for marker in message.markers),
        tuple(
            MarkerRejected(number, faults[reason])
            for number, reason in zip(message.rejected_ids, message.rejected_reasons, strict=True)
        ),
    )


def _marker_from(message: DetectedMarker) -> MarkerPose:
    p, q = message.pose.pose.position, message.pose.pose.orientation
    covariance = np.asarray(message.pose.covariance, dtype=np.float64).reshape(6, 6)
    numbers = np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w])
    if not (np.isfinite(numbers).all() and np.isfinite(covariance).all()):
        raise Malformed(f"marker {message.id} is no number")
    if abs(np.linalg.norm(numbers[3:]) - 1.0) > 0.01:
        raise Malformed(f"marker {message.id} has no orientation")
    pose = Transform.from_quaternion(numbers[:3], numbers[3:])
    return MarkerPose(MarkerKind(message.id, message.name, NO_SIDE), pose, covariance)
