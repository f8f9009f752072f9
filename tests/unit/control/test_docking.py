import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.docking import DockingConfig
from or_robot.control.docking import Docking, DockingState
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import STANDSTILL, Twist2D

CONFIG = DockingConfig()
PERIOD_S = 0.05
DOCK = Pose2D(0.0, 0.0, 0.0)
ENDED = (DockingState.DOCKED, DockingState.FAILED)


def dock_from(
    pose: Pose2D, rng: np.random.Generator, noise_m: float = 0.003, noise_rad: float = 0.005
) -> tuple[Pose2D, Docking, list[Twist2D]]:
    """Drive with lag, a camera of 10 Hz and its noise, for at most 3 minutes."""
    docking, commands, real = Docking(CONFIG), [], STANDSTILL
    seen = Pose2D(0.0, 0.0, 0.0)
    for n in range(3600):
        if n % 2 == 0:
            noise = rng.normal(0.0, [noise_m, noise_m, noise_rad])
            seen = pose.inverse().compose(DOCK)
            seen = Pose2D(seen.x + noise[0], seen.y + noise[1], seen.yaw + noise[2])
        twist = docking.step(seen, PERIOD_S * (n % 2))
        commands.append(twist)
        if docking.state in ENDED:
            break
        real = Twist2D(
            real.linear + 0.4 * (twist.linear - real.linear),
            real.angular + 0.4 * (twist.angular - real.angular),
        )
        yaw = real.angular * PERIOD_S
        way = Pose2D(real.linear * PERIOD_S, real.linear * PERIOD_S * yaw / 2.0, yaw)
        pose = pose.compose(way)
        seen = way.inverse().compose(seen)  # odometry carries the sight on
    return pose, docking, commands


@given(st.floats(-1.3, -0.6), st.floats(-0.2, 0.2), st.floats(-0.35, 0.35), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_docks_within_2_cm_and_1_8_degrees(x: float, y: float, yaw: float, seed: int) -> None:
    pose, docking, commands = dock_from(Pose2D(x, y, yaw), np.random.default_rng(seed))
    assert docking.state is DockingState.DOCKED
    assert math.hypot(pose.x, pose.y) <= 0.02
    assert abs(math.degrees(pose.yaw)) <= 1.8
    assert all(abs(c.linear) <= CONFIG.speed for c in commands)
    assert all(abs(c.angular) <= CONFIG.yaw_rate for c in commands)
    assert commands[-1] == STANDSTILL


@pytest.mark.parametrize(
    ("dock", "age_s"),
    [
        (None, 0.0),
        (Pose2D(0.5, 0.0, 0.0), 10.0),
        (Pose2D(0.5, 0.0, 0.0), -1.0),
        (Pose2D(0.5, 0.0, 0.0), math.nan),
        (Pose2D(math.nan, 0.0, 0.0), 0.0),
        (Pose2D(0.5, math.inf, 0.0), 0.0),
    ],
)
def test_stands_without_a_fresh_sight_of_the_marker(dock: Pose2D | None, age_s: float) -> None:
    docking = Docking(CONFIG)
    assert docking.step(dock, age_s) == STANDSTILL
    assert docking.state is DockingState.MARKER_LOST
    assert docking.step(Pose2D(0.5, 0.0, 0.0), 0.0).linear > 0.0
    assert docking.state is DockingState.APPROACHING


def test_a_missed_dock_is_tried_again_and_then_given_up() -> None:
    docking = Docking(CONFIG)
    for _ in range(CONFIG.attempts - 1):
        assert docking.step(Pose2D(0.0, 0.05, 0.0), 0.0) == STANDSTILL
        assert docking.state is DockingState.BACKING_OUT
        assert docking.step(Pose2D(0.3, 0.05, 0.0), 0.0).linear < 0.0
        assert docking.step(Pose2D(CONFIG.run_up + 0.1, 0.05, 0.0), 0.0).linear > 0.0
    docking.step(Pose2D(0.0, 0.05, 0.0), 0.0)
    assert docking.state is DockingState.FAILED
    assert docking.step(Pose2D(0.5, 0.0, 0.0), 0.0) == STANDSTILL
    docking.start()
    assert docking.step(Pose2D(0.5, 0.0, 0.0), 0.0).linear > 0.0
