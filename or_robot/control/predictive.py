"""Predictive control: sampled sequences around those of informed ancillary controllers.

Model predictive path integral control (Williams et al. 2017) whose samples are biased by ancillary
controllers (Trevisan, Alonso-Mora 2024): a tracker in closed loop at several paces, the last
solution, the last solution and then braking, twists held. The true footprint against every point.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.reference import follow, make_reference, ramp, track
from or_robot.control.rollout import COLLISION, near_people, rollout_costs
from or_robot.control.surroundings import Surroundings
from or_robot.types.motion import STANDSTILL, Twist2D

WEIGHTS = np.array([4.0, 20.0, 12.0, 40.0, 6.0, 1.0, 3.0, 0.15, 5.0, 0.05])
"""In the order of the columns named in `rollout`."""

KNOTS = 6
"""Random numbers along the horizon; between them the samples are straight, hence smooth."""

NEGLIGIBLE = 15.0
"""Temperatures above the best cost: a weight below 1e-6."""

WIDE_SHARE = 0.25
"""Share of the samples drawn three times as wide."""

TRACKED = tuple(itertools.product((1.0, 0.7, 0.4, 0.15), (0.0, 0.3, 0.6), (0.0,))) + tuple(
    itertools.product((1.0, 0.5), (0.3,), (-0.8, -0.4, 0.4, 0.8))
)
"""Of the tracker: share of the reference's speed, s it looks ahead beyond lag, m aside of it."""

BRAKE_AFTER = (0, 2, 5, 9)
"""Steps of the last solution that are kept before braking."""

SWERVES = (-3.0, -1.6, 1.6, 3.0)
"""rad/s while braking: past what braking alone would run into."""

ROLLING = 0.1
"""m/s: slower than this, the robot as good as stands."""


@dataclass(frozen=True, slots=True)
class ControlInputs:
    """All in base_link of the measured pose."""

    twist: Twist2D
    """Measured."""
    surroundings: Surroundings
    people: NDArray[np.float64]
    """(n, 5) x, y, vx, vy, radius; m and m/s."""
    path: NDArray[np.float64]
    """(m, ≥ 3) x, y, yaw; m and rad; m ≥ 1. May turn on the spot and go backward."""
    max_speed: float
    """m/s now."""


class PredictiveController:
    """Keeps the last solution and the commands under way; one call a control period."""

    def __init__(
        self, config: ControllerConfig, robot: RobotConfig, rng: np.random.Generator
    ) -> None:
        self._config = config
        self._robot = robot
        self._rng = rng
        self._between = _interpolation(config.steps)
        self._sequence = np.zeros((config.steps, 2))
        self.measured = STANDSTILL
        """Twist of the base now; commands are ramped from about there."""
        self._flight = round(config.command_delay / config.period)
        self._sent: deque[Twist2D] = deque(maxlen=max(self._flight, 1))
        self._base = self._model(config.step)
        self._base_period = self._model(config.period)
        self._body = np.array([robot.length, robot.width]) / 2.0
        response = config.command_delay + config.command_lag
        self._keep = np.array(
            [
                config.clearance_hard,
                config.clearance_soft,
                1.0 / (config.precision + 0.2 * response),
                config.person_distance,
                config.command_delay,
            ]
        )

    def _model(self, dt: float) -> NDArray[np.float64]:
        """Gain, rise, fall of v and gain, rise of w over `dt`."""
        robot = self._robot
        gain = 1.0 - math.exp(-dt / max(self._config.command_lag, 1e-3))
        return np.array(
            [
                gain,
                robot.max_acceleration * dt,
                robot.max_deceleration * dt,
                gain,
                robot.max_yaw_acceleration * dt,
            ]
        )

    def reset(self) -> None:
        """Forget the last solution, after a stop or with a new goal."""
        self._sequence[:] = 0.0
        self._sent.clear()

    def step(self, inputs: ControlInputs) -> Twist2D | None:
        """Next command; None when the robot stands and every motion would touch something."""
        config = self._config
        state = self._after_delay(inputs.twist)
        reference = self._reference(inputs, state)
        self._shift()
        informed = self._informed(reference, state, inputs.max_speed)
        costs = self._costs(informed, state, reference, inputs)
        mean = informed[int(np.argmin(costs))]
        samples = self._samples(mean, inputs.max_speed)
        sampled = self._costs(samples, state, reference, inputs)
        samples, costs = np.concatenate((informed, samples)), np.append(costs, sampled)
        best = int(np.argmin(costs))
        if costs[best] >= COLLISION:
            self._sequence[:] = 0.0
            return self._swerve(samples, costs) if abs(inputs.twist.linear) > ROLLING else None
        weights = softmin(costs, config.temperature)
        mean = np.tensordot(weights, samples, axes=1)
        if self._costs(mean[None], state, reference, inputs)[0] > costs[best] + config.temperature:
            mean = samples[best]
        self._sequence = mean
        return self.ramped(self._slowed(float(mean[0, 0]), float(mean[0, 1]), inputs.people))

    def _swerve(self, samples: NDArray[np.float64], costs: NDArray[np.float64]) -> Twist2D:
        """Stop, and turn so that a touch comes as late as can be.

        Slower at once: base and safety gate have ramps of their own. Faster along the ramp.
        """
        braking = np.flatnonzero(np.all(samples[:, :, 0] == 0.0, axis=1))
        wanted = float(samples[braking[np.argmin(costs[braking])], 0, 1])
        last = self._last().angular
        base = last if wanted * last > 0.0 else 0.0
        if abs(wanted) > abs(base):
            wanted = float(ramp(base, wanted, self._base_period[4], self._base_period[4]))
        twist = Twist2D(0.0, wanted)
        self._sent.append(twist)
        return twist

    def _slowed(self, v: float, w: float, people: NDArray[np.float64]) -> Twist2D:
        """Along the same arc, no faster than people leave; as in the rollouts."""
        if not len(people):
            return Twist2D(v, w)
        _, cap = near_people(people, 0.0, 0.0, 0.0, v, 0.0, self._body)
        share = min(1.0, cap / max(abs(v), 1e-6))
        return Twist2D(v * share, w * share)

    def _reference(self, inputs: ControlInputs, state: NDArray[np.float64]) -> NDArray[np.float64]:
        around = inputs.surroundings
        limits = self._limits(inputs.max_speed)
        path = np.ascontiguousarray(inputs.path[:, :3])
        speed = float(state[3])
        return make_reference(
            path,
            speed,
            limits,
            around.points,
            around.first,
            around.coarse,
            self._body,
            self._keep,
        )

    def _limits(self, max_speed: float) -> NDArray[np.float64]:
        robot = self._robot
        return np.array(
            [
                max_speed,
                min(robot.max_reverse_speed, max_speed),
                robot.max_yaw_rate,
                robot.max_acceleration,
                robot.max_deceleration,
                robot.max_yaw_acceleration,
                max_speed,
            ]
        )

    def _costs(
        self,
        samples: NDArray[np.float64],
        state: NDArray[np.float64],
        reference: NDArray[np.float64],
        inputs: ControlInputs,
    ) -> NDArray[np.float64]:
        return rollout_costs(
            samples,
            state,
            self._config.step,
            self._body,
            self._base,
            inputs.surroundings.points,
            inputs.surroundings.first,
            inputs.surroundings.coarse,
            inputs.people,
            reference,
            self._keep,
            WEIGHTS,
            NEGLIGIBLE * self._config.temperature,
        )

    def _shift(self) -> None:
        """Move the last solution on by one period, which is a fraction of a step."""
        share = self._config.period / self._config.step
        moved = np.vstack((self._sequence[1:], self._sequence[-1:]))
        self._sequence = (1.0 - share) * self._sequence + share * moved

    def _informed(
        self, reference: NDArray[np.float64], state: NDArray[np.float64], max_speed: float
    ) -> NDArray[np.float64]:
        """(n, steps, 2): last solution, braking after part of it, the tracker, twists held."""
        config = self._config
        limits = self._limits(max_speed)
        kept = np.repeat(self._sequence[None], 1 + len(BRAKE_AFTER), axis=0)
        for n, steps in enumerate(BRAKE_AFTER, start=1):
            kept[n, steps:] = 0.0
        tracked = np.empty((len(TRACKED), config.steps, 2))
        for commands, (pace, lead, aside) in zip(tracked, TRACKED, strict=True):
            lead += config.command_lag
            track(reference, state, pace, lead, aside, config.step, limits, self._base, commands)
        return self._bounded(np.concatenate((kept, tracked, self._held(max_speed))), max_speed)

    def _held(self, max_speed: float) -> NDArray[np.float64]:
        """Twists held over the horizon: they find the way out when the others are stuck."""
        back = self._robot.max_reverse_speed
        speeds = np.array([-back, -0.5 * back, 0.0, 0.5 * max_speed])
        rates = np.array([-0.8, -0.3, 0.0, 0.3, 0.8])
        grid = np.stack(np.meshgrid(speeds, rates, indexing="ij"), axis=-1).reshape(-1, 2)
        grid = np.concatenate((grid, [(0.0, rate) for rate in SWERVES]))[:, None]
        return np.broadcast_to(grid, (len(grid), self._config.steps, 2))

    def _samples(self, middle: NDArray[np.float64], max_speed: float) -> NDArray[np.float64]:
        """(samples, steps, 2): noise around a sequence (steps, 2)."""
        config = self._config
        sigma = np.array([config.speed_sigma, config.yaw_rate_sigma])
        noise = self._rng.normal(size=(config.samples, 2, KNOTS)) * sigma[:, None]
        noise[: int(WIDE_SHARE * config.samples)] *= 3.0
        return self._bounded(middle + (noise @ self._between.T).transpose(0, 2, 1), max_speed)

    def _bounded(self, commands: NDArray[np.float64], max_speed: float) -> NDArray[np.float64]:
        robot = self._robot
        low = [-robot.max_reverse_speed, -robot.max_yaw_rate]
        return np.ascontiguousarray(np.clip(commands, low, [max_speed, robot.max_yaw_rate]))

    def _after_delay(self, twist: Twist2D) -> NDArray[np.float64]:
        """x, y, yaw, v, w when the next command takes effect, and the command before it."""
        last = self._last()
        under_way = [(sent.linear, sent.angular) for sent in self._sent] if self._flight else []
        commands = np.array(under_way, dtype=np.float64).reshape(-1, 2)
        start = np.array([0.0, 0.0, 0.0, twist.linear, twist.angular, last.linear, last.angular])
        return _predict(start, commands, self._base_period, self._config.period)

    def _last(self) -> Twist2D:
        """The last command; where the gate held the base back, near to what it really does."""
        config, robot, now = self._config, self._robot, self.measured
        last = self._sent[-1] if self._sent else now
        ahead = config.command_lag + config.command_delay + 2.0 * config.period
        v = _clamped(last.linear - now.linear, robot.max_acceleration * ahead)
        w = _clamped(last.angular - now.angular, robot.max_yaw_acceleration * ahead)
        return Twist2D(now.linear + v, now.angular + w)

    def ramped(self, wanted: Twist2D) -> Twist2D:
        """Within the limits of acceleration, counted from the last command."""
        last, base = self._last(), self._base_period
        v = ramp(last.linear, wanted.linear, base[1], base[2])
        w = ramp(last.angular, wanted.angular, base[4], base[4])
        twist = Twist2D(float(v), float(w))
        self._sent.append(twist)
        return twist


@njit(cache=True)
def _predict(
    start: NDArray[np.float64], commands: NDArray[np.float64], base: NDArray[np.float64], dt: float
) -> NDArray[np.float64]:
    """State after the commands under way (n, 2) have been followed, each for `dt`."""
    state = start.copy()
    for n in range(len(commands)):
        v, w = state[3], state[4]
        state[3] = follow(v, commands[n, 0], base[0], base[1], base[2])
        state[4] = follow(w, commands[n, 1], base[3], base[4], base[4])
        middle = state[2] + 0.25 * (w + state[4]) * dt
        state[0] += 0.5 * (v + state[3]) * dt * math.cos(middle)
        state[1] += 0.5 * (v + state[3]) * dt * math.sin(middle)
        state[2] += 0.5 * (w + state[4]) * dt
    return state


def softmin(costs: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Weights (n,) that sum to one, larger for smaller costs."""
    weights = np.exp(-(costs - costs.min()) / temperature)
    return weights / weights.sum()


def _interpolation(steps: int) -> NDArray[np.float64]:
    """(steps, KNOTS) linear interpolation from knots to steps."""
    at = np.linspace(0.0, KNOTS - 1.0, steps)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(KNOTS)))


def _clamped(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
