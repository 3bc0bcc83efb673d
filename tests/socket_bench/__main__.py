"""`make bench-sockets`: what a crowd of sockets gets, beside the bare ASGI server in the same run.

Ends with one line of JSON that holds every figure. Exits with 1 where something was lost, sent twice or let in that
should not have been; how fast it was is for people to judge.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.socket_bench import doors
from tests.socket_bench.stage import Crowd, Json, Stage, floor_server, mute_clients

PRODUCER = ("-m", "tests.socket_bench.producer")
SOCKETS_PER_USER = 10
TOPICS_PER_SOCKET = 10
LOUD_BYTES = 30_000


def main(arguments: list[str] | None = None) -> int:
    """Measure, show, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make bench-sockets", description=__doc__)
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--topics", type=int, default=200)
    parser.add_argument("--events", type=int, default=20, help="a second; each goes to a twentieth of the sockets")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each of the timed parts")
    # With 0 of them, these parts are left out.
    parser.add_argument("--mutes", type=int, default=50)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--cycles", type=int, default=10_000)
    parser.add_argument("--misuses", type=int, default=1_000)
    asked = parser.parse_args(arguments)
    figures = measured(asked)
    _show(figures)
    load, _, _ = os.getloadavg()
    machine = {"cpus": os.cpu_count(), "load": load}
    sys.stdout.write(json.dumps({"machine": machine, **figures}) + "\n")
    return int(not holds(figures))


def measured(asked: argparse.Namespace) -> Json:
    """Return the figures of every part."""
    with tempfile.TemporaryDirectory(prefix="algoagent-sockets-") as folder:
        stage = Stage(Path(folder))
        stage.python("manage.py", "migrate", "--verbosity", "0").wait()
        users = -(-asked.sockets // SOCKETS_PER_USER) + asked.mutes + 2
        made = stage.said(*PRODUCER, "prepare", str(users), str(asked.topics))
        *tokens, own, foreign = made["tokens"]
        topics = made["topics"]
        sockets = [
            {"token": tokens[number // SOCKETS_PER_USER], "after": dict.fromkeys(_some(topics, number), 0)}
            for number in range(asked.sockets)
        ]
        mutes = tokens[-asked.mutes :] if asked.mutes else []
        figures: Json = {"floor": _floor(asked, sockets)}
        stage.start()
        try:
            figures["hub"] = _plain(stage, asked, sockets)
            if asked.mutes:
                figures["hub beside mute clients"] = _beside_mutes(stage, asked, sockets, mutes, topics)
            if asked.kills:
                figures["through kill -9"] = _killed(stage, asked, sockets)
            if asked.cycles:
                figures["cycles"] = doors.cycles(stage, own, topics[0], asked.cycles)
            if asked.misuses:
                figures["tickets"] = doors.misuses(stage, own, foreign, asked.misuses)
        finally:
            stage.stop()
    return figures


def _some(topics: list[str], number: int) -> list[str]:
    """Return ten topics of a socket; each topic is followed by as many sockets as the others."""
    begin = number * TOPICS_PER_SOCKET
    return [topics[(begin + offset) % len(topics)] for offset in range(min(TOPICS_PER_SOCKET, len(topics)))]


def _floor(asked: argparse.Namespace, sockets: list[Json]) -> Json:
    with floor_server() as port:
        crowd = Crowd(port, sockets)
        address = f"http://127.0.0.1:{port}"
        _get(f"{address}/start?{asked.events}")
        time.sleep(asked.seconds)
        return _rated(crowd.figures(_get(f"{address}/stop")), asked.seconds)


def _plain(stage: Stage, asked: argparse.Namespace, sockets: list[Json]) -> Json:
    crowd = Crowd(stage.port, sockets)
    before = stage.memory_mb()
    _publish(stage, asked.events, asked.seconds)
    figures = crowd.figures(stage.counts())
    return _rated(figures, asked.seconds) | {"memory_mb": before, "memory_growth_mb": stage.memory_mb() - before}


def _beside_mutes(
    stage: Stage, asked: argparse.Namespace, sockets: list[Json], mutes: list[str], topics: list[str]
) -> Json:
    """The same while some follow everything and read nothing, with events large enough to fill what holds them."""
    with mute_clients(stage.port, mutes, topics[: len(topics) // 10 or 1]):
        crowd = Crowd(stage.port, _from_now(stage, sockets))
        _publish(stage, asked.events, asked.seconds / 2, LOUD_BYTES)
        before = stage.memory_mb()
        _publish(stage, asked.events, asked.seconds / 2, LOUD_BYTES)
        figures = crowd.figures(stage.counts())
        return _rated(figures, asked.seconds) | {"memory_mb": before, "memory_growth_mb": stage.memory_mb() - before}


def _killed(stage: Stage, asked: argparse.Namespace, sockets: list[Json]) -> Json:
    """Web server and producer are killed while it goes on; everybody comes back with the last number they have."""
    crowd = Crowd(stage.port, _from_now(stage, sockets))
    for _ in range(asked.kills):
        producer = _producer(stage, asked.events, 600)
        try:
            stage.wait_for_events(asked.events)
            stage.kill()
            stage.wait_for_events(asked.events)
            stage.start()
            stage.wait_for_events(asked.events)
        finally:
            producer.kill()
            producer.wait()
    return crowd.figures(stage.counts())


def _from_now(stage: Stage, sockets: list[Json]) -> list[Json]:
    """Return the sockets with what has happened already left out."""
    last = stage.counts()
    return [{**one, "after": {name: last[name] for name in one["after"]}} for one in sockets]


def _producer(stage: Stage, events: int, seconds: float, size: int = 200) -> Any:
    return stage.python(*PRODUCER, "publish", str(events), str(seconds), str(size))


def _publish(stage: Stage, events: int, seconds: float, size: int = 200) -> None:
    assert _producer(stage, events, seconds, size).wait() == 0


def _rated(figures: Json, seconds: float) -> Json:
    return figures | {"deliveries_per_second": figures["messages"] / seconds}


def _get(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:
        return json.loads(answer.read())


def holds(figures: Json) -> bool:
    """Say whether nothing was lost, sent twice or let in that should not have been."""
    crowds = [row for name, row in figures.items() if name.startswith(("hub", "through"))]
    wrong = [row[name] for row in crowds for name in ("lost", "gaps", "duplicates")]
    # A server that is away for more events than are sent again says so; one that is there has no reason to.
    wrong += [row["resyncs"] for name, row in figures.items() if name.startswith("hub")]
    wrong += [figures.get("tickets", {}).get(name, 0) for name in ("accepted", "refused_rightful")]
    return not any(wrong)


def _show(figures: Json) -> None:
    table = Table(title="Sockets", title_justify="left")
    table.add_column("what")
    columns = ("deliveries_per_second", "p50_ms", "p99_ms", "max_ms", "lost", "duplicates", "gaps", "memory_growth_mb")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for name, row in figures.items():
        if "p50_ms" in row:
            table.add_row(name, *("" if column not in row else f"{row[column]:,.1f}" for column in columns))
    console = Console(width=140)
    console.print(table)
    for name in [name for name in ("cycles", "tickets") if name in figures]:
        console.print(f"{name}: " + ", ".join(f"{key} {value:,.1f}" for key, value in figures[name].items()))


if __name__ == "__main__":
    sys.exit(main())
