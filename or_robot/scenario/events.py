"""What happens during a scenario, at a time or when the robot comes to a place."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from or_robot.config.document import Value
from or_robot.geometry.pose import Pose2D


@dataclass(frozen=True, slots=True)
class HardwareEstop:
    """The red button on the robot is pressed, or pulled out again."""

    pressed: bool


@dataclass(frozen=True, slots=True)
class PlaceObject:
    """An object appears."""

    name: str
    pose: Pose2D
    height: float
    """Of the model's origin above the floor, m."""


@dataclass(frozen=True, slots=True)
class MoveObject:
    """An object slides in a straight line from where it is, turning at the end."""

    name: str
    pose: Pose2D
    speed: float
    """m/s."""


@dataclass(frozen=True, slots=True)
class RemoveObject:
    name: str


@dataclass(frozen=True, slots=True)
class PersonStarts:
    """Somebody who stood waiting sets off."""

    name: str


@dataclass(frozen=True, slots=True)
class LidarDropout:
    """The lidar gives no scan."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Kidnap:
    """Somebody lifts the robot and puts it down elsewhere; its wheels do not turn."""

    pose: Pose2D


@dataclass(frozen=True, slots=True)
class SetBattery:
    charge: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class StickDoor:
    """A door stays where it is; with `stuck` false it works again."""

    door: str
    stuck: bool


class Button(StrEnum):
    """Of the panel's robot card."""

    STOP = "stop"
    RESET = "reset"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class PanelPress:
    """Somebody presses a button at the panel."""

    button: Button


@dataclass(frozen=True, slots=True)
class PersonHelps:
    """From now on somebody comes whenever the robot waits for a person, and lets it go on."""

    after_s: float
    """So long it waits each time."""


Action = (
    HardwareEstop
    | PlaceObject
    | MoveObject
    | RemoveObject
    | PersonStarts
    | LidarDropout
    | Kidnap
    | SetBattery
    | StickDoor
    | PanelPress
    | PersonHelps
)
"""The last two are the operator's (scenario.operator), the others the world's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A disc on the floor; the robot is there when its base_link is inside."""

    x: float
    y: float
    radius: float

    def holds(self, robot: Pose2D) -> bool:
        return math.hypot(robot.x - self.x, robot.y - self.y) <= self.radius


@dataclass(frozen=True, slots=True)
class Event:
    """Happens once: not before `at_s`, and when a place is given once the robot is there."""

    at_s: float
    action: Action
    near: Place | None = None


class Schedule:
    """Hands out each event once."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._waiting = sorted(events, key=lambda event: event.at_s)

    def due(self, now_s: float, robot: Pose2D) -> tuple[Action, ...]:
        """What happens now, the earliest first. `robot`: where it truly is."""
        if not self._waiting:
            return ()
        happening = [
            event
            for event in self._waiting
            if event.at_s <= now_s and (event.near is None or event.near.holds(robot))
        ]
        self._waiting = [event for event in self._waiting if event not in happening]
        return tuple(event.action for event in happening)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what events of one scenario may name."""

    objects: Collection[str]
    people: Collection[str]
    doors: Collection[str]
    check_stand: Callable[[Value, Pose2D], None]
    """Raises when the robot cannot be put down at a pose."""


@dataclass(frozen=True, slots=True)
class _Kind:
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Mapping[str, Value], Cast], Action]


def read_event(value: Value, cast: Cast) -> Event:
    """One item of `events:`. Raises OrRobotError naming file and line."""
    entries = value.mapping()
    if "kind" not in entries:
        raise value.error("has no kind", f"one of: {', '.join(KINDS)}")
    kind = KINDS[entries["kind"].text(tuple(KINDS))]
    fields = value.fields(("kind", *kind.required), ("at_s", "near", *kind.optional))
    if "at_s" not in fields and "near" not in fields:
        raise value.error("has neither at_s nor near", "say when it happens")
    return Event(
        at_s=fields["at_s"].number(low=0.0) if "at_s" in fields else 0.0,
        action=kind.read(fields, cast),
        near=_place(fields["near"]) if "near" in fields else None,
    )


def read_pose(value: Value) -> Pose2D:
    """[x, y, heading] in m, m, degrees."""
    x, y, yaw_deg = value.numbers(3)
    return Pose2D(x, y, math.radians(yaw_deg))


def read_height(fields: Mapping[str, Value]) -> float:
    """Of an object's origin above the floor, m; on the floor unless given."""
    return fields["height"].number(-5.0, 5.0) if "height" in fields else 0.0


def _place(value: Value) -> Place:
    x, y, radius = value.numbers(3)
    if radius <= 0.0:
        raise value.error(f"has radius {radius:g}", "write [x, y, radius] with a radius above 0")
    return Place(x, y, radius)


def _object(fields: Mapping[str, Value], cast: Cast) -> str:
    return _known(fields["object"], cast.objects, "objects")


def _known(value: Value, names: Collection[str], what: str) -> str:
    name = value.text()
    if name not in names:
        raise value.error(f"is {name!r}", f"{what}: {', '.join(names) or 'none here'}")
    return name


def _place_object(fields: Mapping[str, Value], cast: Cast) -> Action:
    return PlaceObject(_object(fields, cast), read_pose(fields["pose"]), read_height(fields))


def _move_object(fields: Mapping[str, Value], cast: Cast) -> Action:
    speed = fields["speed"].number(0.05, 3.0)
    return MoveObject(_object(fields, cast), read_pose(fields["pose"]), speed)


def _kidnap(fields: Mapping[str, Value], cast: Cast) -> Action:
    pose = read_pose(fields["pose"])
    cast.check_stand(fields["pose"], pose)
    return Kidnap(pose)


def _door(fields: Mapping[str, Value], cast: Cast, stuck: bool) -> Action:
    return StickDoor(_known(fields["door"], cast.doors, "doors"), stuck)


KINDS: dict[str, _Kind] = {
    "hardware_estop_pressed": _Kind((), (), lambda _fields, _cast: HardwareEstop(True)),
    "hardware_estop_released": _Kind((), (), lambda _fields, _cast: HardwareEstop(False)),
    "object_appears": _Kind(("object", "pose"), ("height",), _place_object),
    "object_moves": _Kind(("object", "pose", "speed"), (), _move_object),
    "object_disappears": _Kind(("object",), (), lambda f, cast: RemoveObject(_object(f, cast))),
    "person_starts": _Kind(
        ("person",), (), lambda f, cast: PersonStarts(_known(f["person"], cast.people, "people"))
    ),
    "lidar_dropout": _Kind(
        ("for_s",), (), lambda f, _cast: LidarDropout(f["for_s"].number(0.1, 3600.0))
    ),
    "kidnap": _Kind(("pose",), (), _kidnap),
    "battery": _Kind(("charge",), (), lambda f, _cast: SetBattery(f["charge"].number(0.0, 1.0))),
    "stop_pressed": _Kind((), (), lambda _fields, _cast: PanelPress(Button.STOP)),
    "reset_pressed": _Kind((), (), lambda _fields, _cast: PanelPress(Button.RESET)),
    "resume_pressed": _Kind((), (), lambda _fields, _cast: PanelPress(Button.RESUME)),
    "person_helps": _Kind(
        ("after_s",), (), lambda f, _cast: PersonHelps(f["after_s"].number(0.5, 3600.0))
    ),
    "door_stuck": _Kind(("door",), (), lambda fields, cast: _door(fields, cast, True)),
    "door_works": _Kind(("door",), (), lambda fields, cast: _door(fields, cast, False)),
}
