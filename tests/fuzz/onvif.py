"""What a hostile device may say over ONVIF: answers to each of our calls, and to our probes."""

import contextlib
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.fuzz.rtsp import Target, damaged

from qorgan.kernel.errors import Invalid, QorganError
from qorgan.protocols.onvif import device, events, house, media, ptz
from qorgan.protocols.onvif.discovery import MAX_DEVICES, Finder
from qorgan.protocols.onvif.soap import Call, Service, envelope, read_answer
from qorgan.sim import onvif_answers
from qorgan.sim.cameras import SimCamera
from qorgan.sim.onvif import OnvifSimulator
from qorgan.sim.onvif_answers import Setting
from qorgan.sim.onvif_device import Fault, OnvifDevice, SimEvent, parse_request

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDS = (UUID(int=1), UUID(int=2))
_SPLINTERS = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"<!ENTITY",
    b"&a;",
    b"&#0;",
    b"]]>",
    b"<![CDATA[",
    b"<?xml version='1.0' encoding='utf-7'?>",
    b"xmlns:onv=''",
    b"<onv:a>",
    b"</onv:Uri>",
    b"99999999999999999999",
    b"-1e308",
    b"nan",
    b"rtsp://[",
    b"http://evil.example/",
    b"\xff\xfe",
    b"PT99999999S",
    b"9999-99-99T00:00:00Z",
)


def calls() -> list[Call[Any]]:
    """Each call whose answer has something to read."""
    both = (Service.MEDIA, Service.MEDIA2)
    found: list[Call[Any]] = [
        device.get_clock(),
        device.get_information(),
        device.get_services(),
        device.get_capabilities(),
        device.get_ntp(),
        ptz.get_presets("profile_main"),
        ptz.set_preset("profile_main", "x"),
        ptz.get_position("profile_main"),
        events.create_pull_point(60),
        events.pull(1),
    ]
    for service in both:
        found += [
            media.get_profiles(service),
            media.get_stream_uri(service, "profile_main"),
            media.get_encoder(service, "encoder_main"),
            media.get_encoder_options(service, "encoder_main", "profile_main"),
            media.get_osds(service, "source"),
        ]
    return found


CALLS = calls()


def targets() -> list[Target]:
    """Every way in for what a device says."""
    return [
        Target("onvif-answer", tuple(_answers()), _read_any, _damaged),
        Target("onvif-discovery", tuple(_matches()), _find, _damaged),
    ]


def _damaged(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    data = bytearray(damaged(seeds, chance))
    if chance.random() < 0.6:
        at = chance.randint(0, len(data))
        data[at : at + chance.choice((0, 0, 3, 12))] = chance.choice(_SPLINTERS)
    return bytes(data)


def _answers() -> list[bytes]:
    """What the simulated device says to each call, and how it refuses."""
    simulated = OnvifDevice(SimCamera(site="kst-012", key="hall"))
    simulated.osd_text = "Фойе"
    simulated.presets["1"] = ("үй", (0.0, 0.0, 0.0))
    number = simulated.subscribe(60, NOW).number
    simulated.tell(SimEvent(kind="input", active=True), NOW)
    setting = Setting(
        device=simulated,
        now=NOW,
        monotonic=0.0,
        base="http://192.0.2.7/kst-012/hall",
        stream_url=lambda stream: f"rtsp://192.0.2.7/{stream}",
        subscription=number,
    )
    said = [
        onvif_answers.answer(setting, parse_request(envelope(call))[1], logged_in=True).encode() for call in calls()
    ]
    refusal = Fault(("ter:InvalidArgVal", "ter:NoProfile"), "Profile does not exist")
    return [*said, onvif_answers.fault_message(refusal).encode()]


def _matches() -> list[bytes]:
    simulator = OnvifSimulator([SimCamera(site="kst-012", key="hall")], lambda *_: "rtsp://192.0.2.7/x")
    probe = f"<e xmlns:a='a'><a:MessageID>urn:uuid:{IDS[0]}</a:MessageID><Probe/></e>".encode()
    return simulator.matches(probe)


def _read_any(data: bytes) -> None:
    """Read it as the answer to every call that it could be one to. What was read must be usable further on."""
    for call in [call for call in CALLS if f"{call.name}Response".encode() in data] or CALLS[:1]:
        with contextlib.suppress(QorganError):
            _use(read_answer(call, 200, data))


def _use(read: object) -> None:
    match read:
        case (media.Profile(), *_):
            house.suggest_streams(read)  # type: ignore[arg-type]
        case (media.EncoderOptions(), *_):
            now = media.Encoder(
                token="e", encoding="H264", width=1, height=1, frames_per_s=1, kbit_per_s=1, gop_frames=1
            )
            house.plan_encoder(now, read, house.MAIN)  # type: ignore[arg-type]
        case media.Encoder():
            media.set_encoder(Service.MEDIA, read)
            media.set_encoder(Service.MEDIA2, read)
        case (media.Osd() as osd, *_):
            media.set_osd_text(Service.MEDIA2, osd, "x")
        case events.PullPoint():
            envelope(events.pull(1), to=read.url, extra=read.headers)


def _find(data: bytes) -> None:
    finder = Finder(IDS)
    finder.receive(data, "192.0.2.7")
    found = finder.found()
    assert len(found) <= MAX_DEVICES
    if not all(one.url.startswith(("http://192.0.2.7", "https://192.0.2.7")) for one in found):
        raise Invalid("a device led us to another host")
