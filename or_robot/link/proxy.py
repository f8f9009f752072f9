"""A network between clients and servers that is worse than loopback: delay, jitter, lost segments.

`python -m or_robot.link.proxy`: clients dial its ports, it dials the servers'. It sees only what
CURVE lets it see. For tests and demonstrations; nothing depends on it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import random
import signal
import threading
from collections.abc import Callable

from or_robot.config.link import PORTS
from or_robot.config.link_profile import LINK_PROFILES, LinkProfile
from or_robot.errors import OrRobotError
from or_robot.link.running import Running

SEGMENT_BYTES = 1448
"""Payload of a TCP segment on Ethernet with timestamps."""
READ_BYTES = 1 << 16
IN_FLIGHT = 64
"""Reads that may be on their way in one direction; then the sender is held back, as by TCP."""

_log = logging.getLogger(__name__)


class Way:
    """When what enters one direction of a connection comes out: in order, never before its delay.

    A lost segment holds up everything behind it for the round trip of its repeat; what is lost of
    one flight is repaired in the same round trip (selective acknowledgement, RFC 2018).
    """

    def __init__(self, profile: LinkProfile, chance: random.Random) -> None:
        self._profile, self._chance = profile, chance
        self._last_s = -math.inf

    def out_s(self, now_s: float, size: int) -> float:
        """Time at which `size` bytes that enter now are out, s on the same clock."""
        p, segments = self._profile, math.ceil(size / SEGMENT_BYTES)
        delay_s = p.delay_s + self._chance.uniform(-p.jitter_s, p.jitter_s)
        if self._chance.random() > (1.0 - p.loss) ** segments:
            delay_s += 2.0 * p.delay_s
        self._last_s = max(self._last_s, now_s + max(0.0, delay_s))
        return self._last_s


class Proxy(Running):
    """Forwards `ports` neighbouring ports; runs in a thread of its own."""

    def __init__(
        self,
        profile: LinkProfile,
        *,
        listen: int,
        to: int,
        host: str = "127.0.0.1",
        ports: int = PORTS,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._profile, self._host, self._ports = profile, host, ports
        self._listen, self._to = listen, to
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, repeatable
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen on all ports; OrRobotError when one is taken."""
        self._thread("proxy", self._loop.run_forever)
        try:
            asyncio.run_coroutine_threadsafe(self._bind(), self._loop).result()
        except OSError as error:
            self.close()
            problem = f"cannot listen on {self._host}:{self._listen} and above: {error.strerror}"
            raise OrRobotError(problem, "choose another port") from error

    def close(self) -> None:
        """Cut every connection and free the ports."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        super().close()
        self._loop.close()

    def hold(self) -> None:
        """Forward nothing more and close nothing: both sides have a half-open connection."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def release(self) -> None:
        """Go on, with what was held first."""
        self._loop.call_soon_threadsafe(self._open.set)

    async def _bind(self) -> None:
        for lane in range(self._ports):
            port = self._listen + lane
            self._servers.append(await asyncio.start_server(self._taker(lane), self._host, port))

    async def _cut(self) -> None:
        for server in self._servers:
            server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _taker(self, lane: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._connect(self._to + lane, reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        return take

    async def _connect(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One client's connection, until either side ends it."""
        with contextlib.closing(writer), contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(self._host, port)
            with contextlib.closing(far_writer):
                ways = [
                    asyncio.ensure_future(self._carry(reader, far_writer)),
                    asyncio.ensure_future(self._carry(far_reader, writer)),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until its sender closes."""
        flight: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        landing = asyncio.ensure_future(self._land(flight, writer))
        way = Way(self._profile, self._chance)
        try:
            while data := await reader.read(READ_BYTES):
                await flight.put((way.out_s(self._loop.time(), len(data)), data))
            await flight.join()
        finally:
            landing.cancel()
            await asyncio.gather(landing, return_exceptions=True)

    async def _land(
        self, flight: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            out_s, data = await flight.get()
            await asyncio.sleep(out_s - self._loop.time())
            await self._open.wait()
            writer.write(data)
            await writer.drain()
            flight.task_done()


def main(argv: list[str] | None = None) -> None:
    """Forward until SIGTERM or SIGINT. Exit status: 0 stopped, 1 failed, 2 bad use."""
    parser = argparse.ArgumentParser(prog="python -m or_robot.link.proxy", description=__doc__)
    parser.add_argument("--profile", choices=LINK_PROFILES, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address of both sides")
    parser.add_argument("--listen", type=int, required=True, help="first port that clients dial")
    parser.add_argument("--to", type=int, required=True, help="first port of the servers")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    profile = LINK_PROFILES[given.profile]
    try:
        with Proxy(profile, listen=given.listen, to=given.to, host=given.host):
            _log.warning("the link goes through a simulated %s network", given.profile)
            stopping.wait()
    except OrRobotError as error:
        parser.exit(1, f"link proxy: {error}\n")


if __name__ == "__main__":
    main()
