"""Ground truth in the types of the graph."""

from __future__ import annotations

import math

import numpy as np

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
