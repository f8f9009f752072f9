"""Yardstick `reaction`: the full graph in real time, from cause to command."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import psutil
import typer
from rich.console import Console
from rich.progress import track
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import LaserScan

from or_robot.bench.browser import chromium
from or_robot.bench.rig import GATE_SCAN, Rig
from or_robot.bench.rig_relay import Relay
from or_robot.bench.rig_suite import HOST
from or_robot.errors import OrRobotError
from or_robot.geometry.distance_field import DistanceField
from or_robot.home import home
from or_robot.nodes import names
from or_robot.nodes.conversions import pose_from_ros, time_from_ros
from or_robot.sim.robot_model import courier_model
from or_robot.types.site import OCCUPIED_FROM
from or_robot.world.site import load_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

app = typer.Typer(add_completion=False)

UNKNOWN_AT, IN_FIELD_AT = 1.6, 0.3
"""m from the lidar: something unknown that slows the robot; something that stops it."""
OFF_WALLS = 0.4
"""m from every wall of the map: nearer it would be taken for that wall (`speed_caps.MAP_SLACK`)."""
PHANTOM_RAD = 0.06
"""Half the angle it covers, straight ahead."""
DROP = 0.2
"""m/s: a command so much lower has seen it."""
DRIVING = 0.6
"""m/s asked for while samples are taken."""
STRAIGHT_S = 15.0
"""Within it a resumed errand goes straight on, unless it has ended."""
BETWEEN_S = 0.1
BROWSER_NICE = -10
LATE_S = 1.0

Figures = dict[str, Any]


@app.command()
def reaction(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    scans: Annotated[int, typer.Option(min=0, help="scans looked at this time")] = 200,
    stops: Annotated[int, typer.Option(min=0, help="STOP ROBOT pressed so often this time")] = 20,
    obstacles: Annotated[int, typer.Option(min=0, help="obstacles placed this time")] = 20,
    browser_stops: Annotated[
        int, typer.Option(min=0, help="STOP ROBOT pressed in Chromium so often this time")
    ] = 0,
    resume: Annotated[bool, typer.Option(help="keep the samples of earlier runs")] = True,
) -> None:
    """Scan → command, STOP ROBOT in the panel's API → zero, obstacle in the stop field → zero.

    Samples add up over runs; --no-resume begins anew.
    """
    log = home() / "bench" / "reaction.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    if not resume:
        log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="or_robot_reaction") as folder:
        rig = Rig(Path(folder), gate_alone=True)
        try:
            samples = _Samples(rig, log)
            samples.take(scans, stops, obstacles)
            if browser_stops:
                samples.take_in_browser(browser_stops)
        finally:
            rig.close()
    figures = _figures(log)
    for name, figure in figures.items():
        print(f"{name:<16} {figure}")
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _figures(log: Path) -> Figures:
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figures: Figures = {}
    for name in ("scan_to_cmd_ms", "estop_ms", "estop_browser_ms", "protective_ms"):
        samples = [row["value"] for row in rows if row["name"] == name]
        if samples:
            figures[name] = {
                "p50": round(float(np.percentile(samples, 50)), 1),
                "p99": round(float(np.percentile(samples, 99)), 1),
                "max": round(max(samples), 1),
                "n": len(samples),
            }
    for name in ("cpu_percent", "rss_mb"):
        figures[name] = round(statistics.fmean(r["value"] for r in rows if r["name"] == name), 1)
    return figures


class _Samples:
    def __init__(self, rig: Rig, log: Path) -> None:
        self._rig, self._log = rig, log
        self._clock: deque[tuple[float, float]] = deque(maxlen=1)
        self._random = random.Random(1)  # noqa: S311 - when an obstacle appears
        map_ = load_site("operating_wing").map
        self._unknown = courier_model().lidar_mount.position[None, :2] + (UNKNOWN_AT, 0.0)
        self._walls = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        rig.node.create_subscription(Clock, "/clock", self._take_clock, names.SENSOR)

    def take(self, scans: int, stops: int, obstacles: int) -> None:
        rig = self._rig
        rig.ready()
        rig.drive()
        members = rig.suite.members()
        begin_s = time.monotonic()
        before = sum(sum(process.cpu_times()[:2]) for process in members)
        for count, sample, where in (
            (scans, self._scan_to_command, self._off_walls),
            (stops, self._stop_robot, self._driving),
            (obstacles, self._obstacle, self._driving),
        ):
            self._repeat(sample, count, where)
        used = sum(sum(process.cpu_times()[:2]) for process in members) - before
        self._note("cpu_percent", 100.0 * used / (time.monotonic() - begin_s))
        self._note("rss_mb", sum(p.memory_info().rss for p in members) / 2**20)

    def take_in_browser(self, count: int) -> None:
        """The button on the page of nobody logged in, from the press to the command."""
        with chromium() as browser:
            page = browser.new_page()
            page.goto(f"http://{HOST}:{self._rig.suite.panel_port}")
            _as_on_its_own_machine()
            self._repeat(partial(self._press_stop, page), count, self._driving)

    def _repeat(
        self, sample: Callable[[], None], count: int, where: Callable[[Figures], bool]
    ) -> None:
        console = Console(stderr=True)
        name = getattr(sample, "__name__", "press_stop").strip("_")
        for _ in track(range(count), name, console=console, disable=not console.is_terminal):
            self._have_it_drive(where)
            sample()

    def _have_it_drive(self, where: Callable[[Figures], bool]) -> None:
        """Until it goes straight on, there; a new errand when the last has ended."""
        try:
            self._rig.wait("a drive", where, STRAIGHT_S)
        except OrRobotError:
            self._rig.ready()
            self._rig.drive()
            self._rig.wait("a drive", where, STRAIGHT_S)

    @staticmethod
    def _driving(seen: Figures) -> bool:
        twist = seen["command"].twist
        return bool(twist.linear.x > DRIVING and abs(twist.angular.z) < 0.15)

    def _off_walls(self, seen: Figures) -> bool:
        """Driving, and no wall of the map where the unknown would be."""
        unknown = pose_from_ros(seen["robot"].pose.pose).transform(self._unknown)
        return self._driving(seen) and bool(self._walls.distances(unknown)[0] > OFF_WALLS)

    # --- samples

    def _scan_to_command(self) -> None:
        """From one scan on something unknown is ahead; the gate asks for less at once."""
        rig = self._rig
        shown: list[float] = []
        before = rig.seen["command"].twist.linear.x

        def show(_: Relay, scan: LaserScan) -> LaserScan:
            if not shown:
                at_s, clock_s = self._clock[0]
                shown.append(at_s - (clock_s - time_from_ros(scan.header.stamp)))
            return _with_phantom(scan, UNKNOWN_AT)

        relay = rig.relays[GATE_SCAN]
        relay.spoil = show
        end_s = time.monotonic() + LATE_S
        found = None
        while found is None and time.monotonic() < end_s:
            time.sleep(0.01)
            late = [c for c in rig.commands[-40:] if shown and c[0] > shown[0]]
            found = next((at for at, speed in late if speed < before - DROP), None)
        relay.spoil = None
        time.sleep(self._random.uniform(0.0, BETWEEN_S))
        if found is not None:
            self._note("scan_to_cmd_ms", 1e3 * (found - shown[0]))

    def _stop_robot(self) -> None:
        """POST to the panel, as its button does."""
        rig = self._rig
        connection = http.client.HTTPConnection(HOST, rig.suite.panel_port, timeout=5.0)
        origin = f"http://{HOST}:{rig.suite.panel_port}"
        pressed_s = time.monotonic()
        connection.request(
            "POST",
            "/api/robot/stop",
            headers={"Accept": "application/json", "Origin": origin, "Content-Length": "0"},
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != http.client.OK:
            raise OrRobotError(f"the panel refused STOP ROBOT: {answer.status} {text[:100]}")
        self._note_zero("estop_ms", pressed_s)
        self._go_on()

    def _press_stop(self, page: Page) -> None:
        """With the mouse; the way to the browser counts."""
        page.hover("#stop:not([data-state])")
        pressed_s = time.monotonic()
        page.mouse.down()
        self._note_zero("estop_browser_ms", pressed_s)
        page.mouse.up()
        self._go_on()

    def _go_on(self) -> None:
        rig = self._rig
        rig.wait("a latch", lambda seen: seen["safety"].reset_required)
        rig.trigger(names.SAFETY_RESET)
        rig.trigger(names.TASKS_RESUME)

    def _obstacle(self) -> None:
        """Something stands in the stop field from one moment on, wherever the lidar looks then."""
        rig = self._rig
        time.sleep(self._random.uniform(0.0, 0.1))
        relay = rig.relays[GATE_SCAN]
        placed_s = time.monotonic()
        relay.spoil = lambda _, scan: _with_phantom(scan, IN_FIELD_AT)
        self._note_zero("protective_ms", placed_s)
        relay.spoil = None

    def _note_zero(self, name: str, since_s: float) -> None:
        rig = self._rig
        rig.wait("zero command", lambda _: rig.commands[-1][1] == 0.0, 5.0)
        time.sleep(0.1)
        zero_s = rig.first_zero_after(since_s)
        if zero_s is not None:
            self._note(name, 1e3 * (zero_s - since_s))

    # --- the rest

    def _take_clock(self, message: Clock) -> None:
        self._clock.append((time.monotonic(), time_from_ros(message.clock)))

    def _note(self, name: str, value: float) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, "value": round(value, 2)}) + "\n")


def _as_on_its_own_machine() -> None:
    """The browser of a panel does not share the robot's cores: here it waits for none of them."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.name().startswith(("chrom", "node")):
                process.nice(BROWSER_NICE)


def _with_phantom(scan: LaserScan, distance: float) -> LaserScan:
    """The scan with something narrow straight ahead."""
    ranges = np.array(scan.ranges, dtype=np.float32)
    bearings = scan.angle_min + scan.angle_increment * np.arange(ranges.size)
    ranges[np.abs(bearings) < PHANTOM_RAD] = distance
    scan.ranges = ranges.tolist()
    return scan
