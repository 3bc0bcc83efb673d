"""Puts the findings of all rules together: the cause first, nothing said twice."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from backtest_engine.diagnostics.base import HOSTILE, SEVERITIES, Diagnosis, Finding, Location, RaisedError, Rule
from backtest_engine.diagnostics.rules import RULES
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError

logger = logging.getLogger(__name__)

_MOST_LOCATIONS = 5
_BESIDE = ("import", "sandbox")
# What a file that is run as a script does to get its data: the bars of the run stand there instead.
_GETS_DATA = ("file_access", "network_access", "other_data")
# Nobody writes such lines; looking for a way to repair one would take longer than it is worth.
_LONGEST_LINE = 2_000
_BY_CODE = {rule.code: rule for rule in RULES}


def inspect(code: str) -> tuple[Finding, ...]:
    """Return what the code alone says is wrong with it, the likeliest cause first; nothing for an honest strategy."""
    return diagnose(code).findings


def diagnose(
    code: str,
    *,
    error: StrategyError | None = None,
    result: BacktestResult | None = None,
    intended: str | None = None,
    ran: bool = False,
    scripted: bool = False,
) -> Diagnosis:
    """Explain a strategy: its code, and what a run of it gave; `ran` says that it worked where there is no result yet.

    `scripted` says that it worked as a script, on the bars of the run wherever it reads data.

    The run is the judge: in code that worked, a rule about text, names or structure finds a note at most.

    `intended` is code that does what was asked; give it only when the trades of the two differ, since two honest ways
    of writing a rule may look different.
    """
    source = Source(code)
    scripted = scripted or (result is not None and any(item.code == "own_data" for item in result.warnings))
    try:
        found = _found(source, error, result, intended, ran or result is not None)
        kept = [item for item in found if not (scripted and item.code in _GETS_DATA)]
        return Diagnosis(findings=tuple(_ordered(kept, error)))
    except RecursionError:
        hidden = Location(message="The code is nested so deeply that it cannot be read.")
        return Diagnosis(findings=(Finding.of(_BY_CODE["obfuscated_code"], hidden, source),))


def _found(
    source: Source, error: StrategyError | None, result: BacktestResult | None, intended: str | None, ran: bool
) -> list[Finding]:
    if source.tree is None and max(map(len, source.lines)) > _LONGEST_LINE:
        return list(_from_source(_BY_CODE["invalid_syntax"], source))
    found = [finding for rule in RULES for finding in _from_source(rule, source)]
    found += _beside_the_strategy(source, found)
    if ran and intended is None:
        found = [_after_run(item) for item in found]
    if error is not None:
        raised = RaisedError.of(error)
        found += _particular([*_check_error(raised, source)], found, raised.line)
    if result is not None:
        for rule in RULES:
            found += _of(rule, rule.check_result(result, source) if rule.check_result else (), source)
    if intended is not None and source.tree is not None:
        meant = Source(intended)
        for rule in RULES:
            found += _of(rule, rule.check_intent(source, meant) if rule.check_intent else (), source)
    return _uncovered(_unique(found))


def _beside_the_strategy(source: Source, found: list[Finding]) -> list[Finding]:
    """Return what the rest of the module imports and reaches for: the strategy does not, so these are notes."""
    if not source.parts.left_out:
        return []
    whole = Source(source.code, whole=True)
    rules = [rule for rule in RULES if rule.family in _BESIDE]
    known = {(item.code, item.line) for item in found}
    others = [item for rule in rules for item in _from_source(rule, whole) if (item.code, item.line) not in known]
    return [replace(item, severity="note") for item in others]


def _after_run(finding: Finding) -> Finding:
    """Return the finding with the severity that it has in code that ran, never a higher one."""
    severity = max(finding.severity, _BY_CODE[finding.code].after_run, key=SEVERITIES.index)
    return replace(finding, severity=severity)


def _from_source(rule: Rule, source: Source) -> Iterator[Finding]:
    return _of(rule, rule.check_source(source) if rule.check_source else (), source)


def _check_error(raised: RaisedError, source: Source) -> Iterator[Finding]:
    for rule in RULES:
        yield from _of(rule, rule.check_error(raised, source) if rule.check_error else (), source)


def _of(rule: Rule, locations: Iterable[Location], source: Source) -> Iterator[Finding]:
    try:
        yield from [Finding.of(rule, location, source) for location in islice(locations, _MOST_LOCATIONS)]
    except RecursionError:
        raise
    except Exception:
        # Strategies are anybody's code: one check that stumbles must not hide what the others find.
        logger.exception("The check of %s failed", rule.code)


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
    rules = [_BY_CODE[item.code] for item in found]
    covered = {code for rule in rules for code in rule.covers}
    kept = [
        item for item, rule in zip(found, rules, strict=True) if not (item.code in covered or _explained(rule, rules))
    ]
    return kept or found


def _explained(rule: Rule, others: list[Rule]) -> bool:
    """Whether another rule that applied covers this one's family, or stands before it in the same family."""
    return any(
        other is not rule and (rule.family in other.covers_families or (rule.residual and other.family == rule.family))
        for other in others
    )


def _ordered(found: list[Finding], error: StrategyError | None) -> list[Finding]:
    line = error.line if error is not None else None
    places = {rule.code: place for place, rule in enumerate(RULES)}

    def rank(item: Finding) -> tuple[int, int, int, int, int]:
        return (
            0 if item.family in HOSTILE and item.severity == "fatal" else 1,
            0 if line is not None and item.line == line and item.severity == "fatal" else 1,
            SEVERITIES.index(item.severity),
            places[item.code],
            item.line or 0,
        )

    return sorted(found, key=rank)
