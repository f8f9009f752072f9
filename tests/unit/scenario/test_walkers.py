"""How people walk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.scenario.people import ACCELERATION, PersonPlan, Walker

Hull = list[tuple[float, float]]
NOWHERE: Hull = [(1e6, 1e6)] * 4
DT = 0.01


def walker(*points: tuple[float, float], repeat: str = "stop", attentive: bool = True, **more):
    speed, start_s = more.get("speed", 1.2), more.get("start_s", 0.0)
    return Walker(PersonPlan("p", np.array(points, float), speed, start_s, repeat, attentive))


def walk(
    person: Walker, seconds: float, hull: Hull = NOWHERE, start: float = 0.0
) -> list[tuple[float, float]]:
    way = []
    for tick in range(round(seconds / DT)):
        person.step(start + tick * DT, DT, hull)
        way.append((person.pose.x, person.pose.y))
    return way


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=2, max_size=4))
def test_arrives_at_the_last_waypoint_within_speed_and_acceleration(points) -> None:
    person = walker(*points)
    last, last_pose = 0.0, person.pose
    for tick in range(3500):
        person.step(tick * DT, DT, NOWHERE)
        assert 0.0 <= person.speed <= 1.2
        assert abs(person.speed - last) <= ACCELERATION * DT + 1e-9
        assert person.pose.distance_to(last_pose) <= 1.2 * DT + 1e-9
        last, last_pose = person.speed, person.pose
    assert np.hypot(*(np.array([person.pose.x, person.pose.y]) - points[-1])) < 0.7
    assert person.speed == 0.0


def test_waits_for_the_start() -> None:
    person = walker((0, 0), (3, 0), start_s=2.0)
    walk(person, 1.99)
    assert person.pose.x == 0.0


def test_back_and_forth_and_round() -> None:
    back = np.array(walk(walker((0, 0), (3, 0), repeat="back"), 20.0))
    assert (np.diff(np.sign(np.diff(back[:, 0]))) != 0).sum() >= 4
    loop = np.array(walk(walker((0, 0), (2, 0), (2, 2), (0, 2), repeat="loop"), 30.0))
    assert all(np.hypot(*(loop[-1500:] - corner).T).min() < 0.3 for corner in ((0, 0), (2, 2)))


def test_a_standing_foot_stays_where_it_is() -> None:
    person = walker((0, 0), (50, 0))
    walk(person, 3.0)
    feet = []
    for tick in range(220):
        person.step(3.0 + tick * DT, DT, NOWHERE)
        feet.append(person.discs()[1, 0])
    steps = np.diff(feet)
    assert (np.abs(steps) < 1e-9).mean() == pytest.approx(0.5, abs=0.05)
    assert steps.max() == pytest.approx(2 * 1.2 * DT, rel=0.05)
    assert feet[-1] - feet[0] == pytest.approx(1.2 * 219 * DT, rel=0.02)


def test_attentive_person_stops_for_a_robot_and_goes_on_after_it() -> None:
    hull = [(3.0, -0.3), (3.6, -0.3), (3.6, 0.3), (3.0, 0.3)]
    person = walker((0, 0), (8, 0))
    walk(person, 6.0, hull)
    assert 1.5 < person.pose.x < 2.7
    assert person.speed == 0.0
    walk(person, 8.0, start=6.0)
    assert person.pose.x > 7.5


def test_inattentive_person_walks_on() -> None:
    hull = [(3.0, -0.3), (3.6, -0.3), (3.6, 0.3), (3.0, 0.3)]
    person = walker((0, 0), (8, 0), attentive=False)
    walk(person, 8.0, hull)
    assert person.pose.x > 7.5
