"""A camera that we did not write: GStreamer's RTSP server, run with Debian's Python (it needs `gi`).

    /usr/bin/python3 gst_camera.py [--user NAME] [--codec h264|h265|jpeg] [--sound alaw|aac] [--over tcp|udp|both]
                                   [--certificate PEM]
    the password, if a user is given, comes on standard input

Serves /cam (640×360, 25 frames/s, keyframe every second). Prints its port when it listens. With a certificate (and its
key, in one file) it speaks RTSP inside TLS.
"""

import argparse
import pathlib
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SOURCE = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,height=360,framerate=25/1"
VIDEO = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=25"
    " ! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=25"
    ' option-string="pools=1:frame-threads=1:log-level=none" ! h265parse'
    " ! rtph265pay name=pay0 pt=96 config-interval=1",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
SOUND = {
    "": "",
    "alaw": "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
    "aac": "audiotestsrc is-live=true ! audio/x-raw,rate=16000,channels=1 ! voaacenc ! rtpmp4gpay name=pay1 pt=97",
}
OVER = {
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "both": GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP,
}


def require_digest(auth, factory, user, password):
    """Only `user` may watch, and only by digest authentication."""
    auth.set_supported_methods(GstRtspServer.RTSPAuthMethod.DIGEST if hasattr(GstRtspServer, "RTSPAuthMethod") else 2)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", user)
    auth.add_digest(user, password, token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(user, "media.factory.access", True)
    permissions.add_permission_for_role(user, "media.factory.construct", True)
    factory.set_permissions(permissions)


def admit_everybody(auth, factory):
    """TLS needs an `auth`, and an `auth` needs somebody who may watch."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "anybody")
    auth.set_default_token(token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("anybody", "media.factory.access", True)
    permissions.add_permission_for_role("anybody", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--codec", choices=VIDEO, default="h264")
    parser.add_argument("--sound", choices=SOUND, default="")
    parser.add_argument("--over", choices=OVER, default="both")
    parser.add_argument("--certificate")
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(f"( {SOURCE} ! {VIDEO[arguments.codec]} {SOUND[arguments.sound]} )")
    factory.set_shared(True)
    factory.set_protocols(OVER[arguments.over])
    if arguments.user or arguments.certificate:
        auth = GstRtspServer.RTSPAuth.new()
        if arguments.user:
            require_digest(auth, factory, arguments.user, sys.stdin.readline().strip())
        else:
            admit_everybody(auth, factory)
        if arguments.certificate:
            pem = pathlib.Path(arguments.certificate).read_text()
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_pem(pem, -1))
        server.set_auth(auth)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
