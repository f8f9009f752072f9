"""The one wiring of the robot: sensors in, command for the wheels out, all in process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from or_robot.autonomy.navigator import Navigator, NavigatorInputs, NavigatorOutput
from or_robot.autonomy.rate import Rate
from or_robot.config.autonomy import AutonomyConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.doors import DoorWatch
from or_robot.perception.eyes import Eyes
from or_robot.perception.people import PeopleTracker
from or_robot.safety.gate import Answer, GateInputs, GateOutput, SafetyGate
from or_robot.safety.modes import LATCHED
from or_robot.tasks.runner import TaskRunner
from or_robot.types.docking import DockTarget
from or_robot.types.motion import LaserScan, Odometry, PoseEstimate, Tracks, Twist2D
from or_robot.types.motion import Path as RoutePath
from or_robot.types.navigation import NavigationState, NavigationStatus
from or_robot.types.perception import Blindness, DepthObstacles, DoorSeen, Markers
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.sensing import ImuReading, RgbdImage
from or_robot.types.site import Site
from or_robot.types.tasks import Task, TaskQueue, TaskRequest

PROCESSES = ("navigation", "perception", "tasks", "gateway")
"""Whose heartbeats the gate watches; in one process they beat with every step."""


@dataclass(frozen=True, slots=True)
class AutonomyInputs:
    """What the sensors gave since the last step, oldest first."""

    scans: Sequence[LaserScan] = field(default_factory=tuple)
    odometry: Sequence[Odometry] = field(default_factory=tuple)
    bumper: bool = False
    hardware_estop: bool = False
    imu: Sequence[ImuReading] = field(default_factory=tuple)
    images: Sequence[RgbdImage] = field(default_factory=tuple)
    """None come unless `Autonomy.needs_camera`."""
    battery: float = 1.0
    """State of charge, 0 to 1."""
    phases: Sequence[ProcedurePhase] = field(default_factory=tuple)
    """What rooms have just said; to be repeated, as a phase older than 5 s is unknown."""


@dataclass(frozen=True, slots=True)
class AutonomyOutput:
    command: Twist2D
    """Behind the safety gate: for the wheels."""
    estimate: PoseEstimate | None
    path: RoutePath | None
    tracks: Tracks | None
    navigation: NavigationStatus
    safety: SafetyState
    queue: TaskQueue
    blindness: Blindness = Blindness.NONE
    """Why the camera's images cannot be relied on."""
    doors: tuple[DoorSeen, ...] = ()
    markers: Markers | None = None
    """Of the last image that was searched for them: while the robot docks."""
    doors_wanted: tuple[str, ...] = ()
    """Doors that are to be asked to open."""


class _NavigatorPort:
    """The navigator and the gate as the task runner sees them."""

    def __init__(self, navigator: Navigator, gate: SafetyGate) -> None:
        self._navigator = navigator
        self._gate = gate
        self.state = gate.state(0.0)

    def navigate_to(self, goal: Pose2D) -> None:
        self._navigator.set_goal(goal)

    def dock(self, target: DockTarget) -> None:
        self._navigator.dock(target)

    def cancel(self) -> None:
        self._navigator.cancel()

    def navigation(self) -> NavigationStatus:
        return self._navigator.status

    def safety(self) -> SafetyState:
        return self.state


class Autonomy:
    """Step it at the gate's rate (50 Hz) or faster; time is the simulator's.

    The simulated time serves as ROS clock, steady clock and Unix time alike. Starts at the
    station "dock" when the site has one. Same seed, same inputs: same commands.
    """

    def __init__(
        self, config: AutonomyConfig, site: Site, robot: RobotConfig, queue_file: Path
    ) -> None:
        self._navigator = Navigator(config.navigator, site, robot)
        self._people = PeopleTracker(config.people, site.map)
        self._eyes = Eyes(config.depth, config.markers, site.map, site.doors.values())
        self._new_depth: DepthObstacles | None = None
        self._markers: Markers | None = None
        self._new_markers: Markers | None = None
        self._door_watch = DoorWatch(config.doors, site.doors)
        self._doors: tuple[DoorSeen, ...] = ()
        self._gate = SafetyGate(config.safety, robot, site)
        self._port = _NavigatorPort(self._navigator, self._gate)
        self._tasks = TaskRunner(queue_file, site.stations, self._port, config.tasks)
        self._navigation_due = Rate(config.navigation_rate)
        self._tasks_due = Rate(config.tasks_rate)
        self._scan: LaserScan | None = None
        self._odometry: Odometry | None = None
        self._phases: tuple[ProcedurePhase, ...] = ()
        self._imu: list[ImuReading] = []
        self._tracks: Tracks | None = None
        self._new_tracks: Tracks | None = None
        self._navigated: NavigatorOutput | None = None
        self._queue = TaskQueue(0.0, False, ())
        self._now_s = 0.0
        if "dock" in site.stations:
            self.set_initial_pose(site.stations["dock"].pose)

    @property
    def needs_camera(self) -> bool:
        """Whether an image taken now would be looked at: while it drives, so often."""
        return self._driving and self._eyes.due(self._now_s)

    @property
    def _driving(self) -> bool:
        return self._navigator.status.state is NavigationState.ACTIVE

    # --- orders

    def set_initial_pose(self, pose: Pose2D) -> None:
        self._navigator.set_initial_pose(pose)

    def submit(self, request: TaskRequest) -> Task:
        """Queue an errand. Raises UnknownStation."""
        return self._tasks.submit(request, self._now_s)

    def cancel(self, task_id: str) -> None:
        self._tasks.cancel(task_id)

    def stop_request(self) -> None:
        """STOP ROBOT."""
        self._gate.stop_request()

    def reset(self) -> Answer:
        return self._gate.reset(self._now_s)

    def resume(self) -> Answer:
        """After a reset: gate and tasks go on. Does nothing while the gate is latched."""
        answer = self._gate.resume()
        if answer.done:
            self._tasks.resume()
        return answer

    def close(self) -> None:
        self._tasks.close()

    # --- the loop

    def step(self, inputs: AutonomyInputs, t_s: float) -> AutonomyOutput:
        """Everything that is due at `t_s`. Never raises for what a sensor can deliver."""
        self._now_s = t_s
        self._scan = inputs.scans[-1] if inputs.scans else self._scan
        self._odometry = inputs.odometry[-1] if inputs.odometry else self._odometry
        self._phases += tuple(inputs.phases)
        self._imu.extend(inputs.imu)
        for image in inputs.images[-1:]:
            self._look(image)
        self._eyes.want(self._driving, t_s)
        moved = self._navigate(t_s) if self._navigation_due.due(t_s) else None
        gated = self._guard(inputs, moved, t_s)
        self._port.state = gated.state
        held = gated.state.mode in LATCHED or gated.state.mode is SafetyMode.INIT
        self._navigator.set_paused(held or gated.state.resume_required)
        if self._tasks_due.due(t_s):
            self._queue = self._tasks.tick(t_s)
        navigated = self._navigated
        return AutonomyOutput(
            gated.twist,
            navigated.estimate if navigated else None,
            navigated.path if navigated else None,
            self._tracks,
            self._navigator.status,
            gated.state,
            self._queue,
            self._eyes.blindness(t_s),
            self._doors,
            self._markers,
            navigated.doors_wanted if navigated else (),
        )

    def _navigate(self, t_s: float) -> NavigatorOutput:
        """One navigator step, then the people in the scan it has just located."""
        scan, self._scan = self._scan, None
        odometry, self._odometry = self._odometry, None
        tracks, self._new_tracks = self._new_tracks, None
        phases, self._phases = self._phases, ()
        imu, self._imu = self._imu, []
        depth, self._new_depth = self._new_depth, None
        markers, self._new_markers = self._new_markers, None
        seen = NavigatorInputs(scan, odometry, tracks, phases, imu, depth, markers)
        self._navigated = self._navigator.step(seen, t_s)
        if scan is not None:
            located = self._navigator.estimate_at(scan.stamp_s)
            if located is not None:
                self._tracks = self._new_tracks = self._people.update(scan, located)
                self._doors = self._door_watch.update(scan, located)
        return self._navigated

    def _look(self, image: RgbdImage) -> None:
        """Obstacles in an image taken where localization knows that the robot was; markers."""
        located = self._navigator.estimate_at(image.stamp_s)
        wanted = self._navigator.wants_markers
        found, markers = self._eyes.look(image, located, self._tracks, search_markers=wanted)
        self._new_depth = found if found is not None else self._new_depth
        if markers is not None:
            self._markers = self._new_markers = markers

    def _guard(
        self, inputs: AutonomyInputs, moved: NavigatorOutput | None, t_s: float
    ) -> GateOutput:
        beats: Mapping[str, float] = dict.fromkeys(PROCESSES, t_s)
        return self._gate.step(
            GateInputs(
                clock_s=t_s,
                scan=inputs.scans[-1] if inputs.scans else None,
                odometry=inputs.odometry[-1] if inputs.odometry else None,
                localization=moved.estimate if moved else None,
                tracks=self._new_tracks,
                command=moved.command if moved else None,
                heartbeats=beats,
                hardware_estop=inputs.hardware_estop,
                bumper=inputs.bumper,
                battery=inputs.battery,
                camera_blind=self._eyes.blindness(t_s) is not Blindness.NONE,
                phases=tuple(inputs.phases),
            ),
            t_s,
        )
