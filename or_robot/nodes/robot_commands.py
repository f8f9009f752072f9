"""What people ask of the robot over the link, as calls into the graph.

Called from the link's threads, while the node's own thread turns the executor; every wait ends.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from or_robot_interfaces.action import PerformTask
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from or_robot.errors import OrRobotError
from or_robot.link.codec import Caller
from or_robot.link.payloads import (
    Acknowledged,
    RoomRequest,
    StopRequest,
    TaskCancel,
    TaskSubmit,
)
from or_robot.nodes import names
from or_robot.nodes.conversions import header_to_ros, task_from_ros
from or_robot.nodes.robot_view import RobotView
from or_robot.nodes.runtime import now_s
from or_robot.types.safety import SafetyState
from or_robot.types.tasks import Task, TaskRequest

PATIENCE_S = 2.0
"""s for each answer of the graph; the link's own deadline is 3 s."""
DISCOVERY_S = 0.5
"""s for a process that has just come back to be found."""
STATE_WAIT_S = 0.5
POLL_S = 0.01


class RobotCommands:
    """Handlers of the requests that the gateway serves."""

    def __init__(self, node: Node, view: RobotView) -> None:
        self._node, self._view = node, view
        self._stop = node.create_publisher(Header, names.STOP_REQUEST, names.EVENT)
        self._reset = node.create_client(Trigger, names.SAFETY_RESET)
        self._resume = node.create_client(Trigger, names.TASKS_RESUME)
        self._perform = ActionClient(node, PerformTask, names.PERFORM)

    def stop(self, request: StopRequest) -> None:
        """Raises when nobody is there to hear it: the panel must not show a stop that is none."""
        if not self._stop.get_subscription_count():
            raise OrRobotError("the safety process is not there", "the base has stopped by itself")
        self._stop.publish(header_to_ros(now_s(self._node), request.station))

    def reset(self, request: RoomRequest, caller: Caller) -> SafetyState:
        self._note("reset", request.actor, caller)
        _trigger(self._reset, "safety")
        end_s = time.monotonic() + STATE_WAIT_S
        while self._view.safety().reset_required and time.monotonic() < end_s:
            time.sleep(POLL_S)  # the state follows the answer by a message
        return self._view.safety()

    def resume(self, request: RoomRequest, caller: Caller) -> Acknowledged:
        self._note("resume", request.actor, caller)
        safety = self._view.safety()
        if safety.reset_required:
            raise OrRobotError(f"the robot is stopped: {safety.reason}", "reset it first")
        return Acknowledged(_trigger(self._resume, "tasks"))

    def submit(self, request: TaskSubmit, caller: Caller) -> Task:
        """The task as the queue took it. Its errors name the valid stations."""
        self._note(f"{request.task.kind.value} {request.task.id}", request.actor, caller)
        told = threading.Event()
        first: list[Task] = []

        def feedback(message: Any) -> None:
            first.append(task_from_ros(message.feedback.task))
            told.set()

        handle = self._send(request.task, feedback)
        result = self._ask(handle.get_result_async)
        result.add_done_callback(lambda _: told.set())
        if not told.wait(PATIENCE_S):
            raise OrRobotError("the tasks process did not answer", "look at the queue")
        if first:
            return first[0]
        answer = result.result().result
        if answer.error_code in (
            PerformTask.Result.UNKNOWN_STATION,
            PerformTask.Result.INVALID_REQUEST,
        ):
            raise OrRobotError(answer.error_msg)
        return self._known(request.task.id)

    def cancel(self, request: TaskCancel, caller: Caller) -> Acknowledged:
        """Joins the task's goal by its id, which costs nothing, and cancels that."""
        self._note(f"cancel {request.id}", request.actor, caller)
        handle = self._send(self._known(request.id).request, None)
        answer = _wait(self._ask(handle.cancel_goal_async), "tasks")
        if not answer.goals_canceling:
            raise OrRobotError("the task has ended already")
        return Acknowledged("Cancelled")

    def _known(self, id_: str) -> Task:
        queue = self._view.newest("tasks")
        for task in queue.tasks if queue is not None else ():
            if task.request.id == id_:
                known: Task = task
                return known
        raise OrRobotError("no such task", "look at the queue")

    def _send(self, task: TaskRequest, feedback: Any) -> Any:
        if not self._perform.wait_for_server(DISCOVERY_S):
            raise OrRobotError("the tasks process is not there", "it comes back by itself")
        goal = PerformTask.Goal(
            id=task.id,
            kind=task.kind.value,
            item=task.item,
            pickup=task.pickup,
            dropoff=task.dropoff,
            room=task.room,
        )
        asked = self._ask(self._perform.send_goal_async, goal, feedback_callback=feedback)
        handle = _wait(asked, "tasks")
        if not handle.accepted:
            raise OrRobotError("the tasks process refused")
        return handle

    def _ask(self, call: Any, *arguments: Any, **named: Any) -> Future:
        """Future of an action client's call, made by the thread that takes the answers.

        Made by another one, the answer may come before the client has noted the question: rclpy
        then drops it.
        """
        executor = self._node.executor
        if executor is None:
            raise OrRobotError("the gateway is ending")
        future: Future = _wait(executor.create_task(call, *arguments, **named), "gateway")
        return future

    def _note(self, what: str, actor: str, caller: Caller) -> None:
        self._node.get_logger().info(f"{what} by {actor} at {caller.name}")


def _trigger(client: Any, process: str) -> str:
    """Call a Trigger service; its message. OrRobotError when it says no or nothing."""
    if not client.wait_for_service(DISCOVERY_S):
        raise OrRobotError(f"the {process} process is not there", "it comes back by itself")
    response = _wait(client.call_async(Trigger.Request()), process)
    if not response.success:
        raise OrRobotError(response.message)
    return str(response.message)


def _wait(future: Future, process: str) -> Any:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(PATIENCE_S):
        future.cancel()
        raise OrRobotError(f"the {process} process did not answer")
    return future.result()
