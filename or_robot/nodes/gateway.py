"""Process `gateway`: between the ROS graph and the link."""

from __future__ import annotations

from or_robot_interfaces.msg import ProcedurePhase as ProcedurePhaseMsg

from or_robot.config.link import LinkConfig
from or_robot.config.robot import RobotConfig
from or_robot.link.client import LinkClient
from or_robot.link.received import Received
from or_robot.link.running import short_turns
from or_robot.nodes import names
from or_robot.nodes.camera_view import CameraView
from or_robot.nodes.conversions import phase_to_ros
from or_robot.nodes.robot_commands import RobotCommands
from or_robot.nodes.robot_view import RobotView, site_status
from or_robot.nodes.runtime import (
    Diagnostics,
    Heartbeat,
    PlainNode,
    declare_config,
    now_s,
    run,
    steady_timer,
)
from or_robot.nodes.start import declare_start
from or_robot.types.procedure import ProcedurePhase

STATUS_HZ = 5.0
QUEUE_HZ = 10.0
DIAGNOSTICS_HZ = 1.0
CAMERA_HZ = 5.0
"""How often it is looked whether somebody wants to see."""
SITE_PERIOD_S = 10.0
"""A server that was restarted has forgotten the site."""


class GatewayNode(PlainNode):
    """Not a lifecycle node: the way of a stop request must not be switched off by a service."""

    def __init__(self) -> None:
        super().__init__("gateway")
        key_name = self.declare_parameter("link_key", "gateway").value
        config = declare_config(self, LinkConfig, "link.")
        self._site = site_status(declare_start(self).site)
        self._view = RobotView(self, declare_config(self, RobotConfig, "robot."))
        self._phase = self.create_publisher(ProcedurePhaseMsg, names.PHASE, names.LATCHED_MANY)
        commands = RobotCommands(self, self._view)
        self._link = LinkClient(config, key_name)
        self._link.serve_stop(commands.stop)
        self._link.serve("task.submit", commands.submit)
        self._link.serve("task.cancel", commands.cancel)
        self._link.serve("task.resume", commands.resume)
        self._link.serve("safety.reset", commands.reset)
        camera = CameraView(self)
        self._link.serve("robot.camera", camera.picture)
        self._link.subscribe("procedure.phase", self._tell_phase)
        self._linked = False
        self._queue_told: object = None
        diagnostics = Diagnostics(self, self._health)
        Heartbeat(self, "gateway", self._robot_may_drive)
        steady_timer(self, STATUS_HZ, diagnostics.timed(self._tell_status))
        steady_timer(self, QUEUE_HZ, self._tell_queue)
        steady_timer(self, CAMERA_HZ, camera.tend)
        steady_timer(self, DIAGNOSTICS_HZ, self._tell_diagnostics)
        steady_timer(self, 1.0 / SITE_PERIOD_S, self._tell_site)
        self._link.start()

    def close(self) -> None:
        self._link.close()

    def _robot_may_drive(self) -> bool:
        """Only while somebody could stop it over the link; information may be away meanwhile."""
        return self._link.stop_station_alive

    def _tell_status(self) -> None:
        self._link.publish("robot.status", self._view.status())
        linked = self._link.connected
        if linked and not self._linked:
            self._tell_site()
        if linked is not self._linked:
            self.get_logger().info("link is up" if linked else "link is down")
        self._linked = linked

    def _tell_queue(self) -> None:
        """As often as the tasks process tells it: on a change and twice a second."""
        queue = self._view.newest("tasks")
        if queue is not None and queue is not self._queue_told:
            self._queue_told = queue
            self._link.publish("tasks.queue", queue)

    def _tell_diagnostics(self) -> None:
        self._link.publish("robot.diagnostics", self._view.diagnostics())

    def _tell_site(self) -> None:
        self._link.publish("robot.site", self._site)

    def _tell_phase(self, received: Received[ProcedurePhase]) -> None:
        """In a thread of the link; a publisher may be used from any."""
        self._phase.publish(phase_to_ros(received.payload, now_s(self)))

    def _health(self) -> tuple[bool, str]:
        if not self._link.connected:
            return False, "no link"
        alive = self._link.stop_station_alive
        noted = ", ".join(f"{code} {n}" for code, n in sorted(self._link.refusals.items()))
        return alive, noted and f"link counted: {noted}" if alive else "no stop station"


def main() -> None:
    short_turns()
    run(GatewayNode)


if __name__ == "__main__":
    main()
