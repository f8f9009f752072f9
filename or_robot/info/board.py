"""How every source is doing, for the panels; trouble and recovery are logged once each."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from or_robot.types.chart import SourcesStatus, SourceState

_log = logging.getLogger(__name__)


class SourceBoard:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, SourceState] = {}

    def add(self, name: str, kind: str) -> None:
        self._states[name] = SourceState(name, kind, True, "", None, 0, 0)

    def heard(self, name: str, *, received: int = 0, refused: int = 0) -> None:
        """It answered, or sent something."""
        with self._lock:
            state = self._states[name]
            self._states[name] = replace(
                state,
                ok=True,
                trouble="",
                heard_s=time.time(),
                received=state.received + received,
                refused=state.refused + refused,
            )
        if not state.ok:
            _log.info("source %s is back", name)

    def failed(self, name: str, trouble: str) -> None:
        """`trouble`: without patient data."""
        with self._lock:
            state = self._states[name]
            self._states[name] = replace(state, ok=False, trouble=trouble)
        if state.ok:
            _log.warning("source %s: %s", name, trouble)

    def status(self) -> SourcesStatus:
        with self._lock:
            return SourcesStatus(time.time(), tuple(self._states.values()))
