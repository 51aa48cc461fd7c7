"""Our client and a device that it did not grow up with, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.support.onvif import SITE, SimOnvifCamera, onvif_camera

from qorgan.domain.cameras import StreamName
from qorgan.edge.onvif.client import OnvifClient
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import CameraUnreachable
from qorgan.protocols.onvif import device, events, house, media, ptz
from qorgan.protocols.onvif.errors import (
    DeviceFault,
    InvalidValue,
    NotAuthorised,
    NotOnvif,
    NotSupported,
    WrongPassword,
)
from qorgan.protocols.onvif.soap import Service
from qorgan.sim.odd import Listener
from qorgan.sim.onvif_device import Quirk, SimEvent


@pytest.fixture
async def camera() -> AsyncIterator[SimOnvifCamera]:
    async with onvif_camera() as one:
        yield one


class TestLogin:
    async def test_a_camera_says_who_it_is_and_shows_its_streams(self, camera: SimOnvifCamera) -> None:
        async with camera.client() as client:
            info = await client.call(device.get_information())
            service, profiles = await client.profiles()
            main, sub = house.suggest_streams(profiles)
            assert sub is not None
            urls = [await client.stream_url(service, profile.token) for profile in (main, sub)]

        assert ("Qorgan", f"{SITE}/hall") == (info.manufacturer, info.serial)
        assert [f"rtsp://127.0.0.1:8554/{SITE}/hall/{stream}" for stream in ("main", "sub")] == urls
        assert (Service.MEDIA2, True) == (service, main.has_ptz)

    async def test_a_wrong_password_is_called_that(self, camera: SimOnvifCamera) -> None:
        async with camera.client(password="12345") as client:
            with pytest.raises(WrongPassword):
                await client.call(device.get_information())

        assert 1 == camera.device.logins_refused  # cameras lock a user out after a few

    @pytest.mark.parametrize("offset_s", [-36_000.0, -7.0, 7.0, 400 * 86_400.0])
    async def test_a_camera_whose_clock_is_wrong_still_lets_us_in(
        self, camera: SimOnvifCamera, offset_s: float
    ) -> None:
        """It believes a message only within 5 s of its own clock, so we stamp by its clock."""
        camera.be(clock_offset_s=offset_s)
        async with camera.client() as client:
            await client.call(device.get_information())
            assert client.clock_offset_s == pytest.approx(offset_s, abs=2.0)

    async def test_a_clock_that_is_set_while_we_talk_is_measured_anew(self, camera: SimOnvifCamera) -> None:
        async with camera.client() as client:
            await client.call(device.get_information())
            camera.be(clock_offset_s=3600.0)
            await client.call(device.get_information())
            assert client.clock_offset_s == pytest.approx(3600.0, abs=2.0)

    async def test_a_camera_that_tells_local_time_as_utc_lets_us_in(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.LOCAL_TIME)
        async with camera.client() as client:
            await client.call(device.get_information())

    async def test_a_camera_that_does_not_tell_its_time_lets_us_in_by_ours(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.NO_CLOCK)
        async with camera.client() as client:
            await client.call(device.get_information())
            assert client.clock_offset_s is None

    async def test_a_camera_that_knows_http_digest_alone(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.DIGEST_ONLY)
        async with camera.client() as client:
            await client.call(device.get_information())
        async with camera.client(password="12345") as client:
            with pytest.raises(WrongPassword):
                await client.call(device.get_information())

    async def test_a_user_who_may_only_look_hears_that_it_is_not_the_password(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.VIEWER_ONLY)
        async with camera.client() as client:
            await client.call(device.get_information())
            with pytest.raises(NotAuthorised):
                await client.call(device.set_ntp("ntp.example"))


class TestOddDevices:
    async def test_a_camera_behind_a_router_is_reached_at_the_routers_address(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.NAT_ADDRESS)
        async with camera.client() as client:
            service, profiles = await client.profiles()
            url = await client.stream_url(service, profiles[0].token)
            picture = await client.snapshot(service, profiles[0].token)
            point = await client.subscribe(60)
            assert await client.call(events.pull(1), at=point)

        assert f"rtsp://127.0.0.1:8554/{SITE}/hall/main" == url
        assert picture.startswith(b"\xff\xd8")

    async def test_an_old_camera_without_media2_is_asked_the_old_way(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.NO_MEDIA2)
        async with camera.client() as client:
            service, profiles = await client.profiles()
            main, sub = house.suggest_streams(profiles)
            url = await client.stream_url(service, main.token)

        assert Service.MEDIA is service
        assert f"rtsp://127.0.0.1:8554/{SITE}/hall/main" == url
        assert main.encoder is not None
        assert (1920, 1080, 25.0) == (main.encoder.width, main.encoder.height, main.encoder.frames_per_s)
        assert sub is not None

    async def test_a_fault_without_a_word_is_still_a_sentence(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.BARE_FAULT)
        async with camera.client() as client:
            with pytest.raises(DeviceFault, match="GetDeviceInformation"):
                await client.call(device.get_information())

    async def test_a_router_in_place_of_a_camera(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.WEB_PAGE)
        async with camera.client() as client:
            with pytest.raises(NotOnvif):
                await client.call(device.get_information())

    async def test_nobody_there(self) -> None:
        async with onvif_camera() as gone:
            url = gone.url
        async with OnvifClient(url, None, SystemClock()) as client:
            with pytest.raises(CameraUnreachable, match="nothing listens"):
                await client.measure_clock()

    async def test_an_endless_answer_is_cut_off(self) -> None:
        """Whatever answers cannot fill our memory, not even while refusing the login."""

        class Flood(Listener):
            async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 401 No\r\n")
                writer.write(b'WWW-Authenticate: Digest realm="x", nonce="y"\r\nConnection: close\r\n\r\n')
                while True:
                    writer.write(b"<a>" * 100_000)
                    await writer.drain()

        async with Flood() as server:
            url = f"http://127.0.0.1:{server.port}/onvif/device_service"
            camera = SimOnvifCamera.__new__(SimOnvifCamera)
            camera.url = url
            async with camera.client() as client:
                with pytest.raises(NotOnvif, match="more than"):
                    await client.call(device.get_information())


class TestSettings:
    @pytest.mark.parametrize("quirks", [(), (Quirk.NO_MEDIA2,)])
    async def test_the_house_profile_is_set_and_read_back(
        self, camera: SimOnvifCamera, quirks: tuple[Quirk, ...]
    ) -> None:
        """Through Media2 and through Media, keeping what we do not understand (the device insists on Multicast)."""
        camera.be(*quirks)
        camera.device.encoders[StreamName.MAIN].gop_frames = 250
        camera.device.encoders[StreamName.MAIN].width, camera.device.encoders[StreamName.MAIN].height = 2560, 1440
        async with camera.client() as client:
            service, profiles = await client.profiles()
            main, _ = house.suggest_streams(profiles)
            assert main.encoder is not None
            options = await client.call(media.get_encoder_options(service, main.encoder.token, main.token))
            wanted = house.plan_encoder(main.encoder, options, house.MAIN)
            await client.call(media.set_encoder(service, wanted))
            after = await client.call(media.get_encoder(service, main.encoder.token))

        assert [] == house.differences(after, wanted)
        kept = camera.device.encoders[StreamName.MAIN]
        assert ("H264", 1920, 1080, 25, 4096, 50) == (
            kept.encoding,
            kept.width,
            kept.height,
            kept.frames_per_s,
            kept.kbit_per_s,
            kept.gop_frames,
        )

    async def test_a_value_that_the_camera_does_not_know_is_refused_by_name(self, camera: SimOnvifCamera) -> None:
        async with camera.client() as client:
            service, profiles = await client.profiles()
            assert profiles[0].encoder is not None
            with pytest.raises(InvalidValue, match="Resolution"):
                await client.call(media.set_encoder(service, replace(profiles[0].encoder, width=1234)))

    @pytest.mark.parametrize("quirks", [(), (Quirk.NO_MEDIA2,)])
    async def test_a_name_in_the_picture_is_written_and_changed(
        self, camera: SimOnvifCamera, quirks: tuple[Quirk, ...]
    ) -> None:
        camera.be(*quirks)
        async with camera.client() as client:
            service, profiles = await client.profiles()
            source = profiles[0].video_source
            await client.call(media.create_osd(service, source, "Фойе <1>"))
            texts = [osd for osd in await client.call(media.get_osds(service, source)) if osd.is_text]
            assert ["Фойе <1>"] == [osd.text for osd in texts]
            await client.call(media.set_osd_text(service, texts[0], "Аула & қақпа"))

        assert "Аула & қақпа" == camera.device.osd_text

    async def test_the_clock_follows_an_ntp_server(self, camera: SimOnvifCamera) -> None:
        camera.be(clock_offset_s=-90.0)
        async with camera.client() as client:
            await client.call(device.set_ntp("192.0.2.1"))
            await client.call(device.use_ntp("UTC-5"))
            ntp = await client.call(device.get_ntp())
            offset = await client.measure_clock()

        assert "192.0.2.1" == ntp.server == camera.device.ntp_server
        assert offset == pytest.approx(0.0, abs=2.0)


class TestPtz:
    async def test_a_camera_moves_stops_and_finds_its_way_back(self, camera: SimOnvifCamera) -> None:
        async with camera.client() as client:
            profile = (await client.profiles())[1][0].token
            home = await client.call(ptz.set_preset(profile, "үй"))
            await client.call(ptz.move(profile, pan=1.0, tilt=-0.5, zoom=0.0, for_s=5.0))
            moving = await client.call(ptz.get_position(profile))
            while (await client.call(ptz.get_position(profile))) == moving:  # noqa: ASYNC110 - the camera tells when asked
                await asyncio.sleep(0.01)
            await client.call(ptz.stop(profile))
            stopped = await client.call(ptz.get_position(profile))
            assert stopped == await client.call(ptz.get_position(profile))
            assert stopped.pan > 0 > stopped.tilt
            presets = await client.call(ptz.get_presets(profile))
            await client.call(ptz.goto_preset(profile, home))
            back = await client.call(ptz.get_position(profile))

        assert [("1", "үй")] == [(preset.token, preset.name) for preset in presets]
        assert (0.0, 0.0, 0.0) == (back.pan, back.tilt, back.zoom)

    async def test_a_camera_that_cannot_move_says_so(self) -> None:
        async with onvif_camera(ptz=False) as fixed, fixed.client() as client:
            with pytest.raises(NotSupported):
                await client.call(ptz.get_presets("profile_main"))


class TestEvents:
    async def test_what_happens_is_heard(self, camera: SimOnvifCamera) -> None:
        async with camera.client() as client:
            point = await client.subscribe(60)
            begin = await client.call(events.pull(5), at=point)
            pulling = asyncio.create_task(client.call(events.pull(5), at=point))
            camera.simulator.tell(SITE, "hall", SimEvent(kind="input", active=True, token="2"))
            told = await pulling
            await client.call(events.renew(60), at=point)
            await client.call(events.unsubscribe(), at=point)

        assert all(notice.initial and not notice.active for notice in begin)
        assert {("motion", "source"), ("tamper", "source"), ("input", "1"), ("input", "2")} == {
            (notice.kind, notice.source) for notice in begin
        }
        assert [("input", "2", True, False)] == [(n.kind, n.source, n.active, n.initial) for n in told]
        assert {} == camera.device.subscriptions

    async def test_a_camera_without_events_says_so(self, camera: SimOnvifCamera) -> None:
        camera.be(Quirk.NO_EVENTS)
        async with camera.client() as client:
            with pytest.raises(NotSupported):
                await client.subscribe(60)


async def test_no_password_is_written_down(camera: SimOnvifCamera, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an error, not in a log, not in what a debugger prints."""
    caplog.set_level("DEBUG")
    async with camera.client(password="hunter2-hunter2") as client:
        with pytest.raises(WrongPassword) as caught:
            await client.call(device.get_information())
        assert "hunter2" not in f"{caught.value!r}{client.__dict__!r}"
    assert "hunter2" not in caplog.text
