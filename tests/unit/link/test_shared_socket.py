"""Several threads at one socket: no message waits for a thread that does not come."""

import threading
from collections import Counter
from contextlib import closing

import pytest
import zmq

from or_robot.link.shared_socket import SharedSocket

LONG_S = 10.0


@pytest.fixture
def ends():
    with zmq.Context() as context:
        near, far = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        near.bind("inproc://ends")
        far.connect("inproc://ends")
        yield near, far
        near.close(0)
        far.close(0)


def test_what_one_leaves_wakes_another(ends):
    near, far = ends
    with closing(SharedSocket(near)) as shared, shared.waiter() as waiter:
        far.send(b"1")
        far.send(b"2")
        with shared.lock:
            assert near.poll(1000)
            assert near.recv() == b"1"
            shared.hand_back()
        waiter.wait(LONG_S)  # the descriptor itself may be silent: the change was seen
        assert near.recv(zmq.DONTWAIT) == b"2"


def test_threads_that_answer_lose_nothing_and_wait_for_nobody(ends):
    near, far = ends
    count, ended = 2000, threading.Event()
    seen = Counter()
    with closing(SharedSocket(near)) as shared:

        def serve():
            with shared.waiter() as waiter:
                while not ended.is_set():
                    waiter.wait(0.5)
                    while (message := receive()) is not None:
                        with shared.lock:
                            near.send(message)

        def receive():
            with shared.lock:
                try:
                    message = near.recv(zmq.DONTWAIT)
                except zmq.Again:
                    return None
                seen[threading.current_thread().name] += 1
                shared.hand_back()
                return message

        threads = [threading.Thread(target=serve) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(count):
            far.send(b"%d" % n)
        answers = sorted(int(far.recv()) for _ in range(count))
        ended.set()
        for thread in threads:
            thread.join()
    assert answers == list(range(count))
    assert sum(seen.values()) == count
