"""`or-robot up`: start the suite and keep it running until Ctrl-C."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import Annotated

import typer

from or_robot.bringup.description import Options
from or_robot.bringup.environment import free_port
from or_robot.bringup.supervisor import Supervisor
from or_robot.config.link import LinkConfig
from or_robot.gazebo.display import viewer_command
from or_robot.gazebo.prefix import gazebo_prefix
from or_robot.gazebo.server import enter_own_network
from or_robot.home import home
from or_robot.scenario.description import load_scenario

app = typer.Typer(add_completion=False)


class Sim(StrEnum):
    MUJOCO = "mujoco"
    GAZEBO = "gazebo"
    NONE = "none"


class Network(StrEnum):
    LAN = "lan"
    WIFI = "wifi"
    FIVE_G = "5g"


@app.command()
def up(
    scenario: Annotated[str, typer.Option(help="Scenario whose people and tasks run.")] = "",
    seed: Annotated[int, typer.Option(help="Of the simulation's noise.", min=0)] = 1,
    sim: Annotated[Sim, typer.Option(help="Simulator; none where a real base runs.")] = Sim.MUJOCO,
    gui: Annotated[bool, typer.Option("--gui", help="With --sim gazebo: its window too.")] = False,
    host: Annotated[str, typer.Option(help="Address the panel listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the panel; 0: any.", min=0, max=65535)] = 8080,
    tls_cert: Annotated[
        str, typer.Option(help="Certificate chain of the panel (PEM): then it speaks HTTPS.")
    ] = "",
    tls_key: Annotated[str, typer.Option(help="Its private key (PEM).")] = "",
    viewer_url: Annotated[
        str, typer.Option(help='Study viewer the panel links to, "{patient}" where the ID belongs.')
    ] = "",
    link_port: Annotated[
        int, typer.Option(help="First of the link's five ports; 0: any.", min=0, max=65526)
    ] = LinkConfig.port,
    link_profile: Annotated[
        Network, typer.Option(help="Network simulated between servers and their clients.")
    ] = Network.LAN,
    for_: Annotated[
        float | None, typer.Option("--for", help="Stop after so many seconds.", min=0.0)
    ] = None,
    no_panel: Annotated[
        bool,
        typer.Option("--no-panel", help="Without panel: the robot drives once another has a link."),
    ] = False,
) -> None:
    """Start simulation or robot, information and panel; Ctrl-C stops them all."""
    if gui and sim is not Sim.GAZEBO:
        raise typer.BadParameter("needs --sim gazebo", param_hint="--gui")
    if sim is Sim.GAZEBO:
        _check_gazebo(gui=gui)
    if scenario:
        load_scenario(scenario)  # an unknown name or a damaged file ends here, in one line
    options = Options(
        sim=sim.value,
        window="gazebo" if gui else "none",
        panel="no" if no_panel else "yes",
        scenario=scenario,
        link_profile=link_profile.value,
        seed=seed,
        host=host,
        tls_cert=tls_cert,
        tls_key=tls_key,
        viewer_url=viewer_url,
        port=port or free_port(host),
    )
    link = link_port or free_port(options.link_host, len(options.link_ports()))
    options = dataclasses.replace(options, link_port=link)
    Supervisor(options, home(), lambda line: print(line, flush=True)).run(for_)


def _check_gazebo(*, gui: bool) -> None:
    """What keeps Gazebo from starting is said before anything has started."""
    prefix = gazebo_prefix()
    enter_own_network()
    if gui:
        viewer_command(prefix)
