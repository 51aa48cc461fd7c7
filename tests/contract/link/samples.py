"""One message of each kind, with every field set: what the golden files say.

`python -m tests.contract.link.samples` writes the files that are missing. A file that exists is never written again: it
is what nodes in the field send, for ever. A new field gets a new sample (and file) beside the old one.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from qorgan.domain.places import LocalText
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link import commands, messages, setup
from qorgan.protocols.link.messages import Message, encode, envelop

GOLDEN = Path(__file__).with_name("golden") / "v1"
AT = datetime(2026, 11, 22, 7, 44, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 7, 45, tzinfo=UTC)
ID = UUID("01936f2e-7a10-7abc-8def-0123456789ab")
ALARM = UUID("01936f2e-7a11-7abc-8def-0123456789ab")
HALL = LocalText(kk="Фойе, 1-қабат", ru="Фойе, 1 этаж", en="Entrance hall, floor 1")
STREAM = messages.StreamHealth(
    stream="main",
    state="stalled",
    reason="no_frames",
    since=AT,
    codec="avc1.640028",
    width=1920,
    height=1080,
    frames_per_s=25.0,
    bits_per_s=4_000_000.0,
)

BODIES: dict[str, Message] = {
    "alarm.raised": messages.AlarmRaised(
        alarm=ALARM,
        button="hall",
        place=HALL,
        pressed_at=AT,
        level="P2",
        kind="drill",
        source="panel",
        cameras=("hall", "yard"),
    ),
    "inventory": messages.Inventory(
        cameras=(messages.CameraInfo(key="hall", name=HALL, zone="entrance", has_sub=False),),
        buttons=(messages.ButtonInfo(key="hall", place=HALL, cameras=("hall",)),),
        software="0.1.0",
    ),
    "alarm.claim": messages.AlarmClaim(alarm=ALARM, claim="cancel", at=LATER, by="Вахта", duress=True),
    "source.health": messages.SourceHealth(
        key="panel-1",
        kind="panel.dc09",
        state="fault",
        since=AT,
        faults=("battery_low",),
        last_seen=LATER,
        interval_s=60.0,
    ),
    "action.changed": messages.ActionChanged(
        action="lockdown",
        kind="drill",
        at=AT,
        by="Айгүл Сәрсенова",
        outputs=(
            messages.OutputResult(key="siren", ok=True, ms=12.5),
            messages.OutputResult(key="door", ok=False, reason="timeout", ms=1_000.0),
        ),
    ),
    "camera.changed": messages.CameraChanged(camera="hall", health=STREAM, at=AT),
    "camera.event": messages.CameraEvent(camera="hall", kind="input", source="1", active=True, at=AT),
    "picture.result": messages.PictureResult(
        camera="hall", at=AT, verdict="bad", faults=("black", "frozen"), measures={"sharpness": 12.5}
    ),
    "storage.forecast": messages.StorageForecast(
        disk="0b8f9a0e-5e5c-4a3b-9a70-3d9a5a0f2c11",
        at=AT,
        min_days=30.0,
        days_kept=18.5,
        bytes_per_day=43_200_000_000,
        room_bytes=800_000_000_000,
        breaks_at=LATER,
    ),
    "pulse": messages.Pulse(
        at=LATER,
        started_at=AT,
        last_seq=42,
        outbox=3,
        disk_free_bytes=10**12,
        disk_total_bytes=2 * 10**12,
        cameras=(messages.CameraHealth(key="hall", streams=(STREAM,)),),
        faults=("outbox.ballast_gone",),
    ),
}
# What came after the first edition of a body: a file of its own beside the old one.
LATER_EDITIONS: dict[str, Message] = {
    "alarm.raised.2": messages.AlarmRaised(
        alarm=ALARM,
        button="zone-3",
        place=HALL,
        pressed_at=AT,
        source="panel.dc09",
        cameras=("hall",),
        meaning="duress",
        code="1121",
        duress=True,
        note="Вахта",
        presses=3,
    ),
    "alarm.raised.3": messages.AlarmRaised(alarm=ALARM, button="hall", place=HALL, pressed_at=AT, durable_at=LATER),
    "inventory.2": messages.Inventory(
        cameras=(),
        buttons=(),
        sources=(messages.SourceInfo(key="panel-1", kind="panel.dc09", place=HALL, interval_s=60.0),),
        outputs=(messages.OutputInfo(key="siren", kind="siren", place=HALL),),
    ),
    "picture.result.2": messages.PictureResult(
        camera="hall",
        at=LATER,
        verdict="bad",
        measures={"sharpness": 0.25},
        found=(messages.FaultFound(fault="moved", verdict="bad", since=AT, last_seen=LATER, score=2.5),),
        knows=True,
        still=b"\xff\xd8jpeg",
        approved={"day": "0f" * 32},
    ),
    "inventory.3": messages.Inventory(cameras=(), buttons=(), seal_key="hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"),
}
COMMANDS: dict[str, Message] = {
    "health.onvif": messages.CameraHealth(key="hall", streams=(STREAM,), onvif="ok", clock_offset_s=-36_000.25),
    "cmd.open": commands.OpenStream(grant=b"grant", lease="lease", lease_s=20.0),
    "cmd.range": commands.OpenRange(grant=b"grant", lease="lease", start=AT, end=LATER, credit_bytes=1_000_000),
    "cmd.credit": commands.Credit(lease="lease", bytes=65_536),
    "cmd.renew": commands.Renew(lease="lease"),
    "cmd.close": commands.Close(lease="lease"),
    "cmd.coverage": commands.AskCoverage(grant=b"grant", start=AT, end=LATER),
    "cmd.ptz": commands.AskPtz(
        grant=b"grant", order=commands.PtzOrder.MOVE, pan=-0.5, tilt=0.25, zoom=1.0, for_s=5.0, preset="gate"
    ),
    "cmd.snapshot": commands.AskSnapshot(grant=b"grant"),
    "cmd.progress": commands.AlarmProgress(alarm=ALARM, state="owned", at=LATER),
    "cmd.action": commands.OrderAction(grant=b"grant", action="lockdown", kind="real", by="ЖБО кезекшісі", at=AT),
    "cmd.approve_view": commands.OrderView(grant=b"grant", order=b"order"),
    "wish.view": commands.ViewWish(
        camera="hall", period="day", digest="0f" * 32, picture=b"\xff\xd8jpeg", picture_digest="f0" * 32
    ),
    "reply.ptz": commands.Reply(ptz=commands.PtzReply(presets=(commands.PtzPreset(token="1", name="Қақпа"),))),
    "reply.snapshot": commands.Reply(snapshot=commands.Snapshot(at=AT, jpeg=b"\xff\xd8jpeg")),
    "reply.opened": commands.Reply(
        opened=commands.Opened(lease="lease", mime='video/mp4; codecs="avc1.640028"', width=1920, height=1080)
    ),
    "reply.opened.2": commands.Reply(opened=commands.Opened(lease="lease"), at=AT),
    "reply.renewed": commands.Reply(at=AT),
    "reply.coverage": commands.Reply(
        coverage=commands.CoverageReply(
            spans=(commands.Span(start=AT, end=LATER, stream="main"),),
            gaps=(commands.Gap(start=AT, end=LATER, stream="sub", cause="no_frames"),),
        )
    ),
    "cmd.coverage.2": commands.AskCoverage(grant=b"grant", start=AT, end=LATER, motion=True),
    "cmd.coverage.3": commands.AskCoverage(grant=b"grant", start=AT, end=LATER, files=True),
    "reply.coverage.3": commands.Reply(
        coverage=commands.CoverageReply(lost=(commands.Span(start=AT, end=LATER, stream="main"),))
    ),
    "cmd.camera_setup": setup.CameraSetup(grant=b"grant", sealed=b"sealed"),
    "wish.camera": setup.CameraWish(
        address="http://10.0.0.7/onvif/device_service",
        user="qorgan",
        password="құпия",
        main="main",
        sub="sub",
        picture=True,
        key="hall",
        name=HALL,
        zone="entrance",
        house_profile=True,
    ),
    "cmd.hold": commands.OrderHold(grant=b"grant", order=b"order"),
    "wish.hold": commands.HoldWish(
        id="h-1", by="officer", reason="оқиға", start=AT, end=LATER, until=LATER, stream="main"
    ),
    "cmd.holds": commands.AskHolds(grant=b"grant"),
    "reply.coverage.2": commands.Reply(
        coverage=commands.CoverageReply(
            motion=commands.Motion(start=AT, step_s=60, basis="events", density=b"\x00\x7f\xff")
        )
    ),
    "reply.discovered": commands.Reply(
        discovered=setup.Discovered(
            items=(
                setup.FoundCamera(url="http://10.0.0.7/onvif/device_service", model="C-1", name="n", configured="k"),
            ),
            ignored=1,
        )
    ),
    "reply.probed": commands.Reply(
        probed=setup.Probed(
            onvif=True,
            manufacturer="Maker",
            model="C-1",
            firmware="1",
            serial="2",
            clock_offset_s=-3.5,
            profiles=(
                setup.ProfileInfo(
                    token="main", name="m", encoding="H264", width=1920, height=1080, frames_per_s=25.0, kbit_per_s=4000
                ),
            ),
            main="main",
            sub="main",
            configured="hall",
            changes=(setup.HouseChange(stream="main", what="bit rate", before="8000 kbit/s", after="4000 kbit/s"),),
            at=AT,
            jpeg=b"\xff\xd8",
            codec="avc1.640028",
            width=1920,
            height=1080,
        )
    ),
    "reply.saved": commands.Reply(saved=setup.Saved(key="hall")),
    "reply.holds": commands.Reply(
        holds=commands.Holds(
            items=(
                commands.HeldStretch(
                    id="h-1", start=AT, end=LATER, reason="оқиға", by="officer", at=AT, until=LATER, stream="main"
                ),
            ),
            kept_bytes=7,
        )
    ),
    "reply.refusal": commands.Reply(refusal=commands.Refusal(code="grant.expired", message="the grant has expired")),
    "reply.consent": commands.Reply(),
    "ack": messages.Ack(stored=(ID,), refused={str(ALARM): "site.unknown"}),
}


def body_of(name: str) -> Message:
    """What stands in the envelope of that golden file."""
    return (BODIES | LATER_EDITIONS)[name]


def envelope(body: Message) -> messages.Envelope:
    return envelop(body, id=ID, site=SiteId("kst-012"), seq=42, sent_at=LATER)


def samples() -> dict[str, Any]:
    """Everything that has a golden file, by its name."""
    enveloped = {name: envelope(body) for name, body in (BODIES | LATER_EDITIONS).items()}
    return {**enveloped, **COMMANDS, "batch": [enveloped["inventory"], enveloped["camera.changed"]]}


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, sample in samples().items():
        file = GOLDEN / f"{name}.msgpack"
        if not file.exists():
            file.write_bytes(encode(sample))
            print(f"wrote {file.name}")


if __name__ == "__main__":
    main()
