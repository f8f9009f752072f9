"""The page of parameters says what the nodes declare."""

import re
from pathlib import Path

from or_robot.config.parameters import NODES, page, parameters

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert written == page() + "\n", "python -m or_robot.config.parameters > docs/parameters.md"


def test_every_config_that_a_node_declares_is_in_the_table() -> None:
    for node, configs in NODES.items():
        source = (ROOT / "or_robot" / "nodes" / f"{node}.py").read_text(encoding="utf-8")
        declared = set(re.findall(r"declare_config\(self, (\w+)", source))
        assert declared == {config.__name__ for config, _ in configs}


def test_every_parameter_has_unit_range_and_description() -> None:
    rows = [
        row for configs in NODES.values() for c, prefix in configs for row in parameters(c, prefix)
    ]
    assert len(rows) > 100
    assert all(row.low <= row.default <= row.high and len(row.doc) > 3 for row in rows)
