"""What the checks of an execution's evidence look at, and what one of them says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from backtest_engine.domain import BacktestResult, Check
from backtest_engine.research.candidates import bar_returns
from backtest_engine.research.statistics.permutation import Permutation
from backtest_engine.research.statistics.sharpe import Moments, Tries, moments

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True)
class EvidenceCheck:
    """One question about a result: `verdict` is `pass`, `warn`, `fail` or `unknown`."""

    code: str
    verdict: str
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the check as it is shown."""
        return {
            "code": self.code,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "figures": dict(self.figures),
        }


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What is known of a goal's sealed segment, before this execution and by it.

    `reaches` says whether these bars reach into it; `openings` and `looks` count what was seen before this execution.
    """

    sealed_from: datetime | None = None
    reaches: bool = False
    openings: int = 0
    looks: int = 0


@dataclass(frozen=True, kw_only=True)
class Researched:
    """What takes more than a moment, where it was asked for. None is not known.

    `near_share` is the share of the neighbouring parameters within 20 % of the figure; `readings` are the returns in
    percent of the readings of the sentence, `doubled_return_pct` is that at twice the costs.
    """

    permutation: Permutation | None = None
    doubled_return_pct: float | None = None
    near_share: float | None = None
    neighbours: int = 0
    without_parameters: bool = False
    readings: Sequence[float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """Everything that the checks may look at."""

    result: BacktestResult
    tries: Tries = field(default_factory=Tries)
    seal: Seal = Seal()
    found: Researched = Researched()
    asked_interval: str | None = None
    described: bool = False

    @cached_property
    def equity(self) -> Floats:
        """The account after each traded bar."""
        return self.result.equity["equity"].to_numpy(np.float64)

    @cached_property
    def returns(self) -> Floats:
        return bar_returns(self.equity)

    @cached_property
    def moments(self) -> Moments:
        return moments(self.returns)

    @cached_property
    def closes(self) -> Floats:
        """The closing prices of the traded bars."""
        dataset = self.result.dataset
        return dataset.bars["Close"].to_numpy(np.float64)[dataset.warm_up :]

    @property
    def trade_count(self) -> int:
        return len(self.result.trades)

    @property
    def return_pct(self) -> float:
        return float(self.result.metrics.get("return_pct") or 0.0)

    def built(self, name: str) -> Check | None:
        """Return a check that came with the execution."""
        return next((check for check in self.result.checks if check.name == name), None)

    def noticed(self, *codes: str) -> list[str]:
        """Return which of these notices the result carries."""
        seen = {notice.code for notice in self.result.notices}
        return [code for code in codes if code in seen]
