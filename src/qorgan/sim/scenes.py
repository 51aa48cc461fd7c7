"""What simulated cameras look at: real footage (assets/, CC BY 4.0) and drawn places. Frames come as RGB arrays.

Every scene is a function of its number of frames and their rate alone, so that an encoded clip can be kept by its name.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Rgb = NDArray[np.uint8]

ASSETS = Path(__file__).with_name("assets")


class Scene(StrEnum):
    """Footage first, then drawn places."""

    HALL = "hall"
    PARKING = "parking"
    CLASSROOM = "classroom"
    ENTRANCE = "entrance"
    STREET = "street"
    CORRIDOR = "corridor"
    YARD = "yard"


@dataclass(frozen=True, slots=True)
class Footage:
    """A stretch of a file in assets/. A short one runs forth and back, so that nothing jumps."""

    file: str
    start_s: float = 0.0
    forth_and_back: bool = False


FOOTAGE = {
    Scene.HALL: Footage("one-by-one-person-detection.mp4", start_s=4.0),
    Scene.PARKING: Footage("car-detection.mp4", start_s=2.0),
    Scene.CLASSROOM: Footage("classroom.gif", forth_and_back=True),
    Scene.ENTRANCE: Footage("people-detection.gif", forth_and_back=True),
    Scene.STREET: Footage("person-bicycle-car-detection.gif", forth_and_back=True),
}


def frames(scene: Scene, count: int, frames_per_s: float) -> Iterator[Rgb]:
    """`count` pictures of a scene, in their own size, as a camera of that frame rate would take them."""
    if scene in FOOTAGE:
        return _play(FOOTAGE[scene], count, frames_per_s)
    draw = _DRAWN[scene]
    return (draw(n / frames_per_s, count / frames_per_s) for n in range(count))


def _play(footage: Footage, count: int, frames_per_s: float) -> Iterator[Rgb]:
    with av.open(str(ASSETS / footage.file)) as container:
        stream = container.streams.video[0]
        own_rate = float(stream.average_rate or 10)
        wanted = int((footage.start_s + count / frames_per_s) * own_rate) + 2
        taken = [
            frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
            for frame in islice(container.decode(stream), wanted)
        ]
    taken = taken[int(footage.start_s * own_rate) :]
    order = list(range(len(taken)))
    if footage.forth_and_back:
        order += order[-2:0:-1]
    for n in range(count):
        yield taken[order[int(n / frames_per_s * own_rate) % len(order)]]


def _walker(draw: ImageDraw.ImageDraw, x: float, floor: float, height: float, colour: str, step: float) -> None:
    """A person of `height` samples whose feet stand at (x, floor), in the middle of a step between -1 and 1."""
    head, stride = height * 0.13, height * 0.16 * step
    for side in (-1, 1):
        draw.line([(x, floor - height * 0.45), (x + side * stride, floor)], "#2b2b35", int(height * 0.09))
    draw.rounded_rectangle(
        [x - height * 0.12, floor - height * 0.83, x + height * 0.12, floor - height * 0.4], height * 0.06, colour
    )
    draw.ellipse([x - head / 2, floor - height, x + head / 2, floor - height + head * 1.15], "#d2a27c")


def _corridor(at_s: float, loop_s: float) -> Rgb:
    """A school corridor with doors and lockers; two people walk its length and turn."""
    width, height = 960, 540
    image = Image.new("RGB", (width, height), "#c9c4b4")
    draw = ImageDraw.Draw(image)
    vanish = (width * 0.5, height * 0.36)
    draw.polygon([(0, height), (width, height), vanish], "#8d7b66")
    draw.polygon([(0, 0), (width, 0), vanish], "#e8e6df")
    for n in range(1, 8):
        near, far = 1 / n, 1 / (n + 0.45)
        for side in (-1, 1):
            xs = [vanish[0] + side * width * 0.5 * k for k in (near, far)]
            tops = [vanish[1] + height * 0.02 * k for k in (near, far)]
            floors = [vanish[1] + height * 0.64 * k for k in (near, far)]
            colour = "#5d7f92" if (n + (side > 0)) % 2 else "#9a5b3c"
            draw.polygon([(xs[0], tops[0]), (xs[1], tops[1]), (xs[1], floors[1]), (xs[0], floors[0])], colour)
        row, half = vanish[1] + height * 0.64 / n, width * 0.5 / n
        draw.line([(vanish[0] - half, row), (vanish[0] + half, row)], "#7b6a57", 2)
    for person, colour in enumerate(("#284b7a", "#8c2f39")):
        phase = (at_s / loop_s + person * 0.37) % 1.0
        depth = 1.3 + 3.2 * abs(2 * phase - 1)
        x = vanish[0] + (person - 0.5) * width * 0.42 / depth
        _walker(draw, x, vanish[1] + height * 0.6 / depth, height * 0.62 / depth, colour, math.sin(at_s * 6 + person))
    return np.asarray(image)


def _yard(at_s: float, loop_s: float) -> Rgb:
    """A school yard: sky, trees that sway, a fence, a path on which people walk by."""
    width, height = 960, 540
    image = Image.new("RGB", (width, height), "#a9c6de")
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, height * 0.45, width, height], "#7d8f5a")
    draw.rectangle([0, height * 0.66, width, height * 0.8], "#a39a8b")
    draw.rectangle([width * 0.56, height * 0.12, width, height * 0.52], "#d8c9a3")
    for row in range(3):
        for column in range(6):
            left, top = width * (0.59 + column * 0.068), height * (0.16 + row * 0.115)
            draw.rectangle([left, top, left + 40, top + 38], "#54687a")
    for tree in range(5):
        sway = 6 * math.sin(2 * math.pi * at_s / loop_s * 3 + tree)
        x = width * (0.05 + tree * 0.11)
        draw.rectangle([x - 5, height * 0.34, x + 5, height * 0.55], "#5b4632")
        draw.ellipse([x - 46 + sway, height * 0.14, x + 46 + sway, height * 0.42], "#4f7442")
    for post in range(0, width, 24):
        draw.line([(post, height * 0.5), (post, height * 0.6)], "#3d4650", 3)
    draw.line([(0, height * 0.52), (width, height * 0.52)], "#3d4650", 3)
    for person, colour in enumerate(("#33415c", "#b5651d", "#6a4c93")):
        phase = (at_s / loop_s + person * 0.31) % 1.0
        x = (phase if person % 2 else 1 - phase) * (width + 120) - 60
        floor = height * (0.72 + 0.03 * person)
        _walker(draw, x, floor, height * 0.24, colour, math.sin(at_s * 7 + person))
    return np.asarray(image)


_DRAWN: dict[Scene, Callable[[float, float], Rgb]] = {Scene.CORRIDOR: _corridor, Scene.YARD: _yard}
