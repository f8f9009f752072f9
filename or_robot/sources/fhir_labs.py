"""Laboratory observations of a FHIR bundle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation

from or_robot.sources.fhir_values import all_of, codes, iso, started, text
from or_robot.types.record import LabResult

SHOWN = ("final", "amended", "corrected", "preliminary")


def labs(bundle: Bundle) -> Iterator[LabResult]:
    """Observations of category laboratory, and of none; panels by their components."""
    for one in all_of(bundle, Observation):
        kinds = {code for category in one.category or [] for code in codes(category)}
        if one.status not in SHOWN or (kinds and "laboratory" not in kinds):
            continue
        taken = started(one, "effective") or iso(one.issued)
        for part in [one, *(one.component or [])]:
            if (result := _result(part, taken)) is not None:
                yield result


def _result(part: Any, taken: str | None) -> LabResult | None:
    name = text(part.code)
    code = next(iter(codes(part.code)), name)
    if not code:
        return None
    quantity, low, high = part.valueQuantity, None, None
    if part.referenceRange:
        low, high = (_number(getattr(part.referenceRange[0], end)) for end in ("low", "high"))
    flags = [flag for one in part.interpretation or [] for flag in codes(one)]
    if quantity is not None and quantity.value is not None:
        value, unit = float(quantity.value), quantity.unit or quantity.code
        shown = f"{quantity.comparator or ''}{quantity.value.normalize():f}"
        exact = None if quantity.comparator else value
    else:
        words = part.valueString or text(part.valueCodeableConcept)
        if not words:
            return None
        exact, unit, shown = None, None, words
    flag = flags[0] if flags and flags[0] != "N" else None
    return LabResult(code, name or code, exact, shown, unit, low, high, flag, taken)


def _number(quantity: Any) -> float | None:
    return float(quantity.value) if quantity is not None and quantity.value is not None else None
