"""The referee believes the truth and nothing else."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import PhaseChange, Scenario, load_scenario
from or_robot.scenario.referee import Referee, separation
from or_robot.scenario.shortest import shortest_way
from or_robot.scenario.truth import Contact, DoorTruth, GroundTruth, PersonTruth
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.procedure import Phase

SCENARIO = load_scenario("deliver_tray")
STATIONS = {name: station.pose for name, station in SCENARIO.site.stations.items()}
ROBOT = RobotConfig()


class Play:
    """Feeds a referee with a made-up run."""

    def __init__(self, scenario: Scenario = SCENARIO) -> None:
        self.referee = Referee(scenario, ROBOT)
        self.now = 0.0

    def stay(self, pose: Pose2D, seconds: float, twist: Twist2D = STANDSTILL, **more) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            truth = GroundTruth(self.now, pose, twist, (), ())
            self.referee.watch(dataclasses.replace(truth, **more))

    def wait_for_person(self, pose: Pose2D, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            self.referee.watch(GroundTruth(self.now, pose, STANDSTILL, (), ()), waits=True)


def delivery(pickup_s: float = 5.0, dropoff_s: float = 5.0) -> Play:
    play = Play()
    play.stay(STATIONS["dock"], 2.0)
    play.stay(STATIONS["sterile_store"], pickup_s)
    play.stay(Pose2D(4, 8, 0), 2.0)
    play.stay(STATIONS["or_1"], dropoff_s)
    return play


def test_standing_at_pickup_then_dropoff_is_a_delivery() -> None:
    assert delivery().referee.delivered
    assert delivery().referee.verdict().passed(SCENARIO.success)


@pytest.mark.parametrize(("pickup_s", "dropoff_s"), [(0.0, 5.0), (3.0, 5.0), (5.0, 3.0)])
def test_too_short_a_stand_is_none(pickup_s: float, dropoff_s: float) -> None:
    assert not delivery(pickup_s, dropoff_s).referee.delivered


def test_the_wrong_order_is_none() -> None:
    play = Play()
    play.stay(STATIONS["or_1"], 6.0)
    play.stay(STATIONS["sterile_store"], 6.0)
    assert not play.referee.delivered


@pytest.mark.parametrize(
    ("shift", "turn", "twist"),
    [(0.2, 0.0, STANDSTILL), (0.0, 20.0, STANDSTILL), (0.0, 0.0, Twist2D(0.05, 0.0))],
)
def test_beside_askew_or_moving_is_none(shift: float, turn: float, twist: Twist2D) -> None:
    at = STATIONS["sterile_store"]
    play = Play()
    play.stay(Pose2D(at.x + shift, at.y, at.yaw + math.radians(turn)), 6.0, twist)
    play.stay(STATIONS["or_1"], 6.0)
    assert not play.referee.delivered


def test_only_touches_of_a_moving_robot_count_against_it() -> None:
    touches = (Contact(0.5, "walls", 0.3), Contact(1.0, "nurse", 0.01))
    play = Play()
    play.stay(STATIONS["dock"], 1.0, contacts=touches)
    verdict = play.referee.verdict()
    assert [touch.other for touch in verdict.contacts] == ["walls"]
    assert verdict.contacts_by_others == 1


def test_each_entry_into_a_closed_zone_is_counted_once() -> None:
    inside, outside = Pose2D(8.5, 11.2, 0.0), Pose2D(8.5, 10.0, 0.0)
    play = Play()
    for pose in (outside, inside, outside, inside):
        play.stay(pose, 0.5)
    entries = play.referee.verdict().zone_entries
    assert [entry.zone for entry in entries] == ["or_1_sterile_border"] * 2
    assert [entry.stamp_s for entry in entries] == pytest.approx([0.52, 1.52])


def test_an_entry_tells_the_phase_of_its_room() -> None:
    inside, outside = Pose2D(8.5, 11.2, 0.0), Pose2D(8.5, 10.0, 0.0)
    phases = (
        PhaseChange(0.0, "OR-2", Phase.TURNOVER),
        PhaseChange(1.0, "OR-1", Phase.CLOSING),
    )
    play = Play(dataclasses.replace(SCENARIO, phases=phases))
    for pose in (outside, inside, outside, inside, Pose2D(12.0, 2.0, 0.0)):
        play.stay(pose, 0.5)
    phases_seen = [entry.phase for entry in play.referee.verdict().zone_entries]
    assert phases_seen == ["operating", "closing", ""]


def test_time_near_people_is_counted_by_the_gap() -> None:
    def person(gap: float) -> PersonTruth:
        discs = np.array([[2.33 + gap + 0.2, 8.0, 0.2]])
        return PersonTruth("p", Pose2D(2, 8, 0), 0.0, discs)

    play = Play()
    for gap, seconds in ((2.0, 1.0), (1.0, 2.0), (0.3, 0.5), (5.0, 1.0)):
        play.stay(Pose2D(2.0, 8.0, 0.0), seconds, people=(person(gap),))
    verdict = play.referee.verdict()
    assert verdict.intimate_s == pytest.approx(0.5)
    assert verdict.personal_s == pytest.approx(2.5)


def test_efficiency_is_the_shortest_way_by_the_driven_one() -> None:
    straight, detour = delivery(), delivery()
    assert straight.referee.verdict().path_efficiency == 1.0  # it jumped through the walls
    for x in (4.0, 20.0) * 3:
        detour.stay(Pose2D(x, 8.0, 0.0), 0.1)
    found = detour.referee.verdict()
    radius = float(ROBOT.footprint[:, 1].max())
    stops = [STATIONS[name] for name in ("dock", "sterile_store", "or_1")]
    shortest = shortest_way(SCENARIO.site, radius, stops)
    assert found.path_efficiency == pytest.approx(shortest / found.path_length)


def test_the_shortest_way_is_a_straight_line_where_there_is_one() -> None:
    ends = [Pose2D(3.0, 7.8, 0.0), Pose2D(20.0, 8.2, 0.0)]
    length = shortest_way(SCENARIO.site, 0.28, ends)
    assert length == pytest.approx(np.hypot(17.0, 0.4), abs=0.1)
    assert shortest_way(SCENARIO.site, 2.0, ends) is None


def test_a_stall_is_standing_on_the_way_for_no_reason() -> None:
    aisle = Pose2D(6, 8, 0)
    waiter = PersonTruth("p", Pose2D(8, 8, 0), 0.0, np.array([[8.0, 8.0, 0.2]]))
    play = Play()
    play.stay(aisle, 4.0)
    play.stay(Pose2D(6.1, 8, 0.1), 3.0)
    assert play.referee.verdict().longest_stall_s == pytest.approx(6.0, abs=0.1)
    play.stay(Pose2D(7, 8, 0), 6.0)
    play.stay(Pose2D(7, 8, 1.0), 6.0)
    assert play.referee.verdict().longest_stall_s == pytest.approx(6.0, abs=0.1)
    play.stay(Pose2D(7, 8, 1.0), 30.0, people=(waiter,))
    play.wait_for_person(Pose2D(7, 8, 1.0), 30.0)
    assert play.referee.verdict().longest_stall_s == pytest.approx(6.0, abs=0.1)
    play.stay(STATIONS["sterile_store"], 30.0)
    assert play.referee.verdict().longest_stall_s == pytest.approx(26.0, abs=0.1), "done, not gone"


def test_jerk_is_that_of_the_speed() -> None:
    steady, shaken = Play(), Play()
    for step in range(200):
        steady.stay(Pose2D(2, 8, 0), 0.02, Twist2D(0.01 * step, 0.0))
        shaken.stay(Pose2D(2, 8, 0), 0.02, Twist2D(0.05 * math.cos(0.02 * step * 5.0), 0.0))
    assert steady.referee.verdict().jerk_rms == pytest.approx(0.0, abs=1e-6)
    # v = a cos wt: jerk a w² cos wt, RMS a w² / √2
    assert shaken.referee.verdict().jerk_rms == pytest.approx(0.05 * 25 / math.sqrt(2), rel=0.05)


def test_door_openings_are_summed_by_room() -> None:
    doors = tuple(
        DoorTruth(name, room, 0.0, openings, False)
        for name, room, openings in (("a", "OR-1", 2), ("b", "OR-1", 1), ("c", "", 4))
    )
    play = Play()
    play.stay(STATIONS["dock"], 0.1, doors=doors)
    assert play.referee.verdict().door_openings == {"OR-1": 3}


def test_path_length_is_the_way_of_the_robot() -> None:
    play = Play()
    for x in np.linspace(1.0, 3.0, 21):
        play.stay(Pose2D(float(x), 8.0, 0.0), 0.02)
    assert play.referee.verdict().path_length == pytest.approx(2.0)


def test_without_people_there_is_no_separation() -> None:
    assert delivery().referee.verdict().min_separation is None


def test_the_nearest_part_of_the_nearest_person_counts() -> None:
    discs = np.array([[2.0, 8.0, 0.2], [1.8, 8.1, 0.06], [2.2, 7.9, 0.06]])
    person = PersonTruth("p", Pose2D(2, 8, 0), 0.0, discs)
    play = Play()
    play.stay(Pose2D(1.0, 8.0, 0.0), 0.1, people=(person,))
    assert play.referee.verdict().min_separation == pytest.approx(0.8 - 0.33 - 0.06)


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3.1, 3.1), st.floats(-3, 3), st.floats(-3, 3))
def test_separation_is_that_of_sampled_outlines(x, y, yaw, px, py) -> None:
    robot = Pose2D(x, y, yaw)
    half = ROBOT.footprint.max(axis=0)
    u, v = np.meshgrid(np.linspace(-half[0], half[0], 67), np.linspace(-half[1], half[1], 57))
    hull = robot.transform(np.stack([u, v], axis=-1).reshape(-1, 2))
    sampled = max(0.0, np.hypot(*(hull - (px, py)).T).min() - 0.2)
    exact = separation(robot, ROBOT.footprint, np.array([[px, py, 0.2]]))
    assert exact == pytest.approx(sampled, abs=0.01)
