"""Something the sandbox stopped."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code == "sandbox_violation":
        yield Location(line=raised.line, message=raised.message or "The sandbox stopped the strategy.")
    elif raised.type in ("PermissionError", "BlockingIOError", "SystemExit", "KeyboardInterrupt"):
        yield Location(line=raised.line, message=f"{raised.type}: {raised.message}")
    elif raised.code == "invalid_journal":
        yield Location(line=raised.line, message=raised.message)


RULE = Rule(
    code="forbidden_action",
    family="sandbox",
    title="Stopped by the sandbox",
    explanation="The strategy tried something that strategies may not do, and was stopped.",
    hint="A strategy only computes on `self.data` and places orders.",
    example=example(next="if self.fast[-1] > self.slow[-1]:\n    raise SystemExit(0)\nself.buy()"),
    check_error=_check_error,
    fallback=2,
)
