"""Playlists for players that cannot sign in: a link opens one stretch of one recording, under the name of its maker.

Every request asks the rooms whether the link still opens. A playlist asked for is a line in the ledger, which ends when
nothing was asked for a while. A link is used by a few people: more than that is slowed down.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.playlist import checked, media_playlist
from qorgan.centre.gateway.ports import Gatekeeper, Linked
from qorgan.centre.gateway.problems import TooOften
from qorgan.centre.gateway.recordings import PRIVATE, piece_response
from qorgan.centre.gateway.school import SchoolLink
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import NotFound, QorganError
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link import commands
from qorgan.protocols.link.commands import Contents

log = structlog.get_logger(__name__)

TOKEN_CHARACTERS = 200
IDLE_S = 300.0
LOOK_EVERY_S = 15.0
OF_ONE_LINK = 3  # players at once; the one that rested longest ends first
OF_ALL = 200
PLAYLISTS_PER_MINUTE, PIECES_PER_MINUTE = 6.0, 240.0
LINKS_REMEMBERED = 2_000


@dataclass(slots=True, eq=False)
class Player:
    """One player that came by a link."""

    id: str
    linked: Linked
    used_at: float
    contents: Contents = field(default_factory=Contents)


@dataclass(slots=True)
class Allowance:
    """What a link may still ask for at once; it comes back by and by."""

    playlists: float
    pieces: float
    at: float


class Links:
    """Serves `/api/hls/<token>/…`. Owner of the players that came by links."""

    def __init__(self, school: SchoolLink, gatekeeper: Gatekeeper, clock: Clock, counters: Counters) -> None:
        self._school, self._gatekeeper, self._clock, self._counters = school, gatekeeper, clock, counters
        self._players: dict[str, Player] = {}
        self._allowances: dict[UUID, Allowance] = {}

    async def run(self) -> None:
        """End the lines of players that ask for nothing any more, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            now = self._clock.monotonic()
            for player in [one for one in self._players.values() if now - one.used_at > IDLE_S]:
                await self._end(player)

    async def playlist(self, request: Request) -> Response:
        """An HLS playlist of what the link opens. A line in the ledger each."""
        token = _token(request)
        self._spend(await self._gatekeeper.check_link(token), "playlists")
        linked = await self._gatekeeper.open_link(token)
        player = Player(uuid7().hex, linked, self._clock.monotonic())
        await self._make_room(linked.link)
        self._players[player.id] = player
        try:
            assert linked.view.start is not None and linked.view.end is not None
            question = commands.AskContents(grant=linked.permit.grant, start=linked.view.start, end=linked.view.end)
            player.contents = checked((await self._school.ask(linked.permit.site, "contents", question)).contents)
        except BaseException:
            await self._end(player)
            raise
        text = media_playlist(player.contents, player.id)
        return Response(text, media_type="application/vnd.apple.mpegurl", headers=PRIVATE)

    async def piece(self, request: Request) -> Response:
        """A piece of such a playlist, or an initialisation segment, as long as the link opens anything."""
        link = await self._gatekeeper.check_link(_token(request))
        player = self._players.get(request.path_params["viewing"])
        if player is None or player.linked.link != link:
            raise NotFound("this playlist has ended; ask for it again")
        self._spend(link, "pieces")
        player.used_at = self._clock.monotonic()
        permit = player.linked.permit
        return piece_response(self._school, self._counters, permit, player.contents, request.path_params["file"])

    def _spend(self, link: UUID, what: str) -> None:
        """Raises `TooOften` when this link has asked for too much in the last minute."""
        now = self._clock.monotonic()
        known = self._allowances.pop(link, None) or Allowance(PLAYLISTS_PER_MINUTE, PIECES_PER_MINUTE, now)
        passed = (now - known.at) / 60.0
        known.playlists = min(PLAYLISTS_PER_MINUTE, known.playlists + passed * PLAYLISTS_PER_MINUTE)
        known.pieces = min(PIECES_PER_MINUTE, known.pieces + passed * PIECES_PER_MINUTE)
        known.at = now
        self._allowances[link] = known  # the newest last: whoever was not heard of for longest is forgotten first
        if len(self._allowances) > LINKS_REMEMBERED:
            del self._allowances[next(iter(self._allowances))]
        left: Any = getattr(known, what)
        if left < 1.0:
            raise TooOften("this link is used too often; wait a moment")
        setattr(known, what, left - 1.0)

    async def _make_room(self, link: UUID) -> None:
        mine = [one for one in self._players.values() if one.linked.link == link]
        crowd = mine if len(mine) >= OF_ONE_LINK else list(self._players.values())
        if len(mine) >= OF_ONE_LINK or len(self._players) >= OF_ALL:
            await self._end(min(crowd, key=lambda one: one.used_at))

    async def _end(self, player: Player) -> None:
        if self._players.pop(player.id, None) is None:
            return
        try:
            await self._gatekeeper.end_watch(player.linked.permit)
        except QorganError as error:  # completed when the centre starts again
            log.warning("link.end_failed", code=error.code)


def _token(request: Request) -> str:
    token: str = request.path_params["token"]
    if len(token) > TOKEN_CHARACTERS:
        raise NotFound("this link opens nothing (any more)", code="link.unknown")
    return token
