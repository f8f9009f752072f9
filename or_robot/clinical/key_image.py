"""Dose on CT with contours: one picture that says by itself everything its reader must know."""

from __future__ import annotations

import io

import contourpy
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from or_robot.clinical.lettering import Lettering, StripContent
from or_robot.clinical.rasterize import polygons_at
from or_robot.clinical.section import Orientation, SectionSource, View
from or_robot.types.clinical import DoseView, KeyImage, ProtonCard
from or_robot.types.radiotherapy import Structure

SIZE = 600
"""Side of the square with the anatomy, pixels."""

WINDOW_LEVEL_HU, WINDOW_WIDTH_HU = 40.0, 400.0
"""Soft tissue of the head."""

WASH_OPACITY = 0.42
JPEG_QUALITIES = (85, 75, 65, 55, 45)
JPEG_BUDGET = 30_000
"""Bytes; the best quality that fits is taken, so that a picture crosses a busy network at once."""
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
    share = np.linspace(0.18, 0.92, len(levels)) if len(levels) > 1 else np.array([0.9])
    return [tuple(int(v) for v in color) for color in _colormap(share)]  # type: ignore[misc]


def _colormap(share: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Share 0 to 1 (n,) to (n, 3) red, green, blue."""
    index = np.clip(share * 255.0, 0, 255).astype(np.uint8).reshape(-1, 1)
    return cv2.applyColorMap(index, cv2.COLORMAP_TURBO)[:, 0, ::-1]


def key_image(
    source: SectionSource,
    card: ProtonCard,
    dose_view: DoseView,
    orientation: Orientation,
    index: int,
    prepared_range: tuple[int, int],
) -> KeyImage:
    """Draw one picture. Raises OrRobotError when the course has no CT or no dose."""
    view = source.view(orientation, index, SIZE)
    levels = isodose_levels((card.max_dose_gy or 0.0) * dose_view.scale)
    picture = _anatomy(source, view, dose_view.scale, levels)
    shown = _draw_structures(picture, source, view)
    content = StripContent(
        view_label=dose_view.label,
        patient_id=card.patient_id,
        plan_label=card.label,
        unit=card.dose_unit,
        levels=tuple(zip(levels, level_colors(levels), strict=True)),
        structures=tuple((one.name, one.color or (255, 255, 255)) for one in shown),
        position=f"{orientation.key} {orientation.normal} = {view.position_mm:.0f} mm",
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
        index_range=source.index_range(orientation),
        prepared_range=prepared_range,
        slice_position_mm=round(view.position_mm, 3),
        media_type="image/jpeg",
        data=_jpeg(canvas),
        caption=_caption(content),
    )


def _anatomy(
    source: SectionSource, view: View, scale: float, levels: tuple[float, ...]
) -> NDArray[np.uint8]:
    """CT in grey with dose wash and isodose lines, (SIZE, SIZE, 3) red, green, blue."""
    hounsfield = source.hounsfield(view)
    grey = np.clip((hounsfield - WINDOW_LEVEL_HU) / WINDOW_WIDTH_HU + 0.5, 0.0, 1.0) * 255.0
    picture = np.repeat(grey[..., None], 3, axis=2).astype(np.float32)
    dose = source.dose(view) * scale
    external = source.course.external
    if external is not None:
        dose = np.where(source.coverage(external, view) >= 0.5, dose, 0.0).astype(np.float32)
    if levels:
        _wash(picture, dose, levels)
    result = np.clip(picture, 0, 255).astype(np.uint8)
    for level, color in zip(levels, level_colors(levels), strict=True):
        _draw_lines(result, _lines(dose, level), color, 2)
    return result


def _wash(
    picture: NDArray[np.float32], dose: NDArray[np.float32], levels: tuple[float, ...]
) -> None:
    """Blend the dose colour over the picture, from the lowest level up."""
    shares = np.interp(dose, levels, np.linspace(0.18, 0.92, len(levels)))
    color = _colormap(shares.ravel()).reshape(picture.shape)
    opacity = np.where(dose >= levels[0], WASH_OPACITY, 0.0).astype(np.float32)[..., None]
    picture *= 1.0 - opacity
    picture += opacity * color


def _lines(field: NDArray[np.floating], level: float) -> list[NDArray[np.float64]]:
    """Lines of equal value, each (n, 2) x, y in pixels; found at half resolution."""
    coarse = cv2.resize(np.asarray(field, np.float32), None, fx=0.5, fy=0.5)
    generator = contourpy.contour_generator(z=coarse)
    return [(np.asarray(line) + 0.5) * 2.0 - 0.5 for line in generator.lines(level)]


def _draw_structures(
    picture: NDArray[np.uint8], source: SectionSource, view: View
) -> list[Structure]:
    """Outline every structure that the plane cuts, body first; returns those drawn."""
    structures = source.course.structures.structures if source.course.structures else ()
    external = source.course.external
    shown = []
    for one in sorted(structures, key=lambda s: external is None or s.number != external.number):
        outlines = structure_outlines(one, source, view)
        body = external is not None and one.number == external.number
        if outlines and not body:
            _draw_lines(picture, outlines, (0, 0, 0), 6)
        _draw_lines(picture, outlines, one.color or (255, 255, 255), 1 if body else 3)
        if outlines and not body:
            shown.append(one)
    return shown


def structure_outlines(
    structure: Structure, source: SectionSource, view: View
) -> list[NDArray[np.float64]]:
    """Outlines (n, 2) in pixels: axial as drawn in the source, else where the voxels cross 0.5."""
    if not structure.contours:
        return []
    if view.orientation.key == "axial":
        contours = polygons_at(structure, view.position_mm, source.step_mm)
        closed = (np.vstack([points, points[:1]]) for points in contours)
        return [view.to_pixels(points[:, 0], points[:, 1]) for points in closed]
    return _lines(source.coverage(structure, view), 0.5)


def _draw_lines(
    picture: NDArray[np.uint8],
    lines: list[NDArray[np.float64]],
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    points = [np.rint(line * (1 << SHIFT)).astype(np.int32) for line in lines]
    cv2.polylines(picture, points, False, color, thickness, cv2.LINE_AA, SHIFT)


def _jpeg(canvas: Image.Image) -> bytes:
    data = b""
    for quality in JPEG_QUALITIES:
        stream = io.BytesIO()
        canvas.save(stream, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
        data = stream.getvalue()
        if len(data) <= JPEG_BUDGET:
            break
    return data


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
