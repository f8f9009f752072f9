"""One real suite for all of these tests, and pages that complain about anything unusual."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from or_robot.panel.database import open_database
from or_robot.panel.users import Users, generate_password
from tests.browser.steps import Bed, log_in

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_TIMEOUT_S = 90.0
LET_GO_MS = 1000.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class Suite:
    url: str
    name: str
    password: str
    process: psutil.Process
    home: Path

    def part(self, module: str) -> psutil.Process:
        """The running process of one part, for example "or_robot.info"."""
        parts = self.process.children(recursive=True)
        return next(part for part in parts if module in part.cmdline())


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """`or-robot up` with its own home and ports. Tests leave patient, robot and phase usable."""
    folder = tmp_path_factory.mktemp("suite")
    log = folder / "log"
    command = [Path(sys.executable).with_name("or-robot"), "up", "--port", "0", "--link-port", "0"]
    environment = os.environ | {"OR_ROBOT_HOME": str(folder / "home")}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield _wait_until_ready(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> Suite:
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        text = log.read_text()
        found = re.search(r"panel (http://\S+)\s+login (\S+)\s+password (\S+)", text)
        if found and "ready after" in text:
            return Suite(*found.groups(), psutil.Process(process.pid), log.with_name("home"))
        time.sleep(0.2)
    pytest.fail(f"the suite did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


NewPage = Callable[..., sync_api.Page]


@pytest.fixture
def new_page(browser: sync_api.Browser, suite: Suite) -> Iterator[NewPage]:
    """Opens the panel, logged out. At the end: no error in any console, no request to elsewhere."""
    contexts: list[sync_api.BrowserContext] = []
    complaints: list[str] = []
    ends: list[sync_api.Page] = []
    host = urlsplit(suite.url).netloc

    def watch(request: sync_api.Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and address.netloc != host:
            complaints.append(f"request to {request.url}")

    def judge(response: sync_api.Response) -> None:
        if response.status >= 400 and not (response.status == 401 and response.frame.page in ends):
            complaints.append(f"{response.status} {response.url}: {response.text()}")

    def listen(message: sync_api.ConsoleMessage) -> None:
        unauthorized = "status of 401" in message.text and message.page in ends
        if message.type == "error" and not unauthorized:
            complaints.append(message.text)

    def opened(
        size: tuple[int, int] = (1920, 1080),
        language: str = "en",
        live: bool = True,
        bed: Bed | None = None,
        session_ends: bool = False,
        script: bool = True,
    ) -> sync_api.Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(
            viewport=viewport, base_url=suite.url, java_script_enabled=script
        )
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": suite.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        if not live:
            page.route_web_socket("**/live", lambda socket: socket.close())
        if bed:
            page.clock.install()
            page.route_web_socket("**/live", bed.connection)
            page.route("**/api/live", bed.poll)
        if session_ends:  # what the page had under way is refused then
            ends.append(page)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", watch)
        page.on("response", judge)
        page.goto(suite.url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def let_go_on(page: sync_api.Page) -> None:
    """On a machine too busy for the watchdogs the robot faults: do what a person would do."""
    page.wait_for_selector(":is(#errand-deliver_tray, #reset, #resume):enabled:visible")
    while page.is_visible("#recovery"):
        for step in ("#reset", "#resume"):
            if page.is_enabled(step):
                # an earlier press may take effect, and hide it, between the look and the press
                with contextlib.suppress(sync_api.TimeoutError):
                    page.click(step, timeout=LET_GO_MS)
        page.wait_for_timeout(200)


Sessions = dict[str, list[sync_api.Cookie]]


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    """Cookies of a login by name: the server limits logins, not pages."""
    return {}


def enter(page: sync_api.Page, sessions: Sessions, name: str, password: str) -> None:
    """The page of somebody who is logged in, by the form or by the cookies of an earlier time."""
    if name in sessions:
        page.context.add_cookies(sessions[name])
        page.goto(page.url)
    else:
        log_in(page, name, password)
        sessions[name] = [c for c in page.context.cookies() if c["name"] != "language"]


@pytest.fixture
def team_page(new_page: NewPage, suite: Suite, sessions: Sessions) -> NewPage:
    """Opens the panel with the login that the suite printed, has a robot that may drive."""

    def opened(**options: object) -> sync_api.Page:
        page = new_page(**options)
        enter(page, sessions, suite.name, suite.password)
        page.wait_for_selector("#key-image:not([hidden])")
        let_go_on(page)
        return page

    return opened


@pytest.fixture
def role_page(new_page: NewPage, suite: Suite, sessions: Sessions) -> NewPage:
    """Opens the panel as somebody with the role."""

    def opened(role: str, **options: object) -> sync_api.Page:
        page = new_page(**options)
        password = generate_password()
        if role not in sessions:
            Users(open_database(suite.home)).add(role, role, password)
        enter(page, sessions, role, password)
        page.wait_for_selector("#robot[data-stale=false]")
        return page

    return opened
