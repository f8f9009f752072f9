"""What a simulator offers to those who move things in it: staff, doors, objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Stage(Protocol):
    """Which row of the moved bodies is what."""

    @property
    def mocap(self) -> NDArray[np.intp]:
        """(people, 3) of torso, left leg, right leg; rising by one along the rows."""
        ...

    @property
    def pushed(self) -> Mapping[str, int]:
        """Person → what they push."""
        ...

    @property
    def doors(self) -> Mapping[str, int]:
        """Door → its leaf."""
        ...


class Bodies(Protocol):
    """Poses of the moved bodies in the map frame, to be written."""

    @property
    def mocap_pos(self) -> NDArray[np.float64]:
        """(bodies, 3) m."""
        ...

    @property
    def mocap_quat(self) -> NDArray[np.float64]:
        """(bodies, 4) w, x, y, z."""
        ...
