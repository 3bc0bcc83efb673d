"""Starts the zygote with an empty environment and speaks with it."""

import array
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backtest_engine.errors import SandboxUnavailable
from backtest_engine.sandbox.syscalls import AUDIT_ARCHITECTURE

MESSAGE_BYTES = 1 << 16
_START_SECONDS = 60.0
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from backtest_engine.sandbox import preload; preload.load(); "
    "from backtest_engine.sandbox.zygote import main; main(int(sys.argv[2]))"
)
# One thread, or a forked child would wait for workers that were not forked with it. HOME: a library asks for it.
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class ZygoteGone(Exception):
    """The zygote died, or does not answer."""


def platform_problem() -> str | None:
    """Return why this machine can have no sandbox at all, or None."""
    if sys.platform != "linux":
        return (
            f"Strategies run in a sandbox made of Linux kernel features, and this is {platform.system()}. "
            "Run AlgoAgent in a Linux container or virtual machine."
        )
    if platform.machine() not in AUDIT_ARCHITECTURE:
        known = ", ".join(sorted(AUDIT_ARCHITECTURE))
        return f"The sandbox's system call filter knows {known}, and this machine is {platform.machine()}."
    if not hasattr(os, "pidfd_open") or not Path("/proc/self/statm").exists():
        return "The sandbox needs /proc and a Python built for Linux 5.3 or newer."
    return None


class ZygoteProcess:
    """The worker's end: one socket, one process. Raises `SandboxUnavailable` when it does not start."""

    def __init__(self, *, python: str) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = os.memfd_create("zygote-errors", os.MFD_CLOEXEC)
        try:
            with theirs:
                self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and our own program
                    [python, "-I", "-B", "-c", _PROGRAM, _ROOT, str(theirs.fileno())],
                    env=_ENVIRONMENT,
                    cwd="/",
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                )
        except OSError as error:
            self.socket.close()
            os.close(self._errors)
            raise SandboxUnavailable(f"The sandbox cannot start {python}: {error}") from error
        self.socket.settimeout(_START_SECONDS)
        try:
            self.facts: Mapping[str, Any] = self.receive()[0]
        except (ZygoteGone, TimeoutError) as error:
            said = self.said()
            self.close()
            raise SandboxUnavailable(f"The sandbox's process did not start: {said or error}") from error

    def said(self) -> str:
        """Return what it, or a child before its log was open, wrote about an error."""
        return os.pread(self._errors, 4_000, 0).decode(errors="replace").strip()

    def send(self, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send a message with descriptors. Raises `ZygoteGone`."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        try:
            self.socket.sendmsg([json.dumps(message).encode()], rights)
        except OSError as error:
            raise ZygoteGone(str(error)) from error

    def receive(self) -> tuple[dict[str, Any], list[int]]:
        """Return the next message and its descriptors. Raises `ZygoteGone` or `TimeoutError`."""
        try:
            message, ancillary, _, _ = self.socket.recvmsg(
                MESSAGE_BYTES, socket.CMSG_SPACE(16), socket.MSG_CMSG_CLOEXEC
            )
        except TimeoutError:
            raise
        except OSError as error:
            raise ZygoteGone(str(error)) from error
        if not message:
            raise ZygoteGone("it has ended")
        descriptors = array.array("i")
        for _, _, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        return json.loads(message), list(descriptors)

    def close(self) -> None:
        """End the zygote and with it all its children."""
        self.socket.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._errors)

    def abandon(self) -> None:
        """Close the inherited handles in a forked copy of the worker; the zygote stays its parent's."""
        self.socket.close()
        os.close(self._errors)
        self.process.returncode = 0
