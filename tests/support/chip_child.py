"""A chip held by a process of its own: `python -m tests.support.chip_child ADDRESS INPUTS OUTPUTS` (JSON).

Says `[offset, closed]` for every level, `"open"` when outputs may be set, `"lost: …"` at the end; takes
`[offset, closed]` for outputs on its standard input, and ends with it.
"""

import asyncio
import json
import sys

from qorgan.edge.lines.chip import ChipLost, make_chip


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


async def hold(address: str, inputs: list[int], outputs: dict[str, bool]) -> None:
    """Hold the lines until the chip is lost or nobody listens any more."""
    chip = make_chip(address, tuple(inputs), {int(offset): closed for offset, closed in outputs.items()})
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    running = asyncio.create_task(chip.run(lambda offset, closed, _at: say([offset, closed]), lambda: say("open")))

    async def obey() -> None:
        while line := await orders.readline():
            await chip.set(*json.loads(line))

    obeying = asyncio.create_task(obey())
    done, _ = await asyncio.wait([running, obeying], return_when=asyncio.FIRST_COMPLETED)
    for task in (running, obeying):
        task.cancel()
    try:
        await done.pop()
    except ChipLost as error:
        say(f"lost: {error}")
    await asyncio.gather(running, obeying, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])))
