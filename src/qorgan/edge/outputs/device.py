"""One output, switched over a wire or over HTTP. Foreign errors end here as `OutputFailed` with a stable code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import httpx
import structlog

from qorgan.domain.actions import OutputKind, SchoolAction
from qorgan.edge.config import MAX_OUTPUTS, EdgeConfig, Output
from qorgan.edge.lines.board import LineBoard
from qorgan.edge.lines.chip import ChipLost
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.errors import QorganError, Unavailable

HTTP_WITHIN_S = 2.0
log = structlog.get_logger(__name__)


class OutputFailed(Unavailable):
    """The output did not do it. Codes: output.unreachable, .timeout, .refused, .login, .line."""

    code = "output.unreachable"


class Switch(Protocol):
    """What an output does for an action. Doing it again does no harm."""

    async def apply(self, on: bool, action: SchoolAction, *, speak: bool) -> None:
        """Be on or off; a speaker speaks only if `speak`. Raises `OutputFailed`."""

    def expect(self, on: bool) -> None:
        """What it should be when it is first reached. Does nothing yet."""


class LineSwitch:
    """A relay on a wire."""

    def __init__(self, line: str, board: LineBoard) -> None:
        self._line, self._board = line, board

    def expect(self, on: bool) -> None:
        self._board.expect(self._line, on)

    async def apply(self, on: bool, action: SchoolAction, *, speak: bool) -> None:
        try:
            await self._board.set(self._line, on)
        except ChipLost as error:
            raise OutputFailed(str(error), code="output.line") from error


class HttpSwitch:
    """A relay or a loudspeaker with a web address; digest or basic login, as it asks."""

    def __init__(self, output: Output, password: str | None, client: httpx.AsyncClient) -> None:
        self._output, self._client = output, client
        self._password = password

    def expect(self, on: bool) -> None:
        """A device with an address keeps its own state; it is told soon enough."""

    async def apply(self, on: bool, action: SchoolAction, *, speak: bool) -> None:
        url = self._address(on, action, speak)
        if url is None:
            return
        try:
            response = await self._ask(url)
        except httpx.TimeoutException as error:
            raise OutputFailed("it did not answer in time", code="output.timeout") from error
        except httpx.HTTPError as error:
            raise OutputFailed(f"it cannot be reached: {type(error).__name__}") from error
        if response.status_code in (401, 403):
            raise OutputFailed("it refuses the login", code="output.login")
        if not response.is_success:
            raise OutputFailed(f"it answered HTTP {response.status_code}", code="output.refused")

    def _address(self, on: bool, action: SchoolAction, speak: bool) -> str | None:
        if self._output.kind is OutputKind.SPEAKER and self._output.say:
            return self._output.say.get(action) if on and speak else None
        return self._output.on if on else self._output.off

    async def _ask(self, url: str) -> httpx.Response:
        method, user = self._output.method, self._output.user
        if user is None:
            return await self._client.request(method, url)
        digest = httpx.DigestAuth(user, self._password or "")
        response = await self._client.request(method, url, auth=digest)
        if response.status_code == 401 and "basic" in response.headers.get("www-authenticate", "").lower():
            return await self._client.request(method, url, auth=httpx.BasicAuth(user, self._password or ""))
        return response


@asynccontextmanager
async def outputs_of(config: EdgeConfig, secrets: SecretStore, board: LineBoard) -> AsyncIterator[dict[str, Switch]]:
    """A switch for every output. One whose password cannot be read is refused by its device; the others work."""
    limits = httpx.Limits(max_connections=MAX_OUTPUTS)
    async with httpx.AsyncClient(timeout=HTTP_WITHIN_S, trust_env=False, limits=limits) as client:
        yield {output.key: _switch(output, secrets, board, client) for output in config.outputs}


def _switch(output: Output, secrets: SecretStore, board: LineBoard, client: httpx.AsyncClient) -> Switch:
    if output.line is not None:
        return LineSwitch(output.line, board)
    try:
        password = secrets.get(f"output/{output.key}") if output.user is not None else None
    except QorganError as error:
        log.error("output.no_password", output=output.key, reason=str(error))
        password = None
    return HttpSwitch(output, password, client)
