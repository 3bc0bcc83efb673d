"""What a rule is, and what is found where it applies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError

Severity = Literal["fatal", "error", "warning", "note"]

#: Families of what attacks: whatever else is wrong with such code, it is refused for that reason.
HOSTILE = ("tamper", "injection", "sandbox")
#: Worst first. `fatal` does not run or must not, `error` gives numbers nobody should believe,
#: `warning` deserves a look, `note` is worth knowing.
SEVERITIES: tuple[Severity, ...] = ("fatal", "error", "warning", "note")


@dataclass(frozen=True, kw_only=True)
class Location:
    """One place where a rule applies, and what is particular about it."""

    line: int | None = None
    message: str = ""
    severity: Severity | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RaisedError:
    """What a run that failed said: the innermost exception, and the strategy's own line."""

    type: str
    message: str
    line: int | None
    function: str
    phase: str
    code: str

    def __contains__(self, text: str) -> bool:
        return text in self.message

    @classmethod
    def of(cls, error: StrategyError) -> "RaisedError":
        """Read an executor's error; details it does not give are empty."""
        details = error.details
        named = str(details.get("root_type") or details.get("exception_type") or "")
        message = str(details.get("root_message") or error.message or "")
        return cls(
            type=named,
            message=message,
            line=error.line,
            function=str(details.get("function") or ""),
            phase=str(details.get("phase") or ""),
            code=error.code,
        )


SourceCheck = Callable[[Source], Iterable[Location]]
Rewrite = Callable[[Source], str | None]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One way for a strategy to be wrong: how it is recognised, what is said about it, and how it is repaired.

    `check_source` reads the code alone and must be silent about honest strategies. `check_error` reads an error
    together with the code, `check_result` a result, `check_intent` the code beside code that does what was asked.
    `rewrite` returns the whole repaired text, or None where it cannot repair this case; where `rewrite_guesses`, what
    was meant is likely, not certain, and nothing counts as repaired before it was compared with an intent. `example`
    breaks this rule and no other; with `example_intended` it does so beside that. `covers` names more general rules
    that this one explains away, `covers_families` whole families of them; a `residual` rule speaks only where no other
    rule of its family does. `after_run` is the severity of what the source alone shows in code that ran.
    `fallback` is how general its reading of an error is: a more particular one always wins.
    """

    code: str
    family: str
    title: str
    explanation: str
    hint: str
    example: str
    severity: Severity = "fatal"
    example_intended: str | None = None
    check_source: SourceCheck | None = None
    check_error: Callable[[RaisedError, Source], Iterable[Location]] | None = None
    check_result: Callable[[BacktestResult, Source], Iterable[Location]] | None = None
    check_intent: Callable[[Source, Source], Iterable[Location]] | None = None
    rewrite: Rewrite | None = None
    rewrite_guesses: bool = False
    covers: tuple[str, ...] = ()
    covers_families: tuple[str, ...] = ()
    residual: bool = False
    after_run: Severity = "note"
    fallback: int = 0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place where a rule applied, in words the author of the code understands."""

    code: str
    family: str
    severity: Severity
    title: str
    message: str
    hint: str
    line: int | None = None
    source_line: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule, location: Location, source: Source) -> "Finding":
        """Say of a location what its rule says, with the particulars first."""
        return cls(
            code=rule.code,
            family=rule.family,
            severity=location.severity or rule.severity,
            title=rule.title,
            message=location.message or rule.explanation,
            hint=rule.hint,
            line=location.line,
            source_line=source.line(location.line),
            details=location.details,
        )

    @property
    def blocking(self) -> bool:
        """Whether a strategy with this finding must not be presented as good."""
        return self.severity in ("fatal", "error")

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as the CLI and the API show it."""
        shown: dict[str, Any] = {
            "code": self.code,
            "family": self.family,
            "severity": self.severity,
            "title": self.title,
            "message": self.message,
            "hint": self.hint,
            "line": self.line,
        }
        if self.source_line:
            shown["source_line"] = self.source_line
        if self.details:
            shown["details"] = self.details
        return shown


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Everything found about one strategy, the cause first."""

    findings: tuple[Finding, ...] = ()

    @property
    def cause(self) -> Finding | None:
        """The likeliest reason, None where nothing is wrong."""
        return self.findings[0] if self.findings else None

    @property
    def hostile(self) -> bool:
        """Whether the code attacks its surroundings; what does comes first among the findings."""
        return self.cause is not None and self.cause.family in HOSTILE and self.cause.severity == "fatal"

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that forbid presenting the strategy as good."""
        return tuple(finding for finding in self.findings if finding.blocking)

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis as the CLI and the API show it."""
        return {
            "cause": self.cause.as_dict() if self.cause else None,
            "findings": [finding.as_dict() for finding in self.findings],
        }
