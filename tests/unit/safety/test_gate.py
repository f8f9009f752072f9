"""The gate as a whole: starts by itself, stops for everything, never restarts by itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sites import round_room

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.safety.gate import GateOutput, SafetyGate
from or_robot.safety.intake import GateInputs
from or_robot.safety.reasons import REASONS
from or_robot.types.motion import (
    STANDSTILL,
    LaserScan,
    Odometry,
    PoseEstimate,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.safety import SafetyMode as Mode

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

    def __init__(self) -> None:
        self.gate = SafetyGate(CONFIG, ROBOT, SITE)
        self.now = 100.0
        self.asked = STANDSTILL
        self.ahead = 6.0
        self.silent: set[str] = set()
        self.lost = False
        self.spoil = lambda inputs: inputs
        self.out = self.run(0.1)

    def inputs(self) -> GateInputs:
        t = self.now
        everything = {
            "scan": scan(t, self.ahead),
            "odometry": Odometry(t, Pose2D(0, 0, 0), STANDSTILL),
            "localization": PoseEstimate(t, Pose2D(0, 0, 0), np.eye(3) * 0.01, self.lost),
            "tracks": Tracks(t, ()),
            "command": VelocityCommand(t, self.asked),
            "hardware_estop": False,
            "bumper": False,
            "battery": 0.8,
        }
        given_ = {name: v for name, v in everything.items() if name not in self.silent}
        beats = {name: t for name in PROCESSES if name not in self.silent}
        return self.spoil(GateInputs(clock_s=t, heartbeats=beats, **given_))

    def run(self, seconds: float) -> GateOutput:
        for _ in range(max(1, round(seconds / PERIOD))):
            self.now += PERIOD
            self.out = self.gate.step(self.inputs(), self.now)
        return self.out

    def drive(self) -> "Bench":
        self.asked = FORWARD
        self.run(2.0)
        assert self.out.twist == FORWARD
        assert self.out.state.mode is Mode.AUTONOMOUS
        return self


WATCHED = ("scan", "odometry", "localization", "tracks", "command", *PROCESSES)


def test_a_gate_that_starts_amid_a_drive_waits_for_standstill_first() -> None:
    bench = Bench()
    bench.gate = SafetyGate(CONFIG, ROBOT, SITE)
    bench.asked = FORWARD
    assert bench.run(3.0).twist == STANDSTILL
    assert bench.out.state.reason_code == "command_not_zero"
    bench.asked = STANDSTILL
    bench.run(PERIOD)
    bench.asked = FORWARD
    assert bench.run(2.0).twist == FORWARD


def test_boots_ready_whatever_comes_last() -> None:
    for last in (*WATCHED[:-5], *PROCESSES, "hardware_estop", "bumper", "battery"):
        bench = Bench.__new__(Bench)
        bench.silent = {last}
        bench.gate, bench.now, bench.asked, bench.ahead = (
            SafetyGate(CONFIG, ROBOT, SITE),
            5.0,
            STANDSTILL,
            6,
        )
        bench.lost, bench.spoil = False, lambda inputs: inputs
        out = bench.run(3.0)
        if last != "command":
            assert out.state.mode is Mode.INIT
            assert out.state.reason_code == f"{last}_missing"
            assert out.twist == STANDSTILL
        bench.silent = set()
        assert bench.run(0.1).state.mode in (Mode.READY, Mode.AUTONOMOUS)


def test_a_loss_while_standing_ready_before_any_drive_is_only_waited_for() -> None:
    bench = Bench()
    bench.silent = {"perception"}
    assert bench.run(5.0).state.mode is Mode.INIT
    bench.silent = set()
    assert bench.run(0.1).state.mode is Mode.READY


@pytest.mark.parametrize("lost", WATCHED)
def test_a_lost_input_while_driving_stops_in_time_then_latches(lost: str) -> None:
    bench = Bench().drive()
    last_valid = bench.now
    bench.silent = {lost}
    while bench.run(PERIOD).twist != STANDSTILL:
        assert bench.now - last_valid < 2.0
    limit = CONFIG.gateway_hold if lost == "gateway" else 0.25
    assert bench.now - last_valid <= limit + PERIOD + 1e-9
    bench.run(1.0)
    state = bench.out.state
    assert (state.mode, state.reason_code) == (Mode.FAULT, f"{lost}_stale")
    assert state.reset_required
    assert state.resume_required
    bench.silent = set()
    assert bench.run(5.0).twist == STANDSTILL


def test_a_short_gap_holds_and_clears_by_itself() -> None:
    bench = Bench().drive()
    bench.silent = {"scan"}
    assert bench.run(0.4).state.reason_code == "scan_late"
    assert bench.out.twist == STANDSTILL
    bench.silent = set()
    assert bench.run(0.4).twist == STANDSTILL
    assert bench.run(1.5).twist == FORWARD


def test_no_command_is_no_fault_while_nothing_is_asked() -> None:
    bench = Bench().drive()
    bench.asked = STANDSTILL
    assert bench.run(2.0).state.mode is Mode.READY
    bench.silent = {"command"}
    assert bench.run(5.0).state.mode is Mode.READY


def test_reset_then_resume_are_both_needed() -> None:
    bench = Bench().drive()
    bench.gate.stop_request()
    assert bench.run(PERIOD).twist == STANDSTILL
    assert bench.out.state.mode is Mode.STOPPED_BY_PERSON
    assert not bench.gate.resume().done
    assert bench.run(5.0).twist == STANDSTILL
    assert bench.gate.reset(bench.now).done
    assert bench.run(5.0).twist == STANDSTILL
    assert bench.out.state.reason_code == "waits_for_resume"
    assert bench.gate.resume().done
    assert bench.run(2.0).twist == FORWARD


@pytest.mark.parametrize(
    ("name", "mode"), [("hardware_estop", Mode.STOPPED_BY_PERSON), ("bumper", Mode.FAULT)]
)
def test_switches_latch_and_cannot_be_reset_while_pressed(name: str, mode: Mode) -> None:
    bench = Bench().drive()
    bench.spoil = lambda inputs: replace(inputs, **{name: True})
    bench.run(PERIOD)
    assert (bench.out.twist, bench.out.state.mode) == (STANDSTILL, mode)
    assert not bench.gate.reset(bench.now).done
    bench.spoil = lambda inputs: inputs
    assert bench.run(1.0).state.mode is mode
    assert bench.gate.reset(bench.now).done


def test_reset_is_refused_while_the_cause_lasts() -> None:
    bench = Bench().drive()
    bench.silent = {"scan"}
    bench.run(1.5)
    answer = bench.gate.reset(bench.now)
    assert (answer.done, answer.message) == (False, "Cannot reset yet. Waits for: laser scan")


def frozen_stamp(inputs: GateInputs) -> GateInputs:
    assert inputs.scan is not None
    return replace(inputs, scan=replace(inputs.scan, stamp_s=102.0))


def frozen_picture(inputs: GateInputs) -> GateInputs:
    assert inputs.scan is not None
    return replace(inputs, scan=replace(inputs.scan, ranges=scan(1.0).ranges))


def with_ranges(value: float) -> object:
    def spoil(inputs: GateInputs) -> GateInputs:
        assert inputs.scan is not None
        ranges = np.full(720, value, dtype=np.float32)
        return replace(inputs, scan=replace(inputs.scan, ranges=ranges))

    return spoil


def from_future(inputs: GateInputs) -> GateInputs:
    assert inputs.scan is not None
    return replace(inputs, scan=replace(inputs.scan, stamp_s=inputs.clock_s + 10.0))


def late_odometry(inputs: GateInputs) -> GateInputs:
    assert inputs.odometry is not None
    return replace(inputs, odometry=replace(inputs.odometry, stamp_s=inputs.clock_s - 0.4))


def nan_odometry(inputs: GateInputs) -> GateInputs:
    assert inputs.odometry is not None
    return replace(inputs, odometry=replace(inputs.odometry, twist=Twist2D(math.nan, 0.0)))


@pytest.mark.parametrize(
    "spoil",
    [
        frozen_stamp,
        frozen_picture,
        with_ranges(math.nan),
        with_ranges(math.inf),
        with_ranges(0.0),
        from_future,
        late_odometry,
        nan_odometry,
    ],
)
def test_bad_data_counts_as_none(spoil) -> None:  # type: ignore[no-untyped-def]
    bench = Bench().drive()
    bench.spoil = spoil
    bench.run(0.29)
    assert bench.out.twist == STANDSTILL
    assert bench.out.state.mode in (Mode.PROTECTIVE_STOP, Mode.FAULT)


@pytest.mark.parametrize("jump", [10.0, -10.0])
def test_a_clock_jump_while_driving_is_a_fault(jump: float) -> None:
    bench = Bench().drive()
    bench.spoil = lambda inputs: replace(inputs, clock_s=inputs.clock_s + jump)
    bench.run(PERIOD)
    assert (bench.out.twist, bench.out.state.reason_code) == (STANDSTILL, "clock_jump")


def test_lost_localization_and_a_second_writer_are_faults() -> None:
    bench = Bench().drive()
    bench.lost = True
    assert bench.run(PERIOD).state.reason_code == "localization_lost"
    other = Bench().drive()
    other.spoil = lambda inputs: replace(inputs, command_writers=2)
    assert other.run(PERIOD).state.reason_code == "cmd_vel_writers"
    assert other.out.twist == STANDSTILL


def test_an_obstacle_in_the_field_stops_and_clears_two_seconds_after_it_left() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.06
    assert bench.run(PERIOD).state.mode is Mode.PROTECTIVE_STOP
    assert bench.out.twist == STANDSTILL
    bench.run(3.0)
    bench.ahead = 6.0
    assert bench.run(1.9).twist == STANDSTILL
    assert bench.run(2.0).twist == FORWARD


def test_an_obstacle_ahead_slows_before_it_stops() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.3
    bench.run(0.5)
    assert bench.out.state.mode is Mode.SLOW
    assert 0.0 < bench.out.twist.linear < 0.5


def test_turning_away_from_a_wall_is_possible_after_a_protective_stop() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.06
    bench.run(1.0)
    bench.asked = Twist2D(-0.2, 0.0)
    assert bench.run(3.0).twist == Twist2D(-0.2, 0.0)


def test_manual_gives_no_command_and_comes_back_through_init() -> None:
    bench = Bench()
    assert bench.gate.set_manual(True).done
    bench.asked = FORWARD
    assert bench.run(1.0).twist == STANDSTILL
    bench.asked = STANDSTILL
    assert bench.gate.set_manual(False).done
    assert not bench.gate.set_manual(False).done
    assert bench.run(0.1).state.mode in (Mode.READY, Mode.AUTONOMOUS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(width=32),
            st.floats(width=32),
            st.floats(0.2, 8.0),
            st.sets(st.sampled_from(WATCHED)),
        ),
        max_size=25,
    )
)
def test_whatever_comes_the_output_is_finite_within_limits_and_named(story) -> None:  # type: ignore[no-untyped-def]
    bench = Bench()
    before = STANDSTILL
    for linear, angular, ahead, silent in story:
        bench.asked, bench.ahead, bench.silent = Twist2D(linear, angular), ahead, silent
        out = bench.run(PERIOD)
        assert -ROBOT.max_reverse_speed - 1e-9 <= out.twist.linear <= ROBOT.max_speed + 1e-9
        assert abs(out.twist.angular) <= ROBOT.max_yaw_rate + 1e-9
        gain = abs(out.twist.linear) - abs(before.linear)
        assert gain <= ROBOT.max_acceleration * PERIOD * 2 + 1e-9
        assert out.state.reason == REASONS[out.state.reason_code]
        if out.state.mode not in (Mode.AUTONOMOUS, Mode.SLOW):
            assert out.twist == STANDSTILL
        before = out.twist
