"""The <sensor> elements that are read: lidar and contact."""

from __future__ import annotations

from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import ContactSensor, LidarSensor
from or_robot.sim.xml_tree import Element


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
    sigma = noise.number("stddev")
    if sigma < 0.0:
        raise noise.get("stddev").error(f"is {sigma:g}", "give 0 or more")
    return sigma


def read_contact(sensor: Element, link: Element) -> ContactSensor:
    """A contact sensor on one collision of its own link."""
    sensor.warn_unread("update_rate", "contact", "topic", "always_on")
    collision = sensor.get("contact").get("collision")
    name = collision.text.strip()
    if name not in {child.name() for child in link.all("collision")}:
        raise collision.error(f"there is no collision {name!r} in link {link.name()!r}")
    return ContactSensor(sensor.name(), name)
