"""What happened in a span of a backtest: its trades, and what the entry conditions saw on its bars."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import Dataset
from backtest_engine.language.explain import condition
from backtest_engine.spec import StrategySpec
from backtest_engine.spec.evaluate import Held, readings
from backtest_engine.spec.lengths import fit

_SHOWN_TRADES = 3


def facts_of(
    dataset: Dataset,
    trades: Sequence[Mapping[str, Any]],
    *,
    first_bar_at: datetime,
    spec: Mapping[str, Any] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    month: int | None = None,
    lost: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the facts of the traded bars from `start` to `end`, both whole days included, or of a month of all years.

    `trades` are closed trades as they are recorded: times, prices, `pnl`, `return_pct`, `exit_reason`. Trades count
    that began or ended in the span.
    """
    index = pd.DatetimeIndex(dataset.bars.index)
    inside = index >= _naive(first_bar_at)
    if start is not None:
        inside &= index >= _naive(start)
    if end is not None:
        inside &= index < _naive(end) + pd.Timedelta(days=1)
    if month is not None:
        inside &= index.month == month
    named = _span(index, inside, start, end)
    if not inside.any():
        return {
            "symbol": dataset.symbol,
            "interval": dataset.interval,
            **named,
            "bars": 0,
            "count": 0,
            "conditions": [],
        }
    close = dataset.bars["Close"].to_numpy()[inside]
    moments = index[inside]
    mine = [trade for trade in trades if _touches(trade, moments)]
    return {
        "symbol": dataset.symbol,
        "interval": dataset.interval,
        **named,
        "bars": int(inside.sum()),
        "market_pct": round(float(100 * (close[-1] / close[0] - 1)), 6),
        **_sums(mine),
        "open": _open_bars(moments, trades),
        "conditions": _conditions(spec, dataset, inside),
        "lost": dict(lost or {}),
    }


def _naive(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment.astimezone(UTC).replace(tzinfo=None))


def _span(index: pd.DatetimeIndex, inside: Held, start: datetime | None, end: datetime | None) -> dict[str, str]:
    if inside.any():
        moments = index[inside]
        return {"first": moments[0].isoformat(), "last": moments[-1].isoformat()}
    return {"first": (start or index[0]).isoformat(), "last": (end or index[-1]).isoformat()}


def _touches(trade: Mapping[str, Any], moments: pd.DatetimeIndex) -> bool:
    return any(_moment(trade[name]) in moments for name in ("entry_time", "exit_time"))


def _moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_localize(None)


def _sums(trades: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    won = [trade["pnl"] for trade in trades if trade["pnl"] > 0]
    lost = [trade["pnl"] for trade in trades if trade["pnl"] <= 0]
    by_reason: dict[str, dict[str, Any]] = defaultdict(lambda: {"count": 0, "pnl": 0.0})
    for trade in trades:
        one = by_reason[trade.get("exit_reason") or "closed"]
        one["count"] += 1
        one["pnl"] = round(one["pnl"] + trade["pnl"], 6)
    worst = sorted(trades, key=lambda trade: trade["pnl"])[:_SHOWN_TRADES]
    return {
        "count": len(trades),
        "winners": len(won),
        "losers": len(lost),
        "won": round(sum(won), 6),
        "lost_money": round(sum(lost), 6),
        "pnl": round(sum(won) + sum(lost), 6),
        "commission": round(sum(trade.get("commission") or 0.0 for trade in trades), 6),
        "by_reason": dict(sorted(by_reason.items())),
        "worst": [_shown(trade) for trade in worst if trade["pnl"] < 0],
    }


def _shown(trade: Mapping[str, Any]) -> dict[str, Any]:
    names = ("entry_time", "exit_time", "entry_price", "exit_price", "return_pct", "pnl", "exit_reason")
    return {"side": "long" if trade["size"] > 0 else "short", **{name: trade.get(name) for name in names}}


def _open_bars(moments: pd.DatetimeIndex, trades: Sequence[Mapping[str, Any]]) -> int:
    held = np.zeros(len(moments), dtype=bool)
    for trade in trades:
        held |= (moments >= _moment(trade["entry_time"])) & (moments <= _moment(trade["exit_time"]))
    return int(held.sum())


def _conditions(spec: Mapping[str, Any] | None, dataset: Dataset, inside: Held) -> list[dict[str, Any]]:
    """Return how often each entry condition held in the span, and how near it came where it never did."""
    if spec is None:
        return []
    fitted, _ = fit(StrategySpec.model_validate(dict(spec)), pd.DatetimeIndex(dataset.bars.index))
    found = []
    for reading in readings(fitted, dataset.bars):
        if not reading.rule.endswith("entry"):
            continue
        held = int(reading.held[inside].sum())
        one = {"rule": reading.rule, "condition": condition(reading.condition), "held": held, "bars": int(inside.sum())}
        if not held and reading.left is not None and reading.right is not None:
            one |= _nearest(reading.left, reading.right, dataset, inside)
        found.append(one)
    return sorted(found, key=lambda one: (one["held"], one["condition"]))


def _nearest(left: Any, right: Any, dataset: Dataset, inside: Held) -> dict[str, Any]:
    distance = np.where(inside, np.abs(left - right), np.nan)
    if np.isnan(distance).all():
        return {}
    place = int(np.nanargmin(distance))
    return {"closest": float(left[place]), "closest_at": dataset.bars.index[place].isoformat()}
