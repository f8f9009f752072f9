"""Settings of the predictive controller."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class ControllerConfig(CheckedConfig):
    period: float = setting(0.05, unit="s", low=0.01, high=0.5, doc="of the control loop")
    step: float = setting(0.125, unit="s", low=0.02, high=0.5, doc="of the prediction")
    steps: int = setting(28, unit="", low=5, high=100, doc="of the prediction")
    samples: int = setting(160, unit="", low=50, high=5000, doc="rollouts a cycle")
    temperature: float = setting(0.15, unit="", low=0.001, high=10.0, doc="softness of the choice")
    speed_sigma: float = setting(0.25, unit="m/s", low=0.01, high=2.0, doc="spread of samples")
    yaw_rate_sigma: float = setting(0.5, unit="rad/s", low=0.01, high=4.0, doc="spread of samples")
    command_delay: float = setting(0.05, unit="s", low=0.0, high=0.5, doc="command to base")
    command_lag: float = setting(0.05, unit="s", low=0.0, high=1.0, doc="first-order, of the base")
    max_speed: float = setting(0.8, unit="m/s", low=0.05, high=2.0, doc="of navigation")
    clearance_hard: float = setting(0.06, unit="m", low=0.0, high=0.3, doc="footprint to obstacle")
    clearance_soft: float = setting(
        0.25, unit="m", low=0.0, high=2.0, doc="kept where there is room"
    )
    precision: float = setting(
        0.02, unit="s", low=0.001, high=1.0, doc="clearance wanted per speed, beside that for lag"
    )
    lookahead: float = setting(2.4, unit="m", low=0.3, high=10.0, doc="along the path")
    local_plan_distance: float = setting(
        0.5, unit="m", low=0.05, high=5.0, doc="driven between two local plans"
    )
    local_plan_time: float = setting(
        1.0, unit="s", low=0.05, high=10.0, doc="most between two local plans"
    )
    person_radius: float = setting(0.30, unit="m", low=0.1, high=1.0, doc="body of a person")
    person_distance: float = setting(0.7, unit="m", low=0.0, high=3.0, doc="kept from people")
    final_distance: float = setting(
        0.30, unit="m", low=0.05, high=1.0, doc="precise approach begins"
    )
    goal_tolerance: float = setting(0.03, unit="m", low=0.005, high=0.5, doc="position at the goal")
    goal_tolerance_yaw: float = setting(0.04, unit="rad", low=0.005, high=1.0, doc="heading there")
