import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.link.codec import SCHEMA_VERSION, Frame, Kind
from or_robot.link.errors import LinkRefused
from or_robot.link.journal import Journal
from or_robot.link.memory import AnswerMemory

KEY = ("panel-OR-1", "7")
ANSWER = Frame(SCHEMA_VERSION, Kind.REPLY, "phase.set", "7")
STEPS = st.lists(
    st.tuples(st.text(max_size=3), st.binary(max_size=4), st.booleans()), min_size=1, max_size=30
)


def written(path, steps, capacity=1000):
    journal = Journal(path, capacity)
    for id_, answer, answered in steps:
        if answered:
            journal.answered(("k", id_), b"d", answer)
        else:
            journal.begun(("k", id_), b"d")
    journal.close()


def read(path, capacity=1000):
    journal = Journal(path, capacity)
    journal.close()
    return [(entry.id[1], entry.answer) for entry in journal.entries()]


@settings(max_examples=20, deadline=None)
@given(STEPS, st.integers(0, 10_000))
def test_a_cut_off_end_loses_only_the_end(steps, cut):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        written(path, steps)
        whole = path.read_bytes()
        path.write_bytes(whole[: min(cut, len(whole))])
        states = [[]]
        kept = {}
        for id_, answer, answered in steps:
            kept.pop(id_, None)
            kept[id_] = answer if answered else b""
            states.append(list(kept.items()))
        assert read(path) in states
        assert read(path) == read(path)
        path.write_bytes(whole)
        assert read(path) == states[-1]


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 5), st.integers(1, 60))
def test_the_file_stays_small_and_keeps_the_newest(capacity, count):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        written(path, [(str(n), b"", False) for n in range(count)], capacity)
        assert path.stat().st_size <= (4 * capacity + 1) * 30
        assert read(path, capacity) == [(str(n), b"") for n in range(count)][-capacity:]


def test_memory_across_a_restart(tmp_path):
    journal = Journal(tmp_path / "journal", 10)
    memory = AnswerMemory(10, journal)
    assert memory.claim(KEY, b"close", "asker") == (True, None)
    memory.begin(KEY)
    assert memory.finish(KEY, ANSWER, keep=True) == ["asker"]
    journal.close()
    again = AnswerMemory(10, Journal(tmp_path / "journal", 10))
    assert again.claim(KEY, b"close", "asker") == (False, ANSWER)
    with pytest.raises(LinkRefused, match="something else"):
        again.claim(KEY, b"open", "asker")


def test_a_disk_that_takes_nothing_begins_nothing(tmp_path):
    journal = Journal(tmp_path / "journal", 10)
    memory = AnswerMemory(10, journal)
    memory.claim(KEY, b"close", "asker")
    os.dup2(os.open("/dev/full", os.O_WRONLY), journal._file)
    with pytest.raises(LinkRefused) as refused:
        memory.begin(KEY)
    assert refused.value.code == "disk"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OrRobotError, match="cannot be written"):
        Journal(tmp_path / "file" / "journal", 10)
