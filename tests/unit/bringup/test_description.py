"""The one description of the processes."""

import ast
import importlib.util
from pathlib import Path

import pytest

from or_robot.bringup import Options, processes
from or_robot.bringup.description import option_defaults
from or_robot.config.link import LinkConfig
from or_robot.config.safety import SafetyConfig
from or_robot.errors import OrRobotError
from or_robot.share import share

ALL = [
    "stop_desk",
    "info",
    "simulation",
    "safety",
    "navigation",
    "perception",
    "tasks",
    "gateway",
    "panel",
]


def names(options: Options) -> list[str]:
    return [process.name for process in processes(options)]


def test_everything_starts_by_default() -> None:
    assert names(Options()) == ALL


def test_options_leave_processes_out() -> None:
    assert names(Options(sim="none")) == [n for n in ALL if n != "simulation"]
    assert names(Options(panel="no")) == [n for n in ALL if n != "panel"]


@pytest.mark.parametrize("network", ["wifi", "5g"])
def test_a_simulated_network_stands_between_servers_and_clients(network: str) -> None:
    options = Options(link_profile=network, link_port=6000)
    assert names(options) == [*ALL[:2], "link_proxy", *ALL[2:]]
    command = {process.name: process.command() for process in processes(options)}
    assert "6000" in command["info"]
    assert "6000" in command["stop_desk"]
    assert command["link_proxy"][-4:] == ["--listen", "6005", "--to", "6000"]
    assert "link.port:=6005" in command["gateway"]
    assert command["panel"][-2:] == ["--link-port", "6005"]
    assert options.link_ports() == range(6000, 6010)


def test_every_module_can_be_run_and_every_executable_is_installed() -> None:
    scripts = share("setup.py").read_text()
    for process in processes(Options(link_profile="5g")):
        package = importlib.util.find_spec(process.module)
        assert package is not None
        if package.submodule_search_locations:
            assert importlib.util.find_spec(f"{process.module}.__main__")
        assert f"{process.executable} = " in scripts or f'"{process.executable}' in scripts


def test_simulated_time_only_with_a_simulator() -> None:
    for sim, simulated in (("mujoco", True), ("none", False)):
        nodes = [process for process in processes(Options(sim=sim)) if process.node]
        assert {process.parameters["use_sim_time"] for process in nodes} == {simulated}


def test_commands_carry_the_options() -> None:
    options = Options(scenario="deliver_tray", host="192.0.2.1", port=8099, link_port=6000)
    command = {process.name: process.command() for process in processes(options)}
    panel = ["--host", "192.0.2.1", "--port", "8099", "--tls-cert", "", "--tls-key", ""]
    panel += ["--viewer-url", ""]
    link = ["--link-host", "127.0.0.1", "--link-port", "6000"]
    assert command["panel"][3:] == [*panel, *link]
    assert "scenario:=deliver_tray" in command["simulation"]
    assert "use_sim_time:=true" in command["safety"]
    assert "link.port:=6000" in command["gateway"]


def test_an_empty_parameter_is_left_out() -> None:
    assert not any("scenario" in word for p in processes(Options()) for word in p.command())


@pytest.mark.parametrize("wrong", [{"sim": "unreal"}, {"panel": "maybe"}])
def test_a_wrong_choice_names_the_right_ones(wrong: dict[str, str]) -> None:
    with pytest.raises(OrRobotError, match="one of"):
        Options(**wrong)  # type: ignore[arg-type]


def test_launch_arguments_round_trip() -> None:
    assert Options.from_strings(option_defaults()) == Options()
    with pytest.raises(OrRobotError, match="port"):
        Options.from_strings({"port": "eighty"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("processes:\n  - {name: a, module: b}", "has no executable"),
        ("processes:\n  - {name: a, module: b, executable: c, args: ['{nowhere}']}", "nowhere"),
        ("processes:\n  - {name: a, module: b, executable: c, when: {moon: [full]}}", "no option"),
        ("processes:\n  - {name: a, module: b, executable: c, critical: perhaps}", "one of"),
    ],
)
def test_a_damaged_description_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "bringup.yaml"
    file.write_text(text)
    with pytest.raises(OrRobotError, match=said) as raised:
        processes(Options(), file)
    assert "bringup.yaml:2" in str(raised.value)


def test_the_launch_file_loops_over_the_same_processes() -> None:
    """`launch` cannot be installed everywhere; its file is checked as a syntax tree."""
    tree = ast.parse(share("launch", "suite.launch.py").read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert "generate_launch_description" in functions
    called = {
        node.func.id
        for node in ast.walk(functions["start_all"])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert {"processes", "start", "option_defaults"} <= called
    made = {
        node.func.id
        for node in ast.walk(functions["start"])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert {"Node", "ExecuteProcess"} <= made
    attributes = {
        node.attr
        for node in ast.walk(functions["start"])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert {"executable", "parameters", "parameter_files", "respawn", "command"} <= attributes
    assert "respawn_delay_s" in attributes


def test_the_stop_desk_stays_away_until_its_silence_is_a_fault() -> None:
    delays = {process.name: process.respawn_delay_s for process in processes(Options())}
    silence_s = LinkConfig().lost_s + SafetyConfig().gateway_age
    assert delays.pop("stop_desk") > silence_s
    assert set(delays.values()) == {1.0}
