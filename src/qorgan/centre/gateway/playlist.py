"""The contents of a recording as an HLS playlist (RFC 8216), and as orders for its pieces. Pure."""

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.transfer import RangeBroken
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Conflict
from qorgan.protocols.link.commands import Contents, Piece, PieceOrder

TIMESCALE = 90_000
MOST_PIECES = 20_000
_MOST_PIECE_S = 3_600
_MOST_PIECE_BYTES = 2**31 - 1
_G711 = ("alaw", "ulaw")


class SoundNotPlayable(Conflict):
    """Players of playlists take no G.711: it is in a file to take away, and in the console."""

    code = "playlist.sound"


def checked(contents: Contents | None) -> Contents:
    """Contents that can be believed. Raises `RangeBroken` for what no recorder of ours would say."""
    if contents is None or not 0 < len(contents.pieces) <= MOST_PIECES:
        raise RangeBroken("what the school says it recorded cannot be")
    for piece in contents.pieces:
        sane = (
            0 < piece.duration <= _MOST_PIECE_S * TIMESCALE
            and 0 < piece.size <= _MOST_PIECE_BYTES
            and 0 <= piece.part < len(contents.parts)
            and 0 <= piece.wall_us < 2**53
        )
        if not sane:
            raise RangeBroken("what the school says it recorded cannot be")
    return contents


def audible(contents: Contents) -> Contents:
    """The same, if players of playlists play its sound, should it have any. Raises `SoundNotPlayable`."""
    if found := next((code for code in _G711 for part in contents.parts if code in part.mime), None):
        raise SoundNotPlayable(f"the sound of this stretch is {found}, which players of playlists do not play")
    return contents


def orders(pieces: Sequence[Piece]) -> tuple[PieceOrder, ...]:
    """What to ask for, one piece after the other on one timeline that begins at 0. Gaps are closed."""
    bases = accumulate((piece.duration for piece in pieces[:-1]), initial=0)
    return tuple(
        PieceOrder(piece.segment, piece.first, piece.count, base) for piece, base in zip(pieces, bases, strict=True)
    )


def joined(wanted: Sequence[PieceOrder]) -> tuple[PieceOrder, ...]:
    """The same with pieces that follow each other in one file as one: a shorter order."""
    made: list[PieceOrder] = []
    for order in wanted:
        last = made[-1] if made else None
        if last is not None and last.segment == order.segment and last.first + last.count == order.first:
            made[-1] = PieceOrder(last.segment, last.first, last.count + order.count, last.base)
        else:
            made.append(order)
    return tuple(made)


def media_playlist(contents: Contents, folder: str) -> str:
    """The playlist. Its pieces are `<folder>/<n>.m4s`, its initialisation segments `<folder>/init-<part>.mp4`."""
    longest = max(piece.duration for piece in contents.pieces)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{ceil(longest / TIMESCALE)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    part = None
    for number, piece in enumerate(contents.pieces):
        if number > 0 and not piece.follows:
            lines.append("#EXT-X-DISCONTINUITY")
        if piece.part != part:
            part = piece.part
            lines.append(f'#EXT-X-MAP:URI="{folder}/init-{part}.mp4"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{instant(from_us(piece.wall_us))}")
        lines += [f"#EXTINF:{piece.duration / TIMESCALE:.5f},", f"{folder}/{number}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
