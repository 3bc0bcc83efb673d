"""The helper process of `limited`: imports what is asked for, and forks a child for each job."""

import gc
import importlib
import json
import numbers
import os
import pickle
import resource
import signal
import socket
import struct
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

from backtest_engine.errors import AlgoAgentError

_LENGTH = struct.Struct("!Q")


def serve(control: socket.socket) -> None:
    """Fork a child for each message that brings a socket, until the other end is closed; others only import."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        module, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 1)
        if not module:
            return
        try:
            _import(module.decode())
            if descriptors and os.fork() == 0:
                control.close()
                _work(socket.socket(fileno=descriptors[0]), module.decode())
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def _import(module: str) -> None:
    if module not in sys.modules:
        importlib.import_module(module)
        # What is shared with the children should stay shared.
        gc.collect()
        gc.freeze()


def _work(parent: socket.socket, module: str) -> NoReturn:
    """Do one job and end."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        handle = os.pidfd_open(os.getpid())
        socket.send_fds(parent, [b"!"], [handle])
        job = _read(parent, _LENGTH.unpack(_read(parent, _LENGTH.size))[0])
        # Written by the process that asked, which is trusted; the text among the arguments is only data.
        name, arguments, seconds, cpu_seconds, memory, niceness = pickle.loads(job)  # noqa: S301
        os.nice(niceness)
        _limit(seconds, cpu_seconds, memory)
        answer = _encoded(_done(attrgetter(name)(sys.modules[module]), arguments))
        parent.sendall(_LENGTH.pack(len(answer)) + answer)
    finally:
        os._exit(0)


def _limit(seconds: float, cpu_seconds: float, memory: int) -> None:
    """Bound memory, processor and wall time; the kernel enforces them, whatever the interpreter is busy with."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + memory, in_use + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds) + 1, int(cpu_seconds) + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    # The limit above knows whole seconds only.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)


def _done(function: Any, arguments: tuple[Any, ...]) -> dict[str, Any]:
    try:
        return {"answer": function(*arguments)}
    except AlgoAgentError as error:
        return {"error": {"kind": type(error).__name__, **_described(error)}}
    except MemoryError:
        return {"error": _limit_reached("too_large", "It needs too much memory.")}
    except RecursionError:
        return {"error": _limit_reached("too_deep", "It is nested too deeply.")}
    except Exception as error:
        message = f"Looking at it failed: {type(error).__name__}."
        return {"error": {"kind": "EngineError", **_described(AlgoAgentError(message, code="internal_error"))}}


def _described(error: AlgoAgentError) -> dict[str, Any]:
    return {"details": {}, **error.as_dict()}


def _limit_reached(code: str, message: str) -> dict[str, Any]:
    return {"kind": "LimitReached", **_described(AlgoAgentError(message, code=code))}


def _encoded(said: dict[str, Any]) -> bytes:
    try:
        return json.dumps(said, default=_plain).encode()
    except (MemoryError, RecursionError, ValueError, TypeError):
        # A whole number of thousands of digits is no JSON either.
        return json.dumps({"error": _limit_reached("too_large", "The answer is too large.")}).encode()


def _plain(value: Any) -> Any:
    """Return a number of NumPy's as JSON has it."""
    if isinstance(value, numbers.Number):
        return value.item()  # type: ignore[attr-defined]
    raise TypeError(type(value).__name__)


def _read(parent: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        chunk = parent.recv(min(size - len(found), 1 << 20))
        if not chunk:
            os._exit(0)
        found += chunk
    return bytes(found)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
