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
    lost_through: float = setting(
        0.25, unit="", low=0.0, high=1.0, doc="lost when more beams than that pass through walls"
    )
    lost_after: float = setting(
        1.0, unit="s", low=0.0, high=30.0, doc="bad fit for so long is lost"
    )
    lost_sigma: float = setting(0.5, unit="m", low=0.05, high=5.0, doc="spread that counts as lost")
    jump_speed: float = setting(
        4.0, unit="m/s", low=1.0, high=50.0, doc="odometry faster is a jump"
    )
    jump_distance: float = setting(0.3, unit="m", low=0.05, high=5.0, doc="slack of that test")
    wheel_sigma: float = setting(
        0.02, unit="m/s", low=0.001, high=0.5, doc="noise of the wheels' speed; rad/s of their turn"
    )
    gyro_sigma: float = setting(0.004, unit="rad/s", low=1e-4, high=0.5, doc="noise of turn rate")
    accelerometer_sigma: float = setting(
        0.3, unit="m/s²", low=0.01, high=5.0, doc="noise, tilt of the floor included"
    )
    free_acceleration: float = setting(
        2.0, unit="m/s²", low=0.1, high=20.0, doc="change of speed that no sensor tells"
    )
    free_turning: float = setting(
        4.0, unit="rad/s²", low=0.1, high=30.0, doc="change of turn rate that no sensor tells"
    )
    slip_gate: float = setting(
        3.0, unit="", low=1.0, high=10.0, doc="wheels further off the IMU, in sigma, slip"
    )
    slip_distrust: float = setting(
        20.0,
        unit="",
        low=1.0,
        high=1000.0,
        doc="noise of slipping wheels over that of rolling ones",
    )
    search_step: float = setting(0.2, unit="m", low=0.1, high=1.0, doc="grid of a global search")
    search_headings: int = setting(120, unit="", low=24, high=720, doc="of a global search")
    search_room: float = setting(
        0.25, unit="m", low=0.0, high=1.0, doc="free radius where the robot may stand"
    )
    search_beams: int = setting(60, unit="", low=20, high=360, doc="of the coarse pass")
    search_slice: int = setting(4, unit="", low=1, high=720, doc="headings in one period")
    search_finalists: int = setting(300, unit="", low=20, high=5000, doc="poses in the fine pass")
    search_climbs: int = setting(12, unit="", low=1, high=5000, doc="of them in one period")
    hypotheses: int = setting(8, unit="", low=2, high=50, doc="poses followed while lost")
    certain_scans: int = setting(5, unit="", low=1, high=10, doc="scans before a place is believed")
    certain_hits: float = setting(0.7, unit="", low=0.0, high=1.0, doc="believed: beams that fit")
    certain_through: float = setting(
        0.1, unit="", low=0.0, high=1.0, doc="believed: most beams through walls"
    )
    certain_lead: float = setting(
        0.03, unit="", low=0.0, high=1.0, doc="believed: score above that of any other place"
    )
    found_sigma: float = setting(0.05, unit="m", low=0.001, high=1.0, doc="of a place found")
    found_sigma_yaw: float = setting(0.02, unit="rad", low=0.001, high=1.0, doc="of a place found")
    doubt_lead: float = setting(
        0.08, unit="", low=0.0, high=1.0, doc="score over the place believed in that means lost"
    )
    doubt_distance: float = setting(
        0.5, unit="m", low=0.1, high=5.0, doc="a better place that far off means lost"
    )
    transform_tolerance: float = setting(
        0.1, unit="s", low=0.0, high=1.0, doc="map → odom holds so long beyond its odometry"
    )
