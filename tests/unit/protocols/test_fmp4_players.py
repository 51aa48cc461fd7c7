"""Files of every kind that we write, opened by FFmpeg without a word of complaint: the real thing, nothing of ours."""

import dataclasses
import itertools
import json
import subprocess
from pathlib import Path

import pytest
from tests.support.h264 import split_annex_b, under_another_number
from tests.support.video import STEP, Video, a_file, a_sound, a_video, timings

from qorgan.protocols.fmp4.reader import parse_init

pytestmark = pytest.mark.ffmpeg

PICTURES = [("h264", 0), ("h264", 3), ("h265", 0), ("h265", 3)]
SOUNDS = [None, "aac", "alaw", "ulaw"]


@pytest.mark.parametrize(("kind", "sound"), list(itertools.product(PICTURES, SOUNDS)))
def test_ffmpeg_plays_every_combination_without_a_warning(kind, sound, tmp_path: Path):
    codec, b_frames = kind
    video = a_video(codec, b_frames, pyramid=b_frames > 0)
    file = tmp_path / "recorded.mp4"
    file.write_bytes(a_file(video, a_sound(sound) if sound else None))

    assert "" == run("ffmpeg", "-v", "warning", "-i", str(file), "-f", "null", "-").stderr
    seen = probe(file)
    pictures = [packet for packet in seen["packets"] if packet["stream_index"] == 0]
    assert [decode for decode, _, _ in timings(video)] == [packet["dts"] for packet in pictures]
    assert {late(video)} == {p["pts"] - unit.shown for p, unit in zip(pictures, video.units, strict=True)}
    assert [unit.key for unit in video.units] == ["K" in packet["flags"] for packet in pictures]
    tags = [stream["codec_tag_string"] for stream in seen["streams"]]
    assert tags == ["avc1" if codec == "h264" else "hvc1", *([{"aac": "mp4a"}.get(sound, sound)] if sound else [])]
    if sound:
        heard = [packet["pts"] for packet in seen["packets"] if packet["stream_index"] == 1]
        assert [n * a_sound(sound).step for n in range(len(heard))] == heard
        assert len(heard) == len(a_sound(sound).samples[: len(heard)]) and heard[-1] >= 49 * STEP - 2 * STEP


@pytest.mark.parametrize("every", [1, 5, 50])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_length_of_fragments_changes_nothing_of_what_is_seen(codec, every, tmp_path: Path):
    """A picture a fragment as for live viewers, a tick's worth as on disk, a whole group of pictures."""
    video = a_video(codec, 3, pyramid=True)
    file = tmp_path / "recorded.mp4"
    file.write_bytes(a_file(video, every=every))

    shown = run("ffmpeg", "-v", "warning", "-i", str(file), "-fps_mode", "passthrough", "-f", "framemd5", "-")
    assert "" == shown.stderr
    assert raw_frames(video, tmp_path) == frame_hashes(shown.stdout)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_pictures_find_their_parameter_set_among_several(tmp_path, codec):
    """The set that the pictures use stands behind one that they do not use."""
    video = a_video(codec, frames=12)
    header = 1 if codec == "h264" else 2
    unused = video.track.pps[: header - 1] + under_another_number(video.track.pps[header - 1 :])
    video = dataclasses.replace(video, track=dataclasses.replace(video.track, pps=unused, more_pps=(video.track.pps,)))
    file = tmp_path / "a.mp4"
    file.write_bytes(a_file(video))

    assert video.track == parse_init(file.read_bytes()).video
    shown = run("ffmpeg", "-v", "warning", "-i", str(file), "-f", "framemd5", "-")
    assert "" == shown.stderr and 12 == len(frame_hashes(shown.stdout))


def late(video: Video) -> int:
    """FFmpeg shows pictures of a track with negative offsets later by the deepest of them; players by MSE do not."""
    return -min(offset for _, _, offset in timings(video))


def raw_frames(video: Video, tmp_path: Path) -> list[str]:
    """The pictures as FFmpeg decodes them from the bare byte stream, without any file format."""
    track = video.track
    sets = b"".join(b"\0\0\0\1" + unit for unit in (track.vps, track.sps, track.pps) if unit)
    bare = tmp_path / ("bare.265" if track.is_h265 else "bare.264")
    bare.write_bytes(sets + b"".join(b"\0\0\0\1" + nal for unit in video.units for nal in unit.nals))
    assert len(split_annex_b(bare.read_bytes())) >= len(video.units)
    return frame_hashes(run("ffmpeg", "-v", "error", "-i", str(bare), "-f", "framemd5", "-").stdout)


def frame_hashes(said: str) -> list[str]:
    return [line.rpartition(",")[2].strip() for line in said.splitlines() if not line.startswith("#")]


def probe(file: Path) -> dict[str, list[dict[str, object]]]:
    done = run("ffprobe", "-v", "warning", "-show_packets", "-show_streams", "-of", "json", str(file))
    assert "" == done.stderr
    return json.loads(done.stdout)


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
