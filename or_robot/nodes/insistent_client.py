"""A service asked until it answers."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from or_robot.nodes.runtime import STEADY

AGAIN_S = 0.5
"""s of steady time for an answer before the same is asked again."""
RENEW_TRIES = 3
"""Tries in vain, one after the other, before a new client: one that Fast DDS did not match with its
service stays deaf or mute, and a new one needs its time to be discovered."""


class InsistentClient:
    """For requests that may be carried out twice, or with a single try.

    While processes discover each other a request or its answer can be lost although the service
    counts as ready (ros2/rmw_fastrtps issue 842). Called from the node's executor only.
    """

    def __init__(
        self, node: Node, kind: Any, name: str, callback_group: CallbackGroup | None = None
    ) -> None:
        self._node, self._kind, self._name = node, kind, name
        self._group = callback_group
        self._client = self._make()
        self._asked: tuple[Any, Future] | None = None
        self._left: int | None = None
        self._in_vain = 0
        self._timer = node.create_timer(
            AGAIN_S, self._again, callback_group=callback_group, clock=STEADY
        )

    @property
    def ready(self) -> bool:
        return bool(self._client.service_is_ready())

    @property
    def waiting(self) -> bool:
        """Whether something asked has not been answered yet."""
        return self._asked is not None

    def ask(self, request: Any, tries: int | None = None) -> Future:
        """The first answer, or None after so many tries (None: for ever).

        A question still open is dropped for the new one: its future gets None.
        """
        self._end(None)
        answer = Future()
        self._asked, self._left = (request, answer), tries
        self._timer.reset()
        self._send()
        return answer

    def _make(self) -> Any:
        return self._node.create_client(self._kind, self._name, callback_group=self._group)

    def _send(self) -> None:
        asked = self._asked
        if asked is None or not self._client.service_is_ready():
            return
        request, _ = asked
        self._client.call_async(request).add_done_callback(
            lambda done: self._answered(done) if self._asked is asked else None
        )

    def _answered(self, done: Future) -> None:
        if not done.cancelled():
            self._in_vain = 0
            self._end(done.result())

    def _again(self) -> None:
        if self._asked is None:
            return
        self._in_vain += 1
        if self._in_vain % RENEW_TRIES == 0:
            self._node.destroy_client(self._client)
            self._client = self._make()
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._end(None)
                return
        self._send()

    def _end(self, response: Any) -> None:
        if self._asked is not None:
            (_, answer), self._asked = self._asked, None
            answer.set_result(response)
