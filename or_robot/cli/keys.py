"""`or-robot keys`: who may use the link."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from or_robot.home import home
from or_robot.link.keys import SERVER_KEY, AllowedKey, KeyFolder, new_allowed_key
from or_robot.link.topics import Role

app = typer.Typer(no_args_is_help=True, help="Keys of gateways, panels and viewers on the link.")

Name = Annotated[str, typer.Argument(help="Name of the key, for example panel-OR-2.")]
RoleOption = Annotated[Role, typer.Option(help="gateway, panel or viewer.")]
RoomOption = Annotated[str, typer.Option(help="Room a panel or viewer is bound to: OR-1.")]


def _keys() -> KeyFolder:
    return KeyFolder(home() / "keys")


@app.command()
def new(name: Name, role: RoleOption, room: RoomOption = "") -> None:
    """Make a key pair here and put it on the allow-list."""
    keys = _keys()
    pair = new_allowed_key(keys, name, role, room)
    typer.echo(f"{name} may connect as {role}{f' of {room}' if room else ''}")
    typer.echo(f"public key  {pair.public}")
    typer.echo(f"secret key  {keys.secret_file(name)} (move it to its machine, with server.public)")


@app.command()
def allow(
    public_key: Annotated[
        str,
        typer.Argument(
            help="Public key made on another machine (after -- when it begins with a dash)."
        ),
    ],
    name: Annotated[str, typer.Option(help="Name to know it by.")],
    role: RoleOption,
    room: RoomOption = "",
) -> None:
    """Put a public key on the allow-list."""
    _keys().allow(AllowedKey(name, public_key, role, room))
    typer.echo(f"{name} may connect as {role}{f' of {room}' if room else ''}")


@app.command()
def revoke(name: Name) -> None:
    """Take a key off the allow-list; its connections are cut at once."""
    _keys().revoke(name)
    typer.echo(f"{name} may not connect any more")


@app.command("list")
def list_() -> None:
    """Show the allow-list and the server's public key."""
    keys = _keys()
    table = Table("name", "role", "room", "public key")
    for key in keys.allowed():
        table.add_row(key.name, key.role, key.room or "–", Text(key.public))
    if keys.secret_file(SERVER_KEY).exists():
        table.add_row(SERVER_KEY, "info", "–", Text(keys.public(SERVER_KEY)))
    Console().print(table)
