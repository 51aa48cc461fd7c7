"""The simulated device's services: for each call of ONVIF that it knows, how it answers. XML by hand, gSOAP style."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from xml.etree.ElementTree import Element

from qorgan.domain.cameras import StreamName
from qorgan.sim.onvif_device import (
    Fault,
    OnvifDevice,
    Quirk,
    SimEncoder,
    SimEvent,
    Subscription,
    no_configuration,
    not_authorised,
    not_implemented,
)

INNER_HOST = "10.99.0.5"  # what a camera behind a router believes to be its address
PRE_AUTH = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities"})
_CHANGES = frozenset(
    {"SetNTP", "SetSystemDateAndTime", "SetVideoEncoderConfiguration", "SetOSD", "CreateOSD", "SetPreset"}
)
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
_PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_NOTIFY = "http://docs.oasis-open.org/wsn/b-2"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope'
    ' xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa5="http://www.w3.org/2005/08/addressing"'
    f' xmlns:onv="http://www.onvif.org/ver10/schema" xmlns:dev="{_DEVICE}" xmlns:med="{_MEDIA}" xmlns:med2="{_MEDIA2}"'
    f' xmlns:ptz="{_PTZ}" xmlns:evt="{_EVENTS}" xmlns:nt="{_NOTIFY}" xmlns:ter="http://www.onvif.org/ver10/error"'
    ' xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:sim="urn:qorgan:sim"><SOAP-ENV:Body>'
)
_TAIL = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when a call is answered."""

    device: OnvifDevice
    now: datetime
    monotonic: float
    base: str  # http://host:port/site/camera, as the client reached us
    stream_url: Callable[[StreamName], str]
    subscription: int | None = None  # the number in the path of a pull point

    def xaddr(self, name: str) -> str:
        base = self.base
        if Quirk.NAT_ADDRESS in self.device.quirks:
            base = re.sub(r"^http://[^/]+", f"http://{INNER_HOST}", base)
        return f"{base}/onvif/{name}"


def answer(setting: Setting, call: Element, *, logged_in: bool) -> str:
    """The whole answer. Raises `Fault`."""
    namespace, _, name = call.tag[1:].rpartition("}")
    device = setting.device
    device.calls.append(name)
    if name not in PRE_AUTH and not logged_in:
        raise not_authorised()
    if name not in PRE_AUTH and Quirk.BARE_FAULT in device.quirks:
        raise Fault((), "", 500)
    if name in _CHANGES and Quirk.VIEWER_ONLY in device.quirks:
        raise not_authorised()
    handler = _HANDLERS.get((namespace, name))
    if handler is None or (namespace == _MEDIA2 and Quirk.NO_MEDIA2 in device.quirks):
        raise not_implemented()
    return whole(handler(setting, call))


def whole(body: str) -> str:
    return f"{_HEAD}{body}{_TAIL}"


def fault_message(fault: Fault) -> str:
    inner = ""
    for code in reversed(fault.codes):
        inner = f"<SOAP-ENV:Subcode><SOAP-ENV:Value>{code}</SOAP-ENV:Value>{inner}</SOAP-ENV:Subcode>"
    reason = (
        f'<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">{escape(fault.reason)}</SOAP-ENV:Text></SOAP-ENV:Reason>'
        if fault.reason
        else ""
    )
    code = f"<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>{inner}</SOAP-ENV:Code>"
    return whole(f"<SOAP-ENV:Fault>{code}{reason}</SOAP-ENV:Fault>")


# What calls say


def _said(call: Element, *path: str) -> str:
    found: Element | None = call
    for name in path:
        found = None if found is None else next((c for c in found if c.tag.rpartition("}")[2] == name), None)
    return "" if found is None else (found.text or "").strip()


def _part(call: Element, *path: str) -> Element | None:
    found: Element | None = call
    for name in path:
        found = None if found is None else next((c for c in found if c.tag.rpartition("}")[2] == name), None)
    return found


def _seconds(duration: str) -> float:
    match = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", duration)
    if match is None:
        raise Fault(("ter:InvalidArgVal",), "only durations in seconds")
    return float(match[1])


# Device


def _get_clock(setting: Setting, call: Element) -> str:
    if Quirk.NO_CLOCK in setting.device.quirks:
        raise not_implemented()
    t = setting.device.told_time(setting.now)
    return (
        "<dev:GetSystemDateAndTimeResponse><dev:SystemDateAndTime><onv:DateTimeType>Manual</onv:DateTimeType>"
        "<onv:DaylightSavings>false</onv:DaylightSavings><onv:TimeZone><onv:TZ>UTC-5</onv:TZ></onv:TimeZone>"
        f"<onv:UTCDateTime><onv:Time><onv:Hour>{t.hour}</onv:Hour><onv:Minute>{t.minute}</onv:Minute>"
        f"<onv:Second>{t.second}</onv:Second></onv:Time><onv:Date><onv:Year>{t.year}</onv:Year>"
        f"<onv:Month>{t.month}</onv:Month><onv:Day>{t.day}</onv:Day></onv:Date></onv:UTCDateTime>"
        "</dev:SystemDateAndTime></dev:GetSystemDateAndTimeResponse>"
    )


def _services(setting: Setting) -> dict[str, str]:
    found = {_DEVICE: "device_service", _MEDIA: "media"}
    if Quirk.NO_MEDIA2 not in setting.device.quirks:
        found[_MEDIA2] = "media2"
    if Quirk.NO_EVENTS not in setting.device.quirks:
        found[_EVENTS] = "events"
    if setting.device.has_ptz:
        found[_PTZ] = "ptz"
    return {namespace: setting.xaddr(name) for namespace, name in found.items()}


def _get_services(setting: Setting, call: Element) -> str:
    if Quirk.NO_MEDIA2 in setting.device.quirks:
        raise not_implemented()
    listed = "".join(
        f"<dev:Service><dev:Namespace>{namespace}</dev:Namespace><dev:XAddr>{escape(address)}</dev:XAddr>"
        "<dev:Version><onv:Major>2</onv:Major><onv:Minor>60</onv:Minor></dev:Version></dev:Service>"
        for namespace, address in _services(setting).items()
    )
    return f"<dev:GetServicesResponse>{listed}</dev:GetServicesResponse>"


def _get_capabilities(setting: Setting, call: Element) -> str:
    names = {_DEVICE: "Device", _MEDIA: "Media", _EVENTS: "Events", _PTZ: "PTZ"}
    listed = "".join(
        f"<onv:{names[namespace]}><onv:XAddr>{escape(address)}</onv:XAddr></onv:{names[namespace]}>"
        for namespace, address in _services(setting).items()
        if namespace in names
    )
    return f"<dev:GetCapabilitiesResponse><dev:Capabilities>{listed}</dev:Capabilities></dev:GetCapabilitiesResponse>"


def _get_information(setting: Setting, call: Element) -> str:
    return (
        "<dev:GetDeviceInformationResponse><dev:Manufacturer>Qorgan</dev:Manufacturer>"
        f"<dev:Model>Simulated {escape(setting.device.camera.scene.value)}</dev:Model>"
        "<dev:FirmwareVersion>1.0</dev:FirmwareVersion>"
        f"<dev:SerialNumber>{escape(setting.device.place)}</dev:SerialNumber>"
        "<dev:HardwareId>sim</dev:HardwareId></dev:GetDeviceInformationResponse>"
    )


def _get_ntp(setting: Setting, call: Element) -> str:
    server = setting.device.ntp_server
    by_hand = (
        f"<onv:NTPManual><onv:Type>DNS</onv:Type><onv:DNSname>{escape(server)}</onv:DNSname></onv:NTPManual>"
        if server
        else ""
    )
    return (
        "<dev:GetNTPResponse><dev:NTPInformation><onv:FromDHCP>false</onv:FromDHCP>"
        f"{by_hand}</dev:NTPInformation></dev:GetNTPResponse>"
    )


def _set_ntp(setting: Setting, call: Element) -> str:
    names = ("DNSname", "IPv4Address", "IPv6Address")
    server = next((value for name in names if (value := _said(call, "NTPManual", name))), "")
    if not server:
        raise Fault(("ter:InvalidArgVal", "ter:InvalidDnsName"), "no server")
    setting.device.ntp_server = server
    return "<dev:SetNTPResponse/>"


def _set_clock(setting: Setting, call: Element) -> str:
    """A clock that is to follow NTP does so at once."""
    if _said(call, "DateTimeType") != "NTP" or not setting.device.ntp_server:
        raise Fault(("ter:InvalidArgVal", "ter:InvalidDateTime"), "set an NTP server first")
    setting.device.clock_from_ntp = True
    setting.device.clock_offset_s = 0.0
    return "<dev:SetSystemDateAndTimeResponse/>"


# Media and Media2


def _multicast() -> str:
    return (
        "<onv:Multicast><onv:Address><onv:Type>IPv4</onv:Type><onv:IPv4Address>0.0.0.0</onv:IPv4Address></onv:Address>"
        "<onv:Port>0</onv:Port><onv:TTL>0</onv:TTL><onv:AutoStart>false</onv:AutoStart></onv:Multicast>"
    )


def _encoder(tag: str, name: StreamName, encoder: SimEncoder, *, old: bool) -> str:
    size = f"<onv:Width>{encoder.width}</onv:Width><onv:Height>{encoder.height}</onv:Height>"
    size = f"<onv:Resolution>{size}</onv:Resolution>"
    limit = f"<onv:FrameRateLimit>{encoder.frames_per_s}</onv:FrameRateLimit>"
    bits = f"<onv:BitrateLimit>{encoder.kbit_per_s}</onv:BitrateLimit>"
    start = f"<onv:Name>{name.value}</onv:Name><onv:UseCount>1</onv:UseCount>"
    start += f"<onv:Encoding>{encoder.encoding}</onv:Encoding>"
    if not old:
        return (
            f'<{tag} token="encoder_{name.value}" GovLength="{encoder.gop_frames}" Profile="{encoder.profile}">{start}'
            f'{size}<onv:RateControl ConstantBitRate="false">{limit}{bits}</onv:RateControl>{_multicast()}'
            f"<onv:Quality>4</onv:Quality></{tag}>"
        )
    codec = (
        f"<onv:{encoder.encoding}><onv:GovLength>{encoder.gop_frames}</onv:GovLength><onv:{encoder.encoding}Profile>"
        f"{encoder.profile}</onv:{encoder.encoding}Profile></onv:{encoder.encoding}>"
    )
    return (
        f'<{tag} token="encoder_{name.value}">{start}{size}<onv:Quality>4</onv:Quality><onv:RateControl>{limit}'
        f"<onv:EncodingInterval>1</onv:EncodingInterval>{bits}</onv:RateControl>{codec}{_multicast()}"
        f"<onv:SessionTimeout>PT60S</onv:SessionTimeout></{tag}>"
    )


def _get_profiles(setting: Setting, call: Element) -> str:
    old = _is_old(call)
    prefix = "med" if old else "med2"
    listed = ""
    for name, encoder in setting.device.encoders.items():
        suffix = "Configuration" if old else ""
        schema = "onv" if old else "med2"
        source = (
            f'<{schema}:VideoSource{suffix} token="source"><onv:Name>source</onv:Name><onv:SourceToken>lens'
            f"</onv:SourceToken></{schema}:VideoSource{suffix}>"
        )
        coded = _encoder(f"{schema}:VideoEncoder{suffix}", name, encoder, old=old)
        ptz = f'<{schema}:PTZ{suffix} token="ptz"/>' if setting.device.has_ptz else ""
        inside = source + coded + ptz if old else f"<med2:Configurations>{source}{coded}{ptz}</med2:Configurations>"
        title = f"onv:Name>{name.value}</onv:Name" if old else f"med2:Name>{name.value}</med2:Name"
        listed += f'<{prefix}:Profiles token="profile_{name.value}" fixed="true"><{title}>{inside}</{prefix}:Profiles>'
    return f"<{prefix}:GetProfilesResponse>{listed}</{prefix}:GetProfilesResponse>"


def _is_old(call: Element) -> bool:
    return call.tag.startswith(f"{{{_MEDIA}}}")


def _uri(call: Element, name: str, url: str) -> str:
    if _is_old(call):
        life = "<onv:InvalidAfterConnect>false</onv:InvalidAfterConnect><onv:Timeout>PT0S</onv:Timeout>"
        return f"<med:{name}><med:MediaUri><onv:Uri>{escape(url)}</onv:Uri>{life}</med:MediaUri></med:{name}>"
    return f"<med2:{name}><med2:Uri>{escape(url)}</med2:Uri></med2:{name}>"


def _get_stream_uri(setting: Setting, call: Element) -> str:
    url = setting.stream_url(setting.device.stream(_said(call, "ProfileToken")))
    if Quirk.NAT_ADDRESS in setting.device.quirks:
        url = re.sub(r"^rtsp://[^/:]+", f"rtsp://{INNER_HOST}", url)
    return _uri(call, "GetStreamUriResponse", url)


def _get_snapshot_uri(setting: Setting, call: Element) -> str:
    if Quirk.NO_SNAPSHOT in setting.device.quirks:
        raise not_implemented()
    name = setting.device.stream(_said(call, "ProfileToken"))
    return _uri(call, "GetSnapshotUriResponse", setting.xaddr(f"snapshot/{name.value}"))


def _get_encoders(setting: Setting, call: Element) -> str:
    token = _said(call, "ConfigurationToken")
    name = StreamName(token.removeprefix("encoder_")) if setting.device.encoder(token) else StreamName.MAIN
    encoder = setting.device.encoder(token)
    if _is_old(call):
        inside = _encoder("med:Configuration", name, encoder, old=True)
        return f"<med:GetVideoEncoderConfigurationResponse>{inside}</med:GetVideoEncoderConfigurationResponse>"
    inside = _encoder("med2:Configurations", name, encoder, old=False)
    return f"<med2:GetVideoEncoderConfigurationsResponse>{inside}</med2:GetVideoEncoderConfigurationsResponse>"


def _set_encoder(setting: Setting, call: Element) -> str:
    part = _part(call, "Configuration")
    if part is None or not _said(part, "Multicast", "Port"):
        raise Fault(("ter:InvalidArgVal", "ter:ConfigModify"), "Multicast is missing")  # as real ones insist
    encoding = _said(part, "Encoding")
    old = _is_old(call)
    gop = _said(part, encoding, "GovLength") if old else part.get("GovLength", "0")
    profile = _said(part, encoding, f"{encoding}Profile") if old else part.get("Profile", "Main")
    try:
        wanted = SimEncoder(
            encoding=encoding,
            width=int(_said(part, "Resolution", "Width")),
            height=int(_said(part, "Resolution", "Height")),
            frames_per_s=round(float(_said(part, "RateControl", "FrameRateLimit"))),
            kbit_per_s=int(_said(part, "RateControl", "BitrateLimit")),
            gop_frames=int(gop),
            profile=profile,
        )
    except ValueError:
        raise Fault(("ter:InvalidArgVal", "ter:ConfigModify"), "a number is missing") from None
    setting.device.change_encoder(part.get("token", ""), wanted)
    prefix = "med" if old else "med2"
    return f"<{prefix}:SetVideoEncoderConfigurationResponse/>"


def _get_options(setting: Setting, call: Element) -> str:
    sizes = "".join(
        f"<onv:ResolutionsAvailable><onv:Width>{w}</onv:Width><onv:Height>{h}</onv:Height></onv:ResolutionsAvailable>"
        for w, h in setting.device.sizes(_said(call, "ConfigurationToken"))
    )
    quality = "<onv:QualityRange><onv:Min>1</onv:Min><onv:Max>6</onv:Max></onv:QualityRange>"
    bits = "<onv:BitrateRange><onv:Min>64</onv:Min><onv:Max>8192</onv:Max></onv:BitrateRange>"
    name = "GetVideoEncoderConfigurationOptionsResponse"
    if not _is_old(call):
        listed = "".join(
            '<med2:Options GovLengthRange="1 300" FrameRatesSupported="30 25 20 15 10 5 1"'
            ' ProfilesSupported="Main High">'
            f"<onv:Encoding>{encoding}</onv:Encoding>{quality}{sizes}{bits}</med2:Options>"
            for encoding in setting.device.encodings()
        )
        return f"<med2:{name}>{listed}</med2:{name}>"
    h264 = (
        f"{sizes}<onv:GovLengthRange><onv:Min>1</onv:Min><onv:Max>300</onv:Max></onv:GovLengthRange><onv:FrameRateRange>"
        "<onv:Min>1</onv:Min><onv:Max>30</onv:Max></onv:FrameRateRange><onv:EncodingIntervalRange><onv:Min>1</onv:Min>"
        "<onv:Max>1</onv:Max></onv:EncodingIntervalRange><onv:H264ProfilesSupported>Main</onv:H264ProfilesSupported>"
        "<onv:H264ProfilesSupported>High</onv:H264ProfilesSupported>"
    )
    return (
        f"<med:{name}><med:Options>{quality}<onv:H264>{h264}</onv:H264><onv:Extension><onv:H264>{h264}{bits}</onv:H264>"
        f"</onv:Extension></med:Options></med:{name}>"
    )


def _get_osds(setting: Setting, call: Element) -> str:
    prefix = "med" if _is_old(call) else "med2"
    clock = (
        f'<{prefix}:OSDs token="osd_clock">'
        "<onv:VideoSourceConfigurationToken>source</onv:VideoSourceConfigurationToken><onv:Type>Text</onv:Type><onv:Position><onv:Type>LowerRight</onv:Type></onv:Position><onv:TextString>"
        f"<onv:Type>DateAndTime</onv:Type></onv:TextString></{prefix}:OSDs>"
    )
    words = setting.device.osd_text
    name = (
        f'<{prefix}:OSDs token="osd_name"><onv:VideoSourceConfigurationToken>source</onv:VideoSourceConfigurationToken>'
        "<onv:Type>Text</onv:Type><onv:Position><onv:Type>UpperLeft</onv:Type></onv:Position><onv:TextString>"
        f"<onv:Type>Plain</onv:Type><onv:PlainText>{escape(words)}</onv:PlainText></onv:TextString></{prefix}:OSDs>"
        if words is not None
        else ""
    )
    return f"<{prefix}:GetOSDsResponse>{clock}{name}</{prefix}:GetOSDsResponse>"


def _set_osd(setting: Setting, call: Element) -> str:
    part = _part(call, "OSD")
    if part is None or part.get("token") != "osd_name" or setting.device.osd_text is None:
        raise no_configuration()
    setting.device.osd_text = _said(part, "TextString", "PlainText")
    return f"<{'med' if _is_old(call) else 'med2'}:SetOSDResponse/>"


def _create_osd(setting: Setting, call: Element) -> str:
    if setting.device.osd_text is not None:
        raise Fault(("ter:Action", "ter:MaxOSDs"), "Maximum number of supported OSDs has been reached")
    setting.device.osd_text = _said(call, "OSD", "TextString", "PlainText")
    prefix = "med" if _is_old(call) else "med2"
    return f"<{prefix}:CreateOSDResponse><{prefix}:OSDToken>osd_name</{prefix}:OSDToken></{prefix}:CreateOSDResponse>"


# PTZ


def _move(setting: Setting, call: Element) -> str:
    setting.device.stream(_said(call, "ProfileToken"))
    pan_tilt, zoom = _part(call, "Velocity", "PanTilt"), _part(call, "Velocity", "Zoom")
    speeds = [
        float(part.get(axis, "0")) if part is not None else 0.0
        for part, axis in ((pan_tilt, "x"), (pan_tilt, "y"), (zoom, "x"))
    ]
    if not all(-1 <= speed <= 1 for speed in speeds):
        raise Fault(("ter:InvalidArgVal", "ter:InvalidVelocity"), "velocity out of bounds")
    setting.device.ptz.go(
        (speeds[0], speeds[1], speeds[2]), _seconds(_said(call, "Timeout") or "PT5S"), setting.monotonic
    )
    return "<ptz:ContinuousMoveResponse/>"


def _stop(setting: Setting, call: Element) -> str:
    setting.device.stream(_said(call, "ProfileToken"))
    setting.device.ptz.go((0.0, 0.0, 0.0), 0.0, setting.monotonic)
    return "<ptz:StopResponse/>"


def _get_status(setting: Setting, call: Element) -> str:
    setting.device.stream(_said(call, "ProfileToken"))
    pan, tilt, zoom = setting.device.ptz.position(setting.monotonic)
    return (
        f'<ptz:GetStatusResponse><ptz:PTZStatus><onv:Position><onv:PanTilt x="{pan:.4f}" y="{tilt:.4f}"/>'
        f'<onv:Zoom x="{zoom:.4f}"/></onv:Position></ptz:PTZStatus></ptz:GetStatusResponse>'
    )


def _get_presets(setting: Setting, call: Element) -> str:
    listed = "".join(
        f'<ptz:Preset token="{token}"><onv:Name>{escape(name)}</onv:Name></ptz:Preset>'
        for token, (name, _) in setting.device.presets.items()
    )
    return f"<ptz:GetPresetsResponse>{listed}</ptz:GetPresetsResponse>"


def _goto_preset(setting: Setting, call: Element) -> str:
    preset = setting.device.presets.get(_said(call, "PresetToken"))
    if preset is None:
        raise Fault(("ter:InvalidArgVal", "ter:NoToken"), "no such preset")
    setting.device.ptz.jump(preset[1])
    return "<ptz:GotoPresetResponse/>"


def _set_preset(setting: Setting, call: Element) -> str:
    device = setting.device
    token = _said(call, "PresetToken") or str(len(device.presets) + 1)
    device.presets[token] = (_said(call, "PresetName") or token, device.ptz.position(setting.monotonic))
    return f"<ptz:SetPresetResponse><ptz:PresetToken>{token}</ptz:PresetToken></ptz:SetPresetResponse>"


# Events


def _subscribe(setting: Setting, call: Element) -> str:
    if Quirk.NO_EVENTS in setting.device.quirks:
        raise not_implemented()
    made = setting.device.subscribe(_seconds(_said(call, "InitialTerminationTime") or "PT60S"), setting.now)
    return (
        "<evt:CreatePullPointSubscriptionResponse><evt:SubscriptionReference>"
        f"<wsa5:Address>{escape(setting.xaddr('subscription'))}</wsa5:Address><wsa5:ReferenceParameters>"
        f"<sim:SubscriptionId>{made.number}</sim:SubscriptionId></wsa5:ReferenceParameters>"
        f"</evt:SubscriptionReference>{_lives(setting, made, 'nt')}</evt:CreatePullPointSubscriptionResponse>"
    )


def _lives(setting: Setting, subscription: Subscription, prefix: str) -> str:
    ends = setting.device.own_time(subscription.ends_at)
    current = setting.device.own_time(setting.now)
    return (
        f"<{prefix}:CurrentTime>{_stamp(current)}</{prefix}:CurrentTime>"
        f"<{prefix}:TerminationTime>{_stamp(ends)}</{prefix}:TerminationTime>"
    )


def _renew(setting: Setting, call: Element) -> str:
    life = _seconds(_said(call, "TerminationTime"))
    renewed = setting.device.renew(setting.subscription or 0, life, setting.now)
    return f"<nt:RenewResponse>{_lives(setting, renewed, 'nt')}</nt:RenewResponse>"


def _unsubscribe(setting: Setting, call: Element) -> str:
    setting.device.subscription(setting.subscription or 0, setting.now)
    setting.device.subscriptions.pop(setting.subscription or 0).more.set()
    return "<nt:UnsubscribeResponse/>"


def pull_wait_s(call: Element) -> float:
    """How long a PullMessages call wants to wait for the first notification."""
    return min(_seconds(_said(call, "Timeout") or "PT1S"), 60.0)


def _pull(setting: Setting, call: Element) -> str:
    subscription = setting.device.subscription(setting.subscription or 0, setting.now)
    most = int(_said(call, "MessageLimit") or "10")
    listed = ""
    while subscription.waiting and most > 0:
        listed += _notification(*subscription.waiting.popleft())
        most -= 1
    if not subscription.waiting:
        subscription.more.clear()
    return f"<evt:PullMessagesResponse>{_lives(setting, subscription, 'evt')}{listed}</evt:PullMessagesResponse>"


_TOPICS = {
    "motion": ("tns1:RuleEngine/CellMotionDetector/Motion", "Rule", "IsMotion"),
    "tamper": ("tns1:VideoSource/GlobalSceneChange/ImagingService", "Source", "State"),
    "input": ("tns1:Device/Trigger/DigitalInput", "InputToken", "LogicalState"),
}


def _notification(event: SimEvent, at: datetime, initial: bool) -> str:
    topic, source, state = _TOPICS[event.kind]
    operation = "Initialized" if initial else "Changed"
    name = event.token if event.kind == "input" else "source"
    return (
        '<nt:NotificationMessage><nt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f'{topic}</nt:Topic><nt:Message><onv:Message UtcTime="{_stamp(at)}" PropertyOperation="{operation}">'
        f'<onv:Source><onv:SimpleItem Name="{source}" Value="{escape(name)}"/></onv:Source><onv:Data>'
        f'<onv:SimpleItem Name="{state}" Value="{str(event.active).lower()}"/></onv:Data></onv:Message></nt:Message>'
        "</nt:NotificationMessage>"
    )


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


_BOTH: dict[str, Callable[[Setting, Element], str]] = {
    "GetProfiles": _get_profiles,
    "GetStreamUri": _get_stream_uri,
    "GetSnapshotUri": _get_snapshot_uri,
    "SetVideoEncoderConfiguration": _set_encoder,
    "GetVideoEncoderConfigurationOptions": _get_options,
    "GetOSDs": _get_osds,
    "SetOSD": _set_osd,
    "CreateOSD": _create_osd,
}
_HANDLERS: dict[tuple[str, str], Callable[[Setting, Element], str]] = {
    (_DEVICE, "GetSystemDateAndTime"): _get_clock,
    (_DEVICE, "GetServices"): _get_services,
    (_DEVICE, "GetCapabilities"): _get_capabilities,
    (_DEVICE, "GetDeviceInformation"): _get_information,
    (_DEVICE, "GetNTP"): _get_ntp,
    (_DEVICE, "SetNTP"): _set_ntp,
    (_DEVICE, "SetSystemDateAndTime"): _set_clock,
    (_MEDIA, "GetVideoEncoderConfiguration"): _get_encoders,
    (_MEDIA2, "GetVideoEncoderConfigurations"): _get_encoders,
    (_PTZ, "ContinuousMove"): _move,
    (_PTZ, "Stop"): _stop,
    (_PTZ, "GetStatus"): _get_status,
    (_PTZ, "GetPresets"): _get_presets,
    (_PTZ, "GotoPreset"): _goto_preset,
    (_PTZ, "SetPreset"): _set_preset,
    (_EVENTS, "CreatePullPointSubscription"): _subscribe,
    (_EVENTS, "PullMessages"): _pull,
    (_NOTIFY, "Renew"): _renew,
    (_NOTIFY, "Unsubscribe"): _unsubscribe,
    **{(namespace, name): handler for namespace in (_MEDIA, _MEDIA2) for name, handler in _BOTH.items()},
}
