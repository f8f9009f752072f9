"""`or-robot sim`: maps made from worlds, a live view of a run."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
from pathlib import Path
from typing import Annotated

import typer

from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import load_scenario
from or_robot.share import share
from or_robot.sim.map_files import write_map, write_masks, write_picture
from or_robot.sim.occupancy import slice_world
from or_robot.sim.pictures import SIZE, take_pictures
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf_reader import load_world
from or_robot.sim.view import show
from or_robot.sim.view_picture import take_view_picture
from or_robot.world.site import read_stations_and_zones

app = typer.Typer(help="The simulated wing.", no_args_is_help=True, add_completion=False)


@app.callback()
def sim() -> None:
    """The simulated wing."""


@app.command("map")
def map_(
    world: Annotated[str, typer.Argument(help="name of a world under simulation/worlds")],
    out: Annotated[
        Path | None, typer.Option(help="folder to write [default: simulation/maps/WORLD]")
    ] = None,
    resolution: Annotated[float, typer.Option(min=0.01, max=0.5, help="cell side, m")] = 0.05,
) -> None:
    """Make a world's map (its geometry at the height of the lidar), zone masks and a picture."""
    description = load_world(world)
    root = share("simulation")
    stations, zones = read_stations_and_zones(root / "worlds" / f"{world}.yaml")
    height = courier_model().lidar_height
    inside = [(station.pose.x, station.pose.y) for station in stations.values()]
    made = slice_world(description, height, resolution, inside)
    folder = out or root / "maps" / world
    write_map(made, folder)
    write_masks(made.spec, zones, RobotConfig().max_speed, folder)
    write_picture(made, stations, zones, folder / "map.png")
    print(f"{folder}: {made.spec.columns} × {made.spec.rows} cells of {resolution:g} m")


@app.command()
def view(
    scenario: Annotated[str, typer.Argument(help="a name from `or-robot scenario list`")] = (
        "deliver_tray"
    ),
    seed: Annotated[int, typer.Option(min=0)] = 1,
    speed: Annotated[
        float, typer.Option(min=0.0, help="times real time; 0: as fast as it goes")
    ] = 1.0,
    host: Annotated[str, typer.Option(help="address the page listens on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any")] = 8090,
) -> None:
    """Run a scenario and watch it from above in a browser."""
    show(load_scenario(scenario), seed, speed, host, port, lambda line: print(line, flush=True))


@app.command()
def pictures(
    out: Annotated[Path, typer.Option(help="folder to write")] = Path("docs/images"),
    scenario: Annotated[str, typer.Option(help="whose people are in them")] = "crowded_corridor",
) -> None:
    """Make the pictures of the documentation: wing, robot, people, camera, live view.

    Needs software EGL and Chromium, no display. The map's picture comes with `or-robot sim map`.
    """
    told = load_scenario(scenario)
    for file in take_pictures(told, out):
        print(file)
    take_view_picture(told, out / "sim-view.png", SIZE)
    print(out / "sim-view.png")


@app.command()
def compare(
    log: Annotated[
        Path | None, typer.Option(help="commands to replay: t_s, linear, angular")
    ] = None,
    out: Annotated[Path, typer.Option(help="plot to write")] = Path(
        "docs/images/gazebo-agreement.png"
    ),
    camera: Annotated[
        Path | None, typer.Option(help="picture to write of what the robot's camera sees in both")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
) -> None:
    """Replay one command log in MuJoCo and in Gazebo (after `make gazebo`); 20 s of real time."""
    replays = importlib.import_module("or_robot.gazebo.replays")
    found = replays.replay_in_both(log or share("simulation", "recordings", "drive_20s.csv"), out)
    print(
        f"after {found.seconds:.1f} s: {100 * found.end_m:.1f} cm and "
        f"{math.degrees(found.end_rad):.2f}° apart, at worst {100 * found.worst_m:.1f} cm; {out}"
    )
    if camera is not None:
        cameras = importlib.import_module("or_robot.gazebo.pictures")
        apart = cameras.take_camera_pictures(camera)
        print(f"camera: depths differ by {1000 * apart:.0f} mm (median); {camera}")
    if json_file is not None:
        json_file.write_text(json.dumps(dataclasses.asdict(found), indent=2) + "\n")
