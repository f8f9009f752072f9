"""Scenario files: ours are sound, damaged ones are refused by file and line."""

import math
from pathlib import Path

import pytest

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import (
    ObjectPlan,
    PhaseChange,
    Scenario,
    load_scenario,
    scenario_files,
)
from or_robot.scenario.events import (
    Button,
    Event,
    HardwareEstop,
    Kidnap,
    LidarDropout,
    MoveObject,
    PanelPress,
    PersonHelps,
    Place,
    PlaceObject,
    Schedule,
    SetBattery,
)
from or_robot.share import share
from or_robot.types.procedure import Phase

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


WANTED = {
    "deliver_tray",
    "fetch_specimen",
    "remove_waste",
    "crowded_corridor",
    "door_stuck",
    "cart_parked_in_doorway",
    "person_steps_out",
    "boom_lowered",
    "cable_on_floor",
    "lidar_dropout",
    "kidnapped_robot",
    "two_way_traffic",
    "low_battery",
}


def test_all_the_wanted_scenarios_are_there() -> None:
    assert set(scenario_files()) >= WANTED


EVENTS = """timeout_s: 300
objects:
  cart: {model: instrument_cart}
phases:
  - {room: OR-1, phase: closing, at_s: 4}
events:
  - EVENT
"""


def with_event(root: Path, event: str) -> Scenario:
    text = TEXT.replace("timeout_s: 300\n", EVENTS.replace("EVENT", event))
    (root / "scenarios" / "deliver_tray.yaml").write_text(text)
    (root / "models").symlink_to(share("simulation") / "models")
    return load_scenario("deliver_tray", root)


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("{at_s: 3, kind: hardware_estop_pressed}", Event(3.0, HardwareEstop(True))),
        (
            "{near: [4, 8, 1], kind: object_appears, object: cart, pose: [5, 8, 90], height: 1}",
            Event(0.0, PlaceObject("cart", Pose2D(5, 8, math.pi / 2), 1.0), Place(4, 8, 1)),
        ),
        (
            "{at_s: 1, kind: object_moves, object: cart, pose: [5, 8, 0], speed: 0.5}",
            Event(1.0, MoveObject("cart", Pose2D(5, 8, 0), 0.5)),
        ),
        ("{at_s: 1, kind: lidar_dropout, for_s: 2}", Event(1.0, LidarDropout(2.0))),
        ("{at_s: 1, kind: kidnap, pose: [12, 8, 0]}", Event(1.0, Kidnap(Pose2D(12, 8, 0)))),
        ("{at_s: 1, kind: battery, charge: 0.1}", Event(1.0, SetBattery(0.1))),
        ("{at_s: 1, kind: stop_pressed}", Event(1.0, PanelPress(Button.STOP))),
        ("{at_s: 1, kind: reset_pressed}", Event(1.0, PanelPress(Button.RESET))),
        ("{at_s: 1, kind: resume_pressed}", Event(1.0, PanelPress(Button.RESUME))),
        ("{at_s: 1, kind: person_helps, after_s: 9}", Event(1.0, PersonHelps(9.0))),
    ],
)
def test_events_are_read(root: Path, text: str, event: Event) -> None:
    scenario = with_event(root, text)
    assert scenario.events == (event,)
    assert scenario.phases == (PhaseChange(4.0, "OR-1", Phase.CLOSING),)
    assert scenario.objects == (ObjectPlan("cart", "instrument_cart", None, 0.0),)


def test_a_person_whom_an_event_calls_waits_for_it(root: Path) -> None:
    scenario = with_event(root, "{near: [4, 8, 1], kind: person_starts, person: circulating_nurse}")
    assert {person.name: person.start_s for person in scenario.people} == {
        "circulating_nurse": math.inf,
        "porter": 5.0,
    }


def test_people_walk_in_groups_turn_back_and_push(root: Path) -> None:
    (root / "models").symlink_to(share("simulation") / "models")
    text = TEXT.replace("speed: 1.1", "speed: 1.1\n    group: a\n    turns_back: 2")
    text = text.replace("speed: 0.9", "speed: 0.9\n    pushes: patient_bed")
    (root / "scenarios" / "deliver_tray.yaml").write_text(text)
    nurse, porter = load_scenario("deliver_tray", root).people
    assert (nurse.group, nurse.turns_back, nurse.pushes) == ("a", 2.0, "")
    assert porter.pushes == "patient_bed"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("{at_s: 1}", "has no kind"),
        ("{at_s: 1, kind: earthquake}", "kind: is 'earthquake'"),
        ("{kind: battery, charge: 0.1}", "neither at_s nor near"),
        ("{at_s: -1, kind: battery, charge: 0.1}", "at_s: is -1"),
        ("{at_s: 1, kind: battery, charge: 10}", "charge: is 10"),
        ("{at_s: 1, kind: battery}", "has no charge"),
        ("{near: [1, 2, 0], kind: battery, charge: 0.1}", "radius above 0"),
        ("{at_s: 1, kind: lidar_dropout, for_s: -3}", "for_s: is -3"),
        ("{at_s: 1, kind: kidnap, pose: [12, 9.26, 0]}", "no room to stand"),
        ("{at_s: 1, kind: object_appears, object: van, pose: [5, 8, 0]}", "objects: cart"),
        ("{at_s: 1, kind: person_starts, person: nobody}", "people: circulating_nurse, porter"),
        ("{at_s: 1, kind: person_starts, person: porter}", "start_s: is there beside"),
        ("{at_s: 1, kind: door_stuck, door: trapdoor}", "door: is 'trapdoor'"),
    ],
)
def test_damaged_events_are_named(root: Path, event: str, says: str) -> None:
    with pytest.raises(OrRobotError, match=r"deliver_tray\.yaml:\d+: ") as caught:
        with_event(root, event)
    assert says in str(caught.value)


def test_each_event_happens_once_in_its_time_and_place() -> None:
    here, there = Pose2D(0, 0, 0), Pose2D(4, 0, 0)
    schedule = Schedule(
        [Event(2.0, SetBattery(0.2)), Event(1.0, SetBattery(0.1), Place(4.5, 0, 1.0))]
    )
    assert schedule.due(0.5, there) == ()
    assert schedule.due(1.5, here) == ()
    assert schedule.due(2.0, there) == (SetBattery(0.1), SetBattery(0.2))
    assert schedule.due(9.0, there) == ()


def test_unknown_scenario_lists_the_known() -> None:
    with pytest.raises(OrRobotError, match="deliver_tray"):
        load_scenario("deliver_elephant")
