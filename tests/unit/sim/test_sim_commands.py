"""`or-robot sim`, `scenario list` and `bench sim` as a person calls them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from or_robot.cli.main import main
from or_robot.share import share
from or_robot.sim.map_files import write_masks
from or_robot.world.site import load_site


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


@pytest.mark.parametrize("world", ["operating_wing", "operating_room"])
def test_sim_map_writes_the_map_that_is_committed(world: str, tmp_path: Path) -> None:
    assert call("sim", "map", world, "--out", str(tmp_path)) == 0
    committed = share("simulation", "maps", world)
    for name in ("map", "keepout_mask", "speed_mask"):
        for kind in (".yaml", ".pgm"):
            file = f"{name}{kind}"
            assert (tmp_path / file).read_bytes() == (committed / file).read_bytes()
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_masks_tell_what_the_zones_say(tmp_path: Path) -> None:
    site = load_site("operating_wing")
    write_masks(site.map.spec, site.zones, 1.0, tmp_path)
    masks = {
        name: cv2.imread(str(tmp_path / f"{name}_mask.pgm"), cv2.IMREAD_GRAYSCALE)[::-1]
        for name in ("keepout", "speed")
    }
    (row, column), (free_row, free_column) = site.map.spec.cells(np.array([[8.6, 9.3], [8.6, 8.0]]))
    assert masks["speed"][row, column] == 50
    assert masks["speed"][free_row, free_column] == 0
    (row, column), *_ = site.map.spec.cells(np.array([[8.6, 12.0]]))
    assert masks["keepout"][row, column] == 0
    assert masks["keepout"][free_row, free_column] == 254


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
