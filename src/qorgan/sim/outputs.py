"""Sirens, loudspeakers and doors that do not exist: relays with a web address and a digest login, as shops sell them.

`POST /outputs/<site>/<key>/on`, `…/off`, `…/say/<what>` are theirs and want the login; `GET /outputs` shows what each
is and has said; `PUT /outputs/<site>/<key>/fault` `{"fault": "refuse|stall|none"}` breaks one: these two are for people
at this machine.
"""

import asyncio
import secrets
import socket
from typing import Literal, Self

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qorgan import serving
from qorgan.sim import digest
from qorgan.sim.cameras import Login

MAX_SAID = 100
STALL_S = 3_600.0
log = structlog.get_logger(__name__)
Fault = Literal["none", "refuse", "stall"]


class SimOutput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One output of a site; anybody may switch it when there is no login."""

    site: str
    key: str
    login: Login | None = None


class OutputState(msgspec.Struct, kw_only=True):
    """How an output is, and what it was told, newest last."""

    site: str
    key: str
    on: bool = False
    fault: Fault = "none"
    said: list[str] = []
    orders: int = 0


class _FaultOrder(msgspec.Struct, frozen=True, kw_only=True):
    fault: Fault


class SimOutputs:
    """Owner of the outputs' states. Use `routes` inside another server, or with `async with` on a port of its own."""

    def __init__(self, outputs: list[SimOutput], *, port: int = 0) -> None:
        self._logins = {(one.site, one.key): one.login for one in outputs}
        self.states = {place: OutputState(site=place[0], key=place[1], said=[]) for place in self._logins}
        self._nonce = secrets.token_hex(16)
        self.port = port

    def url(self, site: str, key: str, what: str) -> str:
        return f"http://127.0.0.1:{self.port}/outputs/{site}/{key}/{what}"

    async def __aenter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        app = Starlette(routes=self.routes())
        self._serving = asyncio.create_task(serving.serve(app, self._listener, grace_s=0), name="sim:outputs")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
        self._listener.close()

    def routes(self) -> list[Route]:
        output = "/outputs/{site}/{key}"
        return [
            Route("/outputs", self._list, methods=["GET"]),
            Route(f"{output}/fault", self._break, methods=["PUT"]),
            Route(f"{output}/say/{{what}}", self._switch, methods=["GET", "POST"]),
            Route(f"{output}/{{order}}", self._switch, methods=["GET", "POST"]),
        ]

    async def _list(self, _request: Request) -> Response:
        return _json({"items": list(self.states.values())})

    async def _break(self, request: Request) -> Response:
        state = self._state(request)
        if state is None:
            return Response(status_code=404)
        try:
            state.fault = msgspec.json.decode(await request.body(), type=_FaultOrder).fault
        except msgspec.MsgspecError:
            return Response(status_code=400)
        return _json(state)

    async def _switch(self, request: Request) -> Response:
        state = self._state(request)
        if state is None:
            return Response(status_code=404)
        login = self._logins[state.site, state.key]
        given = request.headers.get("authorization", "")
        if login is not None and not digest.is_right(login, self._nonce, request.method, request.url.path, given):
            return Response(status_code=401, headers={"www-authenticate": digest.challenge(login, self._nonce)})
        if state.fault == "stall":
            await asyncio.sleep(STALL_S)
        if state.fault == "refuse":
            return Response(status_code=500)
        return self._obey(state, request.path_params)

    def _obey(self, state: OutputState, wish: dict[str, str]) -> Response:
        state.orders += 1
        if "what" in wish:
            state.said = [*state.said, wish["what"]][-MAX_SAID:]
        elif wish["order"] in ("on", "off"):
            state.on = wish["order"] == "on"
        else:
            return Response(status_code=404)
        log.info("output.told", site=state.site, key=state.key, on=state.on)
        return _json(state)

    def _state(self, request: Request) -> OutputState | None:
        return self.states.get((request.path_params["site"], request.path_params["key"]))


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
