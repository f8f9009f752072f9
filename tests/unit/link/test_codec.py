import dataclasses
import types
import typing

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from or_robot.link.codec import (
    SCHEMA_VERSION,
    Caller,
    Frame,
    Kind,
    decode_frame,
    decode_payload,
    encode_frame,
    encode_payload,
    refusal_in,
    refused_frame,
)
from or_robot.link.errors import REFUSALS, LinkRefused
from or_robot.link.topics import REQUESTS, TOPICS
from or_robot.types.procedure import Phase, ProcedurePhase

PAYLOADS = sorted(
    {row.payload for row in TOPICS.values()}
    | {row.payload for row in REQUESTS.values()}
    | {row.reply for row in REQUESTS.values()},
    key=lambda payload: payload.__name__,
)

frames = st.builds(
    Frame,
    version=st.just(SCHEMA_VERSION),
    kind=st.sampled_from(Kind),
    name=st.text(max_size=20),
    id=st.text(max_size=40),
    stamp_s=st.floats(allow_nan=False),
    age_s=st.floats(allow_nan=False),
    key=st.text(max_size=10),
    caller=st.none() | st.builds(Caller, st.text(), st.text(), st.text()),
    body=st.just(encode_payload({"a": 1})),
)


@given(frames)
def test_frame_round_trip(frame):
    assert msgspec.structs.astuple(decode_frame(encode_frame(frame))) == msgspec.structs.astuple(
        frame
    )


def values_of(payload):
    """Small values of a payload; NaN left out because it does not equal itself."""
    plain = {
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False),
        str: st.text(max_size=5),
        bytes: st.binary(max_size=5),
    }
    hints = typing.get_type_hints(payload)
    return st.builds(payload, **{name: value_of(hint, plain) for name, hint in hints.items()})


def value_of(hint, plain):
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in plain:
        return plain[hint]
    if dataclasses.is_dataclass(hint):
        return values_of(hint)
    if origin is types.UnionType:
        return st.one_of(*(value_of(argument, plain) for argument in arguments))
    if origin is dict:
        return st.dictionaries(*(value_of(argument, plain) for argument in arguments), max_size=2)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(value_of(arguments[0], plain), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(value_of(argument, plain) for argument in arguments))
    return st.from_type(hint)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.__name__)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_every_payload_of_the_tables_survives_the_wire(payload, data):
    value = data.draw(values_of(payload))
    assert decode_payload(encode_payload(value), payload) == value


@given(st.binary(max_size=400))
def test_any_bytes_are_a_frame_or_are_refused(message):
    try:
        assert decode_frame(message).version == SCHEMA_VERSION
    except LinkRefused as refusal:
        assert refusal.code in ("garbage", "version")


@given(frames, st.data())
def test_a_damaged_frame_is_read_or_refused(frame, data):
    message = bytearray(encode_frame(frame))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    try:
        decode_frame(bytes(message))
    except LinkRefused as refusal:
        assert refusal.code in ("garbage", "version")


@given(st.integers(-1000, 2**40).filter(lambda version: version != SCHEMA_VERSION))
def test_another_version_is_refused_by_its_name(version):
    for message in (
        encode_frame(Frame(version, Kind.HELLO)),
        msgspec.msgpack.encode([version, "a kind of the future", {"x": 1}]),
    ):
        with pytest.raises(LinkRefused, match=f"version {version}") as refused:
            decode_frame(message)
        assert refused.value.code == "version"


def test_unknown_fields_are_tolerated():
    elements = msgspec.msgpack.decode(encode_frame(Frame(SCHEMA_VERSION, Kind.HELLO)))
    assert decode_frame(msgspec.msgpack.encode([*elements, "new", 1])).kind is Kind.HELLO
    phase = {"stamp_s": 1.0, "room": "OR-1", "phase": "closing", "new": [1, 2]}
    decoded = decode_payload(msgspec.msgpack.encode(phase), ProcedurePhase)
    assert decoded == ProcedurePhase(1.0, "OR-1", Phase.CLOSING)


def test_a_payload_that_does_not_fit_is_named():
    body = msgspec.msgpack.encode({"stamp_s": "now", "room": "OR-1", "phase": "closing"})
    with pytest.raises(LinkRefused, match=r"ProcedurePhase.*stamp_s"):
        decode_payload(body, ProcedurePhase)


def test_deep_nesting_is_refused_not_a_crash():
    with pytest.raises(LinkRefused):
        decode_frame(b"\x91" * 100_000)


@given(st.sampled_from(sorted(REFUSALS)), st.text(), st.text())
def test_a_refusal_arrives_as_it_was_sent(code, problem, remedy):
    frame = decode_frame(
        encode_frame(refused_frame("case.get", "7", 1.0, LinkRefused(code, problem, remedy)))
    )
    refusal = refusal_in(frame)
    assert (frame.id, refusal.code, refusal.problem, refusal.remedy) == ("7", code, problem, remedy)
