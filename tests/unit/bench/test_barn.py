import json
import math
import subprocess
import sys
from pathlib import PurePath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from or_robot.bench import barn
from or_robot.bench.barn_plant import BEAMS, FIELD_OF_VIEW, Conditions, Plant, World, cast
from or_robot.bench.barn_run import ROWS, load_worlds, run_world, score, shortest_disc_way
from or_robot.bench.barn_worlds import PASSAGE, make_worlds
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Twist2D

START, GOAL = Pose2D(0.0, 0.0, math.pi / 2.0), (0.0, 5.0)
POLES = np.array([[0.1, 1.6], [-0.9, 1.6], [1.1, 2.4]])


def world(cylinders: np.ndarray = POLES) -> World:
    return World(1, START, GOAL, 0.075, cylinders, 5.0)


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 1.0), st.floats(-4.0, 4.0))
@settings(max_examples=25, deadline=None)
def test_every_beam_ends_where_it_meets_the_first_cylinder(x: float, y: float, yaw: float) -> None:
    if np.hypot(*(POLES - [x, y]).T).min() < 0.1:
        return
    increment = FIELD_OF_VIEW / (BEAMS - 1)
    first = yaw - FIELD_OF_VIEW / 2.0
    found = cast(POLES, 0.075, x, y, first, increment)
    bearings = first + increment * np.arange(BEAMS)
    beams = np.stack((np.cos(bearings), np.sin(bearings)), axis=-1)
    along = beams @ (POLES - [x, y]).T
    inner = 0.075**2 - (np.hypot(*(POLES - [x, y]).T) ** 2 - along**2)
    hit = (inner >= 0.0) & (along > 0.0)
    exact = np.where(hit, along - np.sqrt(np.maximum(inner, 0.0)), np.inf).min(axis=1)
    both = np.isfinite(found) & np.isfinite(exact)
    assert np.allclose(found[both], exact[both], atol=1e-6)
    assert (np.isfinite(found) != np.isfinite(exact)).sum() <= 2  # beams that graze


def test_clearance_is_that_of_the_rectangle_and_a_touch_is_seen() -> None:
    plant = Plant(world(np.array([[0.0, 1.0]])), ROWS["nominal"], 0)
    plant.command(Twist2D(0.5, 0.0))
    plant.advance(0.5)
    gap = 1.0 - 0.075 - plant.pose.y - 0.254
    assert plant.clearance == pytest.approx(gap, abs=1e-6)
    plant.advance(3.0)
    assert plant.clearance < 0.0


def test_commands_arrive_late_and_through_the_lag() -> None:
    plant = Plant(world(), Conditions("late", delay=0.1, lag=0.15, acceleration=3.0), 0)
    plant.command(Twist2D(0.1, 0.0))
    plant.advance(0.1)
    assert plant.travelled == 0.0
    plant.advance(0.25)
    assert plant.odometry().twist.linear == pytest.approx(0.1 * (1 - math.exp(-1)), abs=0.003)


def test_odometry_drifts_as_much_as_said() -> None:
    noisy = Conditions("noisy", odometry_noise=0.02)
    ratios = []
    for seed in range(60):
        plant = Plant(world(np.empty((0, 2))), noisy, seed)
        plant.command(Twist2D(1.0, 0.0))
        plant.advance(1.0)
        ratios.append(plant.odometry().pose.x / plant.travelled)
    assert 0.012 < np.std(ratios) < 0.028


def test_the_score_is_the_challenge_s() -> None:
    assert score(True, 1.0, 10.0) == 0.5
    assert score(True, 10.0, 10.0) == 0.5
    assert score(True, 20.0, 10.0) == 0.25
    assert score(True, 99.0, 10.0) == 0.125
    assert score(False, 1.0, 10.0) == 0.0


def test_the_shortest_way_bends_round_a_wall() -> None:
    wall = np.column_stack((np.arange(-1.0, 1.01, 0.1), np.full(21, 2.0)))
    straight = shortest_disc_way(np.empty((0, 2)), START, GOAL, 0.3)
    assert straight == pytest.approx(4.0, abs=0.03)
    bent = shortest_disc_way(wall, START, GOAL, 0.3)
    corner = math.hypot(1.3, 2.0) + math.hypot(1.3, 3.0) - 1.0
    assert corner < bent < corner + 0.15
    ring = np.linspace(0.0, math.tau, 60)
    shut = np.column_stack((np.cos(ring), np.sin(ring)))
    assert math.isinf(shortest_disc_way(shut, START, GOAL, 0.3))


@pytest.mark.parametrize("row", ["nominal", "hardened"])
def test_a_run_gets_there_and_repeats(row: str) -> None:
    first, again = (run_world(world(), ROWS[row], 3, trace=True) for _ in range(2))
    assert first["success"]
    assert first["clearance_m"] > 0.02
    assert first["time_s"] < 1.6 * first["shortest_s"]
    assert first["trace"] == again["trace"]


def test_made_worlds_can_be_passed_and_are_the_same_again() -> None:
    some, again = make_worlds(3), make_worlds(3)
    for one, same in zip(some, again, strict=True):
        assert np.array_equal(one.cylinders, same.cylinders)
        assert math.isfinite(shortest_disc_way(one.cylinders, one.start, one.goal, PASSAGE))


def test_a_file_that_holds_no_worlds_is_named(tmp_path) -> None:
    file = tmp_path / "worlds.json"
    file.write_text('{"worlds": [{"world": 1}]}')
    with pytest.raises(OrRobotError, match="holds no BARN worlds"):
        load_worlds(file)


def test_the_bench_goes_on_where_it_was_interrupted(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    monkeypatch.setattr(barn, "_run", lambda missing, _workers: map(barn._work, missing))
    file = tmp_path / "worlds.json"
    one = {"world": 7, "start": [0, 0, 1.57], "goal": [0, 3], "radius": 0.1, "path_length": 3.0}
    file.write_text(json.dumps({"worlds": [one | {"cylinders": [[0.9, 1.0]]}]}))
    args = ["--worlds", str(file), "--rows", "nominal", "--json", str(tmp_path / "f.json")]
    result = CliRunner().invoke(barn.app, [*args, "--seeds", "1"])
    assert result.exit_code == 0, result.output
    log = tmp_path / "bench" / "barn.jsonl"
    log.write_text(log.read_text() + '{"torn')
    result = CliRunner().invoke(barn.app, [*args, "--seeds", "2", "--resume"])
    assert result.exit_code == 0, result.output
    assert len(log.read_text().splitlines()) == 3  # the first run was kept, the torn line passed
    (row,) = json.loads((tmp_path / "f.json").read_text())["rows"]
    assert row["success"] == 1.0
    assert row["seeds"] == 2
    assert row["score"] == 0.5


def test_what_a_run_is_made_with_decides_whether_it_is_kept() -> None:
    code = "import sys, or_robot.bench.barn_run; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    package = "or_robot."
    used = {
        PurePath(*name.removeprefix(package).split(".")).with_suffix(".py")
        for name in names.stdout.split()
        if name.startswith(package) and name.count(".") > 1
    }
    assert [path for path in used if not any(path.match(part) for part in barn.SOFTWARE)] == []


def test_pictures_of_chosen_worlds(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    monkeypatch.setattr(barn, "_run", lambda missing, _workers: map(barn._work, missing))
    file = tmp_path / "worlds.json"
    one = {"start": [0, 0, 1.57], "goal": [0, 2], "radius": 0.1, "path_length": 2.0}
    one["cylinders"] = [[0.9, 1.0]]
    file.write_text(json.dumps({"worlds": [one | {"world": 7}, one | {"world": 8}]}))
    args = ["--worlds", str(file), "--rows", "nominal", "--seeds", "1", "--only"]
    result = CliRunner().invoke(barn.app, [*args, "8", "--plot", str(tmp_path / "pictures")])
    assert result.exit_code == 0, result.output
    assert [made.name for made in (tmp_path / "pictures").iterdir()] == ["barn_nominal_8_0.png"]
    refused = CliRunner().invoke(barn.app, [*args, "9"])
    assert isinstance(refused.exception, OrRobotError)
