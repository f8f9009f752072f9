"""`or-robot scenario run --ros`: the scenario through the whole suite, in real time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from or_robot.bringup.description import Options
from or_robot.bringup.environment import domain_of, environment, free_port
from or_robot.bringup.guard import RUN_VARIABLE
from or_robot.bringup.supervisor import leave_case_out
from or_robot.cli.ending import end_as_by_ctrl_c
from or_robot.config.link import LinkConfig
from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.link.keys import ensure_default_keys, new_allowed_key
from or_robot.link.topics import Role
from or_robot.nodes.scenario_run import GraphPilot, GraphWorld, panel_key, rooms
from or_robot.scenario.description import Scenario, load_scenario
from or_robot.scenario.runner import Run, run_scenario

ENTRY = "from or_robot.cli.main import main; main()"
SLOWEST = 4.0
"""A suite on a busy machine may take so many times the scenario's time; then it ends itself."""
END_S = 30.0


def simulate_in_graph(
    name: str, logs: Path, simulator: str, seed: int, progress: Callable[[float], None]
) -> Run:
    """One run in a suite of its own: own state, own ports, own ROS domain. `logs`: its output.

    Raises OrRobotError when the suite does not start, or ends before the scenario.
    """
    end_as_by_ctrl_c()
    scenario, robot = load_scenario(name), RobotConfig()
    with tempfile.TemporaryDirectory(prefix="or_robot_") as folder:
        home = Path(folder)
        ports = len(Options().link_ports())
        link = LinkConfig(port=free_port("127.0.0.1", ports), keys_folder=home / "keys")
        _make_keys(home, scenario)
        leave_case_out(home)
        with (
            _suite(
                scenario, simulator, seed, home, link.port, logs / f"{name}-{seed}.suite.log"
            ) as ended,
            GraphWorld(domain_of(home), ended) as world,
            GraphPilot(scenario, world, link) as pilot,
        ):
            return run_scenario(scenario, world, pilot, robot, seed, progress)


def _make_keys(home: Path, scenario: Scenario) -> None:
    keys = ensure_default_keys(home)
    for room in rooms(scenario):
        if panel_key(room) not in {key.name for key in keys.allowed()}:
            new_allowed_key(keys, panel_key(room), Role.PANEL, room)


@contextmanager
def _suite(
    scenario: Scenario, simulator: str, seed: int, home: Path, link_port: int, log: Path
) -> Iterator[Callable[[], str]]:
    """`or-robot up` while inside; gives what tells why it has ended, "" while it runs."""
    ours = os.environ | {"ROS_DOMAIN_ID": str(domain_of(home)), "OR_ROBOT_HOME": str(home)}
    # this process's own participant speaks as the suite does
    profile = "FASTRTPS_DEFAULT_PROFILES_FILE"
    os.environ.setdefault(profile, environment(home, "")[profile])
    options = ["--no-panel", "--link-port", str(link_port), "--scenario", scenario.name]
    options += [
        "--sim",
        simulator,
        "--seed",
        str(seed),
        "--for",
        str(60.0 + SLOWEST * scenario.timeout_s),
    ]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        suite = subprocess.Popen(
            [sys.executable, "-c", ENTRY, "up", *options],
            env={name: value for name, value in ours.items() if name != RUN_VARIABLE},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield lambda: "" if suite.poll() is None else f"{_last_line(log)} ({log})"
    finally:
        _end(suite)
    if suite.returncode:
        raise OrRobotError(f"the suite failed: {_last_line(log)}", f"see {log}")


def _end(suite: subprocess.Popen[bytes]) -> None:
    if suite.poll() is None:
        suite.send_signal(signal.SIGINT)
    try:
        suite.wait(END_S)
    except subprocess.TimeoutExpired:
        suite.kill()  # its guard sweeps the rest away
        suite.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1].strip() if lines else "no message"
