"""What a navigation process that comes back may believe of where the robot was."""

import math
from pathlib import Path

import pytest

from or_robot.geometry.pose import Pose2D
from or_robot.nodes.last_pose import LastPose
from or_robot.nodes.start import RUN_VARIABLE
from or_robot.types.motion import STANDSTILL, Odometry

KEPT = Pose2D(1.5, 3.9, math.pi / 2)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    monkeypatch.setenv(RUN_VARIABLE, "first")
    LastPose().write(KEPT, 20.0)


def odometry(stamp_s: float) -> Odometry:
    return Odometry(stamp_s, Pose2D(2.0, 0.0, 0.0), STANDSTILL)


@pytest.mark.usefixtures("written")
def test_in_the_same_run_it_is_where_odometry_has_carried_it() -> None:
    found = LastPose().read(odometry(25.0))
    assert found is not None
    assert (found[0].x, found[0].y) == pytest.approx((1.5, 5.9))


@pytest.mark.usefixtures("written")
def test_of_another_run_nothing_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_VARIABLE, "second")
    assert LastPose().read(odometry(25.0)) is None
    monkeypatch.delenv(RUN_VARIABLE)
    assert LastPose().read(odometry(25.0)) is None


@pytest.mark.usefixtures("written")
def test_after_a_restart_of_the_base_nothing_is_believed() -> None:
    assert LastPose().read(odometry(1.0)) is None
