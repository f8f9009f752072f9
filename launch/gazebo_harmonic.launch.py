"""Gazebo Harmonic with the wing, the courier and ros_gz_bridge, on a ROS 2 Jazzy machine.

Not run in our CI: Harmonic is not packaged for its system. Start the suite beside it with
`ros2 launch or_robot suite.launch.py sim:=none`. People, doors, bumper and battery are not bridged.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    SetEnvironmentVariable,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription
from or_robot.share import share

SENSORS = '<plugin name="gz::sim::systems::Sensors" filename="gz-sim-sensors-system"/>'


def robot_file(model: Path) -> Path:
    """The courier with the sensor type and the system that Harmonic wants."""
    text = model.read_text(encoding="utf-8")
    for name, kind in (("lidar", "ray"), ("imu", "imu"), ("camera", "rgbd_camera")):
        wanted = "gpu_lidar" if kind == "ray" else kind
        text = text.replace(
            f'<sensor name="{name}" type="{kind}">',
            f'<sensor name="{name}" type="{wanted}"><topic>{name}</topic>',
        )
    file = Path(tempfile.mkdtemp(prefix="or_robot_")) / "model.sdf"
    file.write_text(text.replace("</model>", f"{SENSORS}</model>"), encoding="utf-8")
    return file


def generate_launch_description() -> LaunchDescription:
    simulation = share("simulation")
    gazebo = PathJoinSubstitution([FindPackageShare("ros_gz_sim"), "launch", "gz_sim.launch.py"])
    world = PathJoinSubstitution([str(simulation / "worlds"), LaunchConfiguration("world")])
    robot = robot_file(simulation / "models" / "or_courier" / "model.sdf")
    place = {"x": "1.5", "y": "3.9", "z": "0.02", "Y": "1.5708"}
    at = [part for name, value in place.items() for part in (f"-{name}", value)]
    bridge = str(share("launch", "params", "gazebo_harmonic_bridge.yaml"))
    return LaunchDescription(
        [
            DeclareLaunchArgument("world", default_value="operating_wing.sdf"),
            SetEnvironmentVariable("GZ_SIM_RESOURCE_PATH", str(simulation / "models")),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(gazebo),
                launch_arguments={"gz_args": ["-r ", world]}.items(),
            ),
            Node(
                package="ros_gz_sim",
                executable="create",
                arguments=["-name", "or_courier", "-file", str(robot), *at],
            ),
            Node(
                package="ros_gz_bridge",
                executable="parameter_bridge",
                parameters=[{"config_file": bridge, "use_sim_time": True}],
            ),
        ]
    )
