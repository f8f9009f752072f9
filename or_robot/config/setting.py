"""How a setting is declared and checked."""

from __future__ import annotations

import dataclasses
from typing import Any

from or_robot.errors import OrRobotError


def setting(default: float, *, unit: str, low: float, high: float, doc: str) -> Any:
    """Declare a numeric field of a config dataclass; an int default makes it an integer setting."""
    metadata = {"unit": unit, "low": low, "high": high, "doc": doc}
    return dataclasses.field(default=default, metadata=metadata)


class CheckedConfig:
    """Base of config dataclasses: refuses a value outside its bounds, by name."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if "unit" not in field.metadata:
                continue
            value = getattr(self, field.name)
            low, high = field.metadata["low"], field.metadata["high"]
            if not low <= value <= high:  # also refuses NaN
                raise OrRobotError(
                    f"{type(self).__name__}.{field.name} is {value}",
                    f"give a value from {low} to {high} {field.metadata['unit']}".rstrip(),
                )
