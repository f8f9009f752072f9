"""Process `perception`: scan, images and pose → people, doors, markers, what the lidar misses."""

from __future__ import annotations

import dataclasses
import math

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMsg
from or_robot_interfaces.msg import DetectedMarkers
from or_robot_interfaces.msg import Doors as DoorsMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from sensor_msgs.msg import LaserScan as LaserScanMsg
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Bool
from visualization_msgs.msg import MarkerArray

from or_robot.config.perception import DepthConfig, DoorConfig, MarkerConfig, PeopleConfig
from or_robot.nodes import names
from or_robot.nodes.conversions import estimate_from_ros, odometry_from_ros, tracks_to_ros
from or_robot.nodes.depth_camera import DepthCamera
from or_robot.nodes.odometry_history import OdometryHistory
from or_robot.nodes.people_markers import markers_to_ros as people_markers_to_ros
from or_robot.nodes.perception_conversions import doors_to_ros, markers_to_ros
from or_robot.nodes.runtime import (
    Diagnostics,
    Heartbeat,
    ManagedNode,
    declare_config,
    run,
)
from or_robot.nodes.sensor_conversions import obstacles_to_ros
from or_robot.nodes.start import declare_start
from or_robot.nodes.transforms import Mounts
from or_robot.perception.doors import DoorWatch
from or_robot.perception.eyes import Eyes
from or_robot.perception.people import PeopleTracker
from or_robot.types.motion import PoseEstimate, Tracks
from or_robot.types.perception import DoorSeen
from or_robot.types.sensing import RgbdImage

STANDING = 0.02
"""m/s and rad/s."""
LOOK_ON_S = 5.0
"""s of the ROS clock after the last motion until images are no longer asked for."""
DOORS_HZ = 2.0
"""How often doors are told of while none changes."""


class PerceptionNode(ManagedNode):
    def __init__(self) -> None:
        super().__init__("perception")
        start = declare_start(self)
        tracker = PeopleTracker(declare_config(self, PeopleConfig), start.site.map)
        config = declare_config(self, DepthConfig, "depth.")
        markers = declare_config(self, MarkerConfig, "markers.")
        eyes = Eyes(config, markers, start.site.map, start.site.doors.values())
        diagnostics = Diagnostics(self, self._health)
        self._track = diagnostics.timed(tracker.update)
        self._door_watch = DoorWatch(declare_config(self, DoorConfig, "doors."), start.site.doors)
        self._doors: tuple[DoorSeen, ...] = ()
        self._doors_told_s = -math.inf
        self._look = diagnostics.timed(eyes.look)
        self._eyes = eyes
        self._mounts = Mounts(self)
        self._camera = DepthCamera(self, self._mounts, config.rate, self._take_image)
        self._pose: PoseEstimate | None = None
        self._tracks: Tracks | None = None
        self._odometry = OdometryHistory()
        self._moved_s = -math.inf
        self._people = self.create_publisher(TracksMsg, names.PEOPLE, names.NEWEST)
        self._drawn = self.create_publisher(MarkerArray, names.PEOPLE_MARKERS, names.NEWEST)
        self._doors_seen = self.create_publisher(DoorsMsg, names.DOORS, names.LATCHED)
        self._markers = self.create_publisher(DetectedMarkers, names.MARKERS, names.NEWEST)
        self._blind = self.create_publisher(Bool, names.CAMERA_BLIND, names.NEWEST)
        self._obstacles = self.create_publisher(PointCloud2, names.DEPTH_OBSTACLES, names.NEWEST)
        self.create_subscription(OdometryMsg, names.ODOMETRY, self._take_odometry, names.SENSOR)
        self.create_subscription(LaserScanMsg, names.SCAN, self._take_scan, names.SENSOR)
        self.create_subscription(
            PoseWithCovarianceStamped, names.POSE, self._take_pose, names.NEWEST
        )
        Heartbeat(self, "perception", lambda: self.active)

    def _take_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._pose = estimate_from_ros(message)

    def _take_odometry(self, message: OdometryMsg) -> None:
        odometry = odometry_from_ros(message)
        self._odometry.add(odometry)
        twist = odometry.twist
        if max(abs(twist.linear), abs(twist.angular)) > STANDING:
            self._moved_s = odometry.stamp_s
        moves = 0.0 <= odometry.stamp_s - self._moved_s < LOOK_ON_S
        self._camera.want(self.active and (moves or self._markers_wanted))

    @property
    def _markers_wanted(self) -> bool:
        """Searching an image costs half as much as all else in it: only when somebody listens."""
        return bool(self._markers.get_subscription_count())

    def _take_scan(self, message: LaserScanMsg) -> None:
        """Track in every scan. Without a pose to trust nothing is said: silence stops the robot."""
        if not self.active or self._pose is None or self._pose.lost:
            return
        scan = self._mounts.scan(message)
        located = self._located(scan.stamp_s) if scan is not None else None
        if scan is not None and located is not None:
            self._tracks = self._track(scan, located)
            self._people.publish(tracks_to_ros(self._tracks, names.MAP))
            if self._drawn.get_subscription_count():
                self._drawn.publish(people_markers_to_ros(self._tracks, names.MAP))
            self._blind.publish(Bool(data=bool(self._camera_problem)))
            self._tell_doors(self._door_watch.update(scan, located), scan.stamp_s)

    def _tell_doors(self, doors: tuple[DoorSeen, ...], stamp_s: float) -> None:
        """On a change of state and now and then."""
        same = [door.state for door in doors] == [door.state for door in self._doors]
        if same and 0.0 <= stamp_s - self._doors_told_s < 1.0 / DOORS_HZ:
            return
        self._doors, self._doors_told_s = doors, stamp_s
        self._doors_seen.publish(doors_to_ros(doors, stamp_s, names.MAP))

    def _take_image(self, image: RgbdImage) -> None:
        located = self._located(image.stamp_s) if self.active else None
        wanted = self._markers_wanted
        found, markers = self._look(image, located, self._tracks, search_markers=wanted)
        if markers is not None:
            self._markers.publish(markers_to_ros(markers, names.BASE))
        if found is not None:
            self._obstacles.publish(obstacles_to_ros(found, names.MAP))

    def _located(self, stamp_s: float) -> PoseEstimate | None:
        """The pose as of a stamp."""
        if self._pose is None:
            return None
        pose = self._odometry.carry(self._pose, stamp_s)
        return None if pose is None else dataclasses.replace(self._pose, stamp_s=stamp_s, pose=pose)

    def _health(self) -> tuple[bool, str]:
        if self._pose is None or self._pose.lost:
            return False, "waits for a pose to trust"
        problem = self._camera_problem
        return not problem, f"camera is blind: {problem}" if problem else ""

    @property
    def _camera_problem(self) -> str:
        """Why images cannot be relied on; empty when they can."""
        return self._camera.problem or self._eyes.seen.value


def main() -> None:
    run(PerceptionNode)


if __name__ == "__main__":
    main()
