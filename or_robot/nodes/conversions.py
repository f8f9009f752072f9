"""Between our types and ROS messages: `x_to_ros`, `x_from_ros`. No logic, nothing lost on the way
but what the docstring says. A message that cannot be used raises Malformed."""

from __future__ import annotations

import math
from array import array

import numpy as np
from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import (
    Point,
    PoseStamped,
    PoseWithCovarianceStamped,
    Quaternion,
    TransformStamped,
    TwistStamped,
    Vector3,
)
from geometry_msgs.msg import Pose as PoseMsg
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMsg
from nav_msgs.msg import Path as PathMsg
from numpy.typing import NDArray
from or_robot_interfaces.msg import ProcedurePhase as ProcedurePhaseMsg
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from or_robot_interfaces.msg import Task as TaskMsg
from or_robot_interfaces.msg import TaskQueue as TaskQueueMsg
from or_robot_interfaces.msg import Track as TrackMsg
from or_robot_interfaces.msg import Tracks as TracksMsg
from sensor_msgs.msg import LaserScan as LaserScanMsg
from std_msgs.msg import Header

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.nodes import names
from or_robot.types.motion import (
    LaserScan,
    Odometry,
    Path,
    PoseEstimate,
    Track,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.site import OccupancyMap
from or_robot.types.tasks import Task, TaskKind, TaskQueue, TaskRequest, TaskState

LOST_VARIANCE = 1.0e6
"""m² or rad² on the diagonal of /amcl_pose that say "lost": far wider than any building."""

PLANAR = np.ix_((0, 1, 5), (0, 1, 5))
"""x, y, yaw in ROS's 6 × 6 covariance."""

_PHASES = list(Phase)


class Malformed(ValueError):
    """A message that says nothing that can be used; the text says why."""


def expect_frame(given: str, wanted: str) -> None:
    """A pose in another frame than agreed is no pose here. Raises Malformed."""
    if given != wanted:
        raise Malformed(f"frame {given!r} instead of {wanted!r}")


def _expect_finite(what: str, *values: float) -> None:
    if not all(map(math.isfinite, values)):
        raise Malformed(f"{what} is not a number")


def time_to_ros(stamp_s: float) -> Time:
    """Seconds to a message; negative times become 0."""
    nanoseconds = max(0, round(stamp_s * 1e9))
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def time_from_ros(time: Time) -> float:
    return float(time.sec) + float(time.nanosec) * 1e-9


def duration_to_ros(seconds: float) -> Duration:
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def header_to_ros(stamp_s: float, frame: str) -> Header:
    return Header(stamp=time_to_ros(stamp_s), frame_id=frame)


def pose_to_ros(pose: Pose2D) -> PoseMsg:
    half = pose.yaw / 2.0
    return PoseMsg(
        position=Point(x=pose.x, y=pose.y, z=0.0),
        orientation=Quaternion(x=0.0, y=0.0, z=math.sin(half), w=math.cos(half)),
    )


def pose_from_ros(pose: PoseMsg) -> Pose2D:
    """Height, roll and pitch are dropped. Malformed for what is no pose."""
    planar = Pose2D(pose.position.x, pose.position.y, _yaw(pose.orientation))
    _expect_finite("pose", planar.x, planar.y, planar.yaw)
    return planar


def _yaw(q: Quaternion) -> float:
    return math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))


def pose_stamped_to_ros(pose: Pose2D, stamp_s: float, frame: str) -> PoseStamped:
    return PoseStamped(header=header_to_ros(stamp_s, frame), pose=pose_to_ros(pose))


def transform_to_ros(pose: Pose2D, stamp_s: float, parent: str, child: str) -> TransformStamped:
    message = TransformStamped(header=header_to_ros(stamp_s, parent), child_frame_id=child)
    as_pose = pose_to_ros(pose)
    message.transform.translation = Vector3(x=pose.x, y=pose.y, z=0.0)
    message.transform.rotation = as_pose.orientation
    return message


def scan_to_ros(scan: LaserScan, frame: str, scan_time_s: float) -> LaserScanMsg:
    """The mount travels as a transform, not in the scan."""
    return LaserScanMsg(
        header=header_to_ros(scan.stamp_s, frame),
        angle_min=scan.angle_min,
        angle_max=scan.angle_min + scan.angle_increment * (scan.ranges.size - 1),
        angle_increment=scan.angle_increment,
        scan_time=scan_time_s,
        range_min=scan.range_min,
        range_max=scan.range_max,
        ranges=array("f", scan.ranges.astype(np.float32).tobytes()),
    )


def scan_from_ros(message: LaserScanMsg, mount: Pose2D) -> LaserScan:
    return LaserScan(
        stamp_s=time_from_ros(message.header.stamp),
        angle_min=message.angle_min,
        angle_increment=message.angle_increment,
        range_min=message.range_min,
        range_max=message.range_max,
        ranges=np.array(message.ranges, dtype=np.float32),
        mount=mount,
    )


def odometry_to_ros(odometry: Odometry, parent: str, child: str) -> OdometryMsg:
    message = OdometryMsg(header=header_to_ros(odometry.stamp_s, parent), child_frame_id=child)
    message.pose.pose = pose_to_ros(odometry.pose)
    message.twist.twist.linear.x = odometry.twist.linear
    message.twist.twist.angular.z = odometry.twist.angular
    return message


def odometry_from_ros(message: OdometryMsg) -> Odometry:
    """Malformed in other frames than odom and base_link."""
    expect_frame(message.header.frame_id, names.ODOM)
    expect_frame(message.child_frame_id, names.BASE)
    twist = message.twist.twist
    _expect_finite("twist", twist.linear.x, twist.angular.z)
    return Odometry(
        time_from_ros(message.header.stamp),
        pose_from_ros(message.pose.pose),
        Twist2D(twist.linear.x, twist.angular.z),
    )


def estimate_to_ros(estimate: PoseEstimate, frame: str) -> PoseWithCovarianceStamped:
    """A lost pose goes out with LOST_VARIANCE, as nobody may use it; its own is dropped."""
    covariance = np.zeros((6, 6))
    covariance[PLANAR] = np.eye(3) * LOST_VARIANCE if estimate.lost else estimate.covariance
    message = PoseWithCovarianceStamped(header=header_to_ros(estimate.stamp_s, frame))
    message.pose.pose = pose_to_ros(estimate.pose)
    message.pose.covariance = covariance.ravel()
    return message


def estimate_from_ros(message: PoseWithCovarianceStamped) -> PoseEstimate:
    """Malformed in another frame than map."""
    expect_frame(message.header.frame_id, names.MAP)
    covariance = np.asarray(message.pose.covariance, dtype=np.float64).reshape(6, 6)[PLANAR]
    return PoseEstimate(
        time_from_ros(message.header.stamp),
        pose_from_ros(message.pose.pose),
        covariance,
        lost=not bool(np.max(np.diag(covariance)) < LOST_VARIANCE),
    )


def command_to_ros(command: VelocityCommand, frame: str) -> TwistStamped:
    message = TwistStamped(header=header_to_ros(command.stamp_s, frame))
    message.twist.linear.x = command.twist.linear
    message.twist.angular.z = command.twist.angular
    return message


def command_from_ros(message: TwistStamped) -> VelocityCommand:
    twist = Twist2D(message.twist.linear.x, message.twist.angular.z)
    return VelocityCommand(time_from_ros(message.header.stamp), twist)


def path_to_ros(path: Path, frame: str) -> PathMsg:
    header = header_to_ros(path.stamp_s, frame)
    poses = [
        PoseStamped(header=header, pose=pose_to_ros(Pose2D(float(x), float(y), float(yaw))))
        for x, y, yaw in path.poses
    ]
    return PathMsg(header=header, poses=poses)


def path_from_ros(message: PathMsg) -> Path:
    poses = [pose_from_ros(stamped.pose) for stamped in message.poses]
    rows = np.array([(p.x, p.y, p.yaw) for p in poses], dtype=np.float64).reshape(-1, 3)
    return Path(time_from_ros(message.header.stamp), rows)


def tracks_to_ros(tracks: Tracks, frame: str) -> TracksMsg:
    return TracksMsg(
        header=header_to_ros(tracks.stamp_s, frame), tracks=[_track(t) for t in tracks.tracks]
    )


def _track(track: Track) -> TrackMsg:
    x, y = (float(v) for v in track.position)
    vx, vy = (float(v) for v in track.velocity)
    return TrackMsg(
        id=track.id,
        position=Point(x=x, y=y, z=0.0),
        velocity=Vector3(x=vx, y=vy, z=0.0),
        covariance=np.asarray(track.covariance, dtype=np.float64).ravel(),
        radius=track.radius,
        confidence=track.confidence,
    )


def tracks_from_ros(message: TracksMsg) -> Tracks:
    """Malformed in another frame than map, and when any track is no number."""
    expect_frame(message.header.frame_id, names.MAP)
    for track in message.tracks:
        _expect_finite("track", track.position.x, track.position.y, track.radius)
        _expect_finite("velocity", track.velocity.x, track.velocity.y)
    return Tracks(
        time_from_ros(message.header.stamp),
        tuple(
            Track(
                id=track.id,
                position=np.array([track.position.x, track.position.y]),
                velocity=np.array([track.velocity.x, track.velocity.y]),
                covariance=np.asarray(track.covariance, dtype=np.float64).reshape(4, 4),
                radius=track.radius,
                confidence=track.confidence,
            )
            for track in message.tracks
        ),
    )


def map_to_ros(map_: OccupancyMap, stamp_s: float, frame: str) -> OccupancyGrid:
    spec = map_.spec
    message = OccupancyGrid(header=header_to_ros(stamp_s, frame))
    message.info.map_load_time = time_to_ros(stamp_s)
    message.info.resolution = spec.resolution
    message.info.width, message.info.height = spec.columns, spec.rows
    message.info.origin = pose_to_ros(Pose2D(spec.origin_x, spec.origin_y, 0.0))
    message.data = array("b", map_.values.astype(np.int8).tobytes())
    return message


def map_from_ros(message: OccupancyGrid) -> OccupancyMap:
    """The resolution travels in single precision."""
    info = message.info
    origin = info.origin.position
    spec = GridSpec(origin.x, origin.y, info.resolution, info.height, info.width)
    values: NDArray[np.int8] = np.array(message.data, dtype=np.int8).reshape(spec.shape)
    return OccupancyMap(spec, values)


def safety_state_to_ros(state: SafetyState, frame: str) -> SafetyStateMsg:
    return SafetyStateMsg(
        header=header_to_ros(state.stamp_s, frame),
        mode=int(state.mode),
        reason_code=state.reason_code,
        reason=state.reason,
        speed_limit=state.speed_limit,
        reset_required=state.reset_required,
        resume_required=state.resume_required,
    )


def safety_state_from_ros(message: SafetyStateMsg) -> SafetyState:
    return SafetyState(
        stamp_s=time_from_ros(message.header.stamp),
        mode=SafetyMode(message.mode),
        reason_code=message.reason_code,
        reason=message.reason,
        speed_limit=message.speed_limit,
        reset_required=message.reset_required,
        resume_required=message.resume_required,
    )


def phase_to_ros(phase: ProcedurePhase, stamp_s: float) -> ProcedurePhaseMsg:
    """The stamp becomes one of the ROS clock; the link's is Unix time."""
    return ProcedurePhaseMsg(
        header=header_to_ros(stamp_s, ""), room=phase.room, phase=_PHASES.index(phase.phase)
    )


def phase_from_ros(message: ProcedurePhaseMsg) -> ProcedurePhase:
    """Malformed for a phase that is none."""
    if message.phase >= len(_PHASES):
        raise Malformed(f"{message.phase} is no phase")
    stamp_s = time_from_ros(message.header.stamp)
    return ProcedurePhase(stamp_s, message.room, _PHASES[message.phase])


def task_to_ros(task: Task) -> TaskMsg:
    request = task.request
    return TaskMsg(
        id=request.id,
        kind=request.kind.value,
        item=request.item,
        pickup=request.pickup,
        dropoff=request.dropoff,
        room=request.room,
        state=task.state.value,
        detail=task.detail,
        distance_remaining=_or_nan(task.distance_remaining),
        estimated_time_remaining=_or_nan(task.time_remaining),
        created=time_to_ros(task.created_s),
    )


def task_from_ros(message: TaskMsg) -> Task:
    return Task(
        request=request_from_ros(message),
        state=TaskState(message.state),
        detail=message.detail,
        created_s=time_from_ros(message.created),
        distance_remaining=_or_none(message.distance_remaining),
        time_remaining=_or_none(message.estimated_time_remaining),
    )


def request_from_ros(message: TaskMsg) -> TaskRequest:
    """Also from a goal of PerformTask: the same fields. ValueError for an unknown kind."""
    return TaskRequest(
        id=message.id,
        kind=TaskKind(message.kind),
        item=message.item,
        pickup=message.pickup,
        dropoff=message.dropoff,
        room=message.room,
    )


def queue_to_ros(queue: TaskQueue) -> TaskQueueMsg:
    """The queue keeps Unix time, also in its header: it outlives every run of the simulation."""
    return TaskQueueMsg(
        header=header_to_ros(queue.stamp_s, ""),
        resume_required=queue.resume_required,
        tasks=[task_to_ros(task) for task in queue.tasks],
    )


def queue_from_ros(message: TaskQueueMsg) -> TaskQueue:
    return TaskQueue(
        stamp_s=time_from_ros(message.header.stamp),
        resume_required=message.resume_required,
        tasks=tuple(task_from_ros(task) for task in message.tasks),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
