"""Settings of the path planner."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class PlannerConfig(CheckedConfig):
    cost_weight: float = setting(3.0, unit="", low=0.0, high=100.0, doc="dearness of cost 252")
    blocked_from: int = setting(253, unit="", low=1, high=253, doc="cost never entered, and above")
    unknown_passable: int = setting(0, unit="", low=0, high=1, doc="1: may plan through unknown")
    start_slack: float = setting(0.4, unit="m", low=0.0, high=2.0, doc="way out of a blocked start")
    spacing: float = setting(0.05, unit="m", low=0.01, high=0.5, doc="between poses of the path")
    smoothing: int = setting(20, unit="", low=0, high=1000, doc="smoothing sweeps")
    replan_period: float = setting(1.0, unit="s", low=0.1, high=60.0, doc="path made anew so often")
    lane_offset: float = setting(
        0.3, unit="m", low=-1.0, high=1.0, doc="to the right in wide places; below 0: to the left"
    )
    lane_room: float = setting(
        0.9, unit="m", low=0.1, high=3.0, doc="left between such a path and walls"
    )
