"""Starting the whole of AlgoAgent on a free port, for commands that show it."""

import os
import queue
import re
import subprocess
import sys
import threading
import time

import httpx
from django.conf import settings
from django.core.management.base import CommandError

START_SECONDS = 90.0


def start_server() -> tuple[subprocess.Popen[str], str, str]:
    """Start `manage.py up` on a free port; return it with its address and token once it answers."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "up", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603  # ours
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read_lines, args=(server, lines), daemon=True).start()
    said, deadline = "", time.monotonic() + START_SECONDS
    while "Stop with Ctrl-C" not in said:
        try:
            said += lines.get(timeout=max(0.1, deadline - time.monotonic()))
        except queue.Empty:
            server.terminate()
            raise CommandError(f"The server did not start:\n{said}") from None
    address = re.search(r"http://[\w.:\[\]-]+", said)
    token = re.search(r"^Token +(\S+)$", said, re.MULTILINE)
    if address is None or token is None:
        server.terminate()
        raise CommandError(f"The server did not say where it is:\n{said}")
    _wait_until_alive(server, address[0], deadline)
    return server, address[0], token[1]


def _read_lines(server: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in server.stdout or ():
        lines.put(line)


def _wait_until_alive(server: subprocess.Popen[str], address: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/healthz", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    server.terminate()
    raise CommandError("The web server does not answer.")
