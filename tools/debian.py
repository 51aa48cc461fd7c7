"""The Debian packages that set-up and tests need, how to see whether they are there, and how to get them.

Standard library only, and readable by any Python 3: the set-up runs it before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

_CREATECLUSTER = Path("/etc/postgresql-common/createcluster.d/qorgan-setup.conf")


class Package(NamedTuple):
    """One package. Present when one of `commands` is on the PATH, one of `files` exists, or dpkg has it."""

    name: str
    need: str
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


TEST_PACKAGES = (
    Package("chromium", "browser", commands=("chromium", "chromium-browser", "google-chrome")),
    Package("fonts-noto-core", "browser"),
    Package("ffmpeg", "ffmpeg", commands=("ffmpeg",)),
    Package("strace", "strace", commands=("strace",)),
    Package("libfaketime", "clock", files=("/usr/lib/*/faketime/libfaketimeMT.so.1",)),
    Package("postgresql", "postgres", files=("/usr/lib/postgresql/*/bin/postgres",)),
    Package("mosquitto", "mosquitto", files=("/usr/sbin/mosquitto",)),
    Package("python3-gi", "gstreamer"),
    Package("gir1.2-gst-rtsp-server-1.0", "gstreamer"),
    Package("gstreamer1.0-plugins-base", "gstreamer"),
    Package("gstreamer1.0-plugins-good", "gstreamer"),
    Package("gstreamer1.0-plugins-bad", "gstreamer"),
    Package("gstreamer1.0-plugins-ugly", "gstreamer"),
    Package("gstreamer1.0-rtsp", "gstreamer"),
)


def missing(packages: tuple[Package, ...] = TEST_PACKAGES, need: str | None = None) -> list[str]:
    """Names of the packages that are not there, of one need or of all."""
    wanted = [package for package in packages if need in (None, package.need)]
    unseen = [package.name for package in wanted if not _seen(package)]
    installed = _installed(unseen)
    return [name for name in unseen if name not in installed]


def sentence(names: list[str]) -> str:
    """What to type to get them."""
    return f"Debian packages are missing: {' '.join(names)}. Install them with: {install_command(names)}"


def install_command(names: list[str]) -> str:
    """The exact command for a person without root rights."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"


def can_install() -> bool:
    """Whether this process may install Debian packages itself."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(names: list[str]) -> int:
    """Install as root; returns apt's exit code. PostgreSQL comes without a cluster: no service starts."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=3"]
    fresh_postgres = "postgresql" in names and not _installed(["postgresql-common"])
    if fresh_postgres:
        _CREATECLUSTER.parent.mkdir(parents=True, exist_ok=True)
        _CREATECLUSTER.write_text("create_main_cluster = false\nstart_conf = 'manual'\n", encoding="ascii")
    try:
        code = subprocess.call([*apt, "update"], env=environment)
        if code == 0:
            code = subprocess.call([*apt, "install", "--no-install-recommends", *names], env=environment)
    finally:
        if fresh_postgres:
            _CREATECLUSTER.unlink()
    return code


def _seen(package: Package) -> bool:
    if any(shutil.which(command) for command in package.commands):
        return True
    return any(any(Path("/").glob(pattern.lstrip("/"))) for pattern in package.files)


def _installed(names: list[str]) -> set[str]:
    if not names or shutil.which("dpkg-query") is None:
        return set()
    query = ["dpkg-query", "-W", "-f", "${Package} ${Status}\\n", *names]
    listing = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return {line.split()[0] for line in listing.splitlines() if line.endswith("install ok installed")}


if __name__ == "__main__":
    sys.exit(install(sys.argv[1:]))
