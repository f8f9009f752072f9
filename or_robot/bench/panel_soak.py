"""`or-robot bench soak --part panel`: many live pages on one panel, its real processes, no browser.

A gateway publishes the robot's status as in the suite, 5 Hz. An update is measured from the stamp
that the gateway gives it to the moment a page's WebSocket has it, decoded.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import numpy as np
import psutil
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TimeRemainingColumn
from simple_websocket import Client, ConnectionClosed

from or_robot.bench.link_ports import free_ports
from or_robot.bringup.environment import free_port
from or_robot.config.link import PORTS, LinkConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.link.client import LinkClient
from or_robot.link.keys import ensure_default_keys
from or_robot.link.payloads import RoomRequest
from or_robot.link.server import LinkServer
from or_robot.panel.database import open_database
from or_robot.panel.users import Users, generate_password
from or_robot.types.clinical import RoomCase
from or_robot.types.safety import SafetyMode
from or_robot.types.status import PersonStatus, RobotStatus

app = typer.Typer(add_completion=False)

STATUS_HZ = 5.0
START_TIMEOUT_S = 60.0
WARM_S = 3.0
"""After the last page has opened, before anything counts."""
PATH_POINTS, PEOPLE = 100, 6


@dataclass
class Page:
    """One live page: the delays it saw."""

    delays_ms: list[float] = field(default_factory=list)
    counting: bool = False
    newest_s: float = 0.0
    closed: bool = False

    def follow(self, socket: Client) -> None:
        """Until the socket is closed."""
        try:
            while True:
                self._take(socket.receive())
        except ConnectionClosed:
            self.closed = True

    def _take(self, text: str | bytes | None) -> None:
        if text is None:
            return
        robot = msgspec.json.decode(text)["state"]["robot"]
        now_s = time.time()
        if robot is None or robot["value"]["stamp_s"] <= self.newest_s:
            return
        self.newest_s = robot["value"]["stamp_s"]
        if self.counting:
            self.delays_ms.append((now_s - self.newest_s) * 1e3)


@app.command()
def panel(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    viewers: Annotated[int, typer.Option(min=1, max=32, help="pages live at a time")] = 20,
    seconds: Annotated[float, typer.Option(min=1.0, help="time that counts")] = 60.0,
) -> None:
    """Delay of updates, processor time and memory of the panel's process."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        link = LinkConfig(port=free_ports(PORTS), keys_folder=home / "keys")
        ensure_default_keys(home)
        stack.enter_context(_robot(link))
        address, process = stack.enter_context(_panel(home, link))
        pages = _open(stack, home, address, viewers)
        time.sleep(WARM_S)
        figures = _measure(pages, process, seconds)
    print(
        f"{viewers} pages: update p50 {figures['update_p50_ms']} ms, p99 {figures['update_p99_ms']}"
        f" ms; {figures['cpu_percent']} % of a core, {figures['rss_mb']} MB"
    )
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _measure(pages: list[Page], process: psutil.Process, seconds: float) -> dict[str, Any]:
    for page in pages:
        page.counting = True
    used_s, begin_s = _processor_s(process), time.monotonic()
    columns = (BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for _ in progress.track(range(round(seconds))):
            time.sleep(1.0)
    took_s = time.monotonic() - begin_s
    cpu = 100.0 * (_processor_s(process) - used_s) / took_s
    for page in pages:
        page.counting = False
    delays = np.concatenate([page.delays_ms for page in pages])
    if not delays.size:
        raise OrRobotError("no page had an update", "run `python -m or_robot.panel` and look")
    return {
        "viewers": len(pages),
        "closed": sum(page.closed for page in pages),
        "seconds": round(took_s, 1),
        "updates": int(delays.size),
        "updates_per_page_hz": round(delays.size / len(pages) / took_s, 2),
        "update_p50_ms": round(float(np.percentile(delays, 50)), 1),
        "update_p99_ms": round(float(np.percentile(delays, 99)), 1),
        "slowest_page_p99_ms": round(
            max(float(np.percentile(page.delays_ms or [np.inf], 99)) for page in pages), 1
        ),
        "median_page_p99_ms": round(
            statistics.median(float(np.percentile(page.delays_ms or [0], 99)) for page in pages), 1
        ),
        "cpu_percent": round(cpu, 1),
        "rss_mb": round(sum(each.memory_info().rss for each in _all(process)) / 2**20, 1),
    }


def _processor_s(process: psutil.Process) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in _all(process))


def _all(process: psutil.Process) -> list[psutil.Process]:
    """gunicorn and its worker."""
    return [process, *process.children(recursive=True)]


@contextmanager
def _robot(link: LinkConfig) -> Iterator[None]:
    """Server of the link and a gateway that tells a driving robot among people."""
    stop = threading.Event()
    handlers = {"case.get": lambda asked, _: _nobody(asked)}
    with LinkServer(link, handlers), LinkClient(link, "gateway") as gateway:
        teller = threading.Thread(target=_tell, args=(gateway.publish, stop), daemon=True)
        teller.start()
        try:
            yield
        finally:
            stop.set()
            teller.join()


def _nobody(asked: RoomRequest) -> RoomCase:
    return RoomCase(asked.room, "", None, (), None)


def _tell(publish: Callable[[str, object], None], stop: threading.Event) -> None:
    path = tuple((0.1 * n, 3.0 + 0.05 * n) for n in range(PATH_POINTS))
    people = tuple(PersonStatus(n, 2.0 * n, 8.0, -0.6, 0.1) for n in range(PEOPLE))
    corners = ((0.33, 0.28), (-0.33, 0.28), (-0.33, -0.28), (0.33, -0.28))
    while not stop.wait(1.0 / STATUS_HZ):
        status = RobotStatus(
            stamp_s=time.time(),
            pose=Pose2D(6.0, 8.0, 0.4),
            lost=False,
            speed=0.8,
            commanded_speed=0.8,
            safety_mode=SafetyMode.AUTONOMOUS,
            safety_reason_code="",
            safety_reason="",
            speed_limit=1.0,
            reset_required=False,
            resume_required=False,
            battery=0.8,
            path=path,
            people=people,
            footprint=corners,
            ages_s={"scan": 0.05, "odom": 0.02},
        )
        publish("robot.status", status)


@contextmanager
def _panel(home: Path, link: LinkConfig) -> Iterator[tuple[str, psutil.Process]]:
    """Address of a panel's own server process."""
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "or_robot.panel", "--port", str(port)]
    command += ["--link-port", str(link.port)]
    environment = os.environ | {"OR_ROBOT_HOME": str(home)}
    with (home / "panel.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port, process, home / "panel.log")
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/live")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise OrRobotError("the panel did not start", log.read_text()[-400:] or "no output")


def _open(stack: ExitStack, home: Path, address: str, count: int) -> list[Page]:
    """Pages of somebody logged in, each followed by a thread of its own."""
    cookie = _log_in(home, address)
    pages = [Page() for _ in range(count)]
    for page in pages:
        socket = Client(f"ws://{address}/live", headers={"Cookie": cookie})
        thread = threading.Thread(target=page.follow, args=(socket,), daemon=True)
        thread.start()
        stack.callback(thread.join, 5.0)
        stack.callback(socket.close)
    return pages


def _log_in(home: Path, address: str) -> str:
    """The session's cookie."""
    password = generate_password()
    Users(open_database(home)).add("bench", "nurse", password)
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", "/room/OR-1")
    response = connection.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', response.read().decode())
    cookie = str(response.headers["Set-Cookie"]).split(";")[0]
    if token is None:
        raise OrRobotError("the panel's login page has no form", "run `python -m or_robot.panel`")
    form = {"name": "bench", "password": password, "csrf_token": token[1]}
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urlencode(form), headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return str(response.headers["Set-Cookie"]).split(";")[0]
