"""G.711 becomes AAC on its way to a browser: the same tone at the same time, whatever is lost in between."""

import io

import av
import numpy as np
import pytest
from tests.support.video import a_sound

from qorgan.centre.gateway.aac import AacCoder
from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.sound import CODERS, Codings, TooManyListeners
from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.reader import parse_fragment, parse_sound_init
from qorgan.protocols.fmp4.writer import AudioRun, AudioTrack, sound_fragment, sound_init_segment
from qorgan.protocols.link.media import MediaKind, pack, pack_init, split_init, unpack

S = 90_000
STEP = S // 50  # packets of 20 ms
G711 = AudioTrack("alaw", 8000)
SILENCE = b"\xd5" * 160


def tone(codec: str = "pcm_alaw", seconds: float = 2.0, hertz: float = 500.0) -> list[bytes]:
    """Packets of 20 ms; the first half of the tone is silence."""
    at = np.arange(int(8000 * seconds))
    wave = (np.sin(at * 2 * np.pi * hertz / 8000) * 12_000 * (at >= len(at) // 2)).astype(np.int16)
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.format = 8000, "mono", "s16"
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.sample_rate = 8000
    coded = b"".join(bytes(packet) for packet in encoder.encode(frame))
    return [coded[at : at + 160] for at in range(0, len(coded), 160)]


def packet(data: bytes, at: int) -> bytes:
    return sound_fragment(1, AudioRun(at, [len(data)], [len(data) * S // 8000]), data)


def heard(coder: AacCoder, parts: list[bytes]) -> tuple[list[int], np.ndarray]:
    """When each frame is heard, and what a player makes of all of them."""
    times = []
    for part in parts:
        run, time = parse_fragment(part).audio, parse_fragment(part).base_time
        for duration in run.durations:
            times.append(time)
            time += duration
    with av.open(io.BytesIO(sound_init_segment(coder.track) + b"".join(parts))) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return times, np.concatenate(frames, axis=1)[0]


@pytest.mark.parametrize(("codec", "name"), [("alaw", "pcm_alaw"), ("ulaw", "pcm_mulaw")])
def test_a_tone_comes_out_as_it_went_in_and_when_it_went_in(codec: str, name: str):
    coder = AacCoder(AudioTrack(codec, 8000))
    parts = [coder.code(packet(data, 3 * S + n * STEP)) for n, data in enumerate(tone(name))]
    times, wave = heard(coder, [part for part in parts if part])

    assert 3 * S == times[0]
    assert {1024 * S // 8000} == set(np.diff(times))
    loud = np.abs(wave) > 0.1
    begins = int(np.argmax(loud))
    assert abs(begins - 8000) < 160, "within 20 ms of where the tone began"
    spectrum = np.abs(np.fft.rfft(wave[8500 : 8500 + 4000]))
    assert abs(np.argmax(spectrum) * 2 - 500) <= 4


def test_what_was_lost_on_the_way_is_silence_and_what_comes_after_keeps_its_time():
    coder = AacCoder(G711)
    packets = [packet(SILENCE, n * STEP) for n in range(200) if not 50 <= n < 65]
    times, _ = heard(coder, [part for part in map(coder.code, packets) if part])
    assert {1024 * S // 8000} == set(np.diff(times))


def test_after_a_long_gap_it_begins_anew_at_its_time():
    coder = AacCoder(G711)
    packets = [packet(SILENCE, n * STEP) for n in range(100)] + [packet(SILENCE, 60 * S + n * STEP) for n in range(100)]
    times, _ = heard(coder, [part for part in map(coder.code, packets) if part])
    assert 60 * S in times


def test_what_is_no_sound_is_refused():
    with pytest.raises(Invalid):
        AacCoder(AudioTrack("alaw", 7999))
    with pytest.raises(Invalid):
        AacCoder(AudioTrack("mp4a.40.2", 16_000, 1, b"\x14\x08"))
    coder = AacCoder(G711)
    for junk in (b"", b"junk", packet(SILENCE, 0)[:-1]):
        if junk:
            with pytest.raises(Corrupt):
                coder.code(junk)


class Listener:
    """What a browser gets of a live stream."""

    def __init__(self) -> None:
        self.counters, self.taken = Counters(), []
        self.codings = Codings(self.counters)

    def take(self, data: bytes) -> None:
        self.taken.append(unpack(data))


def test_a_loss_on_the_way_stays_a_loss_and_what_is_held_back_is_none():
    """The gateway tells a loss by a jump in the numbers; a packet that waits for its frame to be full is not lost."""
    listener = Listener()
    with listener.codings.live(listener.take) as take:
        take(pack_init(7, 0, G711.mime, sound_init_segment(G711)))
        for n in range(60):
            if n != 30:
                take(pack(MediaKind.KEY, 8 + n, 1_000_000 + n * 20_000, packet(SILENCE, n * STEP)))
        assert 1 == listener.counters.coding
    assert 0 == listener.counters.coding

    mime, init = split_init(listener.taken[0].payload)
    assert ("mp4a.40.2" in mime, 8000) == (True, parse_sound_init(init).sample_rate)
    sounds = listener.taken[1:]
    assert 7 <= len(sounds) <= 9
    steps = np.diff([message.seq for message in listener.taken])
    assert 1 == sum(step == 2 for step in steps) and {1, 2} == set(steps)
    for message in sounds:
        assert abs(message.wall_us - 1_000_000 - parse_fragment(message.payload).base_time * 100 // 9) <= 12


def test_sound_that_browsers_play_goes_through_as_it_is():
    listener, sound = Listener(), a_sound("aac", 0.5)
    messages = [pack_init(3, 0, sound.track.mime, sound_init_segment(sound.track)), pack(MediaKind.KEY, 4, 9, b"sound")]
    with listener.codings.live(listener.take) as take:
        for message in messages:
            take(message)
    assert [(3 - 3 + 1, 1), (2, 9)] == [(m.seq, m.wall_us or 1) for m in listener.taken]
    assert [unpack(m).payload for m in messages] == [m.payload for m in listener.taken]
    assert 0 == listener.counters.coding


def test_junk_from_a_school_is_counted_and_the_stream_goes_on():
    listener = Listener()
    with listener.codings.live(listener.take) as take:
        take(b"junk")
        take(pack_init(1, 0, "audio/mp4", b"no boxes at all"))
        take(pack_init(2, 0, G711.mime, sound_init_segment(G711)))
        take(pack(MediaKind.KEY, 3, 0, b"junk"))
        for n in range(20):
            take(pack(MediaKind.KEY, 4 + n, n * 20_000, packet(SILENCE, n * STEP)))
    assert 3 == listener.counters.malformed
    assert {MediaKind.INIT, MediaKind.KEY} == {message.kind for message in listener.taken}


async def test_there_are_only_so_many_coders():
    counters = Counters()
    codings = Codings(counters)
    begun = [codings.begin(G711.mime, sound_init_segment(G711))[0] for _ in range(CODERS)]
    with pytest.raises(TooManyListeners):
        codings.begin(G711.mime, sound_init_segment(G711))
    codings.end(begun[0])

    async def parts():
        yield G711.mime, 9, sound_init_segment(G711)
        for n in range(20):
            yield G711.mime, 9, packet(SILENCE, n * STEP)

    found = [part async for part in codings.recorded(parts())]
    assert {'audio/mp4; codecs="mp4a.40.2"'} == {mime for mime, _, _ in found}
    assert CODERS - 1 == counters.coding
