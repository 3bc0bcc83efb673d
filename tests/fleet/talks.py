"""Conversations through kill -9: each must end where the undisturbed one ends, every message once.

    python -m tests.fleet.talks [--conversations 200] [--every 4]

Starts a deployment, and kills one of its processes (web, worker, beat) every few seconds while many conversations of
four turns are held. Prints what differs, a table, and one line of JSON with every figure.
"""

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.served import Served, served

TURNS = ("buy when RSI < 30, sell when RSI > 70", "entry at 25 and a 5% stop", "for 2008", "undo")
IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
MOST_SECONDS = 600.0


class Killer(threading.Thread):
    """Kills one process of a deployment after the other; the supervisor starts it again."""

    def __init__(self, server: Served, every: float) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._every = every
        self._random = random.Random(1)
        self.killed: Counter[str] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        """Kill until it is over."""
        while not self.over.wait(self._every):
            found = [(pid, kind) for pid, kind in self._children() if kind]
            if found:
                pid, kind = self._random.choice(found)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[kind] += 1

    def _children(self) -> list[tuple[int, str]]:
        listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        family = {str(self._server.pid)}
        while grown := {pid for pid, parent, _ in rows if parent in family} - family:
            family |= grown
        return [(int(pid), _kind(told)) for pid, _, told in rows if pid in family and int(pid) != self._server.pid]


def _kind(arguments: str) -> str:
    named = {"algoagent.server": "web", " beat": "beat", " worker": "worker"}
    return next((kind for word, kind in named.items() if word in arguments), "")


class Talker:
    """Holds conversations over HTTP, patiently: whatever does not answer is asked again."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def hold(self, number: int) -> tuple[list[Any], dict[str, Any]]:
        """Hold one conversation; return its transcript and where it stands."""
        key = {"Idempotency-Key": f"talk-{number}"}
        conversation = self._ask("POST", "/api/conversations/", json={}, headers=key)
        address = f"/api/conversations/{conversation['id']}/"
        for place, turn in enumerate(TURNS):
            body = {"content": turn, "client_id": f"turn-{place}"}
            self._ask("POST", f"{address}messages/", json=body)
            deadline = time.monotonic() + MOST_SECONDS
            while not self._ask("GET", address)["awaiting_feedback"] and time.monotonic() < deadline:
                time.sleep(0.2)
        messages = self._ask("GET", f"{address}messages/")["results"]
        return [_told(one) for one in messages], self._ask("GET", address)

    def _ask(self, method: str, address: str, **more: Any) -> Any:
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = self._api.request(method, address, **more)
                if answer.status_code < 429:
                    answer.raise_for_status()
                    return answer.json()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {address}")
            time.sleep(0.3)


def _told(message: dict[str, Any]) -> Any:
    """Return what a message says, without ids and times."""
    kept = [message[name] for name in ("seq", "role", "message_type", "content", "reply_to", "metrics")]
    return json.loads(IDS.sub("·", json.dumps(kept)))


def main(arguments: list[str]) -> int:
    """Hold one conversation in peace, then many while processes are killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two kills")
    asked = parser.parse_args(arguments)
    environment = {
        "RUN_LEASE_SECONDS": "3",
        "SWEEP_SECONDS": "1",
        "RUN_MAX_ATTEMPTS": "50",
        "QUEUED_RUNS_LIMIT": "5000",
    }
    with served(worker=True, concurrency=2, **environment) as server, server.client(server.token("talker")) as api:
        talker = Talker(api)
        expected, _ = talker.hold(0)
        killer = Killer(server, asked.every)
        began = time.monotonic()
        killer.start()
        with ThreadPoolExecutor(8) as pool:
            held = list(pool.map(talker.hold, range(1, asked.conversations + 1)))
        killer.over.set()
        killer.join()
    counts: Counter[str] = Counter(conversations=len(held))
    for transcript, state in held:
        counts["same"] += transcript == expected
        counts["waiting"] += state["node"] == "await_feedback" and state["awaiting_feedback"]
        numbers = [one[0] for one in transcript]
        counts["numbered"] += numbers == list(range(1, len(numbers) + 1))
        if transcript != expected:
            print(next(((want, got) for want, got in zip(expected, transcript, strict=False) if want != got), "length"))
    print(f"{counts['same']} of {len(held)} equal to the undisturbed one, {sum(killer.killed.values())} kills")
    print(json.dumps({**counts, "killed": dict(killer.killed), "seconds": round(time.monotonic() - began, 1)}))
    return 0 if counts["same"] == counts["waiting"] == len(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
