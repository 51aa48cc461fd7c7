"""What happens by itself: stills are drawn, what is old goes, and nodes are told which view is approved."""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from PIL import Image

from qorgan.centre import keys
from qorgan.centre.alarms.telling import NOT_FINAL, Schools, wait
from qorgan.centre.quality import approvals, service
from qorgan.centre.quality.models import ApprovedView
from qorgan.centre.turning import DatabaseThread, keep_turning
from qorgan.domain.approval import ViewState
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Invalid, Rejected, Unavailable
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.commands import MAX_VIEW_BYTES, OrderView, ViewWish, picture_digest
from qorgan.protocols.link.grants import Action, Grant, sign
from qorgan.protocols.link.messages import encode
from qorgan.protocols.link.sealing import digest

log = logging.getLogger(__name__)
LOOK_EVERY_S, TIDY_EVERY_S = 1.0, 3_600.0
TOGETHER = 8  # orders on the way at once: each carries a picture
SENT_FOR = timedelta(seconds=15)
AGAIN = timedelta(minutes=5)  # at the latest, while nobody answers
GRANT_LASTS = timedelta(minutes=10)
PURPOSE = "approved_view"
LONG_SIDES = (960, 640, 320)  # px: tried in turn, until it is small enough


class QualityKeeper:
    """Runs until cancelled; owns two threads, so that a picture that is being drawn delays no order."""

    def __init__(self, schools: Schools, *, clock: Clock | None = None, every_s: float = LOOK_EVERY_S) -> None:
        self._schools, self._clock, self._every_s = schools, clock or SystemClock(), every_s
        self._drawing, self._telling = DatabaseThread("stills"), DatabaseThread("views")

    async def run(self) -> None:
        """Each kind of work on its own."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep("stills", self._draw, self._every_s))
                group.create_task(self._keep("views", self._tell, self._every_s))
                group.create_task(self._keep("tidy", self._tidy, TIDY_EVERY_S))
        finally:
            self._drawing.close()
            self._telling.close()

    async def _keep(self, name: str, turn: Callable[[], Awaitable[bool]], every_s: float) -> None:
        await keep_turning(turn, name=f"quality.{name}", clock=self._clock, every_s=every_s, longest_s=30.0)

    async def _draw(self) -> bool:
        return await self._drawing.call(service.draw_one)

    async def _tidy(self) -> bool:
        return await self._drawing.call(service.tidy) >= service.AT_ONCE

    async def _tell(self) -> bool:
        orders = await self._telling.call(partial(take_orders, timezone.now()))
        if orders:
            answers = await asyncio.gather(*(self._say(site, order) for _, site, order in orders))
            told = [(row, answer) for (row, _, _), answer in zip(orders, answers, strict=True)]
            await self._telling.call(partial(settle, told, timezone.now()))
        return len(orders) == TOGETHER

    async def _say(self, site: SiteId, order: OrderView) -> str:
        """The code of the refusal; empty for consent."""
        try:
            await self._schools.ask(site, "approve_view", order)
        except Rejected as refusal:
            return "internal" if isinstance(refusal, Invalid) else refusal.code
        except Unavailable:
            return "unavailable"
        return ""


@transaction.atomic
def take_orders(now: datetime) -> list[tuple[ApprovedView, SiteId, OrderView]]:
    """What nodes are to be told now, put off as if it were being said."""
    rows = approvals.due(now, TOGETHER)
    ApprovedView.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + SENT_FOR)
    return [(row, SiteId(row.camera.school.site), _order(row, now)) for row in rows]


def _order(row: ApprovedView, now: datetime) -> OrderView:
    picture = _jpeg(bytes(row.frame.content)) if row.state == ViewState.APPROVED else b""
    order = encode(
        ViewWish(
            camera=row.camera.key,
            period=row.period,
            digest=row.frame.digest,
            picture=picture,
            picture_digest=picture_digest(picture) if picture else "",
        )
    )
    grant = Grant(
        id=str(uuid4()),
        site=row.camera.school.site,
        camera=row.camera.key,
        stream=StreamName.MAIN.value,
        action=Action.VIEW,
        viewer=row.proposed_by.name or row.proposed_by.email,
        purpose=PURPOSE,
        expires_at=now + GRANT_LASTS,
        digest=digest(order),
    )
    return OrderView(grant=sign(grant, keys.grant_key(settings.QORGAN.data)), order=order)


def _jpeg(content: bytes) -> bytes:
    """A frame that we drew ourselves, as nodes read it. Raises `Invalid` if it cannot be made small enough."""
    with Image.open(io.BytesIO(content)) as picture:
        whole = picture.convert("RGB")
    for side in LONG_SIDES:
        small = whole.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=90)
        if file.tell() <= MAX_VIEW_BYTES:
            return file.getvalue()
    raise Invalid("no small picture can be made of this frame", code="view.too_big")


@transaction.atomic
def settle(told: list[tuple[ApprovedView, str]], now: datetime) -> None:
    """Write down what nodes answered: the code of a refusal, or nothing for consent."""
    for row, refusal in told:
        unchanged = ApprovedView.objects.filter(pk=row.pk, state=row.state)  # else it is due anew for another reason
        if not refusal:
            unchanged.update(due_at=None, told_at=now, refusal="", tries=row.tries + 1)
        elif refusal in NOT_FINAL:
            unchanged.update(due_at=now + wait(row.tries, AGAIN), tries=row.tries + 1)
        else:
            log.warning("view.refused site=%s code=%s", row.camera.school.site, refusal)
            unchanged.update(due_at=None, refusal=refusal[:60], tries=row.tries + 1)
