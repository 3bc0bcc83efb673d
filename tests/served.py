"""The real server in a process of its own, for tests that need sockets: clients, browsers, fuzzers."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.processes import ROOT, answers, free_port, own_environment

LIMITS = "read=100000,write=100000,generate=100000,execute=100000,import=100000,token=100000,anonymous=100000"


class Served:
    """A web server on a folder of its own, and with `worker` also what does the work."""

    def __init__(self, folder: Path, *, worker: bool = False, concurrency: int = 1, **environment: str) -> None:
        self.folder = folder
        self._worker = worker
        self._concurrency = concurrency
        settings = {"SECURE_TRANSPORT": "false", "RATE_LIMITS": LIMITS, **environment}
        self.environment = own_environment(folder, **settings)

    def start(self) -> None:
        """Start it and wait until it answers."""
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.manage("migrate", "--verbosity", "0")
        command = [sys.executable, "manage.py", "up", "--port", str(port), "--concurrency", str(self._concurrency)]
        if not self._worker:
            command = [sys.executable, "-m", "algoagent.server", "--port", str(port)]
        self._log = (self.folder / "server.log").open("w")
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        if not answers(self.address):
            self.stop()
            raise AssertionError(self.log())

    @property
    def pid(self) -> int:
        """The process that started all others."""
        return self._process.pid

    def stop(self) -> None:
        """Stop it as a user does; a server that does not listen is killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def log(self) -> str:
        """Return what the server said."""
        return (self.folder / "server.log").read_text()

    def manage(self, *arguments: str, given: str = "") -> str:
        """Run a management command on the server's folder and return what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, user: str, *options: str) -> str:
        """Return a new token of a user, who is made when new."""
        return self.manage("create_token", user, *options).strip().splitlines()[-1]

    def client(self, token: str = "") -> httpx.Client:
        """Return a client that asks with the token."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)


@contextlib.contextmanager
def served(*, worker: bool = False, concurrency: int = 1, **environment: str) -> Iterator[Served]:
    """Run a server for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="algoagent-served-"))
    server = Served(folder, worker=worker, concurrency=concurrency, **environment)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
