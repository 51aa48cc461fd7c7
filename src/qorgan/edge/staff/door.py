"""The staff page's side at the node: its files, presses, what became of them, cancels, actions.

Whoever shows a personal token is that person; which token was wrong is not told. Wrong tokens and everything that is no
call for the police are limited; a P1 of a person who is known never is. A cancel is a claim whatever code came with it,
and a code under duress gets the very answer that the safe one gets.
"""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid5

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from qorgan.domain.actions import Role, SchoolAction, Standing, check_right
from qorgan.domain.alarms import Kind, Level
from qorgan.domain.gestures import Gesture
from qorgan.edge.config import EdgeConfig
from qorgan.edge.core import kiosk
from qorgan.edge.core.node import Node
from qorgan.edge.core.outbox import AlarmStatus
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.core.web import Unauthorised, answer_json, parse, read_body
from qorgan.edge.outputs.desk import ActionDesk
from qorgan.edge.staff.files import HEADERS, StaffFile, staff_files
from qorgan.edge.staff.limits import Limit
from qorgan.edge.staff.people import Person, StaffBook
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Forbidden, NotFound

SOURCE = "staff"
MOST_LATE = timedelta(hours=12)  # a press that waited longer for its node is dated from when it came
log = structlog.get_logger(__name__)


class TooMany(Exhausted):
    """This caller asks too often. Never said to a call for the police."""

    code = "staff.too_many"


class StaffPress(msgspec.Struct, frozen=True, kw_only=True):
    """`press_id` is new for each press and the same for each repetition; `ago_s`: how long it waited at the phone."""

    press_id: UUID
    gesture: Gesture = Gesture.POLICE
    kind: Kind = Kind.REAL
    ago_s: float = 0.0


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    claim_id: UUID
    code: str = ""


class ActionWish(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is new for each wish. Ending an action wants the leader's code."""

    id: UUID
    action: SchoolAction
    kind: Kind = Kind.REAL
    code: str = ""


class StaffDoor:
    """Owner of the limits. `routes` go into the node's HTTP, and into a listener of their own for phones."""

    def __init__(self, config: EdgeConfig, node: Node, actions: ActionDesk, book: StaffBook, clock: Clock) -> None:
        self._config, self._node, self._actions, self._book = config, node, actions, book
        self._clock = clock
        self._files = staff_files()
        self._strangers = Limit(20, 60.0)  # by address
        self._asks = Limit(120, 60.0)  # by person: looking, cancelling, asking for assistance
        self._codes = Limit(5, 900.0)  # wrong codes, by person

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/staff", lambda _: RedirectResponse("/staff/"), methods=["GET"]),
            Route("/staff/me", self.me, methods=["GET"]),
            Route("/staff/press", self.press, methods=["POST"]),
            Route("/staff/alarms/{alarm:uuid}", self.alarm, methods=["GET"]),
            Route("/staff/alarms/{alarm:uuid}/cancel", self.cancel, methods=["POST"]),
            Route("/staff/actions", self.act, methods=["POST"]),
            Route("/staff/{file:path}", self.file, methods=["GET"]),
        ]

    async def file(self, request: Request) -> Response:
        found: StaffFile | None = self._files.get(request.path_params["file"])
        if found is None:
            raise NotFound("there is no such file")
        return Response(found.data, media_type=found.kind, headers={**HEADERS, **found.headers})

    async def me(self, request: Request) -> Response:
        person = self._person(request)
        self._limit(person)
        standing = kiosk.standing(self._actions.standing)
        return answer_json(
            {
                "name": person.name,
                "leader": person.role is Role.LEADER,
                "school": self._config.site.name,
                "place": person.place,
                "standing": standing,
            }
        )

    async def press(self, request: Request) -> Response:
        person = self._person(request)
        press = parse(await read_body(request), StaffPress)
        if press.gesture.level is not Level.P1 or press.kind is not Kind.REAL:
            self._limit(person)
        ago = timedelta(seconds=max(0.0, press.ago_s)) if press.ago_s < MOST_LATE.total_seconds() else timedelta()
        signal = Signal(
            source_key=_key(person),
            source=SOURCE,
            place=person.place,
            cameras=person.cameras,
            level=press.gesture.level,
            kind=press.kind,
            code=press.gesture.value,
            press=press.press_id,
            note=person.name,
            pressed_at=self._clock.now() - ago,
        )
        raised = await self._node.signal(signal)
        return answer_json({"alarm": raised.alarm, "durable_at": raised.durable_at}, 201 if raised.fresh else 200)

    async def alarm(self, request: Request) -> Response:
        person = self._person(request)
        self._limit(person)
        status = await self._own(person, request)
        return answer_json({"alarm": status.alarm, "state": status.furthest, "durable_at": status.durable_at})

    async def cancel(self, request: Request) -> Response:
        person = self._person(request)
        self._limit(person)
        status = await self._own(person, request)
        cancel = parse(await read_body(request), Cancel)
        code = await asyncio.to_thread(person.code, cancel.code)
        claim = Claim(alarm=status.alarm, claim="cancel", by=person.name, duress=code == "duress", id=cancel.claim_id)
        await self._node.claim(claim)
        return answer_json({"alarm": status.alarm, "claimed": True})

    async def act(self, request: Request) -> Response:
        person = self._person(request)
        wish = parse(await read_body(request), ActionWish)
        standing = Standing(action=wish.action, kind=wish.kind)
        forced = False
        if standing.clear:
            self._limit(person)
            forced = await self._forced(person, wish)
        check_right(person.role, standing)
        taken = await self._actions.take(standing, id=wish.id, by=person.name, keep_doors=forced)
        return answer_json({"action": taken.standing.action, "kind": taken.standing.kind, "at": taken.at}, 201)

    async def _forced(self, person: Person, wish: ActionWish) -> bool:
        """Whether the code says that somebody stands behind, in which case the police know before anything is done.

        Raises `Forbidden` for a wrong code, `TooMany` after a few of them. The code of duress is heard even then.
        """
        code = await asyncio.to_thread(person.code, wish.code)
        if code == "duress":
            await self._node.signal(
                Signal(
                    source_key=_key(person),
                    source=SOURCE,
                    place=person.place,
                    cameras=person.cameras,
                    code="all_clear",
                    duress=True,
                    press=uuid5(wish.id, "duress"),
                    note=person.name,
                )
            )
        now = self._clock.monotonic()
        if self._codes.left(person.key, now) < 1:
            raise TooMany("too many wrong codes; ask the police centre to end it")
        if code is None:
            self._codes.take(person.key, now)
            raise Forbidden("this is not your code", code="staff.code")
        return code == "duress"

    async def _own(self, person: Person, request: Request) -> AlarmStatus:
        status = await self._node.alarm_status(request.path_params["alarm"])
        if status is None or status.source_key != _key(person):
            raise NotFound("you have raised no such alarm")
        return status

    def _person(self, request: Request) -> Person:
        """Whose token the request shows. Raises `Unauthorised`, or `TooMany` to an address that guesses."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        person = self._book.find(given.strip()) if kind.lower() == "bearer" else None
        if person is not None:
            return person
        address = request.client.host if request.client else ""
        if not self._strangers.take(address, self._clock.monotonic()):
            raise TooMany("too many wrong tokens from here")
        raise Unauthorised("this phone is not enrolled here (any more)")

    def _limit(self, person: Person) -> None:
        if not self._asks.take(person.key, self._clock.monotonic()):
            raise TooMany("slower, please")


def _key(person: Person) -> str:
    return f"staff-{person.key}"
