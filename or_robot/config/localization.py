"""Settings of the particle filter."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class LocalizationConfig(CheckedConfig):
    particles_min: int = setting(300, unit="", low=50, high=5000, doc="fewest particles")
    particles_max: int = setting(2000, unit="", low=50, high=20000, doc="most particles")
    kld_error: float = setting(0.05, unit="", low=0.005, high=0.5, doc="KLD bound on the error")
    kld_quantile: float = setting(2.33, unit="", low=0.5, high=4.0, doc="normal quantile of 1-δ")
    beams: int = setting(120, unit="", low=10, high=720, doc="beams used of one scan")
    hit_sigma: float = setting(0.06, unit="m", low=0.01, high=0.5, doc="beam end to map")
    random_share: float = setting(
        0.10, unit="", low=0.001, high=0.9, doc="beams the map explains not"
    )
    tempering: float = setting(0.15, unit="", low=0.01, high=1.0, doc="weight of one beam")
    slip_translation: float = setting(0.06, unit="m/m", low=0.0, high=1.0, doc="odometry noise")
    slip_rotation: float = setting(0.06, unit="rad/rad", low=0.0, high=1.0, doc="odometry noise")
    slip_drift: float = setting(0.03, unit="rad/m", low=0.0, high=1.0, doc="odometry noise")
    floor_translation: float = setting(0.003, unit="m", low=0.0, high=0.1, doc="noise per scan")
    floor_rotation: float = setting(0.003, unit="rad", low=0.0, high=0.1, doc="noise per scan")
    initial_sigma: float = setting(0.15, unit="m", low=0.001, high=2.0, doc="of a given pose")
    initial_sigma_yaw: float = setting(0.1, unit="rad", low=0.001, high=3.2, doc="of a given pose")
    inlier_distance: float = setting(0.15, unit="m", low=0.05, high=1.0, doc="beam fits the map")
    lost_inliers: float = setting(0.45, unit="", low=0.0, high=1.0, doc="lost below this share")
    lost_after: float = setting(
        1.5, unit="s", low=0.0, high=30.0, doc="bad fit for so long is lost"
    )
    lost_sigma: float = setting(0.5, unit="m", low=0.05, high=5.0, doc="spread that counts as lost")
    jump_speed: float = setting(
        4.0, unit="m/s", low=1.0, high=50.0, doc="odometry faster is a jump"
    )
    jump_distance: float = setting(0.3, unit="m", low=0.05, high=5.0, doc="slack of that test")
