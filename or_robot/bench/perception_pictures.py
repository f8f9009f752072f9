"""Pictures of docs/perception.md: ROC of the legs, a tracked scene, depth over the camera image."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from or_robot.bench.leg_simulation import ROUTES
from or_robot.bench.leg_training import SampleStore, fit, part_scores
from or_robot.bench.people_bags import bags, read_bag
from or_robot.config.perception import DepthConfig, PeopleConfig
from or_robot.geometry.pose import Pose2D
from or_robot.home import home
from or_robot.perception.depth import understand
from or_robot.perception.people import PeopleTracker
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.people import PersonPlan
from or_robot.sim.config import SimConfig
from or_robot.sim.world import SimWorld
from or_robot.types.motion import PoseEstimate
from or_robot.world.site import load_site

WORLD = "operating_wing"
SMOOTH = SimConfig(camera_samples=4)
HERE = Pose2D(10.0, 8.0, 0.0)
SCANS = 120
SHOWN = 25
"""Last scans of the tracked scene whose tracks are drawn as lines."""


def roc(folder: Path, out: Path, seed: int) -> None:
    """Each bag with people scored by weights that learnt from the others."""
    store = SampleStore(home() / "bench" / "people-samples", seed)
    read = [read_bag(file) for file in bags(folder)]
    figure, axes = plt.subplots(figsize=(5.0, 4.0))
    for bag in read:
        if not bag.has_people:
            continue
        parts = [store.of(other) for other in read if other is not bag]
        scores, legs = part_scores(fit([*parts, store.simulated()], seed, {}), bag.recordings[0])
        false, true, _ = roc_curve(legs, scores)
        axes.plot(false, true, label=f"{bag.name}: {roc_auc_score(legs, scores):.3f}")
    axes.set(xlabel="clusters of other things taken for legs", ylabel="legs found", xlim=(0, 0.3))
    axes.legend(loc="lower right", title="area under the whole curve")
    _save(figure, out)


def tracked_scene(out: Path, seed: int) -> None:
    """A crowded piece of corridor: the scan, people as they are, tracks as they are told."""
    people = [
        PersonPlan(f"person_{n}", np.array(route), 0.8 + 0.1 * n, 0.0, "back", True)
        for n, route in enumerate(ROUTES)
    ]
    world, site = SimWorld(WORLD, seed=seed, people=people, start=HERE), load_site(WORLD)
    tracker = PeopleTracker(PeopleConfig(), site.map)
    told = []
    for n in range(SCANS):
        scan = world.step(0.1 * (n + 1)).scans[-1]
        pose = world.truth().robot
        told.append(tracker.update(scan, PoseEstimate(scan.stamp_s, pose, np.eye(3), False)))
    figure, axes = plt.subplots(figsize=(8.0, 4.0))
    ends = pose.transform(scan.points())
    axes.plot(*ends.T, ".", color="0.5", markersize=1.5, label="scan")
    for person in world.truth().people:
        for x, y, radius in person.discs[1:]:
            axes.add_patch(plt.Circle((x, y), radius, color="tab:green", alpha=0.6))
    for track in told[-1].tracks:
        way = [t.position for tracks in told[-SHOWN:] for t in tracks.tracks if t.id == track.id]
        axes.plot(*np.array(way).T, color="tab:blue", linewidth=1.0)
        x, y = track.position.tolist()
        axes.annotate(str(track.id), (x, y), color="tab:blue")
        axes.arrow(*track.position, *track.velocity, color="tab:blue", width=0.02)
    axes.plot(pose.x, pose.y, "s", color="tab:red", label="robot")
    axes.set(xlim=(4.0, 18.0), ylim=(5.5, 11.0), aspect="equal", xlabel="x, m", ylabel="y, m")
    axes.legend(loc="upper right")
    _save(figure, out)


def depth_layer(out: Path, seed: int) -> None:
    """What stands out, red over the camera's own image: a cable, and a lowered boom."""
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 2.8))
    for axis, model, gap in zip(axes, ("floor_cable", "lowered_boom"), (1.5, 1.8), strict=True):
        thing = ObjectPlan(model, model, Pose2D(HERE.x + gap + 0.33, HERE.y, 0.0), 0.0)
        world = SimWorld(WORLD, seed=seed, objects=[thing], config=SMOOTH, start=HERE)
        image = world.camera_now()
        seen = understand(image, DepthConfig())
        picture = image.color.copy()
        picture[seen.obstacle] = (picture[seen.obstacle] * 0.4 + np.array([153, 0, 0])).astype(
            np.uint8
        )
        axis.imshow(picture)
        axis.set_title(f"{model} {gap} m before the robot", fontsize=9)
        axis.axis("off")
    _save(figure, out)


def _save(figure: matplotlib.figure.Figure, out: Path) -> None:
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)
