"""Starts `gst_camera.py` with Debian's Python."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROGRAM = Path(__file__).with_name("gst_camera.py")


@contextlib.contextmanager
def gst_camera(
    *,
    user: str = "",
    password: str = "",
    codec: str = "h264",
    sound: str = "",
    over: str = "both",
    certificate: Path | None = None,
) -> Iterator[str]:
    """A GStreamer camera; its URL. With a user it wants digest authentication, with a certificate it speaks TLS."""
    command = ["/usr/bin/python3", str(PROGRAM), "--codec", codec, "--over", over, "--sound", sound]
    command += ["--user", user] if user else []
    command += ["--certificate", str(certificate)] if certificate else []
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(password + "\n")
        process.stdin.flush()
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the GStreamer camera did not start"
        yield f"{'rtsps' if certificate else 'rtsp'}://127.0.0.1:{port}/cam"
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
