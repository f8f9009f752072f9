"""The map a lidar would draw of a world: its geometry sliced at the lidar's height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import Model, Shape, ShapeKind, World
from or_robot.types.site import FREE, OCCUPIED, UNKNOWN, OccupancyMap

SAMPLES_PER_CELL = 10
"""A 5 cm cell is sampled every 5 mm, so that a drip stand is not missed."""


def placed_shapes(world: World) -> Iterator[tuple[str, Transform, Shape]]:
    """Every collision shape that stands still: its model's name, map ← shape, shape.

    What a prismatic joint moves (a door's leaf) is left out: the map shows doors open.
    """
    for model in world.models:
        yield from model_shapes(model, model.name, Transform.identity())


def model_shapes(
    model: Model, name: str, parent: Transform
) -> Iterator[tuple[str, Transform, Shape]]:
    """Every collision shape of one model: `name`, the frame `parent` is in ← shape, shape."""
    frame = parent.compose(model.pose)
    moving = {joint.child for joint in model.joints if joint.kind == "prismatic"}
    for link in model.links:
        if link.name in moving:
            continue
        for collision in link.collisions:
            yield name, frame.compose(link.pose).compose(collision.pose), collision.shape
    for child in model.models:
        yield from model_shapes(child, name, frame)


def slice_world(
    world: World, height: float, resolution: float, inside: Sequence[tuple[float, float]]
) -> OccupancyMap:
    """Occupancy of the plane z = `height` (m) in cells of `resolution` (m).

    A cell is occupied when geometry reaches into it, free when it can be reached from the points
    `inside` (x, y in m) without crossing an occupied cell (4-neighbours), else unknown.
    """
    shapes = [
        (pose, shape)
        for _, pose, shape in placed_shapes(world)
        if shape.kind is not ShapeKind.PLANE
        and abs(pose.position[2] - height) <= reach(pose, shape)[2]
    ]
    spec = _spec(shapes, resolution)
    occupied = np.zeros(spec.shape, dtype=bool)
    for pose, shape in shapes:
        _mark(occupied, spec, height, pose, shape)
    free = _reachable(~occupied, spec.cells(np.array(inside, dtype=np.float64).reshape(-1, 2)))
    values = np.where(occupied, OCCUPIED, np.where(free, FREE, UNKNOWN)).astype(np.int8)
    return OccupancyMap(spec, values)


def footprint_of(model: Model) -> tuple[float, float]:
    """Half length and half width of a model about its origin, m."""
    shapes = model_shapes(model, model.name, Transform.identity())
    corners = [np.abs(pose.position) + reach(pose, shape) for _, pose, shape in shapes]
    half = np.max(corners, axis=0)
    return float(half[0]), float(half[1])


def reach(pose: Transform, shape: Shape) -> NDArray[np.float64]:
    """(3,) half sides of the upright box around a placed shape; a plane is without end."""
    if shape.kind is ShapeKind.PLANE:
        return np.array([np.inf, np.inf, 0.0])
    return np.abs(pose.rotation) @ shape.half_extent


def _spec(shapes: list[tuple[Transform, Shape]], resolution: float) -> GridSpec:
    corners = np.array([[p.position - reach(p, s), p.position + reach(p, s)] for p, s in shapes])
    low = np.floor(corners[:, 0, :2].min(axis=0) / resolution) - 2
    high = np.ceil(corners[:, 1, :2].max(axis=0) / resolution) + 2
    columns, rows = (high - low).astype(int)
    origin = low * resolution
    return GridSpec(float(origin[0]), float(origin[1]), resolution, int(rows), int(columns))


def _mark(
    occupied: NDArray[np.bool_], spec: GridSpec, height: float, pose: Transform, shape: Shape
) -> None:
    half = reach(pose, shape)[:2]
    (row0, column0), (row1, column1) = spec.cells(
        np.array([pose.position[:2] - half, pose.position[:2] + half])
    )
    rows, columns = row1 - row0 + 1, column1 - column0 + 1
    n = SAMPLES_PER_CELL
    step = spec.resolution / n
    x = spec.origin_x + column0 * spec.resolution + (np.arange(columns * n) + 0.5) * step
    y = spec.origin_y + row0 * spec.resolution + (np.arange(rows * n) + 0.5) * step
    points = np.stack([*np.meshgrid(x, y), np.full((y.size, x.size), height)], axis=-1)
    hit = shape.contains(pose.inverse().apply(points))
    cells = hit.reshape(rows, n, columns, n).any(axis=(1, 3))
    occupied[row0 : row1 + 1, column0 : column1 + 1] |= cells


def _reachable(open_: NDArray[np.bool_], seeds: NDArray[np.intp]) -> NDArray[np.bool_]:
    regions, _ = ndimage.label(open_)
    wanted = np.unique(regions[seeds[:, 0], seeds[:, 1]])
    return np.isin(regions, wanted[wanted > 0])
