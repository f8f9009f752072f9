"""Values of a costmap cell, as Nav2's costmap_2d has them."""

from __future__ import annotations

FREE_SPACE = 0
INSCRIBED = 253
"""The robot's centre here means that it surely touches."""
LETHAL = 254
"""An obstacle."""
NO_INFORMATION = 255
