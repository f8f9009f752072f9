"""`or-robot scenario run`: series, log, report, exit status; the runs themselves are made up."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from made_runs import made_run

from or_robot.cli import scenario as command
from or_robot.cli.main import main
from or_robot.scenario.runner import Run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seeds that were really run; odd ones fail."""
    seeds: list[int] = []

    def simulate(name: str, seed: int, progress: Callable[[float], None]) -> Run:
        assert name == "deliver_tray"
        seeds.append(seed)
        progress(1.0)
        return made_run(seed, passed=seed % 2 == 0)

    monkeypatch.setattr(command, "simulate_named", simulate)
    return seeds


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["scenario", "run", "deliver_tray", "--jobs", "1", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_series_goes_on_where_it_was_interrupted(
    asked: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = ["--report", str(tmp_path)]
    assert call("--seed", "2", "--repeat", "2", *report) == 1
    assert call("--seed", "2", "--repeat", "4", "--resume", *report) == 1
    assert asked == [2, 3, 4, 5]
    figures = json.loads((tmp_path / "deliver_tray.json").read_text())
    assert [run["seed"] for run in figures["runs"]] == [2, 3, 4, 5]
    assert figures["passed"]["count"] == 2
    assert "2 of 4 runs passed" in (tmp_path / "deliver_tray.html").read_text()
    assert capsys.readouterr().out.count("kept") == 2


def test_without_resume_everything_runs_anew(
    asked: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    for _ in range(2):
        assert call("--seed", "2") == 0
    assert asked == [2, 2]


def test_the_log_lies_in_the_home_without_a_report(
    asked: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path / "home"))
    figures = tmp_path / "figures.json"
    assert call("--seed", "4", "--json", str(figures)) == 0
    assert (tmp_path / "home" / "scenarios" / "deliver_tray.jsonl").is_file()
    assert json.loads(figures.read_text())["delivered"] is True
