"""Texts of the panel by language: web/static/i18n/LANGUAGE.json, the same files the pages read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from or_robot.errors import OrRobotError

Texts = dict[str, dict[str, str]]


def load_texts(folder: Path) -> Texts:
    """Language → key → text. Raises OrRobotError naming a damaged file."""
    texts = {}
    for path in sorted(folder.glob("*.json")):
        try:
            texts[path.stem] = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise OrRobotError(f"{path} is damaged: {error}", "run `make setup`") from error
    return texts
