"""Dose on CT with contours: one picture that says by itself everything its reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.clinical.cut import Cut
from or_robot.clinical.isodose import Isodoses, colormap, isodoses, level_colors, shares
from or_robot.clinical.lettering import Lettering, StripContent
from or_robot.clinical.section import Orientation, SectionSource
from or_robot.errors import OrRobotError
from or_robot.types.clinical import PREPARED_STYLE, DoseView, ImageStyle, KeyImage, ProtonCard
from or_robot.types.radiotherapy import Structure

SIZE = 600
"""Side of the square with the anatomy, pixels."""

WINDOWS_HU: dict[str, tuple[float, float]] = {
    "soft_tissue": (400.0, 40.0),
    "brain": (80.0, 40.0),
    "bone": (2000.0, 350.0),
    "lung": (1500.0, -600.0),
}
"""Presets: window width, level, HU."""

WASH_OPACITY = 0.42
JPEG_QUALITY = 50
"""About 35 kB for this much picture: crosses a busy network at once, lines still clean."""
SHIFT = 4
"""Bits behind the point of line coordinates given to OpenCV."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which plane is drawn."""

    orientation: Orientation
    index: int
    prepared_range: tuple[int, int]


def key_images(
    source: SectionSource,
    card: ProtonCard,
    dose_views: Sequence[DoseView],
    place: Place,
    patient_name: str,
    style: ImageStyle = PREPARED_STYLE,
) -> tuple[KeyImage, ...]:
    """One picture a dose view. Raises OrRobotError when the course has no CT or no dose, and for
    a window, structure or reference that there is not.
    """
    _check(source, style)
    cut = Cut(source, source.view(place.orientation, place.index, SIZE))
    return tuple(_key_image(cut, card, view, place, patient_name, style) for view in dose_views)


def _check(source: SectionSource, style: ImageStyle) -> None:
    if style.window not in WINDOWS_HU:
        raise OrRobotError(f"no CT window {style.window!r}", f"use {', '.join(WINDOWS_HU)}")
    structures = source.course.structures.structures if source.course.structures else ()
    names = [one.name for one in structures]
    for wanted in style.structures or ():
        if wanted not in names:
            raise OrRobotError(
                "the plan has no such structure", f"use {', '.join(names) or 'none'}"
            )


def _key_image(
    cut: Cut,
    card: ProtonCard,
    dose_view: DoseView,
    place: Place,
    patient_name: str,
    style: ImageStyle,
) -> KeyImage:
    view, orientation = cut.view, cut.view.orientation
    scale = isodoses(card, dose_view, style.reference_gy)
    picture = _anatomy(cut, dose_view.scale, scale, WINDOWS_HU[style.window])
    shown = _draw_structures(picture, cut, style.structures)
    width, level = WINDOWS_HU[style.window]
    content = StripContent(
        view_label=dose_view.label,
        patient_name=patient_name,
        patient_id=card.patient_id,
        plan_label=card.label,
        unit=scale.unit,
        levels=tuple(zip(scale.labels, level_colors(len(scale.labels)), strict=True)),
        structures=tuple((one.name, one.color or (255, 255, 255)) for one in shown),
        position=f"{orientation.key} {orientation.normal} = {round(view.position_mm)} mm",
        window=f"CT W {width:.0f} L {level:.0f} HU",
        reference=scale.reference,
    )
    canvas = Lettering(SIZE).compose(picture, content, view)
    return KeyImage(
        patient_id=card.patient_id,
        version=card.version,
        view=dose_view.key,
        view_label=dose_view.label,
        orientation=orientation.key,
        index=place.index,
        index_range=cut.source.index_range(orientation),
        prepared_range=place.prepared_range,
        slice_position_mm=round(view.position_mm, 3),
        media_type="image/jpeg",
        data=_jpeg(canvas),
        caption=_caption(content),
    )


def _anatomy(
    cut: Cut, dose_scale: float, scale: Isodoses, window: tuple[float, float]
) -> NDArray[np.uint8]:
    """CT in grey with dose wash and isodose lines, (SIZE, SIZE, 3) red, green, blue."""
    picture = np.asarray(cv2.cvtColor(_grey(cut.hounsfield, window), cv2.COLOR_GRAY2RGB), np.uint8)
    levels = tuple(level / dose_scale for level in scale.levels_gy)  # of the dose as planned
    found = cut.dose_from(levels[0]) if levels else None
    if found is None:
        return picture
    _wash(picture[found.part], found.dose_gy, levels)
    for lines, color in zip(found.lines.at_each(levels), level_colors(len(levels)), strict=True):
        _draw_lines(picture, lines, color, 2)
    return picture


def _grey(hounsfield: NDArray[np.float32], window: tuple[float, float]) -> NDArray[np.uint8]:
    """HU through the window: black below it, white above."""
    width, level = window
    gain, lowest = 255.0 / width, level - width / 2.0
    grey = cv2.convertScaleAbs(np.maximum(hounsfield, lowest), alpha=gain, beta=-lowest * gain)
    return np.asarray(grey, np.uint8)


def _wash(picture: NDArray[np.uint8], dose: NDArray[np.float32], levels: tuple[float, ...]) -> None:
    """Blend the dose colour over the picture, from the lowest level up."""
    steps = np.linspace(0.0, levels[-1], 256)
    colors = colormap(np.interp(steps, levels, shares(len(levels))))
    scaled = cv2.convertScaleAbs(dose, alpha=255.0 / levels[-1])
    color = cv2.merge([cv2.LUT(scaled, colors[:, channel].copy()) for channel in range(3)])
    blended = cv2.addWeighted(picture, 1.0 - WASH_OPACITY, color, WASH_OPACITY, 0.0)
    cv2.copyTo(blended, (dose >= levels[0]).view(np.uint8), picture)


def _draw_structures(
    picture: NDArray[np.uint8], cut: Cut, wanted: tuple[str, ...] | None
) -> list[Structure]:
    """Outline what the plane cuts; returns the structures for the legend, the body left out.

    `wanted`: names; None: all.
    """
    external = cut.source.course.external
    shown = []
    for one, lines in cut.outlines:
        if wanted is not None and one.name not in wanted:
            continue
        color = one.color or (255, 255, 255)
        if external is not None and one.number == external.number:
            _draw_lines(picture, lines, color, 1)
            continue
        _draw_lines(picture, lines, (0, 0, 0), 6)
        _draw_lines(picture, lines, color, 3)
        shown.append(one)
    return shown


def _draw_lines(
    picture: NDArray[np.uint8],
    lines: list[NDArray[np.float64]],
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    points = [np.rint(line * (1 << SHIFT)).astype(np.int32) for line in lines]
    cv2.polylines(picture, points, False, color, thickness, cv2.LINE_AA, SHIFT)


def _jpeg(canvas: NDArray[np.uint8]) -> bytes:
    """`canvas`: red, green, blue."""
    options = [
        *(cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
    ]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR), options)
    return encoded.tobytes()


def _caption(content: StripContent) -> str:
    levels = ", ".join(label for label, _ in content.levels)
    parts = (
        content.view_label,
        f"{content.plan_label}, {content.patient_id}",
        f"isodoses {levels} {content.unit}",
        content.reference,
        content.position,
        content.window,
    )
    return " · ".join(part for part in parts if part)
