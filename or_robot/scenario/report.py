"""One HTML page about a series of runs; everything it shows is in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario
from or_robot.scenario.figures import summary
from or_robot.scenario.plots import plot_run, plot_series
from or_robot.scenario.runner import Run

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto;
  padding: 0 1rem; color: #1c2733 }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem }
th, td { padding: 0.25rem 0.7rem; text-align: right }
th { border-bottom: 2px solid #567; font-weight: 600 }
td { border-bottom: 1px solid #d5dbe1 }
th:first-child, td:first-child { text-align: left }
.failed { color: #a3140b; font-weight: 600 }
img { width: 100% }
summary { cursor: pointer }
p.small { color: #567; font-size: 0.9rem }
"""
RUN_COLUMNS = {
    "seed": "seed",
    "ended": "ended",
    "contacts": "contacts",
    "zone_entries": "zone entries",
    "min_separation_m": "nearest (m)",
    "intimate_s": "< 0.45 m (s)",
    "personal_s": "< 1.2 m (s)",
    "time_s": "time (s)",
    "path_length_m": "way (m)",
    "path_efficiency": "efficiency",
    "longest_stall_s": "stall (s)",
    "jerk_rms": "jerk (m/s³)",
}
STATISTIC_NAMES = {
    "time_s": "time (s)",
    "path_length_m": "way (m)",
    "path_efficiency": "path efficiency",
    "min_separation_m": "nearest person (m)",
    "intimate_s": "somebody nearer than 0.45 m (s)",
    "personal_s": "somebody nearer than 1.2 m (s)",
    "longest_stall_s": "longest stall with nobody near (s)",
    "jerk_rms": "jerk, RMS (m/s³)",
}


def html_report(scenario: Scenario, runs: Sequence[Run], robot: RobotConfig, made: str) -> str:
    """The page. `made`: one line on what it was made with."""
    figures = summary(scenario, runs)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><meta charset="utf-8"><title>{escape(scenario.name)}</title>',
            f"<style>{STYLE}</style>",
            f"<h1>{escape(scenario.name)}</h1><p>{escape(scenario.description)}</p>",
            f'<p class="small">{escape(made)}</p>',
            _outcome(figures),
            _image(plot_series(scenario, runs), "trajectories of all runs"),
            "<h2>Figures over all runs</h2>",
            _statistics(figures["statistics"]),
            "<h2>Runs</h2>",
            _runs(figures["runs"]),
            *_details(scenario, runs, robot, figures["runs"]),
            "</html>",
        ]
    )


def _outcome(figures: Mapping[str, Any]) -> str:
    passed = figures["passed"]
    low, high = (f"{100 * bound:.0f}" for bound in passed["ci95"])
    return (
        f"<p><b>{passed['count']} of {passed['n']} runs passed</b> "
        f"(95 % confidence: {low}–{high} %); "
        f"{figures['contacts']} contacts, {figures['zone_entries']} entries into closed zones.</p>"
    )


def _statistics(statistics: Mapping[str, Any]) -> str:
    rows = []
    for key, name in STATISTIC_NAMES.items():
        found = statistics[key]
        if found is None:
            rows.append([name, "0", "–", "–", "–", "–"])
            continue
        interval = "–" if found["ci95"] is None else "{:.3g} to {:.3g}".format(*found["ci95"])
        percentiles = (f"{found[name]:.3g}" for name in ("p5", "p95"))
        rows.append([name, str(found["n"]), f"{found['mean']:.3g}", interval, *percentiles])
    return _table(["", "runs", "mean", "95 % confidence of the mean", "p5", "p95"], rows)


def _runs(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [["–" if row[key] is None else str(row[key]) for key in RUN_COLUMNS] for row in rows]
    return _table(list(RUN_COLUMNS.values()), cells, [row["passed"] for row in rows])


def _details(
    scenario: Scenario, runs: Sequence[Run], robot: RobotConfig, rows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    for run, row in zip(runs, rows, strict=True):
        touched = "; ".join(f"{t['what']} at {t['time_s']} s" for t in row["touched"])
        state = "passed" if run.passed else "failed"
        yield f"<details><summary>Seed {run.seed}: {state} ({escape(run.ended)})</summary>"
        yield f"<p>{escape(run.said)}{escape(f' — touched: {touched}') if touched else ''}</p>"
        yield _image(plot_run(scenario, run, robot.footprint), f"run of seed {run.seed}")
        yield "</details>"


def _table(
    head: Sequence[str], rows: Sequence[Sequence[str]], sound: Sequence[bool] | None = None
) -> str:
    lines = ["<table><tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>"]
    for row, good in zip(rows, sound or [True] * len(rows), strict=True):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        lines.append(f"<tr{'' if good else ' class=failed'}>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _image(png: bytes, alt: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
