"""`or-robot doctor`: what is present, what is missing, what to do about it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from or_robot.doctor import Finding, examine, healthy

app = typer.Typer(help="Look at this machine: what is missing, and the remedy.")

JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the findings there.")]


@app.command()
def doctor(json_file: JsonOption = None) -> None:
    """Exit status 0: the suite can start here. 1: something that it needs is missing."""
    findings = examine()
    Console().print(_table(findings))
    if json_file is not None:
        rows = [dataclasses.asdict(finding) for finding in findings]
        json_file.write_text(json.dumps({"healthy": healthy(findings), "findings": rows}, indent=1))
    raise typer.Exit(0 if healthy(findings) else 1)


def _table(findings: list[Finding]) -> Table:
    table = Table("", "what", "found", "remedy")
    for finding in findings:
        remedy = "" if finding.present else finding.remedy
        table.add_row(_state(finding), finding.name, Text(finding.detail), Text(remedy))
    return table


def _state(finding: Finding) -> Text:
    if finding.present:
        return Text("present", style="green")
    return Text("missing", style="bold red") if finding.required else Text("not there", "yellow")
