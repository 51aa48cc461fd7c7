"""Files and ranges of ours in a real browser's Media Source Extensions: B-frames, sound, a start between keyframes."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.support.video import a_file, a_sound, a_video

from qorgan.centre.gateway.aac import AacCoder
from qorgan.edge.recorder.ranges import Retimer, SoundRetimer
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.fmp4.retime import fragments
from qorgan.protocols.fmp4.writer import AudioTrack, VideoTrack, init_segment, mime_type, sound_init_segment

pytestmark = pytest.mark.browser

# Appends each piece, plays to the end and tells what was buffered and which pictures were put on the screen, and when.
PLAY = """async ({mime, pieces}) => {
  const video = document.createElement('video');
  document.body.append(video);
  video.muted = true;
  const media = new MediaSource();
  video.src = URL.createObjectURL(media);
  await new Promise(done => media.addEventListener('sourceopen', done, {once: true}));
  const buffer = media.addSourceBuffer(mime);
  for (const piece of pieces) {
    const data = Uint8Array.from(atob(piece), letter => letter.charCodeAt(0));
    await new Promise((done, failed) => {
      buffer.addEventListener('updateend', done, {once: true});
      buffer.addEventListener('error', () => failed(new Error('the browser refused a piece')), {once: true});
      buffer.appendBuffer(data);
    });
  }
  media.endOfStream();
  const buffered = [...Array(video.buffered.length).keys()].map(n => [video.buffered.start(n), video.buffered.end(n)]);
  const shown = new Set();
  const note = (_, picture) => {
    shown.add(Math.round(picture.mediaTime * 1000));
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  const ended = new Promise(done => video.addEventListener('ended', done, {once: true}));
  await video.play();
  await ended;
  const decoded = video.getVideoPlaybackQuality().totalVideoFrames;
  return {
    buffered, decoded, shown: [...shown].sort((a, b) => a - b), error: video.error && video.error.message,
    width: video.videoWidth, heard: video.webkitAudioDecodedByteCount,
  };
}"""


def play(browser: Browser, video: VideoTrack, audio: AudioTrack | None, parts: list[bytes]) -> dict[str, Any]:
    pieces = [init_segment(video, audio), *parts]
    page = browser.new_page()
    try:
        page.goto("about:blank")
        given = {"mime": mime_type(video, audio), "pieces": [base64.b64encode(piece).decode() for piece in pieces]}
        return page.evaluate(PLAY, given)
    finally:
        page.close()


# The same for sound alone, in an element of its own.
LISTEN = (
    PLAY.replace("createElement('video')", "createElement('audio')")
    .replace("video.requestVideoFrameCallback(note);\n  const ended", "const ended")
    .replace("video.getVideoPlaybackQuality().totalVideoFrames", "0")
)


@pytest.mark.parametrize("codec", ["aac", "alaw", "ulaw"])
def test_sound_of_every_code_is_heard_in_an_element_of_its_own(browser, codec):
    """AAC as the camera sent it, G.711 as the gateway codes it anew."""
    sound, video = a_sound(codec, 2.0), a_video("h264")
    parts = list(fragments(a_file(video, sound)[len(init_segment(video.track, sound.track)) :]))
    retimer, track = SoundRetimer(0), sound.track
    heard = [retimer.place(part, parse_fragment(part).base_time * 100 // 9) for part in parts]
    if not track.plays_in_browsers:
        coder = AacCoder(track)
        heard, track = [coder.code(part) for part in heard if part], coder.track
    pieces = [sound_init_segment(track), *(part for part in heard if part)]
    page = browser.new_page()
    try:
        page.goto("about:blank")
        given = {"mime": track.mime, "pieces": [base64.b64encode(piece).decode() for piece in pieces]}
        told = page.evaluate(LISTEN, given)
    finally:
        page.close()

    assert None is told["error"]
    ((start, end),) = told["buffered"]
    assert start < 0.2 and 1.6 < end <= 2.2
    assert told["heard"] > 0


def parts_of(b_frames: int, sound: str | None, every: int = 5) -> tuple[VideoTrack, AudioTrack | None, list[bytes]]:
    video, heard = a_video("h264", b_frames, pyramid=b_frames > 2), a_sound(sound) if sound else None
    audio = heard.track if heard else None
    data = a_file(video, heard, every=every)
    return video.track, audio, list(fragments(data[len(init_segment(video.track, audio)) :]))


@pytest.mark.parametrize(("b_frames", "every", "sound"), [(0, 5, "aac"), (3, 5, None), (3, 5, "aac"), (3, 1, None)])
def test_a_file_plays_from_its_first_picture_to_its_last(browser, b_frames, every, sound):
    """With B-frames too the picture begins at zero: signed offsets need no edit list."""
    track, audio, parts = parts_of(b_frames, sound, every)
    seen = play(browser, track, audio, parts)

    assert (None, 160, 50) == (seen["error"], seen["width"], seen["decoded"])
    assert 1 == len(seen["buffered"])
    assert [0.0, 2.0] == pytest.approx(seen["buffered"][0], abs=0.05)
    assert {time % 40 for time in seen["shown"]} == {0}, "every picture at its time"
    assert bool(sound) == (seen["heard"] > 0)


@pytest.mark.parametrize(("b_frames", "sound"), [(0, "aac"), (3, None), (3, "aac")])
def test_a_range_that_begins_between_keyframes_begins_at_zero(browser, b_frames, sound):
    track, _, parts = parts_of(b_frames, sound)
    retimer = Retimer(480_000)
    placed = [retimer.place(part, parse_fragment(part).base_time * 100 // 9) for part in parts]
    seen = play(browser, track, None, placed)

    assert None is seen["error"]
    assert 1 == len(seen["buffered"])
    assert [0.0, 1.52] == pytest.approx(seen["buffered"][0], abs=0.05)
    assert {time % 40 for time in seen["shown"] if time >= 40} == {0}
    assert max(seen["shown"]) <= 1480
