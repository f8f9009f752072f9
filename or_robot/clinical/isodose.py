"""Which isodoses a picture shows, and how it names them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.clinical.dose_views import PLANNED
from or_robot.errors import OrRobotError
from or_robot.types.clinical import DoseView, ProtonCard

PERCENT = (30.0, 50.0, 70.0, 80.0, 90.0, 95.0, 100.0, 105.0)


@dataclass(frozen=True, slots=True)
class Isodoses:
    levels_gy: tuple[float, ...]
    """Ascending."""
    labels: tuple[str, ...]
    unit: str
    reference: str
    """What 100 % is, or that there is nothing it could be; empty when the unit says all."""


def isodoses(card: ProtonCard, view: DoseView, reference_gy: float | None) -> Isodoses:
    """In % of a reference that the reader states, else of the prescription, else in Gy.

    Only the whole plan is compared with its prescription; what was delivered so far, beams and
    fraction groups are in Gy unless a reference is stated. Raises OrRobotError
    for a reference that is no dose.
    """
    highest = (card.max_dose_gy or 0.0) * view.scale
    if reference_gy is not None:
        if not 0.01 <= reference_gy <= 1000.0:
            raise OrRobotError("isodose reference is no dose", "state one from 0.01 to 1000 Gy")
        return _percent(reference_gy, highest, card.dose_unit, "as stated by the reader")
    if card.prescription is None:
        levels = round_levels(highest)
        return Isodoses(levels, _plain(levels), card.dose_unit, "no prescription recorded")
    if view.key != PLANNED:
        levels = round_levels(highest)
        return Isodoses(levels, _plain(levels), card.dose_unit, "")
    return _percent(
        card.prescription.dose_gy, highest, card.dose_unit, f"to {card.prescription.target}"
    )


def _percent(reference_gy: float, highest_gy: float, unit: str, origin: str) -> Isodoses:
    shown = tuple(level for level in PERCENT if level / 100.0 * reference_gy <= highest_gy)
    return Isodoses(
        tuple(level / 100.0 * reference_gy for level in shown),
        _plain(shown),
        f"% of {reference_gy:g} {unit}",
        f"100 % = {reference_gy:g} {unit} {origin}",
    )


def _plain(values: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{value:g}" for value in values)


def round_levels(max_dose_gy: float) -> tuple[float, ...]:
    """Four to eight round dose levels in Gy, ascending, the highest not above the maximum."""
    for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0):
        count = int(max_dose_gy / step)
        if count <= 8:
            return tuple(round(step * n, 3) for n in range(1, count + 1))
    return tuple(20.0 * n for n in range(1, int(max_dose_gy / 20.0) + 1))


def level_colors(levels: int) -> list[tuple[int, int, int]]:
    """Red, green, blue of each level: cold to hot, evenly apart."""
    if not levels:
        return []
    return [(int(r), int(g), int(b)) for r, g, b in colormap(shares(levels))]


def shares(levels: int) -> NDArray[np.float64]:
    """Where the levels lie on the colour map; its nearly black ends are left out."""
    return np.linspace(0.18, 0.92, levels) if levels > 1 else np.array([0.9])


def colormap(share: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Share 0 to 1 (n,) to (n, 3) red, green, blue."""
    return _turbo()[np.clip(share * 255.0, 0, 255).astype(np.uint8)]


@cache
def _turbo() -> NDArray[np.uint8]:
    """(256, 3) red, green, blue, cold to hot. OpenCV works the map out anew at each call."""
    ramp = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    return np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_TURBO)[:, 0, ::-1], np.uint8)
