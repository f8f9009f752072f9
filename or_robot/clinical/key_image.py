"""Dose on CT with contours: one picture that says by itself everything its reader must know."""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from or_robot.clinical.cut import Cut, isolines
from or_robot.clinical.lettering import Lettering, StripContent
from or_robot.clinical.section import Orientation, SectionSource
from or_robot.types.clinical import DoseView, KeyImage, ProtonCard
from or_robot.types.radiotherapy import Structure

SIZE = 600
"""Side of the square with the anatomy, pixels."""

WINDOW_LEVEL_HU, WINDOW_WIDTH_HU = 40.0, 400.0
"""Soft tissue of the head."""

WASH_OPACITY = 0.42
JPEG_QUALITY = 50
"""About 35 kB for this much picture: crosses a busy network at once, lines still clean."""
SHIFT = 4
"""Bits behind the point of line coordinates given to OpenCV."""


def isodose_levels(max_dose_gy: float) -> tuple[float, ...]:
    """Four to eight round dose levels in Gy, ascending, the highest not above the maximum."""
    for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0):
        count = int(max_dose_gy / step)
        if count <= 8:
            return tuple(round(step * n, 3) for n in range(1, count + 1))
    return tuple(20.0 * n for n in range(1, int(max_dose_gy / 20.0) + 1))


def level_colors(levels: tuple[float, ...]) -> list[tuple[int, int, int]]:
    """Red, green, blue of each level: cold to hot, evenly apart."""
    if not levels:
        return []
    return [(int(r), int(g), int(b)) for r, g, b in _colormap(_shares(len(levels)))]


def _shares(levels: int) -> NDArray[np.float64]:
    """Where the levels lie on the colour map; its nearly black ends are left out."""
    return np.linspace(0.18, 0.92, levels) if levels > 1 else np.array([0.9])


def _colormap(share: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Share 0 to 1 (n,) to (n, 3) red, green, blue."""
    index = np.clip(share * 255.0, 0, 255).astype(np.uint8).reshape(-1, 1)
    return cv2.applyColorMap(index, cv2.COLORMAP_TURBO)[:, 0, ::-1]


def key_images(
    source: SectionSource,
    card: ProtonCard,
    dose_views: Sequence[DoseView],
    orientation: Orientation,
    index: int,
    prepared_range: tuple[int, int],
) -> tuple[KeyImage, ...]:
    """One picture a dose view. Raises OrRobotError when the course has no CT or no dose."""
    cut = Cut(source, source.view(orientation, index, SIZE))
    return tuple(_key_image(cut, card, view, index, prepared_range) for view in dose_views)


def _key_image(
    cut: Cut, card: ProtonCard, dose_view: DoseView, index: int, prepared_range: tuple[int, int]
) -> KeyImage:
    view, orientation = cut.view, cut.view.orientation
    levels = isodose_levels((card.max_dose_gy or 0.0) * dose_view.scale)
    picture = _anatomy(cut, dose_view.scale, levels)
    shown = _draw_structures(picture, cut)
    content = StripContent(
        view_label=dose_view.label,
        patient_id=card.patient_id,
        plan_label=card.label,
        unit=card.dose_unit,
        levels=tuple(zip(levels, level_colors(levels), strict=True)),
        structures=tuple((one.name, one.color or (255, 255, 255)) for one in shown),
        position=f"{orientation.key} {orientation.normal} = {round(view.position_mm)} mm",
        window=f"CT W {WINDOW_WIDTH_HU:.0f} L {WINDOW_LEVEL_HU:.0f} HU",
        reference="no prescription recorded" if card.prescription is None else "",
    )
    canvas = Lettering(SIZE).compose(picture, content, view)
    return KeyImage(
        patient_id=card.patient_id,
        version=card.version,
        view=dose_view.key,
        view_label=dose_view.label,
        orientation=orientation.key,
        index=index,
        index_range=cut.source.index_range(orientation),
        prepared_range=prepared_range,
        slice_position_mm=round(view.position_mm, 3),
        media_type="image/jpeg",
        data=_jpeg(canvas),
        caption=_caption(content),
    )


def _anatomy(cut: Cut, scale: float, levels: tuple[float, ...]) -> NDArray[np.uint8]:
    """CT in grey with dose wash and isodose lines, (SIZE, SIZE, 3) red, green, blue."""
    gain = 255.0 / WINDOW_WIDTH_HU
    offset = 127.5 - WINDOW_LEVEL_HU * gain
    grey = np.clip(cut.hounsfield * gain + offset, 0.0, 255.0).astype(np.uint8)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    if not levels:
        return picture
    dose = cut.dose_gy * np.float32(scale)
    _wash(picture, dose, levels)
    for lines, color in zip(isolines(dose, levels), level_colors(levels), strict=True):
        _draw_lines(picture, lines, color, 2)
    return picture


def _wash(picture: NDArray[np.uint8], dose: NDArray[np.float32], levels: tuple[float, ...]) -> None:
    """Blend the dose colour over the picture, from the lowest level up."""
    steps = np.linspace(0.0, levels[-1], 256)
    colors = _colormap(np.interp(steps, levels, _shares(len(levels))))
    scaled = cv2.convertScaleAbs(dose, alpha=255.0 / levels[-1])
    color = cv2.applyColorMap(scaled, colors.reshape(256, 1, 3))
    blended = cv2.addWeighted(picture, 1.0 - WASH_OPACITY, color, WASH_OPACITY, 0.0)
    np.copyto(picture, blended, where=(dose >= levels[0])[..., None])


def _draw_structures(picture: NDArray[np.uint8], cut: Cut) -> list[Structure]:
    """Outline what the plane cuts; returns the structures for the legend, the body left out."""
    external = cut.source.course.external
    shown = []
    for one, lines in cut.outlines:
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


def _jpeg(canvas: Image.Image) -> bytes:
    stream = io.BytesIO()
    canvas.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0", optimize=True)
    return stream.getvalue()


def _caption(content: StripContent) -> str:
    levels = ", ".join(f"{level:g}" for level, _ in content.levels)
    parts = (
        content.view_label,
        f"{content.plan_label}, {content.patient_id}",
        f"isodoses {levels} {content.unit}",
        content.reference,
        content.position,
        content.window,
    )
    return " · ".join(part for part in parts if part)
