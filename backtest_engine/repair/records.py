"""What a repair leaves behind: every attempt with its diagnosis, its diff and what came of it."""

import difflib
from dataclasses import dataclass
from typing import Any, Literal

from backtest_engine.diagnostics import Diagnosis
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError

How = Literal["rewrite", "recompiled", "model"]
Ending = Literal["mended", "unconfirmed", "failed"]
Outcome = Literal["sound", "mended", "unconfirmed", "failed", "rejected"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to repair: what was found, how it was answered, and whether that helped.

    `outcome` is `mended`, `unconfirmed` (it runs and nothing is wrong with it, but nobody could compare it with what
    was asked) or `failed`; `reason` says why. `after` is None where no code came of it.
    """

    number: int
    how: How
    diagnosis: Diagnosis
    before: str
    after: str | None
    outcome: Ending
    reason: str
    done: str = ""

    @property
    def diff(self) -> str:
        """Unified diff, headed by what was done as comment lines; the code itself carries no reasons."""
        if self.after is None:
            return ""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), "before", f"attempt {self.number}", lineterm=""
        )
        reasons = [f"# {line}" for line in self.done.split("; ") if line]
        return "\n".join([*reasons, *lines]) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return the attempt as the CLI and the API show it."""
        return {
            "number": self.number,
            "how": self.how,
            "diagnosis": self.diagnosis.as_dict(),
            "outcome": self.outcome,
            "reason": self.reason,
            "done": self.done,
            "diff": self.diff,
            "code": self.after,
        }


@dataclass(frozen=True, kw_only=True)
class Repair:
    """How a repair ended.

    `sound` needed none; `mended` runs, looks at no later bar and means what was asked; `unconfirmed` runs, but its
    meaning could not be compared; `rejected` attacks its surroundings and is not touched; `failed` is the rest.
    `result` is there for the first three, `error` for the last two. `diagnosis` is that of the code as it came.
    """

    code: str
    outcome: Outcome
    diagnosis: Diagnosis
    attempts: tuple[Attempt, ...] = ()
    result: BacktestResult | None = None
    error: StrategyError | None = None

    def require_result(self) -> BacktestResult:
        """Return the result; raises `error` where there is none."""
        if self.result is None:
            assert self.error is not None  # noqa: S101  # a repair ends with one of the two
            raise self.error
        return self.result

    def as_dict(self) -> dict[str, Any]:
        """Return the repair without its result, as the CLI and the API show it."""
        return {
            "outcome": self.outcome,
            "diagnosis": self.diagnosis.as_dict(),
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "error": self.error.as_dict() if self.error else None,
        }
