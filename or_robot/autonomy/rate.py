"""Runs something every so often in a loop that turns faster."""

from __future__ import annotations

SLACK_S = 1e-6
"""Rounding of times that were added up."""


class Rate:
    def __init__(self, hertz: float) -> None:
        self._period_s = 1.0 / hertz
        self._next_s: float | None = None

    def due(self, t_s: float) -> bool:
        """Whether a period has passed; a clock that jumps either way starts a new count."""
        if self._next_s is not None and t_s < self._next_s - SLACK_S:
            if t_s > self._next_s - 2.0 * self._period_s:
                return False
            self._next_s = None
        base = self._next_s if self._next_s is not None else t_s
        self._next_s = (base if t_s - base < self._period_s else t_s) + self._period_s
        return True
