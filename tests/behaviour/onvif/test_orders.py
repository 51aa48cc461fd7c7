"""A centre turns a school's camera and takes its picture: with a grant for just that, through a real recorder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.nats import NatsServer, nats_server
from tests.support.onvif import PASSWORD, SITE, SimOnvifCamera, onvif_camera
from tests.support.recorder_node import Centre, RecorderNode, a_centre, recorder_node, until

from qorgan.protocols.link.commands import AskPtz, AskSnapshot, PtzOrder, Reply
from qorgan.protocols.link.grants import Action
from qorgan.sim.onvif_device import Quirk


@pytest.fixture
def carrier() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


class Story:
    def __init__(self, camera: SimOnvifCamera, node: RecorderNode, centre: Centre) -> None:
        self.camera, self.node, self.centre = camera, node, centre

    async def turn(self, order: PtzOrder, action: Action = Action.PTZ, camera: str = "hall", **more: object) -> Reply:
        grant = self.centre.grant(camera, "main", action)
        return await self.centre.ask("ptz", AskPtz(grant=grant, order=order, **more))  # type: ignore[arg-type]

    async def picture(self, action: Action = Action.SNAPSHOT) -> Reply:
        return await self.centre.ask("snapshot", AskSnapshot(grant=self.centre.grant("hall", "main", action)))

    def position(self) -> tuple[float, float, float]:
        return self.camera.simulator.status(SITE, "hall").position


@pytest.fixture
async def story(tmp_path: Path, carrier: NatsServer) -> AsyncIterator[Story]:
    """A recorder whose cameras send no pictures: orders do not need them."""
    async with onvif_camera() as camera:
        here = {"main": "rtsp://127.0.0.1:1/x", "user": "qorgan", "password": PASSWORD, "onvif": camera.url}
        cameras = [{"key": "hall", **here}, {"key": "mute", "main": "rtsp://127.0.0.1:1/x"}]
        with recorder_node(tmp_path, carrier, cameras) as node:
            await until(lambda: "media_link.connected" in node.log, "linked")
            async with a_centre(carrier, node.key) as centre:
                yield Story(camera, node, centre)


def code(reply: Reply) -> str | None:
    return None if reply.refusal is None else reply.refusal.code


async def test_a_camera_is_turned_and_remembers_where(story: Story) -> None:
    assert None is code(await story.turn(PtzOrder.SET, preset="Қақпа"))
    assert None is code(await story.turn(PtzOrder.MOVE, pan=1.0, tilt=0.5, for_s=10.0))
    await until(lambda: story.position()[0] > 0, "turned")
    assert None is code(await story.turn(PtzOrder.STOP))
    stopped = story.position()
    assert stopped == story.position()

    presets = (await story.turn(PtzOrder.PRESETS)).ptz
    assert presets
    assert ["Қақпа"] == [preset.name for preset in presets.presets]
    assert None is code(await story.turn(PtzOrder.GOTO, preset=presets.presets[0].token))
    assert (0.0, 0.0, 0.0) == story.position()


async def test_without_the_right_grant_nothing_turns_and_no_picture_leaves(story: Story) -> None:
    """A grant to watch is no grant to turn, and the other way round (I7)."""
    calls = list(story.camera.device.calls)
    for action in (Action.LIVE, Action.ARCHIVE, Action.SNAPSHOT):
        assert "grant.action" == code(await story.turn(PtzOrder.MOVE, action, pan=1.0))
    for action in (Action.LIVE, Action.PTZ):
        assert "grant.action" == code(await story.picture(action))
    assert "onvif.not_supported" == code(await story.turn(PtzOrder.PRESETS, camera="mute"))
    assert calls == story.camera.device.calls


async def test_a_picture_is_taken(story: Story) -> None:
    reply = await story.picture()
    assert reply.snapshot
    assert reply.snapshot.jpeg.startswith(b"\xff\xd8")

    story.camera.be(Quirk.NO_SNAPSHOT)
    assert "onvif.not_supported" == code(await story.picture())


async def test_orders_out_of_bounds_and_trouble_at_the_camera_are_answered(story: Story) -> None:
    assert "invalid" == code(await story.turn(PtzOrder.MOVE, pan=7.0))
    assert "onvif.invalid_value" == code(await story.turn(PtzOrder.GOTO, preset="nowhere"))
    story.camera.be(Quirk.BARE_FAULT)
    assert "onvif.fault" == code(await story.turn(PtzOrder.STOP))
    story.camera.be()
    assert None is code(await story.turn(PtzOrder.STOP))
    assert PASSWORD not in story.node.log
