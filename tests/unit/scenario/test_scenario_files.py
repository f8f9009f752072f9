"""Scenario files: ours are sound, damaged ones are refused by file and line."""

from pathlib import Path

import pytest

from or_robot.errors import OrRobotError
from or_robot.scenario.description import load_scenario, scenario_files
from or_robot.share import share

TEXT = share("simulation", "scenarios", "deliver_tray.yaml").read_text()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    simulation = share("simulation")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "worlds").symlink_to(simulation / "worlds")
    (tmp_path / "maps").symlink_to(simulation / "maps")
    return tmp_path


@pytest.mark.parametrize("name", scenario_files())
def test_every_scenario_of_ours_is_sound(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.description
    assert scenario.tasks


def test_deliver_tray_says_what_the_issue_wants() -> None:
    scenario = load_scenario("deliver_tray")
    (task,) = scenario.tasks
    assert (task.request.pickup, task.request.dropoff) == ("sterile_store", "or_1")
    assert scenario.start == scenario.site.stations["dock"].pose
    assert len(scenario.people) == 2
    assert scenario.success.max_contacts == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("world: operating_wing", "world: moon", "no world 'moon'"),
        ("start: dock", "start: roof", "start: is 'roof'"),
        ("pickup: sterile_store", "pickup: shop", "pickup: is 'shop'"),
        ("kind: deliver", "kind: dance", "kind: is 'dance'"),
        ("[16.0, 8.3]", "[16.0, 9.26]", "in a wall"),
        ("[16.0, 8.3]", "[16.0, 99]", "in a wall"),
        ("[3.2, 8.3]", "[3.2, 4.0]", "walks through a wall"),
        ("speed: 1.1", "speed: -1", "speed: is -1"),
        ("speed: 1.1", "speed: quick", "must be a number"),
        ("repeat: back", "repeat: maybe", "one of: stop, back, loop"),
        ("timeout_s: 300", "timeout_s: .nan", "timeout_s"),
        ("timeout_s: 300", "", "has no timeout_s"),
        ("stand_s: 4", "stand_h: 4", "stand_h: is not a known key"),
        ("description:", "description: [", "deliver_tray.yaml:"),
    ],
)
def test_damage_is_named(root: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    (root / "scenarios" / "deliver_tray.yaml").write_text(TEXT.replace(old, new))
    with pytest.raises(OrRobotError) as caught:
        load_scenario("deliver_tray", root)
    assert says in str(caught.value)
    if "no world" not in says:
        assert "deliver_tray.yaml:" in str(caught.value)


def test_unknown_scenario_lists_the_known() -> None:
    with pytest.raises(OrRobotError, match="deliver_tray"):
        load_scenario("deliver_elephant")
