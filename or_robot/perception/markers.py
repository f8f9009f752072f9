"""ArUco markers of dock, carts and trays: which, where, how sure; implausible ones are refused."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import KNOWN_MARKERS, MarkerConfig
from or_robot.geometry.transform import Transform
from or_robot.perception.marker_pose import (
    Fit,
    Surface,
    refined,
    square,
    surface,
    surface_of,
)
from or_robot.types.perception import (
    MarkerFault,
    MarkerKind,
    MarkerPose,
    MarkerRejected,
    Markers,
)
from or_robot.types.sensing import RgbdImage


class MarkerDetector:
    """Detects markers of DICT_4X4_50 (Garrido-Jurado et al. 2014) of the kinds it is given."""

    def __init__(
        self,
        config: MarkerConfig = MarkerConfig(),  # noqa: B008 - frozen
        kinds: Sequence[MarkerKind] = KNOWN_MARKERS,
    ) -> None:
        self._config = config
        self._kinds = {kind.id: kind for kind in kinds}
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        parameters.cornerRefinementWinSize = 3
        # the white rim is a square around the black one: as near as this both are looked at
        parameters.minMarkerDistanceRate = 0.04
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
        self._detector = cv2.aruco.ArucoDetector(dictionary, parameters)

    def detect(self, image: RgbdImage) -> Markers:
        """Poses in base_link. Of a marker seen twice neither is told of."""
        grey = cv2.cvtColor(np.ascontiguousarray(image.color), cv2.COLOR_RGB2GRAY)
        corners, ids, _ = self._detector.detectMarkers(grey)
        numbers = [] if ids is None else [int(i) for i in np.ravel(ids)]
        count = Counter(numbers)
        found, rejected = [], []
        for number, quad in zip(numbers, corners, strict=True):
            told: MarkerPose | MarkerFault = MarkerFault.TWINS
            if number not in self._kinds:
                told = MarkerFault.UNKNOWN
            elif count[number] == 1:
                told = self._locate(
                    self._kinds[number], quad.reshape(4, 2).astype(np.float64), image
                )
            if isinstance(told, MarkerPose):
                found.append(told)
            else:
                rejected.append(MarkerRejected(number, told))
        return Markers(image.stamp_s, tuple(found), tuple(dict.fromkeys(rejected)))

    def _locate(
        self, kind: MarkerKind, corners: NDArray[np.floating], image: RgbdImage
    ) -> MarkerPose | MarkerFault:
        config = self._config
        fits = _square_poses(kind.side, corners, image.intrinsics)
        if not fits or fits[0].pixels > config.corner_error:
            return MarkerFault.SHAPE
        face = surface(image, corners)
        fit = _chosen(fits, face, config)
        if isinstance(fit, MarkerFault):
            return fit
        fit = refined(kind.side, corners, image.intrinsics, fit, face, config)
        pose = image.mount.compose(fit.pose)
        distance = float(np.linalg.norm(fit.pose.position))
        if not config.nearest <= distance <= config.farthest:
            return MarkerFault.DISTANCE
        if pose.rotation[2, 1] < math.cos(math.radians(config.upright_deg)):
            return MarkerFault.UPRIGHT
        turn = np.kron(np.eye(2), image.mount.rotation)
        return MarkerPose(kind, pose, turn @ fit.covariance @ turn.T)


def _square_poses(
    side: float, corners: NDArray[np.floating], intrinsics: NDArray[np.float64]
) -> list[Fit]:
    """The two poses that a flat square may have (Collins & Bartoli 2014), the better first."""
    _, turns, places, errors = cv2.solvePnPGeneric(
        square(side), corners.astype(np.float64), intrinsics, None, flags=cv2.SOLVEPNP_IPPE_SQUARE
    )
    fits = []
    for turn, place, error in zip(turns, places, np.ravel(errors), strict=True):
        pose = Transform(np.ravel(place), cv2.Rodrigues(turn)[0].astype(np.float64))
        if np.isfinite(pose.position).all() and pose.position[2] > 0.0:
            fits.append(Fit(pose, np.zeros((6, 6)), float(error)))
    return sorted(fits, key=lambda fit: fit.pixels)


def _chosen(fits: list[Fit], face: Surface | None, config: MarkerConfig) -> Fit | MarkerFault:
    """The one that depth confirms; without depth, the one that fits much better."""
    if face is None:
        clear = len(fits) < 2 or fits[1].pixels > config.ambiguity * fits[0].pixels
        return fits[0] if clear else MarkerFault.AMBIGUOUS

    def disagreement(fit: Fit) -> float:
        normal, distance = surface_of(fit.pose)
        tilt = math.degrees(math.acos(min(1.0, max(-1.0, float(normal @ face.normal)))))
        return max(
            abs(distance / face.distance - 1.0) / config.depth_disagreement,
            tilt / config.tilt_disagreement_deg,
        )

    best = min(fits, key=disagreement)
    return best if disagreement(best) <= 1.0 else MarkerFault.DEPTH
