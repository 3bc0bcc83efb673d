"""From the bytes of an uploaded table to its header and rows, or to one clear reason why not."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from backtest_engine.errors import InvalidData

MAX_BYTES = 64 << 20
MAX_COLUMNS = 64
MAX_CELL = 200

_CHUNK = 1 << 16
_SAMPLE_LINES = 30
_LEADING_LINES = 20
_NOT_TEXT = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "an image"),
    (b"ARROW1", "an Arrow file"),
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ",;\t|"
_MIN_CELLS = 5
# Names of columns in another alphabet are lost where the encoding is not known.
NOT_UTF8 = " The text is not UTF-8: save it as UTF-8."
_DIGIT = re.compile(r"\d")
_INDEX_NAMES = frozenset({"date", "datetime", "time", "timestamp", "index"})


@dataclass(frozen=True, kw_only=True)
class Table:
    """A decoded table: its header cells and an iterator of (line number, cells).

    `symbols` is the second level of a header that has two. `before` are the lines before the header, `after` what
    stands below the last row, filled while the rows are read.
    """

    header: tuple[str, ...]
    header_line: int
    symbols: tuple[str, ...] | None
    rows: Iterator[tuple[int, list[str]]]
    separator: str
    encoding: str
    before: tuple[str, ...]
    after: list[str]
    raw: bytes

    def line_text(self, line: int) -> str:
        """Return a line as it stands in the file, at most 120 characters of it."""
        lines = io.TextIOWrapper(io.BytesIO(self.raw), encoding=self.encoding, newline=None)
        return next(islice(lines, line - 1, None), "").rstrip("\n")[:120]


def refuse(message: str, *, line: int | None = None, hint: str | None = None, kind: str) -> InvalidData:
    """Return the error for a table; `kind` is stable for machines."""
    return InvalidData(message, line=line, hint=hint, details={"kind": kind})


def read_table(stream: BinaryIO, *, price_names: Callable[[Sequence[str]], int], max_bytes: int = MAX_BYTES) -> Table:
    """Read at most `max_bytes` and return the table; raise `InvalidData`.

    `price_names` says how many of open, high, low and close are among some cells: so the header is found, below a
    title or an address. The size is counted while reading; what an upload claims of itself is not believed.
    """
    raw = _read(stream, max_bytes)
    encoding = _encoding(raw)
    # Decoded line by line: a text in memory takes several times its bytes.
    lines = iter(io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline=None))
    sample = list(islice(lines, _SAMPLE_LINES))
    _refuse_markup(next((line for line in sample if line.strip()), None))
    separator, place = _find_header(sample, price_names, encoding)
    reader = csv.reader(chain(sample[place:], lines), delimiter=separator, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise refuse(f"Line {place + 1} is not well-formed: {error}.", line=place + 1, kind="malformed") from None
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise refuse(f"The table has {len(header)} columns; {MAX_COLUMNS} is the most.", kind="columns")
    symbols, skipped = _second_level(sample, place, separator, header)
    after: list[str] = []
    rows = _rows(reader, place, len(header), after)
    if skipped:
        # They are no rows; the numbers of the lines go on behind them.
        rows = (row for row in rows if row[0] > place + 1 + skipped)
    return Table(
        header=tuple(header),
        header_line=place + 1,
        symbols=symbols,
        rows=rows,
        separator=separator,
        encoding=encoding,
        before=_before(sample[:place], symbols is not None and not skipped),
        after=after,
        raw=raw,
    )


def _before(lines: Sequence[str], two_levels: bool) -> tuple[str, ...]:
    said = [line.strip() for line in lines if line.strip() and not line.strip().lower().startswith("sep=")]
    return tuple(said[:-1] if two_levels else said)


def _read(stream: BinaryIO, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise refuse(
                f"The file is larger than {max_bytes / (1 << 20):.3g} MiB.",
                hint="Split it, or use parquet.",
                kind="too_large",
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _encoding(raw: bytes) -> str:
    for magic, name in _NOT_TEXT:
        if raw.startswith(magic):
            raise refuse(f"This is {name}, not a CSV text.", hint="Export the table as CSV in UTF-8.", kind="not_text")
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    # In UTF-16 every other byte of plain text is zero; elsewhere a zero is no text.
    if encoding != "utf-16" and b"\x00" in raw:
        raise refuse("The file holds NUL bytes; it is no text.", hint="Export it as CSV in UTF-8.", kind="not_text")
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for begin in range(0, len(raw) + 1, _CHUNK):
            decoder.decode(raw[begin : begin + _CHUNK], final=begin + _CHUNK > len(raw))
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise refuse(f"The text is not valid {encoding}: {error.reason}.", kind="encoding") from None
        # Numbers, dates and most names of columns are ASCII: another single-byte encoding only shows elsewhere.
        return "latin-1"
    return encoding


def _refuse_markup(line: str | None) -> None:
    if line is None:
        raise refuse("The file is empty.", kind="empty")
    start = line.lstrip()[:15].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise refuse("This is a web page, not a CSV text.", hint="Was a login page downloaded?", kind="not_text")
    if start.startswith(("{", "[")):
        raise refuse("This is JSON, not a CSV text.", kind="not_text")


# --- the header ---------------------------------------------------------------------------------------------------


def _find_header(sample: Sequence[str], price_names: Callable[[Sequence[str]], int], encoding: str) -> tuple[str, int]:
    """Return the separator and the place of the line that names the most prices, among the first lines."""
    best, found = (1, 0), ("", 0)
    for place, line in enumerate(sample[:_LEADING_LINES]):
        for separator in _SEPARATORS:
            cells = _cells(line, separator)
            score = (price_names(cells), len(cells))
            if len(cells) >= _MIN_CELLS and score > best:
                best, found = score, (separator, place)
        if best[0] == 4:
            break
    if found[0]:
        return found
    first = next(place for place, line in enumerate(sample) if line.strip())
    raise _no_header(sample[first], first + 1, encoding)


def _no_header(line: str, number: int, encoding: str) -> InvalidData:
    widest = max((_cells(line, separator) for separator in _SEPARATORS), key=len)
    values = sum(bool(_DIGIT.search(cell)) for cell in widest)
    if len(widest) >= _MIN_CELLS - 1 and values >= _MIN_CELLS - 1:
        return refuse(
            f"Line {number} holds values, not the names of the columns: there is no header.",
            line=number,
            hint="Put a line with the names first, such as Date,Time,Open,High,Low,Close,Volume in the file's order.",
            kind="header",
        )
    note = NOT_UTF8 if encoding == "latin-1" else ""
    return refuse(
        f"The first line is not a header of at least date, open, high, low and close.{note}",
        line=number,
        hint="Separate columns with commas, semicolons, tabs or bars.",
        kind="header",
    )


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _second_level(
    sample: Sequence[str], place: int, separator: str, header: Sequence[str]
) -> tuple[tuple[str, ...] | None, int]:
    """Return the symbols over or under a header and how many lines below it are no rows."""
    below = [_cells(line, separator) for line in sample[place + 1 : place + 3]]
    below = [[*cells, *[""] * (len(header) - len(cells))] for cells in below]
    names_index = [_names_only_the_index(cells, header) for cells in below]
    if len(below) == 2 and names_index[1] and _may_be_symbols(below[0], header):
        return tuple(below[0]), 2
    if below and names_index[0] and place:
        above = _cells(sample[place - 1], separator)
        if _may_be_symbols(above, header):
            return tuple(above), 1
    return None, 0


def _names_only_the_index(cells: Sequence[str], header: Sequence[str]) -> bool:
    return len(cells) == len(header) and cells[0].lower() in _INDEX_NAMES and not any(cells[1:])


def _may_be_symbols(cells: Sequence[str], header: Sequence[str]) -> bool:
    return len(cells) == len(header) and all(cells[1:])


# --- the rows -----------------------------------------------------------------------------------------------------


def _rows(reader: Iterator[list[str]], offset: int, width: int, after: list[str]) -> Iterator[tuple[int, list[str]]]:
    line = offset + int(getattr(reader, "line_num", 1))
    remark: InvalidData | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refuse(f"Line {line + 1} is not well-formed: {error}.", line=line + 1, kind="malformed") from None
        line = offset + int(getattr(reader, "line_num", 0))
        written = "".join(cells)
        if not written.strip():
            continue
        if remark is not None:
            raise remark
        # A trailing separator makes one empty cell more, which says nothing.
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            ragged = refuse(
                f"Line {line} has {len(cells)} cells where the header has {width}.", line=line, kind="ragged"
            )
            if len(cells) > 2 or len(written) < 2 * width:
                raise ragged
            # A sentence below the table says where it is from; anywhere else it is a damaged row.
            remark = ragged
            after.append(written.strip())
            continue
        if len(written) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
            raise refuse(f"Line {line} has a cell of more than {MAX_CELL} characters.", line=line, kind="malformed")
        yield line, cells
