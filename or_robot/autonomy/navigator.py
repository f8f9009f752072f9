"""Localization, costmaps, planner and controller behind one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.dock_drive import DockDrive
from or_robot.autonomy.door_rules import DoorRules
from or_robot.autonomy.driver import Driver
from or_robot.autonomy.max_age import fresh, stale_input
from or_robot.autonomy.progress import ProgressChecker
from or_robot.autonomy.recovery import ORDER, Recovery, RunningRecovery
from or_robot.autonomy.route import Route
from or_robot.autonomy.way import Way
from or_robot.autonomy.zone_rules import ZoneRules
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.surroundings import Surroundings, surroundings
from or_robot.geometry.pose import Pose2D
from or_robot.localization.localizer import Localizer
from or_robot.types.docking import DockingStage, DockTarget
from or_robot.types.motion import (
    STANDSTILL,
    LaserScan,
    Odometry,
    Path,
    PoseEstimate,
    Track,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.navigation import (
    IDLE_STATUS,
    GoalRefused,
    NavigationError,
    NavigationState,
    NavigationStatus,
)
from or_robot.types.perception import DepthObstacles, Markers
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.sensing import ImuReading
from or_robot.types.site import OccupancyMap, Site
from or_robot.world.costmap import Costmap
from or_robot.world.zones import forbidden_edges, speed_limit

WALKING = 0.25
"""m/s: who walks is not marked in the costmap, or leaves a trail of ghosts."""
PERSON_AHEAD_M = 2.0
"""Somebody so near may be the reason why the robot does not get on."""
GIVE_WAY_S = 0.4
"""Standing ordered for longer than this ends as a fresh start of the controller."""


@dataclass(frozen=True, slots=True)
class NavigatorInputs:
    """The newest since the last step; None: nothing new."""

    scan: LaserScan | None = None
    odometry: Odometry | None = None
    tracks: Tracks | None = None
    phases: tuple[ProcedurePhase, ...] = ()
    """Stamps in the ROS clock."""
    imu: Sequence[ImuReading] = ()
    """All since the last step, oldest first."""
    depth: DepthObstacles | None = None
    markers: Markers | None = None


@dataclass(frozen=True, slots=True)
class NavigatorOutput:
    command: VelocityCommand
    estimate: PoseEstimate | None
    path: Path | None
    status: NavigationStatus
    doors_wanted: tuple[str, ...] = ()
    """Doors that are to be asked to open, now and as long as they are named here."""


class Navigator:
    """Drives to one goal at a time. `step` never raises for bad inputs: it stops and says why."""

    def __init__(self, config: NavigatorConfig, site: Site, robot: RobotConfig) -> None:
        rng = np.random.default_rng(config.seed)
        self._config = config
        self._site = site
        self._localizer = Localizer(config.localization, site.map, rng, site.leaves)
        self._costmap = Costmap(config.costmap, site, robot)
        self._driver = Driver(config.controller, robot, rng)
        self._zones = ZoneRules(site.zones, robot.footprint)
        self._edges = forbidden_edges(self._zones.closed)
        self._way = Way(config.planner, self._costmap, self._zones)
        self._progress = ProgressChecker(config.progress_distance)
        self._scan: LaserScan | None = None
        self._odometry: Odometry | None = None
        self._tracks: Tracks | None = None
        self._depth: NDArray[np.float64] = np.empty((0, 2))
        self._half_size = np.array([robot.length, robot.width]) / 2.0
        self._goals: tuple[Pose2D, ...] = ()
        self._dock: DockDrive | None = None
        self._staged_by_s = math.inf
        self._recovery: RunningRecovery | None = None
        self._recoveries = 0
        self._now_s = -math.inf
        self._doors = DoorRules(site.doors, config, robot)
        self._paused = False
        self._status = IDLE_STATUS

    # --- orders

    def set_initial_pose(self, pose: Pose2D, covariance: NDArray[np.float64] | None = None) -> None:
        """Where the robot stands: map ← base_link, covariance (3, 3) of x, y, yaw.

        Raises PoseRefused, then all stays as it was.
        """
        self._localizer.set_pose(pose, covariance)
        self._costmap.forget()

    def set_goal(self, goal: Pose2D) -> None:
        """Drive there, instead of any goal before. Raises GoalRefused, then the old one stays."""
        self.set_goals((goal,))

    def set_goals(self, goals: Sequence[Pose2D]) -> None:
        """Drive by way of all but the last, which is reached exactly; those before it are passed
        within `via_radius`, whatever their heading. Raises GoalRefused, then the old one stays."""
        if not goals:
            raise GoalRefused(NavigationError.NO_VALID_PATH, "there is no pose", "give one or more")
        for goal in goals:
            self._way.check_goal(goal)
        self._clear_goal()
        self._goals = tuple(goals)
        self._progress.restart(self._now_s)
        self._say("")

    def dock(
        self, target: DockTarget, *, stage: bool = True, max_staging_s: float = math.inf
    ) -> None:
        """Drive before the dock, then into it by its marker. stage False: the robot stands there.

        Raises GoalRefused, then the old goal stays.
        """
        drive = DockDrive(self._config.docking, target)
        try:
            self.set_goals((drive.staging,))
        except GoalRefused as refused:
            problem = f"no room before {target.name}: {refused.problem}"
            raise GoalRefused(NavigationError.FAILED_TO_STAGE, problem, refused.remedy) from refused
        self._dock = drive
        self._staged_by_s = self._now_s + max_staging_s
        if not stage:
            drive.begin(self._now_s)
        self._say("")

    @property
    def wants_markers(self) -> bool:
        """Whether images are to be searched for markers now."""
        return self._dock is not None and self._dock.under_way

    def compute_path(self, goal: Pose2D, start: Pose2D | None = None) -> Path:
        """The path to a goal, from `start` or from where the robot is; drives nowhere.

        Raises GoalRefused saying why there is none.
        """
        estimate = self._localizer.estimate()
        if start is None and (estimate is None or estimate.lost):
            problem = "the robot does not know where it is"
            raise GoalRefused(NavigationError.PLANNER_TF_ERROR, problem, "set its pose")
        if start is None:
            assert estimate is not None
            start = estimate.pose
        return self._way.plan(start, goal, self._now_s)

    def cancel(self) -> None:
        """Give the goal up and stop."""
        self._clear_goal()
        self._status = IDLE_STATUS

    def set_paused(self, paused: bool) -> None:
        """Stand while True, keeping the goal; the time does not count as lack of progress."""
        if self._paused and not paused:
            self._driver.reset()
        self._paused = paused

    # --- the loop

    def step(self, inputs: NavigatorInputs, t_s: float) -> NavigatorOutput:
        """One control period at time `t_s` (ROS clock, s)."""
        elapsed, self._now_s = t_s - self._now_s, t_s
        if elapsed < 0.0:
            self._restart_clock(t_s)
        if self._zones.update(inputs.phases, t_s):
            self._close_zones()
        self._sense(inputs)
        estimate = self._localizer.estimate()
        twist = STANDSTILL
        leaving = self._leave_zone(estimate, t_s)
        if leaving is not None:
            twist = leaving
            self._progress.hold(min(max(elapsed, 0.0), 1.0))
        elif self._goals:
            twist = self._towards(estimate, min(max(elapsed, 0.0), 1.0), t_s)
        path = self._way.route.path if self._way.route else None
        command = VelocityCommand(t_s, twist)
        return NavigatorOutput(command, estimate, path, self._status, self._doors.wanted)

    def global_costmap(self) -> OccupancyMap:
        return self._costmap.occupancy()

    def local_costmap(self) -> OccupancyMap:
        estimate = self._localizer.estimate()
        return self._costmap.local(estimate.pose if estimate else Pose2D(0.0, 0.0, 0.0))

    @property
    def map_from_odom(self) -> Pose2D:
        """What /tf carries: map ← odom."""
        return self._localizer.map_from_odom

    def estimate_at(self, stamp_s: float) -> PoseEstimate | None:
        """The estimate as of a stamp within the last seconds; None before there is any."""
        newest, pose = self._localizer.estimate(), self._localizer.pose_at(stamp_s)
        if newest is None or pose is None:
            return None
        return PoseEstimate(stamp_s, pose, newest.covariance, newest.lost)

    @property
    def status(self) -> NavigationStatus:
        return self._status

    # --- sensing

    def _sense(self, inputs: NavigatorInputs) -> None:
        if inputs.tracks is not None:
            self._tracks = inputs.tracks
        if inputs.depth is not None:
            self._depth = inputs.depth.points[:, :2]
            self._costmap.mark_depth(self._depth)
        if inputs.markers is not None and self._dock is not None:
            self._see_marker(inputs.markers, self._dock)
        if inputs.odometry is not None and _usable_odometry(inputs.odometry):
            self._odometry = inputs.odometry
            self._localizer.update_odometry(inputs.odometry, inputs.imu)
            self._driver.measured(inputs.odometry.twist)
        scan = inputs.scan
        if scan is not None and _usable_scan(scan):
            self._scan = scan
            was_lost = self._localizer.lost
            self._localizer.update_scan(scan)
            if was_lost and not self._localizer.lost:
                self._costmap.forget()  # it was marked from a place that was not believed
            pose = self._localizer.pose_at(scan.stamp_s)
            if pose is not None and not self._localizer.lost:
                self._costmap.update(scan, pose, self._unexplained(scan, pose))
                self._costmap.see_people(self._people(scan.stamp_s))

    def _see_marker(self, markers: Markers, dock: DockDrive) -> None:
        base, at = self._localizer.reckoned_at(markers.stamp_s), markers.stamp_s
        pose = self._localizer.pose_at(at)
        if base is not None and pose is not None:
            dock.see(markers, base, base.compose(pose.inverse()).compose(dock.target.pose))

    def _unexplained(self, scan: LaserScan, pose: Pose2D) -> NDArray[np.bool_]:
        """(beams,) which hit neither the map nor somebody who walks."""
        config = self._config.costmap
        ranges = np.where(scan.valid, scan.ranges, 0.0).astype(np.float64)
        bearings = scan.bearings
        ends = np.stack((ranges * np.cos(bearings), ranges * np.sin(bearings)), axis=-1)
        ends = pose.compose(scan.mount).transform(ends)
        keep = self._localizer.field.distances(ends) > config.map_slack
        for track in self._people(scan.stamp_s):
            if math.hypot(*track.velocity) > WALKING:
                keep &= np.hypot(*(ends - track.position).T) > config.person_clear
        return keep

    def _people(self, t_s: float) -> tuple[Track, ...]:
        tracks = self._tracks
        if tracks is None or not fresh(self._config, "tracks", tracks.stamp_s, t_s):
            return ()
        return tracks.tracks

    def _around(self, scan: LaserScan, pose: Pose2D) -> Surroundings:
        """Everything the footprint must not touch, in base_link of now."""
        seen_from = self._localizer.pose_at(scan.stamp_s) or pose
        to_base = pose.inverse()
        seen = to_base.compose(seen_from).transform(scan.points())
        edges = to_base.transform(self._edges) if len(self._edges) else self._edges
        hidden = to_base.transform(self._depth)
        # what the robot stands on it does not touch: memory and pose are not that exact
        under = np.all(np.abs(hidden) <= self._half_size, axis=1)
        return surroundings(np.vstack((seen, edges, hidden[~under])))

    def _restart_clock(self, t_s: float) -> None:
        """Time went back: the simulator restarted, nothing known before is true."""
        self._scan = self._odometry = self._tracks = None
        self._depth = np.empty((0, 2))
        self._way.anew()
        self._costmap.forget()
        if self._goals:
            self._abort(NavigationError.TF_ERROR, "time went backwards")
        self._progress.restart(t_s)

    # --- zones

    def _close_zones(self) -> None:
        """Phases changed: other zones are closed; any path is to be judged anew."""
        self._costmap.close(self._zones.closed)
        self._edges = forbidden_edges(self._zones.closed)
        self._way.anew()

    def _leave_zone(self, estimate: PoseEstimate | None, t_s: float) -> Twist2D | None:
        """The way out of a zone that closed around the robot, goal or not; None: stands in none."""
        if estimate is None or estimate.lost or self._paused or self._stale(t_s):
            return None
        zone = self._zones.caught_in(estimate.pose)
        if zone is None:
            return None
        assert self._scan is not None
        around = surroundings(self._scan.points())
        if self._goals:
            self._say(f"caught in {zone.name}: {zone.caught}s")
        for twist in self._zones.ways_out(zone, estimate.pose):
            careful = self._driver.careful(twist, around)
            if careful != STANDSTILL:
                return careful
        return self._driver.stop()

    # --- driving

    def _towards(self, estimate: PoseEstimate | None, elapsed: float, t_s: float) -> Twist2D:
        if estimate is not None and estimate.lost:
            self._abort(NavigationError.TF_ERROR, f"localization is lost: {self._localizer.reason}")
            return STANDSTILL
        stale = self._stale(t_s)
        scan, odometry = self._scan, self._odometry
        if stale or estimate is None or scan is None or odometry is None:
            self._driver.reset()
            self._say(stale or "waits for a pose")
            if self._progress.standing(t_s) > self._config.abort_after:
                self._abort(NavigationError.TF_ERROR, stale or "no pose")
            return STANDSTILL
        if self._paused:
            self._progress.hold(elapsed)
            if self._dock is not None:
                self._dock.hold(elapsed)
            self._say("held by the safety gate")
            return STANDSTILL
        pose = estimate.pose
        if self._dock is not None and self._dock.under_way:
            return self._steer_dock(self._dock, self._around(scan, pose), t_s)
        if self._dock is not None and t_s > self._staged_by_s:
            self._abort(NavigationError.FAILED_TO_STAGE, "took too long to get before the dock")
            return STANDSTILL
        self._pass_by(pose)
        goal = self._goals[-1]
        if self._driver.arrived(pose, goal) and abs(odometry.twist.linear) < 0.05:
            self._arrive(t_s)
            return STANDSTILL
        route = self._keep_route(pose, t_s)
        if route is None:
            return self._make_room(pose, self._around(scan, pose), t_s)
        waiting = self._wait_at_door(route, pose, elapsed, t_s)
        if not self._goals:
            return STANDSTILL
        twist = self._drive(route, pose, odometry.twist, self._around(scan, pose), t_s)
        if waiting and self._goals:
            self._say(waiting)
        return twist

    def _pass_by(self, pose: Pose2D) -> None:
        """Intermediate poses that are near enough are behind it."""
        while len(self._goals) > 1 and pose.distance_to(self._goals[0]) < self._config.via_radius:
            self._goals = self._goals[1:]

    def _arrive(self, t_s: float) -> None:
        if self._dock is None:
            self._finish(NavigationState.SUCCEEDED, NavigationError.NONE, "")
            return
        self._dock.begin(t_s)
        self._way.drop()
        self._staged_by_s = math.inf
        self._driver.reset()
        self._say("")

    def _steer_dock(self, dock: DockDrive, around: Surroundings, t_s: float) -> Twist2D:
        """Checked against everything around, as every other command."""
        here = self._localizer.reckoned_at(t_s)
        if here is None:
            return self._driver.stop()
        wanted = dock.step(here, t_s)
        if dock.docked:
            self._finish(NavigationState.SUCCEEDED, NavigationError.NONE, "")
            return STANDSTILL
        if dock.failure is not None:
            self._abort(*dock.failure)
            return STANDSTILL
        if dock.stage is DockingStage.RETRY:
            self._driver.reset()
            self._progress.restart(t_s)
        self._say("")
        return self._driver.careful(wanted, around)

    def _drive(
        self, route: Route, pose: Pose2D, twist: Twist2D, around: Surroundings, t_s: float
    ) -> Twist2D:
        self._progress.update(pose, route.remaining, t_s)
        recovering = self._recover(pose, around, self._patience(pose, t_s), t_s)
        if recovering is not None:
            return recovering
        people = self._people(t_s)
        limit = speed_limit(self._site.zones, pose.x, pose.y)
        command = self._driver.drive(route, pose, twist, around, people, limit)
        self._say("" if command is not None else "no free way to move")
        return self._driver.stop() if command is None else command

    def _wait_at_door(self, route: Route, pose: Pose2D, elapsed: float, t_s: float) -> str:
        """A shut door ahead is given time to open: no recoveries meanwhile. Returns what to say."""
        waiting = self._doors.look(pose, route.rest(), self._beam_ends, t_s)
        if self._doors.failure:
            self._abort(NavigationError.FAILED_TO_MAKE_PROGRESS, self._doors.failure)
        elif waiting:
            self._progress.hold(elapsed)
        return waiting

    def _beam_ends(self) -> NDArray[np.float64] | None:
        """(n, 2) m in the map frame."""
        seen_from = self._localizer.pose_at(self._scan.stamp_s) if self._scan else None
        if self._scan is None or seen_from is None:
            return None
        return seen_from.transform(self._scan.points())

    def _stale(self, t_s: float) -> str:
        """Which needed input is missing or too old, or empty."""
        scan, odometry, estimate = self._scan, self._odometry, self._localizer.estimate()
        stamps = {
            "scan": scan.stamp_s if scan else None,
            "odometry": odometry.stamp_s if odometry else None,
            "pose": estimate.stamp_s if estimate else None,
        }
        return stale_input(self._config, stamps, t_s)

    def _keep_route(self, pose: Pose2D, t_s: float) -> Route | None:
        """None while there is no way, which is said, and for too long ends the goal."""
        try:
            return self._way.route if self._way.keep(pose, self._goals, t_s) else None
        except GoalRefused as refused:
            self._say(refused.problem)
            if self._progress.futile(t_s) > self._config.abort_after:
                self._abort(refused.code, refused.problem)
            return None

    # --- recovery

    def _make_room(self, pose: Pose2D, around: Surroundings, t_s: float) -> Twist2D:
        """There is no path: whoever blocks it may be waiting for the robot to get out of theirs."""
        recovering = None
        if self._goals:
            recovering = self._recover(pose, around, self._config.progress_time, t_s)
        return self._driver.stop() if recovering is None else recovering

    def _recover(
        self, pose: Pose2D, around: Surroundings, patience_s: float, t_s: float
    ) -> Twist2D | None:
        """The twist of a recovery behaviour, None when the robot drives normally."""
        if self._recovery is not None:
            wanted = self._recovery.twist(pose, t_s, self._config)
            if wanted is not None:
                return self._driver.careful(wanted, around)
            self._end_recovery(t_s)
        if self._progress.futile(t_s) > self._config.abort_after:
            self._abort(
                NavigationError.FAILED_TO_MAKE_PROGRESS,
                f"not nearer for {self._config.abort_after:.0f} s",
            )
            return STANDSTILL
        if self._progress.standing(t_s) > patience_s:
            self._begin_recovery(pose, t_s)
        return None

    def _patience(self, pose: Pose2D, t_s: float) -> float:
        near = (math.hypot(*(track.position - (pose.x, pose.y))) for track in self._people(t_s))
        if any(gap < PERSON_AHEAD_M for gap in near):
            return self._config.person_patience
        return self._config.progress_time

    def _begin_recovery(self, pose: Pose2D, t_s: float) -> None:
        kind = ORDER[self._recoveries % len(ORDER)]
        self._recoveries += 1
        if kind is Recovery.LOOK_AGAIN:
            self._costmap.forget()
        sense = 1.0 if self._recoveries % (2 * len(ORDER)) < len(ORDER) else -1.0
        self._recovery = RunningRecovery(kind, t_s, pose, sense)
        self._say(f"stuck: {kind.value}")

    def _end_recovery(self, t_s: float) -> None:
        self._recovery = None
        self._way.anew()
        self._driver.reset()
        self._progress.retry(t_s)

    # --- status

    def _say(self, message: str) -> None:
        remaining = self._way.route.remaining if self._way.route else None
        speed = self._config.controller.max_speed
        dock = self._dock
        self._status = NavigationStatus(
            NavigationState.ACTIVE,
            NavigationError.NONE,
            message or (dock.message if dock else ""),
            remaining,
            None if remaining is None else remaining / (0.7 * speed),
            self._recoveries,
            dock.stage if dock else DockingStage.NONE,
            dock.retries if dock else 0,
            len(self._goals),
        )

    def _abort(self, error: NavigationError, message: str) -> None:
        staging = self._dock is not None and self._dock.failure is None
        if staging and error is not NavigationError.TF_ERROR:
            error = NavigationError.FAILED_TO_STAGE
        self._finish(NavigationState.ABORTED, error, message)

    def _finish(self, state: NavigationState, error: NavigationError, message: str) -> None:
        recoveries, retries = self._recoveries, self._dock.retries if self._dock else 0
        self._clear_goal()
        self._status = NavigationStatus(
            state, error, message, None, None, recoveries, retries=retries
        )

    def _clear_goal(self) -> None:
        self._goals, self._dock = (), None
        self._staged_by_s = math.inf
        self._recovery = None
        self._way.drop()
        self._recoveries = 0
        self._doors.clear()
        self._driver.reset()


def _usable_scan(scan: LaserScan) -> bool:
    """Whether the scan has beams and a geometry at all."""
    geometry = (scan.stamp_s, scan.angle_min, scan.angle_increment, scan.range_max)
    return scan.ranges.size > 0 and bool(np.isfinite(geometry).all())


def _usable_odometry(odometry: Odometry) -> bool:
    pose, twist = odometry.pose, odometry.twist
    values = (odometry.stamp_s, pose.x, pose.y, pose.yaw, twist.linear, twist.angular)
    return bool(np.isfinite(values).all())
