"""Settings of navigation as a whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from or_robot.config.control import ControllerConfig
from or_robot.config.costmap import CostmapConfig
from or_robot.config.docking import DockingConfig
from or_robot.config.localization import LocalizationConfig
from or_robot.config.planning import PlannerConfig
from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class NavigatorConfig(CheckedConfig):
    localization: LocalizationConfig = dataclasses.field(default_factory=LocalizationConfig)
    costmap: CostmapConfig = dataclasses.field(default_factory=CostmapConfig)
    planner: PlannerConfig = dataclasses.field(default_factory=PlannerConfig)
    controller: ControllerConfig = dataclasses.field(default_factory=ControllerConfig)
    docking: DockingConfig = dataclasses.field(default_factory=DockingConfig)
    seed: int = setting(1, unit="", low=0, high=2**31 - 1, doc="of all random draws")
    scan_max_age: float = setting(0.25, unit="s", low=0.05, high=5.0, doc="older: stop")
    odometry_max_age: float = setting(0.2, unit="s", low=0.05, high=5.0, doc="older: stop")
    pose_max_age: float = setting(0.3, unit="s", low=0.05, high=5.0, doc="older: stop")
    tracks_max_age: float = setting(0.5, unit="s", low=0.05, high=5.0, doc="older: not used")
    progress_distance: float = setting(0.15, unit="m", low=0.01, high=2.0, doc="counts as progress")
    progress_time: float = setting(6.0, unit="s", low=1.0, high=120.0, doc="without it: recovery")
    abort_after: float = setting(
        60.0, unit="s", low=5.0, high=3600.0, doc="without progress: abort"
    )
    person_patience: float = setting(30.0, unit="s", low=0.0, high=600.0, doc="wait for a person")
    door_patience: float = setting(60.0, unit="s", low=0.0, high=600.0, doc="wait at a shut door")
    via_radius: float = setting(
        0.4, unit="m", low=0.1, high=3.0, doc="an intermediate pose so near counts as passed"
    )
    door_ask_distance: float = setting(
        3.0, unit="m", low=1.0, high=10.0, doc="ahead on the path a door is asked to open"
    )
    door_ask_s: float = setting(
        3.0, unit="s", low=0.5, high=60.0, doc="a request for a door holds so long"
    )
    backup_distance: float = setting(0.3, unit="m", low=0.0, high=2.0, doc="of the recovery")
    backup_speed: float = setting(0.15, unit="m/s", low=0.02, high=0.5, doc="of the recovery")
    spin_speed: float = setting(0.5, unit="rad/s", low=0.05, high=2.0, doc="of the recovery")
