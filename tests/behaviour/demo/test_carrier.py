"""What the carrier lets a school say and hear, tried on a real nats-server."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client
from tests.support.nats import settled

from qorgan.demo import ports
from qorgan.demo.carrier import nats_conf
from qorgan.doctor import find_carrier
from qorgan.kernel.ids import SiteId
from qorgan.kernel.processes import Child, Supervisor, port_is_open

PASSWORDS = {SiteId("kst-012"): "one", SiteId("kst-k03"): "two"}


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """Where a nats-server with our configuration listens."""
    number = ports.choose(0, ())
    conf = tmp_path / "nats.conf"
    conf.write_text(
        nats_conf(host=ports.HOST, port=number, centre_password="centre", site_passwords=PASSWORDS), encoding="utf-8"
    )
    program = find_carrier()
    assert program is not None
    ready = partial(port_is_open, ports.HOST, number)
    supervisor = Supervisor([Child(name="carrier", argv=[program, "-c", str(conf)], ready=ready)])
    running = asyncio.create_task(supervisor.run())
    await supervisor.ready()
    yield number
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def sign_in(port: int, user: str, password: str) -> tuple[Client, list[str]]:
    """A client, and what the server complains about."""
    complaints: list[str] = []

    async def complain(error: Exception) -> None:
        complaints.append(str(error).lower())

    client = Client()
    try:
        await client.connect(
            f"nats://{ports.HOST}:{port}",
            user=user,
            password=password,
            inbox_prefix=b"_INBOX" if user == "centre" else f"_INBOX.{user}".encode(),
            allow_reconnect=False,
            error_cb=complain,
        )
    except nats.errors.Error:
        await client.close()
        raise
    return client, complaints


async def test_a_school_reports_alarms_and_answers_commands(port: int) -> None:
    """Both directions of the link, each with its answer."""
    centre, _ = await sign_in(port, "centre", "centre")
    school, complaints = await sign_in(port, "kst-012", "one")

    async def stored(message: object) -> None:
        await message.respond(b"stored")  # type: ignore[attr-defined]

    async def opened(message: object) -> None:
        await message.respond(b"opened")  # type: ignore[attr-defined]

    await centre.subscribe("q1.*.alarm", cb=stored)
    await school.subscribe("q1.kst-012.cmd.*", cb=opened)
    await settled(school)
    await settled(centre)
    assert (await school.request("q1.kst-012.alarm", b"!", timeout=60)).data == b"stored"
    assert (await centre.request("q1.kst-012.cmd.open", b"?", timeout=60)).data == b"opened"
    assert complaints == []
    await school.close()
    await centre.close()


@pytest.mark.parametrize("subject", ["q1.kst-k03.alarm", "q1.kst-k03.media.x", "c1.events", "q1.kst-012.cmd.open"])
async def test_a_school_cannot_speak_as_another_or_as_the_centre(port: int, subject: str) -> None:
    centre, _ = await sign_in(port, "centre", "centre")
    heard = await centre.subscribe(">")
    await settled(centre)
    school, complaints = await sign_in(port, "kst-012", "one")
    await school.publish(subject, b"I am somebody else")
    await school.publish("q1.kst-012.pulse", b"I am I")
    await settled(school)
    assert (await heard.next_msg(timeout=60)).subject == "q1.kst-012.pulse"
    assert any("permissions violation" in complaint for complaint in complaints)
    await school.close()
    await centre.close()


@pytest.mark.parametrize("subject", ["q1.kst-k03.cmd.>", "q1.*.alarm", "c1.events", "_INBOX.>", ">"])
async def test_a_school_cannot_hear_what_is_not_for_it(port: int, subject: str) -> None:
    school, complaints = await sign_in(port, "kst-012", "one")
    await school.subscribe(subject)
    await settled(school)
    assert any("permissions violation" in complaint for complaint in complaints)
    await school.close()


async def test_a_wrong_password_is_refused(port: int) -> None:
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await sign_in(port, "kst-012", "two")
