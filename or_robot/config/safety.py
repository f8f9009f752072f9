"""What the safety gate stops for, and how soon."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class SafetyConfig(CheckedConfig):
    """Limits of the gate. Ages count from an input's stamp to now."""

    rate: float = setting(50.0, unit="Hz", low=20.0, high=200.0, doc="loop of the gate")
    reaction_time: float = setting(
        0.25,
        unit="s",
        low=0.05,
        high=1.0,
        doc="something appears → brakes bite: one scan period, transport, one loop, drive",
    )
    braking: float = setting(
        0.8,
        unit="m/s²",
        low=0.1,
        high=5.0,
        doc="braking the stop field counts on; below the drive's own, for a full payload",
    )
    yaw_braking: float = setting(
        2.0, unit="rad/s²", low=0.1, high=20.0, doc="braking of a turn the stop field counts on"
    )
    margin: float = setting(
        0.05, unit="m", low=0.0, high=0.5, doc="room around the footprint in the stop field"
    )
    closest_margin: float = setting(
        0.02, unit="m", low=0.0, high=0.1, doc="margin left when the robot already stands close"
    )
    warning_factor: float = setting(
        1.3, unit="", low=1.0, high=3.0, doc="the slow-down field is this much longer"
    )
    creep_speed: float = setting(
        0.03, unit="m/s", low=0.005, high=0.2, doc="a slow-down below this is a protective stop"
    )
    clear_time: float = setting(
        2.0, unit="s", low=0.5, high=10.0, doc="field free this long → protective stop ends"
    )
    hold_clear_time: float = setting(
        0.5, unit="s", low=0.1, high=10.0, doc="late inputs on time this long → hold ends"
    )
    stop_age: float = setting(
        0.25, unit="s", low=0.05, high=1.0, doc="an input older than this: zero command"
    )
    fault_age: float = setting(
        1.0, unit="s", low=0.1, high=2.0, doc="an input older than this: latched fault"
    )
    gateway_age: float = setting(
        1.0, unit="s", low=0.2, high=5.0, doc="link or last stop station lost this long: fault"
    )
    switch_age: float = setting(
        1.5, unit="s", low=0.6, high=5.0, doc="hardware e-stop and bumper unheard this long: fault"
    )
    clock_jump: float = setting(
        0.5, unit="s", low=0.1, high=10.0, doc="clock ahead of steady time within one loop: fault"
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
    idle_time: float = setting(
        1.0, unit="s", low=0.1, high=10.0, doc="standing with zero command this long: ready"
    )
