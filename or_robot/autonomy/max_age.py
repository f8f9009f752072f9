"""How old each input of navigation may be: one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from or_robot.config.navigation import NavigatorConfig

FUTURE_S = 0.2
"""A stamp may be this much ahead of the clock: clocks of two processes are not read at once."""


@dataclass(frozen=True, slots=True)
class MaxAge:
    """One input; its limit is a setting."""

    setting: str
    """Field of NavigatorConfig, s."""
    needed: bool
    """Too old: the robot stands. Else it is only left out."""


INPUTS: Mapping[str, MaxAge] = {
    "scan": MaxAge("scan_max_age", needed=True),
    "odometry": MaxAge("odometry_max_age", needed=True),
    "pose": MaxAge("pose_max_age", needed=True),
    "tracks": MaxAge("tracks_max_age", needed=False),
}


def fresh(config: NavigatorConfig, name: str, stamp_s: float | None, t_s: float) -> bool:
    """Whether input `name`, stamped `stamp_s` (None: never came), may be used at `t_s`."""
    limit: float = getattr(config, INPUTS[name].setting)
    return stamp_s is not None and -FUTURE_S <= t_s - stamp_s <= limit


def stale_input(config: NavigatorConfig, stamps: Mapping[str, float | None], t_s: float) -> str:
    """Why the robot must stand: the first needed input that is missing or stale, or empty."""
    for name, row in INPUTS.items():
        stamp_s = stamps.get(name)
        if not row.needed or fresh(config, name, stamp_s, t_s):
            continue
        if stamp_s is None:
            return f"{name} is missing"
        ahead = stamp_s - t_s
        return f"{name} is stamped in the future" if ahead > FUTURE_S else f"{name} is stale"
    return ""
