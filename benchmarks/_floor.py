"""The floor under every recorder: read what the cameras send into one buffer and write it down, parsing nothing.

Used by benchmarks/recorder.py; not a recorder: nothing it writes can be played.
"""

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.client import RtspClient, Step

READ_EVERY_S = 0.2


def handshake(url: str) -> socket.socket:
    """DESCRIBE, SETUP, PLAY; then the socket as it is."""
    address = messages.parse_url(url)
    sock = socket.create_connection((address.host, address.port))
    client, data = RtspClient(url, None, time.monotonic(), encodings=("H264", "H265"), wants_audio=True), b""
    while client.step is not Step.PLAYING:
        sock.sendall(client.take_bytes())
        data += sock.recv(65536)
        with memoryview(data) as view:
            taken = client.receive(view, 0, len(view), [], time.monotonic())
            client.depacketizer.keep()
        data = data[taken:]
    sock.setblocking(False)
    return sock


async def main(folder: Path, urls: list[str]) -> None:
    pairs = []
    for number, url in enumerate(urls):
        sock = await asyncio.to_thread(handshake, url)
        pairs.append((sock, os.open(folder / f"{number}.raw", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)))
    buffer = memoryview(bytearray(1024 * 1024))
    print("ready", flush=True)
    while True:
        await asyncio.sleep(READ_EVERY_S)
        for sock, file in pairs:
            try:
                count = sock.recv_into(buffer)
            except BlockingIOError:
                continue
            os.write(file, buffer[:count])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.stdin.read().split()))
