"""A gate in a healthy robot, whose inputs can be spoiled one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from made_sites import round_room

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.safety.gate import GateOutput, SafetyGate
from or_robot.safety.intake import GateInputs
from or_robot.types.motion import (
    STANDSTILL,
    LaserScan,
    Odometry,
    PoseEstimate,
    Track,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.safety import SafetyMode as Mode
from or_robot.types.site import Site

CONFIG = SafetyConfig()
ROBOT = RobotConfig()
SITE = round_room()
PERIOD = 0.02
PROCESSES = ("navigation", "perception", "tasks", "gateway")
FORWARD = Twist2D(0.5, 0.0)


def scan(t: float, ahead: float = 6.0) -> LaserScan:
    """A round room of 6 m with something `ahead` metres in front of base_link, 10° wide."""
    bearings = np.linspace(-math.pi, math.pi, 720, endpoint=False)
    ranges = np.where(np.abs(bearings) < math.radians(5), ahead, 6.0) + 1e-4 * math.sin(t * 997)
    return LaserScan(
        t, -math.pi, 2 * math.pi / 720, 0.05, 25.0, ranges.astype(np.float32), Pose2D(0, 0, 0)
    )


class Bench:
    """A gate in a healthy robot, whose inputs can be spoiled one by one."""

    def __init__(self, site: Site = SITE, silent: frozenset[str] = frozenset()) -> None:
        self.gate = SafetyGate(CONFIG, ROBOT, site)
        self.now = self._clock_s = 100.0
        self.asked = STANDSTILL
        self.pose = Pose2D(0.0, 0.0, 0.0)
        """map ← base_link; the odometry's too."""
        self.ahead = 6.0
        self.sigma = 0.1
        self.charge = 0.8
        self.blind = False
        self.people: list[Track] = []
        self.phases: dict[str, Phase] = {}
        """What rooms say of their phase, again and again."""
        self.silent: set[str] = set(silent)
        self.lost = False
        self.spoil: Callable[[GateInputs], GateInputs] = lambda inputs: inputs
        self.out = self.run(0.1)

    def inputs(self) -> GateInputs:
        t = self.now
        if "clock" not in self.silent:
            self._clock_s = t
        everything = {
            "scan": scan(t, self.ahead),
            "odometry": Odometry(t, self.pose, STANDSTILL),
            "localization": PoseEstimate(t, self.pose, np.eye(3) * self.sigma**2, self.lost),
            "tracks": Tracks(t, tuple(self._walked(person) for person in self.people)),
            "command": VelocityCommand(t, self.asked),
            "hardware_estop": False,
            "bumper": False,
            "battery": self.charge,
            "camera_blind": self.blind,
        }
        given_ = {name: v for name, v in everything.items() if name not in self.silent}
        beats = {name: t for name in PROCESSES if name not in self.silent}
        phases = tuple(ProcedurePhase(t, room, phase) for room, phase in self.phases.items())
        return self.spoil(
            GateInputs(clock_s=self._clock_s, heartbeats=beats, phases=phases, **given_)
        )

    def run(self, seconds: float) -> GateOutput:
        for _ in range(max(1, round(seconds / PERIOD))):
            self.now += PERIOD
            self.out = self.gate.step(self.inputs(), self.now)
        return self.out

    def drive(self) -> Bench:
        self.asked = FORWARD
        self.run(2.0)
        assert self.out.twist == FORWARD
        assert self.out.state.mode is Mode.AUTONOMOUS
        return self

    def _walked(self, person: Track) -> Track:
        """Never twice the same to the last bit, as no tracker gives it."""
        return replace(person, covariance=np.eye(4) * (0.01 + 1e-6 * math.sin(self.now)))


def person(x: float, y: float, vx: float = 0.0, vy: float = 0.0, id_: int = 1) -> Track:
    return Track(id_, np.array([x, y]), np.array([vx, vy]), np.eye(4) * 0.01, 0.2, 1.0)
