"""The panel's end of the link: newest state for the pages, and somebody to wake them."""

from __future__ import annotations

import math
import threading
import time
import uuid
from functools import partial
from typing import TypeVar

from or_robot.config.panel import PanelConfig
from or_robot.link.client import LinkClient
from or_robot.link.received import Received
from or_robot.link.topics import topic_named
from or_robot.panel.alarms import Situation, alarms, robot_word
from or_robot.panel.state import Dated, LiveState
from or_robot.types.status import SiteStatus

T = TypeVar("T")

_WAKING = ("robot.status", "tasks.queue", "case.version", "procedure.phase", "procedure.checklist")


class Hub:
    """Safe to call from any thread. Pages wait on it; the link's receiving thread wakes them."""

    def __init__(self, link: LinkClient, config: PanelConfig) -> None:
        self._link, self._config = link, config
        self._boot = uuid.uuid4().hex
        self._sequence = 0
        self._changed = threading.Condition()
        for topic in _WAKING:
            link.subscribe(topic, self._wake)
        for topic in ("robot.site", "robot.diagnostics", "info.sources", "link.heartbeat"):
            link.subscribe(topic)

    def _wake(self, _received: object) -> None:
        self.nudge()

    def nudge(self) -> None:
        """Pages are told anew."""
        with self._changed:
            self._sequence += 1
            self._changed.notify_all()

    def wait(self, seen: int) -> int:
        """Until there is something newer than `seen`, or `live_period_s` has passed."""
        with self._changed:
            newer = partial(self._newer_than, seen)
            if not self._changed.wait_for(newer, self._config.live_period_s):
                self._sequence += 1  # silence is news too: ages have grown
            return self._sequence

    def _newer_than(self, seen: int) -> bool:
        return self._sequence > seen

    def site(self) -> SiteStatus | None:
        """Map, stations and zones; None until the robot has told them."""
        received = self._link.last("robot.site")
        return received.payload if received else None

    def case_version(self) -> str | None:
        """Version of the case in the room that is current for certain; None when not known."""
        received = self._link.last("case.version", self._config.room)
        if received is None or received.stale or not self._link.connected:
            return None
        version: str = received.payload.version
        return version

    def state(self) -> LiveState:
        """Everything, as of now. `visible` strips it for a reader."""
        room = self._config.room
        robot = dated(self._link.last("robot.status"))
        tasks = dated(self._link.last("tasks.queue"))
        heartbeat = self._link.last("link.heartbeat")
        age_s = self._link.link_age_s
        situation = Situation(
            link_up=self._link.connected,
            stop_reaches_robot=self._link.stop_ready,
            robot=robot.value if robot and not robot.stale else None,
            tasks=tasks.value if tasks and not tasks.stale else None,
        )
        return LiveState(
            boot=self._boot,
            sequence=self._sequence,
            now_s=time.time(),
            link_up=situation.link_up,
            link_age_s=age_s if math.isfinite(age_s) else None,
            stop_reaches_robot=situation.stop_reaches_robot,
            word=robot_word(situation),
            alarms=alarms(situation),
            robot=robot,
            tasks=tasks,
            phase=dated(self._link.last("procedure.phase", room)),
            case=dated(self._link.last("case.version", room)),
            checklist=dated(self._link.last("procedure.checklist", room)),
            diagnostics=dated(self._link.last("robot.diagnostics")),
            sources=dated(self._link.last("info.sources")),
            refusals=heartbeat.payload.refusals if heartbeat else None,
        )


def dated(received: Received[T] | None) -> Dated[T] | None:
    """With the age it has now."""
    if received is None:
        return None
    age_s = received.age_s
    max_age_s = topic_named(received.topic).max_age_s
    return Dated(received.payload, age_s, max_age_s, age_s > max_age_s)
