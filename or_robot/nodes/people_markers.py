"""Tracked people as RViz draws them: a body, an arrow to where they will be, a number."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point
from visualization_msgs.msg import Marker, MarkerArray

from or_robot.nodes.conversions import header_to_ros
from or_robot.perception.track import predicted
from or_robot.types.motion import Track, Tracks

BODY_HEIGHT = 1.7
AHEAD_S = 1.0
"""How far ahead the arrow predicts."""
KEPT = Duration(nanosec=400_000_000)
"""RViz forgets a marker after this: a ghost on the screen dies as one in the tracker does."""


def markers_to_ros(tracks: Tracks, frame: str) -> MarkerArray:
    return MarkerArray(
        markers=[m for track in tracks.tracks for m in _person(track, tracks.stamp_s, frame)]
    )


def _person(track: Track, stamp_s: float, frame: str) -> list[Marker]:
    body, arrow, label = (
        Marker(header=header_to_ros(stamp_s, frame), ns=ns, id=track.id, type=kind, lifetime=KEPT)
        for ns, kind in (
            ("body", Marker.CYLINDER),
            ("velocity", Marker.ARROW),
            ("id", Marker.TEXT_VIEW_FACING),
        )
    )
    x, y = track.position.tolist()
    for marker in (body, arrow, label):
        marker.color.r, marker.color.g, marker.color.b = 0.1, 0.6, 1.0
        marker.color.a = 0.3 + 0.6 * track.confidence
        marker.pose.orientation.w = 1.0
    body.pose.position = Point(x=x, y=y, z=BODY_HEIGHT / 2.0)
    body.scale.x = body.scale.y = 2.0 * track.radius
    body.scale.z = BODY_HEIGHT
    mean = np.concatenate((track.position, track.velocity))
    later, _ = predicted(mean, track.covariance, AHEAD_S, 0.0)
    arrow.points = [Point(x=x, y=y, z=1.0), Point(x=float(later[0]), y=float(later[1]), z=1.0)]
    arrow.scale.x, arrow.scale.y, arrow.scale.z = 0.06, 0.14, 0.0
    label.pose.position = Point(x=x, y=y, z=BODY_HEIGHT + 0.2)
    label.scale.z = 0.25
    label.text = str(track.id)
    return [body, arrow, label]
