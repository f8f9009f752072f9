"""setup.py, package.xml, rosdep.yaml and constraints.txt say the same about the same code."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import runpy
import sys
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import setuptools
import yaml

ROOT = Path(__file__).parents[2]
ROS_MODULES = re.compile(r"rclpy|std_srvs|launch(_ros)?|\w+_msgs|\w+_interfaces")
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+")


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    """What setup.py hands to setuptools."""
    given: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
        runpy.run_path(str(ROOT / "setup.py"))
    return given


@pytest.fixture(scope="module")
def manifest() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "package.xml").getroot()


@pytest.fixture(scope="module")
def pins() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {normalized(line.partition("==")[0]) for line in lines if not line.startswith("#")}


def depends(manifest: ElementTree.Element, kind: str) -> set[str]:
    return {str(element.text) for element in manifest.findall(kind)}


def rosdep_packages(keys: set[str]) -> set[str]:
    table = yaml.safe_load((ROOT / "rosdep.yaml").read_text())
    return {name for key in keys for name in table[key]["ubuntu"]["pip"]["packages"]}


@cache
def imported_modules() -> set[str]:
    """Top-level modules imported anywhere in or_robot and launch, ours and Python's left out."""
    found = set()
    for file in [*ROOT.glob("or_robot/**/*.py"), *ROOT.glob("launch/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"or_robot"}


def test_name_version_and_licence_agree(declared, manifest) -> None:
    for field, argument in (("name", "name"), ("version", "version"), ("license", "license")):
        assert manifest.findtext(field) == declared[argument]


def test_package_xml_and_setup_py_name_the_same_libraries(declared, manifest) -> None:
    extras = declared["extras_require"]
    python = {key for key in depends(manifest, "exec_depend") if key.endswith("-pip")}
    needed = {*declared["install_requires"], *extras["sim"], *extras["panel"]}
    assert rosdep_packages(python) == needed
    assert rosdep_packages(depends(manifest, "test_depend")) == set(extras["test"])


OPTIONAL = {
    "google": ["protobuf"],
    "grpc": ["grpcio"],
    "motmetrics": ["motmetrics"],
    "pyastar2d": ["pyastar2d"],
    "rosbags": ["rosbags"],
    "skimage": ["scikit-image"],
    "sklearn": ["scikit-learn"],
}
"""Module → library, where set-up does not install it, or many share the name."""


def test_every_imported_library_is_declared(declared) -> None:
    groups = [declared["install_requires"], *declared["extras_require"].values()]
    known = {normalized(name) for group in groups for name in group}
    providers = {**importlib.metadata.packages_distributions(), **OPTIONAL}
    modules = {module for module in imported_modules() if not ROS_MODULES.fullmatch(module)}
    undeclared = [m for m in modules if known.isdisjoint(map(normalized, providers.get(m, [])))]
    assert undeclared == []


def test_every_imported_ros_package_is_in_package_xml(manifest) -> None:
    imported = {module for module in imported_modules() if ROS_MODULES.fullmatch(module)}
    assert imported <= depends(manifest, "exec_depend")


def test_every_library_is_pinned(declared, pins) -> None:
    groups = [declared["install_requires"], *declared["extras_require"].values()]
    tools = (ROOT / "interfaces" / "build_requirements.txt").read_text().split()
    names = {name for group in [*groups, tools] for name in group}
    assert {normalized(name) for name in names} <= pins


def test_constraints_are_exact_versions_without_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(line.startswith("#") or PIN.fullmatch(line) for line in lines)


def test_front_end_is_pinned_without_download_addresses() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()


def test_every_command_of_the_package_exists(declared) -> None:
    for script in declared["entry_points"]["console_scripts"]:
        module, _, function = script.partition("=")[2].strip().partition(":")
        spec = importlib.util.find_spec(module)
        assert spec is not None, module
        assert spec.origin is not None
        body = ast.parse(Path(spec.origin).read_text()).body
        names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
        assert function in names, script


def test_shared_files_are_installed(declared) -> None:
    installed = {file for _, files in declared["data_files"] for file in files}
    assert {"package.xml", "resource/or_robot", "simulation/worlds/operating_wing.sdf"} <= installed
    assert any(file.startswith("web/templates/") for file in installed)
    for folder, files in declared["data_files"]:
        assert folder.startswith("share/")
        assert all((ROOT / file).is_file() for file in files)
