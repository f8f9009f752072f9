"""What every process of the graph needs: settings, steady timers, heartbeat, life and death."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.clock import Clock, ClockType
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.timer import Timer
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Header

from or_robot.errors import OrRobotError
from or_robot.nodes.conversions import header_to_ros
from or_robot.nodes.names import DIAGNOSTICS, EVENT, HEARTBEAT_HZ, NEWEST, heartbeat

C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")

DIAGNOSTICS_PERIOD_S = 1.0
COMPLAIN_PERIOD_S = 5.0
TURN_S = 0.008
"""s between two looks for work: well below the 20 ms loop of the gate."""


def declare_config(node: Node, config: type[C], prefix: str = "") -> C:
    """Every field of a config dataclass as a parameter; nested dataclasses become `outer.inner`.

    Raises OrRobotError naming the setting when a given value is out of bounds.
    """
    default = config()
    values: dict[str, object] = {}
    for field in dataclasses.fields(config):  # type: ignore[arg-type]
        value, name = getattr(default, field.name), prefix + field.name
        if dataclasses.is_dataclass(value):
            values[field.name] = declare_config(node, type(value), f"{name}.")
        elif isinstance(value, (bool, int, float, str)):
            descriptor = _descriptor(dict(field.metadata), value)
            values[field.name] = node.declare_parameter(name, value, descriptor).value
    return dataclasses.replace(default, **values)  # type: ignore[type-var]


def _descriptor(metadata: dict[str, object], value: object) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(read_only=True)
    if "unit" not in metadata:
        return descriptor
    low, high = metadata["low"], metadata["high"]
    descriptor.description = f"{metadata['doc']} [{metadata['unit']}]".replace(" []", "")
    if isinstance(value, int):
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]  # type: ignore[call-overload]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high))  # type: ignore[arg-type]
        ]
    return descriptor


STEADY = Clock(clock_type=ClockType.STEADY_TIME)


def steady_timer(node: Node, hz: float, callback: Callable[[], None]) -> Timer:
    """A timer that goes on when /clock stands still."""
    return node.create_timer(1.0 / hz, callback, clock=STEADY)


def now_s(node: Node) -> float:
    """The ROS clock, s."""
    return float(node.get_clock().now().nanoseconds) * 1e-9


class Heartbeat:
    """Says 20 times a second that this process's executor turns, stamped in steady seconds."""

    def __init__(self, node: Node, process: str, alive: Callable[[], bool] = lambda: True) -> None:
        self._publisher = node.create_publisher(Header, heartbeat(process), NEWEST)
        self._process, self._alive = process, alive
        self.timer = steady_timer(node, HEARTBEAT_HZ, self._beat)

    def _beat(self) -> None:
        if self._alive():
            self._publisher.publish(header_to_ros(time.monotonic(), self._process))


class Diagnostics:
    """One line a second about this process on /diagnostics, and how long its loop takes."""

    def __init__(self, node: Node, health: Callable[[], tuple[bool, str]]) -> None:
        self._node, self._health = node, health
        self._publisher = node.create_publisher(DiagnosticArray, DIAGNOSTICS, EVENT)
        self._loops, self._total_s, self._worst_s = 0, 0.0, 0.0
        steady_timer(node, 1.0 / DIAGNOSTICS_PERIOD_S, self._publish)

    def timed(self, step: Callable[P, R]) -> Callable[P, R]:
        """`step`, measured."""

        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            start = time.perf_counter()
            result = step(*args, **kwargs)
            took = time.perf_counter() - start
            self._loops, self._total_s = self._loops + 1, self._total_s + took
            self._worst_s = max(self._worst_s, took)
            return result

        return run

    def _publish(self) -> None:
        good, message = self._health()
        values = {
            "loops": str(self._loops),
            "loop_mean_ms": f"{1e3 * self._total_s / max(1, self._loops):.2f}",
            "loop_max_ms": f"{1e3 * self._worst_s:.2f}",
        }
        self._loops, self._total_s, self._worst_s = 0, 0.0, 0.0
        status = DiagnosticStatus(
            level=DiagnosticStatus.OK if good else DiagnosticStatus.WARN,
            name=self._node.get_name(),
            message=message,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)


class _WithoutEvents:
    """Publishers and subscriptions without QoS event handlers, safe from malformed messages.

    rclpy makes one or two for each, only to log mismatches, and looks at all of them at every
    turn of the executor: half the cost of a process with a dozen topics.
    """

    def create_publisher(self, *args: Any, **options: Any) -> Any:
        events = PublisherEventCallbacks(use_default_callbacks=False)
        return super().create_publisher(*args, event_callbacks=events, **options)  # type: ignore[misc]

    def create_subscription(self, *args: Any, **options: Any) -> Any:
        """A message that cannot be used counts as none: whoever waits for it finds it late."""
        events = SubscriptionEventCallbacks(use_default_callbacks=False)
        kind, topic, callback, *rest = args
        safe = _without_malformed(self, topic, callback)
        return super().create_subscription(  # type: ignore[misc]
            kind, topic, safe, *rest, event_callbacks=events, **options
        )


def _without_malformed(
    node: Any, topic: str, callback: Callable[[Any], None]
) -> Callable[[Any], None]:
    """`callback` that survives malformed messages; says so at most every few seconds."""

    def take(message: Any) -> None:
        try:
            callback(message)
        except (ValueError, OrRobotError) as error:
            node.get_logger().error(
                f"dropped a message of {topic}: {error}", throttle_duration_sec=COMPLAIN_PERIOD_S
            )

    return take


class PlainNode(_WithoutEvents, Node):
    """A node that runs as long as its process."""


class ManagedNode(_WithoutEvents, LifecycleNode):
    """A lifecycle node: built by its constructor, its `loops` run while it is active.

    `run` configures and activates it at once, so that the graph starts without a manager; an
    operator may deactivate and activate it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.active = False
        self._running: list[Timer] = []

    def loops(self) -> list[tuple[float, Callable[[], None]]]:
        """Rates in Hz with what to do while active."""
        return []

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._running = [steady_timer(self, hz, callback) for hz, callback in self.loops()]
        self.active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        for timer in self._running:
            self.destroy_timer(timer)
        self._running = []
        self.active = False
        return super().on_deactivate(state)


class PacedExecutor(SingleThreadedExecutor):
    """Looks for work at most once a `TURN_S`, then does all there is.

    A look at a dozen topics costs rclpy as much as ten callbacks. Messages of different topics that
    come within a turn share one look; nothing waits longer than a turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._next_s = 0.0

    def _wait_for_ready_callbacks(self, *args: Any, **options: Any) -> Any:
        time.sleep(max(0.0, self._next_s - time.monotonic()))
        self._next_s = time.monotonic() + TURN_S
        yield from super()._wait_for_ready_callbacks(*args, **options)


def run(make: Callable[[], Node]) -> None:
    """Life of a process: one node, one thread of callbacks, ends on SIGINT or SIGTERM.

    An OrRobotError is one line and exit status 1.
    """
    rclpy.init(args=sys.argv, signal_handler_options=rclpy.SignalHandlerOptions.NO)
    if len(remove_ros_args(sys.argv)) > 1:
        print(f"{sys.argv[0]}: takes only ROS arguments (--ros-args …)", file=sys.stderr)
        sys.exit(2)
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    try:
        _live(make, asked_to_end)
    except OrRobotError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    finally:
        rclpy.try_shutdown()


def _live(make: Callable[[], Node], asked_to_end: threading.Event) -> None:
    node = make()
    if isinstance(node, ManagedNode):
        node.trigger_configure()
        node.trigger_activate()
    executor = PacedExecutor()
    executor.add_node(node)
    try:
        while not asked_to_end.is_set():
            executor.spin_once(timeout_sec=0.2)
    finally:
        close = getattr(node, "close", None)
        if close is not None:
            close()
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
