"""Parquet files of one's own; pyarrow is installed on demand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import assemble
from backtest_engine.data.csv_header import find_columns, several
from backtest_engine.data.csv_times import exchange_days
from backtest_engine.domain import OHLCV
from backtest_engine.errors import InvalidData
from backtest_engine.extras import extra


def read_parquet(path: Path) -> pd.DataFrame:
    """Return canonical bars.

    Raises `InvalidData` when the file is damaged or lacks a column, with code `package_not_installed` where pyarrow is
    missing.
    """
    # Imported when first asked: the library is large, and few have such files.
    with extra("parquet", error=InvalidData):
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidData(f"{path.name} is no readable parquet file: {str(error)[:200]}.") from None
    names = table.column_names
    known = find_columns(names)
    _refuse_several(table, known.identities)
    places = dict(known.prices)
    if known.volume is not None:
        places["Volume"] = known.volume
    try:
        stamps = _stamps(table.column(known.times[0][1]))
        columns = [
            table.column(places[name]).cast(pa.float64()).to_numpy() if name in places else np.zeros(len(table))
            for name in OHLCV
        ]
    except (pa.ArrowException, ValueError) as error:
        raise InvalidData(f"{path.name} holds something else than times and numbers: {str(error)[:200]}.") from None
    return assemble(stamps, np.array(columns, dtype=np.float64))


def _refuse_several(table: Any, identities: Sequence[int]) -> None:
    for place in identities:
        different = table.column(place).unique().to_pylist()
        if len(different) > 1:
            raise several([str(name) for name in different], choose=False)


def _stamps(column: Any) -> np.ndarray[Any, Any]:
    """Return int64 UTC nanoseconds; days in a zone of their own keep its date."""
    import pyarrow as pa

    stamps = np.array(column.cast(pa.timestamp("ns")).cast(pa.int64()).to_numpy(), dtype=np.int64)
    zone = getattr(column.type, "tz", None)
    if zone in (None, "UTC") or not len(stamps):
        return stamps
    local = pd.DatetimeIndex(stamps.view("M8[ns]")).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return exchange_days(stamps, local.as_unit("ns").asi8)[0]
