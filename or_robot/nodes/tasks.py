"""Process `tasks`: the queue on disk behind action perform_task."""

from __future__ import annotations

import time
from collections.abc import Callable

from or_robot_interfaces.action import PerformTask
from or_robot_interfaces.msg import TaskQueue as TaskQueueMsg
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_msgs.msg import String
from std_srvs.srv import Trigger

from or_robot.config.tasks import TasksConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.nodes import names
from or_robot.nodes.conversions import queue_to_ros, request_from_ros, task_to_ros
from or_robot.nodes.insistent_client import InsistentClient
from or_robot.nodes.navigate_client import NavigatePort
from or_robot.nodes.runtime import (
    Diagnostics,
    Heartbeat,
    ManagedNode,
    declare_config,
    now_s,
    run,
)
from or_robot.nodes.start import declare_start
from or_robot.tasks.runner import TaskRunner, UnknownStation
from or_robot.types.safety import SafetyMode
from or_robot.types.tasks import ENDED_STATES, Task, TaskQueue, TaskState

TICK_HZ = 10.0
QUEUE_PERIOD_S = 0.5
RESUME_TRIES = 1
"""Never asked again by itself: a stop and a reset may have come in between."""

_ERRORS = {
    TaskState.DONE: PerformTask.Result.NONE,
    TaskState.CANCELLED: PerformTask.Result.CANCELLED,
    TaskState.FAILED: PerformTask.Result.NAVIGATION_FAILED,
}


class TasksNode(ManagedNode):
    def __init__(self) -> None:
        super().__init__("tasks")
        start = declare_start(self)
        folder = home() / "tasks"
        folder.mkdir(mode=0o700, exist_ok=True)
        config = declare_config(self, TasksConfig)
        self._port = NavigatePort(self)
        self._runner = TaskRunner(folder / "queue.sqlite", start.site.stations, self._port, config)
        self._timed = sorted(start.tasks, key=lambda timed: timed.at_s)
        self._open: dict[str, list[tuple[ServerGoalHandle, Future]]] = {}
        self._published: TaskQueue | None = None
        self._published_s = 0.0
        self._queue = self.create_publisher(TaskQueueMsg, names.TASK_QUEUE, names.LATCHED)
        self._tree = self.create_publisher(String, names.TASK_TREE, names.LATCHED)
        self._shown = ""
        while_waiting = ReentrantCallbackGroup()  # the gate's answer comes amid `_resume`
        self._gate = InsistentClient(self, Trigger, names.SAFETY_RESUME, while_waiting)
        self.create_service(Trigger, names.TASKS_RESUME, self._resume, callback_group=while_waiting)
        self.create_service(Trigger, names.TASKS_CANCEL_ALL, self._cancel_all)
        self._server = ActionServer(
            self,
            PerformTask,
            names.PERFORM,
            execute_callback=self._execute,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._diagnostics = Diagnostics(self, lambda: (True, ""))
        Heartbeat(self, "tasks", lambda: self.active)

    def close(self) -> None:
        self._runner.close()

    def loops(self) -> list[tuple[float, Callable[[], None]]]:
        return [(TICK_HZ, self._diagnostics.timed(self._tick))]

    async def _execute(self, handle: ServerGoalHandle) -> PerformTask.Result:
        """One goal, one task; the same id again joins the task there is."""
        try:
            request = request_from_ros(handle.request)
            task = self._runner.submit(request, time.time())
        except UnknownStation as error:
            return _refuse(handle, PerformTask.Result.UNKNOWN_STATION, str(error))
        except (OrRobotError, ValueError) as error:
            return _refuse(handle, PerformTask.Result.INVALID_REQUEST, str(error))
        if task.state in ENDED_STATES:
            _finish(handle, task.state)
            return _result(task)
        ended = Future()
        self._open.setdefault(request.id, []).append((handle, ended))
        result: PerformTask.Result = await ended
        return result

    def _tick(self) -> None:
        self._cancel_requested()
        self._submit_timed()
        queue = self._runner.tick(time.time())
        self._show_tree()
        steady_s = time.monotonic()
        changed = self._published is None or _essence(queue) != _essence(self._published)
        if changed or steady_s - self._published_s >= QUEUE_PERIOD_S:
            self._published, self._published_s = queue, steady_s
            self._queue.publish(queue_to_ros(queue))
            for task in queue.tasks:
                self._tell(task)

    def _show_tree(self) -> None:
        """The tree as text, whenever a behaviour begins, ends or says something else."""
        tree = self._runner.tree()
        if tree != self._shown:
            self._shown = tree
            self._tree.publish(String(data=tree))

    def _submit_timed(self) -> None:
        """Tasks of the scenario that are due, once the robot has come up."""
        if self._port.safety().mode is SafetyMode.INIT:
            return
        while self._timed and self._timed[0].at_s <= now_s(self):
            self._runner.submit(self._timed.pop(0).request, time.time())

    def _cancel_requested(self) -> None:
        for id_, goals in self._open.items():
            if any(handle.is_cancel_requested for handle, _ in goals):
                self._runner.cancel(id_)

    def _tell(self, task: Task) -> None:
        """Feedback to everybody who asked for this task, or its result."""
        ended = task.state in ENDED_STATES
        goals = (
            self._open.pop(task.request.id, []) if ended else self._open.get(task.request.id, [])
        )
        for handle, future in goals:
            if ended:
                _finish(handle, task.state)
                future.set_result(_result(task))
            else:
                handle.publish_feedback(PerformTask.Feedback(task=task_to_ros(task)))

    async def _resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """First the gate, which holds the robot until then; the tasks only if it agrees."""
        response.success, response.message = False, "The safety process is not there yet"
        if self._gate.ready and self._port.hears_gate:
            answer = await self._gate.ask(Trigger.Request(), RESUME_TRIES)
            if answer is None:
                response.message = "The safety process did not answer"
                return response
            if answer.success:
                self._runner.resume()
            response.success, response.message = answer.success, answer.message
        return response

    def _cancel_all(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._runner.cancel_all()
        response.success, response.message = True, "Every open task is cancelled"
        return response


def _essence(queue: TaskQueue) -> object:
    """What is worth telling at once."""
    return queue.resume_required, [(t.request.id, t.state, t.detail) for t in queue.tasks]


def _finish(handle: ServerGoalHandle, state: TaskState) -> None:
    if state is TaskState.DONE:
        handle.succeed()
    elif state is TaskState.CANCELLED and handle.is_cancel_requested:
        handle.canceled()
    else:
        handle.abort()


def _result(task: Task) -> PerformTask.Result:
    return PerformTask.Result(error_code=_ERRORS[task.state], error_msg=task.detail)


def _refuse(handle: ServerGoalHandle, code: int, message: str) -> PerformTask.Result:
    handle.abort()
    return PerformTask.Result(error_code=code, error_msg=message)


def main() -> None:
    run(TasksNode)


if __name__ == "__main__":
    main()
