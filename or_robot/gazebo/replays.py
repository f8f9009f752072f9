"""One command log in the embedded simulator and in Gazebo."""

from __future__ import annotations

import tempfile
from pathlib import Path

from or_robot.gazebo.agreement import Agreement, compare, plot, read_log, replay
from or_robot.gazebo.world import GazeboWorld
from or_robot.sim.world import SimWorld

WORLD, SEED = "operating_wing", 1


def replay_in_both(log_file: Path, picture: Path) -> Agreement:
    """From the dock. Raises OrRobotError without Gazebo or for a damaged log."""
    log = read_log(log_file)
    with tempfile.TemporaryDirectory() as folder:
        gazebo = GazeboWorld(WORLD, seed=SEED, folder=Path(folder))
        try:
            there = replay(log, gazebo)
        finally:
            gazebo.close()
    here = replay(log, SimWorld(WORLD, seed=SEED))
    found = compare(here, there)
    picture.parent.mkdir(parents=True, exist_ok=True)
    plot({"MuJoCo": here, "Gazebo": there}, found, picture)
    return found
