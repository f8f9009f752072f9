"""Entry point of `or-robot`: finds the command, prints expected errors as one line."""

from __future__ import annotations

import importlib
import sys

from or_robot.errors import OrRobotError

COMMANDS = {
    "up": "start the suite: simulation or robot, information, panel",
    "doctor": "what is present, what is missing, what to do about it",
    "scenario": "run a scenario and referee it",
    "sim": "look at the simulation, make maps",
    "perception": "train what the robot sees with",
    "info": "import and show patient information",
    "keys": "keys of gateways and panels on the link",
    "user": "people who may use the panel",
    "bench": "measure the product against its yardsticks",
    "safety-case": "hazards, their controls, and the last result of each linked test",
}
"""Command → one line of help. Module or_robot.cli.<command>, "-" as "_", holds its typer `app`.

A command's module is imported only when it is called, so that `or-robot --help` stays fast.
"""


def usage() -> str:
    width = max(map(len, COMMANDS))
    lines = (f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return "\n".join(
        [
            "usage: or-robot COMMAND [ARGS]…        or-robot COMMAND --help",
            "",
            "Operating-room robot and information system. Not for clinical use.",
            "",
            *lines,
        ]
    )


def main(argv: list[str] | None = None) -> None:
    """Run one command. Exit status: 0 done, 1 failed, 2 bad use."""
    arguments = sys.argv[1:] if argv is None else argv
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        print(usage())
        sys.exit(0 if arguments else 2)
    if name not in COMMANDS:
        print(f"or-robot: no command {name!r} — one of {', '.join(COMMANDS)}", file=sys.stderr)
        sys.exit(2)
    module = importlib.import_module(f"or_robot.cli.{name.replace('-', '_')}")
    try:
        module.app(args=arguments[1:], prog_name=f"or-robot {name}")
    except OrRobotError as error:
        print(f"or-robot {name}: {error}", file=sys.stderr)
        sys.exit(1)
