"""Somebody else's servers, real and on this machine: they keep what they are told, by HTTP and by mail."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass
class HttpReceiver:
    """Answers each POST with the next of `statuses`, then with 204. `location` goes along with a redirect."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    answer_headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(Request(self.path, headers, body))
            self._answer()

        def do_GET(self) -> None:
            receiver.requests.append(Request(self.path, {}, b""))
            self._answer()

        def _answer(self) -> None:
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            for name, value in receiver.answer_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    running.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        running.join()


@dataclass
class MailReceiver:
    """Takes mail for everybody but those it `refuses`."""

    port: int = 0
    refuses: set[str] = field(default_factory=set)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuses:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextlib.contextmanager
def mail_receiver(port: int) -> Iterator[MailReceiver]:
    receiver = MailReceiver(port=port)
    controller = Controller(receiver, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
