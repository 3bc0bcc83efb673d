"""The process that everything is forked from: imports, warms, proves that it is alone, and forks one child a run.

`launch` starts it with an empty environment. It never runs untrusted code. It speaks with one worker over one socket,
in JSON messages with descriptors attached, and ends with it.
"""

import array
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from backtest_engine.sandbox import kernel, landlock, preload, seccomp, walls
from backtest_engine.sandbox.lockdown import Footprint, Lock, may_change_user
from backtest_engine.sandbox.strategy_run import StrategyRun
from backtest_engine.sandbox.wire import GO, read_job

MESSAGE_BYTES = 1 << 16
READY = b'{"ready":1}\n'
_DESCRIPTORS_AT_ONCE = 8
_ORPHAN_CHECK_MS = 1_000
_OOM_SCORE = "800"
# Where a child's descriptors end up.
OUT, PAYLOAD, GO_SIGNAL, RULESET = 3, 4, 5, 6


def main(descriptor: int) -> None:
    """Serve the worker at the other end of the socket until it is gone; `preload.load` must have run."""
    worker = os.getppid()
    control = socket.socket(fileno=descriptor)
    warmth = preload.Warmth()
    warmth.spread()
    Zygote(control, worker, warmth).serve()


class Zygote:
    """Forks children for one worker and tells it how each of them ended."""

    def __init__(self, control: socket.socket, worker: int, warmth: preload.Warmth) -> None:
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            raise RuntimeError(f"{threads} threads are running: forking would not be safe")
        self._control = control
        self._worker = worker
        self._me = os.getpid()
        self._warmth = warmth
        self._children: dict[int, tuple[int, int]] = {}
        self._lock = Lock(
            footprint=Footprint.measure(),
            own_user=may_change_user(),
            ruleset=landlock.create_ruleset() if landlock.version() else None,
            filter=seccomp.Filter(),
        )
        # Children inherit it: when memory runs out the kernel takes one of them, not the worker.
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        os.environ.clear()
        sys.path.clear()
        sys.path_importer_cache.clear()
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Answer the worker until its end of the socket is closed."""
        facts = {"own_user": self._lock.own_user, "landlock": landlock.version(), "kernel": os.uname().release}
        self._send({"op": "ready", **facts})
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        while True:
            events = [descriptor for descriptor, _ in poller.poll(_ORPHAN_CHECK_MS)]
            if os.getppid() != self._worker:
                self._end()
            for descriptor in events:
                if descriptor != self._control.fileno():
                    poller.unregister(descriptor)
                    self._report_end(descriptor)
                elif (started := self._obey()) is not None:
                    poller.register(started, select.POLLIN)

    def _obey(self) -> int | None:
        """Take one order and return the process descriptor of the child that it made."""
        message, ancillary, _, _ = self._control.recvmsg(
            MESSAGE_BYTES, socket.CMSG_SPACE(_DESCRIPTORS_AT_ONCE * 4), socket.MSG_CMSG_CLOEXEC
        )
        if not message:
            self._end()
        descriptors = array.array("i")
        for _, _, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        order = json.loads(message)
        pid = os.fork()
        if pid == 0:
            self._become_child(order, list(descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
        process = os.pidfd_open(pid)
        self._children[process] = pid, order["id"]
        self._send({"op": "forked", "id": order["id"], "pid": pid}, process)
        return process

    def _become_child(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        status = 1
        try:
            os.setsid()
            standing = frozenset(order["walls"])
            self._arrange_descriptors(descriptors, close_others=walls.DESCRIPTORS in standing)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            self._lock.apply(
                standing=standing,
                ruleset=RULESET if self._lock.ruleset is not None else None,
                cpu_seconds=order["cpu_seconds"],
                memory_bytes=order["memory_bytes"],
                parent=self._me,
            )
            self._warmth.touch()
            os.write(OUT, READY)
            length = os.read(GO_SIGNAL, GO.size)
            if length:
                os.close(GO_SIGNAL)
                job = read_job(PAYLOAD, *GO.unpack(length))
                os.close(PAYLOAD)
                StrategyRun(job, out=OUT).perform()
                # The worker need not wait until the kernel has taken this process apart.
                for descriptor in (OUT, 1, 2):
                    os.close(descriptor)
            status = 0
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode(errors="replace")[:500])
        finally:
            # No exit handlers: they may be the strategy's.
            os._exit(status)

    def _arrange_descriptors(self, descriptors: list[int], *, close_others: bool) -> None:
        """Leave nothing open but the log, the way out, the payload, the signal to go, and the ruleset."""
        payload, out, log, go = descriptors
        wanted = [(log, 1), (log, 2), (out, OUT), (payload, PAYLOAD), (go, GO_SIGNAL)]
        if self._lock.ruleset is not None:
            wanted.append((self._lock.ruleset, RULESET))
        # Through high numbers first, since a source may sit where another one has to go.
        high = [fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, RULESET + 1) for source, _ in wanted]
        for source, (_, target) in zip(high, wanted, strict=True):
            os.dup2(source, target)
        if close_others:
            kernel.close_descriptors_from(RULESET + 1 if self._lock.ruleset is not None else RULESET)

    def _report_end(self, process: int) -> None:
        pid, number = self._children.pop(process)
        os.close(process)
        _, status, usage = os.wait4(pid, 0)
        self._send(
            {
                "op": "ended",
                "id": number,
                "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "rss_bytes": usage.ru_maxrss * 1024,
            }
        )

    def _send(self, message: dict[str, Any], *descriptors: int) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        try:
            self._control.sendmsg([json.dumps(message).encode()], rights)
        except OSError:
            self._end()

    def _end(self) -> NoReturn:
        for process in self._children:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        os._exit(0)
