"""The whole robot in process: `or-robot scenario run deliver_tray`, judged by the referee."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import pytest

from or_robot.cli.main import main
from or_robot.scenario.description import load_scenario
from or_robot.scenario.events import Event, HardwareEstop
from or_robot.scenario.series import run_series
from or_robot.sim.embedded import simulate, simulate_cut


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
@pytest.mark.parametrize("name", ["deliver_tray", "crowded_corridor", "door_stuck"])
def test_two_runs_with_one_seed_agree_wherever_they_run(name: str) -> None:
    """One in this process, two in processes of their own; the seeds differ."""
    once = functools.partial(simulate_cut, name, 6.0)
    runs = {run.seed: run for run in run_series(once, [5, 6], 2, lambda _part: None)}
    here = once(5, lambda _part: None)
    assert here.verdict.path_length > 1.0
    assert np.max(np.abs(here.trace.robot - runs[5].trace.robot)) <= 1e-9
    assert np.max(np.abs(here.trace.people - runs[5].trace.people), initial=0.0) <= 1e-9
    assert np.max(np.abs(here.trace.robot - runs[6].trace.robot)) > 1e-6


@pytest.mark.timeout(300)
def test_the_red_button_stops_the_robot_and_it_does_not_start_again_by_itself() -> None:
    scenario = dataclasses.replace(
        load_scenario("deliver_tray"),
        events=(Event(5.0, HardwareEstop(True)), Event(7.0, HardwareEstop(False))),
        timeout_s=10.0,
    )
    done = simulate(scenario, 1)
    time, speed = done.trace.robot[:, 0], done.trace.robot[:, 4]
    assert np.max(speed[time < 5.0]) > 0.5
    assert np.max(np.abs(speed[time > 6.2])) < 0.01
