"""Free ports for a server that a bench starts."""

from __future__ import annotations

import os
import socket

from or_robot.config.link import PORTS
from or_robot.errors import OrRobotError


def free_ports(count: int = 2 * PORTS) -> int:
    """First of `count` free ports in a row; by default a lane each, and as many for a proxy."""
    start = os.getpid() * count % 6000  # two benches at a time do not look at the same ports
    for first in (26000 + (start + n) % 6000 for n in range(0, 6000, count)):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise OrRobotError("no free ports in a row from 26000 to 32000", "close something")
