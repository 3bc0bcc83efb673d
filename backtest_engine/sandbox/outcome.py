"""Reads an ending: a journal where there is one, the right error where there is none. Trusts no word of the child."""

import errno
import signal
import sys
from typing import Any, NoReturn

from backtest_engine.domain import Limits
from backtest_engine.errors import (
    InvalidJournal,
    LimitExceeded,
    SandboxViolation,
    StrategyError,
    StrategyRaised,
    StrategyRejected,
)
from backtest_engine.sandbox.client import Ending
from backtest_engine.sandbox.journal import EVENTS_PER_ORDER, MOST_INDICATORS, Journal, clean_text, decode_line, parse

MESSAGE_CHARACTERS = 2_000
_PHASES = frozenset({"compile", "import", "init", "next"})
_REJECTIONS = frozenset({"syntax_error", "no_strategy_class", "indicator_all_nan", "own_data", "own_run"})
# What a forbidden system call answers; no path lookup of an honest strategy ends in these.
_FORBIDDEN = frozenset({errno.EPERM, errno.EACCES})


def journal_of(ending: Ending, *, bars: int, limits: Limits, first: int = 0) -> Journal:
    """Return the journal of an ended run that may decide from bar `first` on.

    Raises the `StrategyError` that says why there is none.
    """
    try:
        _raise_if_ended_by_force(ending, limits)
        return _read(ending.output, bars=bars, limits=limits, first=first)
    except StrategyError as error:
        if ending.log:
            error.details = {**error.details, "log": clean_text(ending.log, limits.log_bytes)}
        raise


def _raise_if_ended_by_force(ending: Ending, limits: Limits) -> None:
    if ending.killed_for is not None:
        raise LimitExceeded(_LIMIT_WORDS[ending.killed_for](limits), code=ending.killed_for)
    if ending.signal == signal.SIGSYS:
        raise SandboxViolation("The strategy made a system call that no strategy may make and was stopped.")
    if ending.signal == signal.SIGXCPU or (
        ending.signal == signal.SIGKILL and ending.cpu_seconds >= limits.cpu_seconds * 0.95
    ):
        raise LimitExceeded(_LIMIT_WORDS["cpu_time_limit"](limits), code="cpu_time_limit")
    if ending.signal == signal.SIGKILL:
        raise LimitExceeded(_LIMIT_WORDS["memory_limit"](limits), code="memory_limit")
    if ending.signal:
        name = signal.Signals(ending.signal).name if ending.signal in set(signal.Signals) else str(ending.signal)
        raise StrategyRaised(f"The strategy's process crashed ({name}).", code="strategy_crashed")


def _read(output: bytes, *, bars: int, limits: Limits, first: int) -> Journal:
    if not output.endswith(b"\n"):
        raise InvalidJournal("The strategy's process ended without returning its orders.")
    head, _, rest = output[:-1].partition(b"\n")
    if len(head) > MESSAGE_CHARACTERS * 20:
        raise InvalidJournal("The strategy's process did not return a valid list of orders: it is too long.")
    header = decode_line(head)
    if type(header) is dict and "failure" in header:
        if rest:
            raise InvalidJournal("The strategy's process returned a failure and something else.")
        _raise_failure(header["failure"], limits)
    if rest.count(b"\n") >= limits.orders * EVENTS_PER_ORDER + MOST_INDICATORS:
        raise LimitExceeded(_LIMIT_WORDS["order_limit"](limits), code="order_limit")
    return parse(header, rest.split(b"\n") if rest else [], bars=bars, orders=limits.orders, first=first)


def _raise_failure(raw: Any, limits: Limits) -> NoReturn:
    if type(raw) is not dict:
        raise InvalidJournal("The strategy's process returned a failure that cannot be read.")
    details = _details(raw)
    line = raw.get("line") if type(raw.get("line")) is int and 0 < raw["line"] < 1_000_000 else None
    kind = raw.get("kind")
    if kind == "limit":
        raise LimitExceeded(_LIMIT_WORDS["order_limit"](limits), code="order_limit", details=details)
    if kind == "rejected" and raw.get("code") in _REJECTIONS:
        message = clean_text(raw.get("message"), MESSAGE_CHARACTERS)
        raise StrategyRejected(message, code=raw["code"], line=line, details=details)
    if raw.get("memory") is True:
        raise LimitExceeded(_LIMIT_WORDS["memory_limit"](limits), code="memory_limit", line=line, details=details)
    message = f"{details.get('root_type') or 'Error'}: {details.get('root_message') or ''}".rstrip(": ")
    if raw.get("errno") in _FORBIDDEN:
        raise SandboxViolation(
            f"The strategy tried something that the sandbox does not allow. {message}",
            line=line,
            details=details,
            hint="A strategy has no files, no network and no other programs: it works on self.data only.",
        )
    raise StrategyRaised(message, line=line, details=details)


def _details(raw: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for name in ("exception_type", "root_type", "function"):
        details[name] = clean_text(raw.get(name), 200) or None
    for name in ("root_message", "source_line"):
        details[name] = _without_paths(clean_text(raw.get(name), MESSAGE_CHARACTERS)) or None
    details["phase"] = raw.get("phase") if raw.get("phase") in _PHASES else None
    return {name: value for name, value in details.items() if value is not None}


def _without_paths(text: str) -> str:
    """Where the worker's Python lies is nobody's business."""
    for folder in (sys.prefix, sys.base_prefix):
        text = text.replace(folder, "…")
    return text


_LIMIT_WORDS = {
    "wall_time_limit": lambda limits: f"The strategy took longer than {limits.wall_seconds:g} seconds.",
    "cpu_time_limit": lambda limits: f"The strategy used more than {limits.cpu_seconds} seconds of CPU time.",
    "memory_limit": lambda limits: f"The strategy needed more than {limits.memory_bytes >> 20} MiB of memory.",
    "output_limit": lambda limits: f"The strategy's orders take more than {limits.output_bytes >> 20} MiB.",
    "log_limit": lambda limits: f"The strategy printed far more than the {limits.log_bytes >> 10} KiB that are kept.",
    "order_limit": lambda limits: f"The strategy gave more than {limits.orders} orders.",
}
