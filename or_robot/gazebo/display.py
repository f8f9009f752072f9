"""Where Gazebo draws: a display without a screen for its camera, a person's own for its window."""

from __future__ import annotations

import os
import shutil

from or_robot.errors import OrRobotError
from or_robot.gazebo.prefix import GazeboPrefix


def virtual_display() -> list[str] | None:
    """Command line of an X server without a screen; None where there is none.

    Gazebo 11 draws through X only, also what no screen shows.
    """
    xvfb = shutil.which("Xvfb")
    return None if xvfb is None else [xvfb, "-screen", "0", "64x64x24"]


def viewer_command(prefix: GazeboPrefix) -> list[str]:
    """Gazebo's window. Raises OrRobotError without a display.

    It runs in gzserver's network, where a display of another machine cannot be reached.
    """
    display = os.environ.get("DISPLAY", "")
    if not display:
        raise OrRobotError("--gui: no display", "start it in a desktop session, or without --gui")
    if not display.removeprefix("unix").startswith(":"):
        raise OrRobotError(
            f"--gui: display {display} is on another machine or forwarded",
            "start it in a desktop session of this machine, or without --gui",
        )
    return prefix.command("gzclient")
