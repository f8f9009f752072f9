"""The <sensor> elements that are read: lidar, contact, IMU and RGB-D camera."""

from __future__ import annotations

from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import CameraSensor, ContactSensor, ImuSensor, LidarSensor, Noise
from or_robot.sim.xml_tree import Element

CAMERA_TYPES = ("rgbd_camera", "depth", "depth_camera")


def read_lidar(sensor: Element, pose: Transform) -> LidarSensor:
    """A planar lidar: <ray> of SDF 1.6, or <lidar> as later versions call it."""
    sensor.warn_unread("pose", "update_rate", "ray", "lidar", "topic", "always_on", "visualize")
    ray = sensor.find("lidar") or sensor.get("ray")
    horizontal = ray.get("scan").get("horizontal")
    beams = horizontal.number("samples")
    first, last = horizontal.number("min_angle"), horizontal.number("max_angle")
    if beams < 2 or beams != int(beams):
        raise horizontal.get("samples").error(f"is {beams:g}", "give a whole number above 1")
    if not first < last:
        raise horizontal.get("max_angle").error("is not above min_angle")
    limits = ray.get("range")
    low, high = limits.positive("min"), limits.positive("max")
    if not low < high:
        raise limits.get("max").error("is not above min")
    return LidarSensor(
        name=sensor.name(),
        pose=pose,
        rate=sensor.positive("update_rate"),
        beams=int(beams),
        angle_min=first,
        angle_increment=(last - first) / (int(beams) - 1),
        range_min=low,
        range_max=high,
        sigma=_sigma(ray.find("noise")),
    )


def _sigma(noise: Element | None) -> float:
    if noise is None:
        return 0.0
    kind = noise.find("type")
    if kind is not None and kind.text.strip() != "gaussian":
        raise kind.error(f"{kind.text.strip()!r} is not read", "write gaussian")
    return _deviation(noise, "stddev")


def _deviation(noise: Element, tag: str) -> float:
    sigma = noise.number(tag)
    if sigma < 0.0:
        raise noise.get(tag).error(f"is {sigma:g}", "give 0 or more")
    return sigma


def read_contact(sensor: Element, link: Element) -> ContactSensor:
    """A contact sensor on one collision of its own link."""
    sensor.warn_unread("update_rate", "contact", "topic", "always_on")
    collision = sensor.get("contact").get("collision")
    name = collision.text.strip()
    if name not in {child.name() for child in link.all("collision")}:
        raise collision.error(f"there is no collision {name!r} in link {link.name()!r}")
    return ContactSensor(sensor.name(), name)


def read_imu(sensor: Element, pose: Transform) -> ImuSensor:
    """An IMU whose axes are alike: the noise of x stands for all three."""
    sensor.warn_unread("pose", "update_rate", "imu", "topic", "always_on")
    imu = sensor.get("imu")
    imu.warn_unread("angular_velocity", "linear_acceleration")
    return ImuSensor(
        name=sensor.name(),
        pose=pose,
        rate=sensor.positive("update_rate"),
        gyro=_axes(imu.find("angular_velocity")),
        accelerometer=_axes(imu.find("linear_acceleration")),
    )


def _axes(quantity: Element | None) -> Noise:
    if quantity is None:
        return Noise(0.0, 0.0)
    found = []
    for axis in ("x", "y", "z"):
        noise = quantity.get(axis).get("noise")
        bias = _deviation(noise, "bias_stddev") if noise.find("bias_stddev") else 0.0
        found.append(Noise(_deviation(noise, "stddev"), bias))
    if len(set(found)) > 1:
        raise quantity.error("has axes that differ", "give all three the same noise")
    return found[0]


def read_camera(sensor: Element, pose: Transform) -> CameraSensor:
    """A camera of colour and depth."""
    sensor.warn_unread("pose", "update_rate", "camera", "topic", "always_on", "visualize")
    camera = sensor.get("camera")
    camera.warn_unread("horizontal_fov", "image", "clip", "noise")
    image, clip = camera.get("image"), camera.get("clip")
    width, height = image.positive("width"), image.positive("height")
    if width != int(width) or height != int(height):
        raise image.error("is not whole", "give whole numbers of pixels")
    near, far = clip.positive("near"), clip.positive("far")
    if not near < far:
        raise clip.get("far").error("is not above near")
    field_of_view = camera.positive("horizontal_fov")
    if field_of_view >= 3.0:
        raise camera.get("horizontal_fov").error(f"is {field_of_view:g}", "give less than 3 rad")
    return CameraSensor(
        name=sensor.name(),
        pose=pose,
        rate=sensor.positive("update_rate"),
        width=int(width),
        height=int(height),
        horizontal_fov=field_of_view,
        near=near,
        far=far,
        sigma=_sigma(camera.find("noise")),
    )
