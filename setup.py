"""ament_python package: built by colcon on a ROS 2 machine, by pip elsewhere (`make setup`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "or_robot"
ROOT = Path(__file__).resolve().parent
SHARED_FOLDERS = ("launch", "simulation", "web")


def shared_files() -> Iterator[tuple[str, list[str]]]:
    """Everything under the shared folders, `npm ci`'s files included, as data_files wants it."""
    for shared in SHARED_FOLDERS:
        for folder, subfolders, names in os.walk(ROOT / shared):
            subfolders.sort()
            relative = Path(folder).relative_to(ROOT)
            if names:
                yield f"share/{PACKAGE}/{relative}", [str(relative / n) for n in sorted(names)]


setup(
    name=PACKAGE,
    version="0.1.0",
    description="Operating-room robot and information system. Not for clinical use.",
    license="Apache-2.0",
    maintainer="OR robot maintainers",
    maintainer_email="maintainers@or-robot.invalid",
    python_requires=">=3.11",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        *shared_files(),
    ],
    package_data={"or_robot.perception": ["*.npz"]},
    zip_safe=False,
    install_requires=[
        "SQLAlchemy",
        "contourpy",
        "fhir.resources",
        "hl7",
        "matplotlib",
        "msgspec",
        "numba",
        "numpy",
        "opencv-python-headless",
        "Pillow",
        "psutil",
        "py_trees",
        "pydicom",
        "pynetdicom",
        "PyYAML",
        "pyzmq",
        "rich",
        "scipy",
        "typer",
    ],
    extras_require={
        "sim": ["mujoco", "protobuf"],
        "panel": [
            "argon2-cffi",
            "Flask",
            "Flask-Limiter",
            "Flask-Login",
            "flask-sock",
            "flask-talisman",
            "Flask-WTF",
            "gunicorn",
            "simple-websocket",
            "Werkzeug",
        ],
        # ROS 2 itself, where apt has none; never on a machine with ROS 2 installed.
        "ros": ["ros-jazzy-common-interfaces", "ros-jazzy-rclpy", "ros-jazzy-rmw-fastrtps-cpp"],
        # Peers that benches compare with; a bench leaves out the rows of those that are not there.
        "bench": ["grpcio", "pyastar2d", "scikit-image"],
        # Recordings, training and scoring of people tracking; the robot itself needs none of them.
        "people": ["motmetrics", "rosbags", "scikit-learn"],
        "test": [
            "hypothesis",
            "import-linter",
            "mypy",
            "playwright",
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "ruff",
            "types-protobuf",
            "types-PyYAML",
        ],
    },
    entry_points={
        "console_scripts": [
            "or-robot = or_robot.cli.main:main",
            "simulation = or_robot.nodes.simulation:main",
            "perception = or_robot.nodes.perception:main",
            "navigation = or_robot.nodes.navigation:main",
            "safety = or_robot.nodes.safety:main",
            "tasks = or_robot.nodes.tasks:main",
            "gateway = or_robot.nodes.gateway:main",
            "info = or_robot.info.__main__:main",
            "stop_desk = or_robot.link.__main__:main",
            "link_proxy = or_robot.link.proxy:main",
            "panel = or_robot.panel.__main__:main",
        ],
    },
)
