"""What the supervisor and its agents hand to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from backtest_engine.spec import StrategySpec

Severity = Literal["high", "medium", "low"]
Kind = Literal["parameters", "filters", "stops", "sizing", "exits", "sides"]
Ending = Literal["objective_reached", "nothing_better", "nothing_beats_chance", "no_proposal", "budget", "cancelled"]

KINDS: tuple[Kind, ...] = ("parameters", "filters", "stops", "sizing", "exits", "sides")
# A number that was said, and a side that was said, are not changed unless that is allowed.
APPLIED: tuple[Kind, ...] = ("filters", "stops", "sizing", "exits")
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
# Proposals of a round.
MOST_PROPOSALS = 4


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the analyst noticed. `strength` ranks findings of one severity; `could` are changes that may help."""

    code: str
    severity: Severity
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    strength: float = 0.0
    could: tuple[Kind, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it is shown."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "figures": dict(self.figures),
            "could": list(self.could),
        }


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An edit of the specification. `changes_meaning` where it changes what was said, as a threshold is.

    `source` is `rules` or `model`.
    """

    kind: Kind
    finding: str
    reason: str
    expected: str
    spec: StrategySpec
    words: str = ""
    changes_meaning: bool = False
    source: str = "rules"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A proposal with what its trial gave. `p` is the chance of so much more by luck, None where it was not tried."""

    proposal: Proposal
    allowed: bool
    metrics: Mapping[str, Any] | None = None
    p: float | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as it is shown."""
        asked = self.proposal
        return {
            "kind": asked.kind,
            "finding": asked.finding,
            "words": asked.words,
            "reason": asked.reason,
            "expected": asked.expected,
            "changes_meaning": asked.changes_meaning,
            "source": asked.source,
            "allowed": self.allowed,
            "metrics": dict(self.metrics) if self.metrics is not None else None,
            "p": self.p,
            "error": self.error,
            "spec": asked.spec.as_json(),
        }


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an iteration changed, in words and as lines of a diff."""

    kind: Kind
    words: str
    diff: str
    changes_meaning: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the change as it is shown."""
        return {"kind": self.kind, "words": self.words, "diff": self.diff, "changes_meaning": self.changes_meaning}


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One iteration: the first is the strategy as it came, whose `kept` is None."""

    number: int
    change: Change | None
    spec: StrategySpec | None
    metrics: Mapping[str, Any]
    findings: Sequence[Finding]
    proposals: Sequence[Tried]
    kept: bool | None
    why: str
    tries: int

    def as_dict(self) -> dict[str, Any]:
        """Return the iteration as it is shown."""
        return {
            "number": self.number,
            "change": self.change.as_dict() if self.change is not None else None,
            "spec": self.spec.as_json() if self.spec is not None else None,
            "metrics": dict(self.metrics),
            "analysis": {"findings": [finding.as_dict() for finding in self.findings]},
            "proposals": [tried.as_dict() for tried in self.proposals],
            "kept": self.kept,
            "why": self.why,
            "tries": self.tries,
        }

    @classmethod
    def from_dict(cls, shown: Mapping[str, Any]) -> "Iteration":
        """Return the iteration that `as_dict` shows."""
        change = shown["change"]
        return cls(
            number=shown["number"],
            change=Change(**change) if change else None,
            spec=StrategySpec.model_validate(shown["spec"]) if shown["spec"] else None,
            metrics=shown["metrics"],
            findings=[_finding(row) for row in shown["analysis"]["findings"]],
            proposals=[_tried(row) for row in shown["proposals"]],
            kept=shown["kept"],
            why=shown["why"],
            tries=shown["tries"],
        )


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(**{**row, "could": tuple(row["could"])})


def _tried(row: Mapping[str, Any]) -> Tried:
    told = ("kind", "finding", "words", "reason", "expected", "changes_meaning", "source")
    asked = Proposal(spec=StrategySpec.model_validate(row["spec"]), **{name: row[name] for name in told})
    return Tried(proposal=asked, allowed=row["allowed"], metrics=row["metrics"], p=row["p"], error=row["error"])
