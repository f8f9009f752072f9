"""Each command of the panel has its place in the safety case."""

from or_robot.cli.safety_case import read_hazards
from or_robot.share import share


def test_every_command_of_the_panel_has_a_hazard(app):
    rows = read_hazards(share("docs", "safety", "hazards.yaml"))
    named = {command for row in rows for command in row.commands}
    routes = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert routes == named
