"""Running a function on text that nobody trusts, in a child of its own with limits on time and memory.

    answer = run_limited(parse_and_count, text, seconds=2.0, memory_mb=256)

The function is one of a module's own, the arguments are whatever can be pickled, and the answer is whatever JSON can
hold: nothing of the child's is unpickled. An `AlgoAgentError` that the function raises is raised here; for a child that
takes too long, takes too much memory, or dies of the text `LimitReached` is raised, and nothing of it is left.

Children are forked from a helper process that has imported the function's module already, so that one costs a few
milliseconds. The helper starts with the first call, serves this process alone, and ends with it.
"""

import atexit
import contextlib
import json
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from backtest_engine import errors
from backtest_engine.errors import AlgoAgentError, Cancelled, EngineError

MOST_AT_ONCE = 4
MOST_ANSWER_BYTES = 64 << 20
_CANCEL_CHECK_SECONDS = 0.05
_HELPER_START_SECONDS = 60.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# pyarrow, where it is installed, would set a gigabyte of addresses aside with its own allocator.
_SMALL_ARENAS = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
_LENGTH = struct.Struct("!Q")


class LimitReached(AlgoAgentError):
    """The child was stopped; `code` says why: `too_slow`, `too_large`, `crashed` or `busy`."""

    code = "limit_reached"


class _Helper:
    """The process that children are forked from."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._mutex = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own command line
                [sys.executable, "-m", "backtest_engine.limited_child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={
                    **os.environ,
                    **_ONE_THREAD,
                    **_SMALL_ARENAS,
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                },
            )

    @property
    def alive(self) -> bool:
        return self.pid == os.getpid() and self._process.poll() is None

    def prepare(self, module: str) -> None:
        """Have a module imported before anybody asks for it."""
        with self._mutex:
            self._control.send(module.encode())

    def fork(self, module: str) -> socket.socket:
        """Have a child forked that has imported the module; return the socket to it."""
        mine, theirs = socket.socketpair()
        with theirs, self._mutex:
            socket.send_fds(self._control, [module.encode()], [theirs.fileno()])
        return mine

    def close(self) -> None:
        self._control.close()
        if self.pid == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
                return
            self._process.kill()
            self._process.wait()


_helper: _Helper | None = None
_starting = threading.Lock()
_room = threading.BoundedSemaphore(MOST_AT_ONCE)


def run_limited(
    function: Callable[..., Any],
    *arguments: Any,
    seconds: float,
    memory_mb: int = 512,
    cpu_seconds: float | None = None,
    niceness: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Any:
    """Return what a module's function returns, as JSON has it; raise what it raises, `LimitReached` or `Cancelled`.

    `seconds` count from the child's first instruction; waiting for a free place may take as long again. Where
    `cpu_seconds` of the processor are the limit, `seconds` are how long a busy machine may take over them. A child of
    greater `niceness` stands back for others on the machine.
    """
    if not _room.acquire(timeout=seconds):
        raise LimitReached("Too much is being looked at already; try again.", code="busy")
    try:
        job = pickle.dumps(
            (function.__qualname__, arguments, seconds, cpu_seconds or seconds + 1, memory_mb << 20, niceness)
        )
        with _started().fork(function.__module__) as child:
            return _answer(_Conversation(child, cancelled), job, seconds)
    finally:
        _room.release()


def prepare(module: str) -> None:
    """Start the helper process and have it import a module; returns at once."""
    _started().prepare(module)


def _started() -> _Helper:
    global _helper  # one a process, made anew after a fork or a death
    with _starting:
        if _helper is None or not _helper.alive:
            _helper = _Helper()
        return _helper


@atexit.register
def _end() -> None:
    if _helper is not None:
        _helper.close()


class _Conversation:
    """What is said with one child; ends with its death."""

    def __init__(self, child: socket.socket, cancelled: Callable[[], bool]) -> None:
        self._child = child
        self._cancelled = cancelled
        self._handle: int | None = None
        self.deadline = time.monotonic() + _HELPER_START_SECONDS
        child.setblocking(False)

    def greeted(self, seconds: float) -> None:
        """Take the child's handle; from now on its time runs."""
        self._wait(select.POLLIN)
        greeting, handles, _, _ = socket.recv_fds(self._child, 1, 1)
        if not greeting or not handles:
            raise EngineError("The helper process cannot start a child.")
        self._handle = handles[0]
        self.deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """Send everything."""
        view = memoryview(_LENGTH.pack(len(data)) + data)
        while view:
            self._wait(select.POLLOUT)
            try:
                view = view[self._child.send(view) :]
            except (BrokenPipeError, ConnectionResetError):
                raise LimitReached("It needs too much memory.", code="too_large") from None

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer where the child ended."""
        found = bytearray()
        while len(found) < size:
            self._wait(select.POLLIN)
            try:
                chunk = self._child.recv(min(size - len(found), 1 << 20))
            except ConnectionResetError:
                break
            if not chunk:
                break
            found += chunk
        return bytes(found)

    def kill(self) -> None:
        """End the child, if it has not ended; by its handle, since its number may be another's by now."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            os.close(self._handle)
            self._handle = None

    def _wait(self, event: int) -> None:
        poller = select.poll()
        poller.register(self._child, event)
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise LimitReached("It takes too long.", code="too_slow")
            if self._cancelled():
                raise Cancelled("Nobody waits for it any more.")
            if poller.poll(1000 * min(left, _CANCEL_CHECK_SECONDS)):
                return


def _answer(child: _Conversation, job: bytes, seconds: float) -> Any:
    try:
        child.greeted(seconds)
        child.send(job)
        head = child.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise LimitReached("It cannot be looked at: whoever looked did not survive it.", code="crashed")
        (size,) = _LENGTH.unpack(head)
        if size > MOST_ANSWER_BYTES:
            raise LimitReached("The answer is too large.", code="too_large")
        body = child.read(size)
    finally:
        child.kill()
    if len(body) < size:
        raise LimitReached("It cannot be looked at: whoever looked did not survive it.", code="crashed")
    said = json.loads(body)
    if "answer" in said:
        return said["answer"]
    raise _rebuilt(said["error"])


def _rebuilt(facts: dict[str, Any]) -> AlgoAgentError:
    """Return the error that the child described."""
    kind = LimitReached if facts["kind"] == "LimitReached" else getattr(errors, facts["kind"], EngineError)
    found: AlgoAgentError = kind(
        facts["message"], code=facts["code"], line=facts["line"], hint=facts["hint"], details=facts["details"]
    )
    return found
