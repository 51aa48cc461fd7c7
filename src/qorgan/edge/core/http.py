"""The node's HTTP: buttons, what the presser may know, health, the local screen, the school's watch ledger.

A press is answered 201 after its commit and never before (I1). Errors are problem documents. Whoever calls is not
trusted: bodies are bounded in size and time, tokens are compared in constant time, texts are escaped.
"""

import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from qorgan.domain.alarms import Kind
from qorgan.domain.gestures import Gesture
from qorgan.edge.config import Button, EdgeConfig
from qorgan.edge.core import kiosk, screen
from qorgan.edge.core.life import ButtonLife
from qorgan.edge.core.link import Link
from qorgan.edge.core.node import Node, NodeStatus
from qorgan.edge.core.signals import of_button
from qorgan.edge.core.web import Unauthorised, answer_json, on_bug, on_error, on_http_error, parse, read_body
from qorgan.edge.outputs.desk import ActionDesk
from qorgan.kernel.errors import Forbidden, Invalid, NotFound, QorganError
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.radio import read_state

WATCHES_PER_PAGE = 100


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """What a button sends. `press_id` is new for each press and the same for each repetition of it."""

    press_id: UUID
    kind: Kind = Kind.REAL
    gesture: Gesture = Gesture.POLICE


def create_app(
    config: EdgeConfig,
    node: Node,
    link: Link,
    tokens: Mapping[ButtonKey, str],
    actions: ActionDesk,
    life: ButtonLife,
    staff: Sequence[BaseRoute] = (),
) -> Starlette:
    """The node's HTTP. `tokens`: each button's bearer token; `staff`: the routes of the staff page."""
    door = _Door(config, node, link, tokens, actions, life)
    return Starlette(
        routes=[
            Route("/buttons/{key}/press", door.press, methods=["POST"]),
            Route("/buttons/{key}/alive", door.alive, methods=["POST"]),
            Route("/alarms/{alarm:uuid}", door.alarm, methods=["GET"]),
            Route("/health", door.health, methods=["GET"]),
            Route("/watches", door.watches, methods=["GET"]),
            Route("/", door.screen, methods=["GET"]),
            *staff,
            Route("/kiosk", door.kiosk, methods=["GET"]),
            Route("/action", door.action, methods=["GET"]),
        ],
        exception_handlers={QorganError: on_error, HTTPException: on_http_error, Exception: on_bug},
    )


class _Door:
    def __init__(
        self,
        config: EdgeConfig,
        node: Node,
        link: Link,
        tokens: Mapping[ButtonKey, str],
        actions: ActionDesk,
        life: ButtonLife,
    ) -> None:
        self._config, self._node, self._link, self._tokens = config, node, link, dict(tokens)
        self._actions, self._life = actions, life
        self._buttons = {button.key: button for button in config.buttons}

    async def press(self, request: Request) -> Response:
        button = self._named_button(request)
        self._life.pressed(button.key)
        press = parse(await read_body(request), Press)
        signal = of_button(button, "button", press=press.press_id, kind=press.kind, level=press.gesture.level)
        raised = await self._node.signal(signal)
        return answer_json({"alarm": raised.alarm, "durable_at": raised.durable_at}, 201 if raised.fresh else 200)

    async def alive(self, request: Request) -> Response:
        """A sign of life, and what the button says of itself, as a radio button does. Nothing is written meanwhile."""
        button = self._named_button(request)
        if not self._life.watches(button.key):
            raise Invalid("this button is a contact or a radio: it is heard where it is wired", code="button.elsewhere")
        self._life.say(button.key, read_state(await read_body(request) or b"{}"))
        return answer_json({"interval_s": button.interval_s})

    async def alarm(self, request: Request) -> Response:
        button = self._button_of(request)
        status = await self._node.alarm_status(request.path_params["alarm"])
        if status is None or status.source_key != button.key:
            raise NotFound("this button has raised no such alarm")
        return answer_json(
            {
                "alarm": status.alarm,
                "stored": True,
                "durable_at": status.durable_at,
                "received": status.received_at is not None,
                "received_at": status.received_at,
                "state": status.furthest,
                "progress": status.progress,
            }
        )

    async def health(self, _request: Request) -> Response:
        writable = await self._node.prove_writable()
        return answer_json(
            {**_health(await self._node.status(), self._link), **self._node.reports()}, 200 if writable else 503
        )

    async def watches(self, request: Request) -> Response:
        _only_from_this_machine(request)
        before = _positive(request.query_params.get("before"))
        lines = await self._node.watches(before=before, limit=WATCHES_PER_PAGE)
        items = [{"number": number, **msgspec.structs.asdict(use)} for number, use in lines]
        more = len(lines) == WATCHES_PER_PAGE and lines[-1][0] > 1
        return answer_json({"items": items, "next": lines[-1][0] if more else None})

    async def screen(self, request: Request) -> Response:
        language = screen.language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        status, standing = await self._node.status(), self._actions.standing
        page = screen.render(self._config, status, self._link.state, language, standing)
        return HTMLResponse(page, headers=screen.HEADERS)

    async def kiosk(self, request: Request) -> Response:
        audience, language = request.query_params.get("audience"), request.query_params.get("lang")
        return HTMLResponse(kiosk.render(self._config, audience, language), headers=kiosk.HEADERS)

    async def action(self, _request: Request) -> Response:
        """What stands, for the screens of the school: asked every half second, answered without a disk."""
        return answer_json(kiosk.standing(self._actions.standing))

    def _named_button(self, request: Request) -> Button:
        """The button of the path, with its own token."""
        button = self._button_of(request)
        if button.key != request.path_params["key"]:
            raise Unauthorised("no such button, or not its token")
        return button

    def _button_of(self, request: Request) -> Button:
        """The button whose token this is. All are compared, so that the time tells nothing."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        found: Button | None = None
        for key, token in self._tokens.items():
            if secrets.compare_digest(token.encode(), given.strip().encode()):
                found = self._buttons.get(key)
        if found is None or kind.lower() != "bearer":
            raise Unauthorised("no such button, or not its token")
        return found


def _health(status: NodeStatus, link: Link) -> dict[str, Any]:
    return {
        "at": status.at,
        "outbox": {"writable": status.writable, **_counts(status)},
        "link": {"up": link.state.up, "problem": link.state.problem, "since": link.state.since},
        "cameras": status.cameras,
        "faults": status.faults,
        "parked": [
            {"id": row.id, "seq": row.seq, "type": row.type, "code": row.code, "at": row.at} for row in status.parked
        ],
    }


def _counts(status: NodeStatus) -> dict[str, int]:
    counts = status.counts
    return {
        "alarms": counts.alarms,
        "alarms_parked": counts.alarms_parked,
        "events": counts.events,
        "events_parked": counts.events_parked,
        "last_seq": counts.last_seq,
        "shed": counts.shed,
    }


def _positive(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("`before` is a number of a line")
    return int(text)


def _only_from_this_machine(request: Request) -> None:
    """The ledger names people. `Host` is looked at too: a web page must not reach us under a name of its own."""
    peer = request.client.host if request.client else ""
    named = request.url.hostname or ""
    if not (_is_loopback(peer) and (named == "localhost" or _is_loopback(named))):
        raise Forbidden("the watch ledger is read on the node itself")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def create_staff_app(staff: Sequence[BaseRoute]) -> Starlette:
    """What phones reach from outside this machine: the staff page, and nothing else."""
    return Starlette(
        routes=[*staff], exception_handlers={QorganError: on_error, HTTPException: on_http_error, Exception: on_bug}
    )
