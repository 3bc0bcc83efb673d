"""PostgreSQL and Redis of our own: started in a temporary folder on free ports, so that they may be killed."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.processes import free_port


class Missing(Exception):
    """A server program is not installed on this machine."""


def find_program(name: str, *places: str) -> str:
    """Return the path of a program; raise `Missing`."""
    for place in places:
        for folder in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
            if (folder / name).is_file():
                return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def _wait_for_port(port: int, process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not start")


class Redis:
    """A Redis that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._program = find_program("redis-server")
        self._folder = folder / "redis"
        self._folder.mkdir()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["--save", "", "--appendonly", "no", "--dir", str(self._folder), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [self._program, "--port", str(self.port), *options], stdout=subprocess.DEVNULL, start_new_session=True
        )
        _wait_for_port(self.port, self._process, "Redis")

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._process.kill()
        self._process.wait()


class Postgres:
    """A PostgreSQL cluster; it refuses to run as root, so it runs as its own user there."""

    def __init__(self, folder: Path) -> None:
        self._bin = Path(find_program("initdb", "/usr/lib/postgresql/*/bin")).resolve().parent
        if not (self._bin / "postgres").exists():
            raise Missing("postgres is not installed")
        self._folder = folder / "postgres"
        self._folder.mkdir()
        self.port = free_port()
        self.url = f"postgresql://algoagent@127.0.0.1:{self.port}/postgres"
        self._as_owner: list[str] = []
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            for above in (folder, *folder.parents):
                if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                    above.chmod(above.stat().st_mode | 0o011)  # so that the other user may pass through
            self._as_owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self._run([str(self._bin / "initdb"), "-A", "trust", "-U", "algoagent", "-D", str(self._folder / "data")])

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        data, sockets = str(self._folder / "data"), str(self._folder)
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={sockets}"]
        options += ["-c", "max_connections=300", "-c", "shared_buffers=64MB"]
        command = [*self._as_owner, str(self._bin / "postgres"), "-D", data, "-p", str(self.port), *options]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/"
        )
        _wait_for_port(self.port, self._process, "PostgreSQL")
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        for _ in range(200):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not take connections")

    def kill(self) -> None:
        """Kill every process of the cluster at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Its backends left the session; they end when they see that the postmaster is gone.
        for _ in range(100):
            if subprocess.run(["pgrep", "-f", str(self._folder)], capture_output=True, check=False).returncode:
                return
            time.sleep(0.05)

    def _run(self, command: Sequence[str]) -> None:
        done = subprocess.run([*self._as_owner, *command], capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(done.stderr)
