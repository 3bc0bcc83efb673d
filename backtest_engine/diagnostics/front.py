"""The front door of the diagnosis: the same questions as inside, answered in a child with limits.

The functions named `…_as_json` are what the child runs; texts that our own compiler wrote are read here.
"""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from backtest_engine import text_reading
from backtest_engine.diagnostics import answers, diagnosis, facts, module_parts, rewrites
from backtest_engine.diagnostics.base import Diagnosis, Finding, Severity
from backtest_engine.diagnostics.facts import Facts
from backtest_engine.diagnostics.rewrites import Rewritten
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError, StrategyRejected
from backtest_engine.text_reading import read_text

UNREAD = "code_unread"
#: Codes of findings that leave open whether reading the code would find something.
OPEN = frozenset({UNREAD, "memorised_prices"})


def prepare() -> None:
    """Start the process that texts are read in, before the first one comes; returns at once."""
    text_reading.prepare(__name__)


def diagnose(
    code: str,
    *,
    error: StrategyError | None = None,
    result: BacktestResult | None = None,
    intended: str | None = None,
    ran: bool = False,
    scripted: bool = False,
) -> Diagnosis:
    """Explain a strategy, as `diagnosis.diagnose` does; code that cannot be read within limits is found to be so."""
    slim = _slim(result) if result is not None else None
    try:
        return _diagnosis(read_text(diagnosed_as_json, code, error, slim, intended, ran, scripted))
    except StrategyRejected as refused:
        return Diagnosis(findings=(_unread(refused),))


def inspect(code: str) -> tuple[Finding, ...]:
    """Return what the code alone says is wrong with it, the likeliest cause first; nothing for an honest strategy."""
    return diagnose(code).findings


def apply_rewrites(code: str, diagnosis: Diagnosis, *, down_to: Severity = "error") -> Rewritten | None:
    """Rewrite, as `rewrites.apply_rewrites` does; None also where the code cannot be read within limits."""
    try:
        found = read_text(rewritten_as_json, code, diagnosis, down_to)
    except StrategyRejected:
        return None
    return found and Rewritten(**{**found, "answered": tuple(Finding(**item) for item in found["answered"])})


def attacks(code: str) -> bool:
    """Whether the code alone shows that it attacks its surroundings, and no rewrite takes that away."""
    try:
        return bool(read_text(attacks_as_json, code))
    except StrategyRejected:
        return False


def facts_of(code: str) -> Facts:
    """Return what a run needs to know of a file; raise `StrategyRejected` where it cannot be read within limits."""
    return _facts_of(code)


@lru_cache(maxsize=16)
def _facts_of(code: str) -> Facts:
    return facts.facts_from(read_text(facts.found_in, code))


def module_in(text: str) -> str | None:
    """Return the module that an answer holds, None where the text is not an answer around one, or cannot be read."""
    try:
        found: str | None = read_text(answers.module_in, text)
    except StrategyRejected:
        return None
    return found


def guarded(code: str) -> str | None:
    """Return the module with its script behind `if __name__ == "__main__":`; None where that cannot be done."""
    found: str | None = read_text(guarded_as_json, code)
    return found


def diagnosed_as_json(
    code: str,
    error: StrategyError | None,
    result: BacktestResult | None,
    intended: str | None,
    ran: bool,
    scripted: bool,
) -> list[dict[str, Any]]:
    """Return the findings."""
    found = diagnosis.diagnose(code, error=error, result=result, intended=intended, ran=ran, scripted=scripted)
    return [asdict(item) for item in found.findings]


def rewritten_as_json(code: str, found: Diagnosis, down_to: Severity) -> dict[str, Any] | None:
    """Return what rewriting gives."""
    rewritten = rewrites.apply_rewrites(code, found, down_to=down_to)
    return None if rewritten is None else asdict(rewritten)


def attacks_as_json(code: str) -> bool:
    """Return whether it attacks."""
    looked = diagnosis.diagnose(code)
    if not looked.hostile:
        return False
    rewritten = rewrites.apply_rewrites(code, looked)
    return rewritten is None or diagnosis.diagnose(rewritten.code).hostile


def guarded_as_json(code: str) -> str | None:
    """Return the guarded module."""
    return module_parts.guarded(code, Source(code).parts)


def _diagnosis(found: list[dict[str, Any]]) -> Diagnosis:
    return Diagnosis(findings=tuple(Finding(**item) for item in found))


def _slim(result: BacktestResult) -> BacktestResult:
    """Return what rules read of a result: the bars are needed only to say why there was no trade."""
    dataset = result.dataset
    if result.trades:
        dataset = replace(dataset, bars=dataset.bars.iloc[: 1 + dataset.warm_up])
    return replace(result, equity=result.equity.iloc[:0], dataset=dataset, log="")


def _unread(refused: StrategyRejected) -> Finding:
    return Finding(
        code=UNREAD,
        family="resource",
        severity="warning",
        title="Code that was not read",
        message=f"No rule looked at the code. {refused.message}",
        hint=refused.hint or "",
    )
