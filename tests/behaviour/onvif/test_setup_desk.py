"""A centre sets up a school's camera: found, looked at, saved, taken away, and its password is nowhere."""

import tomllib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.nats import NatsServer, nats_server
from tests.support.onvif import PASSWORD, SIM_LOGIN
from tests.support.recorder_node import Centre, RecorderNode, a_centre, recorder_node, until
from tests.support.sim_cameras import SITE, a_camera
from typer.testing import CliRunner

from qorgan.domain.places import LocalText
from qorgan.edge import cli
from qorgan.edge.config import load
from qorgan.edge.onvif.added import AddedCameras
from qorgan.edge.seal import seal_key
from qorgan.edge.secrets import SecretStore
from qorgan.protocols.link import sealing
from qorgan.protocols.link.commands import AskHolds, HoldWish, OrderHold, Reply
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.messages import encode
from qorgan.protocols.link.setup import SEAL_USE, CameraSetup, CameraWish
from qorgan.sim.onvif import DeviceOrder
from qorgan.sim.onvif_device import Quirk
from qorgan.sim.town import SimTown, TownPlan

NAME = LocalText(kk="Фойе", ru="Фойе", en="Entrance hall")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture
def carrier() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


class Story:
    def __init__(self, town: SimTown, node: RecorderNode, centre: Centre) -> None:
        self.town, self.node, self.centre = town, node, centre
        assert town.onvif
        self.onvif, self.device = town.onvif.url(SITE, "hall"), town.onvif.device(SITE, "hall")
        self.key = sealing.public_half(seal_key(load(node.config).storage))

    def be(self, *quirks: Quirk) -> None:
        assert self.town.onvif
        self.town.onvif.order(SITE, "hall", DeviceOrder(quirks=frozenset(quirks)))

    async def ask(self, command: str, wish: CameraWish, **changes: object) -> Reply:
        sealed = sealing.seal(encode(wish), self.key, site=SITE, use=SEAL_USE)
        asked: dict[str, object] = {"digest": sealing.digest(sealed), "purpose": "setup"}
        grant = self.centre.grant(wish.key, "", Action.SETUP, **(asked | changes))
        return await self.centre.ask(command, CameraSetup(grant=grant, sealed=sealed))

    def wish(self, **changes: object) -> CameraWish:
        usual: dict[str, object] = {
            "address": self.onvif,
            "user": "qorgan",
            "password": PASSWORD,
            "key": "new",
            "name": NAME,
            "zone": "entrance",
        }
        return CameraWish(**(usual | changes))  # type: ignore[arg-type]


@pytest.fixture
async def story(tmp_path: Path, carrier: NatsServer, cache: Path) -> AsyncIterator[Story]:
    plan = TownPlan(cameras=[a_camera(login=SIM_LOGIN)], onvif_port=0)
    async with SimTown(plan, cache=cache) as town:
        with recorder_node(tmp_path, carrier, [{"key": "old", "main": "rtsp://127.0.0.2:1/x"}]) as node:
            await until(lambda: "media_link.connected" in node.log, "linked")
            async with a_centre(carrier, node.key) as centre:
                yield Story(town, node, centre)
            assert PASSWORD not in node.log


def code(reply: Reply) -> str | None:
    return None if reply.refusal is None else reply.refusal.code


def cameras(node: RecorderNode) -> list[str]:
    return [camera.key for camera in load(node.config).cameras]


async def test_a_camera_is_looked_at_saved_and_taken_away(story: Story) -> None:
    before = story.node.config.read_bytes()
    probed = (await story.ask("probe_camera", story.wish())).probed
    assert probed is not None
    assert probed.onvif
    assert (b"", "") == (probed.jpeg, probed.configured)
    assert {probed.main, probed.sub} <= {profile.token for profile in probed.profiles}
    assert probed.main != probed.sub

    seen = (await story.ask("probe_camera", story.wish(picture=True, main=probed.main))).probed
    assert seen is not None
    assert seen.jpeg.startswith(b"\xff\xd8")

    saved = await story.ask("save_camera", story.wish(main=probed.main, sub=probed.sub))
    assert None is code(saved)
    row = next(row for row in tomllib.loads(story.node.config.read_text("utf-8"))["cameras"] if row["key"] == "new")
    assert ("entrance", story.onvif, "qorgan") == (row["zone"], row["onvif"], row["user"])
    assert PASSWORD not in story.node.config.read_text("utf-8")
    secrets = SecretStore(load(story.node.config).storage.data)
    assert PASSWORD == secrets.get("camera/new")
    assert "config.key_taken" == code(await story.ask("save_camera", story.wish(main=probed.main, sub=probed.sub)))

    found = (await story.ask("probe_camera", story.wish())).probed
    assert found is not None
    assert "new" == found.configured

    assert None is code(await story.ask("remove_camera", CameraWish(key="new")))
    assert before.rstrip() == story.node.config.read_bytes().rstrip()
    assert None is secrets.get("camera/new")


def test_a_person_can_compare_the_nodes_key(tmp_path: Path) -> None:
    file = tmp_path / "edge.toml"
    CliRunner().invoke(cli.app, ["init", "--site", SITE, "--name-kk", "№12 мектеп", "--config", str(file)])
    before = CliRunner().invoke(cli.app, ["check", "--config", str(file)])
    assert "sealing key: made at the first start" in before.output
    public = sealing.public_half(seal_key(load(file).storage))
    after = CliRunner().invoke(cli.app, ["check", "--config", str(file)])
    assert f"sealing key: {sealing.fingerprint(public)}" in after.output


async def test_a_plain_stream_is_added_and_one_without_pictures_is_not(story: Story) -> None:
    server = story.town.simulator.url(SITE, "hall", "main")
    sub = story.town.simulator.url(SITE, "hall", "sub")
    probed = (await story.ask("probe_camera", story.wish(address=server))).probed
    assert probed is not None
    assert not probed.onvif
    assert probed.codec.startswith("avc1.")
    assert probed.width > 0

    assert "camera.wrong_password" == code(await story.ask("probe_camera", story.wish(address=server, password="no")))
    nowhere = story.wish(address=server.replace("/hall/", "/nowhere/"))
    assert "camera.not_found" == code(await story.ask("save_camera", nowhere))
    assert "camera.bad_url" == code(await story.ask("save_camera", story.wish(address="rtsp://a:b@127.0.0.1/x")))
    assert ["old"] == cameras(story.node)
    assert None is code(await story.ask("save_camera", story.wish(address=server, sub=sub)))
    assert ["old", "new"] == cameras(story.node)


async def test_trouble_at_the_camera_has_its_name(story: Story) -> None:
    assert "onvif.wrong_password" == code(await story.ask("probe_camera", story.wish(password="wrong")))
    assert "camera.unreachable" == code(await story.ask("probe_camera", story.wish(address="http://127.0.0.1:1/onvif")))
    story.be(Quirk.WEB_PAGE)
    assert "onvif.not_onvif" == code(await story.ask("probe_camera", story.wish()))
    story.be(Quirk.NO_SNAPSHOT)
    probed = (await story.ask("probe_camera", story.wish(picture=True))).probed
    assert probed is not None
    assert b"" == probed.jpeg
    gone = await story.ask("probe_camera", story.wish(main="gone"))
    assert "setup.no_profile" == code(gone)


async def test_the_house_profile_is_told_and_set(story: Story) -> None:
    probed = (await story.ask("probe_camera", story.wish())).probed
    assert probed is not None
    assert {"main", "sub", ""} >= {change.stream for change in probed.changes}
    saved = await story.ask("save_camera", story.wish(main=probed.main, sub=probed.sub, house_profile=True))
    assert None is code(saved)
    after = (await story.ask("probe_camera", story.wish())).probed
    assert after is not None
    assert () == after.changes


async def test_what_was_not_sealed_and_signed_for_this_order_does_nothing(story: Story) -> None:
    """Who stands between a centre and a school can neither exchange an order nor use a grant twice for another."""
    wish = story.wish()
    assert "grant.order" == code(await story.ask("probe_camera", wish, digest=sealing.digest(b"another")))
    assert "grant.order" == code(await story.ask("probe_camera", wish, digest=""))
    other = sealing.public_half(sealing.new_private_key())
    sealed = sealing.seal(encode(wish), other, site=SITE, use=SEAL_USE)
    grant = story.centre.grant("new", "", Action.SETUP, digest=sealing.digest(sealed))
    assert "seal.broken" == code(await story.centre.ask("probe_camera", CameraSetup(grant=grant, sealed=sealed)))
    live = sealing.seal(encode(wish), story.key, site=SITE, use=SEAL_USE)
    watching = story.centre.grant("new", "", Action.LIVE, digest=sealing.digest(live))
    assert "grant.action" == code(await story.centre.ask("probe_camera", CameraSetup(grant=watching, sealed=live)))
    assert [] == story.device.calls


async def test_a_centre_takes_away_only_what_it_added_of_late(story: Story) -> None:
    """Nobody at a centre switches off a school's cameras."""
    data = load(story.node.config).storage.data
    assert "setup.not_yours" == code(await story.ask("remove_camera", CameraWish(key="old")))
    AddedCameras(data).remember("old", datetime.now(UTC) - timedelta(days=2))
    assert "setup.not_yours" == code(await story.ask("remove_camera", CameraWish(key="old")))

    AddedCameras(data).remember("old", datetime.now(UTC))
    text = story.node.config.read_text("utf-8")
    button = '\n[[buttons]]\nkey = "b"\nplace = { kk = "Фойе" }\ncameras = ["old"]\n'
    story.node.config.write_text(text + button, "utf-8")
    assert "setup.in_use" == code(await story.ask("remove_camera", CameraWish(key="old")))
    assert ["old"] == cameras(story.node)


async def test_evidence_is_held_by_order_and_let_go_by_order(story: Story) -> None:
    now = datetime.now(UTC)
    start, end = now - timedelta(minutes=30), now - timedelta(minutes=20)

    async def order(**changes: object) -> Reply:
        usual: dict[str, object] = {
            "id": "h-1",
            "by": "Кезекші",
            "reason": "оқиға 7",
            "start": start,
            "end": end,
            "until": now + timedelta(days=30),
        }
        packed = encode(HoldWish(**(usual | changes)))  # type: ignore[arg-type]
        grant = story.centre.grant("old", "main", Action.HOLD, digest=sealing.digest(packed))
        return await story.centre.ask("hold", OrderHold(grant=grant, order=packed))

    placed = await order()
    assert placed.holds
    assert [("h-1", "оқиға 7", "Кезекші")] == [(one.id, one.reason, one.by) for one in placed.holds.items]
    again = await order()
    assert again.holds
    assert 1 == len(again.holds.items)
    for wrong in (
        {"reason": " "},
        {"until": None},
        {"until": now - timedelta(days=1)},
        {"until": now + timedelta(days=4_000)},
        {"end": start},
        {"start": start - timedelta(days=3)},
        {"id": "../x"},
    ):
        assert "hold.invalid" == code(await order(**({"id": "h-2"} | wrong)))

    listed = await story.centre.ask("holds", AskHolds(grant=story.centre.grant("old", "main", Action.HOLD)))
    assert listed.holds
    assert ["h-1"] == [one.id for one in listed.holds.items]
    packed = encode(HoldWish(id="h-1", by="Кезекші", release=True))
    unsigned = story.centre.grant("old", "main", Action.HOLD)
    assert "grant.order" == code(await story.centre.ask("hold", OrderHold(grant=unsigned, order=packed)))
    released = await order(release=True)
    assert released.holds
    assert () == released.holds.items
    assert "hold.unknown" == code(await order(release=True))
