"""No byte of video leaves a school without a grant that the school verified (invariant I7)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from tests.support.recorder_node import Centre, a_centre, recorder_node, until

from qorgan.protocols.link.commands import OpenRange, OpenStream
from qorgan.protocols.link.grants import Action

LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
async def school(tmp_path, carrier):
    """A recorder whose one camera does not answer: grants are looked at before cameras."""
    with recorder_node(tmp_path, carrier, [{"key": "gate", "main": "rtsp://127.0.0.1:1/nobody"}]) as node:
        await until(lambda: "media_link.connected" in node.log, "linked")
        async with a_centre(carrier, node.key) as centre:
            yield node, centre


REFUSED = {
    "another school's": ({"site": "kst-013"}, "grant.site"),
    "an expired one": ({"expires_at": LONG_AGO}, "grant.expired"),
    "one for the archive": ({"action": Action.ARCHIVE}, "grant.action"),
    "one for a camera that is not here": ({"camera": "roof"}, "camera.unknown"),
}


async def test_only_a_fitting_grant_opens_a_stream(school):
    _, centre = school
    for case, (changes, code) in REFUSED.items():
        arguments = {"camera": "gate", "stream": "main", "action": Action.LIVE} | changes
        reply = await centre.ask("open", OpenStream(grant=centre.grant(**arguments), lease=uuid4().hex))
        assert (case, code) == (case, reply.refusal and reply.refusal.code)

    stranger = Centre(centre._client, OKPKey.generate_key("Ed25519"))
    reply = await centre.ask("open", OpenStream(grant=stranger.grant("gate", "main", Action.LIVE), lease=uuid4().hex))
    assert "grant.invalid" == (reply.refusal and reply.refusal.code)

    reply = await centre.ask("open", OpenStream(grant=centre.grant("gate", "main", Action.LIVE), lease=uuid4().hex))
    assert reply.opened is not None


async def test_an_archive_grant_is_for_its_own_period(school):
    _, centre = school
    now = datetime.now(UTC)
    grant = centre.grant("gate", "main", Action.ARCHIVE, start=now - timedelta(minutes=2), end=now)
    ask = OpenRange(grant=grant, lease=uuid4().hex, start=now - timedelta(minutes=3), end=now - timedelta(minutes=2))
    reply = await centre.ask("range", ask)

    assert "grant.period" == (reply.refusal and reply.refusal.code)


async def test_junk_as_a_command_is_answered_and_harms_nothing(school):
    _, centre = school
    for command in ("open", "range", "coverage", "credit", "close", "renew", "explode"):
        answer = await centre._client.request(f"q1.kst-012.cmd.{command}", b"\xc1junk" * 40, timeout=60)
        assert b"refusal" in answer.data
