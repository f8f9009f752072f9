"""Settings of what the robot sees with."""

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
    pair_distance: float = setting(0.9, unit="m", low=0.1, high=1.5, doc="legs of one person")
    gate: float = setting(0.75, unit="m", low=0.1, high=3.0, doc="leg to person")
    gate_sigmas: float = setting(2.5, unit="", low=1.0, high=10.0, doc="leg to person")
    same_leg: float = setting(
        6.0, unit="", low=0.0, high=50.0, doc="gain in cost of a leg that continues the person's"
    )
    acceleration: float = setting(3.0, unit="m/s²", low=0.1, high=10.0, doc="of people, one sigma")
    detection_sigma: float = setting(0.08, unit="m", low=0.01, high=0.5, doc="of both legs' middle")
    leg_sigma: float = setting(0.18, unit="m", low=0.01, high=0.5, doc="of a leg off the middle")
    stride_time: float = setting(
        0.1, unit="s", low=0.0, high=1.0, doc="times speed: the same ahead and behind of who walks"
    )
    birth_score: float = setting(-0.5, unit="", low=-10.0, high=10.0, doc="log-odds of a first leg")
    confirm_hits: int = setting(3, unit="", low=1, high=20, doc="scans until it is a person")
    confirm_evidence: float = setting(
        1.5, unit="", low=-10.0, high=20.0, doc="summed log-odds until it is a person"
    )
    evidence_step: float = setting(1.5, unit="", low=0.1, high=5.0, doc="log-odds a scan, at most")
    faint_doubt: float = setting(
        0.1, unit="", low=0.0, high=5.0, doc="log-odds lost a scan that shows one or two beams"
    )
    evidence_max: float = setting(12.0, unit="", low=1.0, high=50.0, doc="summed log-odds, at most")
    near_range: float = setting(
        1.2, unit="m", low=0.0, high=5.0, doc="from the lidar, nearer a person is not unlearned"
    )
    drop_evidence: float = setting(
        -3.0, unit="", low=-20.0, high=0.0, doc="summed log-odds from which it is nobody"
    )
    person_space: float = setting(0.45, unit="m", low=0.1, high=1.5, doc="nobody new so near")
    drop_after: float = setting(0.65, unit="s", low=0.1, high=10.0, doc="place seen empty: gone")
    hidden_keep: float = setting(1.0, unit="s", low=0.1, high=10.0, doc="hidden for so long: gone")
    return_after: float = setting(
        3.0, unit="s", low=0.0, high=30.0, doc="unseen for longer, who comes back is new"
    )
    stance: float = setting(
        0.6, unit="m", low=0.0, high=1.5, doc="two single feet may be one person's"
    )
    astray_after: float = setting(
        0.3, unit="s", low=0.0, high=1.0, doc="before a newcomer was seen, a track was still right"
    )
    astray_distance: float = setting(
        0.6, unit="m", low=0.0, high=2.0, doc="off the way of who then was led astray"
    )
    return_distance: float = setting(
        0.8, unit="m", low=0.1, high=3.0, doc="off the way somebody went on, still the same"
    )
    walk: float = setting(
        0.4, unit="m/s", low=0.0, high=3.0, doc="what that grows by while out of sight"
    )
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
    rate: float = setting(
        10.0, unit="Hz", low=0.1, high=30.0, doc="images searched for markers, at most"
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


@dataclass(frozen=True)
class DepthConfig(CheckedConfig):
    reach: float = setting(3.0, unit="m", low=0.5, high=10.0, doc="obstacles are sought within")
    robot_height: float = setting(
        1.15, unit="m", low=0.2, high=2.5, doc="what hangs higher is no obstacle"
    )
    low_height: float = setting(
        0.008, unit="m", low=0.002, high=0.1, doc="mean height from which a thing stands out"
    )
    noise_height: float = setting(
        0.0035, unit="", low=0.0, high=0.1, doc="the same for each m of depth"
    )
    cell: float = setting(0.05, unit="m", low=0.01, high=0.5, doc="side of a cell of the ground")
    cell_pixels: int = setting(6, unit="", low=1, high=500, doc="pixels that mark a cell")
    nearest: float = setting(0.3, unit="m", low=0.01, high=1.0, doc="nearer covers the camera")
    covered_share: float = setting(
        0.5, unit="", low=0.1, high=1.0, doc="of pixels too near: covered"
    )
    known_share: float = setting(
        0.35, unit="", low=0.01, high=1.0, doc="of pixels with depth, at least"
    )
    below_share: float = setting(
        0.10, unit="", low=0.01, high=1.0, doc="of pixels below the floor, at most"
    )
    floor_band: float = setting(
        0.06, unit="m", low=0.01, high=0.3, doc="floor is sought this near where it must be"
    )
    floor_tilt: float = setting(
        0.05, unit="", low=0.005, high=0.3, doc="slope of the floor seen, at most"
    )
    floor_pixels: int = setting(150, unit="", low=10, high=10000, doc="that make a floor")
    wall_distance: float = setting(
        1.6, unit="m", low=0.3, high=5.0, doc="a wall nearer may hide the floor"
    )
    map_slack: float = setting(0.15, unit="m", low=0.0, high=1.0, doc="nearer belongs to the map")
    walking: float = setting(0.25, unit="m/s", low=0.0, high=2.0, doc="who walks leaves no mark")
    person_clear: float = setting(0.5, unit="m", low=0.0, high=2.0, doc="around who walks")
    rate: float = setting(5.0, unit="Hz", low=0.5, high=30.0, doc="images looked at")
    keep_s: float = setting(45.0, unit="s", low=1.0, high=600.0, doc="kept out of view")
    hits: int = setting(2, unit="", low=1, high=20, doc="images until it counts")
    most_hits: int = setting(4, unit="", low=1, high=50, doc="images without it until it is gone")
    gone_margin: float = setting(
        0.10, unit="m", low=0.01, high=1.0, doc="depth so far behind: seen through"
    )


@dataclass(frozen=True)
class DoorConfig(CheckedConfig):
    reach: float = setting(7.0, unit="m", low=1.0, high=25.0, doc="doors are watched within")
    slack: float = setting(0.12, unit="m", low=0.02, high=0.5, doc="a beam so near hits the leaf")
    grazing: float = setting(
        0.15, unit="", low=0.01, high=1.0, doc="sine of beam and leaf, at least"
    )
    bins: int = setting(12, unit="", low=4, high=100, doc="parts that a leaf is looked at in")
    known_share: float = setting(0.6, unit="", low=0.1, high=1.0, doc="of the parts seen, at least")
    open_from: float = setting(0.85, unit="", low=0.5, high=1.0, doc="opening that counts as open")
    closed_to: float = setting(0.12, unit="", low=0.0, high=0.5, doc="the same as closed")
    motion: float = setting(0.05, unit="", low=0.0, high=0.5, doc="change that is motion")
    motion_s: float = setting(0.5, unit="s", low=0.05, high=5.0, doc="between two looks, at most")
    keep_s: float = setting(5.0, unit="s", low=0.1, high=60.0, doc="a look counts for so long")
