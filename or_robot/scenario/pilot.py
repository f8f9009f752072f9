"""The robot's own software, as a scenario drives it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from or_robot.autonomy.autonomy import Autonomy, AutonomyInputs, AutonomyOutput
from or_robot.config.autonomy import AutonomyConfig
from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario
from or_robot.scenario.events import Button
from or_robot.types.motion import Twist2D
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.sensing import SensorFrame
from or_robot.types.tasks import ENDED_STATES, TaskRequest

ANNOUNCE_PERIOD_S = 1.0
"""As the information process repeats the phase of each room."""


class PhaseAnnouncer:
    """What the rooms say of their phase, once a second."""

    def __init__(self, scenario: Scenario) -> None:
        self._changes = sorted(scenario.phases, key=lambda change: change.at_s)
        self._next_s = 0.0

    def due(self, now_s: float) -> tuple[ProcedurePhase, ...]:
        if now_s < self._next_s:
            return ()
        self._next_s = now_s + ANNOUNCE_PERIOD_S
        newest = {c.room: c.phase for c in self._changes if c.at_s <= now_s}
        return tuple(ProcedurePhase(now_s, room, phase) for room, phase in newest.items())


class AutonomyPilot:
    """Autonomy in process. Its random draws come from the run's seed."""

    def __init__(
        self,
        scenario: Scenario,
        robot: RobotConfig,
        seed: int,
        queue_file: Path,
        config: AutonomyConfig = AutonomyConfig(),  # noqa: B008 - frozen
    ) -> None:
        navigator = dataclasses.replace(config.navigator, seed=seed)
        config = dataclasses.replace(config, navigator=navigator)
        self._autonomy = Autonomy(config, scenario.site, robot, queue_file)
        self._autonomy.set_initial_pose(scenario.start)
        self._announcer = PhaseAnnouncer(scenario)
        self.output: AutonomyOutput | None = None

    @property
    def needs_camera(self) -> bool:
        return self._autonomy.needs_camera

    @property
    def doors_wanted(self) -> tuple[str, ...]:
        return self.output.doors_wanted if self.output else ()

    def submit(self, request: TaskRequest) -> None:
        self._autonomy.submit(request)

    def press(self, button: Button) -> None:
        {
            Button.STOP: self._autonomy.stop_request,
            Button.RESET: self._autonomy.reset,
            Button.RESUME: self._autonomy.resume,
        }[button]()

    def waits_for_person(self) -> bool:
        if self.output is None:
            return False
        safety = self.output.safety
        return safety.reset_required or safety.resume_required or self.output.queue.resume_required

    def step(self, frame: SensorFrame) -> Twist2D:
        inputs = AutonomyInputs(
            scans=frame.scans,
            odometry=frame.odometry,
            bumper=frame.bumper,
            hardware_estop=frame.hardware_estop,
            imu=frame.imu,
            images=frame.images,
            battery=frame.battery,
            phases=self._announcer.due(frame.stamp_s),
        )
        self.output = self._autonomy.step(inputs, frame.stamp_s)
        return self.output.command

    def given_up(self) -> bool:
        """Every errand has ended; whether rightly is the referee's to say."""
        tasks = self.output.queue.tasks if self.output else ()
        return bool(tasks) and all(task.state in ENDED_STATES for task in tasks)

    def last_words(self) -> str:
        """What the robot says of itself, in one line."""
        if self.output is None:
            return ""
        safety, navigation = self.output.safety, self.output.navigation
        tasks = [f"{t.request.id} {t.state}: {t.detail}" for t in self.output.queue.tasks]
        said = [f"safety {safety.mode.name} {safety.reason}", navigation.message, *tasks]
        return " | ".join(part.strip() for part in said if part.strip())

    def close(self) -> None:
        self._autonomy.close()
