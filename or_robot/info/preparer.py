"""Prepares in the background: patients of whom something came, and who is expected in a room."""

from __future__ import annotations

import logging
import threading
import time

from or_robot.errors import OrRobotError
from or_robot.info.service import InformationService

_log = logging.getLogger(__name__)

QUIET_S = 0.5
"""An export arrives object by object: prepare once nothing came for so long …"""
AT_MOST_S = 5.0
"""… or so long after the first."""
LOOK_S = 2.0
"""How often rooms and schedule are looked at."""


class Preparer:
    def __init__(self, service: InformationService) -> None:
        self._service = service
        self._changed = threading.Condition()
        self._due: dict[str, tuple[float, float]] = {}
        """Patient ID → steady time of the first and of the newest object."""
        self._closing = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="preparer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def touch(self, patient_id: str) -> None:
        """Something of the patient came in."""
        now = time.monotonic()
        with self._changed:
            first, _ = self._due.get(patient_id, (now, now))
            self._due[patient_id] = (first, now)
            self._changed.notify()

    def _run(self) -> None:
        next_look_s = 0.0
        while True:
            ready = self._wait(next_look_s)
            if ready is None:
                return
            for patient_id in ready:
                self._attempt(patient_id)
            if time.monotonic() >= next_look_s:
                self._attempt(None)
                next_look_s = time.monotonic() + LOOK_S

    def _wait(self, next_look_s: float) -> list[str] | None:
        """Patients whose objects have come to rest; none: it is time to look; None: closing."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                times = {
                    one: min(newest + QUIET_S, first + AT_MOST_S)
                    for one, (first, newest) in self._due.items()
                }
                ready = [one for one, at in times.items() if at <= now]
                if ready or now >= next_look_s:
                    for one in ready:
                        del self._due[one]
                    return ready
                self._changed.wait(min([next_look_s, *times.values()]) - now)
        return None

    def _attempt(self, patient_id: str | None) -> None:
        """One patient, or everybody expected. Trouble and recovery are logged once each."""
        try:
            if patient_id is None:
                self._service.refresh()
            else:
                self._service.prepare(patient_id)
        except OrRobotError as error:
            self._tell(error.problem)
        except Exception as error:  # one patient's data must not end the preparation of others
            if type(error).__name__ != self._trouble:
                _log.exception("preparation failed")
            self._trouble = type(error).__name__
        else:
            if patient_id is None:
                self._tell("")

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            _log.error("cannot prepare: %s", trouble)
        if self._trouble and not trouble:
            _log.info("preparation works again")
        self._trouble = trouble
