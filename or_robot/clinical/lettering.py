"""Letters, legend and scale of a key image."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from or_robot.clinical.section import View
from or_robot.errors import OrRobotError

STRIP = 240
"""Width of the legend beside the anatomy, pixels."""

BACKGROUND = (11, 15, 20)
TEXT = (236, 240, 244)
QUIET = (164, 174, 186)
ALERT = (255, 205, 60)
SCALE_MM = 50.0
STROKE = 3
Color = tuple[int, int, int]

EAST_ASIAN = re.compile("[\u1100-\u11ff\u3000-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
KOREAN_FONTS = (
    "/usr/share/fonts/truetype/nanum/NanumGothic{bold}.ttf",
    "/usr/share/fonts/truetype/unfonts-core/UnDotum{bold}.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc",
)
"""Where Debian puts fonts-nanum, fonts-unfonts-core, fonts-noto-cjk."""


@dataclass(frozen=True, slots=True)
class StripContent:
    """What is written beside the anatomy."""

    view_label: str
    patient_name: str
    patient_id: str
    plan_label: str
    unit: str
    levels: tuple[tuple[str, Color], ...]
    structures: tuple[tuple[str, Color], ...]
    position: str
    window: str
    reference: str


@cache
def korean_font(bold: bool) -> str | None:
    """File of a font with Hangul and Hanja; None when none is installed."""
    names = [
        one.format(bold="Bold" if bold else "", weight="Bold" if bold else "Regular")
        for one in KOREAN_FONTS
    ]
    return next((name for name in names if Path(name).is_file()), None)


@cache
def font(size: int, bold: bool = False, east_asian: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, as matplotlib (not imported here) brings it, or a Korean font."""
    if east_asian and (korean := korean_font(bold)) is not None:
        return ImageFont.truetype(korean, size)
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise OrRobotError("no font for the key images", "install matplotlib: run `make setup`")
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


def _font_for(text: str, size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return font(size, bold, bool(EAST_ASIAN.search(text)))


def readable(text: str) -> str:
    """Text without what no installed font can show."""
    if EAST_ASIAN.search(text) and korean_font(False) is None:
        return " ".join(EAST_ASIAN.sub("", text).split()) or "(no Korean font)"
    return text


@lru_cache(maxsize=2048)
def _ink(text: str, size: int, bold: bool, stroke: int) -> tuple[NDArray[np.uint8], int, int]:
    """Coverage of a text, 0 to 255, and where its corner lies from the place left of its middle."""
    text = readable(text)
    drawn = _font_for(text, size, bold)
    left, top, right, bottom = (
        int(edge) for edge in drawn.getbbox(text, anchor="lm", stroke_width=stroke)
    )
    mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), text, 255, drawn, "lm", stroke_width=stroke)
    return np.asarray(mask), left, top


def write(
    canvas: NDArray[np.uint8],
    place: tuple[float, float],
    text: str,
    color: Color,
    size: int,
    *,
    bold: bool = False,
    centred: bool = False,
    outlined: bool = False,
) -> None:
    """Text into (rows, columns, 3), its left end or its middle at `place`, cut at the edges."""
    if outlined:
        _lay(canvas, place, _ink(text, size, bold, STROKE), (0, 0, 0), centred)
    _lay(canvas, place, _ink(text, size, bold, 0), color, centred)


def _lay(
    canvas: NDArray[np.uint8],
    place: tuple[float, float],
    ink: tuple[NDArray[np.uint8], int, int],
    color: Color,
    centred: bool,
) -> None:
    mask, left, top = ink
    x = round(place[0]) + (-mask.shape[1] // 2 if centred else left)
    y = round(place[1]) + top
    mask = mask[max(0, -y) : canvas.shape[0] - y, max(0, -x) : canvas.shape[1] - x]
    x, y = max(0, x), max(0, y)
    part = canvas[y : y + mask.shape[0], x : x + mask.shape[1]]
    share = mask[..., None].astype(np.uint16)
    mixed = (part * (255 - share) + np.array(color, np.uint16) * share) // 255
    part[...] = mixed.astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Lettering:
    size: int
    """Side of the anatomy, pixels."""

    def compose(
        self, anatomy: NDArray[np.uint8], content: StripContent, view: View
    ) -> NDArray[np.uint8]:
        """Anatomy on the left, legend on the right; (rows, columns, 3) red, green, blue."""
        canvas = np.empty((self.size, self.size + STRIP, 3), np.uint8)
        canvas[:, : self.size] = anatomy
        canvas[:, self.size :] = _strip(self.size, content)
        self._orientation(canvas, view)
        self._scale(canvas, view)
        return canvas

    def _orientation(self, canvas: NDArray[np.uint8], view: View) -> None:
        middle, edge = self.size // 2, 24
        left, right, top, bottom = view.orientation.letters
        places = (
            (left, (edge, middle)),
            (right, (self.size - edge, middle)),
            (top, (middle, edge)),
            (bottom, (middle, self.size - edge)),
        )
        for letter, place in places:
            write(canvas, place, letter, TEXT, 32, bold=True, centred=True, outlined=True)

    def _scale(self, canvas: NDArray[np.uint8], view: View) -> None:
        length = round(SCALE_MM / view.pixel_mm)
        x, y = 24, self.size - 28
        cv2.line(canvas, (x, y), (x + length, y), TEXT, 3)
        for tick in (0, length):
            cv2.line(canvas, (x + tick, y - 8), (x + tick, y + 8), TEXT, 3)
        write(canvas, (x + length / 2, y - 20), f"{SCALE_MM:.0f} mm", TEXT, 20, centred=True)


def _strip(height: int, content: StripContent) -> NDArray[np.uint8]:
    """The legend, (height, STRIP, 3)."""
    canvas = _same_for_all_slices(height, replace(content, position="")).copy()
    write(canvas, (16, height - 44), content.position, QUIET, 18)
    return canvas


@lru_cache(maxsize=64)
def _same_for_all_slices(height: int, content: StripContent) -> NDArray[np.uint8]:
    canvas = np.empty((height, STRIP, 3), np.uint8)
    canvas[...] = BACKGROUND
    x, y = 16, 28
    y = _heading(canvas, content, x, y)
    y = _bar(canvas, content, x, y + 8)
    for name, color in content.structures:
        cv2.line(canvas, (x, y + 2), (x + 36, y + 2), color, 5)
        write(canvas, (x + 48, y + 2), fitted(name, 19, STRIP - 76), TEXT, 19)
        y += 28
    write(canvas, (x, height - 18), content.window, QUIET, 18)
    return canvas


def _heading(canvas: NDArray[np.uint8], content: StripContent, x: int, y: int) -> int:
    head, _, rest = content.view_label.partition(" (")
    for word in (*head.split(), *([f"({rest}"] if rest else [])):
        color = ALERT if "PLANNED" not in head else TEXT
        write(canvas, (x, y), fitted(word, 27, STRIP - 26, bold=True), color, 27, bold=True)
        y += 33
    for line in (content.plan_label, content.patient_name, content.patient_id):
        if line:
            write(canvas, (x, y), fitted(line, 18, STRIP - 30), QUIET, 18)
            y += 24
    return y


def _bar(canvas: NDArray[np.uint8], content: StripContent, x: int, y: int) -> int:
    """Isodose levels as a bar of colours, hottest on top; returns where to go on."""
    write(canvas, (x, y), fitted(content.unit, 20, STRIP - 26, bold=True), TEXT, 20, bold=True)
    y += 16
    for label, color in reversed(content.levels):
        cv2.rectangle(canvas, (x, y), (x + 36, y + 24), color, cv2.FILLED)
        write(canvas, (x + 48, y + 12), label, TEXT, 20)
        y += 25
    for line in wrapped(content.reference, 15, STRIP - 30):
        write(canvas, (x, y + 14), line, ALERT, 15)
        y += 20
    return y + 22


def wrapped(text: str, size: int, width: int) -> list[str]:
    """Words in lines that fit."""
    lines: list[str] = []
    for word in text.split():
        if lines and font(size).getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=2048)
def fitted(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """Text cut with an ellipsis so that it fits."""
    drawn = _font_for(text, size, bold)
    if drawn.getlength(text) <= width:
        return text
    while text and drawn.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
