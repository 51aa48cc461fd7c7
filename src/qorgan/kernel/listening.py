"""The end of a listening socket."""

import asyncio

ACCEPT_ROUNDS = 10  # of the event loop, from accepting a connection to its protocol or task


async def stop_accepting(server: asyncio.Server) -> None:
    """Close a server when everybody whom it has accepted is known to its protocols. It accepts nobody meanwhile.

    asyncio accepts in one round of its loop and makes the connection in the next ones. `Server.close()` in between
    leaves, before Python 3.12, a socket that nobody closes, and a visitor who waits for ever.
    """
    loop = server.get_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    for _ in range(ACCEPT_ROUNDS):
        await asyncio.sleep(0)
    server.close()
