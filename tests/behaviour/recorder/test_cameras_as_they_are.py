"""Cameras that we did not write, of every kind that a school may have: what they send is what the archive holds."""

import subprocess
from pathlib import Path

import pytest
from tests.support.certificates import camera_certificate
from tests.support.gst import gst_camera
from tests.support.recorder_node import RecorderNode, recorder_node, until
from tests.support.scripted_camera import Script, scripted_camera

from qorgan.edge.recorder.probe import probe
from qorgan.edge.recorder.wire import Trust
from qorgan.protocols.rtsp.client import CameraRefused

pytestmark = [pytest.mark.gstreamer, pytest.mark.ffmpeg]
LOGIN = {"user": "cam", "password": "құпия-сөз 7"}


def ffmpeg_complaints(path: Path) -> str:
    """What ffmpeg has to say about a file when it decodes all of it."""
    command = ["ffmpeg", "-v", "warning", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def stop_and_look(node: RecorderNode, codec: str) -> None:
    """Every file that was closed properly decodes without a word, and the index says what is in it."""
    node.stop()
    rows = node.rows()
    assert rows and {codec} == {row.codec[:4] for row in rows} and {(640, 360)} == {(r.width, r.height) for r in rows}
    for row in rows:
        assert "" == ffmpeg_complaints(node.archive / row.path)


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("over", ["tcp", "udp"])
async def test_each_codec_over_each_transport_is_recorded(tmp_path, carrier, codec, over):
    """Over UDP the camera answers 461 first, and is asked for datagrams then."""
    with (
        gst_camera(codec=codec, over=over, **LOGIN) as url,
        recorder_node(tmp_path, carrier, [{"key": "gate", "main": url, **LOGIN}]) as node,
    ):
        await until(lambda: node.frames("gate") > 75, "three seconds in the index")
        assert ("camera.detour" in node.log) == (over == "udp")
        stop_and_look(node, {"h264": "avc1", "h265": "hvc1"}[codec])
    assert "құпия" not in node.log


async def test_a_sealed_camera_with_its_pin_is_recorded(tmp_path, carrier):
    pem, _, pin = camera_certificate(tmp_path)
    with (
        gst_camera(certificate=pem, **LOGIN) as url,
        recorder_node(tmp_path, carrier, [{"key": "gate", "main": url, "tls_pin": pin, **LOGIN}]) as node,
    ):
        await until(lambda: node.frames("gate") > 50, "two seconds in the index")
        stop_and_look(node, "avc1")


async def test_a_sealed_camera_signed_by_the_schools_authority_is_recorded(tmp_path, carrier):
    pem, authority, _ = camera_certificate(tmp_path)
    with (
        gst_camera(certificate=pem) as url,
        recorder_node(tmp_path, carrier, [{"key": "gate", "main": url, "tls_ca": str(authority)}]) as node,
    ):
        await until(lambda: node.frames("gate") > 50, "two seconds in the index")


MISTRUST = {
    "nobody vouches for it": lambda pin, authority: {},
    "another certificate is pinned": lambda pin, authority: {"tls_pin": "0" * 64},
    "the file of the authority is not there": lambda pin, authority: {"tls_ca": "nowhere.pem"},
}


@pytest.mark.parametrize("case", MISTRUST)
async def test_a_certificate_that_is_not_trusted_gets_no_word_from_us(tmp_path, carrier, case):
    pem, authority, pin = camera_certificate(tmp_path)
    camera = {"key": "gate", **LOGIN, **MISTRUST[case](pin, authority)}
    with (
        gst_camera(certificate=pem, **LOGIN) as url,
        recorder_node(tmp_path, carrier, [camera | {"main": url}]) as node,
    ):
        await until(lambda: "untrusted" in node.log, "the reason in the log")
        assert 0 == node.frames("gate")


async def test_motion_jpeg_is_named_as_what_we_do_not_record():
    with gst_camera(codec="jpeg") as url, pytest.raises(CameraRefused) as refused:
        await probe(url, None, None)
    assert "unsupported_codec" == refused.value.reason and "MJPEG" in str(refused.value)


@pytest.mark.parametrize("over", ["tcp", "udp"])
async def test_trying_a_camera_before_it_is_added_goes_the_same_ways(over):
    with gst_camera(codec="h265", over=over, **LOGIN) as url:
        found = await probe(url, LOGIN["user"], LOGIN["password"])
    assert (640, 360) == (found.width, found.height) and found.codec.startswith("hvc1.")


async def test_a_camera_that_is_busy_for_a_moment_is_asked_once_more():
    async with scripted_camera(Script(busy=1)) as url:
        assert (await probe(url, None, None)).codec.startswith("avc1.")
    script = Script(busy=2)
    async with scripted_camera(script) as url:
        with pytest.raises(CameraRefused, match="503 Service Unavailable"):
            await probe(url, None, None)
    assert 0 == script.busy, "twice in all"


async def test_a_sealed_camera_is_tried_with_its_pin_and_not_without(tmp_path):
    pem, _, pin = camera_certificate(tmp_path)
    with gst_camera(certificate=pem, **LOGIN) as url:
        assert 640 == (await probe(url, LOGIN["user"], LOGIN["password"], Trust(pin=pin))).width
        with pytest.raises(CameraRefused) as refused:
            await probe(url, LOGIN["user"], LOGIN["password"])
    assert "untrusted" == refused.value.reason and pin in str(refused.value), "what to compare, for whoever adds it"


async def test_pictures_of_a_sealed_camera_do_not_travel_outside_of_the_seal(tmp_path):
    pem, _, pin = camera_certificate(tmp_path)
    with gst_camera(certificate=pem, over="udp") as url, pytest.raises(CameraRefused) as refused:
        await probe(url, None, None, Trust(pin=pin))
    assert "not encrypted" in str(refused.value)
