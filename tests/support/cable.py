"""A cable between a school and the carrier that can be cut, and mended again."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65_536
CONNECT_WITHIN_S = 5.0


class Cable:
    """Passes TCP connections on to `target` on this machine, byte by byte, until it is cut.

    A cut says nothing to anybody, as a real one does not: connections stay open, what was on its way waits, new ones
    are taken and hang. After `mend` the old bytes arrive, late, beside whatever was sent anew. Use with `with`.
    """

    def __init__(self, target: int, *, port: int = 0) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._closed = False
        self._sockets: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._whole.set()
        _end(self._listener)
        with self._lock:
            sockets, threads = list(self._sockets), list(self._threads)
        for sock in sockets:
            _end(sock)
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive(), "the cable's thread does not end"

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._keep(near)
            self._start(self._join, near)

    def _join(self, near: socket.socket) -> None:
        """One connection, both ways, until both have ended."""
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=CONNECT_WITHIN_S)
        except OSError:
            self._drop(near)
            return
        far.settimeout(None)
        self._keep(far)
        if self._closed:
            _end(far)
        back = self._start(self._pump, far, near)
        self._pump(near, far)
        back.join()
        self._drop(near)
        self._drop(far)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                self._whole.wait()
                sink.sendall(data)
        self._whole.wait()
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _start(self, work: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=self._work, args=(work, *arguments), daemon=True, name="cable")
        with self._lock:
            self._threads.add(thread)
        thread.start()
        return thread

    def _work(self, work: object, *arguments: object) -> None:
        assert callable(work)
        try:
            work(*arguments)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _keep(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.add(sock)

    def _drop(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(sock)
        sock.close()


def _end(sock: socket.socket) -> None:
    """Wake whoever waits on it, and close."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
