"""Where the files that come with the package lie: launch, web, simulation."""

from __future__ import annotations

from pathlib import Path

from or_robot.errors import OrRobotError


def share(*parts: str) -> Path:
    """Path of an installed data file: beside the sources, or in ROS's share folder of or_robot."""
    beside = Path(__file__).resolve().parent.parent
    for root in (beside, *(p / "share" / "or_robot" for p in beside.parents)):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise OrRobotError(f"{'/'.join(parts)} is not installed", "run `make setup`")
