"""The repository as the house tests see it: what git tracks, or will track."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".mp4", ".gif", ".png", ".jpg", ".ico", ".woff2", ".bin", ".h264", ".mpk", ".msgpack", ".ogg", ".wav"}


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git has or would take, as absolute paths."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = (ROOT / name for name in listing.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


@cache
def text_files() -> tuple[tuple[str, str], ...]:
    """Name and text of every tracked file that is not binary."""
    readable = (path for path in tracked_files() if path.suffix not in BINARY)
    return tuple((str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in readable)
