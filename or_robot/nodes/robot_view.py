"""What the graph says about the robot, gathered for the panels."""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry as OdometryMsg
from nav_msgs.msg import Path as PathMsg
from or_robot_interfaces.msg import Doors as DoorsMsg
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from or_robot_interfaces.msg import TaskQueue as TaskQueueMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from rclpy.node import Node
from sensor_msgs.msg import BatteryState
from sensor_msgs.msg import LaserScan as LaserScanMsg

from or_robot.config.robot import RobotConfig
from or_robot.nodes import names
from or_robot.nodes.conversions import (
    command_from_ros,
    estimate_from_ros,
    odometry_from_ros,
    path_from_ros,
    queue_from_ros,
    safety_state_from_ros,
    tracks_from_ros,
)
from or_robot.nodes.perception_conversions import doors_from_ros
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.site import OCCUPIED, UNKNOWN, Site
from or_robot.types.status import (
    DiagnosticsStatus,
    DoorLine,
    DoorStatus,
    PersonStatus,
    ProcessStatus,
    RobotStatus,
    SiteStatus,
    StationStatus,
    ZoneStatus,
)

MOST_PATH_POINTS = 100
MOST_PROCESSES = 64
"""Names on /diagnostics that are kept; whoever invents more is not listened to."""
STATE_MAX_AGE_S = 1.0
PEOPLE_MAX_AGE_S = 1.0
"""s of steady time: older is not shown as if it were now."""
DOORS_MAX_AGE_S = 2.0
SILENT = SafetyState(0.0, SafetyMode.FAULT, "safety_silent", "Lost: safety process", 0, True, True)


class RobotView:
    """Newest of each topic with its age in steady time."""

    def __init__(self, node: Node, robot: RobotConfig) -> None:
        self._footprint = tuple((float(x), float(y)) for x, y in robot.footprint)
        self._values: dict[str, Any] = {}
        self._heard_s: dict[str, float] = {}
        for name, kind, topic, convert, quality in (
            ("scan", LaserScanMsg, names.SCAN, lambda _: None, names.SENSOR),
            ("odom", OdometryMsg, names.ODOMETRY, odometry_from_ros, names.SENSOR),
            (
                "amcl_pose",
                PoseWithCovarianceStamped,
                names.POSE,
                estimate_from_ros,
                names.NEWEST,
            ),
            ("cmd_vel", TwistStamped, names.COMMAND, command_from_ros, names.NEWEST),
            (
                "safety_state",
                SafetyStateMsg,
                names.SAFETY_STATE,
                safety_state_from_ros,
                names.LATCHED,
            ),
            ("tasks", TaskQueueMsg, names.TASK_QUEUE, queue_from_ros, names.LATCHED),
            ("people", TracksMsg, names.PEOPLE, tracks_from_ros, names.NEWEST),
            ("doors", DoorsMsg, names.DOORS, doors_from_ros, names.LATCHED),
            ("path", PathMsg, names.PLAN, path_from_ros, names.LATCHED),
            ("battery", BatteryState, names.BATTERY, lambda m: m.percentage, names.LATCHED),
        ):
            node.create_subscription(kind, topic, self._taker(name, convert), quality)
        self._processes: dict[str, tuple[DiagnosticStatus, float]] = {}
        node.create_subscription(DiagnosticArray, names.DIAGNOSTICS, self._diagnosed, names.EVENT)

    def newest(self, name: str) -> Any:
        return self._values.get(name)

    def age_s(self, name: str) -> float:
        """Since it was last heard; inf when never."""
        return time.monotonic() - self._heard_s.get(name, -float("inf"))

    def safety(self) -> SafetyState:
        """The gate's state; a fault of its own when the gate is silent."""
        return (
            self.newest("safety_state") if self.age_s("safety_state") < STATE_MAX_AGE_S else SILENT
        )

    def status(self) -> RobotStatus:
        estimate, odometry = self.newest("amcl_pose"), self.newest("odom")
        command, safety = self.newest("cmd_vel"), self.safety()
        watched = ("scan", "odom", "amcl_pose", "safety_state", "tasks", "cmd_vel")
        return RobotStatus(
            stamp_s=time.time(),
            pose=estimate.pose if estimate is not None else None,
            lost=estimate is None or estimate.lost,
            speed=abs(odometry.twist.linear) if odometry is not None else 0.0,
            commanded_speed=abs(command.twist.linear) if command is not None else 0.0,
            safety_mode=safety.mode,
            safety_reason_code=safety.reason_code,
            safety_reason=safety.reason,
            speed_limit=safety.speed_limit,
            reset_required=safety.reset_required,
            resume_required=safety.resume_required,
            battery=self.newest("battery"),
            path=self._path(),
            people=self._people(),
            footprint=self._footprint,
            ages_s={name: self.age_s(name) for name in watched},
            doors=self._doors(),
        )

    def diagnostics(self) -> DiagnosticsStatus:
        """What each process said last, with its age: a silent one shows by that."""
        now_s = time.monotonic()
        processes = (
            ProcessStatus(
                name,
                status.level == DiagnosticStatus.OK,
                status.message,
                {each.key: each.value for each in status.values},
                now_s - heard_s,
            )
            for name, (status, heard_s) in sorted(self._processes.items())
        )
        return DiagnosticsStatus(time.time(), tuple(processes))

    def _diagnosed(self, array: DiagnosticArray) -> None:
        known = self._processes
        for status in array.status:
            if status.name in known or len(known) < MOST_PROCESSES:
                known[status.name] = (status, time.monotonic())

    def _taker(self, name: str, convert: Any) -> Any:
        def take(message: object) -> None:
            self._values[name] = convert(message)
            self._heard_s[name] = time.monotonic()

        return take

    def _path(self) -> tuple[tuple[float, float], ...]:
        path = self.newest("path")
        if path is None or not len(path.poses):
            return ()
        count = min(MOST_PATH_POINTS, len(path.poses))
        chosen = np.linspace(0, len(path.poses) - 1, count).round().astype(int)
        return tuple((float(x), float(y)) for x, y in path.poses[chosen, :2])

    def _doors(self) -> tuple[DoorStatus, ...]:
        doors = self.newest("doors")
        if doors is None or self.age_s("doors") > DOORS_MAX_AGE_S:
            return ()
        return tuple(DoorStatus(door.name, door.state, door.opening) for door in doors)

    def _people(self) -> tuple[PersonStatus, ...]:
        people = self.newest("people")
        if people is None or self.age_s("people") > PEOPLE_MAX_AGE_S:
            return ()
        return tuple(
            PersonStatus(
                track.id,
                *(float(v) for v in track.position),
                *(float(v) for v in track.velocity),
            )
            for track in people.tracks
        )


def site_status(site: Site) -> SiteStatus:
    """What a panel draws once."""
    spec = site.map.spec
    grey = np.full(spec.shape, 255, dtype=np.uint8)
    grey[site.map.values == OCCUPIED] = 0
    grey[site.map.values == UNKNOWN] = 128
    _, png = cv2.imencode(".png", grey[::-1])
    return SiteStatus(
        name=site.name,
        map_png=png.tobytes(),
        origin_x=spec.origin_x,
        origin_y=spec.origin_y,
        resolution=spec.resolution,
        rows=spec.rows,
        columns=spec.columns,
        stations=tuple(
            StationStatus(s.name, s.label, s.pose.x, s.pose.y, s.pose.yaw, s.kind, s.room)
            for s in site.stations.values()
        ),
        zones=tuple(
            ZoneStatus(z.name, z.kind, z.room, tuple((float(x), float(y)) for x, y in z.polygon))
            for z in site.zones
        ),
        doors=tuple(
            DoorLine(name, door.room, tuple((float(x), float(y)) for x, y in door.leaf))
            for name, door in site.doors.items()
        ),
    )
