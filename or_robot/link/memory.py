"""What has been asked and answered: each id is executed once, however often it is sent."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from or_robot.link.codec import Frame, decode_frame, encode_frame, refused_frame
from or_robot.link.errors import LinkRefused
from or_robot.link.journal import Entry, Id, Journal

A = TypeVar("A")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry(Generic[A]):
    digest: bytes
    """Of what was asked."""
    askers: list[A]
    """Whom to answer."""
    answer: Frame | None = None


class AnswerMemory(Generic[A]):
    """Bounded: the oldest entry goes first. Safe from any thread.

    With a journal it also remembers across a restart of its process.
    """

    def __init__(self, capacity: int, journal: Journal | None = None) -> None:
        self._capacity, self._journal = capacity, journal
        self._entries: OrderedDict[Id, _Entry[A]] = OrderedDict()
        self._lock = threading.Lock()
        for entry in journal.entries() if journal else ():
            self._entries[entry.id] = _Entry(entry.digest, [], _remembered(entry))

    def claim(self, key: Id, asked: bytes, asker: A) -> tuple[bool, Frame | None]:
        """Whether to execute `key` (name, id) now; else its answer, None while it runs.

        `asked`: what it is; empty where a second use of an id does no harm.
        LinkRefused("id_reused") when the id was used for something else.
        """
        digest = hashlib.blake2b(asked, digest_size=16).digest() if asked else b""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = _Entry(digest, [asker])
                if len(self._entries) > self._capacity:
                    self._entries.popitem(last=False)
                return True, None
            if entry.digest != digest:
                raise LinkRefused("id_reused", f"id {key[1]!r} was used before for something else")
            if asker not in entry.askers:
                entry.askers.append(asker)
            return False, entry.answer

    def begin(self, key: Id) -> None:
        """Note that what was claimed, and has an effect, is executed from here on.

        LinkRefused("disk") when that cannot be noted: then it must not be executed.
        """
        if self._journal is None:
            return
        with self._lock:
            entry = self._entries.get(key)
        if entry is None:
            return
        try:
            self._journal.begun(key, entry.digest)
        except OSError as error:
            problem = f"the request could not be noted: {error.strerror}"
            raise LinkRefused("disk", problem, "see to the server's disk") from error

    def finish(self, key: Id, answer: Frame, *, keep: bool) -> list[A]:
        """Note the answer; gives whom to send it to, nobody when it was answered or forgotten."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.answer is not None:
                return []
            if keep:
                entry.answer = answer
            else:
                del self._entries[key]
        if keep and self._journal is not None:
            try:
                self._journal.answered(key, entry.digest, encode_frame(answer))
            except OSError:  # after a restart it counts as interrupted: never executed twice
                _log.exception("the answer to a request could not be noted")
        return entry.askers

    def forget(self, key: Id) -> None:
        """It was not executed after all; the same id may be tried again."""
        with self._lock:
            self._entries.pop(key, None)


def _remembered(entry: Entry) -> Frame:
    if entry.answer:
        return decode_frame(entry.answer)
    problem = "the server was restarted while this was carried out"
    refusal = LinkRefused("interrupted", problem, "look at the state before asking again")
    return refused_frame("", entry.id[1], time.time(), refusal)
