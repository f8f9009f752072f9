"""Adaptive Monte Carlo localization (Fox 2003: KLD-sampling; Probabilistic Robotics, 8.3)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.likelihood_field import LikelihoodField

BIN = np.array([0.1, 0.1, math.radians(5.0)])
"""Side of the bins that KLD-sampling counts: m, m, rad."""


class ParticleFilter:
    """A cloud of weighted poses; knows nothing of stamps."""

    def __init__(
        self, config: LocalizationConfig, field: LikelihoodField, rng: np.random.Generator
    ) -> None:
        self._config = config
        self._field = field
        self._rng = rng
        self.particles: NDArray[np.float64] = np.zeros((config.particles_min, 3))
        """(n, 3) x, y, yaw in the map frame."""
        self.weights: NDArray[np.float64] = np.full(len(self.particles), 1.0 / len(self.particles))
        """(n,), sum 1."""

    def initialise(self, mean: Pose2D, covariance: NDArray[np.float64]) -> None:
        """Draw the cloud anew around `mean`; covariance (3, 3) of x, y, yaw."""
        count = self._config.particles_max // 2
        at = (mean.x, mean.y, mean.yaw)
        self.particles = self._rng.multivariate_normal(at, covariance, size=count, method="eigh")
        self.weights = np.full(count, 1.0 / count)

    def predict(self, motion: Pose2D, slipped: float = 0.0) -> None:
        """Move every particle by the odometry's `motion` (new base in old base), with noise.

        slipped: m by which wheels and IMU disagreed meanwhile.
        """
        config, count = self._config, len(self.particles)
        way = math.hypot(motion.x, motion.y)
        sigma_way = config.slip_translation * way + config.floor_translation + slipped
        sigma_yaw = (
            config.slip_rotation * abs(motion.yaw) + config.slip_drift * way + config.floor_rotation
        )
        dx = motion.x + self._rng.normal(0.0, sigma_way, count)
        dy = motion.y + self._rng.normal(0.0, sigma_way, count)
        yaw = self.particles[:, 2]
        cos, sin = np.cos(yaw), np.sin(yaw)
        self.particles = np.stack(
            (
                self.particles[:, 0] + cos * dx - sin * dy,
                self.particles[:, 1] + sin * dx + cos * dy,
                yaw + motion.yaw + self._rng.normal(0.0, sigma_yaw, count),
            ),
            axis=-1,
        )

    def correct(self, points: NDArray[np.float64]) -> None:
        """Weigh by the beam ends `points` (m, 2) in base_link, then resample when it pays."""
        config = self._config
        if not len(points):
            return
        logs = self._field.log_likelihoods(self.particles, points)
        weights = self.weights * np.exp(config.tempering * (logs - logs.max()))
        self.weights = weights / weights.sum()
        if 1.0 / np.square(self.weights).sum() < 0.5 * len(self.weights):
            self._resample()

    def estimate(self) -> tuple[Pose2D, NDArray[np.float64]]:
        """Weighted mean and (3, 3) covariance of x, y, yaw."""
        yaw = self.particles[:, 2]
        mean_yaw = math.atan2(self.weights @ np.sin(yaw), self.weights @ np.cos(yaw))
        x, y = self.weights @ self.particles[:, :2]
        offset = self.particles - np.array([x, y, mean_yaw])
        offset[:, 2] = (offset[:, 2] + math.pi) % (2.0 * math.pi) - math.pi
        covariance = (offset * self.weights[:, None]).T @ offset
        return Pose2D(float(x), float(y), wrap_angle(mean_yaw)), covariance

    def _resample(self) -> None:
        """Systematic resampling to as many particles as KLD-sampling asks for."""
        count = self._needed()
        steps = (self._rng.random() + np.arange(count)) / count
        chosen = np.searchsorted(np.cumsum(self.weights), steps)
        self.particles = self.particles[np.minimum(chosen, len(self.particles) - 1)]
        self.weights = np.full(count, 1.0 / count)

    def _needed(self) -> int:
        """Particles that keep the KLD error below its bound (Fox 2003, eq. 7)."""
        config = self._config
        heavy = self.particles[self.weights > 1e-3 / len(self.weights)]
        bins = len(np.unique(np.floor(heavy / BIN).astype(np.int64), axis=0))
        if bins < 2:
            return config.particles_min
        a = 2.0 / (9.0 * (bins - 1))
        needed = (bins - 1) / (2.0 * config.kld_error)
        needed *= (1.0 - a + math.sqrt(a) * config.kld_quantile) ** 3
        return int(min(max(needed, config.particles_min), config.particles_max))
