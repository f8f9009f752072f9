"""Debian's Chromium without a screen, for benches that measure up to the pixel."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from or_robot.errors import OrRobotError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises OrRobotError where there is none. Use it in the thread that has made it."""
    if not CHROMIUM.exists():
        raise OrRobotError(f"no {CHROMIUM}", "apt install chromium")
    if importlib.util.find_spec("playwright") is None:
        raise OrRobotError("playwright is not installed", "make setup with the tests' packages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
