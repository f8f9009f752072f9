"""A bystander in the graph: what the robot does, as events that a test can wait for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry
from or_robot_interfaces.action import PerformTask
from or_robot_interfaces.msg import ProcedurePhase, SafetyState, TaskQueue
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import UInt32
from std_srvs.srv import Trigger

from or_robot.nodes import names

PATIENCE_S = 30.0
ANSWER_S, ATTEMPTS = 3.0, 10


class Observer:
    """Newest of what matters, by name; `wait` until a condition on it holds."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        use_sim_time = Parameter("use_sim_time", value=True)
        self.node = rclpy.create_node(
            "observer", context=self._context, parameter_overrides=[use_sim_time]
        )
        self._changed = threading.Condition()
        self.seen: dict[str, Any] = {}
        self.commands: list[tuple[float, float, float]] = []
        """Steady arrival, linear, angular of every /cmd_vel."""
        for name, kind, topic, quality in (
            ("command", TwistStamped, names.COMMAND, names.EVENT),
            ("safety", SafetyState, names.SAFETY_STATE, names.LATCHED),
            ("tasks", TaskQueue, names.TASK_QUEUE, names.LATCHED),
            ("robot", Odometry, names.TRUTH_POSE, names.EVENT),
            ("estimate", PoseWithCovarianceStamped, names.POSE, names.NEWEST),
            ("phase", ProcedurePhase, names.PHASE, names.LATCHED_MANY),
            ("contacts", UInt32, names.TRUTH_CONTACTS, names.EVENT),
        ):
            self.node.create_subscription(kind, topic, self._taker(name), quality)
        self.perform = ActionClient(self.node, PerformTask, names.PERFORM)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._context.try_shutdown()
        self._thread.join(5.0)

    def wait(
        self, what: str, condition: Callable[[dict[str, Any]], bool], timeout_s: float = PATIENCE_S
    ) -> None:
        """Until `condition(seen)`; the failure says what was seen instead."""
        assert self.sees(condition, timeout_s), f"no {what}; {self._summary()}"

    def sees(self, condition: Callable[[dict[str, Any]], bool], timeout_s: float) -> bool:
        """Whether `condition(seen)` comes true in time."""

        def holds() -> bool:
            try:
                return condition(self.seen)
            except KeyError:
                return False

        with self._changed:
            return self._changed.wait_for(holds, timeout_s)

    def trigger(self, service: str) -> Trigger.Response:
        """Asked again when unanswered: what was asked of a process just killed is lost."""
        client = self.node.create_client(Trigger, service)
        for _ in range(ATTEMPTS):
            if not client.wait_for_service(ANSWER_S):
                continue
            answer = client.call_async(Trigger.Request())
            done = threading.Event()
            answer.add_done_callback(lambda _, done=done: done.set())
            if done.wait(ANSWER_S):
                return answer.result()
        raise AssertionError(f"no answer from {service}; {self._summary()}")

    def result(self, future: Any, timeout_s: float = PATIENCE_S) -> Any:
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        assert done.wait(timeout_s), f"no answer; {self._summary()}"
        return future.result()

    def ask(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Future of an action client's call, made in the thread that takes the answers: made in
        another, the answer may come before the client has noted the question, and is dropped."""
        return self.result(self._executor.create_task(call, *arguments))

    def deliver(self, id_: str, pickup: str, dropoff: str) -> Any:
        """Ask for a delivery; the goal handle."""
        assert self.perform.wait_for_server(PATIENCE_S)
        goal = PerformTask.Goal(
            id=id_, kind="deliver", item="tray", pickup=pickup, dropoff=dropoff, room="OR-1"
        )
        return self.result(self.ask(self.perform.send_goal_async, goal))

    def first_zero_after(self, steady_s: float) -> float:
        """Steady arrival of the first zero command after an instant, from which all are zero."""
        late = [c for c in self.commands if c[0] > steady_s]
        moving = [c[0] for c in late if c[1] or c[2]]
        return next(c[0] for c in late if c[0] > (moving[-1] if moving else steady_s))

    def _taker(self, name: str) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            with self._changed:
                self.seen[name] = message
                if name == "command":
                    twist = message.twist
                    self.commands.append((time.monotonic(), twist.linear.x, twist.angular.z))
                self._changed.notify_all()

        return take

    def _spin(self) -> None:
        while self._context.ok():
            with contextlib.suppress(ExternalShutdownException):  # closed meanwhile
                self._executor.spin_once(timeout_sec=0.2)

    def _summary(self) -> str:
        safety = self.seen.get("safety")
        text = f"safety {safety.mode} {safety.reason_code}" if safety else "no safety state"
        tasks = self.seen.get("tasks")
        for task in tasks.tasks[:1] if tasks else ():
            text += f"; task {task.state} {task.detail}"
        command = self.seen.get("command")
        if command:
            text += f"; command {command.twist.linear.x:.2f} {command.twist.angular.z:.2f}"
        return text


def moving(seen: dict[str, Any], speed: float = 0.2) -> bool:
    """Really, by ground truth and by command."""
    return bool(
        abs(seen["robot"].twist.twist.linear.x) > speed
        and abs(seen["command"].twist.linear.x) > speed
    )


def latched(seen: dict[str, Any]) -> bool:
    """Stopped until a person says otherwise."""
    return bool(seen["safety"].reset_required or seen["safety"].resume_required)


def standing(seen: dict[str, Any]) -> bool:
    twist = seen["robot"].twist.twist
    return abs(twist.linear.x) < 0.01 and abs(twist.angular.z) < 0.02
