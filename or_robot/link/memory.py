"""What has been asked and answered: each id is executed once, however often it is sent."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from or_robot.link.codec import Frame
from or_robot.link.errors import LinkRefused

A = TypeVar("A")


@dataclass(slots=True)
class _Entry(Generic[A]):
    body: int
    """Hash of what was asked."""
    askers: list[A]
    """Whom to answer."""
    answer: Frame | None = None


class AnswerMemory(Generic[A]):
    """Bounded: the oldest entry goes first. Safe from any thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[tuple[str, str], _Entry[A]] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, key: tuple[str, str], body: bytes, asker: A) -> tuple[bool, Frame | None]:
        """Whether to execute `key` (public key, id) now; else its answer, None while it runs.

        LinkRefused("id_reused") when the id was used for something else.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = _Entry(hash(body), [asker])
                if len(self._entries) > self._capacity:
                    self._entries.popitem(last=False)
                return True, None
            if entry.body != hash(body):
                raise LinkRefused("id_reused", f"id {key[1]!r} was used before for something else")
            if asker not in entry.askers:
                entry.askers.append(asker)
            return False, entry.answer

    def finish(self, key: tuple[str, str], answer: Frame, *, keep: bool) -> list[A]:
        """Note the answer; gives whom to send it to, nobody when it was answered or forgotten."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.answer is not None:
                return []
            if keep:
                entry.answer = answer
            else:
                del self._entries[key]
            return entry.askers

    def forget(self, key: tuple[str, str]) -> None:
        """It was not executed after all; the same id may be tried again."""
        with self._lock:
            self._entries.pop(key, None)
