"""How people walk: routes, social forces, groups, carts, legs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.crowd import Crowd
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.referee import separation
from or_robot.types.motion import STANDSTILL

DT = 0.01
SPEC = GridSpec(-10.0, -10.0, 0.05, 400, 400)
FOOTPRINT = np.array([[0.33, 0.28], [-0.33, 0.28], [-0.33, -0.28], [0.33, -0.28]])
FAR_AWAY = Pose2D(1e3, 1e3, 0.0)


def field(*boxes: tuple[float, float, float, float]) -> DistanceField:
    occupied = np.zeros(SPEC.shape, dtype=bool)
    for x0, y0, x1, y1 in boxes:
        (r0, c0), (r1, c1) = SPEC.cells(np.array([[x0, y0], [x1, y1]]))
        occupied[r0 : r1 + 1, c0 : c1 + 1] = True
    return DistanceField(SPEC, occupied)


def plan(name: str, *points: tuple[float, float], **more: object) -> PersonPlan:
    person = PersonPlan(name, np.array(points, float), 1.2, 0.0, "stop", True)
    return dataclasses.replace(person, **more)  # type: ignore[arg-type]


def walk(crowd: Crowd, seconds: float, *, robot: Pose2D = FAR_AWAY, start: float = 0.0, **more):
    """(ticks, people, 2) where everybody's torso was."""
    way = []
    for tick in range(round(seconds / DT)):
        crowd.step(start + tick * DT, DT, robot, STANDSTILL, FOOTPRINT, **more)
        way.append([(x, y) for x, y, _ in crowd.walkers()])
    return np.array(way)


def crowd(*plans: PersonPlan, walls: DistanceField | None = None, seed: int = 0, **more) -> Crowd:
    return Crowd(plans, walls or field(), np.random.default_rng(seed), **more)


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=2, max_size=4))
def test_one_who_walks_alone_arrives_and_stops_within_the_limit_of_speed(points) -> None:
    way = walk(crowd(plan("p", *points)), 35.0)[:, 0]
    speeds = np.hypot(*np.diff(way, axis=0).T) / DT
    assert speeds.max() <= 1.3 * 1.2 + 1e-9
    assert np.hypot(*(way[-1] - points[-1])) < 0.7
    assert speeds[-1] == 0.0


def test_waits_for_the_start_and_for_a_call() -> None:
    late = crowd(plan("p", (0, 0), (3, 0), start_s=2.0))
    assert np.ptp(walk(late, 1.99), axis=0).max() == 0.0
    called = crowd(plan("p", (0, 0), (3, 0), start_s=np.inf))
    assert np.ptp(walk(called, 3.0), axis=0).max() == 0.0
    called.start("p", 3.0)
    assert walk(called, 4.0, start=3.0)[-1, 0, 0] > 2.0


def test_back_and_forth_and_round() -> None:
    back = walk(crowd(plan("p", (0, 0), (3, 0), repeat="back")), 25.0)[:, 0, 0]
    assert back[:800].max() > 2.6
    assert back[500:].min() < 0.4
    corners = ((0, 0), (2, 0), (2, 2), (0, 2))
    loop = walk(crowd(plan("p", *corners, repeat="loop")), 35.0)[-1700:, 0]
    assert all(np.hypot(*(loop - corner).T).min() < 0.4 for corner in corners)


def test_a_standing_foot_stays_where_it_is() -> None:
    walkers = crowd(plan("p", (-9, 0), (9, 0)))
    walk(walkers, 4.0)
    feet = []
    for tick in range(220):
        walkers.step(4.0 + tick * DT, DT, FAR_AWAY, STANDSTILL, FOOTPRINT)
        feet.append(walkers.truth()[0].discs[1, 0])
    steps = np.diff(feet)
    assert (np.abs(steps) < 1e-4).mean() == pytest.approx(0.5, abs=0.05)
    assert steps.max() == pytest.approx(2 * 1.2 * DT, rel=0.05)
    assert feet[-1] - feet[0] == pytest.approx(1.2 * 219 * DT, rel=0.02)


def test_two_who_meet_in_a_corridor_pass_on_the_right_without_touching() -> None:
    corridor = field((-10, 1.2, 9.9, 2.0), (-10, -2.0, 9.9, -1.2))
    both = crowd(plan("a", (-4, 0), (4, 0)), plan("b", (4, 0), (-4, 0)), walls=corridor)
    way = walk(both, 9.0)
    gaps = np.hypot(*(way[:, 0] - way[:, 1]).T)
    meeting = int(np.argmin(gaps))
    assert gaps[meeting] > 0.45
    assert way[meeting, 0, 1] < way[meeting, 1, 1]
    assert way[-1, 0, 0] > 3.4
    assert way[-1, 1, 0] < -3.4


def test_nobody_walks_into_walls_or_a_closed_door() -> None:
    walls = field((2.0, 0.7, 2.1, 9.0), (2.0, -9.0, 2.1, -0.7))
    door = np.array([[2.05, -0.7, 2.05, 0.7]])
    walker = crowd(plan("p", (-1, 0.2), (5, 0.2)), walls=walls)
    shut = walk(walker, 5.0, doors=door)[:, 0]
    assert 1.5 < shut[-1, 0] < 1.9
    opened = walk(walker, 6.0, start=5.0)[:, 0]
    assert opened[-1, 0] > 4.4
    assert walls.distances(np.concatenate((shut, opened))).min() > 0.2


def test_an_attentive_person_goes_round_the_robot_one_in_thoughts_does_not() -> None:
    robot = Pose2D(3.0, 0.05, 0.0)

    def nearest(attentive: bool) -> tuple[float, float]:
        way = walk(crowd(plan("p", (0, 0), (7, 0), attentive=attentive)), 12.0, robot=robot)
        discs = np.column_stack((way[:, 0], np.full(len(way), 0.2)))
        return separation(robot, FOOTPRINT, discs), way[-1, 0, 0]

    gap, end = nearest(True)
    assert gap > 0.05
    assert end > 6.0
    gap, end = nearest(False)
    assert gap == 0.0
    assert end > 6.0, "having walked into it, round it"


def test_who_walks_into_the_robot_stops_there_instead_of_walking_on() -> None:
    """As deep in it as one tick's step; a foot that touches counts too."""
    robot = Pose2D(3.0, 0.05, 0.3)
    walker = crowd(plan("p", (0, 0), (7, 0), attentive=False, speed=1.4))
    deepest, touched = 0.0, False
    for tick in range(600):
        walker.step(tick * DT, DT, robot, STANDSTILL, FOOTPRINT)
        discs = walker.truth()[0].discs
        local = np.abs(robot.inverse().transform(discs[:, :2]))
        gaps = np.hypot(*np.maximum(local - FOOTPRINT.max(axis=0), 0.0).T) - discs[:, 2]
        touched |= bool(gaps.min() <= 0.0)
        deepest = max(deepest, -float(gaps[0]))
    assert touched
    assert deepest <= 1.3 * 1.4 * DT + 1e-9


def test_nobody_insists_on_a_waypoint_where_the_robot_stands() -> None:
    pacing = crowd(plan("p", (0, 0), (3, 0), repeat="back"))
    way = walk(pacing, 25.0, robot=Pose2D(3.0, 0.0, 0.0))[:, 0, 0]
    turned = int(np.argmax(way))
    assert way[turned] > 1.8, "went there"
    assert way[turned:].min() < 0.4, "and back"


def test_who_was_pushed_behind_a_wall_finds_the_way_round_it() -> None:
    walls = field((2.0, -3.0, 2.1, 3.0))
    way = walk(crowd(plan("p", (0, 0), (4, 0)), walls=walls), 25.0)[:, 0]
    assert np.hypot(*(way[-1] - (4, 0))) < 0.4
    assert walls.distances(way).min() > 0.15


def test_who_can_get_nowhere_stays_sane() -> None:
    cell = field((-1, -1, 1, -0.9), (-1, 0.9, 1, 1), (-1, -1, -0.9, 1), (0.9, -1, 1, 1))
    way = walk(crowd(plan("p", (0, 0), (5, 0)), walls=cell), 10.0)
    assert np.abs(way).max() < 0.9


def test_a_waypoint_off_the_map_is_no_way_round_anything() -> None:
    way = walk(crowd(plan("p", (0, 0), (30, 0)), walls=field((2.0, -9.0, 2.1, 9.0))), 8.0)[:, 0]
    assert np.isfinite(way).all()
    assert way[:, 0].max() < 2.0


def test_a_group_stays_together() -> None:
    def spread(group: str) -> float:
        slow = plan("a", (-8, 0.4), (8, 0.4), speed=0.8, group=group)
        fast = plan("b", (-8, -0.4), (8, -0.4), speed=1.4, group=group)
        way = walk(crowd(slow, fast), 10.0)
        return float(np.hypot(*(way[-1, 0] - way[-1, 1])))

    assert spread("round") < 2.5
    assert spread("") > 4.0


def test_some_turn_back_by_the_runs_seed() -> None:
    def way(seed: int) -> np.ndarray:
        return walk(crowd(plan("p", (-5, 0), (5, 0), turns_back=20.0), seed=seed), 12.0)

    assert np.array_equal(way(1), way(1))
    assert any(np.diff(way(seed)[:, 0, 0]).min() < -0.005 for seed in range(3))


def test_what_is_pushed_goes_ahead_and_turns_slowly() -> None:
    porter = crowd(plan("p", (-4, 0), (0, 0), (0, 4)), pushed={"p": (1.0, 0.45)})
    ahead = []
    for tick in range(900):
        porter.step(tick * DT, DT, FAR_AWAY, STANDSTILL, FOOTPRINT)
        bed, person = porter.pushed()[0].pose, porter.truth()[0].pose
        ahead.append(person.inverse().compose(bed))
    assert all(pose.x == pytest.approx(1.35) and abs(pose.y) < 1e-9 for pose in ahead)
    assert porter.truth()[0].pose.y > 1.0


def test_thirty_people_in_a_hall_stay_apart_and_finite() -> None:
    random = np.random.default_rng(4)
    spots = random.uniform(-6, 6, (30, 2, 2))
    everybody = crowd(*(plan(f"p{i}", *map(tuple, way)) for i, way in enumerate(spots)))
    for tick in range(600):
        everybody.step(tick * DT, DT, FAR_AWAY, STANDSTILL, FOOTPRINT)
    places = np.array([(p.pose.x, p.pose.y) for p in everybody.truth()])
    assert np.isfinite(places).all()


def test_of_those_about_whom_nothing_is_said_one_in_five_ignores_the_robot() -> None:
    """Seen in what they do: who walks into a robot in the way."""
    robot = Pose2D(3.0, 0.05, 0.0)

    def walks_into_it(seed: int) -> bool:
        walker = plan("p", (0, 0), (6, 0), attentive=None)
        way = walk(crowd(walker, seed=seed), 6.0, robot=robot)[:, 0]
        return separation(robot, FOOTPRINT, np.column_stack((way, np.full(len(way), 0.2)))) == 0.0

    ignoring = sum(walks_into_it(seed) for seed in range(100))
    assert 10 <= ignoring <= 30
    assert walks_into_it(3) == walks_into_it(3), "one seed, one mind"
