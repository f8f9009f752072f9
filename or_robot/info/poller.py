"""One thread a source that must be asked, with back-off while it does not answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from or_robot.errors import OrRobotError
from or_robot.info.board import SourceBoard

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 300.0


class Poller:
    def __init__(
        self, name: str, board: SourceBoard, poll: Callable[[], None], period_s: float
    ) -> None:
        """`poll` asks once and raises OrRobotError, whose text holds no patient data."""
        self._name, self._board, self._poll, self._period_s = name, board, poll, period_s
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"poll-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._closing.wait(pause_s(self._period_s, failures) if failures else 0.0):
            try:
                self._poll()
            except OrRobotError as error:
                failures += 1
                self._board.failed(self._name, str(error))
            except Exception as error:  # a defect of ours must not end the source for ever
                failures += 1
                _log.exception("poller of %s failed", self._name)
                self._board.failed(self._name, f"failed here ({type(error).__name__})")
            else:
                failures = 0
                self._board.heard(self._name)
                self._closing.wait(self._period_s)


def pause_s(period_s: float, failures: int) -> float:
    """Twice as long after each failure in a row, up to five minutes or the period itself."""
    return max(period_s, min(period_s * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE_S))
