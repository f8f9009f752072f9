from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from depth_camera import Box, depth_image
from kinematic_plant import Plant, room

from or_robot.autonomy.autonomy import Autonomy, AutonomyInputs, AutonomyOutput
from or_robot.autonomy.rate import Rate
from or_robot.config.autonomy import AutonomyConfig
from or_robot.config.robot import RobotConfig
from or_robot.config.tasks import TasksConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.docking import DockingStage, DockMark, DockTarget
from or_robot.types.motion import STANDSTILL
from or_robot.types.perception import Blindness
from or_robot.types.safety import SafetyMode
from or_robot.types.site import Site, Station
from or_robot.types.tasks import TaskKind, TaskRequest, TaskState

DOCK = Pose2D(1.0, 2.0, 0.0)
STORE, THEATRE = Pose2D(4.5, 1.2, -1.57), Pose2D(4.5, 3.0, 1.57)
CONFIG = dataclasses.replace(AutonomyConfig(), tasks=TasksConfig(handover_s=1.0))
PERIOD_S = 0.02


def small_wing() -> Site:
    stations = {
        name: Station(name, {"en": name}, pose, kind, "")
        for name, pose, kind in [
            ("dock", DOCK, "dock"),
            ("store", STORE, "supply"),
            ("or_1", THEATRE, "room"),
        ]
    }
    return dataclasses.replace(room(6.0, 4.2), stations=stations)


class Robot:
    """The whole autonomy on a plant."""

    def __init__(self, folder: Path) -> None:
        site = small_wing()
        self.plant = Plant(site, DOCK)
        self.autonomy = Autonomy(CONFIG, site, RobotConfig(), folder / "queue.sqlite")
        self.ticks = 0
        self.clearance = 9.0
        self.commands: list = []
        self.tick(10)

    def tick(self, count: int = 1, boxes: list[Box] | None = None) -> AutonomyOutput:
        """boxes: what the depth camera sees, which the lidar does not; None: it is not asked."""
        for _ in range(count):
            images = []
            if boxes is not None and self.ticks % 10 == 0:
                images = [depth_image(boxes, self.plant.pose, self.plant.time_s, self.ticks)]
            scans = [self.plant.scan()] if self.ticks % 5 == 0 else []
            inputs = AutonomyInputs(scans, [self.plant.odometry()], images=images)
            output = self.autonomy.step(inputs, self.plant.time_s)
            self.plant.command(output.command)
            self.plant.step(self.plant.time_s + PERIOD_S)
            self.ticks += 1
            self.clearance = min(self.clearance, self.plant.clearance())
            self.commands.append(output.command)
        return output

    def deliver(self) -> None:
        request = TaskRequest("t", TaskKind.DELIVER, "tray", "store", "or_1", "OR-1")
        self.autonomy.submit(request)

    def until(self, state: TaskState, limit_s: float = 60.0) -> AutonomyOutput:
        output = self.tick()
        while self.plant.time_s < limit_s:
            if output.queue.tasks and output.queue.tasks[0].state is state:
                return output
            output = self.tick()
        raise AssertionError(f"not {state}: {output.queue} {output.safety}")


@pytest.fixture
def robot(tmp_path: Path) -> Robot:
    return Robot(tmp_path)


def test_delivers(robot: Robot) -> None:
    robot.deliver()
    robot.until(TaskState.LOADING)
    assert robot.plant.pose.distance_to(STORE) < 0.08
    output = robot.until(TaskState.DONE)
    assert robot.plant.pose.distance_to(THEATRE) < 0.08
    assert robot.clearance > 0.0
    assert output.command == STANDSTILL


def test_same_seed_same_commands(tmp_path: Path) -> None:
    def commands(folder: str) -> list:
        robot = Robot(tmp_path / folder)
        robot.deliver()
        robot.tick(150)
        return robot.commands

    one = commands("one")
    assert one == commands("two")
    assert any(command != STANDSTILL for command in one)


def test_stop_latches_and_only_reset_and_resume_go_on(robot: Robot) -> None:
    robot.deliver()
    robot.tick(150)
    assert robot.commands[-1] != STANDSTILL
    robot.autonomy.stop_request()
    robot.tick(1)
    assert robot.commands[-1] == STANDSTILL
    output = robot.tick(200)
    assert output.safety.mode is SafetyMode.STOPPED_BY_PERSON
    assert output.queue.tasks[0].state is TaskState.PAUSED
    assert output.queue.resume_required
    assert not robot.autonomy.resume().done
    assert robot.autonomy.reset().done
    output = robot.tick(200)
    assert set(robot.commands[-400:]) == {STANDSTILL}
    assert output.queue.tasks[0].state is TaskState.PAUSED
    assert robot.autonomy.resume().done
    robot.until(TaskState.DONE, 90.0)


def test_waits_at_the_dock_while_nothing_is_asked(robot: Robot) -> None:
    output = robot.tick(100)
    assert set(robot.commands) == {STANDSTILL}
    assert output.safety.mode is SafetyMode.READY
    assert output.estimate.pose.distance_to(DOCK) < 0.05


def test_a_rate_keeps_its_mean_and_survives_jumps() -> None:
    rate = Rate(20.0)
    assert sum(rate.due(n * 0.02) for n in range(500)) == 200
    assert rate.due(100.0)
    assert not rate.due(100.01)
    assert rate.due(3.0)
    assert not rate.due(3.02)


CABLE: Box = ((2.9, 1.6, 0.0), (2.96, 2.4, 0.015))


def test_a_cable_that_only_the_camera_sees_closes_its_place_on_the_costmap(robot: Robot) -> None:
    assert robot.tick(40, boxes=[CABLE]).blindness is Blindness.NONE
    costmap = robot.autonomy._navigator.global_costmap()
    row, column = costmap.spec.cells(np.array([2.93, 2.0]))
    assert costmap.values[row - 1 : row + 2, column - 1 : column + 2].max() == 100
    robot.tick(60, boxes=[])
    costmap = robot.autonomy._navigator.global_costmap()
    assert costmap.values[row, column] < 100


def test_a_camera_that_shows_nothing_is_called_blind(robot: Robot) -> None:
    near: Box = ((0.0, 0.0, 0.0), (6.0, 4.2, 0.9))
    assert robot.tick(40, boxes=[near]).blindness is not Blindness.NONE


def test_images_are_asked_for_only_while_it_drives(robot: Robot) -> None:
    assert not robot.autonomy.needs_camera
    robot.autonomy._navigator.set_goal(STORE)
    assert robot.autonomy.needs_camera
    robot.autonomy._navigator.cancel()
    assert not robot.autonomy.needs_camera


def test_markers_are_sought_only_to_dock_and_a_robot_without_images_creeps(tmp_path: Path) -> None:
    robot = Robot(tmp_path)
    output = robot.tick(10)
    assert output.doors == ()
    assert output.blindness is Blindness.NONE
    robot.deliver()
    robot.tick(100)
    images = robot.tick(100, boxes=[])
    assert images.markers is None
    assert images.blindness is Blindness.NONE
    robot.autonomy.cancel("t")
    mark = DockMark(0, Pose2D(0.65, 0.0, 0.0))
    robot.autonomy._navigator.dock(DockTarget("dock", robot.plant.pose, mark), stage=False)
    docking = robot.tick(50, boxes=[])
    assert docking.navigation.docking is DockingStage.LOOKING
    assert docking.markers is not None
    robot.autonomy._navigator.set_goal(DOCK)
    # nothing comes any more, though the robot drives and wants it
    silent = robot.tick(75)
    assert silent.blindness is Blindness.NO_IMAGE
    robot.commands.clear()
    robot.tick(100)
    assert max(command.linear for command in robot.commands) <= CONFIG.safety.blind_speed + 1e-9
