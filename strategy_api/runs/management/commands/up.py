"""Embedded mode: one command that runs everything, restarts what dies, and stops cleanly."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from strategy_api.accounts.local_token import local_token
from strategy_api.runs import kinds

GRACE_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 30.0
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Service:
    """A child process that is started again, more slowly each time, when it dies."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = 0.5
        self._start_at = 0.0

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches the supervisor alone, which then stops all in order."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # our own command lines
            self._command, start_new_session=True, preexec_fn=_end_with_parent
        )

    def look_after(self) -> str | None:
        """Start it again if it died and its pause is over; return what there is to say."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self.start()
            return None
        status = self._process.poll()
        if status is None:
            return None
        self._process = None
        lasted = time.monotonic() - self._started_at
        self._pause = 0.5 if lasted > 60 else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._start_at = time.monotonic() + self._pause
        return f"{self.name} ended with status {status}; starting it again in {self._pause:.0f} s"

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process itself: a worker's children finish under it."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the end, and enforce it at the deadline."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Command(BaseCommand):
    """Run the web server, a worker and the scheduler on this machine, with SQLite and a directory broker."""

    help = __doc__ or ""
    # They read all of the code, for as long as the web server takes to start; `manage.py doctor` runs them.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="0 takes a free one")
        parser.add_argument("--concurrency", type=int, default=os.cpu_count() or 1, help="runs at the same time")

    def handle(self, *_: Any, host: str, port: int, concurrency: int, **__: Any) -> None:
        """Prepare, start, watch, stop."""
        if "secure_transport" not in settings.ENVIRONMENT.model_fields_set:
            os.environ["SECURE_TRANSPORT"] = "false"  # plain HTTP, for this machine alone
        port = _free_port(host, port)
        if "public_url" not in settings.ENVIRONMENT.model_fields_set:
            os.environ["PUBLIC_URL"] = f"http://{host}:{port}"
        self.stdout.write("Preparing the database and static files …")
        self.stdout.flush()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        token = local_token(settings.DATA_DIR / "token")
        services = [Service(name, command) for name, command in _commands(host, port, concurrency).items()]
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda signum, _: stopping.append(signum))
        for service in services:
            service.start()
        self.stdout.write(f"AlgoAgent  http://{host}:{port}/")
        self.stdout.write(f"API docs   http://{host}:{port}/api/docs/")
        self.stdout.write(f"Admin      http://{host}:{port}/admin/   (make a login: manage.py createsuperuser)")
        self.stdout.write(f"Token      {token}")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()
        while not stopping:
            for service in services:
                if news := service.look_after():
                    self.stderr.write(news)
            time.sleep(0.2)
        self.stdout.write("Stopping …")
        for service in services:
            service.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        for service in services:
            service.wait(deadline)


def _commands(host: str, port: int, concurrency: int) -> dict[str, list[str]]:
    python = sys.executable
    # Strategies run as another user behind walls; the worker's own user is the operator's choice.
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [python, *quiet, "-m", "celery", "--quiet", "-A", "algoagent"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    queues = ",".join(kinds.queues())
    schedule = str(settings.DATA_DIR / "beat-schedule")
    server = [python, "-m", "algoagent.server", "--host", host, "--port", str(port), "--grace", "3"]
    return {
        "web": server,
        "worker": [*celery, "worker", "-Q", queues, "--concurrency", str(concurrency), "--loglevel", "WARNING", *alone],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile="],
    }


def _end_with_parent() -> None:
    """Ask the kernel for a SIGTERM should the supervisor be killed: orphans would hold the port and the database."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}); try --port 0, or `make serve PORT=8010`."
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen
