"""Results (OBX) of an HL7v2 message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from or_robot.sources.hl7v2_message import Message, Segment, iso
from or_robot.types.record import LabResult

SHOWN = ("F", "C", "P", "R")
"""OBX-11: final, corrected, preliminary, entered. Deleted and wrong ones are left out."""

RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)")
BELOW, ABOVE = re.compile(r"<=?\s*(-?\d+(?:\.\d+)?)"), re.compile(r">=?\s*(-?\d+(?:\.\d+)?)")
NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")


def labs(message: Message) -> Iterator[LabResult]:
    orders = message.all("OBR")
    observed = iso(orders[0].get(7)) if len(orders) == 1 else None
    for segment in message.all("OBX"):
        result = _result(segment, observed or message.time)
        if result is not None and (segment.get(11) or "F") in SHOWN:
            yield result


def _result(obx: Segment, observed: str | None) -> LabResult | None:
    code = obx.get(3, 1) or obx.get(3, 2)
    words = obx.get(5) if obx.get(2) != "SN" else f"{obx.get(5, 1) or ''}{obx.get(5, 2) or ''}"
    if not code or not words:
        return None
    low, high = reference_range(obx.get(7))
    flag = obx.get(8)
    return LabResult(
        code=code,
        name=obx.get(3, 2) or code,
        value=float(words) if NUMBER.fullmatch(words) else None,
        text=words,
        unit=obx.get(6),
        low=low,
        high=high,
        flag=None if flag == "N" else flag,
        taken=iso(obx.get(14)) or observed,
    )


def reference_range(words: str | None) -> tuple[float | None, float | None]:
    """OBX-7: "3.5-5.1", "<5", ">60"; anything else says nothing."""
    if found := RANGE.fullmatch(words or ""):
        return float(found[1]), float(found[2])
    if found := BELOW.fullmatch(words or ""):
        return None, float(found[1])
    if found := ABOVE.fullmatch(words or ""):
        return float(found[1]), None
    return None, None
