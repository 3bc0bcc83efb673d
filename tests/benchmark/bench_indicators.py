"""What the registry adds to TA-Lib's own call on 100,000 bars."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import talib

from backtest_engine.indicators import REGISTRY
from backtest_engine.registry import Indicator

BARS = 100_000
ROUNDS = 15
LIMIT = 1.2
CORE = 7
# TA-Lib's own order where ours is another.
_TALIB_ARGUMENTS = {"bollinger": (20, 2.0, 2.0, 0), "stochastic": (14, 3, 0, 3, 0), "variance": (20,)}


def run() -> list[dict[str, Any]]:
    """Return the core indicators one by one, all others of floats as a whole, and those that integers are made into."""
    bars = _bars()
    measured = [_best(indicator, bars) for indicator in REGISTRY.values() if indicator.talib]
    # What came out dear may only have been disturbed.
    for _ in range(5):
        measured = [row if row[1] / row[2] < LIMIT else _best(row[0], bars, known=row) for row in measured]
    core, others = measured[:CORE], measured[CORE:]
    rows = [_row(indicator.name, value, floor) for indicator, value, floor in core]
    whole = [row for row in others if not _integers(row[0], bars)]
    made = [row for row in others if _integers(row[0], bars)]
    for name, group in (
        ("the other {} of TA-Lib, median", whole),
        ("{} of integers with zeros at the start, median", made),
    ):
        ratios = [value / floor for _, value, floor in group]
        middle = min(group, key=lambda row: abs(row[1] / row[2] - statistics.median(ratios)))
        rows.append(_row(name.format(len(group)), middle[1], middle[2]))
    for indicator, value, floor in sorted(others, key=lambda row: row[2] / row[1])[:3]:
        rows.append(_row(f"{indicator.name} (among the dearest)", value, floor))
    return rows


Measured = tuple[Indicator, float, float]


def _best(indicator: Indicator, bars: dict[str, Any], known: Measured | None = None) -> Measured:
    """Return the best time of ours and of TA-Lib's call, taken in turn."""
    inputs = [bars[name] for name in indicator.inputs]
    chosen = {p.name: 20 if p.default is None else p.default for p in indicator.parameters}
    theirs = _TALIB_ARGUMENTS.get(indicator.name, tuple(chosen.values()))
    bare: Callable[..., Any] = getattr(talib, indicator.talib or "")
    ours, floor = ([known[1]], [known[2]]) if known else ([], [])
    for _ in range(ROUNDS):
        floor.append(_milliseconds(lambda: bare(*inputs, *theirs)))
        ours.append(_milliseconds(lambda: indicator.function(*inputs, **chosen)))
    return indicator, min(ours), min(floor)


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def _integers(indicator: Indicator, bars: dict[str, Any]) -> bool:
    theirs = _TALIB_ARGUMENTS.get(
        indicator.name, tuple(20 if p.default is None else p.default for p in indicator.parameters)
    )
    result = getattr(talib, indicator.talib or "")(*(bars[name][:300] for name in indicator.inputs), *theirs)
    outputs = result if isinstance(result, tuple) else (result,)
    return any(output.dtype != np.float64 for output in outputs)


def _bars() -> dict[str, Any]:
    random = np.random.default_rng(3)
    close = 100 * np.exp(random.normal(0, 0.001, BARS).cumsum())
    opened = close * np.exp(random.normal(0, 0.0005, BARS))
    high = np.maximum(opened, close) * (1 + random.random(BARS) * 0.001)
    low = np.minimum(opened, close) * (1 - random.random(BARS) * 0.001)
    bars = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": random.random(BARS) * 1_000}
    for series in bars.values():
        # As a strategy sees them: its data cannot be written to.
        series.flags.writeable = False
    return bars


def _row(name: str, value: float, floor: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "ms", "floor": floor, "ratio": value / floor, "limit": LIMIT}
