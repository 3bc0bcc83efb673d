"""The analyst: what is wrong with a strategy, by rules. Its twin with a model stands in `models`."""

from collections.abc import Sequence

from backtest_engine.agents.supervisor.findings import FINDINGS
from backtest_engine.agents.supervisor.records import SEVERITIES, Finding
from backtest_engine.agents.supervisor.situation import Situation


def analyse(situation: Situation) -> tuple[Finding, ...]:
    """Return what is wrong, the gravest first."""
    return ranked([finding for find in FINDINGS for finding in find(situation)])


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then by strength."""
    return tuple(sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), -finding.strength)))
