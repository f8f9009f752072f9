"""One ZeroMQ socket for several threads."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from or_robot.link.sockets import READABLE


class SharedSocket:
    """Threads use the socket in turns and wait for messages without holding it.

    ZeroMQ lets a socket move between threads under a lock. Its descriptor (ZMQ_FD) tells of changes
    only, so whoever used the socket hands back what it did not take. A change wakes one of those
    who wait, not all (EPOLLEXCLUSIVE, Linux).
    """

    def __init__(self, socket: zmq.Socket) -> None:
        self.lock = threading.RLock()
        """Held for every use of the socket."""
        self._socket = socket
        self._nudge = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    @property
    def readable(self) -> bool:
        """With the lock."""
        return bool(int(self._socket.getsockopt(zmq.EVENTS)) & READABLE)

    def hand_back(self) -> None:
        """With the lock, before leaving a socket that may be readable: wakes who waits."""
        if self.readable:
            self.nudge()

    def nudge(self) -> None:
        """Wake one of those who wait."""
        os.eventfd_write(self._nudge, 1)

    @contextmanager
    def waiter(self) -> Iterator[Waiter]:
        """One a thread."""
        with select.epoll() as epoll:
            for descriptor in (int(self._socket.getsockopt(zmq.FD)), self._nudge):
                epoll.register(descriptor, select.EPOLLIN | select.EPOLLEXCLUSIVE)
            yield Waiter(epoll, self._nudge)

    def close(self) -> None:
        os.close(self._nudge)


class Waiter:
    """A thread's own way of waiting for the shared socket."""

    def __init__(self, epoll: select.epoll, nudge: int) -> None:
        self._epoll, self._nudge = epoll, nudge

    def wait(self, longest_s: float) -> None:
        """Until something may have come; without the lock."""
        for descriptor, _ in self._epoll.poll(longest_s):
            if descriptor == self._nudge:
                self._take_nudge()

    def _take_nudge(self) -> None:
        try:
            os.eventfd_read(self._nudge)
        except BlockingIOError:
            return  # another thread took it
