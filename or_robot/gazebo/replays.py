"""One command log in the embedded simulator and in Gazebo."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from or_robot.gazebo.agreement import Agreement, at, compare, plot, read_log, replay
from or_robot.gazebo.world import GazeboWorld
from or_robot.sim.world import SimWorld

POLL_S = 0.01
"""Gazebo goes on by itself; it is looked at this often."""
WORLD, SEED = "operating_wing", 1


def replay_in_both(log_file: Path, picture: Path) -> Agreement:
    """From the dock. Raises OrRobotError without Gazebo or for a damaged log."""
    log = read_log(log_file)
    with tempfile.TemporaryDirectory() as folder:
        gazebo = GazeboWorld(WORLD, seed=SEED, folder=Path(folder))
        try:
            begin = gazebo.time_s
            gazebo.follow(lambda now: at(log, now - begin))
            there = replay(log, gazebo, lambda _now: time.sleep(POLL_S))
        finally:
            gazebo.close()
    mujoco = SimWorld(WORLD, seed=SEED)
    here = replay(log, mujoco, lambda now: mujoco.command(at(log, now)))
    found = compare(here, there)
    picture.parent.mkdir(parents=True, exist_ok=True)
    plot({"MuJoCo": here, "Gazebo": there}, found, picture)
    return found
