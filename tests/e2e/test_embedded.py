"""Embedded mode as a user has it: one command, real processes, and things that die."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import ROOT, answers, own_environment

SLOW = """
import time
from backtesting import Strategy


class Slow(Strategy):
    seconds = 3.0

    def init(self):
        pass

    def next(self):
        if len(self.data) == 2147:
            until = time.monotonic() + self.seconds
            while time.monotonic() < until:
                pass
        if not self.position:
            self.buy()
"""


class Server:
    """`manage.py up` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._environment = own_environment(folder, RUN_LEASE_SECONDS="3", SWEEP_SECONDS="1")

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0", "--concurrency", "1"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._environment
        )
        self.said = ""
        while "Stop with" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        address = re.search(r"http://\S+?(?=/)", self.said)[0]
        token = re.search(r"^Token\s+(\S+)", self.said, re.MULTILINE)[1]
        self.api = httpx.Client(
            base_url=address, headers={"Authorization": f"Token {token}"}, timeout=60, trust_env=False
        )
        assert answers(address), "the web server does not answer"

    def stop(self) -> int:
        """Stop it as a user does."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(40)
        self._forget()
        return status

    def _forget(self) -> None:
        self.api.close()
        self.process.stdout.close()

    def kill(self) -> None:
        """Kill the supervisor and all it started, as a power cut would."""
        for pid in [*self.children(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self._forget()

    def children(self, word: str = "") -> list[int]:
        """Return the living descendants whose command line contains a word."""
        table = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in table.splitlines()]
        family, grown = {str(self.process.pid)}, 0
        while grown < len(family):  # a child's number may be below its parent's
            grown = len(family)
            family |= {pid for pid, parent, _ in rows if parent in family}
        return [
            int(pid)
            for pid, _, arguments in rows
            if pid in family and word in arguments and int(pid) != self.process.pid
        ]

    def submit(self, code: str, **body: Any) -> dict[str, Any]:
        """Store a strategy and ask for its backtest."""
        strategy = self.api.post("/api/strategies/", json={"name": "s", "code": code}).raise_for_status().json()
        answer = self.api.post(f"/api/strategies/{strategy['id']}/execute/", json=body)
        return answer.raise_for_status().json()

    def wait(self, run: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        """Return the run once it has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.api.get(f"/api/runs/{run['id']}/").json()
            if state["state"] in ("succeeded", "failed", "cancelled"):
                return state
            time.sleep(0.2)
        raise AssertionError(f"the run did not end: {state}")

    def events(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a run's events so far."""
        return self.api.get(f"/api/runs/{run['id']}/events/", headers={"Accept": "application/json"}).json()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server, stopped at the end."""
    started = Server(tmp_path)
    started.start()
    yield started
    if started.process.poll() is None:
        started.stop()


@pytest.fixture(autouse=True)
def _children_may_use_sockets(socket_enabled: None) -> None:
    """The server under test listens on this machine."""


class TestEmbeddedMode:
    def test_takes_a_sentence_and_streams_what_becomes_of_it(self, server: Server) -> None:
        body = {"description": "RSI strategy: buy when RSI < 30, sell when RSI > 70", "execute_after_generation": True}
        run = server.api.post("/api/strategies/generate_with_ai/", json=body).json()

        seen = []
        with server.api.stream("GET", f"/api/runs/{run['id']}/events/", headers={"Accept": "text/event-stream"}) as s:
            for line in s.iter_lines():
                if line.startswith("id: "):
                    seen.append(int(line[4:]))
        done = server.api.get(f"/api/runs/{run['id']}/").json()

        assert seen == list(range(1, 9))
        assert done["state"] == "succeeded"
        assert done["result"]["execution"]["metrics"]["trades"] > 0

    def test_stops_cleanly_and_keeps_its_token(self, server: Server) -> None:
        token = server.api.headers["Authorization"]
        children = server.children()

        status = server.stop()
        server.start()

        assert status == 0
        assert len(children) >= 3
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
        assert server.api.headers["Authorization"] == token
        assert server.api.get("/api/runs/").status_code == 200

    def test_restarts_what_dies(self, server: Server) -> None:
        (web,) = server.children("algoagent.server")

        os.kill(web, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if server.children("algoagent.server") not in ([], [web]) and server.api.get("/healthz").is_success:
                    break
            time.sleep(0.2)

        assert server.children("algoagent.server") != [web]
        assert server.api.get("/healthz").is_success

    def test_ends_a_run_once_although_its_worker_was_killed(self, server: Server) -> None:
        run = server.submit(SLOW, test_symbol="GOOG")
        while "execution.started" not in [event["type"] for event in server.events(run)]:
            time.sleep(0.1)

        for pid in server.children("celery"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        done, events = server.wait(run), server.events(run)

        assert (done["state"], done["attempt"]) == ("succeeded", 2)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert [event["type"] for event in events].count("run.succeeded") == 1
        history = server.api.get(f"/api/strategies/{done['strategy']}/execution_history/").json()["results"]
        assert len(history) == 1

    def test_ends_a_run_once_although_everything_was_killed(self, server: Server) -> None:
        run = server.submit(SLOW, test_symbol="GOOG")
        waiting = server.submit(SLOW, test_symbol="GOOG", parameters={"seconds": 0.1})
        while "execution.started" not in [event["type"] for event in server.events(run)]:
            time.sleep(0.1)

        server.kill()
        server.start()
        ended = [server.wait(run), server.wait(waiting)]

        assert [done["state"] for done in ended] == ["succeeded", "succeeded"]
        for done in ended:
            events = server.events(done)
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            assert [event["type"] for event in events].count("run.succeeded") == 1

    def test_gives_the_same_numbers_as_the_command_line(self, server: Server, tmp_path: Path) -> None:
        sentence = "RSI strategy: buy when RSI < 30, sell when RSI > 70"
        engine = [sys.executable, "-m", "backtest_engine"]
        generated = subprocess.run(
            [*engine, "generate", sentence, "--json"], capture_output=True, text=True, check=True, cwd=ROOT
        )
        module = tmp_path / "s.py"
        module.write_text(json.loads(generated.stdout)["code"])
        executed = subprocess.run(
            [*engine, "execute", str(module), "--symbol", "GOOG", "--json"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        # Without dates the last fifth would be sealed.
        dates = {"start_date": "2004-08-19", "end_date": "2013-03-01"}
        body = {"description": sentence, "execute_after_generation": True, "test_symbol": "GOOG", **dates}
        run = server.wait(server.api.post("/api/strategies/generate_with_ai/", json=body).json())

        assert json.loads(executed.stdout)["metrics"] == run["result"]["execution"]["metrics"]
