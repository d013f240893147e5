"""Twenty people move levers: how long the live view takes, over loopback, and whether it fails.

    python benchmarks/page.py [--seconds 60] [--clients 20] [--workers 1 2] [--economy ai]

Each client drags a lever: it asks for the next value as soon as it has the last answer, and pauses
as a hand does. Half of the drags are new to the service to the last value, half were made before by
somebody. Readers have an address each, since the service limits what one address may ask. First one
client alone is timed, then all together; times are from the request to the last byte of the answer.
The last column is the load of the machine at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import httpx
import numpy as np

LEVERS = ("venture_supply", "demand_level", "user_price", "compute_price", "capex_plan")
PAUSE_SECONDS = 0.05
WARMING = 60
HEAD = (
    "### People who move levers\n\n"
    "| clients | workers | answers | a second | p50 ms | p95 ms | most ms | errors | load |\n"
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


@dataclass
class Seen:
    """What clients saw: seconds of each answer, and the statuses."""

    seconds: list[float] = field(default_factory=list)
    states: Counter[int] = field(default_factory=Counter)
    lasted: float = 1.0

    def row(self, clients: int, workers: int) -> str:
        """Return a row of the table."""
        if not self.seconds:
            return f"| {clients} | {workers} | no answer | | | | | | |"
        p50, p95, most = 1000 * np.percentile(self.seconds, (50, 95, 100))
        bad = {state: count for state, count in self.states.items() if state >= 400}
        errors = ", ".join(f"{count} x {state}" for state, count in bad.items()) or "0"
        rate = len(self.seconds) / self.lasted
        return (
            f"| {clients} | {workers} | {len(self.seconds):,} | {rate:.1f} | {p50:.0f} | {p95:.0f} "
            f"| {most:.0f} | {errors} | {os.getloadavg()[0]:.1f} |"
        )


def next_drag(levers: list[str], made: list[list[str]], rng: np.random.Generator) -> list[str]:
    """Return the settings of a drag: every other one was made before by somebody."""
    if made and rng.random() < 0.5:
        return made[rng.integers(len(made))]
    lever = levers[rng.integers(len(levers))]
    values = np.linspace(*np.sort(rng.uniform(0.3, 1.6, 2)), 12)
    fresh = [f"{lever}={value:.6f}" for value in values]
    made.append(fresh)
    return fresh


async def drag(
    client: httpx.AsyncClient,
    question: dict,
    drags: Iterator[list[str]],
    until: float,
    seen: Seen,
) -> None:
    """Move one lever after the other until the time is over."""
    for setting in itertools.chain.from_iterable(drags):
        if time.perf_counter() >= until:
            return
        start = time.perf_counter()
        answer = await client.get("/api/v1/view", params={**question, "set": setting})
        seen.seconds.append(time.perf_counter() - start)
        seen.states[answer.status_code] += 1
        await asyncio.sleep(PAUSE_SECONDS)


async def warm(address: str, question: dict, workers: int) -> None:
    """Ask until every worker has opened the accounts and compiled: each asks over a new line."""
    for _ in range(WARMING):
        async with httpx.AsyncClient(base_url=address, timeout=300) as client:
            asked = [client.get("/api/v1/view", params=question) for _ in range(8 * workers)]
            states = {answer.status_code for answer in await asyncio.gather(*asked)}
        if states == {200}:
            return
        await asyncio.sleep(2.0)
    raise SystemExit(f"The service did not come up: {states}.")


async def measure(address: str, question: dict, clients: int, seconds: float, first: int) -> Seen:
    """Return what so many clients see."""
    seen, made = Seen(lasted=seconds), list[list[str]]()
    async with contextlib.AsyncExitStack() as stack:
        readers = []
        for at in range(clients):
            line = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{at + 1}")
            reader = httpx.AsyncClient(base_url=address, timeout=120, transport=line)
            readers.append(await stack.enter_async_context(reader))
        asked = await readers[0].get("/api/v1/levers", params={"economy": question["economy"]})
        reach = {one["id"] for one in asked.json()["levers"] if one["reaches"]}
        levers = [one for one in LEVERS if one in reach]
        until = time.perf_counter() + seconds
        hands = []
        for at, reader in enumerate(readers):
            rng = np.random.default_rng(first + at)
            drags = iter(partial(next_drag, levers, made, rng), None)
            hands.append(drag(reader, question, drags, until, seen))
        await asyncio.gather(*hands)
    return seen


@contextlib.contextmanager
def serving(workers: int):
    """Serve on a free port of this machine."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    words = ["-m", "cardhouse", "serve", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{address}/api/v1/health")
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--clients", type=int, default=20)
    asked.add_argument("--workers", type=int, nargs="+", default=[1])
    asked.add_argument("--economy", default="ai")
    asked.add_argument("--quarters", type=int, default=20)
    given = asked.parse_args()
    question = {"economy": given.economy, "quarters": given.quarters}
    print(HEAD)
    for workers in given.workers:
        with serving(workers) as address:
            asyncio.run(warm(address, question, workers))
            for clients, seconds in ((1, given.seconds / 4), (given.clients, given.seconds)):
                seen = asyncio.run(measure(address, question, clients, seconds, 100 * clients))
                print(seen.row(clients, workers), flush=True)


if __name__ == "__main__":
    main()
