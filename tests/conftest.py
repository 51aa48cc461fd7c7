"""What holds for every test: no internet, and a plain sentence when a tool from Debian is missing."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tools import debian

from qorgan.kernel import memory
from tests.support.database import django_db_modify_db_settings  # noqa: F401 - a fixture

NEEDS = ("browser", "gstreamer", "ffmpeg", "strace", "mosquitto")
# RFC 5737: addresses where nobody lives, used to see what happens when nobody answers
NOBODY = tuple(ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))


def pytest_collection_finish() -> None:
    """What was loaded to find the tests stays: no walk over it at each look for garbage."""
    memory.settle()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs a Debian package fails with the command that installs it: it is never skipped quietly."""
    for need in NEEDS:
        if item.get_closest_marker(need) and (names := debian.missing(need=need)):
            pytest.fail(debian.sentence(names), pytrace=False)


@pytest.fixture(autouse=True, scope="session")
def _no_internet() -> Iterator[None]:
    """Connections leave this machine in no test."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        _refuse_strangers(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        _refuse_strangers(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


def _refuse_strangers(sock: socket.socket, address: Any) -> None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    try:
        target = ipaddress.ip_address(address[0])
    except ValueError:
        return  # a name: it has to be resolved before anybody is reached
    if target.is_loopback or target.is_unspecified or any(target in net for net in NOBODY):
        return
    raise AssertionError(f"a test tried to reach {target}: tests stay on this machine")
