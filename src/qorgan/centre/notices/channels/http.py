"""One POST to somebody else's server: no redirect followed, no proxy believed, no private network reached by accident.

A name is resolved once, here; every address it has must be allowed, and the connection goes to the one that was looked
at, so that a name cannot mean one thing to the check and another to the connection (DNS rebinding). Only networks that
the administrator names (`[notices] private`) may be private, and only they are spoken to without TLS.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from qorgan.centre.config import Network
from qorgan.centre.notices.channels.ports import Undelivered
from qorgan.kernel.clock import Clock

WITHIN_S = 10.0
ANSWER_BYTES = 4_096
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    asked_s: float | None


class Poster:
    """Posts to addresses that people entered. `private` are the administrator's own networks."""

    def __init__(self, private: Sequence[Network], clock: Clock, *, within_s: float = WITHIN_S) -> None:
        self._private, self._clock, self._within_s = tuple(private), clock, within_s

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The server's answer, whatever it is. Raises `Undelivered` when there is none."""
        target = self._parsed(url)
        try:
            async with asyncio.timeout(self._within_s):
                address = await self._resolved(target)
                return await self._post(target, address, headers, body)
        except TimeoutError as error:
            raise Undelivered("http.timeout", f"no answer within {self._within_s:g} s") from error
        except httpx.HTTPError as error:
            raise Undelivered("http.unreachable", type(error).__name__) from error

    def _parsed(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise Undelivered("address.invalid", "the address is none", final=True) from error
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise Undelivered("address.invalid", "an address is https://host/path", final=True)
        return target

    async def _resolved(self, target: httpx.URL) -> Address:
        """The address to connect to, after all of them were found allowed."""
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Undelivered("address.unknown", "the name is not known") from error
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        own = [any(address in network for network in self._private) for address in addresses]
        if not all(mine or is_public(address) for mine, address in zip(own, addresses, strict=True)):
            raise Undelivered("address.private", "a private address that nobody allowed", final=True)
        if target.scheme == "http" and not all(own):
            raise Undelivered("address.plain", "without TLS only in a network of our own", final=True)
        if not addresses:
            raise Undelivered("address.unknown", "the name has no address")
        return addresses[0]

    async def _post(self, target: httpx.URL, address: Address, headers: Mapping[str, str], body: bytes) -> Answer:
        there = target.copy_with(host=str(address))
        sent = {**headers, "Host": target.netloc.decode("ascii"), "User-Agent": "Qorgan"}
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=self._within_s) as client:
            request = client.build_request(
                "POST", there, headers=sent, content=body, extensions={"sni_hostname": target.host}
            )
            answer = await client.send(request, stream=True)
            try:
                return Answer(answer.status_code, self._asked(answer.headers.get("retry-after", "")))
            finally:
                await answer.aclose()  # whatever the body says, and however long it is, we do not read it

    def _asked(self, text: str) -> float | None:
        """Retry-After: seconds, or an instant (RFC 9110, 10.2.3)."""
        if text.isascii() and text.isdigit():
            return float(min(int(text), 86_400))
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return None


def is_public(address: Address) -> bool:
    """Whether an address is somebody's in the internet: not ours, not this machine's, no multicast, nothing mapped."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None and not is_public(inner):
        return False
    return address.is_global and not address.is_multicast


def judge(answer: Answer, *, gone: Sequence[int] = (410,)) -> None:
    """Returns for 2xx. Raises `Undelivered`: a redirect is a wrong address; 410 says that nobody lives there."""
    if 200 <= answer.status < 300:
        return
    code = f"http.{answer.status}"
    if answer.status in gone:
        raise Undelivered(code, "the receiver wants no more", gone=True)
    redirect = 300 <= answer.status < 400
    raise Undelivered(code, "the receiver did not take it", final=redirect, asked_s=answer.asked_s)
