"""Picture quality on drawn planes: each measure grows with its fault, and a judge needs more than one look."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.judge import UNKNOWN_AFTER, Memory, look
from qorgan.domain.quality.measures import HEIGHT, WIDTH, Measures, Picture, measure
from qorgan.domain.quality.view import View, averaged, compare

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
_CHANCE = np.random.default_rng(20)


def a_place(seed: int = 1) -> np.ndarray:
    """Edges and shades, as a room has."""
    chance = np.random.default_rng(seed)
    luma = np.full((HEIGHT, WIDTH), 90.0)
    for _ in range(90):
        x, y = int(chance.integers(0, WIDTH - 20)), int(chance.integers(0, HEIGHT - 20))
        luma[y : y + int(chance.integers(8, 40)), x : x + int(chance.integers(8, 50))] = chance.integers(30, 220)
    return luma


PLACE = a_place()


def seen(luma: np.ndarray, noise: float = 1.5, colour: tuple[float, float] = (6, -4)) -> Measures:
    """One look, with a sensor's noise."""
    noisy = np.clip(luma + _CHANCE.normal(0, noise, luma.shape), 0, 255).astype(np.uint8)
    planes = [np.full((HEIGHT // 2, WIDTH // 2), 128 + shade, dtype=np.uint8) for shade in colour]
    return measure(Picture(noisy, planes[0], planes[1]))


def soft(luma: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        for axis in (0, 1):
            luma = (np.roll(luma, 1, axis) + luma + np.roll(luma, -1, axis)) / 3
    return luma


def covered(luma: np.ndarray, share: float) -> np.ndarray:
    return np.where(np.arange(WIDTH)[None, :] < share * WIDTH, 40.0, luma)


def moved(luma: np.ndarray, share: float) -> np.ndarray:
    pixels = round(share * WIDTH)
    return np.concatenate([luma[:, pixels:], a_place(9)[:, : WIDTH - (WIDTH - pixels)]], axis=1)


def striped(luma: np.ndarray, height: float) -> np.ndarray:
    return luma + height * np.sin(np.arange(HEIGHT) * 2 * np.pi / 12)[:, None]


VIEW = View(day=averaged([seen(PLACE) for _ in range(4)]))


class Camera:
    """A camera that is looked at every minute."""

    def __init__(self, view: View = VIEW) -> None:
        self.view, self.memory, self.at = view, Memory(), NOW

    def sees(self, *looks: Measures | None) -> Memory:
        for one in looks:
            self.at += timedelta(minutes=1)
            self.memory = look(self.memory, one, self.view, self.at)
        return self.memory

    def after(self, *looks: Measures | None) -> tuple[str, tuple[Fault, ...]]:
        memory = self.sees(*looks)
        return memory.verdict().value, memory.faults()

    def score(self, fault: Fault) -> float:
        score = self.memory.courses[fault].score
        assert type(score) is float, "the link has no word for NumPy's numbers"
        return score


def sound(count: int) -> list[Measures]:
    return [seen(PLACE) for _ in range(count)]


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        (Fault.BLACK, lambda step: PLACE * (0.08, 0.05, 0.02)[step]),
        (Fault.UNDEREXPOSED, lambda step: PLACE * (0.3, 0.2, 0.15)[step]),
        (Fault.OVEREXPOSED, lambda step: PLACE * (2.0, 3.0, 5.0)[step] + 20),
        (Fault.LOW_CONTRAST, lambda step: 110 + (PLACE - 110) * (0.4, 0.2, 0.1)[step]),
        (Fault.BLURRED, lambda step: soft(PLACE, (3, 10, 30)[step])),
        (Fault.COVERED, lambda step: covered(PLACE, (0.4, 0.7, 1.0)[step])),
        (Fault.MOVED, lambda step: moved(PLACE, (0.05, 0.12, 0.25)[step])),
        (Fault.STRIPED, lambda step: striped(PLACE, (8, 16, 30)[step])),
    ],
)
def test_a_fault_scores_the_higher_the_stronger_it_is_and_is_confirmed(fault, change) -> None:  # type: ignore[no-untyped-def]
    scores = [0.0]
    for step in range(3):
        camera = Camera()
        camera.sees(*sound(3), *(seen(change(step)) for _ in range(6)))
        scores.append(camera.score(fault))
    assert scores == sorted(scores) and len(set(scores)) == len(scores)
    assert camera.memory.verdict() is Verdict.BAD and camera.memory.faults() == (fault,)


@pytest.mark.parametrize("deviations", [(8, 16, 30)])
def test_noise_and_colour_casts_are_measured_against_the_approved_view(deviations: tuple[int, ...]) -> None:
    for fault, looks in (
        (Fault.NOISY, [seen(PLACE, noise=deviation) for deviation in deviations]),
        (Fault.COLOUR_CAST, [seen(PLACE, colour=(6 + deviation, -4)) for deviation in deviations]),
    ):
        camera = Camera()
        scores = []
        for one in looks:
            camera.sees(one)
            scores.append(camera.score(fault))
        assert 0 < scores[0] < scores[1] < scores[2] and scores[2] > 1


def test_dirt_on_a_part_of_the_lens_is_no_blur_and_no_cover() -> None:
    dirty = PLACE.copy()
    dirty[40:150, 30:140] = soft(PLACE, 12)[40:150, 30:140]
    assert Camera().after(*sound(2), *(seen(dirty) for _ in range(8))) == ("bad", (Fault.SMEARED,))


def test_a_fault_is_suspected_confirmed_still_there_and_over() -> None:
    camera = Camera()
    dark = [seen(PLACE * 0) for _ in range(6)]
    assert camera.after(*sound(3)) == ("ok", ())
    assert camera.after(dark[0]) == ("suspect", (Fault.BLACK,))
    began = camera.at
    assert camera.after(*dark[1:]) == ("bad", (Fault.BLACK,))
    course = camera.memory.courses[Fault.BLACK]
    assert course.first_seen == began and course.last_seen == camera.at
    assert camera.after(*sound(1)) == ("bad", (Fault.BLACK,))  # one good look is no proof either
    assert camera.after(*sound(1)) == ("ok", ())
    assert camera.memory.courses[Fault.BLACK].first_seen is None


def test_a_passing_coat_is_no_fault() -> None:
    camera = Camera()
    camera.sees(*sound(3), seen(PLACE * 0), *sound(2), seen(covered(PLACE, 0.9)), *sound(3))
    assert camera.memory.verdict() is Verdict.OK


def test_what_cannot_be_looked_at_is_unknown() -> None:
    camera = Camera()
    assert camera.memory.verdict() is Verdict.UNKNOWN
    assert camera.after(*sound(1), *[None] * (UNKNOWN_AFTER - 1)) == ("ok", ())
    assert camera.after(None) == ("unknown", ())
    assert camera.after(*sound(1)) == ("ok", ())


def test_a_picture_that_stands_still_is_frozen_though_its_encoding_and_its_clock_go_on() -> None:
    """Compressed anew, most samples stay as they were at one of the last looks; of a living sensor hardly any do."""
    camera = Camera()
    still = seen(PLACE).luma
    looks = []
    for number in range(6):
        luma = still.copy()
        luma[:8, 10:150] = 16 + 30 * number  # the clock
        luma[:, :: 4 + number] += 1  # what the encoder made of it this time
        grey = np.full((HEIGHT // 2, WIDTH // 2), 130, np.uint8)
        looks.append(measure(Picture(luma, grey, grey)))
    assert camera.after(*sound(4)) == ("ok", ())
    assert camera.after(*looks) == ("bad", (Fault.FROZEN,))
    assert camera.score(Fault.FROZEN) > 1


def test_one_lamp_that_is_switched_is_no_flicker_and_a_lamp_that_flickers_is() -> None:
    assert Camera().after(*sound(4), *(seen(PLACE * 0.6) for _ in range(6))) == ("ok", ())
    flickering = [seen(PLACE * (0.7, 1.1, 0.85, 1.0, 0.6)[number % 5]) for number in range(12)]
    assert Camera().after(*flickering) == ("bad", (Fault.FLICKERING,))


def test_light_that_falls_and_people_who_pass_move_and_cover_nothing() -> None:
    """Day turns into dusk and into night by infrared, where dark things may be bright; somebody walks by."""
    night = averaged([seen(230 - 0.8 * PLACE, noise=4, colour=(0, 0)) for _ in range(4)])
    camera = Camera(View(day=VIEW.day, night=night))
    for number in range(40):
        luma = PLACE * max(0.3, 1 - number / 25) if number < 25 else 230 - 0.8 * PLACE
        luma[60:170, 5 * number : 5 * number + 50] = 70  # somebody
        camera.sees(seen(luma, noise=3, colour=(6, -4) if number < 25 else (0, 0)))
        for fault in (Fault.MOVED, Fault.COVERED):
            assert camera.memory.courses[fault].verdict is not Verdict.BAD, number


def test_a_place_never_seen_by_night_is_not_compared_with_the_day() -> None:
    memory = Camera().sees(*(seen(a_place(5), colour=(0, 0)) for _ in range(6)))
    assert memory.courses[Fault.MOVED].verdict is Verdict.UNKNOWN


def test_how_far_a_view_went_is_found() -> None:
    match = compare(seen(moved(PLACE, 0.15)), averaged([seen(PLACE)]))
    assert match.shift == pytest.approx(0.15, abs=0.02) and match.shift_fits > match.here_fits
