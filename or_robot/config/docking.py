"""Settings of docking by marker."""

from __future__ import annotations

import math
from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting
from or_robot.geometry.pose import Pose2D
from or_robot.types.docking import DockMark

DOCK_TYPES = {
    "charger": DockMark(0, Pose2D(0.648, 0.0, 0.0)),
    "instrument_cart": DockMark(1, Pose2D(0.50, 0.0, math.pi)),
}
"""Things to dock at that may stand anywhere: their marker, and where base_link stands by it."""


@dataclass(frozen=True)
class DockingConfig(CheckedConfig):
    tolerance: float = setting(0.015, unit="m", low=0.005, high=0.1, doc="of the docked position")
    tolerance_yaw: float = setting(0.025, unit="rad", low=0.005, high=0.2, doc="of the heading")
    speed: float = setting(0.15, unit="m/s", low=0.02, high=0.4, doc="while driving in")
    yaw_rate: float = setting(0.5, unit="rad/s", low=0.05, high=1.5, doc="while driving in")
    braking: float = setting(0.08, unit="m/s²", low=0.02, high=1.0, doc="towards the dock")
    gain_goal: float = setting(2.0, unit="", low=0.5, high=10.0, doc="k1: how far it swings out")
    gain_heading: float = setting(4.0, unit="", low=0.5, high=20.0, doc="k2: how fast it turns")
    slow_in_curves: float = setting(
        0.2, unit="m²", low=0.0, high=5.0, doc="speed against curvature"
    )
    run_up: float = setting(0.7, unit="m", low=0.2, high=2.0, doc="backs out so far to try again")
    attempts: int = setting(3, unit="", low=1, high=10, doc="tries before it gives up")
    marker_max_age: float = setting(0.8, unit="s", low=0.05, high=2.0, doc="older: stands")
    staging: float = setting(
        1.4, unit="m", low=0.6, high=3.0, doc="before the marker, from where it is looked at"
    )
    look_s: float = setting(8.0, unit="s", low=1.0, high=60.0, doc="looking for it in one try")
    sights: int = setting(5, unit="", low=1, high=50, doc="of the marker before it drives in")
    sure: float = setting(
        0.006, unit="m", low=0.001, high=0.05, doc="sigma of the dock's place before it drives in"
    )
    sure_yaw: float = setting(
        0.007, unit="rad", low=0.001, high=0.1, doc="sigma of its heading before it drives in"
    )
    plausible: float = setting(
        0.4, unit="m", low=0.05, high=3.0, doc="dock off where it should be, at most"
    )
    plausible_yaw: float = setting(
        0.35, unit="rad", low=0.05, high=1.5, doc="dock askew to how it should be, at most"
    )
    blind_from: float = setting(
        0.6, unit="m", low=0.0, high=1.5, doc="so near no more sight of the marker is needed"
    )
    patience: float = setting(10.0, unit="s", low=1.0, high=120.0, doc="held up in one try")
