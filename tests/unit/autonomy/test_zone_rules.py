"""Zones that close around the robot: when it is caught, and how it gets out."""

import math

import numpy as np

from or_robot.autonomy.zone_rules import ZoneRules
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.site import Zone

FOOTPRINT = RobotConfig().footprint
SQUARE = np.array([[2.0, 2.0], [4.0, 2.0], [4.0, 4.0], [2.0, 4.0]])


def zone(caught: str = "leave") -> Zone:
    open_in = frozenset({Phase.TURNOVER})
    return Zone("field", "sterile", SQUARE, "OR-1", math.inf, open_in, caught)


def test_caught_only_when_well_inside_and_until_well_outside() -> None:
    rules = ZoneRules((zone(),), FOOTPRINT)
    beside = Pose2D(2.0 - 0.33 + 0.03, 3.0, 0.0)
    assert rules.caught_in(beside) is None
    assert rules.caught_in(Pose2D(2.0, 3.0, 0.0)) is not None
    assert rules.caught_in(beside) is not None
    assert rules.caught_in(Pose2D(1.6, 3.0, 0.0)) is None
    assert rules.caught_in(beside) is None


def test_an_open_zone_catches_nobody() -> None:
    rules = ZoneRules((zone(),), FOOTPRINT)
    rules.update([ProcedurePhase(1.0, "OR-1", Phase.TURNOVER)], 1.0)
    assert rules.caught_in(Pose2D(3.0, 3.0, 0.0)) is None


def test_where_it_says_stay_there_is_no_way_out() -> None:
    rules = ZoneRules((zone("stay"),), FOOTPRINT)
    assert rules.ways_out(zone("stay"), Pose2D(3.0, 3.0, 0.0)) == []
    ways = rules.ways_out(zone(), Pose2D(3.5, 3.0, 0.0))
    assert ways[0].linear > 0.0
    assert all(abs(way.linear) <= 0.2 for way in ways)
