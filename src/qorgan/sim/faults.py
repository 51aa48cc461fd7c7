"""What can be wrong with a simulated camera, and how it changes a picture.

Pictures are changed before they are encoded; the clock drawn by `overlay` goes on in all of them, as that of a camera
whose lens is covered does.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane = NDArray[np.uint8]


class Fault(StrEnum):
    """Faults on command: of the connection, of a network that loses packets, of the picture, and of the clock."""

    STALL = "stall"  # stops in the middle of a packet, answers nothing more, keeps the connection
    DROP = "drop"  # hangs up once; who comes again is served: the fault ends itself
    REFUSE = "refuse"  # hangs up and answers 503 to everybody until it ends
    REDIRECT = "redirect"  # answers 301 to who asks for a description or a session, and serves where that points

    LOSS = "loss"  # of UDP packets alone, like the two that follow: TCP mends what a network does
    REORDER = "reorder"
    DUPLICATE = "duplicate"

    BLACK = "black"
    FROZEN = "frozen"  # one picture for ever; clock and frame number go on
    BLURRED = "blurred"
    COVERED = "covered"  # a hand or a bag before the lens: dark, without detail, noisy
    MOVED = "moved"  # turned away and tilted
    NOISY = "noisy"
    OVEREXPOSED = "overexposed"
    LOW_FPS = "low_fps"  # a fifth of the frames
    LOW_RESOLUTION = "low_resolution"  # another picture size, announced in band

    WRONG_CLOCK = "wrong_clock"  # one hour fast: the drawn clock and the RTCP sender reports


CONNECTION_FAULTS = frozenset({Fault.STALL, Fault.DROP, Fault.REFUSE, Fault.REDIRECT})
NETWORK_FAULTS = frozenset({Fault.LOSS, Fault.REORDER, Fault.DUPLICATE})
PICTURE_FAULTS = frozenset(Fault) - CONNECTION_FAULTS - NETWORK_FAULTS - {Fault.WRONG_CLOCK}

LOSS_EVERY = 50  # packets, of which one is lost
MISTREAT_EVERY = 20  # packets, of which one comes after its follower, or twice
LOW_FPS_DIVISOR = 5
CLOCK_ERROR_S = 3600


def turn_away(rgb: Plane) -> Plane:
    """The view of a camera that was pushed: tilted by 9 degrees, and looking at the lower right quarter."""
    height, width = rgb.shape[:2]
    tilted = Image.fromarray(rgb).rotate(9, Image.Resampling.BILINEAR)
    return np.asarray(tilted.crop((width // 3, height // 3, width - width // 12, height - height // 12)))


def apply(fault: Fault | None, luma: Plane, chroma: Plane, noise: np.random.Generator) -> tuple[Plane, Plane]:
    """The picture as the faulty camera gives it. `luma` is 2-D; `chroma` holds both chroma planes."""
    change = _CHANGES.get(fault) if fault else None
    return change(luma, chroma, noise) if change else (luma, chroma)


def _black(luma: Plane, chroma: Plane, _: np.random.Generator) -> tuple[Plane, Plane]:
    return np.full_like(luma, 16), np.full_like(chroma, 128)


def _blurred(luma: Plane, chroma: Plane, _: np.random.Generator) -> tuple[Plane, Plane]:
    radius = luma.shape[1] / 90
    return np.asarray(
        Image.fromarray(luma).filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius))
    ), chroma


def _covered(luma: Plane, chroma: Plane, noise: np.random.Generator) -> tuple[Plane, Plane]:
    glow = np.linspace(26, 44, luma.shape[1], dtype=np.float32)[None, :].repeat(luma.shape[0], axis=0)
    return _add_noise(glow.astype(np.uint8), noise, 3.0), np.full_like(chroma, 128)


def _noisy(luma: Plane, chroma: Plane, noise: np.random.Generator) -> tuple[Plane, Plane]:
    """A sensor at its highest gain: a pattern that stays, which survives the encoder, and grain that dances over it."""
    height, width = luma.shape
    pattern = _grain(26.0, height // 2 + 1, width // 2 + 1).repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    patterned = np.clip(np.add(luma, pattern, dtype=np.int16), 16, 235).astype(np.uint8)
    return _add_noise(patterned, noise, 14.0), chroma


def _overexposed(luma: Plane, chroma: Plane, _: np.random.Generator) -> tuple[Plane, Plane]:
    bright = np.minimum(luma.astype(np.float32) * 1.6 + 125, 235).astype(np.uint8)
    return bright, ((chroma.astype(np.float32) - 128) * 0.35 + 128).astype(np.uint8)


_CHANGES: dict[Fault, Callable[[Plane, Plane, np.random.Generator], tuple[Plane, Plane]]] = {
    Fault.BLACK: _black,
    Fault.BLURRED: _blurred,
    Fault.COVERED: _covered,
    Fault.NOISY: _noisy,
    Fault.OVEREXPOSED: _overexposed,
}


def sensor_noise(luma: Plane, noise: np.random.Generator) -> Plane:
    """The little noise that every sensor has: without it a still scene would cost a camera no bits.

    Luma lies in 16..235 and this noise within ±15, so bytes may be added as they are: nothing wraps around.
    """
    return luma + _grain_for(luma, noise, 1.6).view(np.uint8)


def _add_noise(luma: Plane, noise: np.random.Generator, deviation: float) -> Plane:
    noisy = np.add(luma, _grain_for(luma, noise, deviation), dtype=np.int16)
    return np.clip(noisy, 16, 235).astype(np.uint8)


def _grain_for(luma: Plane, noise: np.random.Generator, deviation: float) -> NDArray[np.int8]:
    top, left = (int(n) for n in noise.integers(0, 256, 2))
    height, width = luma.shape
    return _grain(deviation, height + 256, width + 256)[top : top + height, left : left + width]


@lru_cache(maxsize=4)
def _grain(deviation: float, height: int, width: int) -> NDArray[np.int8]:
    """A field of noise, seen from elsewhere at each frame: drawing all of it anew would cost more than encoding."""
    field = np.random.default_rng(7).normal(0, deviation, (height, width))
    limit = min(15.0, 5 * deviation) if deviation < 4 else 120.0
    return np.rint(np.clip(field, -limit, limit)).astype(np.int8)
