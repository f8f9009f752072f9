"""Process `navigation`: localization, costmaps, planner and controller behind navigate_to_pose."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMsg
from nav_msgs.msg import Path as PathMsg
from or_robot_interfaces.msg import ProcedurePhase as ProcedurePhaseMsg
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import Imu as ImuMsg
from sensor_msgs.msg import LaserScan as LaserScanMsg
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

from or_robot.autonomy.navigator import Navigator, NavigatorInputs, NavigatorOutput
from or_robot.autonomy.warm import warm_up
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.localization.localizer import PoseRefused
from or_robot.localization.odometry_filter import mounted
from or_robot.nodes import names
from or_robot.nodes.conversions import (
    command_to_ros,
    estimate_from_ros,
    estimate_to_ros,
    map_to_ros,
    odometry_from_ros,
    path_to_ros,
    phase_from_ros,
    safety_state_from_ros,
    tracks_from_ros,
    transform_to_ros,
)
from or_robot.nodes.dock_server import DockServer
from or_robot.nodes.door_requests import DoorRequester
from or_robot.nodes.goal_desk import GoalDesk
from or_robot.nodes.last_pose import LastPose
from or_robot.nodes.marker_watch import MarkerWatch
from or_robot.nodes.navigate_server import NavigateServer
from or_robot.nodes.path_server import PathServer
from or_robot.nodes.runtime import (
    Diagnostics,
    Heartbeat,
    ManagedNode,
    declare_config,
    now_s,
    run,
)
from or_robot.nodes.sensor_conversions import imu_from_ros, obstacles_from_ros
from or_robot.nodes.start import declare_start
from or_robot.nodes.transforms import Mounts
from or_robot.types.motion import Odometry, Path, Tracks
from or_robot.types.perception import DepthObstacles
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.sensing import ImuReading
from or_robot.types.site import OccupancyMap, Site

STEP_HZ = 20.0
SAFETY_SILENCE_S = 1.0
"""s of steady time without /safety/state, which comes at 10 Hz."""
GLOBAL_HZ, LOCAL_HZ = 1.0, 5.0
IMU_KEPT = 50
"""Readings between two steps, at most."""


class NavigationNode(ManagedNode):
    def __init__(self) -> None:
        super().__init__("navigation")
        start = declare_start(self)
        site = start.site
        robot = declare_config(self, RobotConfig, "robot.")
        config = declare_config(self, NavigatorConfig)
        self._navigator = Navigator(config, site, robot)
        self._tolerance_s = config.localization.transform_tolerance
        self._start_pose = start.pose
        self._last_pose = LastPose()
        self._mounts = Mounts(self)
        self._scan: LaserScanMsg | None = None
        self._odometry: Odometry | None = None
        self._imu: deque[ImuReading] = deque(maxlen=IMU_KEPT)
        self._tracks: Tracks | None = None
        self._depth: DepthObstacles | None = None
        self._phases: list[ProcedurePhase] = []
        self._placed = False
        self._safety: SafetyState | None = None
        self._safety_s = 0.0
        self._path: Path | None = None
        self._stepped_s = -1.0
        self._desk = GoalDesk(self._navigator)
        self._server = NavigateServer(self, self._navigator, self._desk)
        self._docks = DockServer(self, self._navigator, self._desk, site.stations)
        self._paths = PathServer(self, self._navigator)
        self._markers = MarkerWatch(self)
        self._doors = DoorRequester(self, config.door_ask_s)
        self._advertise(site)
        self._listen()
        self._diagnostics = Diagnostics(self, lambda: (True, self._navigator.status.message))
        Heartbeat(self, "navigation", lambda: self.active)

    def loops(self) -> list[tuple[float, Callable[[], None]]]:
        navigator = self._navigator
        return [
            (STEP_HZ, self._diagnostics.timed(self._loop)),
            (GLOBAL_HZ, lambda: self._tell_map(self._global, navigator.global_costmap)),
            (LOCAL_HZ, lambda: self._tell_map(self._local, navigator.local_costmap)),
        ]

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._desk.stop("navigation was deactivated")
        return super().on_deactivate(state)

    def _advertise(self, site: Site) -> None:
        publisher = self.create_publisher
        self._command = publisher(TwistStamped, names.COMMAND_RAW, names.NEWEST)
        self._pose = publisher(PoseWithCovarianceStamped, names.POSE, names.NEWEST)
        self._plan = publisher(PathMsg, names.PLAN, names.LATCHED)
        self._tf = publisher(TFMessage, "/tf", names.EVENT)
        self._global = publisher(OccupancyGrid, names.GLOBAL_COSTMAP, names.LATCHED)
        self._local = publisher(OccupancyGrid, names.LOCAL_COSTMAP, names.NEWEST)
        self._map = publisher(OccupancyGrid, names.MAP_TOPIC, names.LATCHED)
        self._map.publish(map_to_ros(site.map, 0.0, names.MAP))

    def _listen(self) -> None:
        subscribe = self.create_subscription
        subscribe(LaserScanMsg, names.SCAN, self._take_scan, names.SENSOR)
        subscribe(OdometryMsg, names.ODOMETRY, self._take_odometry, names.SENSOR)
        subscribe(ImuMsg, names.IMU_TOPIC, self._take_imu, names.STREAM)
        subscribe(TracksMsg, names.PEOPLE, self._take_tracks, names.NEWEST)
        subscribe(PointCloud2, names.DEPTH_OBSTACLES, self._take_depth, names.NEWEST)
        subscribe(SafetyStateMsg, names.SAFETY_STATE, self._take_safety, names.LATCHED)
        subscribe(ProcedurePhaseMsg, names.PHASE, self._take_phase, names.LATCHED_MANY)
        subscribe(PoseWithCovarianceStamped, names.INITIAL_POSE, self._place, names.EVENT)

    def _take_scan(self, message: LaserScanMsg) -> None:
        self._scan = message

    def _take_odometry(self, message: OdometryMsg) -> None:
        self._odometry = odometry_from_ros(message)
        if not self._placed:
            self._placed = True
            pose, covariance = self._last_pose.read(self._odometry) or (self._start_pose, None)
            try:
                self._navigator.set_initial_pose(pose, covariance)
            except PoseRefused as refused:
                self.get_logger().warning(f"start refused, looks for itself: {refused}")

    def _take_imu(self, message: ImuMsg) -> None:
        mount = self._mounts.of(message.header.frame_id)
        if mount is not None:
            self._imu.append(mounted(imu_from_ros(message), mount))

    def _take_tracks(self, message: TracksMsg) -> None:
        self._tracks = tracks_from_ros(message)

    def _take_depth(self, message: PointCloud2) -> None:
        self._depth = obstacles_from_ros(message)

    def _take_phase(self, message: ProcedurePhaseMsg) -> None:
        self._phases.append(phase_from_ros(message))

    def _take_safety(self, message: SafetyStateMsg) -> None:
        self._safety, self._safety_s = safety_state_from_ros(message), time.monotonic()

    def _obey_gate(self) -> None:
        """Stand while the gate holds the robot. A protective stop is no pause: another way may be
        free. A gate that fell silent ends the goal, so that its return does not start a motion."""
        state = self._safety
        if state is not None and time.monotonic() - self._safety_s > SAFETY_SILENCE_S:
            self._safety = state = None
            self._desk.stop("the safety process is silent")
        self._navigator.set_paused(
            state is None
            or state.mode is SafetyMode.INIT
            or state.reset_required
            or state.resume_required
        )

    def _place(self, message: PoseWithCovarianceStamped) -> None:
        estimate = estimate_from_ros(message)
        covariance = estimate.covariance if np.any(estimate.covariance) else None
        try:
            self._navigator.set_initial_pose(estimate.pose, covariance)
        except PoseRefused as refused:
            self.get_logger().warning(f"initialpose refused: {refused}")
            return
        self._placed = True

    def _loop(self) -> None:
        t_s = now_s(self)
        if t_s == self._stepped_s:
            return  # the clock stands still: nothing can be new, and silence stops the robot
        self._stepped_s = t_s
        self._obey_gate()
        scan = self._mounts.scan(self._scan) if self._scan is not None else None
        if scan is not None:
            self._scan = None
        phases, self._phases = tuple(self._phases), []
        imu = tuple(self._imu)
        depth, self._depth = self._depth, None
        self._markers.want(self._navigator.wants_markers)
        seen = self._markers.newest()
        inputs = NavigatorInputs(scan, self._odometry, self._tracks, phases, imu, depth, seen)
        self._imu.clear()
        odometry, self._odometry, self._tracks = self._odometry, None, None
        output = self._navigator.step(inputs, t_s)
        self._command.publish(command_to_ros(output.command, names.BASE))
        self._doors.tell(output.doors_wanted, t_s)
        self._desk.tell(output, t_s)
        self._tell_pose(output, odometry)
        if output.path is not self._path:
            self._tell_path(output.path, t_s)

    def _tell_pose(self, output: NavigatorOutput, odometry: Odometry | None) -> None:
        estimate = output.estimate
        if estimate is None:
            return
        self._pose.publish(estimate_to_ros(estimate, names.MAP))
        map_from_odom = self._navigator.map_from_odom
        until_s = estimate.stamp_s + self._tolerance_s  # as AMCL: no listener has to wait for it
        transform = transform_to_ros(map_from_odom, until_s, names.MAP, names.ODOM)
        self._tf.publish(TFMessage(transforms=[transform]))
        if odometry is not None and not estimate.lost:
            self._keep_pose(map_from_odom, odometry.stamp_s)

    def _keep_pose(self, map_from_odom: Pose2D, stamp_s: float) -> None:
        """A full disk costs the pose after a restart, not the drive."""
        try:
            self._last_pose.write(map_from_odom, stamp_s)
        except OSError as error:
            self.get_logger().error(f"pose not kept: {error}", throttle_duration_sec=10.0)

    def _tell_path(self, path: Path | None, t_s: float) -> None:
        self._path = path
        shown = Path(t_s, np.empty((0, 3))) if path is None else path
        self._plan.publish(path_to_ros(shown, names.MAP))

    def _tell_map(self, publisher: object, make: Callable[[], OccupancyMap]) -> None:
        """Costmaps are made only for who looks at them."""
        if publisher.get_subscription_count():  # type: ignore[attr-defined]
            publisher.publish(map_to_ros(make(), now_s(self), names.MAP))  # type: ignore[attr-defined]


def main() -> None:
    warm_up()  # or the first steps would take seconds where nothing is compiled yet
    run(NavigationNode)


if __name__ == "__main__":
    main()
