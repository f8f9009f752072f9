"""Starting the suite: one description, and a supervisor for machines without `ros2 launch`."""

from or_robot.bringup.description import Options, Process, processes

__all__ = ["Options", "Process", "processes"]
