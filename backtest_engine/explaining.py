"""Says with every execution what the failure kinds recognise: why it failed, or why not to believe that it worked."""

from dataclasses import replace

from backtest_engine.diagnostics import Finding, diagnose
from backtest_engine.domain import BacktestResult, Notice
from backtest_engine.errors import StrategyError


def explain_failure(error: StrategyError, code: str) -> None:
    """Add to an error what caused it, in words its author understands, and a hint what to do."""
    diagnosis = diagnose(code, error=error)
    error.details = {**error.details, "diagnosis": diagnosis.as_dict()}
    cause = diagnosis.cause
    if cause is not None and error.hint is None:
        error.hint = cause.hint


def explain_result(result: BacktestResult, code: str) -> BacktestResult:
    """Return the result with what is recognised in it among its warnings; a grave finding takes `verified` away."""
    findings = diagnose(code, result=result).findings
    news = [finding for finding in findings if not _said(finding, result)]
    detailed = {finding.code: finding for finding in findings}
    warnings = [_detailed(notice, detailed.get(notice.code)) for notice in result.warnings]
    doubted = any(finding.blocking for finding in findings)
    return replace(
        result,
        warnings=(*warnings, *map(_notice, news)),
        verified=False if doubted else result.verified,
    )


def _said(finding: Finding, result: BacktestResult) -> bool:
    """Whether a check has already spoken of this, or of this line."""
    return any(
        notice.code == finding.code or (finding.line is not None and notice.line == finding.line)
        for notice in result.warnings
    )


def _detailed(notice: Notice, finding: Finding | None) -> Notice:
    return notice if finding is None or notice.line not in (None, finding.line) else _notice(finding)


def _notice(finding: Finding) -> Notice:
    return Notice(code=finding.code, message=finding.message, line=finding.line, details=finding.details)
