"""Market data as the API shows and takes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

import pandas as pd
from django.conf import settings
from django.utils import timezone

from backtest_engine.data.files import file_stem
from backtest_engine.domain import Dataset
from strategy_api.market import importing
from strategy_api.market.catalog import IMPORT_SOURCE, catalog, imports_folder

COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}


def symbols(*, owner: int, search: str = "") -> list[dict[str, Any]]:
    """Return the listings whose symbol or title contains the words."""
    wanted = search.casefold()
    return [
        dict(listing.as_dict())
        for listing in catalog(owner).symbols()
        if wanted in listing.symbol.casefold() or wanted in listing.title.casefold()
    ]


def load(*, owner: int, symbol: str, interval: str | None, start: datetime | None, end: datetime | None) -> Dataset:
    """Return the bars, both ends included; raises what the catalogue raises."""
    return catalog(owner).bars(symbol, start=start, end=end, interval=interval)


def page(dataset: Dataset, *, after: datetime | None, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """Return the bars after a time, and the time after which the next page begins; None at the end."""
    index = dataset.bars.index
    begin = 0
    if after is not None:
        begin = int(index.searchsorted(pd.Timestamp(after.astimezone(UTC).replace(tzinfo=None)), side="right"))
    shown = dataset.bars.iloc[begin : begin + size].rename(columns=COLUMNS)
    rows: list[dict[str, Any]] = [
        {"time": iso(stamp), **dict(zip(COLUMNS.values(), values, strict=True))}
        for stamp, values in zip(shown.index, shown[list(COLUMNS.values())].to_numpy().tolist(), strict=True)
    ]
    return rows, rows[-1]["time"] if rows and begin + size < len(index) else None


def described(dataset: Dataset) -> dict[str, Any]:
    """Return where bars come from, and what was noticed about them."""
    return importing.dataset_facts(dataset)


def keep(
    file: IO[bytes],
    *,
    owner: int,
    symbol: str,
    interval: str | None,
    only_symbol: str | None = None,
    cancelled: Callable[[], bool],
) -> dict[str, Any]:
    """Read, check and keep a CSV file for its user; an earlier one of the same symbol and interval is replaced."""
    return importing.import_limited(
        file.read(),
        symbol=symbol,
        interval=interval,
        only_symbol=only_symbol,
        into=imports_folder(owner),
        max_bytes=settings.UPLOAD_LIMIT_BYTES,
        imported_at=timezone.now(),
        cancelled=cancelled,
    )


def iso(stamp: pd.Timestamp) -> str:
    """Return a bar's time as the API shows times."""
    moment = stamp.to_pydatetime(warn=False).replace(tzinfo=UTC)
    return str(moment.isoformat().replace("+00:00", "Z"))


def imports(*, owner: int) -> list[dict[str, Any]]:
    """Return the listings of what a user imported."""
    return [dict(listing.as_dict()) for listing in catalog(owner).symbols() if listing.source == IMPORT_SOURCE]


def delete_import(*, owner: int, symbol: str, interval: str | None) -> int:
    """Remove imported bars of a symbol, of one interval or of all; return how many files went."""
    folder = imports_folder(owner)
    wanted = [row for row in imports(owner=owner) if row["symbol"].casefold() == symbol.casefold()]
    removed = 0
    for row in wanted:
        if interval in (None, row["interval"]):
            path = folder / f"{file_stem(row['symbol'], row['interval'])}.npz"
            if path.exists():
                path.unlink()
                removed += 1
    return removed
