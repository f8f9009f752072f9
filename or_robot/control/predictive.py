"""Model predictive path integral control (Williams et al. 2017) with the true footprint."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.rollout import COLLISION, rollout_costs
from or_robot.control.surroundings import Surroundings
from or_robot.types.motion import STANDSTILL, Twist2D

WEIGHTS = np.array([4.0, 6.0, 40.0, 3.0, 1.0, 3.0, 0.3, 5.0, 0.05])
"""Clearance, near people, at people, off the path, heading, reversing, jerk, way left, turning."""

KNOTS = 6
"""Random numbers along the horizon; between them the samples are straight, hence smooth."""

NEGLIGIBLE = 15.0
"""Temperatures above the best cost: a weight below 1e-6."""

WIDE_SHARE = 0.25
"""Share of the samples drawn three times as wide."""


AHEAD_SPEED = 0.2
AHEAD_YAW_RATE = 0.6
"""A command may be ahead of the measured twist by so much, m/s and rad/s."""


@dataclass(frozen=True, slots=True)
class ControlInputs:
    """All in base_link of the measured pose."""

    twist: Twist2D
    """Measured."""
    surroundings: Surroundings
    people: NDArray[np.float64]
    """(n, 5) x, y, vx, vy, radius; m and m/s."""
    path: NDArray[np.float64]
    """(m, 4) x, y, yaw, way left to its end; m and rad; m ≥ 1."""
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
        self._sent: deque[Twist2D] = deque(maxlen=round(config.command_delay / config.period) or 1)
        gain = 1.0 - math.exp(-config.step / max(config.command_lag, 1e-3))
        self._limits = np.array(
            [
                gain,
                robot.max_acceleration * config.step,
                robot.max_deceleration * config.step,
                gain,
                robot.max_yaw_acceleration * config.step,
            ]
        )
        self._body = np.array([robot.length, robot.width]) / 2.0
        self._keep = np.array(
            [config.clearance_hard, config.clearance_soft, config.person_distance]
        )

    def reset(self) -> None:
        """Forget the last solution, after a stop or with a new goal."""
        self._sequence[:] = 0.0
        self._sent.clear()

    def step(self, inputs: ControlInputs) -> Twist2D | None:
        """Next command; None when every motion would touch something."""
        config = self._config
        state = self._after_delay(inputs.twist)
        self._shift()
        samples = self._samples(inputs.max_speed)
        costs = self._costs(samples, state, inputs)
        best = int(np.argmin(costs))
        if costs[best] >= COLLISION:
            self._sequence[:] = 0.0
            return None
        weights = softmin(costs, config.temperature)
        mean = np.tensordot(weights, samples, axes=1)
        if self._costs(mean[None], state, inputs)[0] > costs[best] + 1.0:
            mean = samples[best]
        self._sequence = mean
        return self.ramped(Twist2D(float(mean[0, 0]), float(mean[0, 1])))

    def _costs(
        self, samples: NDArray[np.float64], state: NDArray[np.float64], inputs: ControlInputs
    ) -> NDArray[np.float64]:
        return rollout_costs(
            samples,
            state,
            self._config.step,
            self._body,
            self._limits,
            inputs.surroundings.points,
            inputs.surroundings.first,
            inputs.surroundings.coarse,
            inputs.people,
            inputs.path,
            self._keep,
            WEIGHTS,
            NEGLIGIBLE * self._config.temperature,
        )

    def _shift(self) -> None:
        """Move the last solution on by one period, which is a fraction of a step."""
        share = self._config.period / self._config.step
        moved = np.vstack((self._sequence[1:], self._sequence[-1:]))
        self._sequence = (1.0 - share) * self._sequence + share * moved

    def _samples(self, max_speed: float) -> NDArray[np.float64]:
        """(samples, steps, 2): the last solution, noise around it, and constant twists."""
        config, robot = self._config, self._robot
        count = config.samples
        sigma = np.array([config.speed_sigma, config.yaw_rate_sigma])
        noise = self._rng.normal(size=(count, 2, KNOTS)) * sigma[:, None]
        noise[: int(WIDE_SHARE * count)] *= 3.0
        noise[0] = 0.0  # first, because the last solution is what the others are measured against
        around = self._sequence + (noise @ self._between.T).transpose(0, 2, 1)
        samples = np.concatenate((around, self._constant(max_speed)))
        low = [-robot.max_reverse_speed, -robot.max_yaw_rate]
        high = [max_speed, robot.max_yaw_rate]
        return np.ascontiguousarray(np.clip(samples, low, high))

    def _constant(self, max_speed: float) -> NDArray[np.float64]:
        """Twists held over the horizon: they find the way out when the last solution is stuck."""
        speeds = np.array([-0.5 * self._robot.max_reverse_speed, 0.0, 0.5 * max_speed, max_speed])
        rates = np.array([-0.8, -0.4, -0.15, 0.0, 0.15, 0.4, 0.8])
        grid = np.stack(np.meshgrid(speeds, rates, indexing="ij"), axis=-1).reshape(-1, 1, 2)
        return np.broadcast_to(grid, (len(grid), self._config.steps, 2))

    def _after_delay(self, twist: Twist2D) -> NDArray[np.float64]:
        """x, y, yaw, v, w when the next command takes effect: the ones under way come first."""
        x = y = yaw = 0.0
        v, w = twist.linear, twist.angular
        if self._config.command_delay > 0.0:
            for sent in self._sent:
                dt = self._config.period
                x, y = x + v * dt * math.cos(yaw), y + v * dt * math.sin(yaw)
                yaw += w * dt
                v += _bounded(sent.linear - v, self._robot.max_deceleration * dt)
                w += _bounded(sent.angular - w, self._robot.max_yaw_acceleration * dt)
        return np.array([x, y, yaw, v, w])

    def ramped(self, wanted: Twist2D) -> Twist2D:
        """Within the limits of acceleration, counted from the last command.

        The gate may have held the base back: then from what it really does.
        """
        config, robot, now = self._config, self._robot, self.measured
        last = self._sent[-1] if self._sent else now
        last = Twist2D(
            now.linear + _bounded(last.linear - now.linear, AHEAD_SPEED),
            now.angular + _bounded(last.angular - now.angular, AHEAD_YAW_RATE),
        )
        braking = abs(wanted.linear) < abs(last.linear)
        limit = robot.max_deceleration if braking else robot.max_acceleration
        v = last.linear + _bounded(wanted.linear - last.linear, limit * config.period)
        turn = robot.max_yaw_acceleration * config.period
        w = last.angular + _bounded(wanted.angular - last.angular, turn)
        twist = Twist2D(v, w)
        self._sent.append(twist)
        return twist


def softmin(costs: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Weights (n,) that sum to one, larger for smaller costs."""
    weights = np.exp(-(costs - costs.min()) / temperature)
    return weights / weights.sum()


def _interpolation(steps: int) -> NDArray[np.float64]:
    """(steps, KNOTS) linear interpolation from knots to steps."""
    at = np.linspace(0.0, KNOTS - 1.0, steps)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(KNOTS)))


def _bounded(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
