"""Many alarms at once: how fast PostgreSQL has them durably, and whether an officer sees the grave one among them."""

import asyncio
import time

from benchmarks._console import Window, open_window
from benchmarks._country import Country, open_country
from benchmarks._flood import Flood, Letters
from benchmarks._measure import Report, percentile, say

SCHOOLS = 2_000
ROUNDS = 5
IN_FLIGHT = 1_500
# Once every alarm of this list has been drawn: when, by this machine's clock, epoch ms
_ALL_DRAWN = """ids => {
  const drawn = window.__qorgan?.alarmsDrawn ?? {};
  return ids.every(id => drawn[id] !== undefined) ? drawn : null;
}"""


async def ingest(report: Report, alarms: int, burst: int, mass: int, mass_s: float) -> None:
    """Throughput, a burst with a P1 in its middle, and a mass event, one after the other on one centre."""
    async with (
        open_country(SCHOOLS) as country,
        await Flood.open(country.nats_port, country.nats_password, country.sites) as flood,
    ):
        await country.all_online()
        letters = Letters(country.sites)
        await flood.send(letters.make(500, level="P3"), in_flight=IN_FLIGHT)  # warms connections and plans
        await _throughput(report, flood, letters, alarms)
        async with open_window(country.settled) as window:
            await _burst(report, country, flood, letters, window, burst)
    async with (
        open_country(SCHOOLS) as country,
        await Flood.open(country.nats_port, country.nats_password, country.sites) as flood,
        open_window(country.settled) as window,
    ):
        await country.all_online()
        await _mass(report, country, flood, window, mass, mass_s)


async def _throughput(report: Report, flood: Flood, letters: Letters, alarms: int) -> None:
    rates = []
    for number in range(ROUNDS):
        batch = letters.make(alarms, level="P3")
        rates.append(alarms / await flood.send(batch, in_flight=IN_FLIGHT))
        say(f"  round {number + 1}: {rates[-1]:.0f} alarms/s durable")
    context = {"alarms": alarms, "schools": SCHOOLS, "database": "postgresql, fsync on"}
    report.add("ingest_alarms_per_s", rates, "alarms/s", goal=3_000, better="higher", digits=0, **context)


async def _burst(report: Report, country: Country, flood: Flood, letters: Letters, window: Window, burst: int) -> None:
    took, late = [], []
    near = Letters(country.near, first=10_000)
    for _ in range(ROUNDS):
        batch, [grave] = letters.make(burst, level="P3"), near.make(1, level="P1")
        half = burst // 2
        sending = asyncio.create_task(flood.send([*batch[:half], grave, *batch[half:]], in_flight=burst + 1))
        drawn = await window.wait("id => window.__qorgan?.alarmsDrawn[id]", str(grave.alarm))
        took.append(await sending)
        late.append(drawn - 1000 * grave.posted_at)
        say(f"  burst of {burst}: {took[-1]:.1f} s, the P1 in its middle drawn after {late[-1]:.0f} ms")
    report.add("burst_drained_s", took, "s", goal=10, digits=1, alarms=burst, sent_again=flood.resent)
    report.add("burst_p1_to_screen_ms", late, "ms", goal=2_000, digits=0, alarms=burst)


async def _mass(report: Report, country: Country, flood: Flood, window: Window, mass: int, seconds: float) -> None:
    """A P1 every few hundredths of a second, all in one officer's territory."""
    letters = Letters(country.near).make(mass, level="P1")
    began = time.perf_counter()
    for number, letter in enumerate(letters):
        await asyncio.sleep(max(0.0, began + number * seconds / mass - time.perf_counter()))
        flood.post(letter)
    drawn = await window.wait(_ALL_DRAWN, [str(letter.alarm) for letter in letters])
    late = [drawn[str(letter.alarm)] - 1000 * letter.posted_at for letter in letters]
    say(f"  {mass} P1 in {seconds:.0f} s: drawn after p50 {percentile(late, 50):.0f} ms, longest {max(late):.0f} ms")
    context = {"alarms": mass, "seconds": seconds}
    report.add("mass_p1_presented_ms_p50", [percentile(late, 50)], "ms", digits=0, **context)
    report.add("mass_p1_presented_ms_max", [max(late)], "ms", goal=5_000, digits=0, **context)
