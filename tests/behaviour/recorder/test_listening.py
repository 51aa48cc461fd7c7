"""Sound leaves a school only for a grant to listen: live beside the pictures, and of what was recorded."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.nats import NatsServer
from tests.support.recorder_node import SITE, WITHIN_S, Centre, RecorderNode, a_centre, recorder_node, until
from tests.support.sim_cameras import a_camera

from qorgan.protocols.fmp4.reader import parse_fragment, parse_init, parse_sound_init
from qorgan.protocols.link.commands import Close, OpenRange, OpenStream
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.media import MediaKind, MediaMessage, split_init
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.server import RtspSimulator


async def listened(centre: Centre, camera: str, messages: int) -> list[MediaMessage]:
    """Open the sound of a camera, take so many messages of it, close it."""
    lease = uuid4().hex
    async with centre.media(lease) as queue:
        grant = centre.grant(camera, "main", Action.LISTEN)
        reply = await centre.ask("open", OpenStream(grant=grant, lease=lease, audio=True))
        assert reply.opened is not None, reply
        taken: list[MediaMessage] = []
        async with asyncio.timeout(WITHIN_S):
            while sum(message.kind is MediaKind.KEY for message in taken) < messages:
                taken.append(await queue.get())
        await centre.ask("close", Close(lease=lease))
        return taken


@pytest.mark.parametrize(("sound", "codec", "rate"), [("aac", "mp4a.40.2", 16_000), ("pcma", "alaw", 8_000)])
async def test_who_may_listen_hears_the_camera_and_who_may_look_does_not(
    tmp_path: Path, carrier: NatsServer, clip_cache: Path, sound: str, codec: str, rate: int
) -> None:
    async with RtspSimulator([a_camera("hall", audio=AudioCodec(sound)), a_camera("yard")], cache=clip_cache) as sim:
        cameras = [
            {"key": "hall", "main": sim.url(SITE, "hall"), "audio": True},
            {"key": "yard", "main": sim.url(SITE, "yard"), "audio": True},
        ]
        with recorder_node(tmp_path, carrier, cameras) as node:
            await until(lambda: node.frames("hall") >= 50 and node.frames("yard") > 0, "two seconds in the index")
            async with a_centre(carrier, node.key) as centre:
                await hears_live(centre, codec, rate)
                await hears_what_was_recorded(centre, node, codec)
                await is_refused(centre)


async def hears_live(centre: Centre, codec: str, rate: int) -> None:
    seen, heard = await asyncio.gather(centre.watch("hall", "main", 50), listened(centre, "hall", 20))

    init = next(message for message in heard if message.kind is MediaKind.INIT)
    mime, segment = split_init(init.payload)
    assert (f'audio/mp4; codecs="{codec}"', rate) == (mime, parse_sound_init(segment).sample_rate)
    sounds = [parse_fragment(message.payload) for message in heard if message.kind is MediaKind.KEY]
    assert all(not fragment.sizes and fragment.audio is not None for fragment in sounds)
    begins = [fragment.base_time for fragment in sounds]
    assert begins == sorted(begins)
    pictures = [m for m in seen if m.kind in (MediaKind.KEY, MediaKind.DELTA)]
    assert all(parse_fragment(message.payload).audio is None for message in pictures)
    assert None is parse_init(split_init(next(m for m in seen if m.kind is MediaKind.INIT).payload)[1]).audio
    spoken = next(message for message in heard if message.kind is MediaKind.KEY)
    assert abs(pictures[-1].wall_us - spoken.wall_us) < 60_000_000, "both tell the school's clock"


async def hears_what_was_recorded(centre: Centre, node: RecorderNode, codec: str) -> None:
    first = min((row for row in node.rows() if row.camera == "hall"), key=lambda row: row.wall_start_us)
    start = datetime.fromtimestamp(first.wall_start_us / 1e6, UTC)
    end, lease = start + timedelta(seconds=1), uuid4().hex
    async with centre.media(lease) as queue:
        grant = centre.grant("hall", "main", Action.LISTEN)
        reply = await centre.ask("range", OpenRange(grant=grant, lease=lease, start=start, end=end, audio=True))
        assert reply.opened is not None and codec in reply.opened.mime, reply
        taken: list[MediaMessage] = []
        async with asyncio.timeout(WITHIN_S):
            while not taken or taken[-1].kind is not MediaKind.END:
                taken.append(await queue.get())
    runs = [parse_fragment(message.payload).audio for message in taken if message.kind is MediaKind.KEY]
    assert 45_000 < sum(sum(run.durations) for run in runs if run is not None) <= 2 * 90_000


async def is_refused(centre: Centre) -> None:
    """A grant to look is none to listen, nor the other way round; and a camera without sound says so."""
    now = datetime.now(UTC)
    for grant, command, code in (
        (centre.grant("hall", "main", Action.LIVE), OpenStream, "grant.action"),
        (centre.grant("hall", "main", Action.ARCHIVE), OpenRange, "grant.action"),
        (centre.grant("yard", "main", Action.LISTEN), OpenStream, "camera.no_sound"),
        (centre.grant("yard", "main", Action.LISTEN), OpenRange, "not_recorded"),
    ):
        period = {} if command is OpenStream else {"start": now - timedelta(seconds=30), "end": now}
        reply = await centre.ask(
            "open" if command is OpenStream else "range", command(grant=grant, lease=uuid4().hex, audio=True, **period)
        )
        assert reply.refusal is not None and code == reply.refusal.code
    looking = centre.grant("hall", "main", Action.LISTEN)
    reply = await centre.ask("open", OpenStream(grant=looking, lease=uuid4().hex))
    assert reply.refusal is not None and "grant.action" == reply.refusal.code
