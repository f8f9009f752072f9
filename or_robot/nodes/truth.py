"""Ground truth in the types of the graph."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from std_msgs.msg import String

from or_robot.scenario.truth import GroundTruth
from or_robot.types.motion import Track, Tracks

BODY_RADIUS = 0.20
"""Torso of a simulated person, m."""


def people_tracks(truth: GroundTruth) -> Tracks:
    """Where people really are, as perfect tracks."""
    tracks = []
    for index, person in enumerate(truth.people):
        pose = person.pose
        heading = np.array([math.cos(pose.yaw), math.sin(pose.yaw)])
        tracks.append(
            Track(
                id=index,
                position=np.array([pose.x, pose.y]),
                velocity=person.speed * heading,
                covariance=np.zeros((4, 4)),
                radius=BODY_RADIUS,
                confidence=1.0,
            )
        )
    return Tracks(truth.stamp_s, tuple(tracks))


def truth_to_ros(truth: GroundTruth) -> String:
    """All of it, as JSON: no message of ROS has a place for it."""
    return String(data=msgspec.json.encode(truth, enc_hook=_to_lists).decode())


def truth_from_ros(message: String) -> GroundTruth:
    return msgspec.json.decode(message.data, type=GroundTruth, dec_hook=_to_array)


def _to_lists(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is no part of ground truth")


def _to_array(_kind: Any, value: Any) -> Any:
    return np.array(value, dtype=np.float64)
