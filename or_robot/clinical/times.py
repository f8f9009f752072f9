"""Times as sources write them."""

from __future__ import annotations

import datetime


def instant(stamp: str | None) -> float:
    """ISO 8601 date or time as Unix time; without zone it is this machine's; none is the oldest."""
    if stamp is None:
        return float("-inf")
    try:
        return datetime.datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError, OSError):
        return float("-inf")
