"""Settings of people tracking."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class PeopleConfig(CheckedConfig):
    max_range: float = setting(8.0, unit="m", low=1.0, high=30.0, doc="people are sought within")
    cluster_gap: float = setting(0.13, unit="m", low=0.02, high=1.0, doc="splits clusters")
    cluster_points: int = setting(3, unit="", low=2, high=50, doc="fewest points of a leg")
    map_distance: float = setting(
        0.15, unit="m", low=0.0, high=1.0, doc="nearer belongs to the map"
    )
    leg_width_min: float = setting(0.03, unit="m", low=0.0, high=0.5, doc="of a leg-like cluster")
    leg_width_max: float = setting(0.35, unit="m", low=0.05, high=1.0, doc="of a leg-like cluster")
    body_width_max: float = setting(0.65, unit="m", low=0.1, high=1.5, doc="both legs as one")
    pair_distance: float = setting(0.65, unit="m", low=0.1, high=1.5, doc="legs of one person")
    gate: float = setting(0.75, unit="m", low=0.1, high=3.0, doc="detection to track")
    acceleration: float = setting(1.5, unit="m/s²", low=0.1, high=10.0, doc="of people, one sigma")
    detection_sigma: float = setting(0.10, unit="m", low=0.01, high=0.5, doc="of a detection")
    confirm_hits: int = setting(3, unit="", low=1, high=20, doc="detections until it is a person")
    drop_after: float = setting(0.8, unit="s", low=0.1, high=10.0, doc="unseen for so long: gone")
    person_radius: float = setting(0.30, unit="m", low=0.1, high=1.0, doc="body of a person")
