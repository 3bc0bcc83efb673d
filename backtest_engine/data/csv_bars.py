"""Bars from a CSV text: every repair is said, everything that cannot be read is refused with its line."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from backtest_engine.data import csv_header, quality
from backtest_engine.data.bars import assemble
from backtest_engine.data.csv_header import PRICES, Columns
from backtest_engine.data.csv_names import is_english
from backtest_engine.data.csv_numbers import Numbers, may_part_thousands, uses_decimal_comma
from backtest_engine.data.csv_text import MAX_BYTES, NOT_UTF8, Table, read_table, refuse
from backtest_engine.data.csv_times import Times
from backtest_engine.domain import OHLCV, Notice
from backtest_engine.errors import InvalidData

MAX_ROWS = 2_000_000
MAX_SERIES = 10_000
_BLOCK_ROWS = 20_000
_SAMPLE_ROWS = 200
# Said to the one who imports; the bars are the same without it.
ABOUT_THE_TEXT = frozenset(
    {
        "encoding", "separator", "decimal_comma", "thousands", "unix_time", "offset", "ignored_columns", "currency",
        "lines_left_out", "volume_suffixes",
    }
)  # fmt: skip
_ENCODINGS = {
    "utf-8-sig": "The text begins with a byte order mark.",
    "utf-16": "The text is UTF-16.",
    "latin-1": "The text is not UTF-8 and was read as Latin-1.",
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(
    stream: BinaryIO, *, max_bytes: int = MAX_BYTES, only_symbol: str | None = None
) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Return canonical, sound bars and what was noticed; raise `InvalidData` with the line at fault.

    A line near the top names the columns, in any order and the usual spellings of several languages. Encodings,
    separators, styles of numbers, orders of dates and forms of times are recognised where the text leaves no doubt,
    and refused where it does. A file of several symbols is refused with their list unless `only_symbol` chooses one.
    """
    table = read_table(stream, price_names=csv_header.count_price_names, max_bytes=max_bytes)
    try:
        bars, notices = _bars(table, only_symbol)
    except InvalidData as error:
        if error.line is not None:
            error.details = {**error.details, "text": table.line_text(error.line)}
        raise
    bars, repairs = quality.tidy(bars)
    quality.refuse_corrupt(bars)
    return bars, (*notices, *repairs)


def _bars(table: Table, only_symbol: str | None) -> tuple[pd.DataFrame, list[Notice]]:
    note = NOT_UTF8 if table.encoding == "latin-1" else ""
    header = csv_header.with_symbols(table.header, table.symbols, only_symbol)
    columns = csv_header.find_columns(header, line=table.header_line, note=note)
    chosen = only_symbol if list(header) == list(table.header) else None
    rows = _Rows(columns, only_symbol=chosen, separator=table.separator)
    rows.read(table)
    notices = [*_about_text(table), *_about_columns(rows, table.header)]
    stamps, said = rows.times.stamps(rows.lines)
    values, styles = rows.values()
    _refuse_half_empty(values, rows.lines)
    return assemble(stamps, values), [*notices, *said, *styles]


class _Rows:
    """The rows of a table, by column."""

    def __init__(self, columns: Columns, *, only_symbol: str | None, separator: str) -> None:
        self.columns = columns
        self.lines: list[int] = []
        self.numbers: dict[str, Numbers] = {}
        self.places: dict[str, int] = {}
        self.times: Times
        self._only_symbol = only_symbol.strip() if only_symbol else None
        self._separator = separator
        self._points = True
        self._doubted = False
        self._series: dict[tuple[str, ...], int] = {}
        if only_symbol and not columns.identities:
            raise csv_header.absent(only_symbol, ())

    def read(self, table: Table) -> None:
        """Take in all rows; raise `InvalidData` for none, too many, or several series."""
        first = True
        while block := list(islice(table.rows, _BLOCK_ROWS)):
            block = self._of_one_series(block)
            if not block:
                continue
            self.lines += [line for line, _ in block]
            if len(self.lines) > MAX_ROWS:
                raise refuse(f"The table has more than {MAX_ROWS:,} rows.", kind="too_large")
            cells = list(zip(*(row for _, row in block), strict=True))
            if first:
                self._begin(cells)
                first = False
            self.times.add(cells)
            for name, numbers in self.numbers.items():
                numbers.add(list(cells[self.places[name]]), points=self._points)
        self._refuse_several()
        if not self.lines:
            raise refuse("There is a header, but not a single bar.", kind="empty")

    def _of_one_series(self, block: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
        identities = self.columns.identities
        if not identities:
            return block
        kept = []
        for row in block:
            key = tuple(row[1][place].strip() for place in identities)
            if self._only_symbol is None or _matches(key, self._only_symbol):
                kept.append(row)
            if key not in self._series and len(self._series) < MAX_SERIES:
                self._series[key] = row[0]
        return kept

    def _refuse_several(self) -> None:
        names = _names_of(self._series)
        matching = [key for key in self._series if self._only_symbol is None or _matches(key, self._only_symbol)]
        if self._only_symbol is not None and not matching:
            raise csv_header.absent(self._only_symbol, [names[key] for key in self._series])
        if len(matching) > 1:
            raise csv_header.several([names[key] for key in matching])

    def _begin(self, cells: Sequence[tuple[str, ...]]) -> None:
        columns = self.columns
        self.times = Times(columns, cells)
        self.places = dict(columns.prices)
        symbol = cells[columns.identities[0]][0].strip() if columns.identities else ""
        volume = columns.volume if columns.volume is not None else csv_header.base_volume(columns, symbol)
        if volume is not None:
            self.places["Volume"] = volume
        elif columns.up_and_down:
            self.places["Volume"], self.places["Down"] = columns.up_and_down
        if columns.ticks is not None:
            self.places["Ticks"] = columns.ticks
        self.numbers = {name: Numbers(name, counts=name not in PRICES) for name in self.places}
        # Where commas stand in numbers, or may, a point may part thousands.
        prices = [cell for role in PRICES for cell in cells[columns.prices[role]][:_SAMPLE_ROWS]]
        self._doubted = self._separator != "," and self._comma_country(cells) and may_part_thousands(prices)
        if "Volume" in self.places and may_part_thousands(cells[self.places["Volume"]][:_SAMPLE_ROWS]):
            # Volumes such as 137.481 beside prices such as 1.187, or whole ones, do not show what the point means.
            marked = any(mark in cell for cell in prices for mark in ".,")
            self._doubted = self._doubted or not marked or may_part_thousands(prices)
        if "Volume" not in self.places and self._separator != ",":
            self._doubted = may_part_thousands(prices)
        self._points = not (
            self._doubted or any("," in cell for place in self.places.values() for cell in cells[place])
        )

    def _comma_country(self, cells: Sequence[tuple[str, ...]]) -> bool:
        """Say whether dates are written 31.12.2020, or the columns have names that are not English."""
        dotted = cells[self.times.places[0]][0].strip()[2:3] == "."
        return dotted or not is_english(self.columns.names[self.columns.prices["Open"]])

    def values(self) -> tuple[np.ndarray[Any, Any], list[Notice]]:
        """Return float64 values (5, rows) and in which style they were written."""
        columns = list(self.numbers.values())
        comma = uses_decimal_comma(columns, comma_country=self._doubted)
        read = {name: numbers.values(self.lines, comma=comma) for name, numbers in self.numbers.items()}
        said = []
        if comma:
            said.append(_noticed("decimal_comma", "Numbers were read with a decimal comma."))
        elif any("," in cell for column in columns for cell in column.unread()):
            said.append(_noticed("thousands", "Commas were read as thousands separators."))
        if any(column.has_currency for column in columns):
            said.append(_noticed("currency", "Signs of a currency beside numbers were left out."))
        if any(column.has_suffixes for column in columns):
            said.append(_noticed("volume_suffixes", "Volumes with K, M or B count thousands, millions or billions."))
        values = np.zeros((len(OHLCV), len(self.lines)))
        for row, name in zip(values, OHLCV, strict=True):
            if name in read:
                row[:] = read[name]
        if "Down" in read:
            values[4] += read["Down"]
        if "Ticks" in read and not np.nan_to_num(values[4]).any():
            values[4] = read["Ticks"]
            said.append(_noticed("tick_volume", "The volume is the number of price changes: there is no other."))
        return values, said


def _matches(key: tuple[str, ...], wanted: str) -> bool:
    cells = [cell.casefold() for cell in key]
    return wanted.casefold() in cells or all(word in cells for word in wanted.casefold().split())


def _names_of(series: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return a name for each series, of the columns in which they differ."""
    keys = list(series)
    differing = [place for place in range(len(keys[0]) if keys else 0) if len({key[place] for key in keys}) > 1]
    return {key: " ".join(key[place] for place in differing or range(len(key))) for key in keys}


def _about_text(table: Table) -> list[Notice]:
    notices = []
    if table.encoding in _ENCODINGS:
        notices.append(_noticed("encoding", _ENCODINGS[table.encoding]))
    if table.separator in _SEPARATORS:
        notices.append(_noticed("separator", f"Cells are separated by {_SEPARATORS[table.separator]}."))
    left_out = [*table.before, *table.after]
    if left_out:
        message = f"Lines that are no part of the table were left out: {left_out[0][:60]!r}."
        notices.append(_noticed("lines_left_out", message, count=len(left_out)))
    return notices


def _about_columns(rows: _Rows, header: Sequence[str]) -> list[Notice]:
    columns = rows.columns
    used = {*rows.places.values(), *rows.times.places, *columns.identities}
    ignored = columns.ignored(list(used))
    notices = []
    if ignored:
        names = ", ".join(repr(name[:20]) for name in ignored[:5])
        notices.append(_noticed("ignored_columns", f"Columns not used: {names}.", count=len(ignored)))
    if "Down" in rows.places:
        notices.append(_noticed("volume_column", "The volume is the sum of the columns Up and Down."))
    elif columns.units and columns.volume is None:
        name = header[rows.places["Volume"]]
        notices.append(_noticed("volume_column", f"The volume is the column {name[:30]!r}."))
    return notices


def _refuse_half_empty(values: np.ndarray[Any, Any], lines: list[int]) -> None:
    absent = np.isnan(values[:4])
    partly = np.flatnonzero(absent.any(axis=0) & ~absent.all(axis=0))
    if len(partly):
        line = lines[partly[0]]
        names = ", ".join(name for name, gone in zip(PRICES, absent[:, partly[0]], strict=True) if gone)
        raise refuse(f"Line {line}: {names} is missing ({len(partly)} such lines).", line=line, kind="missing")


def lasting(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices that are about the bars and not only about how their text was written."""
    return tuple(notice for notice in notices if notice.details.get("kind") not in ABOUT_THE_TEXT)


def _noticed(kind: str, message: str, **details: Any) -> Notice:
    return Notice(code="data_quality", message=message, details={"kind": kind, **details})
