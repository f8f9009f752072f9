"""Reading SDF: what is read, what warns, and that every refusal names file and line."""

import logging
from pathlib import Path

import numpy as np
import pytest

from or_robot.errors import OrRobotError
from or_robot.share import share
from or_robot.sim.sdf import ShapeKind
from or_robot.sim.sdf_reader import load_model, load_world

BOX = "<geometry><box><size>1 2 3</size></box></geometry>"


def sdf(body: str) -> str:
    return f'<?xml version="1.0"?>\n<sdf version="1.6">\n{body}\n</sdf>\n'


def model(name: str, body: str) -> str:
    return sdf(f'<model name="{name}">\n{body}\n</model>')


def link(body: str = f'<collision name="c">{BOX}</collision>') -> str:
    return f'<link name="link">{body}</link>'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "worlds").mkdir()
    return tmp_path


def put_model(root: Path, name: str, text: str) -> None:
    folder = root / "models" / name
    folder.mkdir(parents=True)
    (folder / "model.sdf").write_text(text)


def put_world(root: Path, body: str) -> None:
    (root / "worlds" / "w.sdf").write_text(sdf(f'<world name="w">\n{body}\n</world>'))


def refused(root: Path, name: str = "w") -> str:
    with pytest.raises(OrRobotError) as caught:
        load_world(name, root)
    return str(caught.value)


def test_included_model_stands_where_the_include_says(root: Path) -> None:
    put_model(root, "crate", model("crate", "<static>true</static>" + link()))
    put_world(
        root,
        "<include><uri>model://crate</uri><name>left</name><pose>1 2 0 0 0 1.5</pose></include>",
    )
    (found,) = load_world("w", root).models
    assert (found.name, found.static) == ("left", True)
    assert found.pose.planar().x == 1.0
    assert found.pose.planar().yaw == pytest.approx(1.5)
    (shape,) = [c.shape for c in found.links[0].collisions]
    assert (shape.kind, shape.size) == (ShapeKind.BOX, (1.0, 2.0, 3.0))


def test_every_world_and_model_of_ours_is_read_without_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_world("operating_wing").models
        assert load_model("or_courier").drive is not None
    assert not caplog.records


def test_what_is_not_read_warns_with_element_and_line(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_world(root, f'<model name="m">\n<wind/>\n{link()}</model>')
    with caplog.at_level(logging.WARNING):
        load_world("w", root)
    assert "worlds/w.sdf:5: <wind> in <model> is not read" in caplog.text


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ('<model name="m">', 5, "mismatched tag"),
        ("<include><uri>model://nowhere</uri></include>", 4, "no model 'nowhere'"),
        ("<include><uri>file:///etc/passwd</uri></include>", 4, "model://NAME"),
        ("<include><uri>model://../worlds</uri></include>", 4, "model://NAME"),
        (f'<model name="m">{link()}</model>\n<model name="m">{link()}</model>', 5, "taken"),
        (f'<model name="m"><pose>1 2 3</pose>{link()}</model>', 4, "3 numbers"),
        (f'<model name="m"><pose>1 2 x 0 0 0</pose>{link()}</model>', 4, "is not 6 numbers"),
        ('<model name="m"></model>', 4, "no <link>"),
        (f"<model>{link()}</model>", 4, "no name"),
        (
            '<model name="m">\n<link name="a"><collision name="c"><geometry><box><size>1 -2 3'
            "</size></box></geometry></collision></link></model>",
            5,
            "above 0",
        ),
        (
            '<model name="m">\n<link name="a"><collision name="c"><geometry><mesh/>'
            "</geometry></collision></link></model>",
            5,
            "one shape",
        ),
        (
            f'<model name="m">{link()}<joint name="j" type="fixed">\n<parent>link</parent>'
            "<child>hand</child></joint></model>",
            4,
            "no link 'hand'",
        ),
    ],
)
def test_damage_is_refused_with_its_line(root: Path, body: str, line: int, says: str) -> None:
    put_world(root, body)
    message = refused(root)
    assert f"worlds/w.sdf:{line}: " in message
    assert says in message


def test_circular_include_names_the_circle(root: Path) -> None:
    include = "<include><uri>model://{}</uri></include>"
    put_model(root, "a", model("a", include.format("b")))
    put_model(root, "b", model("b", include.format("a")))
    put_world(root, include.format("a"))
    message = refused(root)
    assert "a → b → a" in message
    assert "b/model.sdf:4" in message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<stddev>0.01</stddev>", "<stddev>-0.01</stddev>", "give 0 or more"),
        ("<samples>720</samples>", "<samples>7.5</samples>", "whole number"),
        ("<max>25.0</max>", "<max>0.01</max>", "not above min"),
        ("<update_rate>10</update_rate>", "<update_rate>0</update_rate>", "above 0"),
        (
            "<collision>bumper_skirt</collision>",
            "<collision>nose</collision>",
            "no collision 'nose'",
        ),
        ("<left_joint>left_wheel_joint", "<left_joint>axle", "no joint 'axle'"),
        ("<mass>66</mass>", "<mass>0</mass>", "above 0"),
    ],
)
def test_nonsense_in_the_courier_is_refused(root: Path, old: str, new: str, says: str) -> None:
    text = share("simulation", "models", "or_courier", "model.sdf").read_text()
    assert old in text
    put_model(root, "or_courier", text.replace(old, new))
    with pytest.raises(OrRobotError, match=r"or_courier/model.sdf:\d+: ") as caught:
        load_model("or_courier", root)
    assert says in str(caught.value)


def test_unknown_world_lists_the_known(root: Path) -> None:
    put_world(root, "")
    assert "one of: w" in refused(root, "x")


def test_entities_are_not_expanded(root: Path) -> None:
    (root / "worlds" / "w.sdf").write_text('<!DOCTYPE x [<!ENTITY a "a">]>\n<sdf>&a;</sdf>')
    assert "w.sdf:1: document type" in refused(root)


def test_lidar_is_read_from_its_sensor_tag() -> None:
    (lidar,) = [s for link in load_model("or_courier").links for s in link.lidars]
    assert (lidar.beams, lidar.rate, lidar.range_min, lidar.range_max) == (720, 10.0, 0.05, 25.0)
    assert lidar.sigma == 0.01
    assert np.isclose(lidar.beams * lidar.angle_increment, 2 * np.pi, atol=1e-6)
