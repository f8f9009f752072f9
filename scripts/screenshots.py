"""Pictures of the panel for the documentation, from a running suite (`or-robot up`).

    .venv/bin/python scripts/screenshots.py --url http://127.0.0.1:8080 --name team --password …

Give it the suite's OR_ROBOT_HOME. Sends the robot on an errand, stops it and lets it go on. Writes
docs/images/panel-or-1*.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from or_robot.home import home
from or_robot.panel.database import open_database
from or_robot.panel.users import Users, generate_password

CHROMIUM = "/usr/bin/chromium"
FULL_HD, SMALL = (1920, 1080), (1280, 800)
SETTLE_MS = 2_500
"""A screen has all its parts by then, the camera's first picture too."""
DRIVE_MS = 6_000
"""On its way long enough for the path to show."""


def open_page(browser: Browser, url: str, size: tuple[int, int], language: str) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "language", "value": language, "url": url}])
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#robot[data-stale=false]")
    return page


def log_in(page: Page, name: str, password: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click(".login button")
    page.wait_for_selector("#key-image:not([hidden])")
    page.wait_for_selector("#dvh-plot canvas")


def let_go_on(page: Page) -> None:
    """What a person does when the robot has stopped: reset, then resume."""
    page.wait_for_selector(":is(#errand-deliver_tray, #reset, #resume):enabled:visible")
    if page.is_visible("#recovery"):
        if page.is_enabled("#reset"):
            page.click("#reset")
        page.click("#resume:enabled")
        page.wait_for_selector("#recovery", state="hidden")


def take(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"panel-or-1{name}.png")


def take_backstage(browser: Browser, url: str, folder: Path) -> None:
    """Screens of engineer and admin, by accounts made for it and removed again."""
    users = Users(open_database(home()))
    for role, screen in (("engineer", "engineer"), ("admin", "accounts")):
        name, password = f"picture-{role}", generate_password()
        users.add(name, role, password, generated=True)
        page = open_page(browser, url, FULL_HD, "en")
        page.fill("[name=name]", name)
        page.fill("[name=password]", password)
        page.click(".login button")
        page.wait_for_selector("#link-age:not(:empty)")
        page.click(f"#screens [data-screen={screen}]")
        page.wait_for_timeout(SETTLE_MS)
        take(page, folder, f"-{screen}")
        page.context.close()


def take_all(browser: Browser, url: str, name: str, password: str, folder: Path) -> None:
    page = open_page(browser, url, FULL_HD, "en")
    take(page, folder, "-logged-out")
    log_in(page, name, password)
    let_go_on(page)
    page.click("#errand-deliver_tray:enabled")
    page.wait_for_selector("#robot-word:text-is('DRIVING')", timeout=60_000)
    page.wait_for_timeout(DRIVE_MS)
    take(page, folder, "")
    for screen in ("robot", "proton", "patient", "checklist"):
        page.click(f"#screens [data-screen={screen}]")
        page.wait_for_timeout(SETTLE_MS)
        take(page, folder, f"-{screen}")
    page.click("#screens [data-screen=home]")
    korean = open_page(browser, url, SMALL, "ko")
    log_in(korean, name, password)
    page.click("#stop")
    korean.wait_for_selector("#reset:enabled")
    take(korean, folder, "-stopped-ko")
    let_go_on(page)
    page.click("#cancel:enabled")
    page.wait_for_selector("#task[data-state=cancelled]")
    page.click("#notes-button")
    take(page, folder, "-notes")
    page.click("#notes-button")
    page.context.set_offline(True)
    page.wait_for_selector("#banner[data-stale=true]", timeout=60_000)
    take(page, folder, "-link-down")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--name", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        take_all(browser, given.url, given.name, given.password, given.folder)
        take_backstage(browser, given.url, given.folder)
        browser.close()


if __name__ == "__main__":
    main()
