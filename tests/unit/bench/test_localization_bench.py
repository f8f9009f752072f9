import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from or_robot.bench.localization import app
from or_robot.bench.localization_figures import draw, figures_of
from or_robot.bench.localization_runs import Job, KidnapRun, TrackRun, read_run

TRACK = TrackRun([0.01, 0.02, 0.09], [0.1, 0.2, 2.0], [False, False, True], [1.0, 2.0])
FOUND = KidnapRun([1.0, 2.0, 0.5], 1.1, 4.9, 0.0, [3.0], "")
LATE = KidnapRun([1.0, 2.0, 0.5], 1.1, 12.0, 0.5, [3.0], "")
NEVER = KidnapRun([1.0, 2.0, 0.5], 1.1, None, 0.0, [3.0], "several places fit the scan")


def test_figures_count_what_was_found_in_time_and_wrong_claims(tmp_path: Path) -> None:
    figures = figures_of([TRACK], [FOUND, LATE, NEVER])
    assert figures["recovered_in_10_s"] == 1
    assert figures["recovered_in_20_s"] == 2
    assert figures["wrong_claims"] == 1
    assert figures["position_max_m"] == 0.09
    assert figures["lost_share"] == pytest.approx(1 / 3, abs=1e-3)
    assert figures_of([], [])["kidnaps"] == 0
    draw([TRACK], [FOUND, NEVER], tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        "localization-error.png",
        "localization-kidnaps.png",
    }


@pytest.mark.parametrize(("kind", "run"), [("track", TRACK), ("kidnap", FOUND)])
def test_a_kept_run_comes_back(kind: str, run: TrackRun | KidnapRun) -> None:
    line = json.dumps({"kind": kind, "seed": 3, "run": dataclasses.asdict(run)})
    assert read_run(json.loads(line)) == (Job(kind, 3), run)


def test_a_kidnapped_robot_is_found_and_the_run_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    file = tmp_path / "figures.json"
    command = ["--seeds", "0", "--kidnaps", "1", "--jobs", "1", "--json", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    figures = json.loads(file.read_text())
    assert figures["noticed"] == figures["recovered_in_10_s"] == 1
    assert figures["wrong_claims"] == 0
    (log,) = (tmp_path / "bench").iterdir()
    with log.open("a") as torn:
        torn.write('{"kind": "kid')  # as an interruption leaves it
    kept = log.read_bytes()
    assert CliRunner().invoke(app, command).exit_code == 0
    assert log.read_bytes() == kept
    assert json.loads(file.read_text()) == figures
