"""The table of all parameters of the nodes, from their declarations.

python -m or_robot.config.parameters > docs/parameters.md
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from or_robot.config.link import LinkConfig
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.perception import DepthConfig, DoorConfig, MarkerConfig, PeopleConfig
from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.config.tasks import TasksConfig

NODES: dict[str, tuple[tuple[type, str], ...]] = {
    "navigation": ((NavigatorConfig, ""), (RobotConfig, "robot.")),
    "perception": (
        (PeopleConfig, ""),
        (DepthConfig, "depth."),
        (MarkerConfig, "markers."),
        (DoorConfig, "doors."),
    ),
    "safety": ((SafetyConfig, ""), (RobotConfig, "robot.")),
    "tasks": ((TasksConfig, ""),),
    "gateway": ((LinkConfig, "link."), (RobotConfig, "robot.")),
}
"""Node → its config dataclasses and the prefix of their parameters."""

HEAD = """# Parameters

Read-only parameters of the nodes, as `ros2 param describe` shows them; a value out of its range is
refused by name when the node starts. `launch/params/robot.yaml` holds what differs from the
defaults. This page is made from the declarations:
`python -m or_robot.config.parameters > docs/parameters.md`.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One declared setting."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    doc: str


def parameters(config: type, prefix: str = "") -> Iterator[Parameter]:
    """All settings of a config dataclass with bounds, nested ones as `outer.inner`."""
    default = config()
    for field in dataclasses.fields(default):
        value, name = getattr(default, field.name), prefix + field.name
        if dataclasses.is_dataclass(value):
            yield from parameters(type(value), f"{name}.")
        elif "unit" in field.metadata:
            about = field.metadata
            yield Parameter(name, value, about["unit"], about["low"], about["high"], about["doc"])


def _line(row: Parameter) -> str:
    bounds = f"{row.low:g} … {row.high:g}"
    return f"| `{row.name}` | {row.default:g} | {bounds} | {row.unit} | {row.doc} |"


def page() -> str:
    """The whole table in Markdown."""
    parts = [HEAD]
    for node, configs in NODES.items():
        rows = [row for config, prefix in configs for row in parameters(config, prefix)]
        parts.append(
            f"\n## {node}\n\n| parameter | default | range | unit | what |\n|---|---|---|---|---|"
        )
        parts += [_line(row) for row in rows]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page())
