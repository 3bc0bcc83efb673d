"""Puts the findings of all kinds together: the cause first, nothing said twice."""

import logging
from collections.abc import Iterable, Iterator
from itertools import islice

from backtest_engine.diagnostics.base import SEVERITIES, Diagnosis, Failure, Finding, Raised, Spot
from backtest_engine.diagnostics.kinds import FAILURES
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError

logger = logging.getLogger(__name__)

#: Whatever else is wrong with it: code that attacks is refused for that reason.
HOSTILE = ("tamper", "injection", "sandbox")
_MOST_SPOTS = 5
# Nobody writes such lines; looking for a way to mend one would take longer than it is worth.
_LONGEST_LINE = 2_000
_BY_CODE = {failure.code: failure for failure in FAILURES}


def inspect(code: str) -> tuple[Finding, ...]:
    """Return what the code alone says is wrong with it, the likeliest cause first; nothing for an honest strategy."""
    return diagnose(code).findings


def diagnose(
    code: str,
    *,
    error: StrategyError | None = None,
    result: BacktestResult | None = None,
    intended: str | None = None,
) -> Diagnosis:
    """Explain a strategy: its code, and what a run of it gave.

    `intended` is code that does what was asked; give it only when the trades of the two differ, since two honest ways
    of writing a rule may look different.
    """
    source = Source(code)
    try:
        return Diagnosis(findings=tuple(_ordered(_found(source, error, result, intended), error)))
    except RecursionError:
        hidden = Spot(message="The code is nested so deeply that it cannot be read.")
        return Diagnosis(findings=(Finding.of(_BY_CODE["obfuscated_code"], hidden, source),))


def _found(
    source: Source, error: StrategyError | None, result: BacktestResult | None, intended: str | None
) -> list[Finding]:
    if source.tree is None and max(map(len, source.lines)) > _LONGEST_LINE:
        return list(_looked(_BY_CODE["invalid_syntax"], source))
    found = [finding for failure in FAILURES for finding in _looked(failure, source)]
    if error is not None:
        raised = Raised.of(error)
        found += _particular([*_raised(raised, source)], found, raised.line)
    if result is not None:
        for failure in FAILURES:
            found += _of(failure, failure.observed(result, source) if failure.observed else (), source)
    if intended is not None and source.tree is not None:
        meant = Source(intended)
        for failure in FAILURES:
            found += _of(failure, failure.compared(source, meant) if failure.compared else (), source)
    return _uncovered(_unique(found))


def _looked(failure: Failure, source: Source) -> Iterator[Finding]:
    return _of(failure, failure.look(source) if failure.look else (), source)


def _raised(raised: Raised, source: Source) -> Iterator[Finding]:
    for failure in FAILURES:
        yield from _of(failure, failure.raised(raised, source) if failure.raised else (), source)


def _of(failure: Failure, spots: Iterable[Spot], source: Source) -> Iterator[Finding]:
    try:
        yield from [Finding.of(failure, spot, source) for spot in islice(spots, _MOST_SPOTS)]
    except RecursionError:
        raise
    except Exception:
        # Strategies are anybody's code: one recogniser that stumbles must not hide what the others find.
        logger.exception("The recogniser of %s failed", failure.code)


def _particular(raised: list[Finding], looked: list[Finding], line: int | None) -> list[Finding]:
    """Keep the most particular reading of an error; a fallback only where nothing else explains it."""
    explained = any(item.blocking and (item.line == line or line is None) for item in looked)
    levels = [_BY_CODE[item.code].fallback for item in raised]
    lowest = min(levels, default=0)
    elsewhere = any(item.severity == "fatal" for item in looked)
    if lowest and (explained or (elsewhere and lowest > 1)):
        return [item for item in raised if item.code in {other.code for other in looked}]
    return [item for item, level in zip(raised, levels, strict=True) if level == lowest]


def _unique(found: list[Finding]) -> list[Finding]:
    seen: dict[tuple[str, int | None], Finding] = {}
    for item in found:
        seen.setdefault((item.code, item.line), item)
    return list(seen.values())


def _uncovered(found: list[Finding]) -> list[Finding]:
    covered = {code for item in found for code in _BY_CODE[item.code].covers}
    kept = [item for item in found if item.code not in covered]
    return kept or found


def _ordered(found: list[Finding], error: StrategyError | None) -> list[Finding]:
    line = error.line if error is not None else None
    places = {failure.code: place for place, failure in enumerate(FAILURES)}

    def rank(item: Finding) -> tuple[int, int, int, int, int]:
        return (
            0 if item.family in HOSTILE and item.severity == "fatal" else 1,
            0 if line is not None and item.line == line and item.severity == "fatal" else 1,
            SEVERITIES.index(item.severity),
            places[item.code],
            item.line or 0,
        )

    return sorted(found, key=rank)
