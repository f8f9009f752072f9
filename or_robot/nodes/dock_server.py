"""Action `dock_robot` over a Navigator: into a station's dock, or to a thing by its marker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nav2_msgs.action import DockRobot
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from or_robot.autonomy.navigator import Navigator, NavigatorOutput
from or_robot.config.docking import DOCK_TYPES
from or_robot.nodes.conversions import duration_to_ros, pose_from_ros
from or_robot.nodes.goal_desk import GoalDesk, usable
from or_robot.nodes.names import DOCK
from or_robot.types.docking import DockTarget
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationStatus
from or_robot.types.site import Station


class Docking:
    """Words of `dock_robot`."""

    def result(self, error: NavigationError, message: str, status: NavigationStatus) -> Any:
        done = error is NavigationError.NONE and not message
        return DockRobot.Result(
            success=done, error_code=_code(error), num_retries=status.retries, error_msg=message
        )

    def feedback(self, output: NavigatorOutput, elapsed_s: float) -> Any:
        return DockRobot.Feedback(
            state=output.status.docking.value,
            docking_time=duration_to_ros(elapsed_s),
            num_retries=output.status.retries,
        )


class DockServer:
    """Takes goals; the desk tells of them."""

    def __init__(
        self, node: Node, navigator: Navigator, desk: GoalDesk, stations: Mapping[str, Station]
    ) -> None:
        self._node, self._navigator, self._desk = node, navigator, desk
        self._stations = stations
        self._server = ActionServer(
            node,
            DockRobot,
            DOCK,
            execute_callback=self._execute,
            goal_callback=self._judge,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def _judge(self, request: DockRobot.Goal) -> GoalResponse:
        fine = request.use_dock_id or usable(self._node, request.dock_pose)
        return GoalResponse.ACCEPT if fine else GoalResponse.REJECT

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        request = handle.request
        limit_s = request.max_staging_time

        def order() -> None:
            self._navigator.dock(
                dock_target(request, self._stations),
                stage=request.navigate_to_staging_pose,
                max_staging_s=limit_s if limit_s > 0.0 else math.inf,
            )

        return await self._desk.carry_out(handle, Docking(), order)


def dock_target(request: DockRobot.Goal, stations: Mapping[str, Station]) -> DockTarget:
    """Of a goal: a station by its name, or a pose and what stands there. Raises GoalRefused."""
    if not request.use_dock_id:
        mark = DOCK_TYPES.get(request.dock_type)
        if mark is None:
            known = ", ".join(DOCK_TYPES)
            problem = f"no dock type {request.dock_type!r}"
            raise GoalRefused(NavigationError.DOCK_NOT_VALID, problem, f"one of: {known}")
        return DockTarget(request.dock_type, pose_from_ros(request.dock_pose.pose), mark)
    station = stations.get(request.dock_id)
    if station is None or station.mark is None:
        known = ", ".join(name for name, place in stations.items() if place.mark)
        problem = f"no dock {request.dock_id!r}"
        raise GoalRefused(NavigationError.DOCK_NOT_IN_DB, problem, f"one of: {known or 'none'}")
    return DockTarget(station.name, station.pose, station.mark)


def _code(error: NavigationError) -> int:
    """DockRobot has its own word for what it does not know."""
    unknown: int = DockRobot.Result.UNKNOWN
    return unknown if error is NavigationError.UNKNOWN else int(error)
