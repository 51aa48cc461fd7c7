"""Who is told of what: from the log of an alarm through the outbox to real receivers, and what becomes of failures."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connections
from django.utils import timezone
from pytest_django import Settings
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a
from tests.support.nats import free_port
from tests.support.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver

from qorgan.centre.config import MailConfig, NoticesConfig, SmsConfig
from qorgan.centre.notices import outbox, trial, vault
from qorgan.centre.notices.channels.ports import Undelivered
from qorgan.centre.notices.models import Delivery, Secret, Subscription
from qorgan.centre.notices.worker import NoticeWorker
from qorgan.domain.access import Role
from qorgan.kernel.errors import Corrupt, Forbidden, Invalid, NotFound
from qorgan.protocols import webhooks, webpush

DEADLINE_S = 60.0
HERE = {"everywhere": False, "regions": [a.KOSTANAY], "districts": [], "schools": []}


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def mailbox() -> Iterator[MailReceiver]:
    with mail_receiver(free_port()) as running:
        yield running


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    """The receivers of these tests are on this machine, which nobody may address otherwise."""
    notices = NoticesConfig(
        sender="centre@kst.example", contact="mailto:a@kst.example", private=(ip_network("127.0.0.0/8"),)
    )
    settings.QORGAN = replace(settings.QORGAN, notices=notices)


@pytest.fixture
def administrator(request: pytest.FixtureRequest) -> Desk:
    request.getfixturevalue("committed_town" if "committed_town" in request.fixturenames else "town")
    return desk(a.a_person(Role.ADMINISTRATOR))


def subscribe(administrator: Desk, address: str, **wish: Any) -> dict[str, Any]:
    known = {"name": "112", "channel": "webhook", "address": address, "events": ["alarm.*"], "territory": HERE}
    answer = administrator.post("/notices/subscriptions", known | wish)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await sync_to_async(condition)():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def working() -> AsyncIterator[NoticeWorker]:
    worker = NoticeWorker()
    running = asyncio.create_task(worker.run(), name="notices")
    try:
        yield worker
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await sync_to_async(connections.close_all)()


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("event", "state"))


def reader() -> outbox.AlarmReader:
    """One that has read everything up to now."""
    begun = outbox.AlarmReader()
    begun.read()
    return begun


def due_at_once() -> None:
    """The wait before the next attempt is over."""
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1), taken_until=None)


# --- what is told --------------------------------------------------------------------------------------------------


async def test_an_alarm_reaches_a_webhook_that_can_verify_it(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    told = await sync_to_async(subscribe)(administrator, f"{receiver.url}/hook?x=1")
    await sync_to_async(outbox.AlarmReader().read)()
    alarm = await sync_to_async(a.an_alarm)(committed_town.school, meaning="panic", code="1120")

    async with working():
        await until(lambda: states() == {"alarm.raised": "sent"}, "the webhook was told")

    (request,) = receiver.requests
    said = json.loads(request.body)
    assert request.path == "/hook?x=1" and said["event"] == "alarm.raised"
    assert (said["alarm"]["id"], said["alarm"]["school"]["site"]) == (str(alarm.pk), "kst-012")
    assert (
        webhooks.verify(told["secret"], request.headers, request.body, now=int(time.time()))
        == request.headers["webhook-id"]
    )
    with pytest.raises(Forbidden):
        webhooks.verify(webhooks.new_secret(), request.headers, request.body, now=int(time.time()))
    assert said["title"].startswith("P1. Дабыл түймесі басылды")


async def test_every_step_is_told_as_cap_and_each_once(
    committed_town: Town, administrator: Desk, officer: Desk, receiver: HttpReceiver
) -> None:
    await sync_to_async(subscribe)(administrator, receiver.url, format="cap")
    begun = await sync_to_async(reader)()
    alarm = await sync_to_async(a.an_alarm)(committed_town.school, kind="drill")
    await sync_to_async(officer.post)(f"/alarms/{alarm.pk}/acknowledgement")
    await sync_to_async(begun.read)()
    await sync_to_async(officer.post)(f"/alarms/{alarm.pk}/verification", {"verdict": "confirmed"})
    await sync_to_async(outbox.AlarmReader().read)()  # another process, or the same after a restart

    async with working():
        await until(lambda: set(states().values()) == {"sent"} and len(receiver.requests) >= 3, "all was told")

    assert {one.headers["content-type"] for one in receiver.requests} == {"application/cap+xml"}
    kinds = sorted(one.body.decode().split("<msgType>")[1].split("<")[0] for one in receiver.requests)
    assert kinds == ["Alert", "Update", "Update"]
    assert all("<status>Exercise</status>" in one.body.decode() for one in receiver.requests)


def test_only_who_wishes_it_is_told(town: Town, administrator: Desk, receiver: HttpReceiver) -> None:
    wishes: dict[str, dict[str, Any]] = {
        "all": {},
        "far": {"territory": HERE | {"regions": [a.ASTANA]}},
        "P2": {"levels": ["P2"]},
        "drills": {"kinds": ["drill", "test"]},
        "ends": {"events": ["alarm.closed"]},
        "faults": {"events": ["fault.*"]},
        "school": {"territory": HERE | {"regions": [], "schools": [str(town.school.pk)]}},
    }
    for name, wish in wishes.items():
        subscribe(administrator, receiver.url, name=name, **wish)
    begun = reader()
    a.an_alarm(town.school)

    begun.read()
    begun.read()

    assert sorted(Delivery.objects.values_list("subscription__name", flat=True)) == ["all", "school"]


def test_who_lost_their_rights_is_told_no_more(town: Town) -> None:
    person = a.a_person(Role.HEAD, school=town.school)
    browser = {"endpoint": "https://push.example/x", "keys": BROWSER_KEYS}
    assert desk(person).post("/notices/browser", browser).status_code == 200
    begun = reader()
    a.an_alarm(town.neighbour)
    begun.read()
    assert Delivery.objects.count() == 0, "another school is none of a head's business"
    a.an_alarm(town.school)
    begun.read()
    assert Delivery.objects.count() == 1

    person.is_active = False
    person.save()
    a.an_alarm(town.school)
    begun.read()

    assert Delivery.objects.count() == 1


def test_news_of_the_time_when_nobody_read_is_told_afterwards(
    town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    subscribe(administrator, receiver.url)
    reader()

    a.an_alarm(town.school)
    a.an_alarm(town.neighbour)
    outbox.AlarmReader().read()

    assert Delivery.objects.count() == 2


def test_a_clock_that_is_set_back_hides_no_alarm(town: Town, administrator: Desk, receiver: HttpReceiver) -> None:
    subscribe(administrator, receiver.url)
    begun = outbox.AlarmReader()
    begun.read(timezone.now() + timedelta(hours=3))  # then the clock is set right

    a.an_alarm(town.school)
    begun.read()

    assert Delivery.objects.count() == 1


# --- what fails ----------------------------------------------------------------------------------------------------


async def test_a_receiver_that_fails_is_tried_again_under_the_same_id(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    await sync_to_async(subscribe)(administrator, receiver.url)
    await sync_to_async(reader)()
    await sync_to_async(a.an_alarm)(committed_town.school)
    receiver.statuses = [503, 500]

    async with working():
        for attempts in (1, 2):
            await until(
                lambda n=attempts: Delivery.objects.filter(attempts=n, taken_until=None).exists(),  # type: ignore[misc]
                "an attempt failed",
            )
            await sync_to_async(due_at_once)()
        await until(lambda: states() == {"alarm.raised": "sent"}, "it was told in the end")

    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    assert len({one.body for one in receiver.requests}) == 1
    assert await sync_to_async(lambda: Delivery.objects.get().attempts)() == 3


async def test_a_redirect_is_not_followed_and_is_dead_and_shown(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    told = await sync_to_async(subscribe)(administrator, receiver.url)
    receiver.statuses, receiver.answer_headers = [307], {"Location": f"{receiver.url}/elsewhere"}
    path = f"/notices/subscriptions/{told['id']}/test"
    assert (await sync_to_async(administrator.post)(path)).status_code == 200

    async with working():
        await until(lambda: states() == {"test.sent": "dead"}, "it was given up")

    assert len(receiver.requests) == 1
    (dead,) = (await sync_to_async(administrator.get)("/notices/deliveries", state="dead")).json()["items"]
    assert dead["error"] == "http.307"
    again = (await sync_to_async(administrator.post)(f"/notices/deliveries/{dead['id']}/retry")).json()
    assert (again["state"], again["attempts"]) == ("waiting", 0)


async def test_a_receiver_that_is_gone_ends_its_subscription(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    await sync_to_async(subscribe)(administrator, receiver.url)
    await sync_to_async(reader)()
    await sync_to_async(a.an_alarm)(committed_town.school)
    receiver.statuses = [410]

    async with working():
        await until(lambda: Subscription.objects.filter(ended_why="http.410").exists(), "it ended")

    assert await sync_to_async(states)() == {"alarm.raised": "dead"}


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://10.0.0.1/", "address.private"),
        ("https://192.168.1.1/", "address.private"),
        ("https://169.254.169.254/latest/meta-data", "address.private"),
        ("https://[::1]/", "address.private"),
        ("https://[::ffff:10.0.0.1]/", "address.private"),
        ("https://0.0.0.0/", "address.private"),
        ("http://93.184.216.34/", "address.plain"),
        ("https://user:pass@93.184.216.34/", "address.invalid"),
    ],
)
async def test_addresses_that_are_not_the_internets_are_refused(
    committed_town: Town, administrator: Desk, address: str, code: str
) -> None:
    told = await sync_to_async(subscribe)(administrator, address)
    await sync_to_async(administrator.post)(f"/notices/subscriptions/{told['id']}/test")

    async with working():
        await until(lambda: states() == {"test.sent": "dead"}, "it was refused")

    assert await sync_to_async(lambda: Delivery.objects.get().error)() == code


async def test_one_dead_receiver_holds_up_nobody_else(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    """192.0.2.0/24 is nobody's: whoever sends there waits. The others are told meanwhile."""
    await sync_to_async(subscribe)(administrator, "https://192.0.2.1/", name="dead")
    await sync_to_async(subscribe)(administrator, receiver.url, name="alive")
    await sync_to_async(reader)()
    for _ in range(20):
        await sync_to_async(a.an_alarm)(committed_town.school)

    async with working():
        await until(
            lambda: Delivery.objects.filter(subscription__name="alive", state="sent").count() == 20, "twenty were told"
        )

    assert len(receiver.requests) == 20


async def test_a_worker_that_dies_on_the_way_leaves_its_deliveries_to_the_next(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    await sync_to_async(subscribe)(administrator, receiver.url)
    begun = await sync_to_async(reader)()
    await sync_to_async(a.an_alarm)(committed_town.school)
    await sync_to_async(begun.read)()
    (taken,) = await sync_to_async(outbox.claim)(5)
    assert await sync_to_async(outbox.claim)(5) == [], "while the lease runs nobody else takes it"

    later = timezone.now() + outbox.LEASE + timedelta(seconds=1)
    (again,) = await sync_to_async(outbox.claim)(5, (), later)
    await sync_to_async(outbox.failed)(taken, "late", final=True)

    assert again.pk == taken.pk and again.attempts == 2
    assert await sync_to_async(states)() == {"alarm.raised": "waiting"}, "who lost the lease has no say"
    await sync_to_async(connections.close_all)()


def test_the_gravest_goes_first(town: Town, administrator: Desk, receiver: HttpReceiver) -> None:
    subscribe(administrator, receiver.url)
    subscribe(administrator, receiver.url, name="113")
    begun = reader()
    for level, kind in (("P3", "real"), ("P1", "test"), ("P1", "real")):
        a.an_alarm(town.school, level=level, kind=kind)
    begun.read()

    taken = outbox.claim(2)

    assert [one.priority for one in taken] == [0, 0]


def test_too_much_that_waits_is_shown_as_dead_the_oldest_of_the_least_first(
    town: Town, administrator: Desk, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 2)
    subscribe(administrator, receiver.url)
    begun = reader()
    for level in ("P1", "P3", "P1", "P3"):
        a.an_alarm(town.school, level=level)
    begun.read()

    outbox.tidy()

    assert list(Delivery.objects.filter(state="waiting").values_list("priority", flat=True)) == [0, 0]
    assert set(Delivery.objects.filter(state="dead").values_list("error", flat=True)) == {"overflow"}


# --- the other channels --------------------------------------------------------------------------------------------


async def test_a_mail_arrives_in_the_language_of_its_reader(
    committed_town: Town, administrator: Desk, mailbox: MailReceiver, settings: Settings
) -> None:
    mail = MailConfig(host="127.0.0.1", port=mailbox.port, tls="none", sender="qorgan@kst.example")
    settings.QORGAN = replace(settings.QORGAN, mail=mail)
    wish = {"channel": "email", "language": "ru"}
    await sync_to_async(subscribe)(administrator, "dispatcher@112.example", **wish)
    await sync_to_async(subscribe)(administrator, "nobody@112.example", name="nobody", **wish)
    mailbox.refuses = {"nobody@112.example"}
    await sync_to_async(reader)()
    await sync_to_async(a.an_alarm)(committed_town.school, meaning="duress", duress=True)

    async with working():
        await until(lambda: Delivery.objects.exclude(state="waiting").count() == 2, "all was told or given up")

    (received,) = mailbox.mails
    assert received["Subject"].strip() == "P1. Введён код под принуждением: не перезванивать: Школа kst-012"
    assert received["Auto-Submitted"] == "auto-generated"
    assert "Фойе, 1 этаж" in received.get_content() and "Не звоните в школу" in received.get_content()
    errors = await sync_to_async(lambda: list(Delivery.objects.filter(state="dead").values_list("error", flat=True)))()
    assert errors == ["email.550"]


@pytest.mark.parametrize("form", ["json", "form"])
async def test_a_gateway_sends_sms_with_its_key_and_its_own_fields(
    committed_town: Town, administrator: Desk, receiver: HttpReceiver, settings: Settings, form: str
) -> None:
    sms = SmsConfig(
        url=f"{receiver.url}/send", form=form, to="phone", text="message", header="X-Key", fields=(("from", "QORGAN"),)
    )
    settings.QORGAN = replace(settings.QORGAN, sms=sms)
    await sync_to_async(vault.put)("sms", "Bearer s3cret")
    await sync_to_async(subscribe)(administrator, "+77001234567", channel="sms")
    await sync_to_async(reader)()
    await sync_to_async(a.an_alarm)(committed_town.school)

    async with working():
        await until(lambda: states() == {"alarm.raised": "sent"}, "the gateway took it")

    (request,) = receiver.requests
    assert request.headers["x-key"] == "Bearer s3cret"
    body = request.body.decode()
    if form == "json":
        said = json.loads(body)
        assert (said["phone"], said["from"]) == ("+77001234567", "QORGAN")
        assert said["message"].startswith("P1. ") and len(said["message"]) <= 201
    else:
        assert body.startswith("from=QORGAN&phone=%2B77001234567&message=P1.")


def test_a_centre_without_a_gateway_says_so(town: Town, officer: Desk) -> None:
    channels = {one["channel"]: one for one in officer.get("/notices/channels").json()["items"]}

    assert (channels["sms"]["ready"], channels["sms"]["reason"]) == (False, "sms.not_configured")
    assert (channels["email"]["ready"], channels["email"]["reason"]) == (False, "email.not_configured")
    assert channels["webhook"]["ready"] and channels["push"]["ready"]
    assert len(webpush.decode(channels["push"]["key"])) == 65


BROWSER = ec.generate_private_key(ec.SECP256R1())
BROWSER_KEYS = {"p256dh": webpush.encode(webpush.point_of(BROWSER.public_key())), "auth": webpush.encode(b"s" * 16)}


def opened(body: bytes) -> dict[str, Any]:
    """What the browser reads (RFC 8291, 3.4 from the receiver's side)."""
    salt, length = body[:16], body[20]
    sender = body[21 : 21 + length]
    shared = BROWSER.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    own = webpush.point_of(BROWSER.public_key())
    secret = webpush._hkdf(b"s" * 16, shared, b"WebPush: info\0" + own + sender, 32)
    key = webpush._hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = webpush._hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    plain = AESGCM(key).decrypt(nonce, body[21 + length :], None)
    told: dict[str, Any] = json.loads(plain.rstrip(b"\x02"))
    return told


async def test_a_browser_is_told_what_only_it_can_read(
    committed_town: Town, officer: Desk, receiver: HttpReceiver
) -> None:
    browser = {"endpoint": f"{receiver.url}/push/abc", "keys": BROWSER_KEYS, "language": "en"}
    first = (await sync_to_async(officer.post)("/notices/browser", browser)).json()
    again = (await sync_to_async(officer.post)("/notices/browser", browser)).json()
    await sync_to_async(reader)()
    alarm = await sync_to_async(a.an_alarm)(committed_town.school)
    await sync_to_async(a.an_alarm)(committed_town.school, level="P2")

    async with working():
        await until(lambda: states() == {"alarm.raised": "sent"}, "the push service took it")

    (request,) = receiver.requests
    assert first["id"] == again["id"] and first["address"] == receiver.url
    assert request.headers["content-encoding"] == "aes128gcm" and request.headers["urgency"] == "high"
    assert request.headers["authorization"].startswith("vapid t=")
    assert str(alarm.pk).encode() not in request.body
    told = opened(request.body)
    assert (told["alarm"], told["title"]) == (str(alarm.pk), "P1. Police needed: School kst-012")


@pytest.mark.parametrize(
    "wish",
    [
        {"address": "ftp://x"},
        {"channel": "email", "address": "no address"},
        {"channel": "sms", "address": "112"},
        {"events": ["everything"]},
        {"territory": {"everywhere": False}},
        {"territory": HERE | {"regions": ["KZ00"]}},
    ],
)
def test_a_subscription_without_its_form_is_refused(administrator: Desk, wish: dict[str, Any]) -> None:
    known = {"name": "112", "channel": "webhook", "address": "https://a.b", "events": ["alarm.*"], "territory": HERE}
    assert administrator.post("/notices/subscriptions", known | wish).status_code == 422


def test_only_an_administrator_tells_others_and_secrets_are_shown_once(
    town: Town, administrator: Desk, officer: Desk
) -> None:
    told = subscribe(administrator, "https://112.example/hook")

    refused = officer.post(
        "/notices/subscriptions",
        {"name": "112", "channel": "webhook", "address": "https://a.b", "events": ["alarm.*"], "territory": HERE},
    )
    (seen,) = administrator.get("/notices/subscriptions").json()["items"]

    assert refused.status_code == 403
    assert told["secret"].startswith("whsec_") and seen["secret"] is None
    assert officer.get("/notices/subscriptions").json()["items"] == []
    row = Subscription.objects.get()
    assert row.secret is not None and told["secret"].encode() not in bytes(row.secret)
    ended = administrator.client.delete(f"/api/notices/subscriptions/{told['id']}").json()
    assert ended["ended_why"] == "by_person"


def test_the_vault_opens_with_the_centres_own_key_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put("mail", "пароль")
    key = vault.vapid_key()

    assert (vault.get("mail"), vault.get("sms"), vault.vapid_key()) == ("пароль", None, key)
    assert b"PRIVATE" not in b"".join(bytes(one.token) for one in Secret.objects.all())
    with pytest.raises(Invalid):
        vault.put("vapid", "x")
    monkeypatch.setenv("QORGAN_CENTRE_SECRETS_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    with pytest.raises(Corrupt):
        vault.get("mail")


# --- CAP for those who ask -----------------------------------------------------------------------------------------


def test_cap_is_listed_and_read_by_whom_the_territory_allows(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school, kind="test")
    a.an_alarm(town.far)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")

    (listed,) = officer.get("/cap/alarms").json()["items"]
    document = officer.client.get(listed["path"])

    assert (listed["status"], listed["message_type"], listed["alarm"]) == ("Test", "Update", str(alarm.pk))
    assert document.headers["Content-Type"] == "application/cap+xml"
    assert f"<identifier>{listed['identifier']}</identifier>" in document.content.decode()
    far = desk(a.a_person(Role.HEAD, school=town.far))
    assert far.client.get(listed["path"]).status_code == 404
    assert officer.get(f"/cap/alarms/{alarm.pk}/99").status_code == 404


# --- the command line ----------------------------------------------------------------------------------------------


def test_an_administrator_tries_a_channel_from_the_command_line(
    town: Town, administrator: Desk, receiver: HttpReceiver
) -> None:
    subscribe(administrator, f"{receiver.url}/hook", name="112")
    receiver.statuses = [200, 500]

    assert trial.send("112").startswith("webhook: the receiver took it")
    with pytest.raises(Undelivered) as refused:
        trial.send("112")

    assert refused.value.code == "http.500"
    assert json.loads(receiver.requests[0].body)["event"] == "test.sent"
    with pytest.raises(NotFound):
        trial.send("113")
