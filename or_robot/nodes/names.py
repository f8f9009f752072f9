"""Names, frames and qualities of service of the graph, each once (docs/architecture.md)."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

MAP, ODOM, BASE, LIDAR, IMU = "map", "odom", "base_link", "lidar_link", "imu_link"
CAMERA, CAMERA_OPTICAL = "camera_link", "camera_optical_frame"
"""The camera's body looks along x, its optical frame along z (REP 103)."""

DIAGNOSTICS = "diagnostics"

SENSOR = QoSProfile(
    depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Newest only, nothing sent twice."""

STREAM = QoSProfile(
    depth=10, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Sensor data of which every reading counts, nothing sent twice."""

NEWEST = QoSProfile(
    depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE
)

EVENT = QoSProfile(
    depth=10, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE
)

HISTORY = QoSProfile(
    depth=500, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE
)
"""Every message, also when the receiver is late for seconds."""

LATCHED = QoSProfile(
    depth=1,
    history=HistoryPolicy.KEEP_LAST,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Who comes later gets the last value."""

LATCHED_MANY = QoSProfile(
    depth=20,
    history=HistoryPolicy.KEEP_LAST,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""For topics with one value a room or a frame."""

SCAN, ODOMETRY, IMU_TOPIC = "scan", "odom", "imu"
COLOR, DEPTH, CAMERA_INFO = "camera/image_raw", "camera/depth/image_raw", "camera/camera_info"
HARDWARE_ESTOP, BUMPER, BATTERY = "hardware_estop", "bumper", "battery_state"
MAP_TOPIC, GLOBAL_COSTMAP, LOCAL_COSTMAP = "map", "global_costmap/costmap", "local_costmap/costmap"
POSE, PLAN, INITIAL_POSE = "amcl_pose", "plan", "initialpose"
PEOPLE, PHASE = "people", "procedure_phase"
DOORS, MARKERS, CAMERA_BLIND = "doors", "markers", "camera/blind"
DOOR_REQUESTS = "door_requests"
DEPTH_OBSTACLES, PEOPLE_MARKERS = "depth_obstacles", "people_markers"
COMMAND_RAW, COMMAND = "cmd_vel_raw", "cmd_vel"
SAFETY_STATE, STOP_REQUEST = "safety/state", "safety/stop_request"
SAFETY_RESET, SAFETY_RESUME, SAFETY_MANUAL = "safety/reset", "safety/resume", "safety/manual"
TASK_TREE = "tasks/tree"
TASK_QUEUE, TASKS_RESUME, TASKS_CANCEL_ALL = "tasks/queue", "tasks/resume", "tasks/cancel_all"
NAVIGATE, NAVIGATE_THROUGH = "navigate_to_pose", "navigate_through_poses"
COMPUTE_PATH, DOCK, PERFORM = "compute_path_to_pose", "dock_robot", "perform_task"
TRUTH_STATE = "ground_truth/state"
"""Everything the referee judges by, as JSON of scenario.truth.GroundTruth."""
TRUTH_POSE, TRUTH_PEOPLE, TRUTH_CONTACTS = (
    "ground_truth/robot",
    "ground_truth/people",
    "ground_truth/contacts",
)
"""Only the referee may listen."""


def heartbeat(process: str) -> str:
    return f"heartbeat/{process}"


HEARTBEAT_HZ = 20.0
"""So that one lost beat is not yet a reason to stop (SafetyConfig.stop_age)."""
