"""A web server that gives prepared answers and remembers what it was asked."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qorgan.sim.odd import Listener


@dataclass(frozen=True)
class HttpRequest:
    path: str
    headers: dict[str, str]
    body: Any


class HttpAnswers(Listener):
    """Gives one answer, (status, JSON object), to each request; status 0 hangs up instead."""

    def __init__(self, answers: Iterable[tuple[int, dict[str, str]]]) -> None:
        super().__init__()
        self._answers = iter(answers)
        self.requests: list[HttpRequest] = []

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head[1:])}
            body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
        except asyncio.IncompleteReadError:
            return  # the button gave up
        self.requests.append(HttpRequest(head[0].split()[1], headers, body))
        status, answer = next(self._answers)
        if status:
            data = json.dumps(answer).encode()
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode())
            writer.write(data)
