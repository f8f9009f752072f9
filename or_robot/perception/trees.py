"""A boosted ensemble of regression trees, as arrays (Friedman: Greedy function approximation)."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.errors import OrRobotError

ARRAYS = ("feature", "threshold", "left", "right", "value", "roots")


@dataclass(frozen=True, slots=True)
class Trees:
    """score = base + sum over trees of the value of the leaf in which a row ends."""

    base: float
    feature: NDArray[np.int32]
    """(nodes,) column compared; -1 in a leaf."""
    threshold: NDArray[np.float32]
    """(nodes,) values up to it go left."""
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    """(nodes,) next node."""
    value: NDArray[np.float32]
    """(nodes,) of a leaf, learning rate included."""
    roots: NDArray[np.int32]
    """(trees,) first node of each."""
    names: tuple[str, ...]
    """Of the columns, in order."""
    provenance: dict[str, Any]
    """Where the weights come from."""

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) log-odds of rows (n, names)."""
        narrow = np.ascontiguousarray(rows, dtype=np.float32)
        arrays = (self.feature, self.threshold, self.left, self.right, self.value, self.roots)
        return _scores(narrow, self.base, *arrays)

    def save(self, file: Path) -> None:
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ARRAYS}
        about = {"base": self.base, "names": self.names, "provenance": self.provenance}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, about=np.array(json.dumps(about)), **arrays)
        file.write_bytes(buffer.getvalue())

    @staticmethod
    def load(file: Path) -> Trees:
        """Raises OrRobotError when the file is missing or not such an ensemble."""
        remedy = "or-robot perception train makes it"
        try:
            with np.load(file, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                arrays: dict[str, Any] = {name: stored[name] for name in ARRAYS}
        except FileNotFoundError as error:
            raise OrRobotError(f"{file} does not exist", remedy) from error
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise OrRobotError(f"{file} holds no trees: {error}", remedy) from error
        names, provenance = tuple(about["names"]), about["provenance"]
        trees = Trees(base=about["base"], names=names, provenance=provenance, **arrays)
        if not _sound(trees):
            raise OrRobotError(f"{file} holds damaged trees", remedy)
        return trees


def _sound(trees: Trees) -> bool:
    """Whether every walk from a root ends in a leaf: children come after their parents."""
    nodes = len(trees.feature)
    inner = trees.feature >= 0
    here = np.arange(nodes)[inner]
    return bool(
        all(len(getattr(trees, name)) == nodes for name in ARRAYS[1:-1])
        and np.all((trees.left[inner] > here) & (trees.left[inner] < nodes))
        and np.all((trees.right[inner] > here) & (trees.right[inner] < nodes))
        and np.all(trees.feature < len(trees.names))
        and np.all((trees.roots >= 0) & (trees.roots < nodes))
    )


@njit(cache=True)
def _scores(
    rows: NDArray[np.float32],
    base: float,
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    value: NDArray[np.float32],
    roots: NDArray[np.int32],
) -> NDArray[np.float64]:
    scores = np.full(rows.shape[0], base)
    for n in range(rows.shape[0]):
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = left[node] if rows[n, feature[node]] <= threshold[node] else right[node]
            scores[n] += value[node]
    return scores
