"""Automatic doors: they open for whoever comes, count it, and can be stuck."""

import math

import numpy as np
import pytest

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.events import Kidnap
from or_robot.scenario.people import PersonPlan
from or_robot.sim.doors import door_leaves, make_doors
from or_robot.sim.sdf_reader import load_world
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D
from or_robot.world.site import load_site

SITE = load_site("operating_wing")
BEFORE_UTILITY = Pose2D(20.65, 7.9, -math.pi / 2)
BEFORE_OR_1 = Pose2D(8.6, 8.0, math.pi / 2)


def ahead(world: SimWorld) -> float:
    """Range straight ahead, m."""
    return float(world.step(world.time_s + 0.1).scans[-1].ranges[360])


def opened(world: SimWorld, name: str = "or_1_door"):
    return next(door for door in world.truth().doors if door.name == name)


def test_a_door_takes_time_to_open_for_the_robot_and_the_lidar_sees_it() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_OR_1)
    assert ahead(world) == pytest.approx(9.23 - 8.2, abs=0.05)
    world.step(1.5)
    assert 0.3 < opened(world).opening < 0.6
    world.step(4.0)
    assert opened(world).opening == 1.0
    assert ahead(world) > 3.0
    assert (opened(world).room, opened(world).openings) == ("OR-1", 1)
    assert opened(world, "or_2_door").openings == 0


def test_it_closes_when_nobody_is_there_and_counts_the_next_opening() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_OR_1)
    world.step(4.0)
    world.happen(Kidnap(Pose2D(14.0, 8.0, 0.0)))
    world.step(12.0)
    assert opened(world).opening == 0.0
    world.happen(Kidnap(BEFORE_OR_1))
    world.step(16.0)
    assert (opened(world).opening, opened(world).openings) == (1.0, 2)


def test_people_open_doors_and_wait_for_them() -> None:
    nurse = PersonPlan("nurse", np.array([[18.0, 8.0], [18.0, 11.0]]), 1.2, 0.0, "stop", True)
    world = SimWorld("operating_wing", seed=1, people=[nurse])
    crossed_at = None
    for tick in range(120):
        world.step(0.1 * (tick + 1))
        if crossed_at is None and world.truth().people[0].pose.y > 9.26:
            crossed_at = opened(world, "or_2_door").opening
    assert crossed_at is not None
    assert crossed_at > 0.5
    assert opened(world, "or_2_door").openings == 1


def test_a_door_on_request_opens_for_a_robot_that_asks_and_for_people() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_UTILITY)
    world.step(4.0)
    assert opened(world, "soiled_utility_door").opening == 0.0
    world.ask_doors(["soiled_utility_door", "no such door"], 8.0)
    world.step(8.0)
    assert opened(world, "soiled_utility_door").opening == 1.0
    world.step(20.0)
    assert opened(world, "soiled_utility_door").opening == 0.0
    porter = PersonPlan("porter", np.array([[20.65, 8.4], [20.65, 5.0]]), 0.8, 0.0, "stop", True)
    busy = SimWorld("operating_wing", seed=1, people=[porter])
    busy.step(10.0)
    assert opened(busy, "soiled_utility_door").openings == 1


def test_a_door_on_request_stays_open_over_who_stands_in_it() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_UTILITY)
    world.ask_doors(["soiled_utility_door"], 4.0)
    world.step(4.0)
    world.happen(Kidnap(Pose2D(20.65, 6.74, -math.pi / 2)))
    world.step(30.0)
    assert opened(world, "soiled_utility_door").opening == 1.0
    assert not world.truth().contacts


def test_a_stuck_door_stays_and_works_again() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_OR_1)
    world.set_door_stuck("or_1_door", True)
    world.step(5.0)
    assert opened(world).opening == 0.0
    assert opened(world).stuck
    world.set_door_stuck("or_1_door", False)
    world.step(10.0)
    assert opened(world).opening == 1.0


def test_driving_into_a_closed_door_is_a_contact() -> None:
    world = SimWorld("operating_wing", seed=1, start=BEFORE_OR_1)
    world.set_door_stuck("or_1_door", True)
    while world.time_s < 4.0:
        world.command(Twist2D(0.4, 0.0))
        world.step(world.time_s + 0.02)
    assert [touch.other for touch in world.truth().contacts] == ["or_1_door"]


def test_an_unknown_door_and_a_door_in_one_file_only_are_refused() -> None:
    world = SimWorld("operating_wing", seed=1)
    with pytest.raises(OrRobotError, match="no door 'front'"):
        world.set_door_stuck("front", True)
    leaves = door_leaves(load_world("operating_wing"))
    with pytest.raises(OrRobotError, match="or_1_door"):
        make_doors(leaves, {leaf.name: SITE.doors[leaf.name] for leaf in leaves[1:]})


def test_the_wing_names_its_doors_where_they_are() -> None:
    doors = load_site("operating_wing").doors
    for leaf in door_leaves(load_world("operating_wing")):
        ends = np.array(sorted(leaf.doorway))
        assert np.allclose(ends, sorted(doors[leaf.name].leaf.tolist()), atol=0.01)
