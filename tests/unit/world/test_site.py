"""Sites: ours is sound, damaged ones are refused by file and line."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.share import share
from or_robot.types.site import FREE
from or_robot.world.site import load_site

WORLD = "operating_wing"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    simulation = share("simulation")
    shutil.copytree(simulation / "worlds", tmp_path / "worlds")
    shutil.copytree(simulation / "maps", tmp_path / "maps")
    return tmp_path


def damage(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_wing_has_the_stations_the_contract_names() -> None:
    site = load_site(WORLD)
    named = {"dock", "sterile_store", "or_1", "or_2", "pathology", "soiled_utility"}
    assert named <= set(site.stations)
    assert site.stations["or_1"].room == "OR-1"
    assert site.stations["dock"].pose.yaw == pytest.approx(math.pi / 2)


@pytest.mark.parametrize(("world", "model"), [(WORLD, (1.5, 3.15)), ("operating_room", (0.6, 1.2))])
def test_the_docks_marker_is_on_the_charger(world: str, model: tuple[float, float]) -> None:
    """Its front, with plate and print, is 0.102 m from the middle of the charger's model."""
    dock = load_site(world).stations["dock"]
    assert dock.mark is not None
    marker = dock.pose.compose(dock.mark.offset.inverse())
    middle = marker.compose(Pose2D(-0.102, 0.0, 0.0))
    assert (middle.x, middle.y) == pytest.approx(model, abs=0.002)


def test_doors_open_by_themselves_unless_the_site_says_otherwise() -> None:
    doors = load_site(WORLD).doors
    asked = {name for name, door in doors.items() if door.on_request}
    assert asked == {"soiled_utility_door"}


def test_the_robot_fits_at_every_station_and_stands_in_no_closed_zone() -> None:
    site = load_site(WORLD)
    for station in site.stations.values():
        hull = station.pose.transform(RobotConfig().footprint * 1.1)
        u = np.linspace(0.0, 1.0, 30)[:, None]
        rim = np.concatenate(
            [a + u * (b - a) for a, b in zip(hull, np.roll(hull, -1, 0), strict=True)]
        )
        cells = site.map.spec.cells(rim)
        assert np.all(site.map.values[cells[:, 0], cells[:, 1]] == FREE), station.name
        for zone in site.zones:
            closed = zone.kind in ("keep_out", "sterile")
            assert not (closed and polygon.overlap(zone.polygon, hull)), (station.name, zone.name)


def test_polygons_run_counter_clockwise(root: Path) -> None:
    damage(
        root / "worlds" / f"{WORLD}.yaml",
        "[[5.12, 9.32], [12.0, 9.32], [12.0, 16.0], [5.12, 16.0]]",
        "[[5.12, 16.0], [12.0, 16.0], [12.0, 9.32], [5.12, 9.32]]",
    )
    for zone in load_site(WORLD, root).zones:
        assert polygon.signed_area(zone.polygon) > 0.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: sterile", "kind: holy", "kind: is 'holy'"),
        ("[10.6, 11.8], [10.6, 16.0], [6.4, 16.0]]", "[10.6, 16.0], [10.6, 11.8], [6.4, 16.0]]",
         "is no polygon"),
        ("[[6.4, 11.8], [10.6, 11.8], [10.6, 16.0], [6.4, 16.0]]", "[[1, 1], [2, 2]]",
         "is no polygon"),
        ("speed_limit: 0.5", "speed_limit: 0", "speed_limit: is 0"),
        ("    speed_limit: 0.5\n", "", "every slow zone"),
        ("pose: [1.5, 3.9, 90]", "pose: [1.5, 3.9]", "has 2 numbers"),
        ("pose: [1.5, 3.9, 90]", "pos: [1.5, 3.9, 90]", "pos: is not a known key"),
        ("  or_2:\n", "  or_1:\n", "is given twice"),
        ("open_in: [turnover, ", "open_in: [operating, ", "never open"),
        ("open_in: [turnover, ", "open_in: [lunch, ", "is 'lunch'"),
        ("caught: stay", "caught: hide", "caught: is 'hide'"),
        ("    kind: keep_out\n", "    kind: keep_out\n    open_in: [turnover]\n", "only a closed"),
        ("marker: {id: 0, ", "marker: {id: 7, ", "is no known marker"),
        ("marker: {id: 0, offset: [0.648, 0, 0]}", "marker: {id: 0}", "has no offset"),
        ("opens: on_request", "opens: sometimes", "opens: is 'sometimes'"),
    ],
)  # fmt: skip
def test_damage_is_named_with_file_and_line(root: Path, old: str, new: str, says: str) -> None:
    damage(root / "worlds" / f"{WORLD}.yaml", old, new)
    with pytest.raises(OrRobotError, match=r"operating_wing.yaml:\d+: ") as caught:
        load_site(WORLD, root)
    assert says in str(caught.value)


def test_a_world_without_a_map_says_how_to_make_it(root: Path) -> None:
    (root / "maps" / WORLD / "map.pgm").unlink()
    with pytest.raises(OrRobotError, match="or-robot sim map"):
        load_site(WORLD, root)


@pytest.mark.parametrize("content", [b"", b"P5 2 2 255 x", b"no picture"])
def test_a_damaged_map_picture_is_refused(root: Path, content: bytes) -> None:
    (root / "maps" / WORLD / "map.pgm").write_bytes(content)
    with pytest.raises(OrRobotError, match="map"):
        load_site(WORLD, root)


def test_unknown_world_lists_the_known(root: Path) -> None:
    with pytest.raises(OrRobotError, match=f"one of: .*{WORLD}"):
        load_site("moon", root)
