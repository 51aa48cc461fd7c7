"""An engine of alarms in a process of its own, on the database of a test: `python -m tests.support.an_engine`.

The database's address comes in QORGAN_DATABASE. It says `ready` when it turns, and runs until it is killed.
"""

import asyncio
import os

import django


async def run() -> None:
    from qorgan.centre.alarms.engine import Engine

    print("ready", flush=True)
    await Engine(every_s=0.02).run()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")
    django.setup()
    asyncio.run(run())
