"""The supervisor's loop, and the audit of the engine that a watcher outside relies on."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx
from django.db import DatabaseError, InterfaceError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qorgan.centre.alarms import engine
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.drills import reading as drills
from qorgan.centre.frames import service as frames
from qorgan.centre.notices import vault
from qorgan.centre.notices.models import NoticeMark
from qorgan.centre.remarks import service as remarks
from qorgan.centre.supervision import desks
from qorgan.centre.supervision import round as rounds
from qorgan.centre.turning import DatabaseThread
from qorgan.domain.supervision import Engine, engine_faults
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Corrupt, NotFound

log = logging.getLogger(__name__)
TURN_EVERY_S = 1.0
# What is done how often, in seconds; a silent node is a written fault within 30 s of its last pulse.
ROUNDS: Mapping[Callable[[], object], float] = {
    rounds.look_around: 1.0,
    drills.settle_running: 1.0,
    desks.look_at_desks: 5.0,
    rounds.take_tests: 10.0,
    rounds.look_at_tests: 60.0,
    remarks.look_at_deadlines: 60.0,
    frames.forget: 3_600.0,
}
PING_EVERY_S, PING_WITHIN_S = 10.0, 5.0
AUDIT_HOLDS_S = 1.0  # an answer of the health route is so old at most: strangers may ask it as often as they like
MARK = "watcher"


class Supervisor:
    """Makes the rounds until cancelled. One round's failure is its own; the next one mends what it left."""

    def __init__(self, clock: Clock | None = None, rounds: Mapping[Callable[[], object], float] = ROUNDS) -> None:
        self._clock, self._rounds = clock or SystemClock(), rounds
        self._thread = DatabaseThread("supervisor")

    async def run(self) -> None:
        due = dict.fromkeys(self._rounds, float("-inf"))
        try:
            while True:
                for work, every_s in self._rounds.items():
                    if self._clock.monotonic() >= due[work]:
                        due[work] = self._clock.monotonic() + every_s
                        await self._do(work)
                await self._clock.sleep(TURN_EVERY_S)
        finally:
            self._thread.close()

    async def _do(self, work: Callable[[], object]) -> None:
        try:
            await self._thread.call(work)
        except (DatabaseError, InterfaceError) as error:
            log.error("supervision.database_away error=%s", type(error).__name__)
        except Exception:  # the root of this unit of work
            log.exception("supervision.round_crashed")


class EngineAudit:
    """Looks whether the engine lives: its turn is fresh, nothing is overdue, the database writes, the carrier is up.

    `carrier` says whether this process is connected. One look serves everybody for `AUDIT_HOLDS_S`.
    """

    def __init__(self, carrier: Callable[[], bool], clock: Clock | None = None) -> None:
        self._carrier, self._clock = carrier, clock or SystemClock()
        self._thread = DatabaseThread("audit")
        self._looking = asyncio.Lock()
        self._seen: tuple[float, tuple[str, ...]] | None = None

    async def faults(self) -> tuple[str, ...]:
        """What is wrong with the engine now; empty when all is well."""
        async with self._looking:
            now = self._clock.monotonic()
            if self._seen is None or now - self._seen[0] >= AUDIT_HOLDS_S:
                self._seen = (now, engine_faults(await self._look()))
            return self._seen[1]

    async def _look(self) -> Engine:
        carrier = self._carrier()
        try:
            return await self._thread.call(lambda: look_at_engine(self._clock.now(), carrier=carrier))
        except (DatabaseError, InterfaceError) as error:
            log.error("engine.audit_failed error=%s", type(error).__name__)
            return Engine(turn_age_s=None, overdue_s=None, database_writes=False, carrier=carrier)

    def close(self) -> None:
        self._thread.close()

    def route(self) -> Route:
        """`/api/health/engine`, for a watcher that pulls: 200 while all is well, 503 with the reasons otherwise."""

        async def health(_: Request) -> Response:
            faults = await self.faults()
            body = {"status": "stalled" if faults else "ok", "faults": list(faults)}
            return JSONResponse(body, 503 if faults else 200, headers={"Cache-Control": "no-store"})

        return Route("/api/health/engine", health, methods=["GET"])


def look_at_engine(now: datetime, *, carrier: bool) -> Engine:
    """What the database says of the engine. Writes a line of its own: a full disk reads well and writes nothing."""
    NoticeMark.objects.update_or_create(name=MARK, defaults={"seen_to": now})
    turn = engine.last_turn()
    oldest = Alarm.objects.filter(next_at__lte=now).order_by("next_at").values_list("next_at", flat=True).first()
    return Engine(
        turn_age_s=abs((now - turn).total_seconds()) if turn else None,
        overdue_s=(now - oldest).total_seconds() if oldest else None,
        database_writes=True,
        carrier=carrier,
    )


class Watchdog:
    """Pings the watcher's address every 10 s while the engine lives, and is quiet otherwise: silence pages a human.

    The address is the secret `watcher` of the vault (it opens what it names); without one nothing is pinged.
    """

    def __init__(self, audit: EngineAudit, clock: Clock | None = None, *, every_s: float = PING_EVERY_S) -> None:
        self._audit, self._clock, self._every_s = audit, clock or SystemClock(), every_s
        self._thread = DatabaseThread("watchdog")
        self._quiet = False

    async def run(self) -> None:
        try:
            async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PING_WITHIN_S) as client:
                while True:
                    try:
                        await self._turn(client)
                    except (DatabaseError, InterfaceError) as error:
                        self._tell(f"database: {type(error).__name__}")
                    except Exception:  # the root of this unit of work
                        log.exception("watcher.crashed")
                    await self._clock.sleep(self._every_s)
        finally:
            self._thread.close()

    async def _turn(self, client: httpx.AsyncClient) -> None:
        faults = await self._audit.faults()
        if faults:
            self._tell(", ".join(faults))
            return
        address = await self._address()
        if address is None:
            return
        try:
            answer = await client.get(address)
            answered = f"http.{answer.status_code}" if answer.status_code >= 300 else ""
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answered = type(error).__name__
        self._tell(answered)

    async def _address(self) -> str | None:
        try:
            return await self._thread.call(lambda: vault.get("watcher"))
        except (Corrupt, NotFound) as error:
            self._tell(error.code)
            return None

    def _tell(self, why_quiet: str) -> None:
        """One line in the log when it goes quiet, one when it speaks again. Never the address."""
        if why_quiet and not self._quiet:
            log.error("watcher.quiet because=%s", why_quiet)
        elif not why_quiet and self._quiet:
            log.warning("watcher.speaks_again")
        self._quiet = bool(why_quiet)
