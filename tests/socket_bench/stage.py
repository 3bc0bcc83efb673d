"""What the bench starts and stops: servers, the crowd, those who read nothing."""

import contextlib
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.processes import ROOT, answers, free_port, own_environment

Json = dict[str, Any]

SETTINGS = {
    "SECURE_TRANSPORT": "false",
    "LOG_LEVEL": "ERROR",
    "RATE_LIMITS": "read=10000000,write=10000000,token=10000000",
    # One client does in seconds what a thousand do in an hour.
    "SOCKET_MESSAGES_PER_SECOND": "1000000",
}


class Stage:
    """A server on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.environment = own_environment(folder, **SETTINGS)
        self._folder = folder
        self.port = free_port()
        self._log = (folder / "server.log").open("w")

    def python(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start a Python process beside the server."""
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment, text=True, **options)

    def said(self, *command: str) -> Any:
        """Run a Python process and return the JSON that it prints."""
        done = self.python(*command, stdout=subprocess.PIPE)
        text, _ = done.communicate()
        assert done.returncode == 0, command
        return json.loads(text) if text.strip() else None

    def start(self) -> None:
        """Start the web server, always at the same address."""
        command = ["-m", "algoagent.server", "--port", str(self.port), "--grace", "1"]
        self.web = self.python(*command, stdout=self._log, stderr=self._log)
        assert answers(f"http://127.0.0.1:{self.port}", 300)

    def kill(self) -> None:
        """Kill the web server as a power cut would."""
        self.web.send_signal(signal.SIGKILL)
        self.web.wait()

    def stop(self) -> None:
        """Stop it."""
        stop(self.web)
        self._log.close()

    def counts(self) -> dict[str, int]:
        """Return the number of the last event of each topic."""
        with contextlib.closing(sqlite3.connect(self._folder / "algoagent.sqlite3", timeout=20)) as database:
            rows = database.execute("SELECT id, last_seq FROM runs_run").fetchall()
        return {f"run:{uuid.UUID(key)}": seq for key, seq in rows}

    def wait_for_events(self, count: int, seconds: float = 120) -> None:
        """Wait until so many more events are written."""
        wanted = sum(self.counts().values()) + count
        deadline = time.monotonic() + seconds
        while sum(self.counts().values()) < wanted and time.monotonic() < deadline:
            time.sleep(0.05)

    def memory_mb(self) -> float:
        """Return the resident memory of the web server."""
        for line in Path(f"/proc/{self.web.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no such process")


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, and see that it does."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def floor_server() -> Iterator[int]:
    """The bare server; gives its port."""
    port = free_port()
    command = ["-m", "uvicorn", "tests.socket_bench.floor:application", "--port", str(port), "--log-level", "error"]
    options = ["--ws-per-message-deflate", "false", "--lifespan", "off", "--timeout-graceful-shutdown", "1"]
    process = subprocess.Popen([sys.executable, *command, *options], cwd=ROOT, text=True)
    try:
        assert answers(f"http://127.0.0.1:{port}", 300)
        yield port
    finally:
        stop(process)


class Crowd:
    """The process of the clients."""

    def __init__(self, port: int, sockets: list[Json]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.socket_bench.crowd"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._tell({"address": f"ws://127.0.0.1:{port}/ws/", "sockets": sockets})
        assert self._hear() == "ready\n"

    def figures(self, last: dict[str, int]) -> Json:
        """Return what they heard, once they have everything up to these events."""
        self._tell(last)
        found: Json = json.loads(self._hear())
        self._process.communicate()
        delays = sorted(found.pop("delays")) or [float("nan")]
        return {
            **found,
            "p50_ms": 1000 * statistics.median(delays),
            "p99_ms": 1000 * delays[int(0.99 * (len(delays) - 1))],
            "max_ms": 1000 * delays[-1],
        }

    def _tell(self, what: Json) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextlib.contextmanager
def mute_clients(port: int, tokens: list[str], topics: list[str]) -> Iterator[None]:
    """Clients that follow these topics and read nothing, one for each token."""
    command = [sys.executable, "-m", "tests.socket_bench.mutes"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"port": port, "tokens": tokens, "topics": topics}) + "\n")
    process.stdin.flush()
    try:
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.communicate()
