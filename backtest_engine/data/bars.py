"""Bars in the one form that the engine uses, and the fingerprint that names them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import OHLCV, Dataset, Notice
from backtest_engine.errors import DatesOutsideData, InvalidData


def canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with float64 `OHLCV` columns and a time-zone-naive UTC index in nanoseconds.

    Values and order stay as they are. Raises `InvalidData` when a column or the time is missing or not numeric.
    """
    missing = [column for column in OHLCV if column not in frame.columns]
    if missing:
        raise InvalidData(
            f"The bars have no {', '.join(missing)}.",
            details={"missing": missing, "columns": [str(c)[:40] for c in frame.columns[:20]]},
        )
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex):
        raise InvalidData("The bars are not indexed by time.")
    if index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    try:
        values = np.ascontiguousarray(frame[list(OHLCV)].to_numpy(dtype=np.float64, na_value=np.nan).T)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"The bars hold something that is no number: {error}.") from None
    return assemble(index.as_unit("ns").asi8, values)


def assemble(stamps: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return a read-only frame over int64 UTC nanoseconds (bars,) and float64 values (5, bars), without a copy."""
    # Memory is shared between datasets: pandas copies before it writes into what is read-only.
    values = values.view()
    values.flags.writeable = False
    index = pd.DatetimeIndex(stamps.view("M8[ns]"), copy=False)
    return pd.DataFrame(values.T, index=index, columns=list(OHLCV), copy=False)


def disassemble(bars: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return int64 UTC nanoseconds (bars,) and C-contiguous float64 values (5, bars) of canonical bars."""
    index = bars.index
    if not isinstance(index, pd.DatetimeIndex):
        raise InvalidData("The bars are not indexed by time.")
    values = np.ascontiguousarray(bars[list(OHLCV)].to_numpy(dtype=np.float64).T)
    return np.ascontiguousarray(index.as_unit("ns").asi8), values


def fingerprint(bars: pd.DataFrame) -> str:
    """Return the SHA-256 (hex) of the times (int64 nanoseconds) and then each OHLCV column (float64), little endian."""
    return fingerprint_of(*disassemble(bars))


def fingerprint_of(stamps: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> str:
    """Return the fingerprint of bars that are already taken apart."""
    digest = hashlib.sha256(stamps.astype("<i8", copy=False).data)
    # Adding zero turns -0.0 into 0.0: equal numbers, equal fingerprints.
    digest.update(np.add(values, 0.0, dtype="<f8").data)
    return digest.hexdigest()


def dataset(
    bars: pd.DataFrame, *, symbol: str, interval: str, source: str, notices: tuple[Notice, ...] = ()
) -> Dataset:
    """Return canonical bars as a dataset, named by their fingerprint."""
    return Dataset(
        symbol=symbol, interval=interval, source=source, bars=bars, fingerprint=fingerprint(bars), notices=notices
    )


def lent(shared: Dataset) -> Dataset:
    """Return a dataset over the same memory whose frame the caller may change without changing the shared one."""
    return replace(shared, bars=shared.bars.copy(deep=False))


def relabelled(shared: Dataset, labels: Dataset) -> Dataset:
    """Return the bars of one dataset with the names and notices of another that has the same fingerprint."""
    return replace(labels, bars=shared.bars)


def between(
    bars: pd.DataFrame, *, symbol: str, source: str, start: datetime | None, end: datetime | None
) -> pd.DataFrame:
    """Return the bars from start to end, both inclusive; raise `DatesOutsideData` when there are none."""
    stamps = bars.index.asi8 if isinstance(bars.index, pd.DatetimeIndex) else np.empty(0, np.int64)
    first = 0 if start is None else int(np.searchsorted(stamps, nanoseconds(start), side="left"))
    last = len(stamps) if end is None else int(np.searchsorted(stamps, nanoseconds(end), side="right"))
    if first >= last:
        raise outside(symbol=symbol, source=source, start=start, end=end, covered=covered(bars))
    return bars if (first, last) == (0, len(bars)) else bars.iloc[first:last]


def covered(bars: pd.DataFrame) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last bar, None when there are none."""
    if not len(bars):
        return None
    return instant(bars.index[0]), instant(bars.index[-1])


def outside(
    *,
    symbol: str,
    source: str,
    start: datetime | None,
    end: datetime | None,
    covered: tuple[datetime, datetime] | None,
) -> DatesOutsideData:
    """Return the error that says which range was asked for and which one there is."""
    asked = f"from {shown(start) if start else 'the beginning'} to {shown(end) if end else 'now'}"
    has = f", only from {shown(covered[0])} to {shown(covered[1])}" if covered else ""
    return DatesOutsideData(
        f"{source} has no bars of {symbol} {asked}{has}.",
        hint="Choose dates within that range." if covered else None,
        details={
            "symbol": symbol,
            "source": source,
            "start": start.isoformat() if start else None,
            "end": end.isoformat() if end else None,
            "covered": [moment.isoformat() for moment in covered] if covered else None,
        },
    )


def nanoseconds(moment: datetime) -> int:
    """Return nanoseconds since 1970 of an aware time."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1_000


def instant(stamp: pd.Timestamp) -> datetime:
    """Return an aware UTC time for a naive UTC stamp."""
    moment: datetime = stamp.to_pydatetime(warn=False)
    return moment.replace(tzinfo=UTC)


def shown(moment: datetime) -> str:
    """Return a time for people: only the date when it is midnight or the last moment of a day."""
    whole_day = moment.time().replace(microsecond=0).isoformat() in {"00:00:00", "23:59:59"}
    return moment.strftime("%Y-%m-%d" if whole_day else "%Y-%m-%d %H:%M")
