"""Parquet files of one's own; pyarrow is installed on demand."""

from pathlib import Path

import numpy as np
import pandas as pd

from backtest_engine.data.bars import assemble
from backtest_engine.data.csv_columns import roles
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
    places, _ = roles(table.column_names)
    moment = places.get("time", places.get("date"))
    try:
        stamps = table.column(moment).cast(pa.timestamp("ns")).cast(pa.int64()).to_numpy()
        columns = [
            table.column(places[name]).cast(pa.float64()).to_numpy() if name in places else np.zeros(len(table))
            for name in OHLCV
        ]
    except (pa.ArrowException, ValueError) as error:
        raise InvalidData(f"{path.name} holds something else than times and numbers: {str(error)[:200]}.") from None
    return assemble(np.array(stamps, dtype=np.int64), np.array(columns, dtype=np.float64))
