"""`or-robot bench`: finds the yardstick; its module is imported only when it is called."""

from __future__ import annotations

import importlib
import sys

from or_robot.cli.ending import end_as_by_ctrl_c

BENCHES = {
    "barn": "to a goal through unknown clutter, with scan and odometry alone",
    "faults": "every single fault in the full graph at top speed",
    "link": "card and key image over our link and its peers",
    "localization": "error among people, recovery from kidnapping",
    "soak": "long runs of one part, with things killed: --part link|store|panel",
    "reaction": "scan and STOP ROBOT to the command, protective stop, load of the suite",
    "planner": "paths over large maps against pyastar2d and scikit-image",
    "perception": "what the lidar cannot see, and markers, by the camera",
    "people": "legs in recorded scans, tracks in simulated scenarios",
    "sim": "speed and memory of the simulation",
}
"""Yardstick → one line of help. Module or_robot.bench.<name> holds its typer `app`."""


def app(args: list[str], prog_name: str) -> None:
    """Run one yardstick, with the calling convention of a typer app."""
    name = args[0] if args else "--help"
    if name in ("-h", "--help"):
        width = max(map(len, BENCHES))
        print(f"usage: {prog_name} NAME [--json FILE] …        {prog_name} NAME --help\n")
        print("\n".join(f"  {bench:<{width}}  {text}" for bench, text in BENCHES.items()))
        sys.exit(0 if args else 2)
    if name not in BENCHES:
        print(f"{prog_name}: no yardstick {name!r} — one of {', '.join(BENCHES)}", file=sys.stderr)
        sys.exit(2)
    end_as_by_ctrl_c()
    module = importlib.import_module(f"or_robot.bench.{name}")
    module.app(args=args[1:], prog_name=f"{prog_name} {name}")
