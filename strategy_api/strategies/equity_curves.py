"""Equity curves as they are stored: compressed columns, a few bytes a bar."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ("equity", "drawdown_pct")


def pack(equity: pd.DataFrame) -> bytes:
    """Return the curve as bytes; times are kept to the microsecond, values exactly."""
    file = io.BytesIO()
    times = equity.index.to_numpy().astype("datetime64[us]").astype(np.int64)
    columns: dict[str, Any] = {name: equity[name].to_numpy(np.float64) for name in COLUMNS}
    np.savez_compressed(file, time=times, **columns)
    return file.getvalue()


def unpack(blob: bytes | memoryview | None) -> pd.DataFrame:
    """Return the curve, indexed by naive UTC time; an empty frame when there is none."""
    if not blob:
        return pd.DataFrame(columns=list(COLUMNS), index=pd.DatetimeIndex([]), dtype=np.float64)
    with np.load(io.BytesIO(bytes(blob)), allow_pickle=False) as columns:
        index = pd.DatetimeIndex(columns["time"].astype("datetime64[us]"))
        return pd.DataFrame({name: columns[name] for name in COLUMNS}, index=index)


def thin(blob: bytes | memoryview | None, most: int) -> bytes | None:
    """Return the curve with at most so many evenly spaced points, its last one among them."""
    curve = unpack(blob)
    if len(curve) <= most:
        return bytes(blob) if blob else None
    rows = np.unique(np.linspace(0, len(curve) - 1, most).astype(int))
    return pack(curve.iloc[rows])


def points(blob: bytes | memoryview | None) -> list[dict[str, Any]]:
    """Return the curve as rows for JSON and CSV."""
    curve = unpack(blob)
    moments = (stamp.to_pydatetime().replace(tzinfo=UTC) for stamp in curve.index)
    return [
        {"time": _iso(moment), **dict(zip(COLUMNS, values, strict=True))}
        for moment, values in zip(moments, curve.to_numpy().tolist(), strict=True)
    ]


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
