"""Process `simulation`: the simulated base, its sensors and /clock, at the pace of real time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from builtin_interfaces.msg import Time
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry as OdometryMsg
from or_robot_interfaces.msg import DoorRequests
from or_robot_interfaces.msg import Tracks as TracksMsg
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState
from sensor_msgs.msg import Imu as ImuMsg
from sensor_msgs.msg import LaserScan as LaserScanMsg
from std_msgs.msg import Bool, String, UInt32
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage

from or_robot.nodes import names
from or_robot.nodes.conversions import (
    command_from_ros,
    odometry_to_ros,
    scan_to_ros,
    time_to_ros,
    tracks_to_ros,
    transform_to_ros,
)
from or_robot.nodes.door_requests import requests_from_ros
from or_robot.nodes.runtime import Diagnostics, PlainNode, run, steady_timer
from or_robot.nodes.sensor_conversions import imu_to_ros, mount_to_ros
from or_robot.nodes.simulated_camera import DrawnCamera, SimulatedCamera, StreamedCamera
from or_robot.nodes.simulators import make_world
from or_robot.nodes.start import declare_start
from or_robot.nodes.truth import people_tracks, truth_to_ros
from or_robot.scenario.events import Schedule
from or_robot.sim.camera import OPTICAL
from or_robot.sim.world import SimWorld
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry
from or_robot.types.sensing import ImuReading, SensorFrame

STEP_HZ = 50.0
SCAN_PERIOD_S = 0.1
LONGEST_STEP_S = 0.1
"""s of simulated time at once: after a stall time is lost rather than caught up in a burst."""
COMMAND_TIMEOUT_S = 0.25
"""s of steady time without /cmd_vel after which the base stops (also when simulated time lags)."""
SLOW_HZ = 2.0
TRUTH_HZ = 10.0


class SimulationNode(PlainNode):
    def __init__(self) -> None:
        super().__init__("simulation")
        seed = self.declare_parameter("seed", 1).value
        start = declare_start(self)
        simulator = self.declare_parameter("simulator", "mujoco").value
        window = self.declare_parameter("window", "none").value == "gazebo"
        self._world = make_world(simulator, start, seed, window=window)
        self._events = Schedule(start.events)
        self._target_s = self._world.time_s
        self._stepped_s = self._commanded_s = time.monotonic()
        self._writers_wrong = False
        self._switches: tuple[bool, bool] | None = None
        self._advertise()
        world = self._world
        self._camera: SimulatedCamera = (
            DrawnCamera(self, world) if isinstance(world, SimWorld) else StreamedCamera(self, world)
        )
        self._tell_mounts()
        self.create_subscription(TwistStamped, names.COMMAND, self._command, names.NEWEST)
        self.create_subscription(
            DoorRequests, names.DOOR_REQUESTS, self._take_door_requests, names.EVENT
        )
        self.create_service(SetBool, "simulation/press_estop", self._press_estop)
        diagnostics = Diagnostics(self, self._health)
        steady_timer(self, STEP_HZ, diagnostics.timed(self._step))
        steady_timer(self, SLOW_HZ, self._tell_slow)
        steady_timer(self, TRUTH_HZ, self._tell_truth)
        steady_timer(self, TRUTH_HZ, self._count_writers)

    def _advertise(self) -> None:
        publisher = self.create_publisher
        self._clock_out = publisher(Clock, "/clock", names.SENSOR)
        self._scan = publisher(LaserScanMsg, names.SCAN, names.SENSOR)
        self._odometry = publisher(OdometryMsg, names.ODOMETRY, names.SENSOR)
        self._imu = publisher(ImuMsg, names.IMU_TOPIC, names.STREAM)
        self._tf = publisher(TFMessage, "/tf", names.EVENT)
        self._tf_static = publisher(TFMessage, "/tf_static", names.LATCHED_MANY)
        self._estop = publisher(Bool, names.HARDWARE_ESTOP, names.LATCHED)
        self._bumper = publisher(Bool, names.BUMPER, names.LATCHED)
        self._battery = publisher(BatteryState, names.BATTERY, names.LATCHED)
        self._truth_state = publisher(String, names.TRUTH_STATE, names.HISTORY)
        self._truth = publisher(OdometryMsg, names.TRUTH_POSE, names.EVENT)
        self._truth_people = publisher(TracksMsg, names.TRUTH_PEOPLE, names.EVENT)
        self._truth_contacts = publisher(UInt32, names.TRUTH_CONTACTS, names.EVENT)

    def _command(self, message: TwistStamped) -> None:
        if self._writers_wrong:
            return
        twist = command_from_ros(message).twist
        if not (math.isfinite(twist.linear) and math.isfinite(twist.angular)):
            return  # no command at all: the base stops by its own timeout
        self._commanded_s = time.monotonic()
        self._world.command(twist)

    def _take_door_requests(self, message: DoorRequests) -> None:
        """Of the wing's door control. Doors no longer named are let go when their time is up."""
        doors, until_s = requests_from_ros(message)
        self._world.ask_doors(doors, until_s)

    def _count_writers(self) -> None:
        """One writer, or none of them is obeyed."""
        count = self.count_publishers(names.COMMAND)
        if (count > 1) is not self._writers_wrong:
            self._writers_wrong = count > 1
            self.get_logger().error(
                f"{count} writers of {names.COMMAND}: {'stop' if count > 1 else 'mended'}"
            )

    def _press_estop(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._world.set_hardware_estop(request.data)
        response.success = True
        return response

    def _step(self) -> None:
        now = time.monotonic()
        reached_s = self._world.time_s
        self._target_s = min(self._target_s + now - self._stepped_s, reached_s + LONGEST_STEP_S)
        self._stepped_s = now
        if self._writers_wrong or now - self._commanded_s > COMMAND_TIMEOUT_S:
            self._world.command(STANDSTILL)
        for action in self._events.due(self._world.time_s, self._world.truth().robot):
            self._world.happen(action)
        frame = self._world.step(self._target_s)
        self._clock_out.publish(Clock(clock=time_to_ros(frame.stamp_s)))
        self._tell_motion(frame.odometry)
        self._tell_scans(frame.scans)
        self._tell_imu(frame.imu)
        self._tell_switches(frame)
        self._camera.step(frame)
        if self._truth_state.get_subscription_count():
            self._truth_state.publish(truth_to_ros(self._world.truth()))

    def _tell_motion(self, odometry: Sequence[Odometry]) -> None:
        for reading in odometry:
            self._odometry.publish(odometry_to_ros(reading, names.ODOM, names.BASE))
        if odometry:
            newest = odometry[-1]
            transform = transform_to_ros(newest.pose, newest.stamp_s, names.ODOM, names.BASE)
            self._tf.publish(TFMessage(transforms=[transform]))

    def _tell_mounts(self) -> None:
        robot = self._world.robot
        mounts = {
            names.LIDAR: robot.lidar_mount,
            names.IMU: robot.imu_mount,
            names.CAMERA: robot.camera_mount,
            names.CAMERA_OPTICAL: robot.camera_mount.compose(OPTICAL),
        }
        transforms = [mount_to_ros(mount, names.BASE, frame) for frame, mount in mounts.items()]
        self._tf_static.publish(TFMessage(transforms=transforms))

    def _tell_scans(self, scans: Sequence[LaserScan]) -> None:
        for scan in scans:
            self._scan.publish(scan_to_ros(scan, names.LIDAR, SCAN_PERIOD_S))

    def _tell_imu(self, readings: Sequence[ImuReading]) -> None:
        if self._imu.get_subscription_count():
            for reading in readings:
                self._imu.publish(imu_to_ros(reading, names.IMU))

    def _tell_switches(self, frame: SensorFrame) -> None:
        """At once on a change; `_tell_slow` repeats."""
        self._charge, self._charging = frame.battery, frame.charging
        switches = (frame.hardware_estop, frame.bumper)
        if switches != self._switches:
            self._switches = switches
            self._publish_switches()

    def _publish_switches(self) -> None:
        if self._switches is not None:
            self._estop.publish(Bool(data=self._switches[0]))
            self._bumper.publish(Bool(data=self._switches[1]))

    def _tell_slow(self) -> None:
        self._publish_switches()
        message = BatteryState(percentage=self._charge, present=True)
        message.power_supply_status = (
            BatteryState.POWER_SUPPLY_STATUS_CHARGING
            if self._charging
            else BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
        )
        message.header.stamp = self._stamp()
        self._battery.publish(message)

    def _stamp(self) -> Time:
        return time_to_ros(self._world.time_s)

    def _tell_truth(self) -> None:
        """Only while somebody listens, which the graph's own nodes never do."""
        if not self._truth.get_subscription_count() + self._truth_people.get_subscription_count():
            return
        truth = self._world.truth()
        reading = Odometry(truth.stamp_s, truth.robot, truth.twist)
        self._truth.publish(odometry_to_ros(reading, names.MAP, names.BASE))
        self._truth_people.publish(tracks_to_ros(people_tracks(truth), names.MAP))
        self._truth_contacts.publish(UInt32(data=len(truth.contacts)))

    def close(self) -> None:
        self._camera.close()
        self._world.close()

    def _health(self) -> tuple[bool, str]:
        if self._writers_wrong:
            return False, "several writers of cmd_vel"
        return not self._camera.problem, self._camera.problem


def main() -> None:
    run(SimulationNode)


if __name__ == "__main__":
    main()
