"""Yardstick `soak`: long runs of one part each; `--part NAME`, the rest is the part's."""

from __future__ import annotations

import importlib
import sys

PARTS = {
    "panel": ("or_robot.bench.panel_soak", "many live pages on one panel"),
    "link": ("or_robot.bench.link_soak", "messages through a bad network, the server killed"),
    "store": ("or_robot.bench.soak_store", "card among 10,000 patients; kill -9 during imports"),
}
"""Part → module that holds its typer `app`, one line of help."""


def app(args: list[str], prog_name: str) -> None:
    """Run one part, with the calling convention of a typer app."""
    part = args[1] if args[:1] == ["--part"] and len(args) > 1 else ""
    if part not in PARTS:
        lines = [f"  {name}  {text}" for name, (_, text) in PARTS.items()]
        help_ = "\n".join([f"usage: {prog_name} --part NAME [--json FILE] …", *lines])
        wanted = args in (["--help"], ["-h"])
        print(help_, file=sys.stdout if wanted else sys.stderr)
        sys.exit(0 if wanted else 2)
    module = importlib.import_module(PARTS[part][0])
    module.app(args=args[2:], prog_name=f"{prog_name} --part {part}")
