"""Something the sandbox stopped."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    if raised.code == "sandbox_violation":
        yield Spot(line=raised.line, message=raised.message or "The sandbox stopped the strategy.")
    elif raised.type in ("PermissionError", "BlockingIOError", "SystemExit", "KeyboardInterrupt"):
        yield Spot(line=raised.line, message=f"{raised.type}: {raised.message}")
    elif raised.code == "invalid_journal":
        yield Spot(line=raised.line, message=raised.message)


FAILURE = Failure(
    code="forbidden_action",
    family="sandbox",
    severity="fatal",
    title="Stopped by the sandbox",
    explanation="The strategy tried something that strategies may not do, and was stopped.",
    hint="A strategy only computes on `self.data` and places orders.",
    example=example(next="if self.fast[-1] > self.slow[-1]:\n    raise SystemExit(0)\nself.buy()"),
    raised=_raised,
    fallback=2,
)
