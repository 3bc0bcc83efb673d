"""One look over markets and intervals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from backtest_engine.errors import InvalidData
from backtest_engine.scanner.factors import FACTORS, ClosedBars, Factor
from backtest_engine.scanner.scoring import Score, label_of, score_of, together


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Closed bars of a symbol on an interval; `age_seconds` since the last of them closed, by the feed's clock."""

    symbol: str
    interval: str
    bars: pd.DataFrame
    age_seconds: float

    @property
    def bar_at(self) -> datetime:
        """Return the time of the last bar, naive UTC."""
        last: datetime = self.bars.index[-1].to_pydatetime()
        return last


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a scan says of a symbol on an interval."""

    symbol: str
    interval: str
    score: Score
    bar_at: datetime
    price: float
    age_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it; times are ISO 8601 with Z."""
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "score": round(self.score.value, 4),
            "label": self.score.label,
            "contributions": [part.as_dict() for part in self.score.contributions],
            "missing": list(self.score.missing),
            "bar_at": self.bar_at.isoformat() + "Z",
            "age_seconds": round(self.age_seconds, 3),
            "flips": self.score.flips(),
            "price": self.price,
        }


def scan(
    markets: Iterable[Market],
    weights: Mapping[str, float],
    *,
    factors_of: Callable[[Market], Mapping[str, Factor]] = lambda _: FACTORS,
) -> list[Row]:
    """Score the last closed bar of each market; one with too few bars for any factor has no row."""
    rows = []
    for market in markets:
        if market.bars.empty:
            continue
        score = score_of(ClosedBars.of(market.bars), weights, factors=factors_of(market))
        if score is not None:
            price = float(market.bars["Close"].iloc[-1])
            rows.append(
                Row(
                    symbol=market.symbol,
                    interval=market.interval,
                    score=score,
                    bar_at=market.bar_at,
                    price=price,
                    age_seconds=market.age_seconds,
                )
            )
    return rows


def scan_one(market: Market, weights: Mapping[str, float]) -> Row:
    """Score one market; raise `InvalidData` where there are too few bars for any factor."""
    rows = scan([market], weights)
    if not rows:
        raise InvalidData(
            f"{len(market.bars)} bars of {market.symbol} are too few for every factor.", code="too_few_bars"
        )
    return rows[0]


def by_symbol(rows: Sequence[Row], interval_weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one score for each symbol over its intervals, the farthest from zero first."""
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        scores.setdefault(row.symbol, {})[row.interval] = row.score.value
    found = [(symbol, together(each, interval_weights)) for symbol, each in scores.items()]
    found.sort(key=lambda one: (-abs(one[1]), one[0]))
    return [{"symbol": symbol, "score": round(score, 4), "label": label_of(score)} for symbol, score in found]
