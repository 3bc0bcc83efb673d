"""Stretches of time that were already asked for, and what of a wish they leave open."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

_INSTANT = timedelta(microseconds=1)


class Span(NamedTuple):
    """From `first` to `last`, both inclusive, aware and UTC."""

    first: datetime
    last: datetime


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order, those that overlap or touch made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.first <= merged[-1].last + _INSTANT:
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def missing(wanted: Span, known: Sequence[Span]) -> tuple[Span, ...]:
    """Return the parts of `wanted` that no known span has."""
    open_: list[Span] = []
    first = wanted.first
    for span in merge(known):
        if span.last < first or span.first > wanted.last:
            continue
        if span.first > first:
            open_.append(Span(first, span.first - _INSTANT))
        first = max(first, span.last + _INSTANT)
    if first <= wanted.last:
        open_.append(Span(first, wanted.last))
    return tuple(open_)
