"""Gazebo's sensor messages as the robot's own types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from or_robot.geometry.pose import Pose2D
from or_robot.sim.robot_model import RobotModel
from or_robot.sim.sdf import ImuSensor
from or_robot.types.motion import LaserScan
from or_robot.types.sensing import ImuReading


def seconds(time: Any) -> float:
    return float(time.sec) + 1e-9 * float(time.nsec)


def pose_of(pose: Any) -> Pose2D:
    """Height, roll and pitch are dropped."""
    q = pose.orientation
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))
    return Pose2D(pose.position.x, pose.position.y, yaw)


def scan_of(message: Any, robot: RobotModel) -> LaserScan:
    """Noise is Gazebo's own, from the SDF; beams that the robot's own body hides are NaN."""
    scan, sensor = message.scan, robot.lidar
    ranges = np.array(scan.ranges, dtype=np.float32)
    ranges[~np.isfinite(ranges) | (ranges > sensor.range_max)] = np.inf
    if ranges.size == robot.lidar_hidden.size:
        ranges[robot.lidar_hidden] = np.nan
    return LaserScan(
        stamp_s=seconds(message.time),
        angle_min=scan.angle_min,
        angle_increment=scan.angle_step,
        range_min=sensor.range_min,
        range_max=sensor.range_max,
        ranges=ranges,
        mount=robot.lidar_mount.planar(),
    )


def imu_reading(message: Any, sensor: ImuSensor) -> ImuReading:
    turning, force = message.angular_velocity, message.linear_acceleration
    return ImuReading(
        seconds(message.stamp),
        np.array([turning.x, turning.y, turning.z]),
        np.array([force.x, force.y, force.z]),
        sensor.gyro.sigma**2,
        sensor.accelerometer.sigma**2,
    )
