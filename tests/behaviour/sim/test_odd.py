"""Things that are no cameras behave as they do in the world."""

import asyncio

import httpx

from qorgan.sim.odd import Junk, Silent, WebServer


async def _say_options(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


async def test_a_web_server_answers_everybody_with_a_page() -> None:
    async with WebServer() as server, httpx.AsyncClient(timeout=60) as browser:
        page = await browser.get(f"http://127.0.0.1:{server.port}/")
        assert page.status_code == 200 and "<title>" in page.text
        assert (await _say_options(server.port)).startswith(b"HTTP/1.1 200 OK")
        assert server.visits == 2


async def test_junk_is_five_thousand_characters() -> None:
    async with Junk() as server:
        said = await _say_options(server.port)
    assert len(said) == 5000 and b"\n" not in said and said.isascii()


async def test_a_silent_one_accepts_and_says_nothing() -> None:
    async with Silent() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"OPTIONS * RTSP/1.0\r\n\r\n")
        writer.write_eof()
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()
