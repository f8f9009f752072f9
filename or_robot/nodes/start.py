"""How a run begins: an empty wing with the robot at its dock, or a scenario."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from rclpy.node import Node

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import ObjectPlan, TimedTask, load_scenario
from or_robot.scenario.events import Event
from or_robot.scenario.people import PersonPlan
from or_robot.types.site import Site
from or_robot.world.site import load_site

RUN_VARIABLE = "OR_ROBOT_RUN"
"""Set by the supervisor, new for every start of the suite."""


@dataclass(frozen=True, slots=True)
class Start:
    site: Site
    pose: Pose2D
    people: tuple[PersonPlan, ...] = ()
    objects: tuple[ObjectPlan, ...] = ()
    tasks: tuple[TimedTask, ...] = ()
    events: tuple[Event, ...] = ()


def load_start(world: str, scenario: str) -> Start:
    """Start in `world`, or as the scenario says when one is named.

    Its tasks carry the run in their id: they are new in every run, but not after the tasks
    process comes back within one.
    """
    if not scenario:
        site = load_site(world)
        return Start(site, site.stations["dock"].pose)
    told = load_scenario(scenario)
    run = os.environ.get(RUN_VARIABLE, "")
    tasks = tuple(
        dataclasses.replace(
            timed, request=dataclasses.replace(timed.request, id=f"{timed.request.id}-{run}")
        )
        for timed in told.tasks
    )
    return Start(told.site, told.start, told.people, told.objects, tasks, told.events)


def declare_start(node: Node) -> Start:
    """How this run begins, from parameters `world` and `scenario`."""
    world = node.declare_parameter("world", "operating_wing").value
    return load_start(world, node.declare_parameter("scenario", "").value)
