"""Process `perception`: scan and pose → people."""

from __future__ import annotations

import dataclasses

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from sensor_msgs.msg import LaserScan as LaserScanMsg

from or_robot.config.perception import PeopleConfig
from or_robot.nodes import names
from or_robot.nodes.conversions import estimate_from_ros, odometry_from_ros, tracks_to_ros
from or_robot.nodes.odometry_history import OdometryHistory
from or_robot.nodes.runtime import (
    Diagnostics,
    Heartbeat,
    ManagedNode,
    declare_config,
    run,
)
from or_robot.nodes.start import declare_start
from or_robot.nodes.transforms import Mounts
from or_robot.perception.people import PeopleTracker
from or_robot.types.motion import PoseEstimate


class PerceptionNode(ManagedNode):
    def __init__(self) -> None:
        super().__init__("perception")
        start = declare_start(self)
        tracker = PeopleTracker(declare_config(self, PeopleConfig), start.site.map)
        diagnostics = Diagnostics(self, self._health)
        self._track = diagnostics.timed(tracker.update)
        self._mounts = Mounts(self)
        self._pose: PoseEstimate | None = None
        self._odometry = OdometryHistory()
        self._people = self.create_publisher(TracksMsg, names.PEOPLE, names.NEWEST)
        self.create_subscription(OdometryMsg, names.ODOMETRY, self._take_odometry, names.SENSOR)
        self.create_subscription(LaserScanMsg, names.SCAN, self._take_scan, names.SENSOR)
        self.create_subscription(
            PoseWithCovarianceStamped, names.POSE, self._take_pose, names.NEWEST
        )
        Heartbeat(self, "perception", lambda: self.active)

    def _take_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._pose = estimate_from_ros(message)

    def _take_odometry(self, message: OdometryMsg) -> None:
        self._odometry.add(odometry_from_ros(message))

    def _take_scan(self, message: LaserScanMsg) -> None:
        """Track in every scan. Without a pose to trust nothing is said: silence stops the robot."""
        if not self.active or self._pose is None or self._pose.lost:
            return
        scan = self._mounts.scan(message)
        if scan is None:
            return
        pose = self._odometry.carry(self._pose, scan.stamp_s)
        if pose is not None:
            located = dataclasses.replace(self._pose, stamp_s=scan.stamp_s, pose=pose)
            tracks = self._track(scan, located)
            self._people.publish(tracks_to_ros(tracks, names.MAP))

    def _health(self) -> tuple[bool, str]:
        good = self._pose is not None and not self._pose.lost
        return good, "" if good else "waits for a pose to trust"


def main() -> None:
    run(PerceptionNode)


if __name__ == "__main__":
    main()
