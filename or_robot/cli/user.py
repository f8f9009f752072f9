"""`or-robot user`: people who may use the panel."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from or_robot.home import home
from or_robot.panel.database import open_database
from or_robot.panel.roles import ROLES
from or_robot.panel.users import Users, generate_password

app = typer.Typer(help="People who may use the panel.", no_args_is_help=True)


@app.callback()
def user() -> None:
    """People who may use the panel."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="login name")],
    role: Annotated[str, typer.Option(help=f"one of {', '.join(ROLES)}")],
    generate: Annotated[
        bool, typer.Option("--generate", help="make a password and print it once")
    ] = False,
) -> None:
    """Add a person. Asks for a password, or makes one when there is no terminal to ask on."""
    asks = sys.stdin.isatty() and not generate
    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if asks
        else generate_password()
    )
    Users(open_database(home())).add(name, role, password)
    typer.echo(f"added {name} as {role}")
    if not asks:
        typer.echo(f"password (shown once): {password}")
