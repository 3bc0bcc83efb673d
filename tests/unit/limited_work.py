"""Functions that a test has run with limits; they are imported by the helper process."""

import ast
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from backtest_engine.errors import InvalidData


def echo(value: Any) -> Any:
    return value


def pid() -> int:
    return os.getpid()


def parse(text: str) -> int:
    return len(ast.dump(ast.parse(text)))


def compiled(text: str) -> bool:
    compile(text, "text", "exec")
    return True


def backtrack(text: str) -> bool:
    return re.fullmatch(r"(a+)+b", text) is not None


def refuse() -> None:
    raise InvalidData("no good", line=7, hint="mend it", details={"kind": "test"})


def fail() -> None:
    raise ValueError("the secret is 1234")


def swallow() -> int:
    return len(bytearray(3 << 30))


def overflow() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def vanish() -> None:
    os._exit(1)


def sleep(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def flood() -> str:
    return "x" * (100 << 20)


def unprintable() -> object:
    return object()


def pid_of(text: str) -> int:
    return os.getpid()
