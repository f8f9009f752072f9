"""The live view as a picture: one moment of a run, drawn by a browser without a display."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.scenario.description import Scenario
from or_robot.sim.embedded import simulate
from or_robot.sim.view import Pace, Shown
from or_robot.sim.view_frames import map_png, scene
from or_robot.sim.view_server import Feed, ViewServer

AT_S = 34.0
"""The moment that is shown: the robot is on its way."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRAWN_S = 3.0
"""Time as the page counts it until the picture is taken; it stands while something is fetched."""
PATIENCE_S = 60.0


def take_view_picture(
    scenario: Scenario, file: Path, size: tuple[int, int], at_s: float = AT_S
) -> None:
    """`size`: width, height in pixels. Raises OrRobotError without a browser."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise OrRobotError("no browser draws the live view", "apt-get install chromium")
    seed, feed = 1, Feed()
    simulate(dataclasses.replace(scenario, timeout_s=at_s), seed, watch=Shown(feed, Pace(0)).watch)
    fixed = scene(scenario, seed, RobotConfig())
    with (
        ViewServer("127.0.0.1", 0, fixed, map_png(scenario.site.map), feed) as server,
        tempfile.TemporaryDirectory() as profile,
    ):
        _photograph(browser, f"{server.address}?still", file, size, profile)


def _photograph(
    browser: str, address: str, file: Path, size: tuple[int, int], profile: str
) -> None:
    options = [
        "--headless",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        f"--window-size={size[0]},{size[1]}",
        f"--virtual-time-budget={round(1000 * DRAWN_S)}",
        f"--screenshot={file.resolve()}",
    ]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium has none for root, and ends
    file.unlink(missing_ok=True)
    try:
        subprocess.run(
            [browser, *options, address], capture_output=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OrRobotError("the browser did not draw the live view", "try again") from error
    if not file.is_file():
        raise OrRobotError("the browser drew no live view", f"try `{browser} --headless`")
