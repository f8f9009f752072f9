"""YAML files people write: every value knows its file and line, so that an error can name them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from or_robot.errors import OrRobotError


@dataclass(frozen=True, slots=True)
class Value:
    """One node of a YAML document. Its readers raise OrRobotError naming file, line and key."""

    node: yaml.Node
    file: Path
    key: str

    def error(self, problem: str, remedy: str = "") -> OrRobotError:
        line = self.node.start_mark.line + 1
        return OrRobotError(f"{self.file.name}:{line}: {self.key}: {problem}", remedy)

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Value]:
        """A mapping with exactly these keys."""
        found = self.mapping()
        for name, value in found.items():
            if name not in required and name not in optional:
                known = ", ".join([*required, *optional])
                raise value.error("is not a known key", f"known here: {known}")
        missing = [name for name in required if name not in found]
        if missing:
            raise self.error(f"has no {missing[0]}", f"needed: {', '.join(required)}")
        return found

    def mapping(self) -> dict[str, Value]:
        """A mapping with any keys, each given once."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("must be a mapping of key: value")
        found: dict[str, Value] = {}
        for key, node in self.node.value:
            if key.value in found:
                raise found[key.value].error("is given twice")
            found[key.value] = Value(node, self.file, f"{self.key}.{key.value}".lstrip("."))
        return found

    def items(self) -> Iterator[Value]:
        """The elements of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("must be a list")
        for index, node in enumerate(self.node.value):
            yield Value(node, self.file, f"{self.key}[{index}]")

    def text(self, choices: Collection[str] = ()) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            raise self.error("must be a text")
        if choices and self.node.value not in choices:
            raise self.error(f"is {self.node.value!r}", f"one of: {', '.join(choices)}")
        return str(self.node.value)

    def number(self, low: float = -math.inf, high: float = math.inf) -> float:
        try:
            number = float(self.text())
        except ValueError:
            raise self.error(f"must be a number, not {self.text()!r}") from None
        if not low <= number <= high or not math.isfinite(number):
            raise self.error(f"is {number:g}", f"give a value from {low:g} to {high:g}")
        return number

    def numbers(self, count: int) -> tuple[float, ...]:
        found = tuple(item.number() for item in self.items())
        if len(found) != count:
            raise self.error(f"has {len(found)} numbers", f"give {count}")
        return found


def read_document(file: Path) -> Value:
    """The root of one YAML file."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OrRobotError(f"cannot read {file}: {error}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "is not YAML"
        raise OrRobotError(f"{file.name}:{line}: {problem}", "mend the YAML") from error
    if node is None:
        raise OrRobotError(f"{file.name}:1: is empty")
    return Value(node, file, "")
