"""What the simulator assumes that no SDF element says."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class SimConfig(CheckedConfig):
    """Figures of a hospital courier of this class; noise is drawn from the run's seed."""

    substeps: int = setting(2, unit="", low=1, high=20, doc="physics steps in one 10 ms tick")
    command_timeout: float = setting(
        0.25, unit="s", low=0.05, high=1.0, doc="the base stops by itself this long after a command"
    )
    wheel_armature: float = setting(
        0.1, unit="kg m²", low=0.0, high=10.0, doc="inertia of rotor and gear, seen at the wheel"
    )
    wheel_gain: float = setting(
        20.0, unit="N m s", low=1.0, high=500.0, doc="wheel servo: torque per error in wheel speed"
    )
    wheel_torque: float = setting(30.0, unit="N m", low=1.0, high=500.0, doc="largest, each wheel")
    wheel_radius_sigma: float = setting(
        0.003, unit="", low=0.0, high=0.1, doc="relative error of each wheel's radius, fixed a run"
    )
    wheel_slip_sigma: float = setting(
        0.004, unit="√m", low=0.0, high=0.1, doc="random error of a wheel's way, per √m rolled"
    )
    depth_sigma: float = setting(
        0.002, unit="1/m", low=0.0, high=0.1, doc="random error of a depth, per square of it"
    )
    camera_samples: int = setting(
        0, unit="", low=0, high=8, doc="a pixel; 4 smooth the edges in three times the time"
    )
    battery_capacity: float = setting(600.0, unit="W h", low=10.0, high=5000.0, doc="when full")
    battery_start: float = setting(0.9, unit="", low=0.0, high=1.0, doc="state of charge at start")
    idle_power: float = setting(60.0, unit="W", low=0.0, high=1000.0, doc="computer and sensors")
    charger_power: float = setting(
        300.0, unit="W", low=0.0, high=5000.0, doc="into the battery while the robot is docked"
    )
    drive_efficiency: float = setting(0.7, unit="", low=0.1, high=1.0, doc="battery to wheel")
