"""What issue 3 wants refused: one clear error each, naming file and line where there is one."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from or_robot.cli.main import main
from or_robot.errors import OrRobotError
from or_robot.scenario.description import load_scenario
from or_robot.share import share
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf_reader import load_world
from or_robot.world.site import load_site

WING = "worlds/operating_wing.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(share("simulation"), tmp_path / "simulation"))


def spoil(root: Path, file: str, pattern: str, new: str) -> None:
    path = root / file
    text, count = re.subn(pattern, new, path.read_text(), count=1, flags=re.DOTALL)
    assert count == 1
    path.write_text(text)


@pytest.mark.parametrize(
    ("file", "pattern", "new", "read", "says"),
    [
        pytest.param(
            "scenarios/deliver_tray.yaml", r"\[16\.0, 8\.3\]", "[16.0, 9.26]",
            lambda root: load_scenario("deliver_tray", root),
            r"deliver_tray\.yaml:6: people\.circulating_nurse\.waypoints\[0\]: .* in a wall",
            id="person in a wall",
        ),
        pytest.param(
            "models/or_courier/model.sdf", r"<stddev>[\d.]+", "<stddev>-0.01",
            lambda root: courier_model(root=root),
            r"or_courier/model\.sdf:\d+: <stddev>: is -0\.01 — give 0 or more",
            id="negative noise",
        ),
        pytest.param(
            WING, r"stations:\n.*?\n\n", "stations: {}\n\n",
            lambda root: load_site("operating_wing", root),
            r"operating_wing\.yaml:2: stations: has no station",
            id="world without a station",
        ),
        pytest.param(
            WING, r"\[\[5\.12, 9\.32\], \[12\.0, 9\.32\], \[12\.0, 16\.0\], \[5\.12, 16\.0\]\]",
            "[[5.12, 9.32], [12.0, 16.0], [12.0, 9.32], [5.12, 16.0]]",
            lambda root: load_site("operating_wing", root),
            r"operating_wing\.yaml:\d+: zones\.or_1_room\.polygon: .* sides do not cross",
            id="zone crossing itself",
        ),
        pytest.param(
            "models/counter/model.sdf", r"<link name",
            "<include><uri>model://counter</uri></include>\n<link name",
            lambda root: load_world("operating_wing", root),
            r"counter/model\.sdf:\d+: .*counter → counter — break the circle",
            id="circular include",
        ),
    ],
)  # fmt: skip
def test_it_is_named_with_file_and_line(
    root: Path, file: str, pattern: str, new: str, read: Callable[[Path], object], says: str
) -> None:
    read(root)
    spoil(root, file, pattern, new)
    with pytest.raises(OrRobotError) as caught:
        read(root)
    assert re.search(says, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("command", [["scenario", "run"], ["sim", "view"]])
def test_an_unknown_scenario_is_one_line_that_lists_the_known(command, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "deliver_elephant"])
    error = capsys.readouterr().err
    assert ended.value.code == 1
    assert error.count("\n") == 1
    assert "no scenario 'deliver_elephant'" in error
    assert "deliver_tray" in error
