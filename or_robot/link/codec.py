"""Frames on the wire: one msgpack array a message, its body the payload as a msgpack map.

[version, kind, name, id, stamp_s, age_s, key, caller, body]

Elements and payload fields that a receiver does not know are ignored, so that newer programs may
add to the end; a different schema version is refused by name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from or_robot.link.errors import LinkRefused

SCHEMA_VERSION = 1

T = TypeVar("T")


class Kind(StrEnum):
    """What a frame is."""

    HELLO = "hello"
    """Client → server, every `hello_s`: I am here; the body is a Hello."""
    WELCOME = "welcome"
    """Server → client on the stop socket: the stop path is alive; the body is a Welcome."""
    PUBLISH = "publish"
    REQUEST = "request"
    REPLY = "reply"
    REFUSED = "refused"


class Caller(msgspec.Struct, array_like=True, frozen=True):
    """Who asks, as the server knows it from the connection's key."""

    name: str
    role: str
    room: str
    """Room the key is bound to; empty when to none."""


class Hello(msgspec.Struct, frozen=True):
    subscribe: tuple[str, ...] = ()
    """Topics, on the down socket."""
    serve: tuple[str, ...] = ()
    """Requests this gateway answers, on the request socket."""


class Refusal(msgspec.Struct, frozen=True):
    code: str
    problem: str
    remedy: str


class Frame(msgspec.Struct, array_like=True, frozen=True):
    version: int
    kind: Kind
    name: str = ""
    id: str = ""
    stamp_s: float = 0.0
    """Unix time of the sender, s."""
    age_s: float = 0.0
    """PUBLISH: how old the value was when sent. REQUEST: seconds left to its deadline."""
    key: str = ""
    """PUBLISH: which of the topic's values."""
    caller: Caller | None = None
    """REQUEST to a gateway: set by the server, ignored from a client."""
    body: msgspec.Raw = msgspec.Raw(b"\xc0")


class _VersionOnly(msgspec.Struct, array_like=True):
    version: int


_encoder = msgspec.msgpack.Encoder()
_frame_decoder = msgspec.msgpack.Decoder(Frame)
_version_decoder = msgspec.msgpack.Decoder(_VersionOnly)


_payload_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}


def _payload_decoder(payload: type) -> msgspec.msgpack.Decoder[Any]:
    decoder = _payload_decoders.get(payload)
    if decoder is None:
        decoder = _payload_decoders[payload] = msgspec.msgpack.Decoder(payload)
    return decoder


def encode_payload(payload: object) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(payload))


def decode_payload(body: msgspec.Raw | bytes, payload: type[T]) -> T:
    """LinkRefused("garbage") names the field that does not fit."""
    try:
        decoded: T = _payload_decoder(payload).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LinkRefused("garbage", f"not a {payload.__name__}: {error}") from error
    return decoded


def encode_frame(frame: Frame) -> bytes:
    return _encoder.encode(frame)


def decode_frame(message: bytes) -> Frame:
    """LinkRefused("version") or LinkRefused("garbage"); never another error, whatever the bytes."""
    try:
        frame = _frame_decoder.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _check_version(message)
        raise LinkRefused("garbage", f"not a frame of the link: {error}") from error
    if frame.version != SCHEMA_VERSION:
        _check_version(message)
    return frame


def _check_version(message: bytes) -> None:
    try:
        version = _version_decoder.decode(message).version
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if version != SCHEMA_VERSION:
        raise LinkRefused(
            "version",
            f"frame of schema version {version}, this program speaks {SCHEMA_VERSION}",
            "run the same release on both sides",
        )


def refused_frame(name: str, id_: str, stamp_s: float, refusal: LinkRefused) -> Frame:
    body = Refusal(refusal.code, refusal.problem, refusal.remedy)
    return Frame(SCHEMA_VERSION, Kind.REFUSED, name, id_, stamp_s, body=encode_payload(body))


def refusal_in(frame: Frame) -> LinkRefused:
    refusal = decode_payload(frame.body, Refusal)
    return LinkRefused(refusal.code, refusal.problem, refusal.remedy)
