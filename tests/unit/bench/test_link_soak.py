import json

import pytest
from typer.testing import CliRunner

from or_robot.bench import link_soak, soak


@pytest.mark.parametrize(
    ("phases", "tasks", "expected"),
    [("a", "b", (0, 0)), ("", "b", (1, 0)), ("a a", "b b b", (0, 3)), ("a x", "", (1, 0))],
)
def test_lost_and_duplicated(tmp_path, phases, tasks, expected):
    (tmp_path / "acknowledged").write_text("phase a\ntask b\n")
    (tmp_path / "phases").write_text("\n".join(phases.split()))
    (tmp_path / "tasks").write_text("\n".join(tasks.split()))
    assert link_soak.judged(tmp_path) == expected


def test_a_small_soak_goes_on_where_it_ended(tmp_path):
    file = tmp_path / "figures.json"
    for messages in (50, 100):
        arguments = ["--messages", str(messages), "--kills", "1", "--profile", "lan"]
        arguments += ["--folder", str(tmp_path), "--json", str(file)]
        result = CliRunner().invoke(link_soak.app, arguments)
        assert result.exit_code == 0, result.output
    figures = json.loads(file.read_text())
    assert figures["messages"] >= 100
    assert (figures["lost"], figures["duplicated_effects"], figures["restarts"]) == (0, 0, 1)


def test_an_unknown_part_names_the_parts(capsys):
    with pytest.raises(SystemExit) as ended:
        soak.app(["--part", "moon"], "or-robot bench soak")
    assert ended.value.code == 2
    assert "link" in capsys.readouterr().err
