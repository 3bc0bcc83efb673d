"""The service as processes: embedded on SQLite and a directory, or a fleet on PostgreSQL and Redis."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.fleet.servers import Postgres, Redis
from tests.processes import ROOT, answers, free_port, own_environment

QUEUES = "execution,generation,conversation,maintenance"


class Deployment:
    """Named processes on a folder of their own, each of which can be killed and started again."""

    def __init__(
        self, folder: Path, *, workers: int = 1, concurrency: int = 1, beats: int = 1, **settings: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        fast = {
            "LOG_LEVEL": "WARNING",
            "SECURE_TRANSPORT": "false",
            "RUN_LEASE_SECONDS": "4",
            "SWEEP_SECONDS": "1",
            "QUEUED_RUNS_LIMIT": "100000",
            "RATE_LIMITS": "read=10000000,write=10000000,execute=10000000,generate=10000000",
            "RUN_MAX_ATTEMPTS": "10",
        }
        self.environment = own_environment(folder / "var", **fast | settings)
        python, celery = sys.executable, [sys.executable, "-m", "celery", "--quiet", "-A", "algoagent"]
        work = ["worker", "-Q", QUEUES, "--concurrency", str(concurrency), "--loglevel", "WARNING"]
        self.commands = {"web": [python, "-m", "algoagent.server", "--port", str(self.port)]}
        for number in range(workers):
            name = f"worker{number + 1}"
            alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
            self.commands[name] = [*celery, *work, "--hostname", f"{name}@%h", *alone]
        for number in range(beats):
            schedule = str(folder / f"beat{number + 1}")
            self.commands[f"beat{number + 1}"] = [*celery, "beat", "--schedule", schedule, "--pidfile="]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.log = (folder / "log").open("ab")

    def prepare(self) -> str:
        """Make the database and a token; return the token."""
        self._manage("migrate", "--verbosity", "0")
        self.token = self._manage(
            "shell",
            "--no-imports",
            "--command",
            "from django.conf import settings; from strategy_api.accounts.local_token import local_token; "
            "print(local_token(settings.DATA_DIR / 'token'))",
        ).split()[-1]
        return self.token

    def start(self, *names: str) -> None:
        """Start processes, all by default."""
        for name in names or self.commands:
            self.processes[name] = subprocess.Popen(
                self.commands[name],
                env=self.environment,
                cwd=ROOT,
                stdout=self.log,
                stderr=self.log,
                start_new_session=True,
            )

    def wait_until_alive(self, seconds: float = 60) -> None:
        """Wait until the web server answers."""
        if answers(self.address, seconds):
            return
        raise RuntimeError(f"The web server does not answer: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self, name: str) -> None:
        """Kill a process and all its children."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.log.close()

    def client(self, **options: object) -> httpx.Client:
        """Return a client with the token."""
        headers = {"Authorization": f"Token {self.token}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False, **options)

    def check(self) -> None:
        """Raise when a process has ended that nobody ended."""
        fallen = [name for name, process in self.processes.items() if process.poll() is not None]
        if fallen:
            raise RuntimeError(f"{', '.join(fallen)} ended: {(self.folder / 'log').read_text()[-2000:]}")

    def memory_mb(self) -> dict[str, float]:
        """Return the proportional set size of each process with its children, in MiB."""
        table = subprocess.run(["ps", "-eo", "pid=,sid="], capture_output=True, text=True, check=True).stdout
        sessions = [tuple(map(int, line.split())) for line in table.splitlines()]
        used = {}
        for name, process in self.processes.items():
            members = [pid for pid, session in sessions if session == process.pid]
            used[name] = sum(_pss(pid) for pid in members) / 1024
        return used

    def _manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


class Fleet(Deployment):
    """A deployment with a PostgreSQL and a Redis of its own."""

    def __init__(self, folder: Path, **options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.postgres, self.redis = Postgres(folder), Redis(folder)
        self.postgres.start()
        self.redis.start()
        super().__init__(folder, DATABASE_URL=self.postgres.url, REDIS_URL=self.redis.url, **options)

    def stop(self) -> None:
        """Stop everything, the servers last."""
        super().stop()
        self.redis.kill()
        self.postgres.kill()
