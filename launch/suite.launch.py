"""`ros2 launch or_robot suite.launch.py [sim:=mujoco|none] [scenario:=NAME] [panel:=yes|no] …`.

The same processes as `or-robot up`, from the same description (bringup.yaml). Keys, the patient
case and users are made beforehand: `or-robot keys`, `or-robot info import`, `or-robot user add`.
"""

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from or_robot.bringup.description import Options, Process, option_defaults, processes


def start(process: Process) -> LaunchDescriptionEntity:
    """One process as launch starts it."""
    if not process.node:
        return ExecuteProcess(
            name=process.name,
            cmd=process.command(),
            output="screen",
            respawn=process.respawn,
            respawn_delay=process.respawn_delay_s,
        )
    return Node(
        package="or_robot",
        executable=process.executable,
        name=process.name,
        parameters=[*map(str, process.parameter_files), process.parameters],
        remappings=[*process.remaps.items()],
        output="screen",
        respawn=process.respawn,
        respawn_delay=process.respawn_delay_s,
    )


def start_all(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Every process that the arguments ask for."""
    given = {name: LaunchConfiguration(name).perform(context) for name in option_defaults()}
    return [start(process) for process in processes(Options.from_strings(given))]


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(name, default_value=value)
        for name, value in option_defaults().items()
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start_all)])
