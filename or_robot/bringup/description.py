"""launch/bringup.yaml: which processes there are, and with which arguments they start."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from or_robot.config.document import Value, read_document
from or_robot.config.link import PORTS, LinkConfig
from or_robot.config.link_profile import LINK_PROFILES
from or_robot.errors import OrRobotError
from or_robot.share import share

CHOICES: Mapping[str, tuple[str, ...]] = {
    "sim": ("mujoco", "gazebo", "none"),
    "window": ("none", "gazebo"),
    "panel": ("yes", "no"),
    "link_profile": tuple(LINK_PROFILES),
}
YES_NO = ("true", "false")
RESPAWN_DELAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose when starting the suite."""

    sim: str = "mujoco"
    """"mujoco", "gazebo", or "none" where a real base publishes the sensors."""
    window: str = "none"
    """"gazebo": its own window as well, on the display of whoever starts the suite."""
    panel: str = "yes"
    scenario: str = ""
    world: str = "operating_wing"
    seed: int = 1
    """Of the simulation's noise."""
    host: str = "127.0.0.1"
    """Address the panel listens on."""
    port: int = 8080
    tls_cert: str = ""
    """Certificate chain of the panel, PEM file; empty: plain HTTP."""
    tls_key: str = ""
    viewer_url: str = ""
    """Of a study viewer that the panel links to, with {patient} in it; empty: none."""
    link_host: str = "127.0.0.1"
    link_port: int = LinkConfig.port
    """First of five, which the servers bind."""
    link_profile: str = "lan"
    """Network between servers and clients; all but "lan" is simulated by a proxy."""

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                problem = f"{name} is {getattr(self, name)!r}"
                raise OrRobotError(problem, f"one of {', '.join(choices)}")

    @property
    def dial_port(self) -> int:
        """First of the ports that gateway and panel dial: the servers' own, or the proxy's."""
        return self.link_port + (0 if self.link_profile == "lan" else PORTS)

    def link_ports(self) -> range:
        """All that are bound."""
        return range(self.link_port, self.dial_port + PORTS)

    @classmethod
    def from_strings(cls, given: Mapping[str, str]) -> Options:
        """From the arguments of a launch file. Raises OrRobotError naming the option."""
        numbers = {"port", "link_port", "seed"}
        for name in numbers & given.keys():
            if not given[name].isdigit():
                raise OrRobotError(f"{name} is {given[name]!r}", "give a whole number")
        return cls(**{k: int(v) if k in numbers else v for k, v in given.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the suite, ready to start."""

    name: str
    module: str
    """Run as `python -m module`."""
    executable: str
    """Run as `ros2 run or_robot executable`."""
    node: bool
    """A ROS node: takes --ros-args."""
    arguments: tuple[str, ...]
    parameters: Mapping[str, str | bool | int]
    parameter_files: tuple[Path, ...]
    remaps: Mapping[str, str]
    """Name in the node → name in the graph."""
    respawn: bool
    respawn_delay_s: float
    """From its first end to its next start."""
    critical: bool
    nice: int
    """Scheduling priority, -20 (first) to 19."""

    def command(self) -> list[str]:
        """Command line without ros2."""
        command = [sys.executable, "-m", self.module, *self.arguments]
        if self.node:
            command.append("--ros-args")
            for file in self.parameter_files:
                command += ["--params-file", str(file)]
            for name, value in self.parameters.items():
                text = str(value).lower() if isinstance(value, bool) else str(value)
                command += ["-p", f"{name}:={text}"]
            for name, other in self.remaps.items():
                command += ["-r", f"{name}:={other}"]
        return command


def option_defaults() -> dict[str, str]:
    """Every option with its default as text, for a launch file's arguments."""
    return {name: str(value) for name, value in dataclasses.asdict(Options()).items()}


def processes(options: Options, file: Path | None = None) -> list[Process]:
    """What to start, in this order. Raises OrRobotError naming file and line."""
    document = read_document(file or share("launch", "bringup.yaml"))
    rows = document.fields(required=("processes",))["processes"]
    return [process for row in rows.items() if (process := _process(row, options)) is not None]


def _process(row: Value, options: Options) -> Process | None:
    fields = row.fields(
        required=("name", "module", "executable"),
        optional=(
            "args",
            "params",
            "remap",
            "when",
            "node",
            "respawn",
            "respawn_delay",
            "critical",
            "nice",
        ),
    )
    if "when" in fields and not _wanted(fields["when"], options):
        return None
    node = _flag(fields, "node", default=False)
    return Process(
        name=fields["name"].text(),
        module=fields["module"].text(),
        executable=fields["executable"].text(),
        node=node,
        arguments=tuple(_filled(v, options) for v in _list(fields, "args")),
        parameters=_parameters(fields, options) if node else {},
        parameter_files=(share("launch", "params", "robot.yaml"),) if node else (),
        remaps={name: value.text() for name, value in fields["remap"].mapping().items()}
        if "remap" in fields
        else {},
        respawn=_flag(fields, "respawn", default=True),
        respawn_delay_s=fields["respawn_delay"].number(0.1, 60.0)
        if "respawn_delay" in fields
        else RESPAWN_DELAY_S,
        critical=_flag(fields, "critical", default=False),
        nice=int(fields["nice"].number(-20, 19)) if "nice" in fields else 0,
    )


def _wanted(when: Value, options: Options) -> bool:
    wanted = True
    for name, values in when.mapping().items():
        if name not in CHOICES:
            raise values.error("is no option", f"one of {', '.join(CHOICES)}")
        wanted &= getattr(options, name) in [value.text(CHOICES[name]) for value in values.items()]
    return wanted


def _parameters(fields: Mapping[str, Value], options: Options) -> dict[str, str | bool | int]:
    """Simulated time where there is a simulator; a number where the text is one."""
    given = fields["params"].mapping() if "params" in fields else {}
    texts = {name: _filled(value, options) for name, value in given.items()}
    parameters: dict[str, str | bool | int] = {
        name: int(text) if text.isdigit() else text for name, text in texts.items() if text
    }
    return {"use_sim_time": options.sim != "none", **parameters}


def _filled(value: Value, options: Options) -> str:
    """`{option}` replaced by its value."""
    try:
        return value.text().format_map(_values(options))
    except KeyError as error:
        known = ", ".join(_values(options))
        raise value.error(f"has no option {error}", f"one of {known}") from None


def _values(options: Options) -> dict[str, object]:
    return {**dataclasses.asdict(options), "dial_port": options.dial_port}


def _list(fields: Mapping[str, Value], key: str) -> list[Value]:
    return list(fields[key].items()) if key in fields else []


def _flag(fields: Mapping[str, Value], key: str, *, default: bool) -> bool:
    return fields[key].text(YES_NO) == "true" if key in fields else default
