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
from backtest_engine.spec.evaluate import Evaluation, Reading, readings
from backtest_engine.spec.lengths import fit

MOST_BARS = 5_000
_COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
# A stop or a target is filled within a bar by an order that stood there; everything else was decided one bar before.
_STANDING = frozenset(["stop_loss", "take_profit", "wiped_out"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """A backtest worked out once, to be read a page at a time. Bars are numbered from the first that was traded."""

    times: Any
    columns: Mapping[str, Any]
    offset: int
    lines: Mapping[str, Any]
    conditions: tuple[Reading, ...]
    events: Sequence[tuple[int, str, dict[str, Any]]]

    @property
    def bars(self) -> int:
        """How many bars there are to step through."""
        return len(self.times) - self.offset

    def page(self, start: int, size: int) -> dict[str, Any]:
        """Return the bars from an index on, columns by name, and orders, fills and reasons by bar index."""
        begin, end = min(start, self.bars), min(start + size, self.bars)
        rows = slice(self.offset + begin, self.offset + end)
        first = bisect_left(self.events, begin, key=lambda event: event[0])
        last = bisect_left(self.events, end, key=lambda event: event[0])
        told: dict[str, list[dict[str, Any]]] = {"orders": [], "fills": []}
        for bar, kind, event in self.events[first:last]:
            told[kind].append({"bar": bar, **event})
        return {
            "bars": self.bars,
            "start": begin,
            "next": end if end < self.bars else None,
            "time": [f"{moment}Z" for moment in np.datetime_as_string(self.times[rows], unit="s").tolist()],
            **{name: values[rows].tolist() for name, values in self.columns.items()},
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
    lines: dict[str, Any] = {}
    conditions: tuple[Reading, ...] = ()
    if spec is not None:
        fitted, _ = fit(StrategySpec.model_validate(dict(spec)), index)
        known = Evaluation(dataset.bars)
        conditions = readings(fitted, dataset.bars, known)
        lines = {operand(call): known.series(call) for call in _shown(fitted)}
    entered, left = (_bars_of(trades, name, index) - offset for name in ("entry_time", "exit_time"))
    found = [
        event
        for trade, first, last in zip(trades, entered.tolist(), left.tolist(), strict=True)
        for event in _events(trade, first, last)
    ]
    return Replay(
        times=index.to_numpy().astype("datetime64[s]"),
        columns={name: dataset.bars[column].to_numpy() for name, column in _COLUMNS.items()},
        offset=offset,
        lines=lines,
        conditions=conditions,
        events=sorted(found, key=lambda event: event[0]),
    )


def _bars_of(trades: Sequence[Mapping[str, Any]], name: str, index: pd.DatetimeIndex) -> Any:
    """Return the place among all bars of a time of each trade."""
    moments = np.array([trade[name].removesuffix("Z") for trade in trades], dtype="datetime64[us]")
    return index.to_numpy().astype("datetime64[us]").searchsorted(moments)


def _shown(spec: StrategySpec) -> Iterator[Indicator]:
    seen = set()
    for call in parts_of(spec, Indicator):
        plain = call.model_copy(update={"shift": 0}) if call.shift else call
        if (key := plain.model_dump_json()) not in seen:
            seen.add(key)
            yield plain


def _events(trade: Mapping[str, Any], entered: int, left: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the orders and fills of one trade; a market order is given one bar before it is filled."""
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


def _plain(values: Any) -> list[float | None]:
    return [None if known else value for value, known in zip(values.tolist(), np.isnan(values).tolist(), strict=True)]


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
