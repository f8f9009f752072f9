"""Staff who walk: who they are and where they go (how they walk: scenario.social_force).

A torso on two legs; a planar lidar at shin height sees one leg at rest and one moving, as it does
in a hospital.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TORSO_RADIUS = 0.20
LEG_RADIUS = 0.06
LEG_HEIGHT, SHOULDER_HEIGHT, HEAD_RADIUS = 0.80, 1.50, 0.11
"""Of everybody; a leg ends where the torso begins. m."""
IGNORING_SHARE = 0.2
"""Of staff who ignore the robot altogether."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What one person does in a scenario."""

    name: str
    waypoints: NDArray[np.float64]
    """(n, 2) m in the map frame; the first is where the person starts."""
    speed: float
    """Preferred, m/s."""
    start_s: float
    """inf: waits for somebody to say so."""
    repeat: str
    """At the last waypoint: "stop", "back" (turn round) or "loop" (on to the first)."""
    attentive: bool | None
    """Keeps clear of the robot. One who is not walks as if it were not there. None: chance decides,
    and one in five is not."""
    group: str = ""
    """Walks together with everybody of the same group."""
    turns_back: float = 0.0
    """How often a minute, on average, the person turns round to the waypoint before."""
    pushes: str = ""
    """Model of the cart or bed that the person pushes; empty: none."""
