"""The simulated IMU and camera, as another process gets them."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image, Imu
from tf2_msgs.msg import TFMessage

from or_robot.nodes import names
from or_robot.nodes.sensor_conversions import image_from_ros, imu_from_ros
from or_robot.nodes.transforms import Mounts

WAIT_S = 40.0

if not ctypes.util.find_library("EGL"):
    pytest.skip("no EGL: apt-get install libegl1 libgl1-mesa-dri", allow_module_level=True)


class Listener:
    """Everything that came on the sensors' topics."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("listener", context=self._context)
        self.mounts = Mounts(self.node)
        self.heard = defaultdict(list)
        for kind, topic, quality in (
            (Imu, names.IMU_TOPIC, names.STREAM),
            (Image, names.COLOR, names.SENSOR),
            (Image, names.DEPTH, names.SENSOR),
            (CameraInfo, names.CAMERA_INFO, names.SENSOR),
            (TFMessage, "/tf_static", names.LATCHED_MANY),
        ):
            self.node.create_subscription(kind, topic, self.heard[topic].append, quality)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def listen_until(self, topic: str, count: int) -> None:
        given_up = threading.Event()
        timer = threading.Timer(WAIT_S, given_up.set)
        timer.start()
        while len(self.heard[topic]) < count and not given_up.is_set():
            self._executor.spin_once(timeout_sec=0.2)
        timer.cancel()
        counts = {name: len(messages) for name, messages in self.heard.items()}
        assert len(self.heard[topic]) >= count, counts

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture(scope="module")
def listener(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    home: Path = tmp_path_factory.mktemp("home")
    simulation = subprocess.Popen(
        [sys.executable, "-m", "or_robot.nodes.simulation"],
        env=os.environ | {"ROS_DOMAIN_ID": str(domain), "OR_ROBOT_HOME": str(home)},
    )
    listener = Listener(domain)
    try:
        yield listener
        simulation.terminate()
        assert simulation.wait(20.0) == 0
    finally:
        simulation.kill()
        listener.close()


def test_imu_at_its_rate_with_gravity(listener: Listener) -> None:
    listener.listen_until(names.IMU_TOPIC, 100)
    readings = [imu_from_ros(message) for message in listener.heard[names.IMU_TOPIC]]
    periods = np.diff([reading.stamp_s for reading in readings])
    assert np.median(periods) == pytest.approx(0.01)
    assert readings[-1].linear_acceleration[2] == pytest.approx(9.81, abs=0.3)
    assert readings[-1].angular_velocity_variance > 0.0


def test_colour_depth_and_info_of_one_image_belong_together(listener: Listener) -> None:
    """The robot stands at its dock and looks along the floor, which is where its mount says."""
    listener.listen_until(names.CAMERA_INFO, 5)
    infos, colors, depths = (
        {(m.header.stamp.sec, m.header.stamp.nanosec): m for m in listener.heard[topic]}
        for topic in (names.CAMERA_INFO, names.COLOR, names.DEPTH)
    )
    stamps = sorted(infos.keys() & colors.keys() & depths.keys())
    assert len(stamps) >= 2, (len(infos), len(colors), len(depths))
    newest = stamps[-1]
    mount = listener.mounts.of(colors[newest].header.frame_id)
    assert mount is not None
    image = image_from_ros(colors[newest], depths[newest], infos[newest], mount)
    assert image.color.std() > 5.0
    row, column = 200, 212
    ray = np.linalg.inv(image.intrinsics) @ [column, row, 1.0]
    assert mount.apply(ray * image.depth[row, column])[2] == pytest.approx(0.0, abs=0.03)
