import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.link.codec import SCHEMA_VERSION, Frame, Kind
from or_robot.link.errors import LinkRefused
from or_robot.link.memory import AnswerMemory

ANSWER = Frame(SCHEMA_VERSION, Kind.REPLY, id="7")
KEY = ("panel", "7")


def test_executed_once_answered_as_often_as_asked():
    memory = AnswerMemory[bytes](10)
    assert memory.claim(KEY, b"x", b"first") == (True, None)
    assert memory.claim(KEY, b"x", b"second") == (False, None)
    assert memory.finish(KEY, ANSWER, keep=True) == [b"first", b"second"]
    assert memory.claim(KEY, b"x", b"third") == (False, ANSWER)
    assert memory.finish(KEY, ANSWER, keep=True) == []


def test_an_id_used_for_something_else_is_refused():
    memory = AnswerMemory[bytes](10)
    memory.claim(KEY, b"x", b"")
    with pytest.raises(LinkRefused, match="used before") as refused:
        memory.claim(KEY, b"y", b"")
    assert refused.value.code == "id_reused"


def test_what_is_not_kept_may_be_asked_again():
    memory = AnswerMemory[bytes](10)
    memory.claim(KEY, b"x", b"")
    memory.finish(KEY, ANSWER, keep=False)
    assert memory.claim(KEY, b"x", b"") == (True, None)
    memory.forget(KEY)
    assert memory.claim(KEY, b"x", b"") == (True, None)


@given(st.lists(st.integers(0, 50)), st.integers(1, 20))
def test_bounded_and_newest_are_kept(ids, capacity):
    memory = AnswerMemory[bytes](capacity)
    kept: list[int] = []
    for id_ in ids:
        new, _ = memory.claim(("panel", str(id_)), b"x", b"")
        assert new == (id_ not in kept)
        if new:
            kept = [*kept, id_][-capacity:]
