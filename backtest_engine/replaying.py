"""A backtest to step through: what was seen and done on each bar, a page at a time."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import Dataset
from backtest_engine.language.explain import condition, operand
from backtest_engine.spec import Indicator, StrategySpec, parts_of
from backtest_engine.spec.evaluate import Reading, readings, series
from backtest_engine.spec.lengths import fit

MOST_BARS = 5_000
_COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
# A stop or a target is filled within a bar by an order that stood there; everything else was decided one bar before.
_STANDING = frozenset(["stop_loss", "take_profit", "wiped_out"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """A backtest worked out once, to be read a page at a time. Bars are numbered from the first that was traded."""

    dataset: Dataset
    offset: int
    lines: Mapping[str, Any]
    conditions: tuple[Reading, ...]
    events: Sequence[tuple[int, str, dict[str, Any]]]

    @property
    def bars(self) -> int:
        """How many bars there are to step through."""
        return len(self.dataset) - self.offset

    def page(self, start: int, size: int) -> dict[str, Any]:
        """Return the bars from an index on, columns by name, and orders, fills and reasons by bar index."""
        begin, end = min(start, self.bars), min(start + size, self.bars)
        rows = slice(self.offset + begin, self.offset + end)
        frame = self.dataset.bars.iloc[rows]
        first = bisect_left(self.events, begin, key=lambda event: event[0])
        last = bisect_left(self.events, end, key=lambda event: event[0])
        told: dict[str, list[dict[str, Any]]] = {"orders": [], "fills": []}
        for bar, kind, event in self.events[first:last]:
            told[kind].append({"bar": bar, **event})
        times = (pd.DatetimeIndex(frame.index).asi8 // _per_second(frame.index)).tolist()
        return {
            "bars": self.bars,
            "start": begin,
            "next": end if end < self.bars else None,
            "time": [_iso(second) for second in times],
            **{name: frame[column].tolist() for name, column in _COLUMNS.items()},
            "indicators": {name: _plain(values[rows]) for name, values in self.lines.items()},
            **told,
            "reasons": [
                {"bar": one["bar"], "rules": self._held(one["bar"])} for one in told["orders"] if one["why"] == "rule"
            ],
        }

    def _held(self, bar: int) -> list[dict[str, Any]]:
        """Return the conditions that held at the close of a bar, with the values that they compared."""
        place = self.offset + bar
        held = [reading for reading in self.conditions if reading.held[place]]
        return [
            {
                "rule": reading.rule,
                "condition": condition(reading.condition),
                "left": None if reading.left is None else _number(reading.left[place]),
                "right": None if reading.right is None else _number(reading.right[place]),
            }
            for reading in held
        ]


def replay_of(
    dataset: Dataset,
    trades: Sequence[Mapping[str, Any]],
    *,
    first_bar_at: datetime,
    spec: Mapping[str, Any] | None = None,
) -> Replay:
    """Work out a backtest of recorded trades; without a `spec` there are no indicators and no reasons."""
    index = pd.DatetimeIndex(dataset.bars.index)
    offset = int(index.searchsorted(pd.Timestamp(first_bar_at.astimezone(UTC).replace(tzinfo=None))))
    fitted = None
    if spec is not None:
        fitted, _ = fit(StrategySpec.model_validate(dict(spec)), index)
    lines = {} if fitted is None else {operand(call): series(call, dataset.bars) for call in _shown(fitted)}
    found = [event for trade in trades for event in _events(trade, index, offset)]
    return Replay(
        dataset=dataset,
        offset=offset,
        lines=lines,
        conditions=readings(fitted, dataset.bars) if fitted is not None else (),
        events=sorted(found, key=lambda event: event[0]),
    )


def _shown(spec: StrategySpec) -> Iterator[Indicator]:
    seen = set()
    for call in parts_of(spec, Indicator):
        plain = call.model_copy(update={"shift": 0})
        if (key := plain.model_dump_json()) not in seen:
            seen.add(key)
            yield plain


def _events(
    trade: Mapping[str, Any], index: pd.DatetimeIndex, offset: int
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the orders and fills of one trade; a market order is given one bar before it is filled."""
    entered = int(index.searchsorted(pd.Timestamp(trade["entry_time"]).tz_localize(None))) - offset
    left = int(index.searchsorted(pd.Timestamp(trade["exit_time"]).tz_localize(None))) - offset
    side = "long" if trade["size"] > 0 else "short"
    reason = trade.get("exit_reason") or "closed"
    levels = {"stop_loss": trade.get("stop_loss"), "take_profit": trade.get("take_profit")}
    if entered > 0:
        yield entered - 1, "orders", {"action": "open", "side": side, "size": trade["size"], "why": "rule", **levels}
    yield (
        entered,
        "fills",
        {"action": "open", "side": side, "size": trade["size"], "price": trade["entry_price"], "reason": "entry"},
    )
    if reason not in _STANDING and reason != "end_of_data" and left > 0:
        yield (
            left - 1,
            "orders",
            {"action": "close", "side": side, "size": -trade["size"], "why": "rule", **dict.fromkeys(levels)},
        )
    yield (
        left,
        "fills",
        {
            "action": "close",
            "side": side,
            "size": -trade["size"],
            "price": trade["exit_price"],
            "reason": reason,
            "pnl": trade["pnl"],
        },
    )


def _per_second(index: pd.Index) -> int:
    return {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[pd.DatetimeIndex(index).unit]


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, tz=UTC).isoformat().replace("+00:00", "Z")


def _plain(values: Any) -> list[float | None]:
    return [None if known else value for value, known in zip(values.tolist(), np.isnan(values).tolist(), strict=True)]


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
