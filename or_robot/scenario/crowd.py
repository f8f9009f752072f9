"""Everybody who walks in a scenario: where they go, and the social forces that move them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.scenario import social_force as sf
from or_robot.scenario.people import IGNORING_SHARE, LEG_RADIUS, TORSO_RADIUS, PersonPlan
from or_robot.scenario.shortest import corners, passable
from or_robot.scenario.truth import ObjectTruth, PersonTruth
from or_robot.types.motion import Twist2D

REACHED = 0.25
"""A waypoint counts as reached this near, m."""
DECISION_S = 0.05
"""People look where they go this often."""
TURN_RATE, PUSHING_TURN_RATE = 3.0, 0.8
"""rad/s."""
PUSH_GAP = 0.15
"""Between a person and what they push, m."""
PATIENCE_S, NEARER = 3.0, 0.1
"""Who has not come so much (m) nearer to a waypoint in this time is hindered."""
NEAR_ENOUGH = 1.2
"""m: a waypoint this near, where somebody or something stands, is as good as reached."""
SQUEEZE = 0.02
"""m that a way round walls may be narrower than a torso: people stand where they stand."""
NO_DOORS: NDArray[np.float64] = np.zeros((0, 4))


class Crowd:
    """`step` advances everybody; `place` and `truth` tell where they are.

    walls: distances to what nobody walks through. pushed: name of a person → half length and half
    width in m of what they push.
    """

    def __init__(
        self,
        plans: Sequence[PersonPlan],
        walls: DistanceField,
        random: np.random.Generator,
        pushed: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        # a draw for everybody: what is said of one person does not change the others
        minds = [random.random() >= IGNORING_SHARE for _ in plans]
        self._plans = tuple(
            dataclasses.replace(p, attentive=mind) if p.attentive is None else p
            for p, mind in zip(plans, minds, strict=True)
        )
        self._walls = walls
        self._passable = passable(walls.distance, TORSO_RADIUS - SQUEEZE)
        self._random = random
        self._pushed = dict(pushed or {})
        self._routes = [_Route(plan) for plan in plans]
        self._starts = np.array([plan.start_s for plan in plans])
        groups = sorted({plan.group for plan in plans if plan.group})
        self._groups = np.array([groups.index(p.group) if p.group else -1 for p in plans], int)
        self._state = np.zeros((len(plans), 12))
        self._traits = np.zeros((len(plans), 6))
        for traits, plan, group in zip(self._traits, self._plans, self._groups, strict=True):
            traits[:] = self._traits_of(plan, float(group))
        self._robot = np.zeros(7)
        self._next_decision = 0.0
        for row, plan, route in zip(self._state, plans, self._routes, strict=True):
            row[[sf.X, sf.Y]] = plan.waypoints[0]
            row[[sf.TARGET_X, sf.TARGET_Y]] = target = route.target
            row[sf.YAW] = math.atan2(target[1] - row[sf.Y], target[0] - row[sf.X])

    def start(self, name: str, now_s: float) -> None:
        """Somebody sets off now, whatever the plan says."""
        self._starts[[plan.name for plan in self._plans].index(name)] = now_s

    def step(
        self,
        now_s: float,
        dt: float,
        robot: Pose2D,
        twist: Twist2D,
        footprint: NDArray[np.floating],
        doors: NDArray[np.float64] = NO_DOORS,
    ) -> None:
        """Walk for `dt` s. footprint (n, 2) in base_link; doors (m, 4) segments closed now; m."""
        if now_s >= self._next_decision:
            self._next_decision = now_s + DECISION_S - dt / 2.0
            self._decide(now_s)
            self._notice()
        vx, vy = twist.linear * math.cos(robot.yaw), twist.linear * math.sin(robot.yaw)
        half_length, half_width = footprint.max(axis=0)
        self._robot[:] = (robot.x, robot.y, robot.yaw, vx, vy, half_length, half_width)
        spec, distance = self._walls.spec, self._walls.distance
        grid = (distance, spec.origin_x, spec.origin_y, spec.resolution)
        sf.step_crowd(self._state, self._traits, self._robot, doors, *grid, dt)

    def place(self, parts: NDArray[np.float64]) -> None:
        """Write x, y of torso, left leg and right leg into parts (people, 3, ≥ 2), m."""
        sf.place_parts(self._state, parts)

    def walkers(self) -> list[tuple[float, float, float]]:
        """x, y, speed of everybody; m, m/s."""
        speed = np.hypot(self._state[:, sf.VX], self._state[:, sf.VY])
        return [(x, y, v) for (x, y), v in zip(self._state[:, :2].tolist(), speed, strict=True)]

    def pushed(self) -> tuple[ObjectTruth, ...]:
        """Where the middle of each pushed thing is, named as its person."""
        return tuple(
            ObjectTruth(plan.name, self._pose(row, self._middle(plan.name)))
            for plan, row in zip(self._plans, self._state, strict=True)
            if plan.name in self._pushed
        )

    def truth(self) -> tuple[PersonTruth, ...]:
        count = len(self._plans)
        discs = np.empty((count, 3, 3))
        self.place(discs)
        discs[:, :, 2] = TORSO_RADIUS, LEG_RADIUS, LEG_RADIUS
        return tuple(
            PersonTruth(plan.name, self._pose(row), self._speed(row), disc)
            for plan, row, disc in zip(self._plans, self._state, discs, strict=True)
        )

    def _traits_of(self, plan: PersonPlan, group: float) -> tuple[float, ...]:
        if plan.name not in self._pushed:
            return plan.speed, float(bool(plan.attentive)), group, TURN_RATE, 0.0, 0.0
        half_length, half_width = self._pushed[plan.name]
        nose = self._middle(plan.name) + max(half_length - half_width, 0.0)
        return plan.speed, float(bool(plan.attentive)), group, PUSHING_TURN_RATE, nose, half_width

    def _middle(self, name: str) -> float:
        """How far ahead of a person the middle of the pushed thing is, m."""
        return TORSO_RADIUS + PUSH_GAP + self._pushed[name][0]

    @staticmethod
    def _pose(row: NDArray[np.float64], ahead: float = 0.0) -> Pose2D:
        x, y, yaw = row[:3].tolist()
        return Pose2D(x + ahead * math.cos(yaw), y + ahead * math.sin(yaw), yaw)

    @staticmethod
    def _speed(row: NDArray[np.float64]) -> float:
        return float(row[sf.VX] * math.cos(row[sf.YAW]) + row[sf.VY] * math.sin(row[sf.YAW]))

    def _notice(self) -> None:
        """Who has walked into the robot looks out for it from then on: nobody does so twice."""
        touched = self._state[:, sf.TOUCHED] > 0.0
        self._traits[touched, sf.ATTENTIVE] = 1.0

    def _decide(self, now_s: float) -> None:
        state = self._state
        for group in range(int(self._groups.max(initial=-1)) + 1):
            members = self._groups == group
            state[members, sf.CENTRE_X : sf.CENTRE_Y + 1] = state[members, :2].mean(axis=0)
        for route, plan, start_s, row in zip(
            self._routes, self._plans, self._starts.tolist(), state, strict=True
        ):
            here = (float(row[sf.X]), float(row[sf.Y]))
            if plan.turns_back and self._random.random() < plan.turns_back * DECISION_S / 60.0:
                route.turn_back()
            elif math.dist(here, route.target) <= REACHED:
                route.pass_waypoint()
            going = now_s >= start_s and not route.ended
            if going and route.hindered(here, now_s):
                self._go_round(route, here)
            row[sf.TARGET_X], row[sf.TARGET_Y] = route.target
            row[sf.GOING] = float(going and not route.ended)

    def _go_round(self, route: _Route, here: tuple[float, float]) -> None:
        """Nobody insists on a spot where somebody stands, nor walks against a wall for ever."""
        way = corners(self._passable, self._walls.spec, here, route.target)
        if way is not None and len(way) > 2:
            route.go_by(way[1:-1])
        elif math.dist(here, route.target) <= NEAR_ENOUGH:
            route.pass_waypoint()


class _Route:
    """The waypoints still to go."""

    def __init__(self, plan: PersonPlan) -> None:
        self._points = [(float(x), float(y)) for x, y in plan.waypoints]
        self._repeat = plan.repeat
        self._left = list(range(1, len(self._points)))
        self._last = 0
        self._forward = True
        self._by: list[tuple[float, float]] = []
        self._nearest, self._nearer_s = math.inf, 0.0

    @property
    def ended(self) -> bool:
        return not self._left

    @property
    def target(self) -> tuple[float, float]:
        if self._by:
            return self._by[0]
        return self._points[self._left[0] if self._left else self._last]

    def hindered(self, here: tuple[float, float], now_s: float) -> bool:
        """Whether who goes there has not come nearer to the target for long; once in that time."""
        gap = math.dist(here, self.target)
        if gap < self._nearest - NEARER:
            self._nearest, self._nearer_s = gap, now_s
        hindered = now_s - self._nearer_s > PATIENCE_S
        if hindered:
            self._head_for_next()
        return hindered

    def go_by(self, corners: NDArray[np.float64]) -> None:
        """Pass these (n, 2) before the waypoint that is next."""
        self._by = [(x, y) for x, y in corners.tolist()]
        self._head_for_next()

    def turn_back(self) -> None:
        """To the waypoint before, then on as planned."""
        self._by = []
        self._head_for_next()
        if self._left:
            self._left.insert(0, self._last)

    def _head_for_next(self) -> None:
        self._nearest = math.inf

    def pass_waypoint(self) -> None:
        self._head_for_next()
        if self._by:
            self._by.pop(0)
            return
        if not self._left:
            return
        self._last = self._left.pop(0)
        count = len(self._points)
        if not self._left and self._repeat != "stop" and count > 1:
            self._forward = self._repeat == "loop" or not self._forward
            self._left = list(range(count) if self._forward else range(count - 2, -1, -1))
            if self._repeat == "back" and self._forward:
                self._left.pop(0)
