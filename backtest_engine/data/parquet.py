"""Bars as parquet, compressed with zstd, with their provenance inside the file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backtest_engine.data.bars import assemble, disassemble, fingerprint
from backtest_engine.data.csv_header import find_columns, several
from backtest_engine.data.csv_times import exchange_days
from backtest_engine.data.files import write_atomically
from backtest_engine.domain import OHLCV, Notice
from backtest_engine.errors import InvalidData

_KEY = b"algoagent.provenance"


def write_parquet(path: Path, bars: pd.DataFrame, provenance: Mapping[str, Any]) -> None:
    """Write canonical bars and where they come from; the fingerprint is added to the provenance."""
    stamps, values = disassemble(bars)
    facts = {**provenance, "sha256": fingerprint(bars), "bars": len(bars)}
    table = pa.table(
        [pa.array(stamps, pa.int64()).cast(pa.timestamp("ns", tz="UTC")), *(pa.array(row) for row in values)],
        names=["time", *OHLCV],
    ).replace_schema_metadata({_KEY: json.dumps(facts, sort_keys=True).encode()})

    def write(file: BinaryIO) -> None:
        pq.write_table(table, file, compression="zstd")

    write_atomically(path, write)


def read_provenance(path: Path) -> Mapping[str, Any]:
    """Return where the bars of a file come from, without reading them; empty for a file of another origin."""
    try:
        return _provenance(pq.read_schema(path))
    except (pa.ArrowException, OSError, ValueError):
        return {}


def noted(provenance: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Return the notices that were written with the bars."""
    return tuple(
        Notice(
            code=str(notice["code"]),
            message=str(notice["message"]),
            line=notice.get("line"),
            details=notice.get("details", {}),
        )
        for notice in provenance.get("notices", ())
    )


def _provenance(schema: pa.Schema) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = json.loads((schema.metadata or {}).get(_KEY, b"{}"))
    return facts


def _refuse_several(table: pa.Table, identities: Sequence[int]) -> None:
    for place in identities:
        different = table.column(place).unique().to_pylist()
        if len(different) > 1:
            raise several([str(name) for name in different], choose=False)


def _stamps(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Return int64 UTC nanoseconds; days in a zone of their own keep its date."""
    stamps = np.array(column.cast(pa.timestamp("ns")).cast(pa.int64()).to_numpy(), dtype=np.int64)
    zone = getattr(column.type, "tz", None)
    if zone in (None, "UTC") or not len(stamps):
        return stamps
    local = pd.DatetimeIndex(stamps.view("M8[ns]")).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return exchange_days(stamps, local.as_unit("ns").asi8)[0]


def read_parquet(path: Path) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    """Return canonical bars and their provenance, empty for a file of another origin.

    Raises `InvalidData` when the file is damaged, lacks a column or differs from the fingerprint it carries.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidData(f"{path.name} is no readable parquet file: {str(error)[:200]}.") from None
    facts = _provenance(table.schema)
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
    bars = assemble(stamps, np.array(columns, dtype=np.float64))
    if "sha256" in facts and facts["sha256"] != fingerprint(bars):
        raise InvalidData(f"{path.name} was changed after it was written: the fingerprint differs.")
    return bars, facts
