"""A simulated button presses until it is heard, and one press stays one press."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import repeat
from uuid import UUID

import pytest
from tests.support.sim_http import HttpAnswers

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.errors import Forbidden, NotFound, Unavailable
from qorgan.sim.button import SimButton

PRESS = UUID("01890000-0000-7000-8000-000000000001")
STORED = (201, {"alarm": "a", "durable_at": "2026-11-22T07:44:07Z"})


def quickly() -> Backoff:
    return Backoff(first=0.01, limit=0.01, floor=0.0)


@asynccontextmanager
async def a_node(*answers: tuple[int, dict[str, str]]) -> AsyncIterator[HttpAnswers]:
    async with HttpAnswers(answers) as node:
        yield node


async def test_a_press_is_repeated_with_the_same_id_until_it_is_stored() -> None:
    busy = (503, {"code": "busy"})
    async with a_node(busy, (429, {}), busy, STORED) as node:
        answer = await SimButton.press(node.url("/buttons/hall/press"), "token", PRESS, backoff=quickly())
    assert answer == STORED[1]
    assert [request.body for request in node.requests] == [{"press_id": str(PRESS), "kind": "real"}] * 4
    assert {request.headers["authorization"] for request in node.requests} == {"Bearer token"}


async def test_a_press_survives_a_node_that_hangs_up() -> None:
    async with a_node((0, {}), STORED) as node:
        answer = await SimButton.press(node.url("/buttons/hall/press"), "token", PRESS, backoff=quickly())
    assert answer == STORED[1] and len(node.requests) == 2


@pytest.mark.parametrize(("status", "error"), [(401, Forbidden), (403, Forbidden), (404, NotFound)])
async def test_what_trying_again_cannot_mend_is_told_at_once(status: int, error: type[Exception]) -> None:
    async with a_node((status, {})) as node:
        with pytest.raises(error) as told:
            await SimButton.press(node.url("/buttons/hall/press"), "very-secret", backoff=quickly())
    assert len(node.requests) == 1 and "very-secret" not in str(told.value)


async def test_a_button_may_be_told_to_give_up() -> None:
    async with HttpAnswers(repeat((503, {}))) as node:
        with pytest.raises(Unavailable):
            await SimButton.press(node.url("/buttons/hall/press"), "token", give_up_after_s=4.0, backoff=quickly())
    assert len(node.requests) > 1
    assert len({str(request.body) for request in node.requests}) == 1


async def test_two_presses_have_two_ids() -> None:
    async with a_node(STORED, STORED) as node:
        await asyncio.gather(
            *[SimButton.press(node.url("/buttons/hall/press"), "token", backoff=quickly()) for _ in range(2)]
        )
    assert node.requests[0].body != node.requests[1].body
