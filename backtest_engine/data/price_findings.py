"""What the prices and volumes of bars show: jumps and ticks that no market makes, frozen prices, no volume."""

from math import log

import numpy as np

from backtest_engine.data.findings import DOUBT, Numbers, bars_text, finding, time_text
from backtest_engine.data.interval import Interval
from backtest_engine.domain import Notice

_DAY_SECONDS = 86_400
_MIN_BARS = 10
_SPLIT_RATIOS = np.array([1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50], dtype=np.float64)
_UNIT_RATIOS = np.array([100, 1_000, 10_000], dtype=np.float64)
# Logarithms of ratios between one bar's close and the next one's open. The smallest may be a bonus of one share for
# five and is only believed on a quiet day; threefold in no time is not believed at all.
_SMALL_JUMP, _SPLIT_JUMP, _ANY_JUMP = log(1.18), log(1.45), log(3)
# How many usual moves a jump is at least, and how many usual ranges the bar after it has at most.
_UNUSUAL, _VERY_UNUSUAL = 10, 20
_QUIET, _CALM = 2.0, 4.0
_NEAR = 0.05
# A high or low this far from the open and the close (logarithm, and in usual ranges) is a bad tick.
_TICK_OF_DAYS, _TICK_OF_MINUTES, _TICK_OF_WEEKS = log(1.3), log(1.1), log(2)
_TICK_RANGES = 15
_TICK_OF_WILD = 4
_SPIKE, _SPIKE_OF_FEW, _BACK = log(2), log(3), log(1.5)


def jumps(stamps: Numbers, values: Numbers, interval: Interval) -> Notice | None:
    """Find splits, bonus issues and changes of unit that prices are not adjusted for, and any other break of level."""
    if len(stamps) < _MIN_BARS:
        return None
    logs = np.log(values[:4])
    opened, high, low, close = logs
    usual = float(np.median(np.abs(np.diff(close))))
    ranges = high - low
    own_range = ranges[1:] / max(float(np.median(ranges)), 1e-12)
    gap = opened[1:] - close[:-1]
    size = np.abs(gap)
    near = _nearest(size, _SPLIT_RATIOS) < 2 * _NEAR
    suspect = (size > _ANY_JUMP) & (size > _UNUSUAL * usual)
    suspect |= (size > max(_SPLIT_JUMP, _UNUSUAL * usual)) & (own_range <= _CALM)
    suspect |= (size > max(_SMALL_JUMP, _UNUSUAL * usual)) & (own_range <= _QUIET)
    suspect |= (size > max(_VERY_UNUSUAL * usual, 0.5)) & near
    moved = np.where(suspect, gap, 0.0)
    if interval.seconds <= _DAY_SECONDS:
        # Some tables open each bar at the last close: then the break is inside the bar.
        inside = close[1:] - opened[1:]
        broken = (np.abs(inside) > max(_ANY_JUMP, _VERY_UNUSUAL * usual)) & ~suspect
        moved = np.where(broken, inside, moved)
    where = np.flatnonzero(moved) + 1
    if not len(where):
        return None
    return _jump(stamps, np.exp(moved[where - 1]), where, values)


def _jump(stamps: Numbers, ratios: Numbers, where: Numbers, values: Numbers) -> Notice:
    first, size = where[0], abs(log(ratios[0]))
    split = bool((_nearest(np.array([size]), _SPLIT_RATIOS) < _NEAR)[0])
    unit = bool((_nearest(np.array([size]), _UNIT_RATIOS) < _NEAR)[0])
    cause = ""
    if split:
        cause = ", as at a split or bonus issue that the prices are not adjusted for"
    elif unit:
        cause = ", as between pence and pounds or another change of unit"
    message = (
        f"The price jumps from {values[3, first - 1]:g} to {values[3, first]:g} at {time_text(stamps[first])} "
        f"({max(ratios[0], 1 / ratios[0]):.2f}-fold){cause}; no market makes such a jump "
        f"({len(where)} such jump{'s' * (len(where) > 1)})."
    )
    return finding(
        "split_suspect" if split else "jump",
        message,
        count=len(where),
        times=stamps[where].view("M8[ns]"),
        severity=DOUBT,
        ratio=round(float(ratios[0]), 6),
    )


def _nearest(logs: Numbers, ratios: Numbers) -> Numbers:
    distance: Numbers = np.abs(logs[:, None] - np.log(ratios)[None, :]).min(axis=1)
    return distance


def bad_ticks(stamps: Numbers, values: Numbers, interval: Interval) -> Notice | None:
    """Find highs and lows that stand far away from the open and the close of their bar and are usual nowhere else."""
    if len(stamps) < _MIN_BARS:
        return None
    opened, high, low, close = np.log(values[:4])
    wicks = np.array([high - np.maximum(opened, close), np.minimum(opened, close) - low])
    least = _TICK_OF_DAYS
    if interval.seconds != _DAY_SECONDS:
        least = _TICK_OF_MINUTES if interval.intraday else _TICK_OF_WEEKS
    wild = _TICK_OF_WILD * float(np.quantile(wicks.max(axis=0), 0.98))
    limit = max(least, _TICK_RANGES * float(np.median(high - low)), wild)
    where = np.flatnonzero((wicks > limit).any(axis=0))
    if not len(where):
        return None
    first = where[0]
    side, row = ("high", 1) if wicks[0, first] > wicks[1, first] else ("low", 2)
    message = (
        f"The {side} of {time_text(stamps[first])} is {values[row, first]:g}, far from its open {values[0, first]:g} "
        f"and close {values[3, first]:g}: a bad tick? ({bars_text(len(where))} like it)"
    )
    times = stamps[where].view("M8[ns]")
    value = float(values[row, first])
    return finding("bad_tick", message, count=len(where), times=times, severity=DOUBT, value=value)


def spikes(stamps: Numbers, values: Numbers, interval: Interval) -> Notice | None:
    """Find single closes that are several times as high or low as both neighbours, as a slipped decimal point is."""
    if len(stamps) < 3:
        return None
    close = values[3]
    logs = np.log(close)
    rise, fall, back = logs[1:-1] - logs[:-2], logs[1:-1] - logs[2:], logs[2:] - logs[:-2]
    limit = _SPIKE_OF_FEW
    if len(stamps) >= _MIN_BARS:
        limit = max(_SPIKE, _UNUSUAL * float(np.median(np.abs(np.diff(logs)))))
    slipped = (np.minimum(rise, fall) > limit) | (np.maximum(rise, fall) < -limit)
    where = np.flatnonzero(slipped & (np.abs(back) < _BACK)) + 1
    if not len(where):
        return None
    message = (
        f"The close of {time_text(stamps[where[0]])} is {close[where[0]]:g} between {close[where[0] - 1]:g} and "
        f"{close[where[0] + 1]:g}: a slip? ({bars_text(len(where))} like it)"
    )
    return finding("spike", message, count=len(where), times=stamps[where].view("M8[ns]"), severity=DOUBT)


def zero_volume(stamps: Numbers, values: Numbers, interval: Interval) -> Notice | None:
    volume = values[4]
    silent = np.flatnonzero(volume == 0)
    if not len(silent):
        return None
    if len(silent) == len(volume):
        return finding("no_volume", "None of the bars has a volume; indicators that need it mean nothing here.")
    return finding(
        "zero_volume",
        f"{bars_text(len(silent))} with no volume: an order may not have been filled there.",
        count=len(silent),
        times=stamps[silent].view("M8[ns]"),
    )


def frozen(stamps: Numbers, values: Numbers, interval: Interval) -> Notice | None:
    same = (values[:4] == values[3]).all(axis=0)
    same[1:] &= values[3, 1:] == values[3, :-1]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    long = lengths >= 10
    if not long.any():
        return None
    starts = edges[::2][long]
    message = (
        f"The price stands still for {int(lengths.max())} bars from {time_text(stamps[starts[0]])}: halted or delisted?"
    )
    return finding("frozen", message, count=int(long.sum()), times=stamps[starts].view("M8[ns]"))


PRICE_FINDINGS = (jumps, spikes, bad_ticks, zero_volume, frozen)
