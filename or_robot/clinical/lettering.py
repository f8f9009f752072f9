"""Letters, legend and scale of a key image."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class StripContent:
    """What is written beside the anatomy."""

    view_label: str
    patient_id: str
    plan_label: str
    unit: str
    levels: tuple[tuple[float, Color], ...]
    structures: tuple[tuple[str, Color], ...]
    position: str
    window: str
    reference: str


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, as matplotlib brings it (found without importing matplotlib)."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise OrRobotError("no font for the key images", "install matplotlib: run `make setup`")
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


@dataclass(frozen=True, slots=True)
class Lettering:
    size: int
    """Side of the anatomy, pixels."""

    def compose(self, anatomy: NDArray[np.uint8], content: StripContent, view: View) -> Image.Image:
        """Anatomy on the left, legend on the right."""
        canvas = Image.new("RGB", (self.size + STRIP, self.size), BACKGROUND)
        canvas.paste(Image.fromarray(anatomy), (0, 0))
        draw = ImageDraw.Draw(canvas)
        self._orientation(draw, view)
        self._scale(draw, view)
        self._legend(draw, content)
        return canvas

    def _orientation(self, draw: ImageDraw.ImageDraw, view: View) -> None:
        middle, edge = self.size // 2, 24
        left, right, top, bottom = view.orientation.letters
        places = (
            (left, (edge, middle)),
            (right, (self.size - edge, middle)),
            (top, (middle, edge)),
            (bottom, (middle, self.size - edge)),
        )
        for letter, place in places:
            draw.text(place, letter, TEXT, font(32, True), "mm", stroke_width=3, stroke_fill=0)

    def _scale(self, draw: ImageDraw.ImageDraw, view: View) -> None:
        length = SCALE_MM / view.pixel_mm
        x, y = 24, self.size - 28
        draw.line([(x, y), (x + length, y)], TEXT, 3)
        for tick in (0.0, length):
            draw.line([(x + tick, y - 8), (x + tick, y + 8)], TEXT, 3)
        draw.text((x + length / 2, y - 10), f"{SCALE_MM:.0f} mm", TEXT, font(20), "ms")

    def _legend(self, draw: ImageDraw.ImageDraw, content: StripContent) -> None:
        x, y = self.size + 16, 14
        y = self._heading(draw, content, x, y)
        y = self._bar(draw, content, x, y + 10)
        for name, color in content.structures:
            draw.line([(x, y + 13), (x + 36, y + 13)], color, 5)
            draw.text((x + 48, y + 13), _fitted(name, 19, STRIP - 76), TEXT, font(19), "lm")
            y += 30
        for line, bottom in ((content.position, 44), (content.window, 18)):
            place = (x, self.size - bottom)
            draw.text(place, line, QUIET, font(18), "lm")

    def _heading(self, draw: ImageDraw.ImageDraw, content: StripContent, x: int, y: int) -> int:
        head, _, rest = content.view_label.partition(" (")
        for word in (*head.split(), f"({rest}" if rest else ""):
            draw.text((x, y), word, ALERT if "ESTIMATE" in head else TEXT, font(28, True))
            y += 34
        for line in (content.plan_label, content.patient_id):
            draw.text((x, y), _fitted(line, 19, STRIP - 30), QUIET, font(19))
            y += 26
        return y

    def _bar(self, draw: ImageDraw.ImageDraw, content: StripContent, x: int, y: int) -> int:
        """Isodose levels as a bar of colours, hottest on top."""
        draw.text((x, y), content.unit, TEXT, font(22, True))
        y += 34
        for level, color in reversed(content.levels):
            draw.rectangle([x, y, x + 36, y + 27], color)
            draw.text((x + 48, y + 14), f"{level:g}", TEXT, font(21), "lm")
            y += 28
        if content.reference:
            draw.text((x, y + 6), content.reference, ALERT, font(15))
            y += 28
        return y + 14


def _fitted(text: str, size: int, width: int) -> str:
    """Text cut with an ellipsis so that it fits."""
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
