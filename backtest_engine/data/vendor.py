"""What the file of a vendor provides, and what the vendors' files share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import pandas as pd

from backtest_engine.data.bars import shown
from backtest_engine.data.interval import INTERVALS, Interval
from backtest_engine.errors import UnsupportedInterval


@dataclass(frozen=True, kw_only=True)
class Reach:
    """A vendor's word for an interval, and how many days back it has such bars; None is all of its history."""

    word: str
    days: int | None = None


class Vendor(Protocol):
    """Someone who is asked for bars over a network.

    `adjusted` says whether prices are adjusted for splits and dividends, None where there is nothing to adjust.
    `earliest` is the first moment worth asking for.
    """

    name: str
    adjusted: bool | None
    earliest: datetime
    reach: Mapping[str, Reach]

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        """Return all bars that begin from start to end, both inclusive, aware and UTC; raw, in canonical columns.

        Bars of a day or longer are stamped with their date at midnight. Raises `TryAgain`, `UnknownSymbol`,
        `DatesOutsideData`, `UnsupportedInterval` or `DataUnavailable`; never returns an empty frame.
        """


def check_reach(vendor: Vendor, *, interval: Interval, start: datetime | None, now: datetime) -> None:
    """Raise `UnsupportedInterval` for what the vendor cannot have, before anything is asked."""
    reach = vendor.reach.get(interval.name)
    if reach is None:
        raise UnsupportedInterval(
            f"{vendor.name} has no {interval.name} bars.",
            hint=f"Use one of {', '.join(vendor.reach)}.",
            details={"source": vendor.name, "available": list(vendor.reach)},
        )
    first = first_available(vendor, interval=interval, now=now)
    if reach.days is not None and start is not None and start < first:
        farther = [name for name, other in vendor.reach.items() if other.days is None or other.days > reach.days]
        longer = [name for name in farther if INTERVALS[name].seconds > interval.seconds]
        raise UnsupportedInterval(
            f"{vendor.name} has {interval.name} bars of the last {reach.days} days only; asked from {shown(start)}.",
            hint=f"Start on {first:%Y-%m-%d} or later" + (f", or use {longer[0]} bars." if longer else "."),
            details={"source": vendor.name, "first": first.isoformat(), "longer": longer},
        )


def first_available(vendor: Vendor, *, interval: Interval, now: datetime) -> datetime:
    """Return the first moment that the vendor may have such bars of."""
    days = vendor.reach[interval.name].days
    return vendor.earliest if days is None else max(vendor.earliest, now - timedelta(days=days))
