"""Every single fault of the bench: how it is made and mended, and what must become of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from geometry_msgs.msg import TwistStamped

from or_robot.bench import rig_relay as spoil
from or_robot.bench.rig import Rig
from or_robot.bench.rig_relay import Spoil
from or_robot.config.safety import SafetyConfig
from or_robot.nodes import names

LOOP_S = 1.0 / SafetyConfig().rate
DATA_S = 0.25 + LOOP_S
"""s: the bar for everything that comes ten times a second or oftener (docs/safety)."""
GATEWAY_S, SWITCH_S, BATTERY_S = 1.0 + LOOP_S, 1.5 + LOOP_S, 3.0 + LOOP_S
DELAY_S = 0.6
JUMP_S = 10.0

Act = Callable[[Rig], None]


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    make: Act
    mend: Act
    since: Callable[[Rig, float], float] | None
    """Steady time of the last valid input before a given one; None: of the making itself."""
    limit_s: float | None
    """Zero command within this after it; None: the robot may go on."""
    must_stop: bool = True
    latches: bool = True
    """A person's reset and resume are due; else it may go on by itself."""
    base: bool = False
    """The base must act by itself: there is nobody left to command zero."""
    lost: bool = False
    """Afterwards a person says where the robot is."""
    world: bool = False
    """The simulated world itself fails: nobody tells the truth meanwhile."""


def faults() -> list[Fault]:
    return [
        *_processes(),
        *_inputs("scan", names.SCAN, spoil.not_a_number("ranges"), spoil.frozen),
        *_inputs(
            "odometry",
            names.ODOMETRY,
            spoil.not_a_number("twist", "twist", "linear", "x"),
            spoil.frozen,
        ),
        *_inputs(
            "transform",
            names.POSE,
            spoil.not_a_number("pose", "pose", "position", "x"),
            spoil.frozen,
        ),
        *_inputs("tracks", names.PEOPLE, _nan_track, spoil.repeated),
        *_inputs(
            "command",
            names.COMMAND_RAW,
            spoil.not_a_number("twist", "linear", "x"),
            spoil.repeated,
        ),
        *_clock(),
        _pressed("bumper_pressed", names.BUMPER, spoil.always(data=True)),
        _pressed("hardware_estop_pressed", names.HARDWARE_ESTOP, spoil.always(data=True)),
        _relayed("bumper_silent", names.BUMPER, spoil.missing, SWITCH_S),
        _relayed("hardware_estop_silent", names.HARDWARE_ESTOP, spoil.missing, SWITCH_S),
        _pressed("battery_empty", names.BATTERY, spoil.always(percentage=0.0)),
        _relayed("battery_silent", names.BATTERY, spoil.missing, BATTERY_S),
        _second_writer(),
        Fault("link_cut", _cut, _mend_wire, _beat("gateway"), GATEWAY_S),
        Fault("disk_full", _fill, _empty, None, None, must_stop=False, latches=False),
        Fault("cpu_starved", _starve, _feed, None, None, must_stop=False, latches=False),
    ]


# --- processes


def _processes() -> list[Fault]:
    found = []
    for how, make, mend in (
        ("killed", signal.SIGKILL, None),
        ("stopped", signal.SIGSTOP, signal.SIGCONT),
    ):
        for name in ("navigation", "perception", "tasks"):
            found.append(_process(name, how, make, mend, _beat(name), DATA_S))
        for name in ("gateway", "stop_desk", "panel"):
            found.append(_process(name, how, make, mend, _beat("gateway"), GATEWAY_S))
        found.append(_process("safety", how, make, mend, _last_command, DATA_S, base=True))
        found.append(
            _process(
                "simulation",
                how,
                make,
                mend,
                _passed(names.SCAN),
                DATA_S,
                lost=how == "killed",
                world=True,
            )
        )
        found.append(_process("info", how, make, mend, None, None, must_stop=False, latches=False))
    return found


def _process(
    name: str,
    how: str,
    make: signal.Signals,
    mend: signal.Signals | None,
    since: Callable[[Rig, float], float] | None,
    limit_s: float | None,
    *,
    must_stop: bool = True,
    latches: bool = True,
    base: bool = False,
    lost: bool = False,
    world: bool = False,
) -> Fault:
    def go_on(rig: Rig) -> None:
        if mend is not None:
            rig.suite.signal(name, mend)

    return Fault(
        f"{name}_{how}",
        lambda rig: rig.suite.signal(name, make),
        go_on,
        since,
        limit_s,
        must_stop,
        latches,
        base,
        lost,
        world,
    )


def _beat(process: str) -> Callable[[Rig, float], float]:
    return lambda rig, end_s: max(at for at in rig.beats[process] if at < end_s)


def _passed(topic: str) -> Callable[[Rig, float], float]:
    return lambda rig, _: rig.relays[topic].passed_s


def _last_command(rig: Rig, end_s: float) -> float:
    return max(at for at, _ in rig.commands if at < end_s)


# --- inputs


def _inputs(name: str, topic: str, nan: Spoil, frozen: Spoil) -> list[Fault]:
    ways = {
        "missing": spoil.missing,
        "frozen": frozen,
        "nan": nan,
        "delayed": spoil.delayed(DELAY_S),
        "future": spoil.shifted(JUMP_S),
    }
    # what comes late but comes is held, not latched: it may go on by itself
    return [
        _relayed(f"{name}_{how}", topic, way, DATA_S, latches=how != "delayed")
        for how, way in ways.items()
    ]


def _relayed(name: str, topic: str, way: Spoil, limit_s: float, *, latches: bool = True) -> Fault:
    def make(rig: Rig) -> None:
        rig.relays[topic].spoil = way

    def mend(rig: Rig) -> None:
        rig.relays[topic].spoil = None

    return Fault(name, make, mend, _passed(topic), limit_s, latches=latches)


def _pressed(name: str, topic: str, way: Spoil) -> Fault:
    """Told at once, as its owner tells a change."""

    def make(rig: Rig) -> None:
        rig.relays[topic].spoil = way
        rig.relays[topic].spoil_now()

    def mend(rig: Rig) -> None:
        rig.relays[topic].spoil = None

    return Fault(name, make, mend, None, DATA_S)


def _nan_track(_: spoil.Relay, message: object) -> object:
    """Somebody who is nowhere."""
    from or_robot_interfaces.msg import Track

    track = Track(radius=0.2)
    track.position.x = float("nan")
    message.tracks = [track]  # type: ignore[attr-defined]
    return message


def _clock() -> list[Fault]:
    def jump(seconds: float) -> Spoil:
        def way(_: spoil.Relay, message: object) -> object:
            stamp = spoil.time_from_ros(message.clock) + seconds  # type: ignore[attr-defined]
            message.clock = spoil.time_to_ros(stamp)  # type: ignore[attr-defined]
            return message

        return way

    return [
        _relayed("clock_ahead", "/clock", jump(JUMP_S), DATA_S),
        _relayed("clock_back", "/clock", jump(-JUMP_S), DATA_S),
        _relayed("clock_stands", "/clock", spoil.missing, DATA_S),
    ]


# --- the rest


def _second_writer() -> Fault:
    def make(rig: Rig) -> None:
        writer = rig.node.create_publisher(TwistStamped, names.COMMAND, names.NEWEST)
        rig.seen["second_writer"] = writer

    def mend(rig: Rig) -> None:
        rig.node.destroy_publisher(rig.seen.pop("second_writer"))

    return Fault("second_writer", make, mend, None, DATA_S)


def _cut(rig: Rig) -> None:
    rig.suite.wire.cut = True


def _mend_wire(rig: Rig) -> None:
    rig.suite.wire.cut = False


def _fill(rig: Rig) -> None:
    rig.suite.fill_disk()


def _empty(rig: Rig) -> None:
    rig.suite.empty_disk()


def _starve(rig: Rig) -> None:
    """Two busy loops a core, as important as whoever moves the robot."""
    busy = [sys.executable, "-S", "-c", "while True: pass"]
    loops = [subprocess.Popen(busy) for _ in range(2 * (os.cpu_count() or 1))]
    for loop in loops:
        try:
            os.setpriority(os.PRIO_PROCESS, loop.pid, -10)
        except PermissionError:
            continue  # then everybody has the same
    rig.seen["busy"] = loops


def _feed(rig: Rig) -> None:
    for loop in rig.seen.pop("busy"):
        loop.kill()
        loop.wait()
