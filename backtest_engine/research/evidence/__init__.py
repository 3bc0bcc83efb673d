"""The evidence beside a number: a verdict in one sentence, and the checks behind it.

A check is a function from `Facts` to an `EvidenceCheck`; a new one is a function and a line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backtest_engine.research.evidence import built, searching, trading
from backtest_engine.research.evidence.facts import EvidenceCheck, Facts, Researched, Seal
from backtest_engine.research.statistics.sharpe import Tries

__all__ = ["CHECKS", "Evidence", "EvidenceCheck", "Facts", "Researched", "Seal", "Tries", "evidence_of", "of_failure"]

# In the order in which people ask. What a check is called is the name of its function.
CHECKS: tuple[Callable[[Facts], EvidenceCheck], ...] = (
    built.look_ahead,
    built.deterministic,
    built.tampering,
    built.data,
    trading.enough_trades,
    trading.benchmark,
    searching.luck,
    searching.out_of_sample,
    trading.costs,
    searching.fragility,
    trading.concentration,
    searching.readings,
    built.fills,
)
# What must be known, and good, for a result to be believed. The others may warn.
DECISIVE = ("enough_trades", "luck", "costs", "fragility")
VERDICTS = ("believable", "weak", "not_believable", "unknown")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`verdict` is `believable`, `weak`, `not_believable` or `unknown`; the sentence says why."""

    verdict: str
    sentence: str
    checks: tuple[EvidenceCheck, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API, the CLI and reports show it."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "checks": [check.as_dict() for check in self.checks],
        }


def evidence_of(facts: Facts) -> Evidence:
    """Return what a result is worth.

    `not_believable` where a check failed; `believable` where enough trades, luck, costs and fragility all passed;
    `unknown` where one of those is not known and none warns; else `weak`.
    """
    checks = tuple(check(facts) for check in CHECKS)
    by_code = {check.code: check for check in checks}
    failed = [check for check in checks if check.verdict == "fail"]
    decisive = [by_code[code] for code in DECISIVE]
    short = [check for check in decisive if check.verdict == "warn"]
    unknown = [check for check in decisive if check.verdict == "unknown"]
    if failed:
        return Evidence(verdict="not_believable", sentence=_said("Not believable", failed), checks=checks)
    if short:
        return Evidence(verdict="weak", sentence=_said("Weak", short), checks=checks)
    if unknown:
        return Evidence(verdict="unknown", sentence=_said("Not known yet", unknown), checks=checks)
    doubts = [check for check in checks if check.verdict == "warn"]
    sentence = _said("Believable", [by_code["luck"]])
    if doubts:
        sentence += f" But mind: {', '.join(check.code.replace('_', ' ') for check in doubts)}."
    return Evidence(verdict="believable", sentence=sentence, checks=checks)


def of_failure(code: str) -> Evidence:
    """Return the evidence of an execution that failed: nothing is known."""
    checks = tuple(
        EvidenceCheck(code=check.__name__, verdict="unknown", sentence="The strategy failed.") for check in CHECKS
    )
    return Evidence(verdict="unknown", sentence=f"Nothing is known: the strategy failed ({code}).", checks=checks)


def in_words(evidence: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (code in words, verdict, sentence) of each check of stored evidence, for pages and terminals."""
    return [(row["code"].replace("_", " "), row["verdict"], row["sentence"]) for row in evidence.get("checks", ())]


def _said(head: str, checks: list[EvidenceCheck]) -> str:
    """Return the head with what the first two checks say; how many more there are is counted."""
    said = " ".join(check.sentence for check in checks[:2])
    more = len(checks) - 2
    return f"{head}: {said}" + (f" ({more} more {'reason' if more == 1 else 'reasons'}.)" if more > 0 else "")
