"""The same wing, robot and people in Gazebo, through the same graph (`make test-gazebo`)."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.gazebo.pictures import take_camera_pictures
from or_robot.gazebo.prefix import LOADER
from or_robot.gazebo.replays import replay_in_both
from or_robot.gazebo.transport import MASTER_PORT
from or_robot.gazebo.world import GazeboWorld
from or_robot.geometry.pose import Pose2D
from or_robot.link.client import LinkClient
from or_robot.scenario.people import PersonPlan
from or_robot.share import share
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame
from tests.ros.observer import Observer, moving
from tests.ros.suite import START_S, Suite

pytestmark = [pytest.mark.gazebo, pytest.mark.timeout(400)]

START = Pose2D(6.0, 8.0, 0.0)
NURSE = PersonPlan("nurse", np.array([[8.0, 8.0]]), 1.0, 0.0, "stop", True)
SCENARIO = [sys.executable, "-c", "from or_robot.cli.main import main; main()", "scenario", "run"]
WAIT_S = 30.0
DRIVER = """
import sys, pathlib
from or_robot.gazebo.world import GazeboWorld
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame
world = GazeboWorld("operating_wing", seed=1, folder=pathlib.Path(sys.argv[1]))
while True:
    for _ in range(100):
        world.command(Twist2D(0.3, 0.0))
        world.step(world.time_s + 0.02)
    print("drives", flush=True)
"""
INSIDE = """
import asyncio, socket, pathlib, sys
from or_robot.gazebo.messages import Messages
from or_robot.gazebo.prefix import gazebo_prefix
from or_robot.gazebo.readings import seconds
from or_robot.gazebo.transport import Transport

class Direct:
    async def connect(self, host, port):
        made = socket.create_connection((host, port))
        made.setblocking(False)
        return made

    async def listen(self):
        made = socket.create_server(("127.0.0.1", 0))
        made.setblocking(False)
        return made

async def main():
    transport = Transport(Messages(gazebo_prefix().messages), Direct())
    await transport.start()
    heard = asyncio.get_running_loop().create_future()
    hear = lambda message: heard.done() or heard.set_result(seconds(message.time))
    transport.subscribe("/gazebo/operating_wing/pose/local/info", "PosesStamped", hear)
    print(await asyncio.wait_for(heard, 20.0))
    await transport.close()

asyncio.run(main())
"""
"""Prints Gazebo's simulated time, from within its network."""


def gazebo_processes(folder: Path) -> list[psutil.Process]:
    """Of the worlds in a folder: the helper, gzserver."""
    found = []
    for process in psutil.process_iter():
        try:
            if any("gzserver" in part for part in process.cmdline()) and str(folder) in " ".join(
                process.cmdline()
            ):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GazeboWorld]:
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(OSError):  # or somebody else has it, which does as well
            taken.enter_context(socket.create_server(("127.0.0.1", MASTER_PORT)))
        world = GazeboWorld("operating_wing", seed=1, folder=tmp_path, people=[NURSE], start=START)
    yield world
    world.close()
    assert gazebo_processes(tmp_path) == [], "gzserver is left"


def run(world: GazeboWorld, seconds: float, twist: Twist2D | None) -> list[SensorFrame]:
    """Frames of so much simulated time, as fast as it goes."""
    frames, end = [], world.time_s + seconds
    while world.time_s < end:
        if twist is not None:
            world.command(twist)
        frames.append(world.step(world.time_s + 0.02))
    return frames


def test_it_drives_sees_and_stops_when_commands_do(world: GazeboWorld, tmp_path: Path) -> None:
    run(world, 0.2, None)  # compiled by now
    wall_s, cpu, own = time.monotonic(), _cpu_s(tmp_path), time.process_time()
    frames = run(world, 3.0, Twist2D(0.3, 0.0))
    wall_s = time.monotonic() - wall_s
    print(
        f"\nGazebo: {3.0 / wall_s:.2f} × real time at most; a simulated second takes "
        f"{1e3 * (_cpu_s(tmp_path) - cpu) / 3.0:.0f} ms of CPU in gzserver, "
        f"{1e3 * (time.process_time() - own) / 3.0:.0f} ms here"
    )
    assert world.truth().twist.linear == pytest.approx(0.3, abs=0.05)
    scans = [scan for frame in frames for scan in frame.scans]
    stamps = [scan.stamp_s for scan in scans]
    assert np.diff(stamps) == pytest.approx(np.full(len(stamps) - 1, 0.1), abs=0.05)
    assert len(stamps) >= 28
    assert stamps[-1] > world.time_s - 0.15
    assert len([reading for frame in frames for reading in frame.imu]) >= 250
    robot = world.truth().robot
    ahead = scans[-1].points()[np.abs(np.degrees(np.arctan2(*scans[-1].points().T[::-1]))) < 15]
    gap = 8.0 - robot.x - 0.2
    assert np.min(np.hypot(*ahead.T)) == pytest.approx(gap, abs=0.4), "the nurse is seen"
    run(world, 1.5, None)
    assert abs(world.truth().twist.linear) < 0.01
    odometry = frames[-1].odometry
    assert odometry[-1].pose.x == pytest.approx(robot.x - START.x, abs=0.1)


def test_a_bridge_that_hangs_stops_the_world(tmp_path: Path) -> None:
    """Nobody but the bridge lets time go on in Gazebo, hence the robot cannot drive on."""
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "drives\n"
        servers = gazebo_processes(tmp_path)
        driver.send_signal(signal.SIGSTOP)
        stands = _moment_inside(servers[0])
        time.sleep(1.0)  # it would be 0.3 m further
        assert _moment_inside(servers[0]) == stands
        driver.send_signal(signal.SIGCONT)
        assert driver.stdout.readline() == "drives\n", "it goes on"
        assert _moment_inside(servers[0]) > stands
    finally:
        driver.kill()
        driver.wait()
    assert psutil.wait_procs(servers, WAIT_S)[1] == []


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, "Gazebo: gzserver ended"), (signal.SIGSTOP, "Gazebo: it hangs")],
)
def test_a_gazebo_that_dies_or_hangs_is_said_and_leaves_nothing(
    number: signal.Signals, words: str, world: GazeboWorld, tmp_path: Path
) -> None:
    for process in gazebo_processes(tmp_path):
        if LOADER in process.cmdline()[0]:
            process.send_signal(number)
    end_s = time.monotonic() + WAIT_S
    said = ""
    while not said and time.monotonic() < end_s:
        try:
            world.step(world.time_s + 0.02)
        except OrRobotError as error:
            said = str(error)
    assert words in said


def _moment_inside(server: psutil.Process) -> float:
    """Simulated time, heard in gzserver's own network."""
    own = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    enter = ["nsenter", "--target", str(server.pid), *own, "--net"]
    command = [*enter, sys.executable, "-c", INSIDE]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _cpu_s(folder: Path) -> float:
    times = [process.cpu_times() for process in gazebo_processes(folder)]
    return sum(each.user + each.system for each in times)


def test_the_camera_sees_what_the_embedded_one_does(tmp_path: Path) -> None:
    """Half of the depths within 5 cm of each other: the same wing from the same place."""
    apart = take_camera_pictures(tmp_path / "cameras.png")
    print(f"\ndepths differ by {1000 * apart:.0f} mm (median)")
    assert apart < 0.05


@pytest.mark.ros
def test_a_delivery_and_a_stop_on_the_way_through_the_graph(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [*SCENARIO, "stop_pressed", "--ros", "--sim", "gazebo", "--json", str(figures)],
        env=os.environ | {"OR_ROBOT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(figures.read_text())["runs"]
    assert (found["ended"], found["contacts"]) == ("delivered", 0)
    log = (tmp_path / "scenarios" / "stop_pressed-1.suite.log").read_text()
    assert "STOP ROBOT from panel-OR-1" in log
    # nothing stands there; a lidar that tells of its own courier stops it twenty times
    assert log.count("PROTECTIVE_STOP obstacle_in_field") <= 5


@pytest.mark.ros
def test_a_bridge_killed_while_driving_takes_gazebo_along(tmp_path: Path) -> None:
    domain = 110 + os.getpid() % 100
    suite = Suite(tmp_path, ("--no-panel", "--sim", "gazebo"), domain)
    try:
        suite.await_line("listening on")
        link = LinkConfig(port=suite.link_port, keys_folder=suite.home / "keys")
        with LinkClient(link, "panel-OR-1"):
            observer = Observer(domain)
            try:
                ready = lambda seen: seen["safety"].mode == seen["safety"].MODE_READY  # noqa: E731
                observer.wait("ready robot", ready, START_S)
                observer.deliver("errand", "sterile_store", "or_1")
                observer.wait("motion", moving, 60.0)
                servers = gazebo_processes(tmp_path)
                suite.part("or_robot.nodes.simulation").send_signal(signal.SIGKILL)
                assert psutil.wait_procs(servers, WAIT_S)[1] == []
                observer.wait("stop", lambda seen: seen["command"].twist.linear.x == 0.0)
                observer.wait("fault", lambda seen: seen["safety"].reset_required)
            finally:
                observer.close()
        assert suite.end() == 0, "\n".join(suite.lines)
        assert suite.members() == []
    finally:
        suite.kill()


def test_both_simulators_drive_the_same_way(tmp_path: Path) -> None:
    log = share("simulation", "recordings", "drive_20s.csv")
    found = replay_in_both(log, tmp_path / "plot.png")
    assert found.seconds > 19.5
    print(f"\n{100 * found.end_m:.1f} cm, {math.degrees(found.end_rad):.2f}° apart")
    assert found.end_m < 0.05
    assert found.end_rad < math.radians(3.0)
    assert (tmp_path / "plot.png").stat().st_size > 5000
