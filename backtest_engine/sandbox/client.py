"""The worker's side of the sandbox: hands a job to a locked child and takes back what it said, within limits."""

import contextlib
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.domain import Limits
from backtest_engine.errors import Cancelled, SandboxUnavailable
from backtest_engine.ports import CancelSignal
from backtest_engine.sandbox.launch import ZygoteGone, ZygoteProcess, platform_problem
from backtest_engine.sandbox.walls import WALLS
from backtest_engine.sandbox.wire import GO, Job, write_job

logger = logging.getLogger(__name__)

# A strategy may print this many times what is kept of its log before it is ended for it.
LOG_FLOOD = 64
_READ_BYTES = 1 << 16
_CANCEL_POLL_SECONDS = 0.05
_LOCK_SECONDS = 20.0
_REAP_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Ending:
    """How a child ended: what it wrote after it was locked, its log, and what the kernel says about it.

    `killed_for` names the limit that the worker ended it for. `seconds` is the time from hand-over to end. A child that
    has said everything is not waited for: its `cpu_seconds` and `rss_bytes` are zero.
    """

    output: bytes
    log: str
    log_truncated: bool
    killed_for: str | None
    signal: int
    status: int | None
    cpu_seconds: float
    rss_bytes: int
    seconds: float


@dataclass(kw_only=True, eq=False)
class _Child:
    """A forked child that waits, locked, for its job."""

    number: int
    limits: tuple[int, int]
    walls: frozenset[str]
    payload: int
    out: int
    log: int
    go: int
    open_ends: set[int]
    process: int = -1
    output: bytearray = field(default_factory=bytearray)
    logged: bytearray = field(default_factory=bytearray)
    log_bytes: int = 0
    ended: dict[str, Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether it said all that it can: a complete last line, and nothing left to write to."""
        return not self.open_ends and self.output.endswith(b"\n")

    def kill(self) -> None:
        if self.ended is None and self.process >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.process, signal.SIGKILL)

    def close(self) -> None:
        for descriptor in (self.payload, self.out, self.log, self.go, self.process):
            if descriptor >= 0:
                os.close(descriptor)


class Sandbox:
    """One zygote and its children. One job runs at a time; concurrent callers wait for each other.

    Build it in the process that uses it: a forked copy starts a zygote of its own. `spares` children are kept forked,
    locked and waiting for jobs with the limits of `limits`.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        spares: int = 2,
        without_walls: Collection[str] = (),
        python: str = sys.executable,
    ) -> None:
        unknown = set(without_walls) - set(WALLS)
        if unknown:
            raise ValueError(f"unknown walls: {', '.join(sorted(unknown))}; there are {', '.join(WALLS)}")
        self.limits = limits or Limits()
        self.standing = frozenset(WALLS) - frozenset(without_walls)
        self._spares_wanted = spares
        self._python = python
        self._mutex = threading.RLock()
        self._owner = os.getpid()
        self._zygote: ZygoteProcess | None = None
        self._children: dict[int, _Child] = {}
        self._spares: list[int] = []
        self._numbers = 0

    @property
    def facts(self) -> dict[str, Any]:
        """What the zygote found out about its machine; starts it if need be."""
        with self._mutex:
            return dict(self._ready().facts)

    @property
    def zygote_pid(self) -> int | None:
        """Process id of the running zygote."""
        return self._zygote.process.pid if self._zygote else None

    def run(
        self,
        job: Job,
        *,
        limits: Limits | None = None,
        cancelled: CancelSignal | None = None,
        walls: Collection[str] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Ending:
        """Run a job in a child of its own and return how it ended. Raises `Cancelled` or `SandboxUnavailable`.

        `meanwhile` is called once the child is at work; the child's limits are watched only after it has returned.
        """
        limits = limits or self.limits
        standing = self.standing if walls is None else frozenset(walls)
        with self._mutex:
            for attempt in (1, 2):
                try:
                    return self._run(job, limits, cancelled, standing, meanwhile)
                except (ZygoteGone, TimeoutError) as error:
                    logger.warning("The sandbox's zygote was lost (%s), attempt %d", error, attempt)
                    self.close()
            raise SandboxUnavailable("The sandbox's process died twice while it ran a strategy.")

    def replenish(self) -> None:
        """Have spare children forked for the next jobs, unless a run is going on; returns at once."""
        if not self._mutex.acquire(blocking=False):
            return
        try:
            if self._zygote is not None and self._owner == os.getpid():
                self._fork_spares()
        except ZygoteGone:
            # The next run finds out and starts another.
            return
        finally:
            self._mutex.release()

    def close(self) -> None:
        """End the zygote and all children. A later run starts a new one."""
        with self._mutex:
            for child in self._children.values():
                child.close()
            self._children.clear()
            self._spares.clear()
            zygote, self._zygote = self._zygote, None
            if zygote is None:
                return
            if self._owner == os.getpid():
                zygote.close()
            else:
                zygote.abandon()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ready(self) -> ZygoteProcess:
        if self._owner != os.getpid():
            self.close()
            self._owner = os.getpid()
        if self._zygote is None:
            problem = platform_problem()
            if problem:
                raise SandboxUnavailable(problem)
            self._zygote = ZygoteProcess(python=self._python)
        return self._zygote

    def _run(
        self,
        job: Job,
        limits: Limits,
        cancelled: CancelSignal | None,
        standing: frozenset[str],
        meanwhile: Callable[[], None] | None,
    ) -> Ending:
        zygote = self._ready()
        child = self._take(limits, standing)
        try:
            length = write_job(child.payload, job)
            os.write(child.go, GO.pack(length))
            started = time.perf_counter()
            if meanwhile is not None:
                meanwhile()
            killed_for = self._follow(zygote, child, limits, cancelled, started)
            seconds = time.perf_counter() - started
        finally:
            self._children.pop(child.number, None)
            child.kill()
            child.close()
        if killed_for == "cancelled":
            raise Cancelled("The run was cancelled.")
        ended = child.ended or {"signal": 0, "status": 0}
        return Ending(
            output=b"" if killed_for else bytes(child.output),
            log=child.logged.decode("utf-8", "replace"),
            log_truncated=child.log_bytes > len(child.logged),
            killed_for=killed_for,
            signal=ended["signal"],
            status=ended["status"],
            cpu_seconds=ended.get("cpu_seconds", 0.0),
            rss_bytes=ended.get("rss_bytes", 0),
            seconds=seconds,
        )

    def _follow(
        self, zygote: ZygoteProcess, child: _Child, limits: Limits, cancelled: CancelSignal | None, started: float
    ) -> str | None:
        """Read from the child until it has ended, and end it when it passes a limit or is cancelled."""
        poller = select.poll()
        for descriptor in (zygote.socket.fileno(), child.out, child.log):
            poller.register(descriptor, select.POLLIN)
        deadline, killed_for = started + limits.wall_seconds, None
        while child.ended is None:
            left = deadline - time.perf_counter()
            patience = left if cancelled is None or killed_for else min(left, _CANCEL_POLL_SECONDS)
            self._listen(zygote, child, poller, limits, max(0.0, patience))
            if child.finished:
                break
            if killed_for is None:
                killed_for = self._reason_to_kill(child, limits, cancelled, deadline)
                if killed_for:
                    child.kill()
                    deadline = time.perf_counter() + _REAP_SECONDS
            elif time.perf_counter() > deadline:
                raise ZygoteGone("it does not report the end of a child")
        for descriptor in set(child.open_ends):
            while self._read(child, descriptor, limits):
                pass
        return killed_for or self._passed_output(child, limits)

    def _listen(
        self, zygote: ZygoteProcess, child: _Child, poller: select.poll, limits: Limits, seconds: float
    ) -> None:
        for descriptor, _ in poller.poll(seconds * 1000):
            if descriptor == zygote.socket.fileno():
                self._hear()
            elif self._read(child, descriptor, limits) == 0:
                poller.unregister(descriptor)
                child.open_ends.discard(descriptor)

    def _reason_to_kill(
        self, child: _Child, limits: Limits, cancelled: CancelSignal | None, deadline: float
    ) -> str | None:
        if cancelled is not None and cancelled():
            return "cancelled"
        if time.perf_counter() >= deadline:
            return "wall_time_limit"
        return self._passed_output(child, limits)

    def _passed_output(self, child: _Child, limits: Limits) -> str | None:
        if len(child.output) > limits.output_bytes:
            return "output_limit"
        if child.log_bytes > limits.log_bytes * LOG_FLOOD:
            return "log_limit"
        return None

    def _read(self, child: _Child, descriptor: int, limits: Limits) -> int | None:
        """Read what is there: its length, 0 at the end, None for now. What is over a limit is counted but not kept."""
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return None
        if descriptor == child.out:
            child.output += data[: limits.output_bytes + 1 - len(child.output)]
        else:
            child.log_bytes += len(data)
            child.logged += data[: max(0, limits.log_bytes - len(child.logged))]
        return len(data)

    def _take(self, limits: Limits, standing: frozenset[str]) -> _Child:
        """Return a locked child with these limits: a spare, or one made for the purpose."""
        wanted = limits.cpu_seconds, limits.memory_bytes
        while select.select([self._ready().socket], [], [], 0)[0]:
            # One of the spares may have died since.
            self._hear()
        while self._spares:
            child = self._children[self._spares.pop(0)]
            if child.ended is None and child.limits == wanted and child.walls == standing:
                break
            if child.limits == (self.limits.cpu_seconds, self.limits.memory_bytes) and child.ended is None:
                self._spares.insert(0, child.number)
                child = self._fork(wanted, standing)
                break
            self._discard(child)
        else:
            child = self._fork(wanted, standing)
        self._wait_until_locked(child)
        return child

    def _fork_spares(self) -> None:
        while len(self._spares) < self._spares_wanted:
            child = self._fork((self.limits.cpu_seconds, self.limits.memory_bytes), self.standing)
            self._spares.append(child.number)

    def _fork(self, wanted: tuple[int, int], standing: frozenset[str]) -> _Child:
        self._numbers += 1
        payload = os.memfd_create("job", os.MFD_CLOEXEC)
        readable = os.open(f"/proc/self/fd/{payload}", os.O_RDONLY | os.O_CLOEXEC)
        out, their_out = os.pipe2(os.O_CLOEXEC)
        log, their_log = os.pipe2(os.O_CLOEXEC)
        their_go, go = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(out, False)
        os.set_blocking(log, False)
        child = _Child(
            number=self._numbers,
            limits=wanted,
            walls=standing,
            payload=payload,
            out=out,
            log=log,
            go=go,
            open_ends={out, log},
        )
        self._children[child.number] = child
        theirs = [readable, their_out, their_log, their_go]
        try:
            self._ready().send(
                {"id": child.number, "walls": sorted(standing), "cpu_seconds": wanted[0], "memory_bytes": wanted[1]},
                theirs,
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return child

    def _wait_until_locked(self, child: _Child) -> None:
        """Wait for the line that a child writes once its walls stand; what it writes later is the strategy's."""
        zygote = self._ready()
        deadline = time.perf_counter() + _LOCK_SECONDS
        poller = select.poll()
        poller.register(child.out, select.POLLIN)
        poller.register(zygote.socket, select.POLLIN)
        line = bytearray()
        while not line.endswith(b"\n") or child.process < 0:
            for descriptor, _ in poller.poll(max(0.0, deadline - time.perf_counter()) * 1000):
                if descriptor == child.out:
                    data = os.read(child.out, _READ_BYTES)
                    line += data
                    if not data:
                        poller.unregister(child.out)
                else:
                    self._hear()
            if child.ended is not None or time.perf_counter() > deadline:
                reason = self._read(child, child.log, self.limits) and child.logged.decode(errors="replace")
                self._discard(child)
                raise SandboxUnavailable(f"The sandbox cannot lock a child: {reason or zygote.said() or 'no answer'}")

    def _hear(self) -> None:
        """Take one message from the zygote."""
        message, descriptors = self._ready().receive()
        child = self._children.get(message["id"])
        if child is None:
            for descriptor in descriptors:
                os.close(descriptor)
        elif message["op"] == "forked":
            (child.process,) = descriptors
        else:
            child.ended = message

    def _discard(self, child: _Child) -> None:
        self._children.pop(child.number, None)
        child.close()
