"""Latencies of the yardstick `link` as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

BLOCKS = {"prepared": "answers ready", "same_work": "image drawn for each request"}

mpl.rcParams["svg.hashsalt"] = "or_robot"  # the same figures give the same file


def plot(figures: dict[str, Any], file: Path) -> None:
    """p50 (dot) to p99 (end of the line) of each contender, both blocks, logarithmic."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    panes = figure.subplots(1, 2)
    for axes, (block, title) in zip(panes, BLOCKS.items(), strict=True):
        rows = figures[block][::-1]
        for at, row in enumerate(rows):
            colour = "tab:blue" if row["name"] == "or_robot_link" else "0.35"
            axes.plot([row["p50_ms"], row["p99_ms"]], [at, at], color=colour, linewidth=3)
            axes.plot(row["p50_ms"], at, "o", color=colour, markersize=8)
        names = [f"{row['name']} ({row['transport']})" for row in rows]
        axes.set_yticks(range(len(rows)), names)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("card and key image, ms: p50 and p99")
        axes.set_title(title)
        axes.grid(axis="x", which="both", alpha=0.3)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
