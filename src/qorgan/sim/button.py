"""A panic button that does not exist: it presses as a real one does and does not give up, and says that it is alive."""

import asyncio
import itertools
from collections.abc import Mapping
from uuid import UUID

import httpx
import structlog

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.errors import Conflict, Forbidden, NotFound, Rejected, Unavailable
from qorgan.kernel.ids import uuid7

TRY_FOR_S = 3.0
_REJECTIONS = {401: Forbidden, 403: Forbidden, 404: NotFound, 409: Conflict}
_TRY_AGAIN = frozenset({408, 425, 429})

log = structlog.get_logger()


class SimButton:
    """A button of a school's node (interfaces §3). One press keeps its id however often it is tried."""

    @staticmethod
    async def press(
        url: str,
        token: str,
        press_id: UUID | None = None,
        *,
        kind: str = "real",
        gesture: str = "police",
        give_up_after_s: float | None = None,
        backoff: Backoff | None = None,
    ) -> dict[str, object]:
        """Press until the node says that the alarm is stored; returns its answer, `{"alarm", "durable_at"}`.

        `url` is `http://node/buttons/<key>/press`. Raises `Rejected` (a wrong token, no such button) when trying again
        cannot help, and `Unavailable` when `give_up_after_s` has passed: without it, never.
        """
        press = {"press_id": str(press_id or uuid7()), "kind": kind}
        if gesture != "police":  # what a press without a gesture means
            press["gesture"] = gesture
        backoff = backoff or Backoff(first=0.2, limit=5.0, floor=0.1)
        try:
            async with asyncio.timeout(give_up_after_s), httpx.AsyncClient(timeout=TRY_FOR_S) as client:
                while True:
                    answer = await _try(client, url, token, press)
                    if answer is not None:
                        return answer
                    await asyncio.sleep(backoff.next())
        except TimeoutError as error:
            raise Unavailable(f"the node did not take the press within {give_up_after_s} s") from error

    @staticmethod
    async def live(
        url: str, token: str, *, every_s: float, battery: int | None = None, times: int | None = None
    ) -> None:
        """Say that the button is alive, and its battery's percentage, for ever or so many times.

        `url` is `http://node/buttons/<key>/alive`. A node that is away hears the next one. Raises `Rejected` as
        `press` does.
        """
        async with httpx.AsyncClient(timeout=TRY_FOR_S) as client:
            for number in itertools.count(1):
                await _try(client, url, token, {} if battery is None else {"battery": battery})
                if number == times:
                    return
                await asyncio.sleep(every_s)


async def _try(client: httpx.AsyncClient, url: str, token: str, said: Mapping[str, object]) -> dict[str, object] | None:
    """One attempt: the node's answer, or None if another attempt may succeed."""
    try:
        response = await client.post(url, json=said, headers={"Authorization": f"Bearer {token}"})
    except httpx.TransportError as error:
        log.warning("button.unheard", press=said.get("press_id"), why=type(error).__name__)
        return None
    if response.is_success:
        answer: dict[str, object] = response.json()
        return answer
    if response.is_client_error and response.status_code not in _TRY_AGAIN:
        rejection = _REJECTIONS.get(response.status_code, Rejected)
        raise rejection(f"the node refused the button: HTTP {response.status_code}")
    log.warning("button.unheard", press=said.get("press_id"), why=f"HTTP {response.status_code}")
    return None
