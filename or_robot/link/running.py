"""What starts and is closed: threads, and what must be freed after them."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

SWITCH_INTERVAL_S = 0.0005


def short_turns() -> None:
    """For a process whose threads carry stops or answers: no other holds Python for 5 ms then.

    So much, Python's own interval, is the whole of what a stop may lose to a transfer.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)


class Running(ABC):
    """`start` begins, `close` ends the threads, then frees `_resources`; a context manager."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._resources = ExitStack()

    @abstractmethod
    def start(self) -> None:
        """Begin."""

    def close(self) -> None:
        """End threads and sockets; running handlers end first."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._resources.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _thread(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
