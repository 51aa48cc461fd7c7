"""What a hostile device may say over ONVIF: answers to each of our calls, and to our probes.

What cannot be read is an error of ours and nothing else. No type definition and no entity is ever read, and what was
read can be used: repeated in a request without changing its form, asked at the host that we know and at no other.
"""

import contextlib
import functools
import random
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.fuzz.target import Seeds, Target, below, damaged, decided, one_of

from qorgan.kernel.errors import QorganError
from qorgan.protocols.onvif import address, device, events, house, media, ptz
from qorgan.protocols.onvif.discovery import MAX_DEVICES, Finder
from qorgan.protocols.onvif.soap import Call, Service, envelope, read_answer
from qorgan.protocols.onvif.tree import MAX_TEXT_CHARACTERS, parse
from qorgan.sim import onvif_answers
from qorgan.sim.cameras import SimCamera
from qorgan.sim.onvif import OnvifSimulator
from qorgan.sim.onvif_answers import Setting
from qorgan.sim.onvif_device import Fault, OnvifDevice, SimEvent, parse_request

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDS = (UUID(int=1), UUID(int=2))
REACHED = "http://192.0.2.7/onvif/device_service"
_SPLINTERS = [
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<!DOCTYPE x SYSTEM 'file:///etc/hostname'>", b"<!ENTITY", b"&a;", b"&#0;"),
    *(b"]]>", b"<![CDATA[", b"<!--", b"<?x?>", b"<?xml version='1.0' encoding='utf-7'?>", b"xmlns:onv=''", b"<onv:a>"),
    *(b"</onv:Uri>", b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"<a:x xmlns:a='urn:a'/>", b"xmlns='urn:other'", b'"'),
]
_VALUES = [
    *(
        b"99999999999999999999",
        b"-1e308",
        b"nan",
        b"-1",
        b"0",
        b"",
        b" ",
        b"true",
        b"PT99999999S",
        b"9999-99-99T00:00:00Z",
    ),
    *(b"0001-01-01T00:00:00+14:00", b"rtsp://[", b"http://evil.example/", b"rtsp://u:p@evil.example:99999/x", b"&amp;"),
    *(b"http://[::1]:x/", b"&lt;/s:Body&gt;&lt;x/&gt;", b"&#x202e;", "\u0663".encode(), b"H265", b"x" * 2_000, b"a b"),
    *(
        b"tns1:Device/Trigger/DigitalInput",
        b"tns1:VideoSource/MotionAlarm",
        b"urn:uuid:0",
        b"onvif://www.onvif.org/name/%00",
    ),
]
_PARTS = re.compile(rb"<[^>]*>|[^<]+")


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


_anyhow = damaged([*_SPLINTERS, *_VALUES])


def _damaged(seeds: Seeds, chance: random.Random) -> bytes:
    """Values, attributes and whole tags changed in their places, so that most of it is XML still; or just bytes."""
    if below(chance, 4) == 0:
        return _anyhow(seeds, chance)
    parts = list(_parts(one_of(chance, seeds)))
    for _ in range(1 + below(chance, 5)):
        at = below(chance, len(parts))
        match below(chance, 6):
            case 0:
                parts[at:at] = parts[at : at + 1 + below(chance, 12)]
            case 1:
                parts[at] = one_of(chance, _SPLINTERS) + parts[at]
            case 2:
                del parts[at : at + 1 + below(chance, 2)]
            case _:
                parts[at] = _changed(parts[at], chance)
        if not parts:
            break
    return b"".join(parts)


def _changed(part: bytes, chance: random.Random) -> bytes:
    if not part.startswith(b"<"):
        return one_of(chance, _VALUES)
    quoted = part.split(b'"')
    if len(quoted) < 3:  # an element without attributes: something stands in it now
        return part + one_of(chance, _VALUES)
    quoted[1 + 2 * below(chance, len(quoted) // 2)] = one_of(chance, _VALUES)
    return b'"'.join(quoted)


@functools.lru_cache(maxsize=256)
def _parts(seed: bytes) -> tuple[bytes, ...]:
    return tuple(_PARTS.findall(seed))


_HIDDEN = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.S)


def _read_any(data: bytes) -> None:
    """Read it as the answer to every call that it could be one to, and use what was read."""
    with contextlib.suppress(QorganError):
        parse(data)
        assert b"<!DOCTYPE" not in _HIDDEN.sub(b"", data), "a type definition was read"
    status = (200, 200, 200, 400, 401)[decided(data, 5)]
    for call in [call for call in CALLS if f"{call.name}Response".encode() in data] or CALLS[:1]:
        with contextlib.suppress(QorganError):
            _use(read_answer(call, status, data))


def _use(read: object) -> None:
    match read:
        case str():
            assert len(read) <= MAX_TEXT_CHARACTERS
            assert urlsplit(address.stream_address(read, REACHED)).hostname == "192.0.2.7"
        case (media.Profile(), *_):
            house.suggest_streams(read)
        case (media.EncoderOptions(), *_):
            now = media.Encoder(
                token="e", encoding="H264", width=1, height=1, frames_per_s=1, kbit_per_s=1, gop_frames=1
            )
            house.plan_encoder(now, read, house.MAIN)
        case media.Encoder():
            _still_one(envelope(media.set_encoder(Service.MEDIA, read)))
            _still_one(envelope(media.set_encoder(Service.MEDIA2, read)))
        case (media.Osd() as osd, *_):
            _still_one(envelope(media.set_osd_text(Service.MEDIA2, osd, "x")))
        case (ptz.Preset() as preset, *_):
            _still_one(envelope(ptz.goto_preset("p", preset.token)))
        case events.PullPoint():
            assert 1 <= read.lives_s <= 60
            to = address.service_address(read.url, REACHED)
            assert urlsplit(to).hostname == "192.0.2.7", "the password goes to another host"
            _still_one(envelope(events.pull(1), to=to, extra=read.headers))


def _still_one(message: bytes) -> None:
    """What a device said is repeated to it inside of one body of one message."""
    root = parse(message)
    assert [child.tag.rpartition("}")[2] for child in root] in (["Body"], ["Header", "Body"])
    assert len(root[-1]) == 1


def _find(data: bytes) -> None:
    finder = Finder(IDS)
    finder.receive(data, "192.0.2.7")
    found = finder.found()
    assert len(found) <= MAX_DEVICES
    for one in found:
        assert urlsplit(one.url).hostname == "192.0.2.7", "a device led us to another host"
        assert all(len(text) <= 100 and text.isprintable() for text in (one.name, one.model, one.location))


def targets() -> tuple[Target, ...]:
    """Every way in for what a device says."""
    return (
        Target("onvif answer", tuple(_answers()), _read_any, _damaged),
        Target("onvif discovery", tuple(_matches()), _find, _damaged),
    )
