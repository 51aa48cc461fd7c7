"""Picture quality on drawn planes: each measure grows with its fault, and a judge needs more than one look."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qorgan.domain.quality.detail import detail
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
    """Encoded anew, in turns a little better here or there: pieces come back as they were, of a sensor's noise none."""
    camera = Camera()
    still = seen(PLACE).luma
    looks = []
    for number in range(9):
        luma = still.copy()
        luma[:8, 10:150] = 16 + 25 * number  # the clock
        luma[60 * (number % 3) :][:60, ::3] += 1  # what the encoder made of it this time
        luma[:, :80] += number % 2  # and on the whole
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
    assert match.peak.shift == pytest.approx(0.15, abs=0.02) and match.peak.distinct > 2 * match.peak.here


def test_an_enlarged_picture_has_less_detail_than_its_size_promises() -> None:
    chance = np.random.default_rng(4)
    sharp = np.full((720, 1280), 90.0)
    for _ in range(400):
        x, y = int(chance.integers(0, 1200)), int(chance.integers(0, 690))
        sharp[y : y + int(chance.integers(8, 60)), x : x + int(chance.integers(8, 60))] = chance.integers(30, 220)
    enlarged = soft(sharp[::2, ::2].repeat(2, axis=0).repeat(2, axis=1), 1)
    blurred = soft(sharp, 6)
    found = [
        detail(np.clip(luma + chance.normal(0, 2, luma.shape), 0, 255).astype(np.uint8))
        for luma in (sharp, enlarged, blurred)
    ]
    assert found[0] > 0.5 and 0.42 > found[1] > found[2]
    assert detail(np.full((720, 1280), 90, np.uint8)) == 0.0
    with pytest.raises(ValueError, match="too small"):
        detail(np.zeros((40, 300), np.uint8))


def test_a_place_with_few_edges_has_moved_when_they_agree_on_one_other_place_and_is_covered_when_they_are_gone() -> (
    None
):
    """A car park in noise: hardly any edge is left where there were some, and still one shift stands out."""
    place = np.full((HEIGHT, WIDTH), 90.0)
    for number, (x, y) in enumerate(((30, 40), (120, 90), (150, 30), (220, 120), (180, 140), (60, 130), (250, 60))):
        place[y : y + 14 + 2 * number, x : x + 3] = 112
        place[y : y + 3, x : x + 10 + 3 * number] = 70
    view = View(day=averaged([seen(place, noise=3) for _ in range(6)]))
    turned = np.concatenate([place[:, 112:], np.full((HEIGHT, 112), 90.0)], axis=1)
    cloth = soft(90 + 40 * np.random.default_rng(3).normal(0, 1, place.shape), 6)
    for fault, luma in ((Fault.MOVED, turned), (Fault.COVERED, cloth)):
        camera = Camera(view)
        assert camera.after(*(seen(place, noise=5) for _ in range(3))) == ("ok", ())
        assert camera.after(*(seen(luma, noise=6 if fault is Fault.MOVED else 3) for _ in range(5))) == (
            "bad",
            (fault,),
        )


def test_a_place_with_hardly_any_edge_may_be_known_to_have_moved_though_not_to_be_covered() -> None:
    shade = np.tile(np.linspace(60, 150, WIDTH), (HEIGHT, 1))
    place = np.zeros((HEIGHT, WIDTH))
    for x, y in ((38, 61), (102, 37), (166, 121), (246, 73)):  # each within one block
        place[y : y + 10, x : x + 3] = 30
    view = View(day=averaged([seen(shade + place, noise=3) for _ in range(6)]))
    turned = np.roll(place, -60, axis=1)
    camera = Camera(view)
    assert camera.after(*(seen(shade + place, noise=3) for _ in range(3))) == ("ok", ())
    assert camera.memory.courses[Fault.COVERED].verdict is Verdict.UNKNOWN
    assert camera.after(*(seen(shade + turned, noise=3) for _ in range(9))) == ("bad", (Fault.MOVED,))


def test_a_scene_that_is_played_round_and_round_is_not_frozen() -> None:
    """As simulators do: six pictures of a living scene, the same six again and again."""
    camera, scene = Camera(), sound(6)
    for number in range(40):
        assert camera.after(scene[number % 6]) != ("bad", (Fault.FROZEN,)), number
    assert camera.score(Fault.FROZEN) < 0.1


def a_yard() -> np.ndarray:
    """Everything about as bright, with thin edges; lines over all of its width above, nothing below."""
    chance = np.random.default_rng(12)
    luma = np.full((HEIGHT, WIDTH), 90.0)
    for _ in range(60):
        x, y = int(chance.integers(0, WIDTH - 30)), int(chance.integers(0, 70))
        luma[y : y + 2, x : x + 30] = luma[y : y + 14, x : x + 2] = 125
    for y in (20, 48, 76):
        luma[y : y + 2] = 140
    return luma


@pytest.mark.parametrize(("from_left", "tone"), [(True, 90.0), (False, 18.0)])
def test_a_cover_is_one_though_it_is_as_bright_as_the_wall_and_though_its_rim_resembles_a_line(
    from_left: bool, tone: float
) -> None:
    yard = a_yard()
    view = View(day=averaged([seen(yard) for _ in range(6)]))
    along = np.arange(WIDTH)[None, :] / WIDTH if from_left else np.arange(HEIGHT)[:, None] / HEIGHT
    hidden = np.clip((0.5 - along) * 18 + 0.5, 0, 1)
    camera = Camera(view)
    assert camera.after(*(seen(yard) for _ in range(3))) == ("ok", ())
    camera.sees(*(seen(yard * (1 - hidden) + tone * hidden) for _ in range(6)))
    assert camera.memory.courses[Fault.COVERED].verdict is Verdict.BAD
    assert camera.memory.courses[Fault.MOVED].verdict is Verdict.OK


def test_a_frozen_picture_of_which_hardly_anything_comes_back_is_frozen_and_a_living_one_with_flat_walls_is_not() -> (
    None
):
    """Few bits: of ten bands of the picture one is encoded as it was before, the others are other each time."""
    still, flat = seen(PLACE).luma, seen(np.full((HEIGHT, WIDTH), 120.0), noise=0).luma
    grey = np.full((HEIGHT // 2, WIDTH // 2), 130, np.uint8)

    def encoded(number: int, same: int) -> Measures:
        luma = still.astype(np.int64)
        luma[:, same:] += (np.arange(WIDTH)[same:] + number * 7) % (3 + number)
        return measure(Picture(np.clip(luma, 0, 255).astype(np.uint8), grey, grey))

    frozen, living = Camera(), Camera()
    assert frozen.after(*sound(4), *(encoded(number, WIDTH // 10) for number in range(9))) == ("bad", (Fault.FROZEN,))
    assert living.after(*sound(4), *(encoded(number, 0) for number in range(9))) == ("ok", ())
    bare = Camera(View())
    bare.sees(*[measure(Picture(flat, grey, grey))] * 6)
    assert bare.memory.courses[Fault.FROZEN].verdict is Verdict.UNKNOWN, "nothing is there that could come back"


def test_bars_over_a_picture_are_not_called_covered_as_well() -> None:
    """In little light they hide most edges, as a cloth would."""
    bars = [np.sin(np.arange(HEIGHT) * 2 * np.pi / 20 + look)[:, None] for look in range(9)]
    assert Camera().after(*sound(3), *(seen(PLACE * 0.6 + 100 * one) for one in bars)) == ("bad", (Fault.STRIPED,))


def test_a_stronger_blur_scores_higher_though_it_takes_the_coarse_detail_as_well() -> None:
    scores = []
    for times in (3, 10, 40):
        camera = Camera()
        camera.sees(*sound(3), *(seen(soft(PLACE, times), noise=3) for _ in range(4)))
        scores.append(camera.score(Fault.BLURRED))
    assert 1 < scores[0] < scores[1] < scores[2]
