"""Gazebo classic 11 in a folder of its own: Debian 11's packages, unpacked, without root.

Debian 12 has no Gazebo. apt fetches from the mirror this machine already uses, with a private state
folder, and checks signatures and checksums as always. Unpacked programs are started with their own
loader and libraries (or_robot.gazebo.prefix), so that nothing of the system changes.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from set_up import system
from set_up.console import Console, SetUpError

RELEASE = "bullseye"
PACKAGES = (
    "gazebo",
    "gazebo-plugin-base",
    "protobuf-compiler",  # reads the message definitions
    "libgl1-mesa-dri",  # draws the camera without a graphics card
)
DEFINITIONS = "libgazebo-dev"
"""Message definitions; fetched alone, as it would bring half a thousand packages for compilers."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MANIFEST = "manifest.json"
DESCRIPTORS = "messages.desc"
LOADER = "lib/x86_64-linux-gnu/ld-2.31.so"
NEEDED = ("apt-get", "apt-cache", "dpkg-deb")


def cache() -> Path:
    """Where it lies; or_robot.gazebo.prefix looks there too."""
    chosen = os.environ.get("OR_ROBOT_GAZEBO")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else base / "or_robot" / "gazebo-11"


class Gazebo:
    """One folder: `debs` (kept until done), `apt`, and `prefix`, complete or not there at all."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder, self.console = folder, console
        self.prefix = folder / "prefix"
        self._part = folder / "prefix.part"
        self._debs = folder / "apt" / "cache" / "archives"

    def install(self) -> None:
        """Goes on where it was interrupted; does nothing when everything is there and whole."""
        problem = damage(self.prefix)
        if not problem:
            self.console.say(f"  Gazebo is in {self.prefix}")
            return
        if self.prefix.exists():
            self.console.say(f"  Gazebo is unpacked anew: {problem}")
        _check_tools()
        self._fetch()
        self._unpack()
        self._describe_messages()
        write_manifest(self._part)
        shutil.rmtree(self.prefix, ignore_errors=True)
        self._part.rename(self.prefix)
        shutil.rmtree(self._debs, ignore_errors=True)
        self.console.say(f"  Gazebo is in {self.prefix}")

    def _fetch(self) -> None:
        apt = self._apt_options()
        self.console.run(
            "package lists", ["apt-get", *apt, "update"], remedy="is the mirror there?"
        )
        get = ["apt-get", *apt, "install", "--download-only", "--yes", *PACKAGES]
        self.console.run("Gazebo's packages", get, remedy="run `make gazebo` again")
        get = ["apt-get", *apt, "download", DEFINITIONS]
        self.console.run("message definitions", get, cwd=self._debs, remedy="run it again")

    def _apt_options(self) -> list[str]:
        apt = self.folder / "apt"
        for part in ("state/lists/partial", "cache/archives/partial", "etc"):
            (apt / part).mkdir(parents=True, exist_ok=True)
        (apt / "status").touch()
        sources = apt / "etc" / "sources.list"
        sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} {RELEASE} main\n")
        chosen = {
            "Dir::State": apt / "state",
            "Dir::State::status": apt / "status",
            "Dir::Cache": apt / "cache",
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false",
            "APT::Get::AllowUnauthenticated": "false",
            "Acquire::Retries": "3",
        }
        return [part for name, value in chosen.items() for part in ("-o", f"{name}={value}")]

    def _unpack(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(parents=True)
        script = 'for deb in "$1"/*.deb; do dpkg-deb -x "$deb" "$2" || exit 1; done'
        command: list[str | Path] = ["sh", "-c", script, "unpack", self._debs, self._part]
        self.console.run("unpacking", command)

    def _describe_messages(self) -> None:
        """All message definitions in one file that Python's protobuf reads."""
        definitions = self._part / "usr/include/gazebo-11/gazebo/msgs/proto"
        files = sorted(file.name for file in definitions.glob("*.proto"))
        if not files:
            raise SetUpError("set-up: libgazebo-dev brought no message definitions")
        libraries = f"{self._part}/lib/x86_64-linux-gnu:{self._part}/usr/lib/x86_64-linux-gnu"
        protoc: list[str | Path] = [
            self._part / LOADER,
            "--library-path",
            libraries,
            self._part / "usr/bin/protoc",
        ]
        out = f"--descriptor_set_out={self._part / DESCRIPTORS}"
        command: list[str | Path] = [*protoc, f"-I{definitions}", "--include_imports", out, *files]
        self.console.run("messages", command, cwd=definitions)


def write_manifest(prefix: Path) -> None:
    """Size of every file, so that damage is noticed."""
    sizes = {str(file.relative_to(prefix)): file.stat().st_size for file in _files(prefix)}
    (prefix / MANIFEST).write_text(json.dumps(sizes))


def damage(prefix: Path) -> str:
    """What is wrong with an unpacked Gazebo; "" when nothing is."""
    manifest = prefix / MANIFEST
    if not manifest.is_file():
        return "it is not there"
    try:
        sizes = json.loads(manifest.read_text())
        wrong = [name for name, size in sizes.items() if (prefix / name).stat().st_size != size]
    except FileNotFoundError as error:
        return f"{Path(str(error.filename)).name} is missing"
    except (OSError, ValueError) as error:
        return f"its list of files: {error}"
    return f"{wrong[0]} is damaged" if wrong else ""


def _files(prefix: Path) -> list[Path]:
    return [f for f in prefix.rglob("*") if f.is_file() and not f.is_symlink()]


def _mirror() -> str:
    """The address from which this machine's apt has its own Debian."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    debian = [line for line in found if line.rstrip("/").endswith("/debian")]
    if not debian:
        raise SetUpError(
            "set-up: apt knows no Debian mirror — run `apt-get update`, or use a Debian 12 machine"
        )
    return debian[0]


def _check_tools() -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.uname().machine != "x86_64":
        what = f"no {', '.join(missing)}" if missing else f"a {os.uname().machine} machine"
        raise SetUpError(f"set-up: {what} — Gazebo is unpacked on x86-64 Debian only")
    if not KEYRING.is_file():
        raise SetUpError("set-up: no keys of Debian — apt-get install debian-archive-keyring")


def _offer_display(console: Console) -> None:
    """Installed when root; without, all but the camera works."""
    try:
        system.require(console, system.XVFB)
    except SetUpError as error:
        console.say(f"  Gazebo will draw no camera: {error}")


def main() -> int:
    folder = cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            console = Console(folder / "set_up.log")
            Gazebo(folder, console).install()
            _offer_display(console)
    except (SetUpError, OSError) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; `make gazebo` goes on where it stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
