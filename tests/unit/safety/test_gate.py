"""The gate as a whole: starts by itself, stops for everything, never restarts by itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
from gate_bench import CONFIG, FORWARD, PERIOD, PROCESSES, ROBOT, SITE, Bench, person, scan
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.safety.gate import SafetyGate
from or_robot.safety.intake import GateInputs
from or_robot.safety.reasons import REASONS
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.safety import SafetyMode as Mode

WATCHED = ("clock", "scan", "odometry", "localization", "tracks", "command", *PROCESSES)


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
        bench = Bench(silent=frozenset({last}))
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


def test_a_pose_that_froze_in_motion_does_not_become_good_by_standing() -> None:
    bench = Bench().drive()

    def moving_but_frozen(inputs: GateInputs) -> GateInputs:
        assert inputs.odometry is not None
        moved = replace(inputs.odometry.pose, x=inputs.clock_s if bench.now < 103.5 else 103.5)
        speed = FORWARD if bench.now < 103.5 else STANDSTILL
        return replace(inputs, odometry=replace(inputs.odometry, pose=moved, twist=speed))

    bench.spoil = moving_but_frozen
    assert bench.run(0.3).twist == STANDSTILL
    bench.run(5.0)
    assert bench.out.state.reason_code == "localization_stale"


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


def half_scan(inputs: GateInputs) -> GateInputs:
    assert inputs.scan is not None
    return replace(inputs, scan=replace(inputs.scan, ranges=inputs.scan.ranges[:200]))


def coarse_scan(inputs: GateInputs) -> GateInputs:
    assert inputs.scan is not None
    return replace(inputs, scan=replace(inputs.scan, angle_increment=math.radians(5)))


def frozen_odometry(inputs: GateInputs) -> GateInputs:
    """The twist says that it moves, the pose does not."""
    assert inputs.odometry is not None
    return replace(inputs, odometry=replace(inputs.odometry, twist=FORWARD))


def nan_pose(inputs: GateInputs) -> GateInputs:
    assert inputs.localization is not None
    pose = replace(inputs.localization.pose, x=math.nan)
    return replace(inputs, localization=replace(inputs.localization, pose=pose))


def nan_covariance(inputs: GateInputs) -> GateInputs:
    assert inputs.localization is not None
    wrong = np.full((3, 3), math.nan)
    return replace(inputs, localization=replace(inputs.localization, covariance=wrong))


def nan_tracks(inputs: GateInputs) -> GateInputs:
    assert inputs.tracks is not None
    return replace(inputs, tracks=replace(inputs.tracks, tracks=(person(math.nan, 0.0),)))


def frozen_tracks(inputs: GateInputs) -> GateInputs:
    """The same somebody to the last bit, freshly stamped."""
    assert inputs.tracks is not None
    return replace(inputs, tracks=replace(inputs.tracks, tracks=(person(-3.0, 0.0),)))


def future_tracks(inputs: GateInputs) -> GateInputs:
    assert inputs.tracks is not None
    return replace(inputs, tracks=replace(inputs.tracks, stamp_s=inputs.clock_s + 10.0))


def future_pose(inputs: GateInputs) -> GateInputs:
    assert inputs.localization is not None
    later = inputs.clock_s + 10.0
    return replace(inputs, localization=replace(inputs.localization, stamp_s=later))


def future_command(inputs: GateInputs) -> GateInputs:
    assert inputs.command is not None
    return replace(inputs, command=replace(inputs.command, stamp_s=inputs.clock_s + 10.0))


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
        half_scan,
        coarse_scan,
        late_odometry,
        nan_odometry,
        frozen_odometry,
        nan_pose,
        nan_covariance,
        future_pose,
        nan_tracks,
        frozen_tracks,
        future_tracks,
        future_command,
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


def test_a_clock_that_is_told_late_and_catches_up_has_not_jumped() -> None:
    bench = Bench().drive()
    stood = bench.now
    bench.spoil = lambda inputs: replace(GateInputs(clock_s=stood), heartbeats=inputs.heartbeats)
    assert bench.run(0.8).state.reason_code == "clock_late"
    bench.spoil = lambda inputs: inputs
    assert bench.run(2.0).state.reason_code != "clock_jump"
    assert bench.out.twist == FORWARD


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


def test_a_late_input_does_not_shorten_the_wait_for_an_obstacle() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.06
    bench.run(1.0)
    bench.ahead = 6.0
    bench.run(PERIOD)
    bench.silent = {"odometry"}
    assert bench.run(0.4).state.reason_code == "odometry_late"
    bench.silent = set()
    assert bench.run(1.5).twist == STANDSTILL
    assert bench.run(2.0).twist == FORWARD


def test_an_obstacle_ahead_slows_before_it_stops() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.3
    bench.run(2.0)  # what has just come may be somebody's foot
    assert bench.out.state.mode is Mode.SLOW
    assert 0.0 < bench.out.twist.linear < 0.5


def test_turning_away_from_a_wall_is_possible_after_a_protective_stop() -> None:
    bench = Bench().drive()
    bench.ahead = ROBOT.length / 2 + 0.06
    bench.run(1.0)
    bench.asked = Twist2D(-0.2, 0.0)
    assert bench.run(3.0).twist == Twist2D(-0.2, 0.0)


def test_manual_gives_no_command_and_comes_back_through_init_and_a_resume() -> None:
    bench = Bench()
    assert bench.gate.set_manual(True).done
    bench.asked = FORWARD
    assert bench.run(1.0).twist == STANDSTILL
    assert bench.out.state.mode is Mode.MANUAL
    bench.asked = STANDSTILL
    assert bench.gate.set_manual(False).done
    assert not bench.gate.set_manual(False).done
    assert bench.run(0.1).state.mode is Mode.READY
    bench.asked = FORWARD
    assert bench.run(1.0).twist == STANDSTILL
    assert bench.gate.resume().done
    assert bench.run(2.0).twist == FORWARD


def test_manual_only_from_standing_and_its_stops_still_latch() -> None:
    bench = Bench().drive()
    assert not bench.gate.set_manual(True).done
    standing = Bench()
    standing.gate.set_manual(True)
    standing.gate.stop_request()
    assert standing.run(0.1).state.mode is Mode.STOPPED_BY_PERSON
    assert not standing.gate.set_manual(True).done


def test_an_empty_battery_is_a_fault_that_lasts_until_it_is_charged() -> None:
    bench = Bench().drive()
    bench.charge = 0.0
    assert bench.run(PERIOD).state.reason_code == "battery_empty"
    assert bench.out.twist == STANDSTILL
    assert not bench.gate.reset(bench.now).done
    bench.charge = 0.5
    bench.run(PERIOD)
    assert bench.gate.reset(bench.now).done


def test_a_silent_battery_is_a_fault() -> None:
    bench = Bench().drive()
    bench.silent = {"battery"}
    bench.run(CONFIG.battery_age + 2 * PERIOD)
    assert bench.out.state.reason_code == "battery_stale"
    assert bench.out.twist == STANDSTILL


@pytest.mark.parametrize("name", ["hardware_estop", "bumper"])
def test_a_silent_switch_is_a_fault(name: str) -> None:
    bench = Bench().drive()
    bench.silent = {name}
    bench.run(CONFIG.switch_age + 2 * PERIOD)
    assert bench.out.state.reason_code == f"{name}_stale"


def test_a_wide_pose_is_no_pose() -> None:
    bench = Bench().drive()
    bench.sigma = 2.0 * CONFIG.pose_sigma
    assert bench.run(PERIOD).state.reason_code == "localization_uncertain"
    assert bench.out.twist == STANDSTILL
    standing = Bench()
    standing.sigma = 2.0 * CONFIG.pose_sigma
    assert standing.run(0.1).state.mode is Mode.INIT  # before the first drive: part of starting


def test_settings_that_the_robot_cannot_keep_are_refused() -> None:
    with pytest.raises(OrRobotError, match="counts on braking"):
        SafetyGate(replace(CONFIG, braking=2.0), ROBOT, SITE)
    with pytest.raises(OrRobotError, match="tips the load"):
        SafetyGate(replace(CONFIG, payload_height=1.2), ROBOT, SITE)


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


def test_blind_it_drives_slowly_and_goes_on_when_it_sees() -> None:
    bench = Bench().drive()
    bench.blind = True
    out = bench.run(1.0)
    assert out.twist.linear == pytest.approx(CONFIG.blind_speed)
    assert (out.state.mode, out.state.reason_code) == (Mode.SLOW, "camera_blind")
    bench.blind = False
    assert bench.run(1.0).twist == FORWARD


def test_a_camera_of_which_nothing_is_heard_counts_as_blind() -> None:
    bench = Bench().drive()
    bench.silent.add("camera_blind")
    assert bench.run(CONFIG.switch_age - 0.1).twist == FORWARD
    assert bench.run(0.5).twist.linear == pytest.approx(CONFIG.blind_speed)
    assert bench.out.state.reason_code == "camera_blind"
