"""Time ranges that were already asked for, and which parts of a request they leave open."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

_INSTANT = timedelta(microseconds=1)


class TimeRange(NamedTuple):
    """From `first` to `last`, both inclusive, aware and UTC."""

    first: datetime
    last: datetime


def merge(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the ranges in order, those that overlap or touch made one."""
    merged: list[TimeRange] = []
    for part in sorted(ranges):
        if merged and part.first <= merged[-1].last + _INSTANT:
            merged[-1] = TimeRange(merged[-1].first, max(merged[-1].last, part.last))
        else:
            merged.append(part)
    return tuple(merged)


def missing(wanted: TimeRange, known: Sequence[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the parts of `wanted` that no known part has."""
    open_: list[TimeRange] = []
    first = wanted.first
    for part in merge(known):
        if part.last < first or part.first > wanted.last:
            continue
        if part.first > first:
            open_.append(TimeRange(first, part.first - _INSTANT))
        first = max(first, part.last + _INSTANT)
    if first <= wanted.last:
        open_.append(TimeRange(first, wanted.last))
    return tuple(open_)
