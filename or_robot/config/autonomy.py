"""Settings of the whole robot when it runs in one process."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from or_robot.config.navigation import NavigatorConfig
from or_robot.config.perception import DepthConfig, DoorConfig, MarkerConfig, PeopleConfig
from or_robot.config.safety import SafetyConfig
from or_robot.config.setting import CheckedConfig, setting
from or_robot.config.tasks import TasksConfig


@dataclass(frozen=True)
class AutonomyConfig(CheckedConfig):
    navigator: NavigatorConfig = dataclasses.field(default_factory=NavigatorConfig)
    people: PeopleConfig = dataclasses.field(default_factory=PeopleConfig)
    depth: DepthConfig = dataclasses.field(default_factory=DepthConfig)
    markers: MarkerConfig = dataclasses.field(default_factory=MarkerConfig)
    doors: DoorConfig = dataclasses.field(default_factory=DoorConfig)
    safety: SafetyConfig = dataclasses.field(default_factory=SafetyConfig)
    tasks: TasksConfig = dataclasses.field(default_factory=TasksConfig)
    navigation_rate: float = setting(20.0, unit="Hz", low=5.0, high=100.0, doc="of the navigator")
    tasks_rate: float = setting(10.0, unit="Hz", low=1.0, high=50.0, doc="of the task runner")
