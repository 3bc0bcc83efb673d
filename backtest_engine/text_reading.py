"""Reading strategy text that nobody trusts: every parser, rule and rewrite works in a child with limits.

A text can be small and still take a parser minutes, or its native stack. Whoever wants to know something of it asks by
`read_text`, which answers or refuses soon, leaves this process as it was, and stops when nobody waits any more. Code
that our own compiler wrote is read at once.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from backtest_engine import limited
from backtest_engine.compiled_code import CompiledCode
from backtest_engine.errors import StrategyRejected
from backtest_engine.limited import LimitReached, run_limited

MOST_CHARACTERS: Final = 100_000
#: Of the processor; a busy machine is given more time by the clock.
SECONDS: Final = 1.0
CLOCK_SECONDS: Final = 4.0
MEMORY_MB: Final = 512

_MOST_REMEMBERED = 64

_cancelled: ContextVar[Callable[[], bool] | None] = ContextVar("cancelled", default=None)
# Texts that reached a limit: looking at them again would only take as long again.
_given_up: OrderedDict[str, None] = OrderedDict()


def read_text(function: Callable[..., Any], code: str, *arguments: Any) -> Any:
    """Return what a module's function says of a text and further arguments, as JSON has it.

    Raises what it raises, `StrategyRejected` (`source_too_long`, `code_too_complex`), or `Cancelled` where
    `while_wanted` says that nobody waits.
    """
    refuse_long(code)
    if isinstance(code, CompiledCode):
        return function(code, *arguments)
    if code in _given_up:
        raise _too_complex()
    try:
        return run_limited(
            function,
            code,
            *arguments,
            seconds=CLOCK_SECONDS,
            cpu_seconds=SECONDS,
            memory_mb=MEMORY_MB,
            cancelled=_cancelled.get() or _never,
        )
    except LimitReached as reached:
        if reached.code == "busy":
            raise
        _given_up[code] = None
        while len(_given_up) > _MOST_REMEMBERED:
            _given_up.popitem(last=False)
        raise _too_complex() from None


def refuse_long(code: str) -> None:
    """Raise `StrategyRejected` (`source_too_long`) for text that nobody looks at."""
    if len(code) > MOST_CHARACTERS:
        raise StrategyRejected(f"The code has more than {MOST_CHARACTERS} characters.", code="source_too_long")


@contextlib.contextmanager
def while_wanted(cancelled: Callable[[], bool] | None) -> Iterator[None]:
    """Let what is read in this context end with `Cancelled` once the signal says so."""
    token = _cancelled.set(cancelled)
    try:
        yield
    finally:
        _cancelled.reset(token)


def prepare(module: str) -> None:
    """Have the process started that children are forked from, and a module imported there; returns at once."""
    limited.prepare(module)


def _never() -> bool:
    return False


def _too_complex() -> StrategyRejected:
    return StrategyRejected(
        f"The code cannot be read within {SECONDS:g} seconds and {MEMORY_MB} MB: "
        "it is too long, too deep or too repetitive.",
        code="code_too_complex",
        hint="A strategy has a few hundred lines. Write repeated parts as a loop or a function.",
    )
