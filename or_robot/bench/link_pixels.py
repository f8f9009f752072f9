"""`or-robot bench link --pixels`: from a click to card and key image painted, in a real browser.

The click chooses the other plan of a patient who has two. Warm: the panel is as its user finds it a
moment after the last click, with the likely next pictures fetched ahead. Cold: the copies of page
and panel server are thrown away before the click, and the information server is asked for the
picture; the cards of both plans came with the case. The image counts as painted when the browser
says so (Element Timing), the card in the frame after.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from flask import Flask
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.progress import Progress

from or_robot.bench.browser import chromium
from or_robot.bench.link_ports import free_ports
from or_robot.bench.second_plan import second_plan
from or_robot.bringup.environment import free_port
from or_robot.config.link import PORTS, LinkConfig
from or_robot.config.panel import PanelConfig
from or_robot.errors import OrRobotError
from or_robot.info.service import InformationService
from or_robot.panel.__main__ import PanelServer
from or_robot.panel.case_copies import CaseCopies
from or_robot.panel.context import Context
from or_robot.panel.database import open_database
from or_robot.panel.users import Users, generate_password

HOST, WIDTH, HEIGHT = "127.0.0.1", 1920, 1080
PROFILES = {"direct": "", "proxy": "5g"}
START_S, PATIENCE_S = 60.0, 10.0
SETTLE_MS = 700
"""What a click sets going besides, curves, beams and what is fetched ahead, is done by then."""
USER = "bench"

ARM = """(label) => {
  const head = document.getElementById('plan-label');
  window.painted = new Promise((done) => {
    let pressed = 0, pictureAt = 0, cardAt = 0;
    const check = () => {
      if (pictureAt && cardAt) done({ picture: pictureAt - pressed, card: cardAt - pressed });
    };
    addEventListener('pointerdown', (event) => { pressed = event.timeStamp; },
                     { capture: true, once: true });
    const paints = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!pressed || entry.identifier !== 'key-image' || !entry.element) continue;
        pictureAt = entry.renderTime;
        paints.disconnect();
      }
      check();
    });
    paints.observe({ type: 'element' });
    const changes = new MutationObserver(() => {
      if (head.textContent !== label) return;
      changes.disconnect();
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { cardAt = performance.now(); check(); };
        port2.postMessage(0);
      });
    });
    changes.observe(head, { childList: true, characterData: true, subtree: true });
  });
}"""
"""Arms the page: a promise of the ms from the press to each of the two on screen."""
FORGET = "async () => (await import('/static/js/image.js')).emptyImage('')"


@dataclass(frozen=True)
class PanelServed:
    """A panel whose copies can be thrown away."""

    url: str
    forget: Event
    forgotten: Event

    def go_cold(self) -> None:
        self.forgotten.clear()
        self.forget.set()
        if not self.forgotten.wait(PATIENCE_S):
            raise OrRobotError(f"the panel at {self.url} hangs", "look at its output")


class _Panel(PanelServer):
    """The panel's own server; drops its copies when the bench says so."""

    def __init__(self, ready: Event, events: tuple[Event, Event], *args: Any) -> None:
        self._ready, self._events = ready, events
        super().__init__(*args)

    def load(self) -> Flask:
        app = super().load()
        threading.Thread(target=self._drop_copies, args=(app,), daemon=True).start()
        self._ready.set()
        return app

    def _drop_copies(self, app: Flask) -> None:
        forget, forgotten = self._events
        while forget.wait():
            forget.clear()
            context: Context = app.extensions["or_robot"]
            copies = CaseCopies(context.hub.case_version)
            app.extensions["or_robot"] = replace(context, copies=copies)
            forgotten.set()


def serve_panel(
    home: Path, port: int, link: LinkConfig, ready: Event, events: tuple[Event, Event]
) -> None:
    """Runs in a process of its own until that is ended."""
    os.environ["OR_ROBOT_HOME"] = str(home)
    config = PanelConfig()
    options = {
        "bind": f"{HOST}:{port}",
        "worker_class": "gthread",
        "threads": config.threads,
        "keepalive": 30,
        "loglevel": "error",
        "control_socket_disable": True,
    }
    _Panel(ready, events, options, config, link).run()


def measure(home: Path, rounds: int) -> list[dict[str, Any]]:
    """Rows direct_cold, direct_warm, proxy_cold, proxy_warm. `home`: keys and a case.

    One panel and one page at a time, as in a room; cold and warm in turns.
    """
    password = add_second_plan(home)
    samples: dict[str, list[float]] = {}
    console = Console(stderr=True)
    with chromium() as browser, Progress(console=console, transient=True) as progress:
        bar = progress.add_task("pixels", total=len(PROFILES) * rounds)
        for name, profile in PROFILES.items():
            with two_plan_panel(home, profile) as panel:
                page = open_panel(browser, panel.url, password)
                for _ in range(rounds):
                    page.wait_for_timeout(SETTLE_MS)
                    panel.go_cold()
                    page.evaluate(FORGET)
                    samples.setdefault(f"{name}_cold", []).append(_press(page))
                    page.wait_for_timeout(SETTLE_MS)
                    samples.setdefault(f"{name}_warm", []).append(_press(page))
                    progress.advance(bar)
                page.context.close()
        version = browser.version
    return [_row(name, values, version) for name, values in samples.items()]


def _row(name: str, values: list[float], version: str) -> dict[str, Any]:
    p50, p99 = np.percentile(values, [50, 99])
    return {
        "name": name,
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
        "max_ms": round(max(values), 1),
        "clicks": len(values),
        "chromium": version,
    }


def _press(page: Page) -> float:
    """One click on the other plan; ms until card and picture are on screen."""
    other = page.locator("#plans [aria-pressed=false]")
    label = other.inner_text()
    page.evaluate(ARM, label)
    box = other.bounding_box()
    if box is None:
        raise OrRobotError("the page shows no second plan", "run `or-robot up` and look")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    times: dict[str, float] = page.evaluate("() => window.painted")
    return max(times.values())


def open_panel(browser: Browser, url: str, password: str) -> Page:
    """Logged in, the picture of the first plan shown."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(url)
    page.fill("[name=name]", USER)
    page.fill("[name=password]", password)
    page.click(".login button")
    page.wait_for_selector("#key-image:not([hidden])")
    page.wait_for_selector("#plans [aria-pressed=false]")
    return page


def add_second_plan(home: Path) -> str:
    """Beside the case that is there; password of a surgeon of the name USER."""
    with TemporaryDirectory() as folder:
        second_plan(Path(folder))
        service = InformationService(home / "info")
        try:
            service.import_paths([Path(folder)])
        finally:
            service.close()
    password = generate_password()
    Users(open_database(home)).add(USER, "surgeon", password)
    return password


@contextmanager
def two_plan_panel(home: Path, profile: str = "") -> Iterator[PanelServed]:
    """An information server and a panel; profile: the network between them."""
    near = LinkConfig(port=free_ports(), keys_folder=home / "keys")
    with ExitStack() as stack:
        stack.enter_context(_process(home, "or_robot.info", "--port", str(near.port)))
        link = near
        if profile:
            link = replace(near, port=near.port + PORTS)
            ports = ["--listen", str(link.port), "--to", str(near.port)]
            stack.enter_context(_process(home, "or_robot.link.proxy", "--profile", profile, *ports))
        yield stack.enter_context(_panel(home, link))


@contextmanager
def _process(home: Path, module: str, *arguments: str) -> Iterator[None]:
    environment = os.environ | {"OR_ROBOT_HOME": str(home)}
    with (home / f"{module}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _panel(home: Path, link: LinkConfig) -> Iterator[PanelServed]:
    spawn = get_context("spawn")
    ready, forget, forgotten = spawn.Event(), spawn.Event(), spawn.Event()
    port = free_port(HOST)
    process = spawn.Process(target=serve_panel, args=(home, port, link, ready, (forget, forgotten)))
    process.start()
    try:
        if not ready.wait(START_S):
            raise OrRobotError("a panel does not start", f"ended with {process.exitcode}")
        yield PanelServed(f"http://{HOST}:{port}", forget, forgotten)
    finally:
        process.terminate()
        process.join()
