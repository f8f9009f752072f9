"""What was done with which inputs, so that a second set-up does nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(paths: Iterable[Path], *words: str) -> str:
    """Hex SHA-256 of words and of names and contents of files and of all in folders."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            name = str(file.relative_to(path.parent))
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"\0{name}\0{content}".encode())
    return digest.hexdigest()


def pins(constraints: Path, names: Iterable[str], prefix: str | None = None) -> list[str]:
    """The lines of a constraints file about some packages, and about all whose names begin so."""
    wanted = set(names)
    lines = constraints.read_text().splitlines()
    named = [(line.partition("==")[0], line) for line in lines]
    return [line for name, line in named if name in wanted or (prefix and name.startswith(prefix))]


class Stamps:
    """One small file a step, in a folder that vanishes with what the steps made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def done(self, step: str, inputs: str) -> bool:
        stamp = self.folder / step
        return stamp.is_file() and stamp.read_text() == inputs

    def mark(self, step: str, inputs: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / step).write_text(inputs)
