"""All targets by their names, and the inputs that once failed."""

import functools
import hashlib
from pathlib import Path

from tests.fuzz import fmp4, onvif, panels, rtp, rtsp
from tests.fuzz.target import Target

FOUND = Path(__file__).parent / "found"


@functools.cache
def all_targets() -> dict[str, Target]:
    found = (*rtsp.targets(), *rtp.targets(), *fmp4.targets(), *onvif.targets(), *panels.targets())
    return {target.name: target for target in found}


def write_down(name: str, data: bytes) -> Path:
    """Keep an input that failed, for `make test` to try it from now on."""
    file = FOUND / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}.hex"
    file.write_text(data.hex() + "\n", "ascii")
    return file


def written_down() -> list[tuple[str, bytes]]:
    """What failed once, as target and input."""
    names = {name.replace(" ", "-"): name for name in all_targets()}
    return [
        (names[file.stem.rpartition("-")[0]], bytes.fromhex(file.read_text("ascii")))
        for file in sorted(FOUND.glob("*.hex"))
    ]
