"""Bars from a CSV text: every repair is said, everything that cannot be read is refused with its line."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from backtest_engine.data import csv_columns, quality
from backtest_engine.data.bars import assemble
from backtest_engine.data.csv_columns import Numbers, Times
from backtest_engine.data.csv_text import MAX_BYTES, Table, read_table, refuse
from backtest_engine.domain import OHLCV, Notice

MAX_ROWS = 2_000_000
_BLOCK_ROWS = 20_000
# Said to the one who imports; the bars are the same without it.
ABOUT_THE_TEXT = frozenset(
    {"encoding", "separator", "decimal_comma", "thousands", "unix_time", "offset", "ignored_columns"}
)
_ENCODINGS = {
    "utf-8-sig": "The text begins with a byte order mark.",
    "utf-16": "The text is UTF-16.",
    "latin-1": "The text is not UTF-8 and was read as Latin-1.",
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_PRICES = ("Open", "High", "Low", "Close")


def read_csv(stream: BinaryIO, *, max_bytes: int = MAX_BYTES) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Return canonical, sound bars and what was noticed; raise `InvalidData` with the line at fault.

    The first line names the columns, in any order and the usual spellings. Encodings, separators, decimal commas and
    date orders are recognised where the text leaves no doubt, and refused where it does.
    """
    table = read_table(stream, max_bytes=max_bytes)
    places, ignored = csv_columns.roles(table.header)
    lines, times, columns = _columns(table, places)
    notices: list[Notice] = []
    if table.encoding in _ENCODINGS:
        notices.append(_noticed("encoding", _ENCODINGS[table.encoding]))
    if table.separator in _SEPARATORS:
        notices.append(_noticed("separator", f"Cells are separated by {_SEPARATORS[table.separator]}."))
    if ignored:
        names = ", ".join(repr(name[:20]) for name in ignored[:5])
        notices.append(_noticed("ignored_columns", f"Columns not used: {names}.", count=len(ignored)))
    stamps, said = times.stamps(lines)
    notices += said
    decimal_comma = csv_columns.uses_decimal_comma([columns[name] for name in _PRICES], table.separator)
    if decimal_comma:
        notices.append(_noticed("decimal_comma", "Numbers were read with a decimal comma."))
    elif any("," in cell for column in columns.values() for cell in column.unread()):
        notices.append(_noticed("thousands", "Commas were read as thousands separators."))
    values = np.zeros((len(OHLCV), len(lines)))
    for row, name in zip(values, OHLCV, strict=True):
        if name in columns:
            row[:] = columns[name].values(lines, decimal_comma=decimal_comma)
    _refuse_half_empty(values, lines)
    bars, repairs = quality.tidy(assemble(stamps, values))
    quality.refuse_corrupt(bars)
    return bars, (*notices, *repairs)


def _columns(table: Table, places: dict[str, int]) -> tuple[list[int], Times, dict[str, Numbers]]:
    lines: list[int] = []
    times = Times()
    columns = {name: Numbers(name) for name in OHLCV if name in places}
    while block := list(islice(table.rows, _BLOCK_ROWS)):
        lines += [line for line, _ in block]
        if len(lines) > MAX_ROWS:
            raise refuse(f"The table has more than {MAX_ROWS:,} rows.", kind="too_large")
        cells = list(zip(*(row for _, row in block), strict=True))
        times.add(_moments(cells, places))
        for name, column in columns.items():
            column.add(list(cells[places[name]]))
    if not lines:
        raise refuse("There is a header, but not a single bar.", kind="empty")
    return lines, times, columns


def _moments(cells: list[tuple[str, ...]], places: dict[str, int]) -> list[str]:
    if "date" in places and "time" in places:
        halves = zip(cells[places["date"]], cells[places["time"]], strict=True)
        return [f"{day.strip()} {clock.strip()}" for day, clock in halves]
    return list(cells[places["date"] if "date" in places else places["time"]])


def _refuse_half_empty(values: np.ndarray[Any, Any], lines: list[int]) -> None:
    absent = np.isnan(values[:4])
    partly = np.flatnonzero(absent.any(axis=0) & ~absent.all(axis=0))
    if len(partly):
        line = lines[partly[0]]
        names = ", ".join(name for name, gone in zip(_PRICES, absent[:, partly[0]], strict=True) if gone)
        raise refuse(f"Line {line}: {names} is missing ({len(partly)} such lines).", line=line, kind="missing")


def lasting(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices that are about the bars and not only about how their text was written."""
    return tuple(notice for notice in notices if notice.details.get("kind") not in ABOUT_THE_TEXT)


def _noticed(kind: str, message: str, **details: Any) -> Notice:
    return Notice(code="data_quality", message=message, details={"kind": kind, **details})
