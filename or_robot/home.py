"""Where this installation keeps its state."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """`$OR_ROBOT_HOME`, or `or_robot` in the user's data folder; created private (0700)."""
    configured = os.environ.get("OR_ROBOT_HOME")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    path = Path(configured) if configured else data / "or_robot"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
