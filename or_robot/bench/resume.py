"""What a long bench has done so far: one line of JSON a piece of work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Log:
    """`done` gives the row of a piece of work, doing it only when no earlier run did."""

    def __init__(self, file: Path, resume: bool) -> None:
        """`resume`: keep what an earlier run wrote; otherwise begin anew."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._rows: dict[str, Row] = {}
        if resume and file.is_file():
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            self._rows = {row.pop("name"): row for row in rows}
        elif file.is_file():
            file.unlink()

    def done(self, name: str, task: Callable[[], Row]) -> Row:
        if name not in self._rows:
            self._rows[name] = task()
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"name": name, **self._rows[name]}) + "\n")
        return self._rows[name]
