"""The API's door: who is asking, and the permission that each route states above its name."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.http import HttpRequest
from ninja.security import SessionAuth

from qorgan.centre.access import service
from qorgan.domain.access import Actor, Right

P = ParamSpec("P")
R = TypeVar("R")


class SignedIn(SessionAuth):
    """Django's session, and its CSRF check on writes. `request.auth` becomes the `Actor`."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        return service.actor_for(request.user)


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request that passed `SignedIn`."""
    return cast(Actor, cast(Any, request).auth)


def needs(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Raises `Forbidden` before the route when the actor's role lacks the right. Scope is `visible_to`'s affair."""

    def decorate(route: Callable[P, R]) -> Callable[P, R]:
        @wraps(route)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor_of(cast(HttpRequest, args[0])).require(right)
            return route(*args, **kwargs)

        return guarded

    return decorate
