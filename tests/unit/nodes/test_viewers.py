"""RViz and Foxglove look at topics that somebody publishes."""

import json
import re

import yaml

from or_robot.nodes import names
from or_robot.share import share

PUBLISHED = {
    f"/{value}" for key, value in vars(names).items() if key.isupper() and isinstance(value, str)
} | {"/diagnostics"}
OF_RVIZ_ITSELF = {"/map_updates"}


def topics_of(tree: object) -> set[str]:
    """Every text in a tree that begins like a topic."""
    if isinstance(tree, dict):
        return set().union(*map(topics_of, [*tree.keys(), *tree.values()]))
    if isinstance(tree, list):
        return set().union(*map(topics_of, tree))
    return {tree.split(".")[0]} if isinstance(tree, str) and tree.startswith("/") else set()


def test_rviz_shows_our_topics_in_the_map_frame() -> None:
    config = yaml.safe_load(share("launch", "rviz", "or_robot.rviz").read_text())
    manager = config["Visualization Manager"]
    assert manager["Global Options"]["Fixed Frame"] == names.MAP
    shown = topics_of(config)
    assert {"/map", "/scan", "/plan", "/initialpose"} <= shown
    assert shown <= PUBLISHED | OF_RVIZ_ITSELF


def test_what_is_latched_is_subscribed_as_latched() -> None:
    config = yaml.safe_load(share("launch", "rviz", "or_robot.rviz").read_text())
    topics = {
        display["Topic"]["Value"]: display["Topic"]
        for display in config["Visualization Manager"]["Displays"]
        if "Topic" in display
    }
    assert topics["/map"]["Durability Policy"] == "Transient Local"
    assert topics["/scan"]["Reliability Policy"] == "Best Effort"


def test_foxglove_shows_our_topics_and_every_panel_has_its_settings() -> None:
    text = share("launch", "foxglove", "or_robot.json").read_text()
    layout = json.loads(text)
    assert topics_of(layout) <= PUBLISHED
    panels = re.findall(r'"(?:first|second)": "([^"]+)"', text)
    assert sorted(panels) == sorted(layout["configById"])
