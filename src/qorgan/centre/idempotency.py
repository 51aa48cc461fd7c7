"""Writes that may be repeated: the same `Idempotency-Key` acts once and gets the same answer again."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Schema

from qorgan.centre.access.door import actor_of
from qorgan.centre.access.models import KeptAnswer, User
from qorgan.kernel.errors import Conflict

Answer = TypeVar("Answer", bound=Schema)
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=100)]
KEPT_FOR = timedelta(days=2)


def asked_once(
    request: HttpRequest, key: str | None, body: Schema, act: Callable[[], Answer], kind: type[Answer]
) -> Answer:
    """What a route answers that honours the key: `once` for whoever asks, for this path and body."""
    return once(actor_of(request).user, key, said=(request.path, body.model_dump_json()), act=act, kind=kind)


@transaction.atomic
def once(
    user: UUID, key: str | None, *, said: tuple[str, str], act: Callable[[], Answer], kind: type[Answer]
) -> Answer:
    """Act, or give the answer that the same person's same key got before.

    `said` is the path and the body of the request: the same key for something else is a `Conflict` with code
    `idempotency.key_reused`. The answer is kept in the same transaction as the deed; a refused deed keeps nothing.
    """
    if key is None:
        return act()
    path, body = said
    digest = hashlib.sha256(f"{path}\n{body}".encode()).hexdigest()
    User.objects.select_for_update().get(pk=user)  # a second request with the same key waits here for the first
    kept = KeptAnswer.objects.filter(user=user, key=key).first()
    if kept is not None:
        if kept.said != digest:
            raise Conflict("this Idempotency-Key was used for something else", code="idempotency.key_reused")
        return kind.model_validate(kept.answer)
    answer = act()
    now = timezone.now()
    KeptAnswer.objects.filter(user=user, at__lt=now - KEPT_FOR).delete()
    KeptAnswer.objects.create(
        user_id=user, key=key, path=path[:300], said=digest, answer=answer.model_dump(mode="json"), at=now
    )
    return answer
