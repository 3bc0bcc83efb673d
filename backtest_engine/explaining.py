"""Says with every execution what the rules recognise: why it failed, or why not to believe that it worked."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from backtest_engine.diagnostics import Finding, diagnose
from backtest_engine.diagnostics.zero_trades import Condition
from backtest_engine.domain import BacktestResult, Check, Notice
from backtest_engine.errors import StrategyError
from backtest_engine.idleness import explain_idle_spec
from backtest_engine.result_checks import source as source_check
from backtest_engine.spec import StrategySpec

Error = TypeVar("Error", bound=StrategyError)


def explained_error(error: Error, code: str) -> Error:
    """Return the error with its cause in words its author understands, and a hint what to do."""
    diagnosis = diagnose(code, error=error)
    explained = copy.copy(error)
    explained.details = {**error.details, "diagnosis": diagnosis.as_dict()}
    if diagnosis.cause is not None and explained.hint is None:
        explained.hint = diagnosis.cause.hint
    return explained


def explained_result(
    result: BacktestResult, code: str, *, spec: StrategySpec | Mapping[str, Any] | None = None
) -> BacktestResult:
    """Return the result with what is recognised in it among its warnings; a grave finding takes `verified` away.

    Where the strategy was compiled from a specification, that says why it did not trade.
    """
    findings = diagnose(code, result=result).findings
    if spec is not None and not result.trades:
        known = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(dict(spec))
        conditions = explain_idle_spec(known, result.dataset)
        findings = tuple(_idle(item, conditions) if item.code == "no_trades" else item for item in findings)
    return with_findings(result, findings)


def _idle(finding: Finding, conditions: list[Condition]) -> Finding:
    said = " ".join(item.message for item in conditions) or finding.message
    return replace(finding, line=None, message=said, details={"conditions": [item.as_dict() for item in conditions]})


def with_findings(result: BacktestResult, findings: tuple[Finding, ...]) -> BacktestResult:
    """Return the result with findings among its warnings, each once, in place of a check's shorter word for it."""
    by_code = {finding.code: finding for finding in findings}
    said = {notice.code for notice in result.warnings}
    warnings = [_detailed(notice, by_code.get(notice.code)) for notice in result.warnings]
    places = {(notice.code, notice.line) for notice in warnings}
    news = [item for item in findings if item.severity != "note" and (item.code, item.line) not in places]
    news = [item for item in news if not (item.line is None and item.code in said)]
    doubted = any(finding.blocking for finding in findings)
    return replace(
        result,
        warnings=(*warnings, *map(notice_of, news)),
        checks=tuple(_with_source(check, findings) for check in result.checks),
        verified=False if doubted else result.verified,
    )


def _with_source(check: Check, findings: tuple[Finding, ...]) -> Check:
    blocking = [finding for finding in findings if finding.blocking]
    return source_check(blocking) if check.name == "source" and blocking else check


def _detailed(notice: Notice, finding: Finding | None) -> Notice:
    return notice if finding is None or notice.line not in (None, finding.line) else notice_of(finding)


def notice_of(finding: Finding) -> Notice:
    """Return a finding as a result shows it: what, where, and in the details how grave it is and what to do."""
    details = {"severity": finding.severity, "hint": finding.hint, **finding.details}
    return Notice(code=finding.code, message=finding.message, line=finding.line, details=details)
