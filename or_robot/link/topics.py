"""The one table of topics and the one table of requests on the link."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from or_robot.link.errors import LinkRefused
from or_robot.link.payloads import (
    Acknowledged,
    ChecklistAdvance,
    ChecklistConfirm,
    DvhRequest,
    ImageRequest,
    LinkHeartbeat,
    ObjectChunk,
    ObjectList,
    ObjectRequest,
    PatientRequest,
    PhaseChange,
    PlanRequest,
    RoomAdmit,
    RoomRequest,
    TaskCancel,
    TaskSubmit,
)
from or_robot.types.chart import PatientChart, RoomSchedule, SourcesStatus
from or_robot.types.checklist import Checklist
from or_robot.types.clinical import (
    CaseVersion,
    DvhSet,
    FractionStrip,
    KeyImage,
    PlanGeometry,
    RoomCase,
)
from or_robot.types.procedure import PHASE_MAX_AGE_S, ProcedurePhase
from or_robot.types.safety import SafetyState
from or_robot.types.status import CameraPicture, DiagnosticsStatus, RobotStatus, SiteStatus
from or_robot.types.tasks import Task, TaskQueue


class Role(StrEnum):
    """What a key may do. INFO is the server itself and has no client key."""

    INFO = "info"
    GATEWAY = "gateway"
    PANEL = "panel"
    VIEWER = "viewer"


CLIENTS = frozenset({Role.GATEWAY, Role.PANEL, Role.VIEWER})
PANELS = frozenset({Role.PANEL})
SCREENS = frozenset({Role.PANEL, Role.VIEWER})


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    payload: type
    rate_hz: float
    """How often it is published; 0: when it changes."""
    max_age_s: float
    """Older than this it is stale; inf: never."""
    priority: int
    """0 is sent first when several last values are due."""
    publisher: Role
    readers: frozenset[Role]
    key: str = ""
    """Payload field of which each value has its own last copy; empty: one copy."""


@dataclass(frozen=True, slots=True)
class Request:
    name: str
    payload: type
    reply: type
    server: Role
    """Who answers: INFO or GATEWAY."""
    roles: frozenset[Role]
    """Who may ask."""
    deadline_s: float
    """Usual patience of the asker."""
    changes: bool
    """It has an effect: executed once per id, its answer remembered."""
    idempotent: bool
    """It may be sent again by the client itself while unanswered."""
    bulk: bool = False
    """It goes over the bulk lane, in chunks: LinkClient.fetch."""


_INF = float("inf")

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("link.heartbeat", LinkHeartbeat, 10.0, 1.0, 0, Role.INFO, CLIENTS),
        Topic("robot.status", RobotStatus, 5.0, 1.0, 1, Role.GATEWAY, CLIENTS),
        Topic(
            "procedure.phase",
            ProcedurePhase,
            1.0,
            PHASE_MAX_AGE_S,
            2,
            Role.INFO,
            CLIENTS,
            key="room",
        ),
        Topic("procedure.checklist", Checklist, 1.0, 5.0, 6, Role.INFO, PANELS, key="room"),
        Topic("tasks.queue", TaskQueue, 2.0, 2.0, 3, Role.GATEWAY, CLIENTS),
        Topic("info.sources", SourcesStatus, 1.0, 5.0, 8, Role.INFO, SCREENS),
        Topic("case.version", CaseVersion, 1.0, 5.0, 4, Role.INFO, SCREENS, key="room"),
        Topic("robot.diagnostics", DiagnosticsStatus, 1.0, 3.0, 7, Role.GATEWAY, PANELS),
        Topic("robot.site", SiteStatus, 0.0, _INF, 5, Role.GATEWAY, CLIENTS),
    )
}

REQUESTS: dict[str, Request] = {
    request.name: request
    for request in (
        Request("case.get", RoomRequest, RoomCase, Role.INFO, SCREENS, 2.0, False, True),
        Request("dvh.get", DvhRequest, DvhSet, Role.INFO, SCREENS, 5.0, False, True),
        Request("image.get", ImageRequest, KeyImage, Role.INFO, SCREENS, 5.0, False, True),
        Request("chart.get", PatientRequest, PatientChart, Role.INFO, SCREENS, 2.0, False, True),
        Request("fractions.get", PlanRequest, FractionStrip, Role.INFO, SCREENS, 2.0, False, True),
        Request("geometry.get", PlanRequest, PlanGeometry, Role.INFO, SCREENS, 2.0, False, True),
        Request("schedule.get", RoomRequest, RoomSchedule, Role.INFO, SCREENS, 2.0, False, True),
        Request("room.admit", RoomAdmit, RoomSchedule, Role.INFO, PANELS, 2.0, True, True),
        Request("room.clear", RoomRequest, RoomSchedule, Role.INFO, PANELS, 2.0, True, True),
        Request("phase.get", RoomRequest, ProcedurePhase, Role.INFO, CLIENTS, 2.0, False, True),
        Request("phase.set", PhaseChange, ProcedurePhase, Role.INFO, PANELS, 2.0, True, True),
        Request("checklist.get", RoomRequest, Checklist, Role.INFO, PANELS, 2.0, False, True),
        Request(
            "checklist.confirm", ChecklistConfirm, Checklist, Role.INFO, PANELS, 2.0, True, True
        ),
        Request(
            "checklist.advance", ChecklistAdvance, Checklist, Role.INFO, PANELS, 2.0, True, True
        ),
        Request("robot.camera", RoomRequest, CameraPicture, Role.GATEWAY, PANELS, 3.0, False, True),
        Request("object.list", RoomRequest, ObjectList, Role.INFO, SCREENS, 5.0, False, True),
        Request(
            "object.get",
            ObjectRequest,
            ObjectChunk,
            Role.INFO,
            SCREENS,
            5.0,
            False,
            True,
            bulk=True,
        ),
        Request("task.submit", TaskSubmit, Task, Role.GATEWAY, PANELS, 3.0, True, True),
        Request("task.cancel", TaskCancel, Acknowledged, Role.GATEWAY, PANELS, 3.0, True, True),
        # Sent a second time these two could lift a newer stop: never resent by the client.
        Request("task.resume", RoomRequest, Acknowledged, Role.GATEWAY, PANELS, 3.0, True, False),
        Request("safety.reset", RoomRequest, SafetyState, Role.GATEWAY, PANELS, 3.0, True, False),
    )
}

STOPPERS = PANELS
"""Roles whose stop request is forwarded: each is a stop station."""


def topic_named(name: str) -> Topic:
    """Row of the table; LinkRefused lists the valid names."""
    if name not in TOPICS:
        raise LinkRefused("unknown", f"no topic {name!r}", f"one of {', '.join(TOPICS)}")
    return TOPICS[name]


def request_named(name: str) -> Request:
    """Row of the table; LinkRefused lists the valid names."""
    if name not in REQUESTS:
        raise LinkRefused("unknown", f"no request {name!r}", f"one of {', '.join(REQUESTS)}")
    return REQUESTS[name]
