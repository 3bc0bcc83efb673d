"""Proves the rotation: many workers, the real SDK over HTTP, a service that is strict about its quotas.

    python -m tests.prove_keys [--ledger sqlite --ledger redis] [--seconds 130]

Prints a table for people and ends with one line of JSON. Exit status 1 when a promise is broken.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation import ApiKey, KeyPool, Ledger, Limits, SqliteLedger
from backtest_engine.llm import PROVIDERS, BackgroundLoop, Connection
from backtest_engine.ports import Prompt
from strategy_api.llm.redis_ledger import RedisLedger
from tests.fakes.gemini import FakeGemini, Quota

MODEL = "gemini-3.8-flash"
WINDOW_SECONDS = 60.0
LATENCY = (0.05, 0.4)
LEAST_SERVED, LEAST_FAIRNESS = 0.95, 0.95
Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each ledger, print, and say whether all promises were kept."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--ledger", action="append", choices=["sqlite", "redis"])
    parser.add_argument("--seconds", type=float, default=130.0, help="how long to ask")
    parser.add_argument("--keys", type=int, default=8)
    parser.add_argument("--requests-per-minute", type=int, default=15)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=50, help="in each process")
    parser.add_argument("--redis-url", default=os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/7"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.worker:
        _work(json.loads(asked.worker))
        return 0
    results = {}
    for ledger in asked.ledger or ["sqlite", "redis"]:
        if ledger == "redis" and not _redis_answers(asked.redis_url):
            _say(f"{ledger}: left out, nothing answers at {asked.redis_url}")
            continue
        results[ledger] = _measure(ledger, asked)
        _say(_table(ledger, results[ledger]))
    kept = bool(results) and all(figures["kept"] for figures in results.values())
    _say(json.dumps({"prove_keys": results, "kept": kept}))
    return 0 if kept else 1


def _measure(ledger: str, asked: argparse.Namespace) -> Figures:
    keys = {f"fake-key-{number}": f"project-{number}" for number in range(asked.keys)}
    quota = Quota(requests_per_minute=asked.requests_per_minute)
    with (
        tempfile.TemporaryDirectory(prefix="prove-keys-") as folder,
        FakeGemini(keys, quota=quota, window_seconds=WINDOW_SECONDS, latency=LATENCY) as gemini,
    ):
        order = {
            "url": gemini.url,
            "keys": list(keys),
            "ledger": ledger,
            "file": str(Path(folder) / "quotas.sqlite3"),
            "redis_url": asked.redis_url,
            "prefix": f"{{prove-{random.getrandbits(48)}}}",
            "requests_per_minute": asked.requests_per_minute,
            "threads": asked.threads,
            "seconds": asked.seconds,
        }
        workers = _run_workers(order, asked.processes)
        if ledger == "redis":
            _clean_up(asked.redis_url, order["prefix"])
        return _figures(gemini, workers, asked)


def _run_workers(order: Figures, processes: int) -> list[Figures]:
    """Start the workers, let them all begin together, and collect what they saw."""
    command = [sys.executable, "-m", "tests.prove_keys", "--worker"]
    workers = [
        subprocess.Popen(  # ours
            [*command, json.dumps({**order, "name": f"worker-{number}"})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        start = time.time() + 0.5
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{start}\n")
            worker.stdin.flush()
        return [json.loads(worker.communicate(timeout=order["seconds"] + 120)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _work(order: Figures) -> None:
    """Be one worker: ask from many threads until the time is over, coming back when told to."""
    loop = BackgroundLoop()
    pool = KeyPool(
        [ApiKey(secret, name=secret) for secret in order["keys"]],
        ledger=_ledger(order),
        clock=time.time,
        jitter=random.random,
        limits=Limits(requests_per_minute=order["requests_per_minute"]),
    )
    connection = Connection(keys=pool, loop=loop, base_url=order["url"], timeout=60)
    model = PROVIDERS["gemini"].build(MODEL, connection)
    # A worker that has been running for a while has loaded its SDK: nobody is to be late for that.
    with contextlib.suppress(ModelUnavailable):
        PROVIDERS["gemini"].build("model-that-is-not-there", connection).complete(Prompt(system="", user="warm up"))

    _say("ready")
    start = float(sys.stdin.readline())
    time.sleep(max(0.0, start - time.time()))
    outcomes: collections.Counter[str] = collections.Counter()
    latencies: list[float] = []

    def ask(thread: int) -> None:
        number = 0
        while (now := time.time()) < start + order["seconds"]:
            try:
                model.complete(Prompt(system="You count.", user=f"{order['name']} {thread} {number}"))
            except ModelUnavailable as error:
                outcomes[error.code] += 1
                # As a task's countdown would: nobody sleeps in a worker, the run is put back.
                wait = float(error.details.get("retry_after", 1.0))
                time.sleep(max(0.0, min(wait, start + order["seconds"] - time.time())))
            else:
                number += 1
                outcomes["answered"] += 1
                latencies.append(time.time() - now)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(order["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loop.close()
    _say(json.dumps({"outcomes": outcomes, "latencies": latencies}))


def _ledger(order: Figures) -> Ledger:
    if order["ledger"] == "redis":
        return RedisLedger(redis.Redis.from_url(order["redis_url"]), prefix=order["prefix"])
    return SqliteLedger(Path(order["file"]), clock=time.time)


def _figures(gemini: FakeGemini, workers: list[Figures], asked: argparse.Namespace) -> Figures:
    served = sorted(seen.at for seen in gemini.answered())
    allowed = asked.keys * asked.requests_per_minute * (int(asked.seconds // WINDOW_SECONDS) + 1)
    refused = sum(1 for seen in gemini.seen if seen.refused_for)
    by_key = collections.Counter(seen.key for seen in gemini.answered())
    by_worker = [worker["outcomes"].get("answered", 0) for worker in workers]
    latencies = sorted(latency for worker in workers for latency in worker["latencies"])
    outcomes = sum((collections.Counter(worker["outcomes"]) for worker in workers), collections.Counter())
    twice = len(served) - len({seen.digest for seen in gemini.answered()})
    figures: Figures = {
        "seconds": asked.seconds,
        "concurrent": asked.processes * asked.threads,
        "allowed": allowed,
        "served": len(served),
        "served_share": round(len(served) / allowed, 4),
        "refusals": refused,
        "paid_twice": twice,
        "other_statuses": sum(1 for seen in gemini.seen if seen.status not in (200, 429) and seen.model == MODEL),
        "by_worker": by_worker,
        "jain_workers": round(jain(by_worker), 4),
        "jain_keys": round(jain(list(by_key.values()) + [0] * (asked.keys - len(by_key))), 4),
        "outcomes": dict(outcomes),
        "latency_p50_ms": round(statistics.median(latencies) * 1000),
        "latency_p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000),
        # What the service itself took: the floor beside the latency.
        "service_p50_ms": round(sum(LATENCY) / 2 * 1000),
    }
    figures["kept"] = (
        figures["served_share"] >= LEAST_SERVED
        and refused == 0
        and twice == 0
        and figures["jain_workers"] >= LEAST_FAIRNESS
    )
    return figures


def jain(shares: Sequence[float]) -> float:
    """Return Jain's fairness index: 1 when all are equal, 1/n when one has everything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _clean_up(url: str, prefix: str) -> None:
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(f"{prefix}*"):
            client.delete(key)


def _table(ledger: str, figures: Figures) -> str:
    rows = "\n".join(f"  {name:<16}{value}" for name, value in figures.items())
    return f"{ledger}\n{rows}"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
