"""Settings of the errands."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class TasksConfig(CheckedConfig):
    handover_s: float = setting(5.0, unit="s", low=0.0, high=600.0, doc="dwell to load or unload")
    attempts: int = setting(3, unit="", low=1, high=20, doc="tries of one drive before it fails")
    retry_after: float = setting(5.0, unit="s", low=0.0, high=600.0, doc="between the tries")
    ended_shown: int = setting(10, unit="", low=0, high=1000, doc="ended tasks in the queue shown")
