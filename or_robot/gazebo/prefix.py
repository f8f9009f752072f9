"""Where `make gazebo` unpacked Gazebo, and how its programs are started from there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from or_robot.errors import OrRobotError

LOADER = "lib/x86_64-linux-gnu/ld-2.31.so"
LIBRARIES = (
    "lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib",
    "usr/lib/x86_64-linux-gnu/pulseaudio",
    "usr/lib/x86_64-linux-gnu/blas",
    "usr/lib/x86_64-linux-gnu/lapack",
    "usr/lib/x86_64-linux-gnu/gazebo-11/plugins",
)
MESSAGES = "messages.desc"
MANIFEST = "manifest.json"
"""Written last: an unpacked Gazebo without it is half there."""
PROGRAMS = ("usr/bin/gzserver", "usr/bin/gzclient")


@dataclass(frozen=True, slots=True)
class GazeboPrefix:
    folder: Path

    @property
    def messages(self) -> Path:
        """All message definitions (a FileDescriptorSet)."""
        return self.folder / MESSAGES

    def command(self, program: str, *arguments: str) -> list[str]:
        """Command line of a program with its own loader and libraries."""
        libraries = ":".join(str(self.folder / part) for part in LIBRARIES)
        loader = [str(self.folder / LOADER), "--library-path", libraries]
        return [*loader, str(self.folder / "usr/bin" / program), *arguments]

    def environment(self, models: Path) -> dict[str, str]:
        """For its programs. `models`: where `model://` points."""
        resources = self.folder / "usr/share/gazebo-11"
        plugins = self.folder / "usr/lib/x86_64-linux-gnu/gazebo-11/plugins"
        return os.environ | {
            "GAZEBO_RESOURCE_PATH": str(resources),
            "GAZEBO_PLUGIN_PATH": str(plugins),
            "GAZEBO_MODEL_PATH": str(models),
            "SDF_PATH": str(models),
            "GAZEBO_IP": "127.0.0.1",
            "GAZEBO_MASTER_URI": "http://127.0.0.1:11345",
            "GAZEBO_MODEL_DATABASE_URI": "",
            "OGRE_RESOURCE_PATH": str(self.folder / "usr/lib/x86_64-linux-gnu/OGRE-1.9.0"),
            "QT_PLUGIN_PATH": str(self.folder / "usr/lib/x86_64-linux-gnu/qt5/plugins"),
            "LIBGL_DRIVERS_PATH": str(self.folder / "usr/lib/x86_64-linux-gnu/dri"),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LC_ALL": "C.UTF-8",
        }


def gazebo_prefix() -> GazeboPrefix:
    """Raises OrRobotError when Gazebo is not there or damaged."""
    chosen = os.environ.get("OR_ROBOT_GAZEBO")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(chosen) if chosen else base / "or_robot" / "gazebo-11"
    folder = cache / "prefix"
    if not folder.is_dir():
        raise OrRobotError(f"no Gazebo in {cache}", "run `make gazebo`")
    missing = [n for n in (MANIFEST, LOADER, MESSAGES, *PROGRAMS) if not (folder / n).is_file()]
    if missing:
        raise OrRobotError(f"Gazebo in {cache} is damaged: no {missing[0]}", "run `make gazebo`")
    return GazeboPrefix(folder)
