"""The whole robot in process: `or-robot scenario run deliver_tray`, judged by the referee."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from or_robot.cli.main import main
from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario, load_scenario
from or_robot.scenario.events import Event, HardwareEstop
from or_robot.scenario.pilot import AutonomyPilot
from or_robot.scenario.runner import Run, run_scenario
from or_robot.sim.world import SimWorld

ROBOT = RobotConfig()


def run(scenario: Scenario, seed: int, queue_file: Path) -> Run:
    world = SimWorld(scenario.site.name, seed=seed, people=scenario.people, start=scenario.start)
    pilot = AutonomyPilot(scenario, ROBOT, seed, queue_file)
    done = run_scenario(scenario, world, pilot, ROBOT, seed)
    pilot.close()
    return done


@pytest.mark.timeout(500)
def test_the_tray_arrives_and_nobody_is_touched(tmp_path: Path) -> None:
    figures_file, report = tmp_path / "out.json", tmp_path / "report"
    options = ["--json", str(figures_file), "--report", str(report)]
    with pytest.raises(SystemExit) as ended:
        main(["scenario", "run", "deliver_tray", *options])
    figures = json.loads(figures_file.read_text())
    assert ended.value.code == 0, figures
    assert figures["delivered"] is True
    assert figures["contacts"] == 0
    assert figures["zone_entries"] == 0
    assert figures["min_separation_m"] > 0.0
    assert (report / "deliver_tray.html").is_file()


@pytest.mark.timeout(300)
def test_two_runs_with_one_seed_agree(tmp_path: Path) -> None:
    scenario = dataclasses.replace(load_scenario("deliver_tray"), timeout_s=8.0)
    first = run(scenario, 5, tmp_path / "first.sqlite")
    again = run(scenario, 5, tmp_path / "again.sqlite")
    assert first.verdict.path_length > 2.0
    assert np.max(np.abs(first.trace.robot - again.trace.robot)) <= 1e-9


@pytest.mark.timeout(300)
def test_the_red_button_stops_the_robot_and_it_does_not_start_again_by_itself(
    tmp_path: Path,
) -> None:
    scenario = dataclasses.replace(
        load_scenario("deliver_tray"),
        events=(Event(5.0, HardwareEstop(True)), Event(7.0, HardwareEstop(False))),
        timeout_s=10.0,
    )
    done = run(scenario, 1, tmp_path / "queue.sqlite")
    time, speed = done.trace.robot[:, 0], done.trace.robot[:, 4]
    assert np.max(speed[time < 5.0]) > 0.5
    assert np.max(np.abs(speed[time > 6.2])) < 0.01
