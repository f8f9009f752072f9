"""What the live page shows: the scene once, then moments, both as JSON."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.autonomy import AutonomyOutput
from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Moment
from or_robot.sim.occupancy import footprint_of
from or_robot.sim.sdf_reader import load_model
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap


def scene(scenario: Scenario, seed: int, robot: RobotConfig) -> dict[str, Any]:
    """Everything that stays: wing, stations, zones, doors, sizes. Lengths in m, map frame."""
    site, spec = scenario.site, scenario.site.map.spec
    return {
        "name": scenario.name,
        "description": scenario.description,
        "seed": seed,
        "map": {
            "x": spec.origin_x,
            "y": spec.origin_y,
            "width": spec.columns * spec.resolution,
            "height": spec.rows * spec.resolution,
        },
        "footprint": robot.footprint.tolist(),
        "stations": {
            name: [station.pose.x, station.pose.y, station.pose.yaw]
            for name, station in site.stations.items()
        },
        "zones": [{"kind": z.kind, "polygon": z.polygon.tolist()} for z in site.zones],
        "doors": {name: door.leaf.tolist() for name, door in site.doors.items()},
        "objects": {plan.name: footprint_of(load_model(plan.model)) for plan in scenario.objects},
    }


def map_png(map_: OccupancyMap) -> bytes:
    """Walls dark, floor white, what is not mapped grey; the top row is the highest y."""
    grey = np.select([map_.values == FREE, map_.values == OCCUPIED], [255, 60], 215)
    _, png = cv2.imencode(".png", grey[::-1].astype(np.uint8))
    return png.tobytes()


def moment_json(
    moment: Moment, points: NDArray[np.float64], said: AutonomyOutput | None
) -> dict[str, Any]:
    """What changes. `points`: (n, 2) where the lidar's beams ended, m in the map frame."""
    truth = moment.truth
    path = said.path.poses[::4, :2] if said is not None and said.path is not None else np.empty(0)
    return {
        "time_s": round(truth.stamp_s, 2),
        "robot": [truth.robot.x, truth.robot.y, truth.robot.yaw],
        "speed": round(truth.twist.linear, 3),
        "scan": np.round(points, 3).tolist(),
        "path": np.round(path, 3).tolist(),
        "people": [
            {"name": p.name, "yaw": p.pose.yaw, "discs": np.round(p.discs, 3).tolist()}
            for p in truth.people
        ],
        "objects": [[o.name, o.pose.x, o.pose.y, o.pose.yaw] for o in truth.objects],
        "doors": {door.name: round(door.opening, 3) for door in truth.doors},
        "contacts": [touch.other for touch in truth.contacts],
        "battery": round(moment.frame.battery, 4),
        "safety": said.safety.mode.name if said else "",
        "reason": said.safety.reason if said else "",
        "task": _task(said),
        "delivered": moment.delivered,
    }


def _task(said: AutonomyOutput | None) -> str:
    if said is None or not said.queue.tasks:
        return ""
    task = said.queue.tasks[0]
    return f"{task.request.item or task.request.kind}: {task.state}"
