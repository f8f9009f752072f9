"""A paused gzserver that goes on by so many steps of physics as it is asked to, never by itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from or_robot.errors import OrRobotError
from or_robot.gazebo.messages import Messages
from or_robot.gazebo.readings import seconds
from or_robot.gazebo.server import GazeboServer
from or_robot.gazebo.transport import Publication, Transport, TransportError
from or_robot.gazebo.world_file import STEP_S

START_S = 60.0
SILENCE_S = 5.0
"""s of steady time that a step may take before gzserver counts as hung."""
LOOK_S = 0.05
LAST_WORDS_S = 1.0
"""A connection is lost before the process behind it has ended, which says more."""
LOG = "see gzserver.log"

Hear = Callable[[Any], None]


class GazeboSession:
    """Speaks with gzserver in a thread of its own, so that nothing piles up on its way here.

    A caller that stops calling `advance` stops the world, also when its process hangs. Every method
    is for one caller's thread; what hears messages is called in the session's.
    """

    def __init__(
        self,
        server: GazeboServer,
        messages: Messages,
        world: str,
        speaks: Mapping[str, str],
        hears: Mapping[str, tuple[str, Hear]],
    ) -> None:
        """speaks: topic → kind of message; hears: topic → kind, callback. Topics within the world.

        Raises OrRobotError when gzserver does not come up; it is ended then.
        """
        self._server, self.messages = server, messages
        self._topics = f"/gazebo/{world}"
        self._speaks, self._hears = {**speaks, "world_control": "WorldControl"}, dict(hears)
        self._hears["pose/local/info"] = ("PosesStamped", self._take_poses)
        self._out: dict[str, Publication] = {}
        self._transport: Transport | None = None
        self._poses: dict[str, Any] = {}
        self._reached_s = -1.0
        self._problem = ""
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gazebo", daemon=True)
        self._thread.start()
        try:
            self._await(lambda: not self._missing(), START_S, self._missing)
        except OrRobotError:
            self.close()
            raise

    @property
    def poses(self) -> Mapping[str, Any]:
        """gazebo.msgs.Pose of everything that ever moved, in the map frame, by name."""
        return self._poses

    def advance(
        self, until_s: float, messages: Sequence[tuple[str, Any]] = ()
    ) -> Mapping[str, Any]:
        """Say these (topic, message), go on to `until_s` of simulated time.

        Somebody may have let the world play, in Gazebo's window: then it waits, paused, until its
        time has come. Raises OrRobotError when gzserver has ended or hangs.
        """
        steps = round((until_s - self._reached_s) / STEP_S)
        control = {"multi_step": steps} if steps > 0 else {"pause": True}
        go = ("world_control", self.messages.new("WorldControl", **control))
        self._loop.call_soon_threadsafe(self._send, [*messages, go])
        self._await(lambda: self._reached_s > until_s - STEP_S / 2, SILENCE_S, lambda: "it hangs")
        return self._poses

    def listen(self, topic: str, kind: str, hear: Hear | None) -> None:
        """From now on hear a topic as well, or no more: sensors that nobody hears do not work."""
        self._loop.call_soon_threadsafe(self._listen, f"{self._topics}/{topic}", kind, hear)

    def await_news(self, come: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something that a callback brings; false when it did not come."""
        with self._news:
            return self._news.wait_for(come, timeout_s)

    def close(self) -> None:
        """Ends the session, then gzserver."""
        self._ending.set()
        self._thread.join()
        self._loop.close()
        self._server.close()

    def _await(
        self, come: Callable[[], bool], timeout_s: float, otherwise: Callable[[], str]
    ) -> None:
        end_s = time.monotonic() + timeout_s
        while not self.await_news(come, LOOK_S):
            gone = self._gone()
            if gone or time.monotonic() > end_s:
                raise OrRobotError(f"Gazebo: {gone or otherwise()}", LOG)

    def _gone(self) -> str:
        return self._problem or self._server.ended

    def _missing(self) -> str:
        """What is missing until its clock is heard here and all that is said here is heard there;
        "" when nothing is."""
        if len(self._out) < len(self._speaks):
            return "its master does not answer"
        deaf = [topic for topic, out in self._out.items() if not out.subscribers]
        if deaf:
            return f"it does not listen to {deaf[0]}"
        return "" if self._reached_s >= 0.0 else "its clock is not heard"

    # --- the thread

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._live())
        except (OrRobotError, OSError) as error:
            self._problem = self._server.ended_within(LAST_WORDS_S) or str(error)

    async def _live(self) -> None:
        transport = self._transport = await self._connected()
        if transport is None:
            return
        try:
            for topic, kind in self._speaks.items():
                self._out[topic] = transport.advertise(f"{self._topics}/{topic}", kind)
            for topic, (kind, hear) in self._hears.items():
                self._listen(f"{self._topics}/{topic}", kind, hear)
            while not self._ending.is_set():
                done, _ = await asyncio.wait([transport.lost], timeout=LOOK_S)
                if done:
                    raise TransportError(transport.lost.result())
        finally:
            await transport.close()

    async def _connected(self) -> Transport | None:
        """gzserver's master takes a while to come; None when the session ends before."""
        while not self._ending.is_set():
            transport = Transport(self.messages, self._server)
            try:
                await transport.start()
            except TransportError:
                if self._server.ended:
                    raise
                await asyncio.sleep(0.2)
            else:
                return transport
        return None

    def _send(self, messages: Sequence[tuple[str, Any]]) -> None:
        for topic, message in messages:
            self._out[topic].send(message)

    def _listen(self, topic: str, kind: str, hear: Hear | None) -> None:
        assert self._transport is not None, "the session is up"
        if hear is None:
            self._transport.unsubscribe(topic)
        else:
            self._transport.subscribe(topic, kind, self._noticed(hear))

    def _noticed(self, hear: Hear) -> Hear:
        def heard(message: Any) -> None:
            with self._news:
                hear(message)
                self._news.notify_all()

        return heard

    def _take_poses(self, message: Any) -> None:
        """After every step, and as often while it is paused."""
        for pose in message.pose:
            self._poses[pose.name] = pose
        self._reached_s = max(self._reached_s, seconds(message.time))
