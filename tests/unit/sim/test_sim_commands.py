"""`or-robot sim`, `scenario list` and `bench sim` as a person calls them."""

import json
from pathlib import Path

import pytest

from or_robot.cli.main import main
from or_robot.share import share


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_sim_map_writes_the_map_that_is_committed(tmp_path: Path) -> None:
    assert call("sim", "map", "operating_wing", "--out", str(tmp_path)) == 0
    committed = share("simulation", "maps", "operating_wing")
    for name in ("map.yaml", "map.pgm"):
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes()
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_sim_map_of_an_unknown_world_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sim", "map", "moon") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "operating_wing" in said


def test_scenario_list_names_and_describes(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("scenario", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split(maxsplit=1)[0] == "deliver_tray" for line in lines)
    assert all(len(line.split()) > 3 for line in lines)


def test_unknown_scenario_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("scenario", "run", "deliver_elephant") == 1
    assert "one of: " in capsys.readouterr().err


def test_bench_sim_writes_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    assert call("bench", "sim", "--seconds", "1", "--rounds", "1", "--json", str(file)) == 0
    figures = json.loads(file.read_text())
    assert figures["people"] == 6
    assert all(figures[key] > 0 for key in ("rtf", "lidar_ms", "step_us", "rss_mb"))


def test_bench_lists_its_yardsticks_and_refuses_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("bench", "--help") == 0
    assert "sim" in capsys.readouterr().out
    assert call("bench", "moon") == 2
