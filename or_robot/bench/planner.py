"""Yardstick `planner`: paths over large maps, against a C++ A* and scikit-image, in one run."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from or_robot.config.planning import PlannerConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.planner import Planner
from or_robot.planning.search import a_star
from or_robot.types.costmap import INSCRIBED
from or_robot.types.navigation import GoalRefused
from or_robot.world.costs import distance_to_lethal, inflate
from or_robot.world.site import read_map

app = typer.Typer(add_completion=False)

SEED, PAIRS = 33, 100
FROM_OBSTACLES_M, APART_M = 0.27, 3.0
RADIUS_M, INFLATION_M, SCALING = 0.22, 0.55, 3.0
BLOCKED_FROM = 224
"""Cost 0.04 m beyond the radius: the robot is anywhere in its cell, an obstacle in its own."""
SHOWN = 12
"""Paths in a plot."""

Cell = tuple[int, int]


@dataclass(frozen=True)
class Arena:
    """One map as all contenders get it."""

    name: str
    spec: GridSpec
    lethal: NDArray[np.bool_]
    costs: NDArray[np.uint8]
    """Inflated once, outside the clock."""
    weights: NDArray[np.float32]
    """1, or inf where the robot would touch."""
    pairs: list[tuple[Cell, Cell]]


@app.command()
def planner(
    maps: Annotated[Path, typer.Option(help="folder of maps in Nav2's format, or one map")],
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    pairs: Annotated[int, typer.Option(min=2, help="start and goal pairs a map")] = PAIRS,
    mcp: Annotated[int, typer.Option(min=1, help="of them also by MCP_Geometric: slow")] = 10,
    plot: Annotated[Path | None, typer.Option(help="folder for a picture of each map")] = None,
) -> None:
    """Processor time from costmap and goal to a smooth path; contenders take turns on each pair.

    Needs the peers: pip install 'or_robot[bench]'.
    """
    files = [maps] if maps.is_file() else sorted(maps.glob("*.yaml"))
    if not files:
        raise OrRobotError(f"no map (*.yaml) in {maps}", "give the folder with --maps")
    astar, graph = _peer("pyastar2d", "pyastar2d"), _peer("skimage.graph", "scikit-image")
    found = []
    for file in files:
        arena = _arena(file, pairs)
        figures, paths = _run(arena, astar, graph, mcp)
        found.append(figures)
        if plot is not None:
            _draw(arena, paths, plot)
    result = {
        "maps": found,
        "seed": SEED,
        "pairs": pairs,
        "mcp_pairs": min(mcp, pairs),
        "versions": {name: version(name) for name in ("pyastar2d", "scikit-image", "numba")},
    }
    _print(found)
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _peer(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise OrRobotError(f"{package} is not installed", f"pip install {package}") from error


def _arena(file: Path, count: int) -> Arena:
    map_ = read_map(file)
    lethal = map_.values != 0
    costs = inflate(lethal, map_.spec.resolution, RADIUS_M, INFLATION_M, SCALING)
    weights = np.where(costs >= INSCRIBED, np.inf, 1.0).astype(np.float32)
    clear = np.argwhere(distance_to_lethal(lethal, map_.spec.resolution) >= FROM_OBSTACLES_M)
    rng = np.random.default_rng(SEED)
    pairs: list[tuple[Cell, Cell]] = []
    while len(pairs) < count:
        a, b = clear[rng.integers(len(clear), size=2)].tolist()
        if np.hypot(a[0] - b[0], a[1] - b[1]) * map_.spec.resolution > APART_M:
            pairs.append(((a[0], a[1]), (b[0], b[1])))
    return Arena(file.stem, map_.spec, lethal, costs, weights, pairs)


def _run(
    arena: Arena, astar: Any, graph: Any, mcp_pairs: int
) -> tuple[dict[str, Any], list[NDArray]]:
    """Figures of one map, and our paths (n, 2) in m."""
    ours = Planner(PlannerConfig(blocked_from=BLOCKED_FROM))
    clearance = _Clearance(arena)
    mcp_costs = np.where(np.isinf(arena.weights), -1.0, 1.0)

    def plan(a: Cell, b: Cell) -> NDArray[np.float64] | None:
        start, goal = (_pose(arena, cell) for cell in (a, b))
        try:
            return ours.plan(arena.costs, arena.spec, start, goal, 0.0).poses[:, :2]
        except GoalRefused:
            return None

    def peer(a: Cell, b: Cell) -> Any:
        return astar.astar_path(arena.weights, a, b, allow_diagonal=True)

    def mcp(a: Cell, b: Cell) -> Any:
        return graph.MCP_Geometric(mcp_costs, fully_connected=True).find_costs([a], [b])

    for contender in (plan, peer):
        contender(*arena.pairs[0])  # compiled and loaded
    times = np.full((len(arena.pairs), 3), np.nan)
    ratios, margins, paths = [], [], []
    console = Console(stderr=True)
    for n, pair in enumerate(track(arena.pairs, arena.name, console=console, transient=True)):
        times[n, 0], path = _timed(plan, pair)
        times[n, 1], _ = _timed(peer, pair)
        if n < mcp_pairs:
            times[n, 2], _ = _timed(mcp, pair)
        if path is None:
            continue
        margin = clearance.least(path)
        if margin >= RADIUS_M:
            paths.append(path)
            margins.append(margin)
            ratios.append(_length(path) / _octile(arena, pair))
    return _figures(arena.name, 1e3 * times, ratios, margins), paths


def _pose(arena: Arena, cell: Cell) -> Pose2D:
    x, y = arena.spec.centres(np.array(cell)).tolist()
    return Pose2D(x, y, 0.0)


def _length(path: NDArray[np.floating]) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _octile(arena: Arena, pair: tuple[Cell, Cell]) -> float:
    """m of the shortest 8-connected path that avoids cells where the robot would touch."""
    cells = a_star(arena.costs, INSCRIBED, 0.0, *pair, 1, 1.0)
    return _length(cells.astype(np.float64)) * arena.spec.resolution


def _timed(call: Callable[[Cell, Cell], Any], pair: tuple[Cell, Cell]) -> tuple[float, Any]:
    """Processor time of this thread in s, and the answer."""
    begun = time.thread_time()
    answer = call(*pair)
    return time.thread_time() - begun, answer


def _figures(
    name: str, times_ms: NDArray[np.float64], ratios: list[float], margins: list[float]
) -> dict[str, Any]:
    ours, astar, mcp = np.nanmedian(times_ms, axis=0)
    ours_p99, astar_p99 = np.percentile(times_ms[:, :2], 99, axis=0)
    return {
        "name": name,
        "solved": len(ratios),
        "median_ms": round(float(ours), 3),
        "p99_ms": round(float(ours_p99), 3),
        "peer": {
            "pyastar2d_ms": round(float(astar), 3),
            "pyastar2d_p99_ms": round(float(astar_p99), 3),
            "mcp_ms": round(float(mcp), 1),
        },
        "ratio": round(float(astar / ours), 2),
        "ratio_p99": round(float(astar_p99 / ours_p99), 2),
        "length_mean": round(float(np.mean(ratios)), 4) if ratios else None,
        "length_max": round(max(ratios), 4) if ratios else None,
        "clearance_min_m": round(min(margins), 4) if margins else None,
    }


class _Clearance:
    """Exact distance of paths from obstacles."""

    STEP_M = 0.01
    """Between the places looked at: the distance in between is less by at most half of it."""
    NEAREST = 12
    """Obstacle cells looked at from one place: by centres, the nearest square is among them."""

    def __init__(self, arena: Arena) -> None:
        edges = arena.lethal & ~binary_erosion(arena.lethal)
        self._centres = arena.spec.centres(np.argwhere(edges))
        self._half = arena.spec.resolution / 2.0
        self._tree = cKDTree(self._centres)

    def least(self, path: NDArray[np.float64]) -> float:
        """m from the path (n, 2), m, to the nearest point of any obstacle cell's square."""
        way = np.append(0.0, np.cumsum(np.hypot(*np.diff(path, axis=0).T)))
        at = np.linspace(0.0, way[-1], int(way[-1] / self.STEP_M) + 2)
        places = np.column_stack([np.interp(at, way, column) for column in path.T])
        distances, _ = self._tree.query(places)
        near = places[distances < RADIUS_M + 4.0 * self._half]
        if not len(near):
            return float(distances.min()) - np.sqrt(2.0) * self._half
        _, cells = self._tree.query(near, k=self.NEAREST)
        off = np.abs(self._centres[cells] - near[:, None]) - self._half
        return float(np.hypot(*np.moveaxis(np.maximum(off, 0.0), -1, 0)).min())


def _draw(arena: Arena, paths: list[NDArray], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(8, 8), layout="tight")
    axes = figure.subplots()
    small = cv2.resize(arena.costs, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    extent = (0.0, *(n * arena.spec.resolution for n in arena.spec.shape[::-1]))
    left, low = arena.spec.origin_x, arena.spec.origin_y
    axes.imshow(
        small,
        cmap="Greys",
        origin="lower",
        extent=(left, left + extent[1], low, low + extent[2]),
    )
    for path in paths[:SHOWN]:
        axes.plot(*path.T, linewidth=1.5)
    axes.set_title(f"{arena.name}: the first {min(SHOWN, len(paths))} paths")
    axes.set_xlabel("x in m")
    axes.set_ylabel("y in m")
    figure.savefig(folder / f"planner-{arena.name}.png", dpi=110)


def _print(found: list[dict[str, Any]]) -> None:
    for row in found:
        peer = row["peer"]
        print(
            f"{row['name']}: {row['solved']} solved, {row['median_ms']} ms (p99 {row['p99_ms']}), "
            f"pyastar2d {peer['pyastar2d_ms']} ms ({peer['pyastar2d_p99_ms']}), "
            f"MCP {peer['mcp_ms']} ms, ratio {row['ratio']} ({row['ratio_p99']}), "
            f"length over octile {row['length_mean']} (max {row['length_max']}), "
            f"clearance from {row['clearance_min_m']} m"
        )
