"""`make chaos`: accept runs while everything is killed in turn; each must end exactly once.

Prints what was killed, how long until work went on, and ends with one line of JSON with every figure. Exits with
status 1 when a run was lost, ended twice, or has a gap in its events.
"""

import argparse
import itertools
import json
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from tests.fleet.deployment import Fleet
from tests.fleet.servers import Missing

STRATEGY = """
import time
from backtesting import Strategy
from backtest_engine.indicators import sma


class Busy(Strategy):
    seconds = 0.15

    def init(self):
        self.line = self.I(sma, self.data.Close, 20)
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            pass

    def next(self):
        if self.data.Close[-1] > self.line[-1]:
            if not self.position:
                self.buy()
        elif self.position:
            self.position.close()
"""
DOWN_SECONDS = 3.0
ENDED = ("succeeded", "failed", "cancelled")


@dataclass
class Fault:
    """Something that was killed, and when work went on."""

    what: str
    at: float
    settled_after: float | None = None


@dataclass
class Story:
    """What happened."""

    accepted: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unavailable: dict[int, int] = field(default_factory=dict)


def main() -> int:
    """Run the suite and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    with tempfile.TemporaryDirectory(prefix="algoagent-chaos-") as folder:
        try:
            fleet = Fleet(Path(folder), workers=asked.workers, beats=2)
        except Missing as missing:
            sys.stderr.write(f"The chaos suite needs PostgreSQL and Redis: {missing}.\n")
            return 2
        try:
            fleet.prepare()
            fleet.start()
            fleet.wait_until_alive()
            return _report(_torment(fleet, asked.runs), fleet, asked.runs)
        finally:
            fleet.stop()


def faults_of(fleet: Fleet) -> list[tuple[str, Callable[[], None]]]:
    """Return each fault as a name and an act that also brings the victim back."""

    def again(name: str) -> Callable[[], None]:
        def act() -> None:
            fleet.kill(name)
            fleet.start(name)

        return act

    def away(server: Any) -> Callable[[], None]:
        def act() -> None:
            server.kill()
            time.sleep(DOWN_SECONDS)
            server.start()

        return act

    return [
        ("a worker", again("worker1")),
        ("the web server", again("web")),
        ("a beat", again("beat1")),
        ("Redis, 3 s", away(fleet.redis)),
        ("PostgreSQL, 3 s", away(fleet.postgres)),
        ("every worker", lambda: [again(name)() for name in fleet.commands if name.startswith("worker")] and None),
    ]


def _torment(fleet: Fleet, runs: int) -> Story:
    story, over = Story(), threading.Event()
    strategy = _strategy(fleet)
    submitter = threading.Thread(target=_submit, args=(fleet, strategy, runs, story, over))
    submitter.start()
    time.sleep(2)
    for name, act in faults_of(fleet):
        fault = Fault(name, time.time())
        story.faults.append(fault)
        act()
        _wait_for_progress(fleet, fault)
        time.sleep(1)
    submitter.join()
    over.set()
    _wait_for_the_end(fleet, story)
    _check(fleet, story)
    return story


def _strategy(fleet: Fleet) -> str:
    with fleet.client() as api:
        made = api.post("/api/strategies/", json={"name": "busy", "code": STRATEGY}).raise_for_status().json()
        return f"/api/strategies/{made['id']}/execute/"


def _submit(fleet: Fleet, address: str, runs: int, story: Story, over: threading.Event) -> None:
    """Send each request until it is accepted, with the same key each time."""
    with fleet.client() as api:
        for _ in range(runs):
            key = uuid.uuid4().hex
            while not over.is_set():
                try:
                    answer = api.post(address, json={}, headers={"Idempotency-Key": key})
                except httpx.TransportError:
                    time.sleep(0.1)
                    continue
                if answer.status_code == httpx.codes.ACCEPTED:
                    story.accepted.append(answer.json()["id"])
                    break
                story.unavailable[answer.status_code] = story.unavailable.get(answer.status_code, 0) + 1
                time.sleep(0.2)
            time.sleep(0.15)


def _states(fleet: Fleet) -> list[dict[str, Any]]:
    """Return every run, page after page."""
    runs: list[dict[str, Any]] = []
    with fleet.client() as api:
        address = "/api/runs/?page_size=200"
        while address:
            page = api.get(address).raise_for_status().json()
            runs += page["results"]
            address = page["next"]
    return runs


def _wait_for_progress(fleet: Fleet, fault: Fault) -> None:
    """Wait until a run ends that started after the fault."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            for run in _states(fleet):
                if run["state"] in ENDED and _epoch(run["started_at"]) > fault.at + 0.05:
                    fault.settled_after = time.time() - fault.at
                    return
        except (httpx.HTTPError, KeyError, ValueError):
            pass
        time.sleep(0.1)


def _epoch(text: str | None) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _wait_for_the_end(fleet: Fleet, story: Story) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        time.sleep(0.5)
        with_trouble = [run for run in _states(fleet) if run["state"] not in ENDED]
        if not with_trouble:
            return
    story.problems.append(f"{len(with_trouble)} runs did not end")


def _check(fleet: Fleet, story: Story) -> None:
    """Look at every accepted run: it ended, once, and its events have neither gap nor duplicate."""
    states = {run["id"]: run for run in _states(fleet)}
    with fleet.client() as api:
        for run_id in story.accepted:
            run = states.get(run_id)
            if run is None:
                story.problems.append(f"{run_id} was accepted and is gone")
                continue
            if run["state"] != "succeeded":
                story.problems.append(f"{run_id} {run['state']}: {run['error']}")
            events = api.get(f"/api/runs/{run_id}/events/", headers={"Accept": "application/json"}).json()
            numbers = [event["seq"] for event in events]
            if numbers != list(range(1, len(numbers) + 1)):
                story.problems.append(f"{run_id} has events {numbers}")
            ends = [event["type"] for event in events if event["type"].removeprefix("run.") in ENDED]
            if len(ends) != 1:
                story.problems.append(f"{run_id} ended {ends}")
    repeated = [key for key, group in itertools.groupby(sorted(story.accepted)) if len(list(group)) > 1]
    if repeated:
        story.problems.append(f"accepted twice: {repeated}")


def _report(story: Story, fleet: Fleet, runs: int) -> int:
    states = {run["id"]: run for run in _states(fleet)}
    attempts = [states[run_id]["attempt"] for run_id in story.accepted if run_id in states]
    table = Table(title="Killed in turn, with -9", title_justify="left")
    table.add_column("what")
    table.add_column("work went on after", justify="right")
    for fault in story.faults:
        table.add_row(fault.what, "never" if fault.settled_after is None else f"{fault.settled_after:.1f} s")
    console = Console(width=100)
    console.print(table)
    console.print(f"accepted {len(story.accepted)} of {runs}, refused meanwhile {story.unavailable or 'none'}")
    console.print(f"runs that needed a second worker: {sum(attempt > 1 for attempt in attempts)}")
    for problem in story.problems[:20]:
        console.print(f"[red]{problem}[/]")
    figures = {
        "accepted": len(story.accepted),
        "ended_once": len(story.accepted) - len(story.problems),
        "problems": len(story.problems),
        "retried": sum(attempt > 1 for attempt in attempts),
        "refused": story.unavailable,
        "settle_seconds": {
            fault.what: None if fault.settled_after is None else round(fault.settled_after, 2) for fault in story.faults
        },
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    bad = story.problems or len(story.accepted) != runs or any(f.settled_after is None for f in story.faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
