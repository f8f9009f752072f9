"""Process `safety`: the only writer of /cmd_vel. Its loop runs on the steady clock."""

from __future__ import annotations

import time
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry as OdometryMsg
from or_robot_interfaces.msg import ProcedurePhase as ProcedurePhaseMsg
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from sensor_msgs.msg import BatteryState
from sensor_msgs.msg import LaserScan as LaserScanMsg
from std_msgs.msg import Bool, Header
from std_srvs.srv import SetBool, Trigger

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.nodes import names
from or_robot.nodes.conversions import (
    command_from_ros,
    command_to_ros,
    estimate_from_ros,
    odometry_from_ros,
    phase_from_ros,
    safety_state_to_ros,
    time_from_ros,
    tracks_from_ros,
)
from or_robot.nodes.runtime import Diagnostics, PlainNode, declare_config, now_s, run, steady_timer
from or_robot.nodes.start import declare_start
from or_robot.nodes.transforms import Mounts
from or_robot.safety.gate import Answer, SafetyGate
from or_robot.safety.intake import GateInputs
from or_robot.types.motion import VelocityCommand
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.safety import SafetyState

STATE_HZ = 10.0
WATCHED_PROCESSES = ("navigation", "perception", "tasks", "gateway")


class SafetyNode(PlainNode):
    """Feeds the gate and publishes what it lets pass.

    Not a lifecycle node on purpose: nobody may switch the gate off with a service call.
    """

    def __init__(self) -> None:
        super().__init__("safety")
        self._config = declare_config(self, SafetyConfig)
        robot = declare_config(self, RobotConfig, "robot.")
        self.gate = SafetyGate(self._config, robot, declare_start(self).site)
        self._mounts = Mounts(self)
        self._new: dict[str, Any] = {}
        self._phases: list[ProcedurePhase] = []
        self._beats: dict[str, float] = {}
        self._published: SafetyState | None = None
        self._published_s = 0.0
        self._writers = 1
        self._command = self.create_publisher(TwistStamped, names.COMMAND, names.NEWEST)
        self._state = self.create_publisher(SafetyStateMsg, names.SAFETY_STATE, names.LATCHED)
        self._listen()
        self.create_service(Trigger, names.SAFETY_RESET, self._reset)
        self.create_service(Trigger, names.SAFETY_RESUME, self._resume)
        self.create_service(SetBool, names.SAFETY_MANUAL, self._manual)
        diagnostics = Diagnostics(self, self._health)
        steady_timer(self, self._config.rate, diagnostics.timed(self.step))
        steady_timer(self, STATE_HZ, self._count_writers)

    def _listen(self) -> None:
        self.create_subscription(LaserScanMsg, names.SCAN, self._take_scan, names.SENSOR)
        for topic, kind, key, convert, quality in (
            (names.ODOMETRY, OdometryMsg, "odometry", odometry_from_ros, names.SENSOR),
            (
                names.POSE,
                PoseWithCovarianceStamped,
                "localization",
                estimate_from_ros,
                names.NEWEST,
            ),
            (names.PEOPLE, TracksMsg, "tracks", tracks_from_ros, names.NEWEST),
            (names.COMMAND_RAW, TwistStamped, "command", command_from_ros, names.NEWEST),
            (names.HARDWARE_ESTOP, Bool, "hardware_estop", _pressed, names.LATCHED),
            (names.BUMPER, Bool, "bumper", _pressed, names.LATCHED),
            (names.BATTERY, BatteryState, "battery", _charge, names.LATCHED),
            (names.CAMERA_BLIND, Bool, "camera_blind", _pressed, names.NEWEST),
        ):
            self.create_subscription(kind, topic, self._taker(key, convert), quality)
        for process in WATCHED_PROCESSES:
            topic = names.heartbeat(process)
            self.create_subscription(Header, topic, self._beat_taker(process), names.NEWEST)
        self.create_subscription(
            ProcedurePhaseMsg, names.PHASE, self._take_phase, names.LATCHED_MANY
        )
        self.create_subscription(Header, names.STOP_REQUEST, self._stop, names.EVENT)

    def _taker(self, key: str, convert: Any) -> Any:
        def take(message: object) -> None:
            self._new[key] = convert(message)

        return take

    def _take_scan(self, message: LaserScanMsg) -> None:
        scan = self._mounts.scan(message)
        if scan is not None:
            self._new["scan"] = scan
            self.step()  # what a scan shows does not wait for the next period

    def _take_phase(self, message: ProcedurePhaseMsg) -> None:
        self._phases.append(phase_from_ros(message))

    def _beat_taker(self, process: str) -> Any:
        def take(message: Header) -> None:
            self._beats[process] = time_from_ros(message.stamp)

        return take

    def _stop(self, message: Header) -> None:
        self.gate.stop_request()
        self.get_logger().warning(f"STOP ROBOT from {message.frame_id}")
        self.step()

    def step(self) -> None:
        """One period of the gate: what has come, in; what may pass, out."""
        new, self._new = self._new, {}
        beats, self._beats = self._beats, {}
        phases, self._phases = self._phases, []
        clock_s = now_s(self)
        inputs = GateInputs(
            clock_s=clock_s,
            heartbeats=beats,
            phases=tuple(phases),
            command_writers=self._writers,
            **new,
        )
        out = self.gate.step(inputs, time.monotonic())
        self._command.publish(command_to_ros(VelocityCommand(clock_s, out.twist), names.BASE))
        self._tell(out.state)

    def _tell(self, state: SafetyState) -> None:
        """Publish at 10 Hz and at once on a change; log a change of mode or reason."""
        before, steady_s = self._published, time.monotonic()
        changed = before is None or (state.mode, state.reason_code, state.resume_required) != (
            before.mode,
            before.reason_code,
            before.resume_required,
        )
        if not changed and steady_s - self._published_s < 1.0 / STATE_HZ:
            return
        self._published, self._published_s = state, steady_s
        self._state.publish(safety_state_to_ros(state, names.BASE))
        if before is None or (changed and state.mode is not before.mode):
            self.get_logger().info(f"{state.mode.name} {state.reason_code}")

    def _count_writers(self) -> None:
        self._writers = self.count_publishers(names.COMMAND)

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self.gate.reset(time.monotonic()), response)

    def _resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self.gate.resume(), response)

    def _manual(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        return self._answer(self.gate.set_manual(request.data), response)

    def _answer(self, answer: Answer, response: Any) -> Any:
        self.get_logger().info(answer.message)
        self.step()
        response.success, response.message = answer.done, answer.message
        return response

    def _health(self) -> tuple[bool, str]:
        state = self.gate.state(0.0)
        return not state.reset_required, f"{state.mode.name} {state.reason}".strip()


def _pressed(message: Bool) -> bool:
    return bool(message.data)


def _charge(message: BatteryState) -> float:
    return float(message.percentage)


def main() -> None:
    run(SafetyNode)


if __name__ == "__main__":
    main()
