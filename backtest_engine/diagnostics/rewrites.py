"""Applies the rewrites of what was found, one after the other, until no rule has one left."""

import logging
from dataclasses import dataclass

from backtest_engine.diagnostics.base import SEVERITIES, Diagnosis, Finding, Severity
from backtest_engine.diagnostics.diagnosis import inspect
from backtest_engine.diagnostics.rules import RULES
from backtest_engine.diagnostics.source import Source

logger = logging.getLogger(__name__)
_MOST_ROUNDS = 8
_BY_CODE = {rule.code: rule for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """Code after its rewrites, the findings that they answer in the order applied, and whether one guessed."""

    code: str
    answered: tuple[Finding, ...]
    guessed: bool

    @property
    def reason(self) -> str:
        """Say what was done, in one line."""
        return "; ".join(dict.fromkeys(f"{item.title}: {item.hint}" for item in self.answered))


def apply_rewrites(code: str, diagnosis: Diagnosis, *, down_to: Severity = "error") -> Rewritten | None:
    """Return the code with every finding answered that a rule has a rewrite for, None where there is none.

    Findings that the rewritten code shows anew are answered as well. Those less grave than
    `down_to` are left alone.
    """
    answered: list[Finding] = []
    guessed = False
    findings = diagnosis.findings
    tried: set[tuple[str, str]] = set()
    for _ in range(_MOST_ROUNDS):
        step = _next(code, findings, tried, down_to)
        if step is None:
            break
        finding, code = step
        answered.append(finding)
        # What was cut off behind the strategy is no part of it.
        sure = finding.details.get("inside_strategy") is False
        guessed = guessed or (_BY_CODE[finding.code].rewrite_guesses and not sure)
        findings = inspect(code)
    return Rewritten(code=code, answered=tuple(answered), guessed=guessed) if answered else None


def _next(
    code: str, findings: tuple[Finding, ...], tried: set[tuple[str, str]], down_to: Severity
) -> tuple[Finding, str] | None:
    for finding in findings:
        rewrite = _BY_CODE[finding.code].rewrite if finding.code in _BY_CODE else None
        grave = SEVERITIES.index(finding.severity) <= SEVERITIES.index(down_to)
        if rewrite is None or not grave or (finding.code, code) in tried:
            continue
        tried.add((finding.code, code))
        try:
            changed = rewrite(Source(code))
        except Exception:
            # Strategies are anybody's code: one rewrite that stumbles must not take the others with it.
            logger.exception("The rewrite of %s failed", finding.code)
            continue
        if changed is not None and changed != code:
            return finding, changed
    return None
