"""Last good copies of what the room shows of its patient, all of one version."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from or_robot.errors import OrRobotError
from or_robot.link.errors import LinkDown, LinkTimeout


class Versioned(Protocol):
    @property
    def version(self) -> str: ...


V = TypeVar("V", bound=Versioned)


class VersionChanged(OrRobotError):
    """The patient in the room, or what is known of them, is not what the page shows any more."""

    def __init__(self) -> None:
        super().__init__("the case in the room has changed", "load it again")


@dataclass(frozen=True, slots=True)
class Copy(Generic[V]):
    value: V
    fetched_s: float
    """Unix time, s."""
    live: bool
    """False: the information server does not answer, and this is the last good copy."""


class CaseCopies:
    """Keeps answers of the version shown last, so that a page is quick, and has something when the
    link is down. Nothing of an earlier version is ever given. Safe to call from any thread.
    """

    def __init__(self, current_version: Callable[[], str | None], limit: int = 256) -> None:
        """`current_version`: version known to be current, None when that is not known now."""
        self._current_version = current_version
        self._limit = limit
        self._lock = threading.Lock()
        self._version: str | None = None
        self._copies: dict[object, Copy] = {}

    def get(self, key: object, fetch: Callable[[], V], version: str | None = None) -> Copy[V]:
        """The copy of `key`, fetched when there is none of the current version.

        `version`: what the page shows; VersionChanged when the answer is of another one.
        Without the link the last good copy is given with `live` False, or the error raised.
        """
        current = self._current_version()
        kept = self._kept(key)
        if kept is not None and kept.value.version == current:
            return _checked(kept, version)
        try:
            copy = Copy(fetch(), time.time(), live=True)
        except (LinkDown, LinkTimeout):
            if kept is None or current is not None:  # a known newer version makes the copy old
                raise
            return _checked(Copy(kept.value, kept.fetched_s, live=False), version)
        self._keep(key, copy)
        return _checked(copy, version)

    def _kept(self, key: object) -> Copy | None:
        with self._lock:
            return self._copies.get(key)

    def _keep(self, key: object, copy: Copy) -> None:
        with self._lock:
            if copy.value.version != self._version:
                self._copies.clear()
                self._version = copy.value.version
            while len(self._copies) >= self._limit:
                self._copies.pop(next(iter(self._copies)))
            self._copies[key] = copy


def _checked(copy: Copy[V], version: str | None) -> Copy[V]:
    if version is not None and copy.value.version != version:
        raise VersionChanged
    return copy
