"""Reading the events of many things at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from strategy_api.runs.topic_types import Event

EVENT = ("seq", "type", "data", "created_at")
OWNERS_A_QUERY = 100


def smallest_numbers(wanted: Collection[tuple[Any, int]]) -> dict[Any, int]:
    """Return for each key the smallest number that is asked for."""
    first: dict[Any, int] = {}
    for key, seq in wanted:
        first[key] = min(seq, first.get(key, seq))
    return first


def rows_after_each(rows: QuerySet, owner: str, first: Mapping[Any, int], *, limit: int) -> dict[Any, list[Event]]:
    """Return the rows of each owner after a number, oldest first, at least `limit` of them where there are as many.

    `owner` is the column that names whose the rows are; `first` maps its values to numbers.
    """
    events: dict[Any, list[Event]] = defaultdict(list)
    asked = list(first.items())
    for start in range(0, len(asked), OWNERS_A_QUERY):
        some = dict(asked[start : start + OWNERS_A_QUERY])
        most = limit * len(some)
        found = _after(rows, owner, some, most)
        if len(found) == most and len(some) > 1:
            # One of them may have had all the room: each by itself.
            found = [row for key, seq in some.items() for row in _after(rows, owner, {key: seq}, limit)]
        for row in found:
            events[row.pop(owner)].append(row)
    return events


def _after(rows: QuerySet, owner: str, some: Mapping[Any, int], most: int) -> list[Event]:
    after = reduce(or_, (Q(**{owner: key, "seq__gt": seq}) for key, seq in some.items()))
    return list(rows.filter(after).order_by(owner, "seq")[:most].values(*EVENT, owner))
