"""ONVIF without a network: what we say, and what we make of what is said, well meant or not."""

import base64
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.kernel.errors import Invalid, QorganError
from qorgan.protocols.onvif import address, device, events, house, media, ptz
from qorgan.protocols.onvif.discovery import MAX_FROM_ONE_SENDER, Finder, probes
from qorgan.protocols.onvif.errors import (
    ClockTooFar,
    DeviceFault,
    InvalidValue,
    NotAuthorised,
    NotOnvif,
    NotSupported,
    WrongPassword,
)
from qorgan.protocols.onvif.login import LoginState
from qorgan.protocols.onvif.media import Encoder, EncoderOptions, Profile
from qorgan.protocols.onvif.soap import Call, Login, Service, envelope, password_digest, read_answer, username_token
from qorgan.protocols.onvif.tree import MAX_DEPTH, parse

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDS = (UUID(int=1), UUID(int=2))
SOAP = "http://www.w3.org/2003/05/soap-envelope"


def message(body: str) -> bytes:
    return f'<e:Envelope xmlns:e="{SOAP}" xmlns:x="urn:any"><e:Body>{body}</e:Body></e:Envelope>'.encode()


def fault(*codes: str, reason: str = "") -> bytes:
    inner = ""
    for code in reversed(codes):
        inner = f"<e:Subcode><e:Value>{code}</e:Value>{inner}</e:Subcode>"
    return message(
        f"<e:Fault><e:Code><e:Value>e:Sender</e:Value>{inner}</e:Code>"
        f"<e:Reason><e:Text>{reason}</e:Text></e:Reason></e:Fault>"
    )


def match(endpoint: str, xaddrs: str, scopes: str = "", relates_to: str = f"urn:uuid:{IDS[0]}") -> bytes:
    return (
        f'<S:Envelope xmlns:S="{SOAP}" xmlns:w="urn:addressing" xmlns:d="urn:discovery">'
        f"<S:Header><w:RelatesTo>{relates_to}</w:RelatesTo></S:Header><S:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<w:EndpointReference><w:Address>{endpoint}</w:Address></w:EndpointReference>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></S:Body></S:Envelope>"
    ).encode()


class TestDiscovery:
    def test_a_probe_is_well_formed_and_asks_for_both_types_of_device(self) -> None:
        for probe, id, kind in zip(probes(IDS), IDS, ("NetworkVideoTransmitter", "Device"), strict=True):
            assert parse(probe) is not None
            assert str(id).encode() in probe
            assert kind.encode() in probe

    def test_an_answer_becomes_a_device_with_its_name_and_model(self) -> None:
        scopes = (
            "onvif://www.onvif.org/name/Front%20Door onvif://www.onvif.org/hardware/IPC-42"
            " onvif://www.onvif.org/Profile/T"
        )
        finder = Finder(IDS)
        finder.receive(match("urn:uuid:a", "http://192.0.2.7/onvif/device_service", scopes), "192.0.2.7")

        (found,) = finder.found()

        assert ("Front Door", "IPC-42", "http://192.0.2.7/onvif/device_service") == (found.name, found.model, found.url)

    def test_a_device_that_answers_many_times_is_one(self) -> None:
        """Two probes, several interfaces, and datagrams that repeat themselves."""
        finder = Finder(IDS)
        for id in IDS * 3:
            data = match("urn:uuid:a", "http://192.0.2.7/onvif/device_service", relates_to=f"uuid:{id}".upper())
            finder.receive(data, "192.0.2.7")

        assert 1 == len(finder.found())

    def test_an_answer_to_somebody_elses_probe_is_not_for_us(self) -> None:
        finder = Finder(IDS)
        finder.receive(match("urn:uuid:a", "http://192.0.2.7/x", relates_to=f"urn:uuid:{UUID(int=9)}"), "192.0.2.7")

        assert ([], 1) == (finder.found(), finder.ignored)

    def test_nobody_can_send_us_to_another_host(self) -> None:
        """An answer that names another host would have us carry the camera's password there."""
        finder = Finder(IDS)
        finder.receive(match("urn:uuid:a", "http://198.51.100.9:8080/onvif/device_service"), "192.0.2.7")

        assert ["http://192.0.2.7:8080/onvif/device_service"] == [found.url for found in finder.found()]

    def test_of_several_addresses_the_one_that_answered_is_taken(self) -> None:
        finder = Finder(IDS)
        xaddrs = "http://[fe80::1]/onvif/device_service http://169.254.3.4/onvif/d http://192.0.2.7/onvif/d"
        finder.receive(match("urn:uuid:a", xaddrs), "192.0.2.7")

        assert ["http://192.0.2.7/onvif/d"] == [found.url for found in finder.found()]

    def test_one_that_floods_does_not_hide_the_others(self) -> None:
        finder = Finder(IDS)
        for n in range(1000):
            finder.receive(match(f"urn:uuid:{n}", "http://192.0.2.66/x"), "192.0.2.66")
        finder.receive(match("urn:uuid:good", "http://192.0.2.7/x"), "192.0.2.7")

        assert MAX_FROM_ONE_SENDER + 1 == len(finder.found())
        assert "192.0.2.7" in [found.host for found in finder.found()]

    @given(st.binary(max_size=300), st.sampled_from(["192.0.2.7", "fe80::1", ""]))
    def test_junk_is_counted_and_never_raised(self, data: bytes, sender: str) -> None:
        finder = Finder(IDS)
        finder.receive(data, sender)
        assert ([], 1) == (finder.found(), finder.ignored)


class TestHostileXml:
    def test_entities_are_not_expanded(self) -> None:
        bomb = (
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
            b"<Envelope><Body><GetNTPResponse>&b;</GetNTPResponse></Body></Envelope>"
        )
        with pytest.raises(NotOnvif):
            read_answer(device.get_ntp(), 200, bomb)

    def test_files_of_this_machine_are_not_read(self) -> None:
        outside = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>'
        with pytest.raises(NotOnvif):
            parse(outside)

    def test_a_deep_tree_is_refused_before_it_is_built(self) -> None:
        with pytest.raises(NotOnvif, match="nested"):
            parse(b"<a>" * 100_000)
        depth = MAX_DEPTH - 1
        assert parse(b"<a>" * depth + b"</a>" * depth) is not None

    def test_control_characters_do_not_reach_a_terminal(self) -> None:
        body = "<x:GetDeviceInformationResponse><x:Model>A\x9b31m&#x202E;B</x:Model></x:GetDeviceInformationResponse>"
        assert "A 31m B" == read_answer(device.get_information(), 200, message(body)).model

    @pytest.mark.parametrize("encoding", ["utf-7", "no-such-code", "utf-32", "cp932"])
    def test_a_strange_encoding_is_no_crash(self, encoding: str) -> None:
        with pytest.raises(NotOnvif):
            parse(f'<?xml version="1.0" encoding="{encoding}"?><a>+ADw-</a'.encode())


@pytest.mark.parametrize(
    "bomb",
    [
        b'<x xmlns:p="%b" ' + b" ".join(b'p:a%d=""' % n for n in range(900)) + b"/>",
        b"<x xmlns = '%b'>" + b"".join(b"<a%d/>" % n for n in range(900)) + b"</x>",
    ],
    ids=["attributes", "elements"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_name_of_a_megabyte_is_refused_before_it_stands_a_thousand_times_in_memory(
    bomb: bytes, encoding: str
) -> None:
    """A parser writes the namespace before each name: one megabyte on the wire would be a gigabyte here."""
    data = (bomb % (b"n" * 900_000)).decode().encode(encoding)
    tracemalloc.start()
    try:
        with pytest.raises(NotOnvif):
            parse(data)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["cp037", "utf-7", "gbk", "no-such"])
def test_an_encoding_that_hides_what_is_looked_for_is_refused(encoding: str) -> None:
    with pytest.raises(NotOnvif):
        parse(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())


ANSWERS: dict[str, tuple[Call[object], str]] = {
    "clock": (
        device.get_clock(),
        "<x:GetSystemDateAndTimeResponse><x:SystemDateAndTime><x:UTCDateTime>"
        "<x:Time><x:Hour>7</x:Hour><x:Minute>50</x:Minute><x:Second>45</x:Second></x:Time>"
        "<x:Date><x:Year>2026</x:Year><x:Month>11</x:Month><x:Day>22</x:Day></x:Date>"
        "</x:UTCDateTime></x:SystemDateAndTime></x:GetSystemDateAndTimeResponse>",
    ),
    "services": (
        device.get_services(),
        "<x:GetServicesResponse><x:Service><x:Namespace>http://www.onvif.org/ver20/media/wsdl</x:Namespace>"
        "<x:XAddr>http://192.0.2.7/onvif/media2</x:XAddr></x:Service></x:GetServicesResponse>",
    ),
    "profiles": (
        media.get_profiles(Service.MEDIA),
        '<x:GetProfilesResponse><x:Profiles token="p1"><x:Name>main</x:Name>'
        '<x:VideoSourceConfiguration token="vs"/><x:VideoEncoderConfiguration token="e1"><x:Encoding>H264</x:Encoding>'
        "<x:Resolution><x:Width>1920</x:Width><x:Height>1080</x:Height></x:Resolution><x:RateControl>"
        "<x:FrameRateLimit>25</x:FrameRateLimit><x:BitrateLimit>4096</x:BitrateLimit></x:RateControl>"
        "<x:H264><x:GovLength>50</x:GovLength><x:H264Profile>High</x:H264Profile></x:H264>"
        '</x:VideoEncoderConfiguration><x:PTZConfiguration token="z"/></x:Profiles></x:GetProfilesResponse>',
    ),
    "options": (
        media.get_encoder_options(Service.MEDIA2, "e1", "p1"),
        '<x:GetVideoEncoderConfigurationOptionsResponse><x:Options GovLengthRange="1 400" FrameRatesSupported="25 12.5"'
        ' ProfilesSupported="Main High"><x:Encoding>H264</x:Encoding><x:ResolutionsAvailable><x:Width>1280</x:Width>'
        "<x:Height>720</x:Height></x:ResolutionsAvailable><x:BitrateRange><x:Min>64</x:Min><x:Max>8192</x:Max>"
        "</x:BitrateRange></x:Options></x:GetVideoEncoderConfigurationOptionsResponse>",
    ),
    "osds": (
        media.get_osds(Service.MEDIA2, "vs"),
        '<x:GetOSDsResponse><x:OSDs token="o"><x:VideoSourceConfigurationToken>vs</x:VideoSourceConfigurationToken>'
        "<x:Type>Text</x:Type><x:TextString><x:Type>Plain</x:Type><x:PlainText>Hall</x:PlainText></x:TextString>"
        "</x:OSDs></x:GetOSDsResponse>",
    ),
    "pull point": (
        events.create_pull_point(60),
        "<x:CreatePullPointSubscriptionResponse><x:SubscriptionReference><x:Address>http://192.0.2.7/sub</x:Address>"
        "<x:ReferenceParameters><x:Id>7&amp;8</x:Id></x:ReferenceParameters></x:SubscriptionReference>"
        "<x:CurrentTime>2026-11-22T07:00:00Z</x:CurrentTime><x:TerminationTime>2026-11-22T07:00:30Z</x:TerminationTime>"
        "</x:CreatePullPointSubscriptionResponse>",
    ),
    "pull": (
        events.pull(5),
        "<x:PullMessagesResponse><x:NotificationMessage><x:Topic>tns1:Device/Trigger/DigitalInput_00000</x:Topic>"
        '<x:Message><x:Message UtcTime="2026-11-22T07:00:00Z" PropertyOperation="Changed"><x:Source>'
        '<x:SimpleItem Name="InputToken" Value="1"/></x:Source><x:Data><x:SimpleItem Name="LogicalState" Value="1"/>'
        "</x:Data></x:Message></x:Message></x:NotificationMessage></x:PullMessagesResponse>",
    ),
    "presets": (
        ptz.get_presets("p1"),
        '<x:GetPresetsResponse><x:Preset token="1"><x:Name>gate</x:Name></x:Preset></x:GetPresetsResponse>',
    ),
    "position": (
        ptz.get_position("p1"),
        '<x:GetStatusResponse><x:PTZStatus><x:Position><x:PanTilt x="0.5" y="-0.25"/><x:Zoom x="1"/></x:Position>'
        "</x:PTZStatus></x:GetStatusResponse>",
    ),
}


def read(name: str) -> object:
    call, body = ANSWERS[name]
    return read_answer(call, 200, message(body))


class TestAnswers:
    def test_the_camera_tells_its_clock(self) -> None:
        assert datetime(2026, 11, 22, 7, 50, 45, tzinfo=UTC) == read("clock")

    def test_an_offset_is_measured_from_the_middle_of_the_question(self) -> None:
        told = NOW + timedelta(hours=1)
        asked, answered = NOW - timedelta(seconds=1), NOW + timedelta(seconds=2)
        assert 3600.0 == device.clock_offset_s(told, asked, answered)

    def test_services_are_known_by_their_namespaces(self) -> None:
        assert {Service.MEDIA2: "http://192.0.2.7/onvif/media2"} == read("services")

    def test_a_profile_of_the_older_service_reads_like_one_of_the_newer(self) -> None:
        (profile,) = read_answer(media.get_profiles(Service.MEDIA), 200, message(ANSWERS["profiles"][1]))
        assert profile.encoder is not None
        assert ("p1", "vs", True) == (profile.token, profile.video_source, profile.has_ptz)
        found = profile.encoder
        assert ("H264", 1920, 1080, 25.0, 4096, 50, "High") == (
            found.encoding,
            found.width,
            found.height,
            found.frames_per_s,
            found.kbit_per_s,
            found.gop_frames,
            found.profile,
        )

    def test_options_are_read(self) -> None:
        expected = EncoderOptions(
            encoding="H264",
            resolutions=((1280, 720),),
            frame_rates=(25.0, 12.5),
            kbit_per_s=(64, 8192),
            gop_frames=(1, 400),
            profiles=("Main", "High"),
        )
        assert (expected,) == read("options")

    def test_a_pull_point_keeps_what_its_address_wants_back(self) -> None:
        point = read_answer(events.create_pull_point(60), 200, message(ANSWERS["pull point"][1]))
        assert 30.0 == point.lives_s
        again = envelope(events.pull(5), to=point.url, extra=point.headers)
        assert b">7&amp;8</Id>" in again
        assert parse(again) is not None

    def test_a_digital_input_with_a_vendors_suffix_is_one(self) -> None:
        (notice,) = read_answer(events.pull(5), 200, message(ANSWERS["pull"][1]))
        assert (events.EventKind.INPUT, "1", True, False) == (
            notice.kind,
            notice.source,
            notice.active,
            notice.initial,
        )

    @pytest.mark.parametrize(
        ("topic", "kind"),
        [
            ("tns1:RuleEngine/CellMotionDetector/Motion", "motion"),
            ("tns1:VideoSource/MotionAlarm", "motion"),
            ("tns1:RuleEngine/tnsvendor:TamperDetector/tns1:Tamper", "tamper"),
            ("tns1:VideoSource/GlobalSceneChange/ImagingService", "tamper"),
            ("tns1:Device/Trigger/Relay", None),
            ("tns1:RuleEngine/FaceDetector/Face", None),  # and it stays so: we look at no faces
            ("", None),
        ],
    )
    def test_topics_that_we_take_notice_of(self, topic: str, kind: str | None) -> None:
        assert kind == events.kind_of(topic)

    @given(st.sampled_from(sorted(ANSWERS)), st.data())
    def test_a_damaged_answer_is_an_answer_or_an_error_that_we_name(self, name: str, data: st.DataObject) -> None:
        call, body = ANSWERS[name]
        whole = bytearray(message(body))
        for _ in range(data.draw(st.integers(1, 6))):
            at = data.draw(st.integers(0, len(whole) - 1))
            cut = data.draw(st.integers(0, 40))
            whole[at : at + cut] = data.draw(
                st.sampled_from([b"", b"<", b">", b'"', b"&#0;", b"\xff", b"9" * 30, b"<x:a>", b"-1e99", b"NaN"])
            )
        try:
            read_answer(call, data.draw(st.sampled_from([200, 400, 401, 500])), bytes(whole))
        except QorganError as error:
            assert error.code.startswith("onvif.")

    @given(
        st.lists(st.sampled_from([*"<>/='\" &;!-?[]abx", "Envelope", "Body", "Fault", "Value", "\u0000"]), max_size=60)
    )
    def test_whatever_is_said_is_read_or_refused(self, words: list[str]) -> None:
        try:
            read_answer(device.get_ntp(), 200, "".join(words).encode())
        except QorganError as error:
            assert error.code.startswith("onvif.")


class TestFaults:
    @pytest.mark.parametrize(
        ("codes", "kind"),
        [
            (["ter:NotAuthorized"], WrongPassword),
            (["wsse:FailedAuthentication"], WrongPassword),
            (["wsse:MessageExpired"], ClockTooFar),
            (["ter:OperationProhibited"], NotAuthorised),
            (["ter:ActionNotSupported"], NotSupported),
            (["ter:InvalidArgVal", "ter:NoProfile"], InvalidValue),
            (["ter:OutOfMemory"], DeviceFault),
            ([], DeviceFault),
        ],
    )
    def test_a_fault_says_who_can_help(self, codes: list[str], kind: type[Exception]) -> None:
        with pytest.raises(kind):
            read_answer(device.get_ntp(), 400, fault(*codes))

    def test_the_cameras_own_words_are_passed_on(self) -> None:
        with pytest.raises(InvalidValue, match="Bitrate too high"):
            read_answer(device.get_ntp(), 400, fault("ter:InvalidArgVal", reason="Bitrate too high"))

    def test_a_web_page_in_place_of_an_answer(self) -> None:
        with pytest.raises(NotOnvif):
            read_answer(device.get_ntp(), 200, b"<html><body><p>Router</p></body></html>")
        with pytest.raises(WrongPassword):
            read_answer(device.get_ntp(), 401, b"<!doctype html><p>Unauthorized")

    def test_a_refusal_after_a_success_speaks_of_rights_and_not_of_the_password(self) -> None:
        state = LoginState()
        assert isinstance(state.explain(WrongPassword("no")), WrongPassword)
        state.accepted()
        assert isinstance(state.explain(WrongPassword("no")), NotAuthorised)


class TestLogin:
    def test_the_digest_of_the_onvif_programmers_guide(self) -> None:
        """ONVIF Application Programmer's Guide 1.0 §6.1.1.3 prints this example."""
        nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
        digest = password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword")
        assert "tuOSpGlFlIXsozq4HFNeeGeFLEI=" == digest

    def test_a_message_is_stamped_with_the_cameras_clock(self) -> None:
        state = LoginState()
        state.measured(timedelta(hours=-10))
        token = username_token(Login("qorgan", "s<cret"), state.created(NOW), b"0" * 16)
        assert "2026-11-22T02:00:00Z" in token
        assert "s<cret" not in token
        assert "s&lt;cret" not in token
        assert "s<cret" not in repr(Login("qorgan", "s<cret"))

    def test_text_cannot_break_out_of_its_element(self) -> None:
        call = ptz.set_preset("p1", "</tptz:PresetName><evil/>")
        assert not list(parse(envelope(call)).iter("evil"))
        with pytest.raises(Invalid):
            ptz.set_preset("p1", "a\x00b")


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("http://10.0.0.5/onvif/media", "http://203.0.113.9:8899/onvif/media"),  # behind a router
            ("http://203.0.113.9:8000/onvif/media?a=b", "http://203.0.113.9:8000/onvif/media?a=b"),
            ("http://user:pw@evil.example/steal", "http://203.0.113.9:8899/steal"),
        ],
    )
    def test_a_service_is_asked_at_the_host_that_we_know(self, given: str, expected: str) -> None:
        assert expected == address.service_address(given, "http://203.0.113.9:8899/onvif/device_service")

    def test_https_is_not_given_up(self) -> None:
        reached = "https://203.0.113.9/onvif/device_service"
        assert "https://203.0.113.9/m" == address.service_address("http://203.0.113.9:80/m", reached)

    def test_a_stream_keeps_its_port_and_loses_its_password(self) -> None:
        reached = "http://203.0.113.9:8899/onvif/device_service"
        given = "rtsp://admin:12345@10.0.0.5:554/Streaming/101?x=1"
        assert "rtsp://203.0.113.9:554/Streaming/101?x=1" == address.stream_address(given, reached)

    @given(st.text(max_size=60))
    def test_whatever_is_given_leads_to_the_known_host_or_nowhere(self, given: str) -> None:
        for candidate in (given, f"http://{given}", f"http://203.0.113.9{given}"):
            try:
                found = address.service_address(candidate, "http://203.0.113.9/d")
            except NotOnvif:
                continue
            assert re.match(r"http://203\.0\.113\.9(:\d+)?/", found), found


def an_encoder(**changes: object) -> Encoder:
    values: dict[str, object] = {
        "token": "e1",
        "encoding": "H265",
        "width": 2688,
        "height": 1520,
        "frames_per_s": 20.0,
        "kbit_per_s": 6144,
        "gop_frames": 100,
        "profile": "Main",
    }
    return Encoder(**(values | changes))  # type: ignore[arg-type]


CAN = EncoderOptions(
    encoding="H264",
    resolutions=((2688, 1520), (1920, 1080), (1280, 960), (1280, 720)),
    frame_rates=(5.0, 10.0, 20.0, 25.0, 30.0),
    kbit_per_s=(64, 16384),
    gop_frames=(1, 400),
    profiles=("Main", "High"),
)


class TestHouseProfile:
    def test_a_camera_is_brought_to_the_house_profile(self) -> None:
        planned = house.plan_encoder(an_encoder(), [CAN], house.MAIN)
        assert ("H264", 1920, 1080, 25.0, 4096, 50, "High") == (
            planned.encoding,
            planned.width,
            planned.height,
            planned.frames_per_s,
            planned.kbit_per_s,
            planned.gop_frames,
            planned.profile,
        )

    def test_a_camera_that_has_it_already_is_left_alone(self) -> None:
        planned = house.plan_encoder(an_encoder(), [CAN], house.MAIN)
        assert [] == house.differences(planned, house.plan_encoder(planned, [CAN], house.MAIN))

    def test_the_difference_is_readable(self) -> None:
        after = house.plan_encoder(an_encoder(), [CAN], house.MAIN)
        changes = {change.what: (change.before, change.after) for change in house.differences(an_encoder(), after)}
        assert ("2688×1520", "1920×1080") == changes["resolution"]
        assert ("6144 kbit/s", "4096 kbit/s") == changes["bit rate"]

    def test_a_camera_without_h264_says_so(self) -> None:
        with pytest.raises(NotSupported):
            house.plan_encoder(an_encoder(), [EncoderOptions(encoding="JPEG")], house.MAIN)

    @given(
        st.lists(st.tuples(st.integers(1, 8000), st.integers(1, 8000)), max_size=6),
        st.lists(st.floats(1, 240), max_size=6),
        st.tuples(st.integers(0, 500), st.integers(500, 20_000)),
    )
    def test_what_is_planned_is_what_the_camera_can(
        self, sizes: list[tuple[int, int]], rates: list[float], bits: tuple[int, int]
    ) -> None:
        can = EncoderOptions(encoding="H264", resolutions=tuple(sizes), frame_rates=tuple(rates), kbit_per_s=bits)
        planned = house.plan_encoder(an_encoder(), [can], house.MAIN)
        assert not sizes or (planned.width, planned.height) in sizes
        assert not rates or planned.frames_per_s in rates
        assert bits[0] <= planned.kbit_per_s <= bits[1]

    def test_main_and_sub_are_suggested_by_their_size(self) -> None:
        def profile(token: str, width: int, height: int, encoding: str = "H264", source: str = "vs") -> Profile:
            encoder = an_encoder(token=token, width=width, height=height, encoding=encoding)
            return Profile(token=token, name=token, video_source=source, encoder=encoder, has_ptz=False)

        listed = [
            profile("small", 640, 360),
            profile("big", 2688, 1520),
            profile("tiny", 176, 144),
            profile("still", 3840, 2160, "JPEG"),
            profile("other-lens", 3840, 2160, source="vs2"),
        ]
        main, sub = house.suggest_streams(listed)
        assert ("big", "small") == (main.token, sub.token if sub else None)
