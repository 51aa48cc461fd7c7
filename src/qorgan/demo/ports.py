"""Ports of the town: the ones it had last time or the usual ones, and a free one where somebody else sits."""

import socket
from collections.abc import Iterable

from qorgan.kernel.errors import Unavailable

HOST = "127.0.0.1"


class PortTaken(Unavailable):
    code = "demo.port_taken"


def is_free(port: int) -> bool:
    """Whether we could listen there on loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require(port: int) -> int:
    """The port that a person asked for. Raises `PortTaken` in a sentence that names it and the option."""
    if not is_free(port):
        raise PortTaken(f"port {port} is in use by another program; stop it, or choose another: qorgan demo --port N")
    return port


def choose(wished: int, taken: Iterable[int]) -> int:
    """`wished` when it is free and not promised to another of ours; otherwise, and for 0, one that the system gives."""
    promised = set(taken)
    if wished and wished not in promised and is_free(wished):
        return wished
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in promised:
            return port
