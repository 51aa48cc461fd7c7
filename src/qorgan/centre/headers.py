"""What browsers may load on pages that Django serves: our own scripts and styles, nothing from elsewhere."""

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
Respond = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class ContentSecurityPolicy:
    """Adds the policy to every response that has none."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Respond) -> None:
        self._respond = get_response
        self._waits = iscoroutinefunction(get_response)
        if self._waits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self._waits:
            return self._later(request)
        return _with_policy(cast(HttpResponse, self._respond(request)))

    async def _later(self, request: HttpRequest) -> HttpResponse:
        return _with_policy(await cast(Awaitable[HttpResponse], self._respond(request)))


def _with_policy(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response
