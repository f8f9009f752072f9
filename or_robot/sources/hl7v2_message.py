"""HL7v2 messages (chapter 2): separators, character sets, segments, acknowledgements."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import hl7

from or_robot.sources.errors import UnreadableObject, UnsupportedObject

CHARACTER_SETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "8859/1": "latin-1",
    "KS X 1001": "euc_kr",
    "KSC5601": "euc_kr",
    "EUC-KR": "euc_kr",
    "ISO IR149": "euc_kr",
}
"""MSH-18 → codec. Unnamed is read as UTF-8, of which ASCII is a part."""

MAX_BYTES = 4 * 1024 * 1024
MAX_SEGMENTS = 10_000
NULL = '""'
"""The sender says: empty."""


@dataclass(frozen=True, slots=True)
class Segment:
    fields: hl7.Segment
    whole: hl7.Message

    def repeats(self, field: int) -> int:
        return len(self.fields(field)) if field < len(self.fields) else 0

    def get(self, field: int, component: int = 1, repeat: int = 0) -> str | None:
        """Text of a component, unescaped; its first subcomponent. Absent, empty or null: None."""
        if field >= len(self.fields) or repeat >= len(self.fields(field)):
            return None
        parts = self.fields(field)[repeat]
        if isinstance(parts, str):
            found = parts if component == 1 else ""
        else:
            found = str(parts[component - 1]) if component <= len(parts) else ""
        found = found.split(self.whole.separators[4])[0]
        shown = str(self.whole.unescape(found)).strip()
        return None if shown in ("", NULL) else shown


@dataclass(frozen=True, slots=True)
class Message:
    whole: hl7.Message

    def all(self, name: str) -> list[Segment]:
        return [Segment(one, self.whole) for one in self.whole if str(one[0][0]) == name]

    @property
    def header(self) -> Segment:
        return self.all("MSH")[0]

    @property
    def kind(self) -> str | None:
        return self.header.get(9, 1)

    @property
    def event(self) -> str | None:
        return self.header.get(9, 2)

    @property
    def sender(self) -> str | None:
        return self.header.get(3)

    @property
    def time(self) -> str | None:
        return iso(self.header.get(7))


def parse(data: bytes) -> Message:
    """Raises UnreadableObject or UnsupportedObject naming what is wrong."""
    if len(data) > MAX_BYTES:
        raise UnsupportedObject(f"HL7v2 message over {MAX_BYTES >> 20} MB", "send less at a time")
    data = data.strip(b"\x0b\x1c\r\n \t")
    if not data.startswith(b"MSH") or len(data) < 9:
        raise UnreadableObject("HL7v2 message does not begin with MSH", "check the sender")
    separators = data[3:8]
    if len(set(separators)) != 5 or any(chr(one).isalnum() or one < 0x21 for one in separators):
        raise UnreadableObject(
            "HL7v2 separators (MSH-1, MSH-2) are wrong", "send the usual MSH|^~\\&"
        )
    words = _decoded(data, separators[:1])
    lines = words.replace("\r\n", "\r").replace("\n", "\r")
    if lines.count("\r") > MAX_SEGMENTS:
        raise UnsupportedObject(
            f"HL7v2 message over {MAX_SEGMENTS} segments", "send less at a time"
        )
    return Message(hl7.parse(lines))


def _decoded(data: bytes, separator: bytes) -> str:
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0].split(separator)
    named = header[17].decode("ascii", "replace").strip() if len(header) > 17 else ""
    named = named.split("~")[0].strip()
    codec = CHARACTER_SETS.get(named.upper())
    if codec is None:
        known = ", ".join(name for name in CHARACTER_SETS if name)
        raise UnsupportedObject("HL7v2 character set (MSH-18) is not known here", f"use {known}")
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise UnreadableObject(
            f"HL7v2 message is not in the character set it names ({named or 'none, so UTF-8'})",
            "name the right one in MSH-18",
        ) from error


def iso(stamp: str | None) -> str | None:
    """An HL7 DT or TS (YYYY[MM[DD[HHMM[SS[.F]]]]][+ZZZZ]) as ISO 8601; anything else: None."""
    found = re.fullmatch(
        r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(?:\.\d{1,4})?([+-]\d{4})?", stamp or ""
    )
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    offset = f"{zone[:3]}:{zone[3:]}" if zone else ""
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{offset}"


def acknowledgement(data: bytes, code: str, problem: str = "") -> bytes:
    """ACK to a message, whatever its state. `code`: AA accepted, AE try again, AR rejected.

    `problem`: without patient data.
    """
    header = re.split(rb"[\r\n]", data.strip(b"\x0b\x1c\r\n \t"), maxsplit=1)[0]
    separator = header[3:4] if header.startswith(b"MSH") and len(header) > 8 else b"|"
    fields = [part.decode("ascii", "replace") for part in header.split(separator)] + [""] * 10

    def field(at: int) -> str:
        return re.sub(r"[^\x20-\x7e]|[|^~\\&]", "", fields[at])[:80]

    event = re.sub(r"\W", "", "".join(fields[8].split("^")[1:2]))[:3]
    now = time.strftime("%Y%m%d%H%M%S")
    control = field(9)
    kind = f"ACK^{event}" if event else "ACK"
    lines = [
        f"MSH|^~\\&|OR_ROBOT||{field(2)}|{field(3)}|{now}||{kind}|{control or now}|P|2.5",
        f"MSA|{code}|{control}",
    ]
    if problem:
        lines.append(f"ERR|||207|E||||{re.sub(r'[|^~&]', ' ', problem)[:200]}")
    return ("\r".join(lines) + "\r").encode("ascii", "replace")
