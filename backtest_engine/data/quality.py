"""Whether bars can be trusted: what is refused, what is repaired with a word, and what is only said.

Refused are bars that cannot have happened (a high below a low, a price of zero) and times that contradict each other.
Everything that may be true but changes how a result reads becomes a `data_quality` notice.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import assemble, disassemble, instant, shown
from backtest_engine.data.interval import Interval
from backtest_engine.domain import Notice
from backtest_engine.errors import InvalidData

Numbers = np.ndarray[Any, Any]

# Vendors round open, high, low and close independently after adjusting for splits and dividends.
ROUNDING = 1e-6
# What `examine` finds, as opposed to what was decided while the bars were read.
FOUND_IN_BARS = frozenset({"gaps", "irregular", "partial_days", "split_suspect", "spike", "zero_volume", "frozen"})
_DAY_NS = 86_400 * 1_000_000_000
_SPLIT_RATIOS = np.array([2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50], dtype=np.float64)


def finding(kind: str, message: str, *, count: int = 1, times: Sequence[Any] | Numbers = (), **details: Any) -> Notice:
    """Return a `data_quality` notice; `times` are the first few stamps that show it."""
    facts: dict[str, Any] = {"kind": kind, "count": count, **details}
    if len(times):
        facts["first"] = [shown(instant(pd.Timestamp(time))) for time in times[:3]]
    return Notice(code="data_quality", message=message, details=facts)


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
                "missing_bars", f"{_bars(empty.sum())} without any price left out.", count=int(empty.sum()), times=times
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
            finding("repeated", f"{_bars(len(repeated))} given twice and used once.", count=len(repeated), times=times)
        )
        kept = np.ones(len(stamps), dtype=bool)
        kept[repeated] = False
        stamps, values = stamps[kept], values[:, kept]
    silent = np.isnan(values[4])
    if silent.any():
        values = values.copy()
        values[4, silent] = 0.0
        notices.append(
            finding("no_volume", f"{_bars(silent.sum())} without a volume count as 0.", count=int(silent.sum()))
        )
    if not len(stamps):
        raise InvalidData("There is not a single bar.")
    return (assemble(stamps, np.ascontiguousarray(values)) if notices else bars), tuple(notices)


def _refuse_contradictions(stamps: Numbers, values: Numbers, repeated: Numbers) -> None:
    same = (values[:, repeated] == values[:, repeated - 1]) | np.isnan(values[:, repeated])
    differing = repeated[~same.all(axis=0)]
    if len(differing):
        time = _time(stamps[differing[0]])
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
            time = _time(stamps[where[0]])
            shown_bar = ", ".join(
                f"{name} {number:g}" for name, number in zip("OHLCV", values[:, where[0]], strict=True)
            )
            raise InvalidData(
                f"The bar of {time} has {words} ({shown_bar}); {_bars(len(where))} like it.",
                details={"kind": kind, "count": len(where), "first": time},
            )


def examine(bars: pd.DataFrame, interval: Interval) -> tuple[Notice, ...]:
    """Return what a reader must know about sound bars: holes, likely splits and slips, no volume, frozen prices."""
    stamps, values = disassemble(bars)
    found = (
        _gaps(stamps, interval),
        _crowded(stamps, interval),
        _partial_days(stamps, interval),
        _splits(stamps, values),
        _spikes(stamps, values),
        _zero_volume(stamps, values[4]),
        _frozen(stamps, values),
    )
    return tuple(notice for notice in found if notice is not None)


def _gaps(stamps: Numbers, interval: Interval) -> Notice | None:
    if len(stamps) < 3:
        return None
    steps = np.diff(stamps)
    step = interval.seconds * 1_000_000_000
    if interval.seconds >= 28 * 86_400:
        allowed = 1.6 * step
    elif _trades_at_weekends(stamps):
        allowed = 1.5 * step
    else:
        # A weekend with a holiday on both sides is four days for a market that closes.
        allowed = step + (4 * _DAY_NS if interval.seconds <= 86_400 else 3 * _DAY_NS)
    holes = np.flatnonzero(steps > allowed)
    if not len(holes):
        return None
    widest = holes[np.argmax(steps[holes])]
    message = (
        f"{len(holes)} gap{'s' * (len(holes) > 1)} in the bars; the widest is from {_time(stamps[widest])} "
        f"to {_time(stamps[widest + 1])}."
    )
    return finding("gaps", message, count=len(holes), times=stamps[holes].view("M8[ns]"))


def _crowded(stamps: Numbers, interval: Interval) -> Notice | None:
    # Months differ in length, and an exchange's first bar of a day may be cut short.
    close = np.flatnonzero(np.diff(stamps) < 0.4 * interval.seconds * 1_000_000_000) + 1
    if not len(close):
        return None
    message = f"{_bars(len(close))} closer to the one before than {interval.name}, first at {_time(stamps[close[0]])}."
    return finding("irregular", message, count=len(close), times=stamps[close].view("M8[ns]"))


def _trades_at_weekends(stamps: Numbers) -> bool:
    days = np.unique(stamps // _DAY_NS)
    # 1970-01-01 was a Thursday: remainders 2 and 3 are Saturday and Sunday.
    saturdays = np.count_nonzero(days % 7 == 2)
    return bool(saturdays > 0.5 * len(days) / 7)


def _partial_days(stamps: Numbers, interval: Interval) -> Notice | None:
    if not interval.intraday:
        return None
    days, counts = np.unique(stamps // _DAY_NS, return_counts=True)
    if len(days) < 5:
        return None
    usual = int(np.median(counts))
    # Sunday evening and Friday night are short in markets that trade around the clock; holidays are known to be.
    weekday = (days + 3) % 7 < 5
    partial = np.flatnonzero(weekday & (counts < 0.4 * usual))
    partial = partial[(partial > 0) & (partial < len(days) - 1) & ~_year_end(days[partial])]
    if usual < 4 or not len(partial):
        return None
    times = (days[partial] * _DAY_NS).view("M8[ns]")
    verb = "days have" if len(partial) > 1 else "day has"
    return finding(
        "partial_days",
        f"{len(partial)} {verb} less than half of the usual {usual} bars.",
        count=len(partial),
        times=times,
    )


def _year_end(days: Numbers) -> Numbers:
    """Say which days are in the week from Christmas to New Year, when every market is short."""
    dates = (days * _DAY_NS).view("M8[ns]").astype("M8[D]")
    of_month = (dates - dates.astype("M8[M]")).astype(np.int64) + 1
    month = dates.astype("M8[M]").astype(np.int64) % 12 + 1
    quiet: Numbers = ((month == 12) & (of_month >= 24)) | ((month == 1) & (of_month <= 2))
    return quiet


def _splits(stamps: Numbers, values: Numbers) -> Notice | None:
    if len(stamps) < 10:
        return None
    ratio = values[0, 1:] / values[3, :-1]
    ratio = np.maximum(ratio, 1 / ratio)
    usual = float(np.median(np.abs(np.diff(np.log(values[3])))))
    # A jump in one night to about one half, one third … that is far outside of what this market does.
    jumps = np.flatnonzero(np.log(ratio) > max(20 * usual, 0.5))
    nearest = np.abs(ratio[jumps, None] / _SPLIT_RATIOS[None, :] - 1).min(axis=1)
    suspects = jumps[nearest < 0.1] + 1
    if not len(suspects):
        return None
    times = stamps[suspects].view("M8[ns]")
    message = (
        f"The price jumps {ratio[suspects[0] - 1]:.2f}-fold at {_time(stamps[suspects[0]])}, as at a split that the "
        f"prices are not adjusted for ({len(suspects)} such jump{'s' * (len(suspects) > 1)})."
    )
    return finding("split_suspect", message, count=len(suspects), times=times)


def _spikes(stamps: Numbers, values: Numbers) -> Notice | None:
    """Find single bars that are several times as high or low as both neighbours, as a slipped decimal point is."""
    if len(stamps) < 3:
        return None
    close = values[3]
    with np.errstate(over="ignore"):
        rise, fall = close[1:-1] / close[:-2], close[1:-1] / close[2:]
        back = close[2:] / close[:-2]
    slipped = ((rise > 3) & (fall > 3) | (rise < 1 / 3) & (fall < 1 / 3)) & (back > 0.5) & (back < 2)
    where = np.flatnonzero(slipped) + 1
    if not len(where):
        return None
    message = (
        f"The close of {_time(stamps[where[0]])} is {close[where[0]]:g} between {close[where[0] - 1]:g} and "
        f"{close[where[0] + 1]:g}: a slip? ({_bars(len(where))} like it)"
    )
    return finding("spike", message, count=len(where), times=stamps[where].view("M8[ns]"))


def _zero_volume(stamps: Numbers, volume: Numbers) -> Notice | None:
    silent = np.flatnonzero(volume == 0)
    if not len(silent):
        return None
    if len(silent) == len(volume):
        return finding("no_volume", "None of the bars has a volume; indicators that need it mean nothing here.")
    return finding(
        "zero_volume",
        f"{_bars(len(silent))} with no volume: an order may not have been filled there.",
        count=len(silent),
        times=stamps[silent].view("M8[ns]"),
    )


def _frozen(stamps: Numbers, values: Numbers) -> Notice | None:
    same = (values[:4] == values[3]).all(axis=0)
    same[1:] &= values[3, 1:] == values[3, :-1]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    long = lengths >= 10
    if not long.any():
        return None
    starts = edges[::2][long]
    message = (
        f"The price stands still for {int(lengths.max())} bars from {_time(stamps[starts[0]])}: halted or delisted?"
    )
    return finding("frozen", message, count=int(long.sum()), times=stamps[starts].view("M8[ns]"))


def _time(stamp: Any) -> str:
    return shown(instant(pd.Timestamp(int(stamp))))


def _bars(count: Any) -> str:
    return f"{int(count)} bar{'s' * (int(count) != 1)}"
