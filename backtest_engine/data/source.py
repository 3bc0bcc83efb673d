"""What the catalogue asks of a data source beyond the port, and what a listing shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from backtest_engine.ports import DataSource


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One symbol that a source has; the range is of the bars it holds, None where only a request would tell."""

    symbol: str
    source: str
    interval: str
    title: str = ""
    sample: bool = False
    start: datetime | None = None
    end: datetime | None = None
    bars: int | None = None

    def as_dict(self) -> Mapping[str, Any]:
        """Return the listing as the CLI and the API show it."""
        return {
            "symbol": self.symbol,
            "source": self.source,
            "interval": self.interval,
            "title": self.title,
            "sample": self.sample,
            "first_bar_at": iso(self.start),
            "last_bar_at": iso(self.end),
            "bars": self.bars,
        }


def iso(moment: datetime | None) -> str | None:
    """Return a time in UTC as it is shown everywhere, with a Z."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


class ListedSource(DataSource, Protocol):
    """A data source that can say what it has."""

    def symbols(self) -> tuple[Listing, ...]:
        """Return what the source holds itself; empty for a vendor that would have to be asked."""
