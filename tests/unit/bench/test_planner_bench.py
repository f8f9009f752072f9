import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from or_robot.bench import planner as bench

MAP = """image: small.png
resolution: 0.05
origin: [1.0, -2.0, 0.0]
negate: 1
occupied_thresh: 0.65
free_thresh: 0.196
"""


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    picture = np.zeros((160, 200), dtype=np.uint8)
    cv2.circle(picture, (90, 70), 20, 255, -1)
    cv2.rectangle(picture, (130, 40), (150, 120), 255, -1)
    cv2.imwrite(str(tmp_path / "small.png"), picture)
    (tmp_path / "small.yaml").write_text(MAP)
    return tmp_path


def test_all_pairs_are_solved_and_no_path_is_longer_than_the_octile_one(maps: Path) -> None:
    pytest.importorskip("pyastar2d", reason="peers of the bench are not installed")
    pytest.importorskip("skimage", reason="peers of the bench are not installed")
    found = maps / "figures.json"
    words = ["--maps", str(maps), "--pairs", "6", "--mcp", "1", "--json", str(found)]
    result = CliRunner().invoke(bench.app, [*words, "--plot", str(maps / "plots")])
    assert result.exit_code == 0, result.output
    row = json.loads(found.read_text())["maps"][0]
    assert row["solved"] == 6
    assert 0.9 < row["length_mean"] <= row["length_max"] <= 1.05
    assert row["clearance_min_m"] >= bench.RADIUS_M
    assert {"median_ms", "p99_ms", "ratio", "ratio_p99", "peer"} <= row.keys()
    assert (maps / "plots" / "planner-small.png").is_file()


def test_clearance_is_the_distance_from_the_square_of_the_cell(maps: Path) -> None:
    arena = bench._arena(maps / "small.yaml", 2)
    right, top = 1.0 + 151 * 0.05, -2.0 + 80 * 0.05  # rectangle: columns 130 to 150
    beside = np.array([[right + 0.3, top], [right + 0.231, top + 0.5], [right + 0.3, top + 1.0]])
    assert bench._Clearance(arena).least(beside) == pytest.approx(0.231, abs=1e-3)
    through = np.array([[right + 0.3, top], [right - 0.3, top]])
    assert bench._Clearance(arena).least(through) == 0.0
