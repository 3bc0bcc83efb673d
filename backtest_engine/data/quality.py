"""Whether bars can be trusted: what is refused, what is repaired with a word, and what is only said.

Refused are bars that cannot have happened (a high below a low, a price of zero) and times that contradict each other.
Everything that may be true but changes how a result reads becomes a `data_quality` notice.
"""

import numpy as np
import pandas as pd

from backtest_engine.data.bars import assemble, disassemble
from backtest_engine.data.findings import Numbers, bars_text, doubts, finding, time_text
from backtest_engine.data.interval import Interval
from backtest_engine.data.price_findings import PRICE_FINDINGS
from backtest_engine.data.time_findings import TIME_FINDINGS
from backtest_engine.domain import Notice
from backtest_engine.errors import InvalidData

# Vendors round open, high, low and close independently after adjusting for splits and dividends.
ROUNDING = 1e-6
# What `examine` finds, as opposed to what was decided while the bars were read.
FOUND_IN_BARS = frozenset(
    {"gaps", "hole", "thin", "irregular", "partial_days", "zero_volume", "frozen"}
    | {"split_suspect", "jump", "spike", "bad_tick"}
)

__all__ = ["FOUND_IN_BARS", "doubts", "examine", "refuse_corrupt", "tidy"]


def tidy(bars: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Return canonical bars in order, without repeats and without rows that hold no price, and what was done.

    Raises `InvalidData` when nothing is left or when two bars of one time differ.
    """
    stamps, values = disassemble(bars)
    notices: list[Notice] = []
    empty = np.isnan(values[:4]).all(axis=0)
    if empty.any():
        times = stamps[empty].view("M8[ns]")
        notices.append(
            finding(
                "missing_bars",
                f"{bars_text(empty.sum())} without any price left out.",
                count=int(empty.sum()),
                times=times,
            )
        )
        stamps, values = stamps[~empty], values[:, ~empty]
    if (np.diff(stamps) < 0).any():
        backwards = bool((np.diff(stamps) < 0).all())
        how = "newest first" if backwards else "out of order"
        notices.append(finding("unsorted", f"The bars came {how} and were sorted by time."))
        order = np.argsort(stamps, kind="stable")
        stamps, values = stamps[order], values[:, order]
    repeated = np.flatnonzero(np.diff(stamps) == 0) + 1
    if len(repeated):
        _refuse_contradictions(stamps, values, repeated)
        times = stamps[repeated].view("M8[ns]")
        notices.append(
            finding(
                "repeated", f"{bars_text(len(repeated))} given twice and used once.", count=len(repeated), times=times
            )
        )
        kept = np.ones(len(stamps), dtype=bool)
        kept[repeated] = False
        stamps, values = stamps[kept], values[:, kept]
    silent = np.isnan(values[4])
    if silent.any():
        values = values.copy()
        values[4, silent] = 0.0
        notices.append(
            finding("no_volume", f"{bars_text(silent.sum())} without a volume count as 0.", count=int(silent.sum()))
        )
    if not len(stamps):
        raise InvalidData("There is not a single bar.")
    return (assemble(stamps, np.ascontiguousarray(values)) if notices else bars), tuple(notices)


def _refuse_contradictions(stamps: Numbers, values: Numbers, repeated: Numbers) -> None:
    same = (values[:, repeated] == values[:, repeated - 1]) | np.isnan(values[:, repeated])
    differing = repeated[~same.all(axis=0)]
    if len(differing):
        time = time_text(stamps[differing[0]])
        raise InvalidData(
            f"Two different bars claim the same time, {time} ({len(differing)} such pairs).",
            details={"kind": "contradiction", "count": len(differing), "first": time},
        )


def refuse_corrupt(bars: pd.DataFrame) -> None:
    """Raise `InvalidData` unless times increase, all is finite, prices are positive and High and Low enclose them."""
    stamps, values = disassemble(bars)
    if not len(stamps):
        raise InvalidData("There is not a single bar.")
    if (np.diff(stamps) <= 0).any():
        raise InvalidData("The times of the bars do not increase.", details={"kind": "order"})
    opened, high, low, close, volume = values
    slack = ROUNDING * np.abs(high)
    with np.errstate(invalid="ignore"):
        checks = (
            ("not_finite", "not a finite number", ~np.isfinite(values).all(axis=0)),
            ("not_positive", "a price that is not above zero", (values[:4] <= 0).any(axis=0)),
            ("negative_volume", "a negative volume", volume < 0),
            ("high_below_low", "a high below its low", high < low - slack),
            ("high_too_low", "a high below its open or close", high < np.maximum(opened, close) - slack),
            ("low_too_high", "a low above its open or close", low > np.minimum(opened, close) + slack),
        )
    for kind, words, bad in checks:
        where = np.flatnonzero(bad)
        if len(where):
            time = time_text(stamps[where[0]])
            shown_bar = ", ".join(
                f"{name} {number:g}" for name, number in zip("OHLCV", values[:, where[0]], strict=True)
            )
            raise InvalidData(
                f"The bar of {time} has {words} ({shown_bar}); {bars_text(len(where))} like it.",
                details={"kind": kind, "count": len(where), "first": time},
            )


def examine(bars: pd.DataFrame, interval: Interval) -> tuple[Notice, ...]:
    """Return what a reader must know about sound bars.

    Holes, jumps and ticks that no market makes carry the severity `doubt`: `doubts` picks them.
    """
    stamps, values = disassemble(bars)
    found = [
        *(look(stamps, interval) for look in TIME_FINDINGS),
        *(look(stamps, values, interval) for look in PRICE_FINDINGS),
    ]
    return tuple(notice for notice in found if notice is not None)
