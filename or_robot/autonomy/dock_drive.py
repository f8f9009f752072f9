"""Docking from the place before the dock on: look for the marker, turn, drive or back in.

The camera looks ahead. A dock into which the robot backs is looked at from the front, and then
reached by dead reckoning: the last metre drifts less than the camera errs.
"""

from __future__ import annotations

import math

from or_robot.config.docking import DockingConfig
from or_robot.control.dock_sight import DockSight
from or_robot.control.docking import Docking, DockingState
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.docking import DockingStage, DockTarget
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.navigation import NavigationError
from or_robot.types.perception import Markers

TURN_GAIN = 1.5
SLOWEST_TURN = 0.08
"""rad/s at least, so that the base moves at all."""
TURNED = 0.03
"""rad off the docked heading from which the robot backs in."""
MOVED_M, MOVED_RAD = 0.01, 0.03
"""Less than this is standing."""


class DockDrive:
    """One dock, up to `attempts` tries. Commands are not yet checked for obstacles.

    The navigator drives to `staging`, calls `begin`, then `step` once a period until `docked` or
    `failure`; with stage RETRY it drives to `staging` again.
    """

    def __init__(self, config: DockingConfig, target: DockTarget) -> None:
        self._config = config
        self._law = Docking(config)
        self.target = target
        self.sight = DockSight(config, target.mark)
        offset = target.mark.offset
        self.backing = math.cos(offset.yaw) > 0.0
        reach = max(config.staging, offset.x + config.run_up)
        marker = target.pose.compose(offset.inverse())
        self.staging = marker.compose(Pose2D(reach, 0.0, math.pi))
        """map ← base_link, looking at the marker."""
        self.stage = DockingStage.STAGING
        self.retries = 0
        self.docked = False
        self.failure: tuple[NavigationError, str] | None = None
        self._since_s = 0.0
        self._turning = False
        self._at: Pose2D | None = None

    @property
    def under_way(self) -> bool:
        """Whether `step` is to be called: neither before the staging pose nor on the way back."""
        return self.stage in (DockingStage.LOOKING, DockingStage.CONTROLLING)

    @property
    def message(self) -> str:
        """What it does, for people."""
        name = self.target.name
        if self.stage is DockingStage.LOOKING:
            why = f" ({self.sight.problem})" if self.sight.problem else ""
            return f"looks for the marker of {name}{why}"
        if self.stage is DockingStage.CONTROLLING:
            lost = self._law.state is DockingState.MARKER_LOST
            way = "backs into" if self.backing else "drives into"
            return f"{self._law.state.value if lost else way} {name}"
        return ""

    def begin(self, t_s: float) -> None:
        """The robot stands before the dock."""
        self.stage = DockingStage.LOOKING
        self.sight.forget()
        self._since_s = t_s

    def hold(self, elapsed_s: float) -> None:
        """Time during which the robot was not allowed to move does not count."""
        self._since_s += elapsed_s

    def step(self, here: Pose2D, t_s: float) -> Twist2D:
        """Wanted twist. here: reckoned ← base_link now."""
        if self.stage is DockingStage.LOOKING:
            self._look(t_s)
            return STANDSTILL
        dock = self.sight.dock
        if dock is None:
            self._miss(NavigationError.FAILED_TO_DETECT_DOCK, self.sight.problem)
            return STANDSTILL
        self._watch(here, t_s)
        if self.stage is not DockingStage.CONTROLLING:
            return STANDSTILL
        ahead = here.inverse().compose(dock)
        if self._turning:
            self._turning = abs(ahead.yaw) > TURNED
            return Twist2D(0.0, self._turn(ahead.yaw))
        return self._drive(ahead, t_s)

    def see(self, markers: Markers, base: Pose2D, expected: Pose2D) -> None:
        """One searched image, as DockSight.look has it. On the last stretch nothing new counts:
        a robot that backs in does not see the dock, and what it sees is another one."""
        blind = self.backing and self.stage is DockingStage.CONTROLLING
        if self.under_way and not blind:
            self.sight.look(markers, base, expected)

    def _look(self, t_s: float) -> None:
        if self.sight.sure:
            self.stage = DockingStage.CONTROLLING
            self._turning, self._at, self._since_s = self.backing, None, t_s
            self._law.start()
        elif t_s - self._since_s > self._config.look_s:
            error = NavigationError.FAILED_TO_DETECT_DOCK
            if self.sight.images == 0:  # looking again would show nothing either
                self._miss(error, "no image from the camera", again=False)
            else:
                self._miss(error, self.sight.problem or "the camera is not sure of the marker")

    def _drive(self, dock: Pose2D, t_s: float) -> Twist2D:
        law = self._law
        if self.backing:
            twist = law.step(Pose2D(-dock.x, -dock.y, dock.yaw), 0.0)
            twist = Twist2D(-twist.linear, twist.angular)
        else:
            needed = math.hypot(dock.x, dock.y) > self._config.blind_from
            age_s = max(0.0, t_s - self.sight.seen_s) if needed else 0.0
            twist = law.step(dock, age_s)
        self.docked = law.state is DockingState.DOCKED
        if law.state is DockingState.FAILED:
            self._miss(NavigationError.FAILED_TO_CONTROL, "ended beside it", again=False)
        return twist

    def _turn(self, angle: float) -> float:
        rate = min(self._config.yaw_rate, max(SLOWEST_TURN, TURN_GAIN * abs(angle)))
        return math.copysign(rate, angle)

    def _watch(self, here: Pose2D, t_s: float) -> None:
        """Somebody in the way, or a marker that is not seen any more."""
        at = self._at
        if (
            at is None
            or here.distance_to(at) > MOVED_M
            or abs(wrap_angle(here.yaw - at.yaw)) > MOVED_RAD
        ):
            self._at, self._since_s = here, t_s
        elif t_s - self._since_s > self._config.patience:
            if self._law.state is DockingState.MARKER_LOST:
                self._miss(NavigationError.FAILED_TO_CONTROL, "the marker is hidden")
            else:
                self._miss(NavigationError.FAILED_TO_CONTROL, "something is in the way")

    def _miss(self, error: NavigationError, why: str, *, again: bool = True) -> None:
        """This try is over."""
        if again and self.retries + 1 < self._config.attempts:
            self.retries += 1
            self.stage = DockingStage.RETRY
            return
        self.stage = DockingStage.NONE
        self.failure = error, why
