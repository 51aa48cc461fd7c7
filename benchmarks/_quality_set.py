"""The labelled set of picture quality: places by day, dusk, night and in rain, each fault in five strengths.

Everything comes from a seed. Pictures are 640×360, what a sub stream gives: the footage in `src/qorgan/sim/assets`
(real texture, real people and cars) and the simulator's drawn places. A fault of the lens or of the light is put in
before the sensor's noise, a fault of the sensor after it, and then the picture is compressed as the key pictures of a
stream of that bit rate are: H.264, x264, one key picture every two seconds that takes a third of the bits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from qorgan.domain.quality.faults import Fault
from qorgan.sim.scenes import Scene, frames

WIDTH, HEIGHT = 640, 360
STRENGTHS = (1, 2, 3, 4, 5)
BITRATES = (100_000, 200_000, 400_000, 800_000)  # of the stream, bits per second
KEY_SHARE, GOP_S = 1 / 3, 2
PICTURES_OF_A_PLACE = 40
Plane = NDArray[np.uint8]
Real = NDArray[np.float32]


class Condition(StrEnum):
    """What the light and the weather are like."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    RAIN = "rain"


NOISE = {Condition.DAY: 1.6, Condition.DUSK: 3.5, Condition.NIGHT: 4.5, Condition.RAIN: 2.0}


@dataclass(slots=True)
class Shot:
    """A picture on its way: luma of 360×640, both chroma planes of 180×320, full range; of `float32`."""

    luma: Real
    cb: Real
    cr: Real

    def copy(self) -> "Shot":
        return Shot(self.luma.copy(), self.cb.copy(), self.cr.copy())


# --- places -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """What a camera looks at. Thresholds are looked for at places for tuning, and judged at the others.

    Those to be judged by are the same scenes as another camera would see them: from the other side (mirrored), nearer
    (the middle two thirds and more of the picture), at other moments. No threshold was ever looked for there.
    """

    scene: Scene
    tuning: bool = False

    @property
    def number(self) -> int:
        """Counts the scenes."""
        return list(Scene).index(self.scene)

    def __str__(self) -> str:
        return f"{self.scene} (tuning)" if self.tuning else str(self.scene)


def places(*, tuning: bool = False) -> list[Place]:
    """All of one set."""
    return [Place(scene, tuning) for scene in Scene]


@lru_cache(maxsize=2 * len(Scene))
def pictures(place: Place) -> list[tuple[Plane, Plane, Plane]]:
    """Pictures of a place, spread over its footage: luma, Cb and Cr, full range."""
    if place.tuning:
        return [_planes(Image.fromarray(rgb)) for rgb in frames(place.scene, PICTURES_OF_A_PLACE, 1.5)]
    return [_planes(_from_the_other_side(rgb)) for rgb in frames(place.scene, PICTURES_OF_A_PLACE, 1.7)]


def _from_the_other_side(rgb: Plane) -> Image.Image:
    image = Image.fromarray(rgb)
    width, height = image.size
    left, top = round(0.12 * width), round(0.08 * height)
    near = image.crop((left, top, left + round(0.82 * width), top + round(0.82 * height)))
    return near.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _planes(image: Image.Image) -> tuple[Plane, Plane, Plane]:
    luma, cb, cr = image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).convert("YCbCr").split()
    half = (WIDTH // 2, HEIGHT // 2)
    return (
        np.asarray(luma),
        np.asarray(cb.resize(half, Image.Resampling.BOX)),
        np.asarray(cr.resize(half, Image.Resampling.BOX)),
    )


def shot_of(place: Place, number: int) -> Shot:
    """One picture of a place."""
    luma, cb, cr = pictures(place)[number % PICTURES_OF_A_PLACE]
    return Shot(luma.astype(np.float32), cb.astype(np.float32), cr.astype(np.float32))


# --- light and weather ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _infrared_lamp() -> Real:
    """How bright the camera's own lamp makes each part of the picture."""
    rows, columns = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.asarray(1.15 - 0.45 * np.minimum(rows**2 + columns**2, 1.6), dtype=np.float32)


def light(shot: Shot, condition: Condition, chance: np.random.Generator, level: float = 1.0) -> Shot:
    """The same place in another light. `level` multiplies the brightness: clouds, a lamp switched."""
    cb, cr = shot.cb, shot.cr
    match condition:
        case Condition.DAY:
            return Shot(shot.luma * np.float32(level), cb, cr)
        case Condition.DUSK:
            luma = shot.luma * np.float32(0.38 * level)
            luma += np.float32(3)
            return Shot(luma, _paler(cb, 0.7) - np.float32(3), _paler(cr, 0.7) + np.float32(2))
        case Condition.RAIN:
            luma = shot.luma * np.float32(0.7 * level)
            luma += _streaks(chance)
            luma += np.float32(34)
            return Shot(luma, _paler(cb, 0.75), _paler(cr, 0.75))
        case Condition.NIGHT:
            # materials reflect infrared differently than they do light: what is red is bright in it
            reddish = ((cr - 128) * np.float32(0.9) + 14).repeat(2, axis=0).repeat(2, axis=1)
            reddish += np.float32(0.62) * shot.luma
            reddish *= _infrared_lamp()
            return Shot(reddish, np.full_like(cb, 128), np.full_like(cr, 128))


def _paler(chroma: Real, share: float) -> Real:
    return np.asarray((chroma - 128) * np.float32(share) + 128, dtype=np.float32)


def _streaks(chance: np.random.Generator, count: int = 130) -> Real:
    image = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    lean = chance.normal(0, 2)
    for x, y, length, glow in zip(
        chance.integers(0, WIDTH, count), chance.integers(-20, HEIGHT, count),
        chance.integers(8, 30, count), chance.integers(12, 45, count), strict=True,
    ):  # fmt: skip
        draw.line([(int(x), int(y)), (int(x + lean), int(y + length))], int(glow))
    return np.asarray(image, dtype=np.float32)


def grain(deviation: float, chance: np.random.Generator) -> Callable[[Shot], Shot]:
    """What the sensor adds. Fields drawn once and seen from elsewhere each time: drawing them anew costs too much."""
    top, left = chance.integers(0, 200, 2)
    field = _grain_fields()[2 * (chance.random() < 0.5) + (chance.random() < 0.5)]
    noise = field[top : top + HEIGHT, left : left + WIDTH]

    def grained(shot: Shot) -> Shot:
        luma = noise * np.float32(deviation)
        luma += shot.luma
        return Shot(luma, shot.cb, shot.cr)

    return grained


@lru_cache(maxsize=1)
def _grain_fields() -> list[Real]:
    """One, upside down, from the other side, and both."""
    field = np.random.default_rng(11).standard_normal((HEIGHT + 200, WIDTH + 200), dtype=np.float32)
    return [np.ascontiguousarray(one) for one in (field, field[:, ::-1], field[::-1], field[::-1, ::-1])]


# --- faults -----------------------------------------------------------------------------------------------------------

BLACK_GAIN = (0.06, 0.045, 0.03, 0.015, 0.0)
DARK_GAIN = (0.34, 0.26, 0.2, 0.15, 0.11)
BRIGHT_GAIN = (1.4, 1.8, 2.4, 3.2, 4.5)
CONTRAST_LEFT = (0.5, 0.35, 0.22, 0.14, 0.08)
BLUR_SIGMA = (1.5, 2.5, 4.0, 6.0, 9.0)
GRAIN = (9.0, 14.0, 20.0, 28.0, 40.0)
CAST = (8.0, 14.0, 22.0, 32.0, 45.0)
STRIPES = (5.0, 9.0, 15.0, 25.0, 40.0)
FLICKER = (0.1, 0.18, 0.28, 0.4, 0.55)
COVERED_SHARE = (0.2, 0.35, 0.5, 0.75, 1.0)
MOVED_SHARE = (0.04, 0.08, 0.12, 0.2, 0.35)
SMEAR_SHARE = (0.12, 0.2, 0.3, 0.42, 0.55)
STILL_ALIVE = (0.06, 0.04, 0.02, 0.01, 0.0)  # of the height: a written clock that goes on over a frozen picture
CLEAR = {
    Fault.BLACK: STRENGTHS,
    Fault.FROZEN: STRENGTHS,
    Fault.COVERED: (3, 4, 5),  # half of the picture and more
    Fault.MOVED: (3, 4, 5),  # more than a tenth of the picture's width
}


class Broken:
    """A camera with a fault: changes picture after picture as that fault does. One look after the other."""

    def __init__(self, fault: Fault | None, strength: int, seed: int) -> None:
        self.fault, self._step = fault, strength - 1
        self._chance = np.random.default_rng(seed)
        self._looks = 0
        self._frozen: Shot | None = None
        chance = self._chance
        self._side, self._tone = int(chance.integers(4)), float(chance.choice([18.0, 60.0, 130.0]))
        self._woven = bool(chance.random() < 0.5)
        self._towards = float(chance.choice([-1, 1])) * float(chance.uniform(-0.35, 0.35)) + float(
            chance.choice([0, np.pi])
        )
        self._tilt = float(chance.uniform(-2.5, 2.5))
        self._hue = float(chance.uniform(0, 2 * np.pi))
        self._period, self._upright = float(chance.uniform(9, 40)), bool(chance.random() < 0.35)
        self._smear = _blot(chance, SMEAR_SHARE[self._step])

    def before_sensor(self, shot: Shot) -> Shot:
        """What lens, light and mounting do to the picture."""
        step, chance = self._step, self._chance
        self._looks += 1
        match self.fault:
            case Fault.BLACK:
                return _brightness(shot, BLACK_GAIN[step], 1.0)
            case Fault.UNDEREXPOSED:
                return _brightness(shot, DARK_GAIN[step], 0.6)
            case Fault.OVEREXPOSED:
                return _brightness(shot, BRIGHT_GAIN[step], 0.6, 12 * step)
            case Fault.LOW_CONTRAST:
                mean = np.float32(shot.luma.mean())
                luma = (shot.luma - mean) * np.float32(CONTRAST_LEFT[step]) + mean
                return Shot(luma, _paler(shot.cb, CONTRAST_LEFT[step]), _paler(shot.cr, CONTRAST_LEFT[step]))
            case Fault.BLURRED:
                return Shot(_soft(shot.luma, BLUR_SIGMA[step]), shot.cb, shot.cr)
            case Fault.COVERED:
                return self._cover(shot)
            case Fault.MOVED:
                return _turned(shot, MOVED_SHARE[step], self._towards, self._tilt)
            case Fault.SMEARED:
                soft = _soft(shot.luma, 5.0) * np.float32(0.8) + np.float32(22)
                return Shot(shot.luma * (1 - self._smear) + soft * self._smear, shot.cb, shot.cr)
            case Fault.FLICKERING:
                return _brightness(shot, 1 + float(chance.uniform(-1, 1)) * FLICKER[step], 1.0)
        return shot

    def after_sensor(self, shot: Shot) -> Shot:
        """What sensor, wiring and a hanging camera do to the picture."""
        step, chance = self._step, self._chance
        match self.fault:
            case Fault.NOISY:
                return grain(GRAIN[step], chance)(shot)
            case Fault.COLOUR_CAST:
                towards = CAST[step]
                cb, cr = np.float32(towards * np.cos(self._hue)), np.float32(towards * np.sin(self._hue))
                return Shot(shot.luma, shot.cb + cb, shot.cr + cr)
            case Fault.STRIPED:
                places = np.arange(WIDTH if self._upright else HEIGHT)[:, None] * 2 * np.pi / self._period
                bars = (np.sin(places + chance.uniform(0, 7)) * STRIPES[step]).astype(np.float32)
                return Shot(shot.luma + (bars.T if self._upright else bars), shot.cb, shot.cr)
            case Fault.FROZEN:
                return self._freeze(shot)
        return shot

    def _freeze(self, shot: Shot) -> Shot:
        if self._frozen is None:
            self._frozen = shot.copy()
        rows = round(STILL_ALIVE[self._step] * HEIGHT)
        if not rows:
            return self._frozen
        alive = self._frozen.copy()
        alive.luma[2 : 2 + rows, 8 : WIDTH * 2 // 5] = self._chance.choice([16, 235], (1, WIDTH * 2 // 5 - 8))
        return alive

    def _cover(self, shot: Shot) -> Shot:
        """Something before the lens, from one side: near, so it has soft edges; plain, or woven (out of focus)."""
        share = COVERED_SHARE[self._step]
        if share >= 1:
            mask = np.ones((HEIGHT, WIDTH), np.float32)
        else:
            along = np.linspace(0, 1, WIDTH if self._side < 2 else HEIGHT, dtype=np.float32)
            along = along if self._side % 2 else along[::-1]
            edge = np.clip((share - along) * 18 + 0.5, 0, 1).astype(np.float32)
            mask = np.broadcast_to(edge[None, :] if self._side < 2 else edge[:, None], (HEIGHT, WIDTH))
        thing = np.full((HEIGHT, WIDTH), self._tone, np.float32)
        thing += np.linspace(-8, 8, WIDTH, dtype=np.float32)
        if self._woven:
            thing += _cloth() * 5
        small = mask[::2, ::2]
        return Shot(
            shot.luma * (1 - mask) + thing * mask,
            shot.cb * (1 - small) + 126 * small,
            shot.cr * (1 - small) + 131 * small,
        )


def _brightness(shot: Shot, gain: float, colour: float, offset: float = 0.0) -> Shot:
    """Another exposure; `colour`: what is left of the colours where the gain leaves none or too much."""
    return Shot(shot.luma * np.float32(gain) + np.float32(offset), _paler(shot.cb, colour), _paler(shot.cr, colour))


def _soft(luma: Real, sigma: float) -> Real:
    image = Image.fromarray(np.clip(luma, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), dtype=np.float32)


@lru_cache(maxsize=1)
def _cloth() -> Real:
    field = np.random.default_rng(5).normal(0, 60, (HEIGHT, WIDTH)) + 128
    soft = Image.fromarray(np.clip(field, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(7))
    folds = np.asarray(soft, dtype=np.float32)
    return np.asarray((folds - folds.mean()) / folds.std(), dtype=np.float32)


def _blot(chance: np.random.Generator, share: float) -> Real:
    """Where dirt or grease is: a few soft-edged blots that take about this share of the picture."""
    image = Image.new("L", (WIDTH // 4, HEIGHT // 4))
    draw = ImageDraw.Draw(image)
    while np.asarray(image).mean() < share * 255:
        x, y, radius = chance.integers(0, WIDTH // 4), chance.integers(0, HEIGHT // 4), chance.integers(10, 26)
        draw.ellipse([int(x - radius), int(y - radius), int(x + radius), int(y + radius)], 255)
    soft = image.filter(ImageFilter.GaussianBlur(2)).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    return np.asarray(soft, dtype=np.float32) / np.float32(255)


def _turned(shot: Shot, share: float, towards: float, tilt: float) -> Shot:
    """Pushed aside by a share of the width. What comes in from outside is a mirror of what was near the edge."""
    dx, dy = share * WIDTH * np.cos(towards), share * WIDTH * np.sin(towards)
    planes = []
    for plane, scale in ((shot.luma, 1), (shot.cb, 2), (shot.cr, 2)):
        rim = round((share + 0.06) * WIDTH / scale)  # a corner goes aside by up to a twentieth
        room = np.pad(
            np.clip(plane, 0, 255).astype(np.uint8), ((min(rim, plane.shape[0] - 1),) * 2, (rim,) * 2), "reflect"
        )
        image = Image.fromarray(room).rotate(tilt * min(1, share / 0.1), Image.Resampling.BILINEAR)
        left, top = (room.shape[1] - plane.shape[1]) / 2 + dx / scale, (room.shape[0] - plane.shape[0]) / 2 + dy / scale
        box = (round(left), round(top), round(left) + plane.shape[1], round(top) + plane.shape[0])
        planes.append(np.asarray(image.crop(box), dtype=np.float32))
    return Shot(*planes)


# --- compression ------------------------------------------------------------------------------------------------------


def compressed(shots: Iterator[Shot], bitrate: int) -> Iterator[bytes]:
    """The key pictures of a stream of `bitrate` bits per second, as byte streams: each can be decoded by itself."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
    codec.framerate = Fraction(1)
    kbits = round(bitrate * GOP_S * KEY_SHARE / 1000)
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": f"bitrate={kbits}:vbv-maxrate={kbits}:vbv-bufsize={kbits}:keyint=1:threads=1:repeat-headers=1",
    }
    for number, shot in enumerate(shots):
        frame = av.VideoFrame.from_ndarray(_packed(shot), format="yuvj420p")
        frame.pts = number
        for packet in codec.encode(frame):
            yield bytes(packet)
    for packet in codec.encode(None):
        yield bytes(packet)


def _packed(shot: Shot) -> Plane:
    whole = np.concatenate([plane.reshape(-1) for plane in (shot.luma, shot.cb, shot.cr)])
    return np.clip(whole, 0, 255, out=whole).astype(np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
