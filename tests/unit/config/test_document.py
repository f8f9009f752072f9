"""YAML with lines."""

from pathlib import Path

import pytest

from or_robot.config.document import read_document
from or_robot.errors import OrRobotError


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    return file


def test_reads_what_was_written(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, "name: x\nsize: 2.5\nat: [1, 2]\n"))
    fields = root.fields(required=("name", "size"), optional=("at",))
    assert fields["name"].text() == "x"
    assert fields["size"].number(0, 3) == 2.5
    assert fields["at"].numbers(2) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\nsize: 9\n", "a.yaml:2: size: is 9 — give a value from 0 to 3"),
        ("name: x\nsize: .nan\n", "a.yaml:2: size"),
        ("name: x\nsize: big\n", "a.yaml:2: size: must be a number"),
        ("name: x\nwide: 1\n", "a.yaml:2: wide: is not a known key — known here: name, size"),
        ("name: x\n", "has no size"),
        ("name: x\nname: y\nsize: 1\n", "name: is given twice"),
        ("- 1\n", "must be a mapping"),
        ("name: [\n", "a.yaml:2"),
        ("", "is empty"),
        ("name: !!python/object:os.system x\nsize: 1\n", ""),
    ],
)
def test_names_file_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    file = write(tmp_path, text)
    if not says:  # tags are never acted on
        assert read_document(file).mapping()["name"].text() == "x"
        return
    with pytest.raises(OrRobotError) as caught:
        read_document(file).fields(required=("name", "size"))["size"].number(0, 3)
    assert says in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OrRobotError, match=r"none\.yaml"):
        read_document(tmp_path / "none.yaml")
