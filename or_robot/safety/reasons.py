"""Why the gate holds the robot: every reason once, its code stable, its text for people."""

from __future__ import annotations

from collections.abc import Mapping

WATCHED: Mapping[str, str] = {
    "clock": "clock",
    "scan": "laser scan",
    "odometry": "odometry",
    "localization": "position on the map",
    "tracks": "people tracking",
    "command": "navigation's command",
    "hardware_estop": "hardware emergency stop",
    "bumper": "bumper",
    "battery": "battery",
    "navigation": "navigation process",
    "perception": "perception process",
    "tasks": "tasks process",
    "gateway": "link to a stop station",
}
"""Watched input → its name for people."""

REASONS: Mapping[str, str] = {
    "": "",
    "waits_for_resume": "Waits for a person to resume",
    "obstacle_in_field": "Something is in the way",
    "obstacle_near": "Slow: something is near",
    "zone_ahead": "A closed zone is ahead",
    "zone_near": "Slow: a closed zone is near",
    "caught_in_zone": "Stands in a zone that is closed now",
    "leaves_zone": "Slow: leaves a zone that is closed now",
    "inside_room": "Slow: inside an operating room",
    "slow_zone": "Slow: zone with a speed limit",
    "narrow": "Slow: little room beside the robot",
    "camera_blind": "Slow: the camera does not see",
    "person_near": "Slow: a person is near",
    "person_passes": "Lets a person pass",
    "unknown_ahead": "Slow: something unknown is ahead",
    "stop_robot": "STOP ROBOT was pressed",
    "hardware_estop_pressed": "Emergency stop on the robot is pressed",
    "bumper_touched": "Bumper was touched",
    "localization_lost": "The robot does not know where it is",
    "localization_uncertain": "The robot is not sure where it is",
    "battery_empty": "The battery is empty",
    "command_invalid": "Navigation sent an invalid command",
    "cmd_vel_writers": "Another program writes to the wheels' command",
    "clock_jump": "The clock jumped",
    "command_not_zero": "Waits for navigation to ask for standstill first",
    "manual": "Manual: pushed by hand",
    **{f"{key}_missing": f"Waits for: {name}" for key, name in WATCHED.items()},
    **{f"{key}_late": f"Late: {name}" for key, name in WATCHED.items()},
    **{f"{key}_stale": f"Lost: {name}" for key, name in WATCHED.items()},
}
"""Reason code → one line for people. missing: before driving; late: holds; stale: faults."""
