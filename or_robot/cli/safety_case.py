"""`or-robot safety-case`: the hazards, what controls them, and the last result of every test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from or_robot.config.document import Value, read_document
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.share import share

app = typer.Typer(add_completion=False)

TEXTS = ("hazard", "harm", "cause", "control", "residual")
DISCLAIMER = (
    "An engineering risk file: what can go wrong, what we did about it, and whether its tests "
    "passed. It is not a certification, no risk file after ISO 14971, and no safety case in the "
    "sense of any standard. Not for clinical use."
)
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    texts: Mapping[str, str]
    tests: tuple[str, ...]
    faults: tuple[str, ...]
    """Rows of `or-robot bench faults`."""
    commands: tuple[str, ...]
    """Commands of the panel that the row is about."""


@app.command()
def safety_case(
    hazards: Annotated[Path | None, typer.Option(help="file of the hazards")] = None,
    results: Annotated[Path | None, typer.Option(help="results that `make test` left")] = None,
    short: Annotated[bool, typer.Option(help="only the sums and what is wrong")] = False,
) -> None:
    """Print each hazard with its tests' last results.

    Exit status 1 when a hazard has no control or no test, or a test has failed or has no result.
    """
    rows = read_hazards(hazards or share("docs", "safety", "hazards.yaml"))
    outcomes = _outcomes(results)
    bench = _bench(home() / "bench" / "faults.jsonl")
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    wrong = []
    for row in rows:
        lines = [_told(test, outcomes.get(test, "no result")) for test in row.tests]
        lines += [_told(f"bench faults: {name}", bench.get(name, "not run")) for name in row.faults]
        wrong += [f"{row.id}: {problem}" for problem in problems(row, outcomes, bench)]
        if not short:
            console.print(f"[bold]{row.id}[/bold]  {row.texts['hazard']}", soft_wrap=True)
            for name in TEXTS[1:]:
                console.print(f"    {name:<9} {row.texts[name]}", soft_wrap=True)
            for line in lines:
                console.print(f"    {line}", soft_wrap=True)
            console.print()
    console.print(DISCLAIMER, soft_wrap=True)
    tests = {test for row in rows for test in row.tests}
    console.print(f"{len(rows)} hazards, {len(tests)} tests, {len(wrong)} problems")
    for problem in wrong:
        console.print(f"  {problem}", soft_wrap=True)
    if wrong:
        raise typer.Exit(1)


def read_hazards(file: Path) -> list[Row]:
    """Every hazard. Raises OrRobotError naming file and line."""
    rows = [_row(value) for value in read_document(file).fields(("hazards",))["hazards"].items()]
    ids = [row.id for row in rows]
    twice = [id_ for id_ in ids if ids.count(id_) > 1]
    if twice:
        raise OrRobotError(f"{file.name}: {twice[0]} is there twice", "give each hazard its own id")
    return rows


def _row(value: Value) -> Row:
    fields = value.fields(("id", *TEXTS, "tests"), ("faults", "commands"))

    def names(key: str) -> tuple[str, ...]:
        return tuple(item.text() for item in fields[key].items()) if key in fields else ()

    texts = {name: fields[name].text() for name in TEXTS}
    return Row(fields["id"].text(), texts, names("tests"), names("faults"), names("commands"))


def problems(row: Row, outcomes: Mapping[str, str], bench: Mapping[str, str]) -> list[str]:
    """What is wrong with one hazard; one without control is refused when read.

    A fault that the bench was not run for here is not wrong.
    """
    found = [] if row.tests else ["no test"]
    for test in row.tests:
        outcome = outcomes.get(test, "no result")
        if outcome != PASSED:
            found.append(f"{test}: {outcome}")
    found += [f"bench faults: {n}: not ok" for n in row.faults if bench.get(n) == "not ok"]
    return found


def _told(what: str, outcome: str) -> str:
    return f"{'✓' if outcome in (PASSED, 'ok') else '✗'} {what}: {outcome}"


def _outcomes(file: Path | None) -> dict[str, str]:
    path = file or share("docs").parent / "build" / "test_results.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: result["outcome"] for name, result in found.items()}
    except FileNotFoundError:
        raise OrRobotError(f"no test results in {path}", "run `make test` first") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OrRobotError(f"{path} cannot be read: {error}", "run `make test` again") from None


def _bench(log: Path) -> dict[str, str]:
    """Last result of each fault that the bench was run for with this home."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    rows = [json.loads(line) for line in lines]
    words = {True: "ok", False: "not ok", None: "not run"}
    return {row["fault"]: words[row["ok"]] for row in rows}
