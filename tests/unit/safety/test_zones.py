"""Closed zones: fences by phase, and what becomes of a robot that is caught inside."""

import math
from dataclasses import replace

import numpy as np
import pytest
from gate_bench import CONFIG, FORWARD, PERIOD, ROBOT, Bench
from hypothesis import given
from hypothesis import strategies as st
from made_sites import round_room

from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.safety.fences import Fences, leads_out
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.procedure import PHASE_MAX_AGE_S, Phase, RoomPhases
from or_robot.types.safety import SafetyMode as Mode
from or_robot.types.site import Zone

NOSE = ROBOT.length / 2.0


def zone(x: float, depth: float = 1.0, **options: object) -> Zone:
    """A closed zone ahead of a robot at the origin, from x on."""
    border = np.array([[x, -1.0], [x + depth, -1.0], [x + depth, 1.0], [x, 1.0]])
    given_ = {"kind": "sterile", "room": "OR-1", "speed_limit": math.inf, **options}
    return Zone("field", polygon=border, **given_)  # type: ignore[arg-type]


OPEN = {"open_in": frozenset({Phase.TURNOVER})}


def driving(*zones: Zone, phase: Phase | None = None) -> Bench:
    bench = Bench(round_room(*zones))
    if phase is not None:
        bench.phases = {"OR-1": phase}
    bench.asked = FORWARD
    bench.run(1.5)
    return bench


def test_a_fence_stops_like_a_wall_and_says_so() -> None:
    bench = driving(zone(NOSE + 0.06))
    assert bench.out.twist == STANDSTILL
    assert bench.out.state.mode is Mode.PROTECTIVE_STOP
    assert bench.out.state.reason_code == "zone_ahead"


def test_near_a_fence_it_slows_down() -> None:
    bench = driving(zone(NOSE + 0.3))
    assert 0.0 < bench.out.twist.linear < FORWARD.linear
    assert bench.out.state.reason_code == "zone_near"


@pytest.mark.parametrize("phase", list(Phase))
def test_a_zone_is_open_only_in_the_phases_it_lists(phase: Phase) -> None:
    bench = driving(zone(NOSE + 0.06, **OPEN), phase=phase)
    assert (bench.out.twist == FORWARD) is (phase is Phase.TURNOVER)


def test_an_unknown_phase_closes() -> None:
    assert driving(zone(NOSE + 0.06, **OPEN)).out.twist == STANDSTILL


def test_a_stale_phase_closes() -> None:
    bench = driving(zone(NOSE + 0.06, **OPEN), phase=Phase.TURNOVER)
    bench.phases = {}
    assert bench.run(PHASE_MAX_AGE_S - 0.5).twist == FORWARD
    assert bench.run(1.0).state.reason_code == "zone_ahead"


def test_a_phase_of_another_room_opens_nothing() -> None:
    bench = driving(zone(NOSE + 0.06, **OPEN))
    bench.phases = {"OR-2": Phase.TURNOVER}
    assert bench.run(1.0).twist == STANDSTILL


def test_a_phase_from_the_future_opens_nothing() -> None:
    bench = driving(zone(NOSE + 0.06, **OPEN))

    def early(inputs):  # type: ignore[no-untyped-def]
        phases = tuple(replace(p, stamp_s=p.stamp_s + 10.0) for p in inputs.phases)
        return replace(inputs, phases=phases)

    bench.phases, bench.spoil = {"OR-1": Phase.TURNOVER}, early
    assert bench.run(1.0).twist == STANDSTILL


def test_a_keep_out_zone_is_closed_in_every_phase() -> None:
    bench = driving(zone(NOSE + 0.06, kind="keep_out", room=""), phase=Phase.TURNOVER)
    assert bench.out.state.reason_code == "zone_ahead"


def test_caught_it_leaves_slowly_and_only_outwards() -> None:
    bench = driving(zone(0.1, **OPEN), phase=Phase.TURNOVER)
    assert bench.out.twist == FORWARD
    bench.phases = {"OR-1": Phase.OPERATING}
    assert bench.run(1.0).twist == STANDSTILL
    assert bench.out.state.reason_code == "caught_in_zone"
    bench.asked = Twist2D(-0.28, 0.0)
    out = bench.run(2.0)
    assert out.twist.linear == pytest.approx(-CONFIG.leave_speed)
    assert out.state.reason_code == "leaves_zone"


def test_where_the_zone_says_stay_it_stays_and_goes_on_when_it_opens() -> None:
    bench = driving(zone(0.1, caught="stay", **OPEN), phase=Phase.TURNOVER)
    bench.phases = {"OR-1": Phase.OPERATING}
    bench.asked = Twist2D(-0.2, 0.0)
    assert bench.run(3.0).twist == STANDSTILL
    assert bench.out.state.reason_code == "caught_in_zone"
    bench.phases = {"OR-1": Phase.TURNOVER}
    assert bench.run(2.0).twist == Twist2D(-0.2, 0.0)


def test_a_person_can_take_a_robot_that_stays_by_hand() -> None:
    bench = driving(zone(0.1, caught="stay"))
    assert bench.out.state.reason_code == "caught_in_zone"
    assert bench.gate.set_manual(True).done


def test_inside_a_room_the_speed_is_capped() -> None:
    room = zone(-2.0, depth=5.0, kind="room")
    bench = Bench(round_room(room))
    bench.asked = Twist2D(1.0, 0.0)
    out = bench.run(3.0)
    assert out.twist.linear == pytest.approx(CONFIG.room_speed)
    assert (out.state.mode, out.state.reason_code) == (Mode.SLOW, "inside_room")
    assert out.state.speed_limit == CONFIG.room_speed


def test_a_slow_zone_caps_the_speed() -> None:
    bench = Bench(round_room(zone(-2.0, depth=5.0, kind="slow", speed_limit=0.25)))
    bench.asked = FORWARD
    out = bench.run(2.0)
    assert out.twist.linear == pytest.approx(0.25)
    assert out.state.reason_code == "slow_zone"


places = st.builds(Pose2D, st.floats(-3, 3), st.floats(-3, 3), st.floats(-math.pi, math.pi))


@given(places)
def test_caught_and_fenced_never_say_different_things_than_the_footprint(pose: Pose2D) -> None:
    """Deep inside: caught. Outside: not caught, and the fence is there when near."""
    closed = zone(0.0, depth=2.0)
    found = Fences((closed,), ROBOT).at(pose, RoomPhases(), 0.0)
    if not polygon.overlap(closed.polygon, pose.transform(ROBOT.footprint)):
        assert found.caught is None
        assert len(found.points)
    if polygon.contains(closed.polygon, np.array([pose.x, pose.y])) and found.caught is None:
        depth = polygon.distance_to_boundary(closed.polygon, np.array([pose.x, pose.y]))
        assert float(depth) < 1e-6


@given(places, st.floats(-0.3, 1.0), st.floats(-1.5, 1.5))
def test_what_leads_out_never_leads_deeper(pose: Pose2D, v: float, w: float) -> None:
    closed = zone(0.0, depth=2.0)
    if leads_out(closed, pose, Twist2D(v, w)):
        ahead = pose.compose(
            Pose2D(v * 0.3 * math.cos(w * 0.15), v * 0.3 * math.sin(w * 0.15), w * 0.3)
        )
        assert depth(closed, ahead) <= depth(closed, pose) + 1e-9


def depth(closed: Zone, pose: Pose2D) -> float:
    point = np.array([pose.x, pose.y])
    distance = float(polygon.distance_to_boundary(closed.polygon, point))
    return distance if polygon.contains(closed.polygon, point) else -distance


def test_step_is_fine_with_a_zone_of_any_kind_under_the_robot() -> None:
    for kind in ("keep_out", "sterile", "slow", "room"):
        bench = Bench(round_room(zone(-1.0, depth=2.0, kind=kind, speed_limit=0.3)))
        bench.asked = FORWARD
        assert bench.run(10 * PERIOD).state.reason_code != ""
