"""Settings of people tracking."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting
from or_robot.types.perception import MarkerKind


@dataclass(frozen=True)
class PeopleConfig(CheckedConfig):
    max_range: float = setting(9.0, unit="m", low=1.0, high=30.0, doc="people are sought within")
    map_distance: float = setting(
        0.12, unit="m", low=0.0, high=1.0, doc="nearer belongs to the map"
    )
    leg_width_max: float = setting(0.30, unit="m", low=0.05, high=1.0, doc="wider is both legs")
    body_width_max: float = setting(0.70, unit="m", low=0.1, high=1.5, doc="wider is no person")
    pair_distance: float = setting(0.75, unit="m", low=0.1, high=1.5, doc="legs of one person")
    gate: float = setting(0.75, unit="m", low=0.1, high=3.0, doc="leg to person")
    gate_sigmas: float = setting(3.5, unit="", low=1.0, high=10.0, doc="leg to person")
    acceleration: float = setting(2.0, unit="m/s²", low=0.1, high=10.0, doc="of people, one sigma")
    detection_sigma: float = setting(0.08, unit="m", low=0.01, high=0.5, doc="of both legs' middle")
    leg_sigma: float = setting(0.18, unit="m", low=0.01, high=0.5, doc="of a leg off the middle")
    birth_score: float = setting(-0.5, unit="", low=-10.0, high=10.0, doc="log-odds of a first leg")
    confirm_hits: int = setting(3, unit="", low=1, high=20, doc="scans until it is a person")
    confirm_evidence: float = setting(
        1.5, unit="", low=-10.0, high=20.0, doc="summed log-odds until it is a person"
    )
    evidence_step: float = setting(1.5, unit="", low=0.1, high=5.0, doc="log-odds a scan, at most")
    evidence_max: float = setting(12.0, unit="", low=1.0, high=50.0, doc="summed log-odds, at most")
    drop_evidence: float = setting(
        -3.0, unit="", low=-20.0, high=0.0, doc="summed log-odds from which it is nobody"
    )
    person_space: float = setting(0.45, unit="m", low=0.1, high=1.5, doc="nobody new so near")
    drop_after: float = setting(0.45, unit="s", low=0.1, high=10.0, doc="place seen empty: gone")
    hidden_keep: float = setting(2.0, unit="s", low=0.1, high=10.0, doc="hidden for so long: gone")
    return_after: float = setting(
        3.0, unit="s", low=0.0, high=30.0, doc="unseen for longer, who comes back is new"
    )
    return_distance: float = setting(
        0.6, unit="m", low=0.0, high=3.0, doc="beyond what a walk explains, still the same"
    )
    walk: float = setting(0.8, unit="m/s", low=0.0, high=3.0, doc="of somebody out of sight")
    forget_after: float = setting(
        0.25, unit="s", low=0.05, high=5.0, doc="the same of somebody not yet confirmed"
    )
    person_radius: float = setting(0.30, unit="m", low=0.1, high=1.0, doc="body of a person")


@dataclass(frozen=True)
class MarkerConfig(CheckedConfig):
    corner_sigma: float = setting(0.25, unit="px", low=0.01, high=5.0, doc="of a found corner")
    corner_error: float = setting(1.5, unit="px", low=0.1, high=10.0, doc="off a square, at most")
    depth_scale_sigma: float = setting(
        0.005, unit="", low=0.0001, high=0.1, doc="common relative error of depth"
    )
    depth_disagreement: float = setting(
        0.06, unit="", low=0.005, high=0.5, doc="distance by corners against depth, at most"
    )
    tilt_disagreement_deg: float = setting(
        25.0, unit="°", low=1.0, high=80.0, doc="tilt by corners against depth, at most"
    )
    ambiguity: float = setting(
        2.5, unit="", low=1.0, high=20.0, doc="error of the other tilt over that of this one"
    )
    nearest: float = setting(0.2, unit="m", low=0.05, high=2.0, doc="from the camera")
    farthest: float = setting(4.0, unit="m", low=0.5, high=20.0, doc="from the camera")
    upright_deg: float = setting(15.0, unit="°", low=1.0, high=180.0, doc="off upright, at most")


KNOWN_MARKERS = (
    MarkerKind(0, "dock", 0.18),
    MarkerKind(1, "instrument_cart", 0.18),
    MarkerKind(2, "tray", 0.12),
)
"""Identities of the wing's markers: what carries them, and how large they are printed."""
