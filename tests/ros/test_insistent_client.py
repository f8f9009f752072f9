"""A service asked until it answers, with one that comes late or never."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from std_srvs.srv import Trigger

from or_robot.nodes.insistent_client import RENEW_TRIES, InsistentClient

NAME = "late"
WAIT_S = 20.0


class Pair:
    """A node that asks; `serve` adds the service."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("asks", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.client = InsistentClient(self._node, Trigger, NAME)
        self.calls = 0

    def serve(self) -> None:
        self._node.create_service(Trigger, NAME, self._answer)

    def until(self, done: Callable[[], bool]) -> None:
        end_s = time.monotonic() + WAIT_S
        while not done():
            assert time.monotonic() < end_s
            self._executor.spin_once(timeout_sec=0.1)

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _answer(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.calls += 1
        response.success = True
        return response


@pytest.fixture
def pair(domain: int) -> Iterator[Pair]:
    made = Pair(domain)
    yield made
    made.close()


def test_a_service_that_comes_late_answers(pair: Pair) -> None:
    answer = pair.client.ask(Trigger.Request())
    assert pair.client.waiting
    assert not pair.client.ready
    pair.serve()
    pair.until(answer.done)
    assert answer.result().success
    assert not pair.client.waiting


def test_after_so_many_tries_it_gives_up_and_nothing_comes_later(pair: Pair) -> None:
    answer = pair.client.ask(Trigger.Request(), tries=2)
    pair.until(answer.done)
    assert answer.result() is None
    pair.serve()
    pair.until(lambda: pair.client.ready)
    fresh = pair.client.ask(Trigger.Request())
    pair.until(fresh.done)
    assert pair.calls == 1


def test_a_new_question_drops_the_old_one(pair: Pair) -> None:
    old, new = pair.client.ask(Trigger.Request()), pair.client.ask(Trigger.Request())
    assert old.result() is None
    pair.serve()
    pair.until(new.done)
    assert new.result().success


def test_a_client_that_stays_mute_is_replaced(pair: Pair) -> None:
    pair.serve()
    pair.until(lambda: pair.client.ready)
    mute, tried = pair.client._client, []

    def nothing(request: Any) -> Future:
        tried.append(request)
        return Future()

    mute.call_async = nothing
    answer = pair.client.ask(Trigger.Request())
    pair.until(answer.done)
    assert answer.result().success
    assert len(tried) == RENEW_TRIES
    assert pair.client._client is not mute
