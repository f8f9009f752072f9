"""The courier's body and what its base can do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class RobotConfig(CheckedConfig):
    """Same figures as simulation/models/or_courier/model.sdf (a test compares them)."""

    length: float = setting(0.66, unit="m", low=0.2, high=1.5, doc="footprint along x")
    width: float = setting(0.56, unit="m", low=0.2, high=1.5, doc="footprint along y")
    height: float = setting(1.10, unit="m", low=0.2, high=2.2, doc="highest point")
    max_speed: float = setting(1.0, unit="m/s", low=0.1, high=2.0, doc="forward")
    max_reverse_speed: float = setting(0.3, unit="m/s", low=0.0, high=1.0, doc="backward")
    max_yaw_rate: float = setting(1.5, unit="rad/s", low=0.1, high=4.0, doc="turning")
    max_acceleration: float = setting(0.8, unit="m/s²", low=0.1, high=20.0, doc="speeding up")
    max_deceleration: float = setting(1.2, unit="m/s²", low=0.1, high=20.0, doc="braking")
    max_yaw_acceleration: float = setting(3.0, unit="rad/s²", low=0.1, high=25.0, doc="turning")

    @property
    def footprint(self) -> NDArray[np.float64]:
        """(4, 2) corners in base_link, m, counter-clockwise; base_link is its centre."""
        half = np.array([self.length, self.width]) / 2.0
        return half * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
