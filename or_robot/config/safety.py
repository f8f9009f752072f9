"""What the safety gate stops for, and how soon."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting

GRAVITY = 9.81
"""m/s²."""


@dataclass(frozen=True)
class SafetyConfig(CheckedConfig):
    """Limits of the gate. Ages count from an input's stamp to now."""

    rate: float = setting(50.0, unit="Hz", low=20.0, high=200.0, doc="loop of the gate")
    reaction_time: float = setting(
        0.25,
        unit="s",
        low=0.05,
        high=1.0,
        doc="Tr: something appears → brakes bite; one scan period (0.1), scan → command (p99 of "
        "bench reaction), one period of the drive, its lag; measured sum 0.2",
    )
    braking: float = setting(
        0.8,
        unit="m/s²",
        low=0.1,
        high=5.0,
        doc="a: braking the stop field counts on; two thirds of the drive's own 1.2, for a full "
        "payload and worn tyres (ISO 3691-4 asks for the worst load)",
    )
    yaw_braking: float = setting(
        2.0,
        unit="rad/s²",
        low=0.1,
        high=20.0,
        doc="braking of a turn the stop field counts on; two thirds of the drive's own 3",
    )
    payload_half_base: float = setting(
        0.14,
        unit="m",
        low=0.05,
        high=0.5,
        doc="half the narrow side of the load's foot: container 580 × 280 mm, EN 868-8",
    )
    payload_height: float = setting(
        0.40, unit="m", low=0.05, high=1.5, doc="centre of gravity of the load: three such stacked"
    )
    rocking_factor: float = setting(
        2.0,
        unit="",
        low=1.0,
        high=4.0,
        doc="braked suddenly a load tips at half the steady limit (undamped step response)",
    )
    margin: float = setting(
        0.05,
        unit="m",
        low=0.0,
        high=0.5,
        doc="room around the footprint in the stop field: three sigma of the lidar's noise (0.03) "
        "and of its mount",
    )
    closest_margin: float = setting(
        0.02, unit="m", low=0.0, high=0.1, doc="margin left when the robot already stands close"
    )
    warning_factor: float = setting(
        1.3, unit="", low=1.0, high=3.0, doc="the slow-down field is this much longer"
    )
    creep_speed: float = setting(
        0.02, unit="m/s", low=0.005, high=0.2, doc="a slow-down below this is a protective stop"
    )
    clear_time: float = setting(
        2.0, unit="s", low=0.5, high=10.0, doc="field free this long → protective stop ends"
    )
    hold_clear_time: float = setting(
        0.5, unit="s", low=0.1, high=10.0, doc="late inputs on time this long → hold ends"
    )
    stop_age: float = setting(
        0.22,
        unit="s",
        low=0.05,
        high=1.0,
        doc="an input older than this: zero command; 30 ms below the bar of 250, as the ROS clock "
        "comes at 50 Hz and late",
    )
    fault_age: float = setting(
        1.0, unit="s", low=0.1, high=2.0, doc="an input older than this: latched fault"
    )
    clock_age: float = setting(
        0.19,
        unit="s",
        low=0.05,
        high=1.0,
        doc="the ROS clock stands this long: zero command; less than stop_age, as it has no stamp: "
        "it counts from when the gate saw it move, up to a loop and a message's way later",
    )
    gateway_hold: float = setting(
        0.5, unit="s", low=0.2, high=5.0, doc="link or last stop station lost this long: stand"
    )
    gateway_age: float = setting(
        1.0, unit="s", low=0.2, high=5.0, doc="link or last stop station lost this long: fault"
    )
    switch_age: float = setting(
        1.4, unit="s", low=0.6, high=5.0, doc="hardware e-stop and bumper unheard this long: fault"
    )
    clock_jump: float = setting(
        0.5,
        unit="s",
        low=0.1,
        high=10.0,
        doc="clock further ahead of steady time than in the last 2 s: fault",
    )
    future: float = setting(
        0.1, unit="s", low=0.0, high=1.0, doc="a stamp further in the future is not accepted"
    )
    least_hits: float = setting(
        0.05, unit="", low=0.0, high=1.0, doc="share of beams that hit something in a good scan"
    )
    most_failed: float = setting(
        0.2, unit="", low=0.0, high=1.0, doc="share of failed (NaN) beams a good scan may have"
    )
    corridor_speed: float = setting(
        1.0, unit="m/s", low=0.1, high=2.0, doc="outside rooms; a brisk walk is 1.4"
    )
    room_speed: float = setting(0.5, unit="m/s", low=0.1, high=2.0, doc="inside an operating room")
    narrow_clearance: float = setting(
        0.5,
        unit="m",
        low=0.1,
        high=2.0,
        doc="less room than this beside the robot is narrow (ISO 3691-4: 0.5 m to step aside)",
    )
    narrow_speed: float = setting(
        0.3, unit="m/s", low=0.05, high=1.0, doc="where it is narrow (ISO 3691-4)"
    )
    blind_speed: float = setting(
        0.3,
        unit="m/s",
        low=0.05,
        high=2.0,
        doc="while the camera does not see what is above or below the lidar (ISO 3691-4: 0.3 m/s "
        "without personnel detection)",
    )
    walking_speed: float = setting(
        1.6,
        unit="m/s",
        low=0.5,
        high=3.0,
        doc="approach speed of what is no known wall and no track (ISO 13855, ISO/TS 15066)",
    )
    intrusion: float = setting(
        0.4, unit="m", low=0.0, high=1.5, doc="C: a leg's reach beyond the track; nothing grips"
    )
    uncertainty: float = setting(
        0.1, unit="m", low=0.0, high=0.5, doc="Zd + Zr: place of the person and of the robot"
    )
    near_speed: float = setting(
        0.3,
        unit="m/s",
        low=0.05,
        high=1.0,
        doc="separation alone caps no lower than this: below, the stop field decides",
    )
    beside_speed: float = setting(
        0.045,
        unit="m/s",
        low=0.0,
        high=0.3,
        doc="beside somebody who may step against the robot before it could stand; just below "
        "the 0.05 from which the referee calls a touch the robot's",
    )
    standing_speed: float = setting(
        0.2,
        unit="m/s",
        low=0.0,
        high=0.5,
        doc="a track slower than this may be of who stands (seen at 0.1)",
    )
    step_acceleration: float = setting(
        2.0,
        unit="m/s²",
        low=0.5,
        high=5.0,
        doc="of somebody who sets off; the simulated staff were seen at 2.2",
    )
    body_radius: float = setting(0.22, unit="m", low=0.1, high=0.5, doc="torso around a track")
    passing_gap: float = setting(
        0.2,
        unit="m",
        low=0.0,
        high=1.0,
        doc="who will miss the robot by more is not about to touch",
    )
    leave_speed: float = setting(
        0.2, unit="m/s", low=0.05, high=0.3, doc="out of a zone that closed around the robot"
    )
    pose_sigma: float = setting(
        0.25, unit="m", low=0.02, high=2.0, doc="localization wider than this: no pose to trust"
    )
    yaw_sigma: float = setting(
        0.35, unit="rad", low=0.02, high=3.0, doc="heading wider than this: no pose to trust"
    )
    battery_age: float = setting(
        2.9, unit="s", low=1.0, high=60.0, doc="battery unheard this long: fault (it tells at 2 Hz)"
    )
    least_charge: float = setting(
        0.01, unit="", low=0.0, high=0.5, doc="battery below: fault, as braking needs power"
    )
    widest_gap: float = setting(
        0.02, unit="rad", low=0.001, high=0.1, doc="beams further apart than this are no good scan"
    )
    least_view: float = setting(
        4.7, unit="rad", low=1.0, high=6.3, doc="a good scan sees this much around the robot"
    )
    idle_time: float = setting(
        1.0, unit="s", low=0.1, high=10.0, doc="standing with zero command this long: ready"
    )

    @property
    def tip_limit(self) -> float:
        """m/s² at which the load tips: g·b / (h · rocking factor)."""
        return GRAVITY * self.payload_half_base / (self.payload_height * self.rocking_factor)
