"""`make bench-load`: the service under load, embedded and as a fleet side by side.

Each client sends a request every two seconds or so. Prints runs a second, how long it takes to be accepted, started and
ended, how late events arrive with many open streams, and memory; ends with one line of JSON with every figure.
"""

import argparse
import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from tests.fleet.deployment import Deployment, Fleet
from tests.fleet.servers import Missing

STRATEGY = """
from backtesting import Strategy
from backtesting.lib import crossover
from backtest_engine.indicators import sma


class Cross(Strategy):
    def init(self):
        self.fast = self.I(sma, self.data.Close, 10)
        self.slow = self.I(sma, self.data.Close, 30)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()
"""
ENDED = ("succeeded", "failed", "cancelled")
# Clients that never pause would measure how many of them there are, not the service.
THINKING_SECONDS = 2.0
OPEN_LIMITS = {"STREAMS_LIMIT": "1000"}


def main() -> int:
    """Measure, show, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--locked-seconds", type=float, default=60.0, help="SQLite under 4 workers for so long")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="algoagent-load-") as folder:
        kinds: list[tuple[str, type[Deployment]]] = [("embedded", Deployment), ("fleet", Fleet)]
        for kind, made in kinds:
            for concurrency in (1, 2):
                name = f"{kind}, {concurrency} worker{'s' if concurrency > 1 else ''}"
                try:
                    deployment = made(Path(folder) / name.replace(", ", "-"), concurrency=concurrency, **OPEN_LIMITS)
                except Missing as missing:
                    sys.stderr.write(f"{name} left out: {missing}.\n")
                    continue
                figures[name] = _measured(deployment, asked)
                sys.stderr.write(f"{name}: {json.dumps(figures[name])}\n")
        locked = Deployment(Path(folder) / "locked", workers=4, **OPEN_LIMITS)
        figures["SQLite, 1 web and 4 workers"] = _locked(locked, asked.locked_seconds, asked.clients)
    _show(figures)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _measured(deployment: Deployment, asked: argparse.Namespace) -> dict[str, Any]:
    try:
        deployment.prepare()
        deployment.start()
        deployment.wait_until_alive()
        figures = asyncio.run(_load(deployment, asked))
        deployment.check()
        return figures
    finally:
        deployment.stop()


async def _load(deployment: Deployment, asked: argparse.Namespace) -> dict[str, Any]:
    async with _client(deployment) as api:
        execute = await _strategy(api)
        await _drain(api, await _burst(api, execute, runs=8, clients=4))  # warm
        began = time.monotonic()
        accepted = await _burst(api, execute, runs=asked.runs, clients=asked.clients, pause=THINKING_SECONDS)
        runs = await _drain(api, accepted)
        took = time.monotonic() - began
        lateness = await _event_lateness(deployment, api, execute, asked.streams)
        return {
            "runs_per_second": round(len(runs) / took, 1),
            "accept_ms": _spread([answer[1] for answer in accepted]),
            "start_ms": _spread([_between(run, "created_at", "started_at") for run in runs]),
            "end_ms": _spread([_between(run, "created_at", "finished_at") for run in runs]),
            "event_ms": _spread(lateness),
            "streams": asked.streams,
            "memory_mb": {name: round(used) for name, used in deployment.memory_mb().items()},
            "failed": sum(run["state"] != "succeeded" for run in runs),
        }


def _client(deployment: Deployment) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
    headers = {"Authorization": f"Token {deployment.token}"}
    return httpx.AsyncClient(base_url=deployment.address, headers=headers, timeout=120, limits=limits, trust_env=False)


async def _strategy(api: httpx.AsyncClient) -> str:
    made = await api.post("/api/strategies/", json={"name": "cross", "code": STRATEGY})
    return f"/api/strategies/{made.raise_for_status().json()['id']}/execute/"


async def _burst(
    api: httpx.AsyncClient, execute: str, *, runs: int, clients: int, pause: float = 0.0
) -> list[tuple[str, float]]:
    """Send the requests from so many clients, each of which pauses before each of its own.

    Return each run's id and how long its acceptance took, in milliseconds.
    """
    left, accepted = iter(range(runs)), []
    draw = random.Random(1)

    async def client() -> None:
        for _ in left:
            await asyncio.sleep(pause * 2 * draw.random())
            began = time.perf_counter()
            answer = await api.post(execute, json={"test_symbol": "GOOG"})
            answer.raise_for_status()
            accepted.append((answer.json()["id"], (time.perf_counter() - began) * 1e3))

    await asyncio.gather(*(client() for _ in range(clients)))
    return accepted


async def _drain(api: httpx.AsyncClient, accepted: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """Wait until all have ended; return them."""
    wanted = {run_id for run_id, _ in accepted}
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        unfinished = 0
        for state in ("queued", "running"):
            page = await api.get(f"/api/runs/?state={state}&page_size=1")
            unfinished += len(page.raise_for_status().json()["results"])
        if not unfinished:
            break
        await asyncio.sleep(0.2)
    found: list[dict[str, Any]] = []
    address = "/api/runs/?page_size=200"
    while address and len(found) < len(wanted):
        page = (await api.get(address)).raise_for_status().json()
        found += [run for run in page["results"] if run["id"] in wanted]
        address = page["next"]
    return found


async def _event_lateness(deployment: Deployment, api: httpx.AsyncClient, execute: str, streams: int) -> list[float]:
    """Open many streams on runs that wait, let them be worked on, and note how old each event is when it arrives."""
    late: list[float] = []
    opened = asyncio.Semaphore(0)
    accepted = await _burst(api, execute, runs=20, clients=20)

    async def read(run_id: str) -> None:
        async with api.stream("GET", f"/api/runs/{run_id}/events/", headers={"Accept": "text/event-stream"}) as stream:
            opened.release()
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    at = datetime.fromisoformat(json.loads(line[6:])["at"]).timestamp()
                    late.append((time.time() - at) * 1e3)

    readers = [asyncio.create_task(read(accepted[number % len(accepted)][0])) for number in range(streams)]
    for _ in readers:
        await opened.acquire()
    late.clear()  # what happened before all were open is no news
    fresh = await _burst(api, execute, runs=10, clients=2)
    watchers = [asyncio.create_task(read(run_id)) for run_id, _ in fresh]
    await asyncio.gather(*readers, *watchers)
    return late


def _locked(deployment: Deployment, seconds: float, clients: int) -> dict[str, Any]:
    """Keep SQLite busy with four workers; return how often it refused."""

    async def load() -> dict[str, Any]:
        async with _client(deployment) as api:
            execute = await _strategy(api)
            until, accepted, refused = time.monotonic() + seconds, [], {}
            while time.monotonic() < until:
                try:
                    accepted += await _burst(api, execute, runs=20, clients=min(clients, 10))
                except httpx.HTTPStatusError as error:
                    refused[error.response.status_code] = refused.get(error.response.status_code, 0) + 1
                await asyncio.sleep(0.5)
            runs = await _drain(api, accepted)
            return {"runs": len(runs), "refused": refused, "failed": sum(run["state"] != "succeeded" for run in runs)}

    try:
        deployment.prepare()
        deployment.start()
        deployment.wait_until_alive()
        figures = asyncio.run(load())
        deployment.check()
    finally:
        deployment.stop()
    figures["locked"] = (deployment.folder / "log").read_text(errors="replace").count("database is locked")
    return figures


def _between(run: dict[str, Any], first: str, second: str) -> float:
    return (datetime.fromisoformat(run[second]) - datetime.fromisoformat(run[first])).total_seconds() * 1e3


def _spread(values: Sequence[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


def _show(figures: dict[str, Any]) -> None:
    console = Console(width=130)
    table = Table(title="Under load", title_justify="left")
    for heading in ("", "runs/s", "accept p50/p95/p99 ms", "start ms", "end ms", "events ms", "memory MiB"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, row in figures.items():
        if "accept_ms" not in row:
            continue
        spreads = ["/".join(f"{value:.0f}" for value in row[key].values()) for key in ("accept_ms", "start_ms")]
        spreads += ["/".join(f"{value:.0f}" for value in row[key].values()) for key in ("end_ms", "event_ms")]
        memory = ", ".join(f"{what} {used}" for what, used in row["memory_mb"].items())
        table.add_row(name, f"{row['runs_per_second']}", *spreads, memory)
    console.print(table)
    for name, row in figures.items():
        if "locked" in row:
            console.print(f"{name}: {row}")


if __name__ == "__main__":
    sys.exit(main())
