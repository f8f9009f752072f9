"""XML whose elements know their file and line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from or_robot.errors import OrRobotError

log = logging.getLogger(__name__)


class SdfError(OrRobotError):
    """A damaged world or model file; names file and line."""


@dataclass
class Element:
    """One XML element. Only `parse_xml` writes to it."""

    tag: str
    attributes: dict[str, str]
    file: Path
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"

    def error(self, problem: str, remedy: str = "") -> SdfError:
        return SdfError(f"{self.where}: <{self.tag}>: {problem}", remedy)

    def all(self, tag: str) -> Iterator[Element]:
        return (child for child in self.children if child.tag == tag)

    def find(self, tag: str) -> Element | None:
        return next(self.all(tag), None)

    def get(self, tag: str) -> Element:
        """The child that has to be there."""
        child = self.find(tag)
        if child is None:
            raise self.error(f"has no <{tag}>")
        return child

    def name(self) -> str:
        """The attribute every model, link, joint, collision and sensor carries."""
        name = self.attributes.get("name", "")
        if not name:
            raise self.error("has no name", 'write name="…"')
        return name

    def numbers(self, count: int) -> tuple[float, ...]:
        """The text as `count` numbers."""
        try:
            found = tuple(float(word) for word in self.text.split())
        except ValueError:
            raise self.error(f"{self.text.strip()!r} is not {count} numbers") from None
        if len(found) != count:
            raise self.error(f"has {len(found)} numbers", f"give {count}")
        return found

    def number(self, tag: str, default: float | None = None) -> float:
        """The number in the child `tag`."""
        child = self.get(tag) if default is None else self.find(tag)
        return float(default or 0.0) if child is None else child.numbers(1)[0]

    def positive(self, tag: str) -> float:
        number = self.number(tag)
        if not number > 0.0:
            raise self.get(tag).error(f"is {number:g}", "give a value above 0")
        return number

    def flag(self, tag: str) -> bool:
        child = self.find(tag)
        return child is not None and child.text.strip() in ("true", "1")

    def warn_unread_self(self, what: str) -> None:
        log.warning("%s: %s in <%s> is not read", self.where, what, self.tag)

    def warn_unread(self, *read: str) -> None:
        """Say which children nobody will read."""
        for child in self.children:
            if child.tag not in read:
                log.warning("%s: <%s> in <%s> is not read", child.where, child.tag, self.tag)


def parse_xml(file: Path) -> Element:
    """Root element of an XML file. Document type declarations are refused: no entity expands."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SdfError(f"cannot read {file}: {error.strerror}") from error
    parser = expat.ParserCreate()
    top = Element("", {}, file, 0)
    open_elements = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, file, parser.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def text(data: str) -> None:
        open_elements[-1].text += data

    def refuse(*_: object) -> None:
        raise SdfError(f"{file.name}:{parser.CurrentLineNumber}: document type declaration")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        raise SdfError(f"{top.file.parent.name}/{file.name}:{error.lineno}: {problem}") from error
    return top.children[0]
