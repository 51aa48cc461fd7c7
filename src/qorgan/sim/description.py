"""The session description of a simulated camera (RFC 8866; RFC 6184 8.2, RFC 7798 7.2 for the pictures)."""

import base64

from qorgan.sim import rtp
from qorgan.sim.cameras import CameraKind, SimCamera
from qorgan.sim.codecs import VideoCodec
from qorgan.sim.streams import Stream

_SILENT = {
    CameraKind.AUDIO_ONLY: "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n",
    CameraKind.MJPEG: "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\n",
}


def describe(camera: SimCamera, stream: Stream | None) -> str:
    """What a camera answers to DESCRIBE. Without a stream it only pretends to have one."""
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=qorgan simulated camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    head += "a=range:npt=now-\r\na=control:*\r\n"
    if stream is None:
        return f"{head}{_SILENT[camera.kind]}a=control:track1\r\n"
    sound = f"{stream.sound.clip.sdp}a=control:track2\r\n" if stream.sound else ""
    return f"{head}{_pictures(stream)}a=control:track1\r\n{sound}"


def _pictures(stream: Stream) -> str:
    clip, kind = stream.clip, rtp.PAYLOAD_TYPE
    sets = [base64.b64encode(nal).decode() for nal in clip.sets]
    if clip.codec is VideoCodec.H264:
        level = clip.sets[0][1:4].hex()
        encoding = f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={','.join(sets)}"
    else:
        encoding = ";".join(f"sprop-{name}={text}" for name, text in zip(("vps", "sps", "pps"), sets, strict=True))
    return (
        f"m=video 0 RTP/AVP {kind}\r\nb=AS:{stream.spec.profile.bits_per_s // 1000}\r\n"
        f"a=rtpmap:{kind} {clip.codec.upper()}/{rtp.RTP_CLOCK}\r\na=fmtp:{kind} {encoding}\r\n"
        f"a=framerate:{clip.frames_per_s:g}\r\n"
    )
