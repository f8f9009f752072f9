"""The full graph under test: a suite, relays in its paths, orders, and a watcher of the truth."""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry
from or_robot_interfaces.action import PerformTask
from or_robot_interfaces.msg import SafetyState, TaskQueue, Tracks
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, LaserScan
from std_msgs.msg import Bool, Header, UInt32
from std_srvs.srv import Trigger

from or_robot.bench.rig_relay import PREFIX, Relay, raw
from or_robot.bench.rig_suite import START_S, Suite
from or_robot.errors import OrRobotError
from or_robot.nodes import names
from or_robot.nodes.conversions import pose_to_ros, time_from_ros
from or_robot.share import share
from or_robot.types.tasks import ENDED_STATES
from or_robot.world.site import load_site

RELAYED = {
    "simulation": {
        names.SCAN: (LaserScan, names.SENSOR),
        names.ODOMETRY: (Odometry, names.SENSOR),
        names.BATTERY: (BatteryState, names.LATCHED),
        names.BUMPER: (Bool, names.LATCHED),
        names.HARDWARE_ESTOP: (Bool, names.LATCHED),
        "/clock": (Clock, names.SENSOR),
    },
    "navigation": {
        names.POSE: (PoseWithCovarianceStamped, names.NEWEST),
        names.COMMAND_RAW: (TwistStamped, names.NEWEST),
    },
    "perception": {names.PEOPLE: (Tracks, names.NEWEST)},
}
"""Owner → topics that go through the rig."""
GATE_SCAN = PREFIX + "gate_scan"
BEATS = ("navigation", "perception", "tasks", "gateway")
STATIONS = ("sterile_store", "soiled_utility")
"""Far apart, with the long corridor between them."""
FAST = 0.75
"""m/s: the robot has reached its speed when it is faster than this and no longer gaining."""
PATIENCE_S = 60.0
ERRANDS = 3
TOP_SPEED_S = 180.0
"""An errand may begin near its first station: then it loads there, and is fast only afterwards."""
ANSWER_S = 3.0
STATE_AGE_S = 1.0
"""The gate tells its state ten times a second; silent for longer it is gone."""

Seen = dict[str, Any]


class Rig:
    """Newest of everything by name in `seen`; `wait` for a condition on it."""

    def __init__(self, folder: Path, *, gate_alone: bool = False) -> None:
        """gate_alone: the gate has a scan relay of its own, `relays[GATE_SCAN]`, and there is no
        other, so that nobody else is late or led astray."""
        relayed = {} if gate_alone else RELAYED
        remaps = {
            owner: {topic: raw(topic) for topic in topics} for owner, topics in relayed.items()
        }
        if gate_alone:
            remaps["safety"] = {names.SCAN: GATE_SCAN}
        self.suite = Suite(folder, remaps)
        self._context = Context()
        for variable in ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"):
            os.environ.setdefault(variable, str(share("launch", "fastdds.xml")))
        rclpy.init(context=self._context, domain_id=self.suite.domain)
        self.node = rclpy.create_node("rig", context=self._context)
        self._changed = threading.Condition()
        self.seen: Seen = {}
        self._heard_s: dict[str, float] = {}
        self.commands: list[tuple[float, float]] = []
        """Steady arrival and speed of the fastest axis of every /cmd_vel."""
        self.speeds: list[tuple[float, float]] = []
        """Steady arrival and forward speed of every odometry reading of the base."""
        self.path_m = 0.0
        """Way of the robot, by ground truth."""
        self.beats: dict[str, deque[float]] = {name: deque(maxlen=200) for name in BEATS}
        """Process → steady stamps of its heartbeats."""
        self.relays = {
            topic: Relay(self.node, raw(topic), topic, kind, quality)
            for topics in relayed.values()
            for topic, (kind, quality) in topics.items()
        }
        if gate_alone:
            self.relays[GATE_SCAN] = Relay(
                self.node, names.SCAN, GATE_SCAN, LaserScan, names.SENSOR
            )
        self._listen(names.ODOMETRY if gate_alone else raw(names.ODOMETRY))
        self.perform = ActionClient(self.node, PerformTask, names.PERFORM)
        self._ids = itertools.count(int(time.time()))
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._closing = False
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._thread.join(5.0)
        self._context.try_shutdown()
        self.suite.close()

    def wait(
        self, what: str, condition: Callable[[Seen], bool], timeout_s: float = PATIENCE_S
    ) -> None:
        """Until `condition(seen)` holds. OrRobotError says what was there instead."""

        def holds() -> bool:
            try:
                return condition(self.seen)
            except KeyError:
                return False

        with self._changed:
            if not self._changed.wait_for(holds, timeout_s):
                raise OrRobotError(f"no {what} within {timeout_s:.0f} s; {self.summary()}")

    def holds_for(self, condition: Callable[[Seen], bool], seconds: float) -> bool:
        """Whether a condition holds all the time."""
        with self._changed:
            return not self._changed.wait_for(lambda: not condition(self.seen), seconds)

    def summary(self) -> str:
        safety = self.seen.get("safety")
        said = f"safety {safety.mode} {safety.reason_code}" if safety else "no safety state"
        parts = [said, f"speed {self.speed:.2f}"]
        if "robot" in self.seen:
            here = self.seen["robot"].pose.pose.position
            parts.append(f"at {here.x:.1f}, {here.y:.1f}")
        if "tasks" in self.seen and self.seen["tasks"].tasks:
            task = self.seen["tasks"].tasks[0]
            parts.append(f"task {task.id} {task.state} {task.detail}".rstrip())
        return "; ".join(parts)

    # --- the robot

    @property
    def speed(self) -> float:
        """True forward speed, m/s; 0 before anything is known."""
        robot = self.seen.get("robot")
        return abs(robot.twist.twist.linear.x) if robot else 0.0

    @property
    def contacts(self) -> int:
        return int(self.seen["contacts"].data) if "contacts" in self.seen else 0

    @property
    def gate_lives(self) -> bool:
        """Whether its state, told ten times a second, is of now."""
        return time.monotonic() - self._heard_s.get("safety", -math.inf) < STATE_AGE_S

    def ready(self) -> None:
        """The robot stands, unlatched, with nothing to do."""
        self.wait("ground truth", lambda seen: "robot" in seen and "safety" in seen, START_S)
        end_s = time.monotonic() + START_S
        while True:
            state = self.seen["safety"]
            if not self.gate_lives:
                pass  # what is known of a dead gate says nothing about the one that comes
            elif state.reset_required:
                self.trigger(names.SAFETY_RESET)
            elif state.resume_required:
                self.trigger(names.TASKS_RESUME)
            elif state.mode != state.MODE_INIT:
                break
            if time.monotonic() > end_s:
                raise OrRobotError(f"the robot does not become ready; {self.summary()}")
            time.sleep(0.3)
        self.trigger(names.TASKS_CANCEL_ALL)
        self.wait("standstill", standing)

    def drive(self) -> None:
        """Send it along the corridor and wait until it is as fast as it will be.

        An errand on which it was slowed all the way, and so never was, is followed by another.
        """
        for _ in range(ERRANDS - 1):
            if self._drove_fast():
                return
        if not self._drove_fast():
            raise OrRobotError(f"no top speed in {ERRANDS} errands; {self.summary()}")

    def _drove_fast(self) -> bool:
        """Whether one errand's drive reached top speed, where it then is."""
        if not self.perform.wait_for_server(PATIENCE_S):
            raise OrRobotError("the tasks process does not answer")
        site = load_site("operating_wing").stations
        here = self.seen["robot"].pose.pose.position.x
        far = max(STATIONS, key=lambda name: abs(site[name].pose.x - here))
        goal = PerformTask.Goal(
            id=f"rig-{next(self._ids)}",
            kind="deliver",
            item="tray",
            pickup=far,
            dropoff="dock",
            room="OR-1",
        )
        self.perform.send_goal_async(goal)
        fastest, held = [0.0, time.monotonic()], Counter[str]()

        def settled(_: Seen) -> bool:
            if self.speed > fastest[0] + 0.01:
                fastest[:] = [self.speed, time.monotonic()]
            return self.speed > FAST and time.monotonic() - fastest[1] > 0.3

        def over(seen: Seen) -> bool:
            held[seen["safety"].reason_code] += 1
            ended = (task.id for task in seen["tasks"].tasks if task.state in ENDED_STATES)
            return settled(seen) or goal.id in ended

        try:
            self.wait("top speed", over, TOP_SPEED_S)
        except OrRobotError as error:
            why = ", ".join(reason or "no reason" for reason, _ in held.most_common(3))
            raise OrRobotError(f"{error.problem}; {fastest[0]:.2f} m/s at most; {why}") from None
        return self.speed > FAST

    def place_at_dock(self) -> None:
        """As a person does after the base was lost."""
        message = PoseWithCovarianceStamped()
        message.header.frame_id = names.MAP
        message.pose.pose = pose_to_ros(load_site("operating_wing").stations["dock"].pose)
        publisher = self.node.create_publisher(
            PoseWithCovarianceStamped, names.INITIAL_POSE, names.EVENT
        )
        end_s = time.monotonic() + PATIENCE_S
        while not publisher.get_subscription_count() and time.monotonic() < end_s:
            time.sleep(0.05)
        publisher.publish(message)

    def trigger(self, service: str) -> bool:
        """Call a Trigger service; False when it refuses or does not answer."""
        client = self.node.create_client(Trigger, service)
        try:
            if not client.wait_for_service(ANSWER_S):
                return False
            answer = client.call_async(Trigger.Request())
            done = threading.Event()
            answer.add_done_callback(lambda _: done.set())
            return done.wait(ANSWER_S) and bool(answer.result().success)
        finally:
            self.node.destroy_client(client)

    def first_zero_after(self, steady_s: float) -> float | None:
        """Steady arrival of the zero command after which all are zero; None: still moving."""
        late = [(at, speed) for at, speed in self.commands if at > steady_s]
        moving = [at for at, speed in late if speed]
        since = moving[-1] if moving else steady_s
        return next((at for at, speed in late if at > since and not speed), None)

    # --- what is heard

    def _listen(self, odometry: str) -> None:
        subscribe = self.node.create_subscription
        subscribe(TwistStamped, names.COMMAND, self._take_command, names.EVENT)
        subscribe(Odometry, names.TRUTH_POSE, self._take_truth, names.EVENT)
        subscribe(Odometry, odometry, self._take_speed, names.SENSOR)
        subscribe(SafetyState, names.SAFETY_STATE, self._keeper("safety"), names.LATCHED)
        subscribe(TaskQueue, names.TASK_QUEUE, self._keeper("tasks"), names.LATCHED)
        subscribe(UInt32, names.TRUTH_CONTACTS, self._keeper("contacts"), names.EVENT)
        for process in BEATS:
            subscribe(Header, names.heartbeat(process), self._beat_keeper(process), names.NEWEST)

    def _keeper(self, name: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:
            with self._changed:
                self.seen[name] = message
                self._heard_s[name] = time.monotonic()
                self._changed.notify_all()

        return keep

    def _beat_keeper(self, process: str) -> Callable[[Header], None]:
        def keep(message: Header) -> None:
            self.beats[process].append(time_from_ros(message.stamp))

        return keep

    def _take_command(self, message: TwistStamped) -> None:
        twist = message.twist
        self.commands.append((time.monotonic(), max(abs(twist.linear.x), abs(twist.angular.z))))
        self._keeper("command")(message)

    def _take_truth(self, message: Odometry) -> None:
        before, here = self.seen.get("robot"), message.pose.pose.position
        if before is not None:
            was = before.pose.pose.position
            step = math.hypot(here.x - was.x, here.y - was.y)
            self.path_m += step if step < 1.0 else 0.0  # a new simulation begins at the dock
        self._keeper("robot")(message)

    def _take_speed(self, message: Odometry) -> None:
        self.speeds.append((time.monotonic(), message.twist.twist.linear.x))

    def _spin(self) -> None:
        while not self._closing:
            self._executor.spin_once(timeout_sec=0.1)


def standing(seen: Seen) -> bool:
    twist = seen["robot"].twist.twist
    return abs(twist.linear.x) < 0.02 and abs(twist.angular.z) < 0.05


def zero(seen: Seen) -> bool:
    twist = seen["command"].twist
    return twist.linear.x == 0.0 and twist.angular.z == 0.0
