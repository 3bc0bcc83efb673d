"""From the bytes of an uploaded table to its header and rows, or to one clear reason why not."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from backtest_engine.errors import InvalidData

MAX_BYTES = 64 << 20
MAX_COLUMNS = 64
MAX_CELL = 200

_CHUNK = 1 << 16
_SAMPLE_LINES = 20
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


@dataclass(frozen=True, kw_only=True)
class Table:
    """A decoded table: its header cells and an iterator of (line number, cells)."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    separator: str
    encoding: str


def refuse(message: str, *, line: int | None = None, hint: str | None = None, kind: str) -> InvalidData:
    """Return the error for a table; `kind` is stable for machines."""
    return InvalidData(message, line=line, hint=hint, details={"kind": kind})


def read_table(stream: BinaryIO, *, max_bytes: int = MAX_BYTES) -> Table:
    """Read at most `max_bytes` and return the table; raise `InvalidData`.

    The size is counted while reading; what a header claims is not believed.
    """
    raw = _read(stream, max_bytes)
    encoding = _encoding(raw)
    # Decoded line by line: a text in memory takes several times its bytes.
    lines = iter(io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline=None))
    before, head = _skip_blank(lines)
    _refuse_markup(head)
    # Excel writes its separator into a first line of its own.
    declared = head.strip().lower()
    if declared.startswith("sep=") and len(declared) == len("sep=;"):
        before, head = before + 1, next(lines, "")
    sample = [head, *islice(lines, _SAMPLE_LINES)]
    separator = _separator(sample)
    reader = csv.reader(chain(sample, lines), delimiter=separator, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise refuse(f"Line {before + 1} is not well-formed: {error}.", line=before + 1, kind="malformed") from None
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise refuse(f"The table has {len(header)} columns; {MAX_COLUMNS} is the most.", kind="columns")
    return Table(header=tuple(header), rows=_rows(reader, before, len(header)), separator=separator, encoding=encoding)


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
        # Numbers, dates and our column names are ASCII: another single-byte encoding only shows in extra columns.
        return "latin-1"
    return encoding


def _skip_blank(lines: Iterator[str]) -> tuple[int, str]:
    """Return the number of empty lines at the start and the first that is not."""
    for skipped, line in enumerate(lines):
        if line.strip():
            return skipped, line
    raise refuse("The file is empty.", kind="empty")


def _refuse_markup(line: str) -> None:
    start = line.lstrip()[:15].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise refuse("This is a web page, not a CSV text.", hint="Was a login page downloaded?", kind="not_text")
    if start.startswith(("{", "[")):
        raise refuse("This is JSON, not a CSV text.", kind="not_text")


def _separator(lines: list[str]) -> str:
    """Return the separator that cuts the first lines into the same number of cells, at least five."""
    sample = [line for line in lines if line.strip()]
    best, most = "", 1
    for separator in _SEPARATORS:
        try:
            counts = [len(cells) for cells in csv.reader(sample, delimiter=separator)]
        except csv.Error:
            continue
        if counts and counts[0] > most and counts[0] >= max(5, most):
            best, most = separator, counts[0]
    if not best:
        raise refuse(
            "The first line is not a header of at least date, open, high, low and close.",
            line=1,
            hint="Separate columns with commas, semicolons, tabs or bars.",
            kind="header",
        )
    return best


def _rows(reader: Iterator[list[str]], offset: int, width: int) -> Iterator[tuple[int, list[str]]]:
    line = offset + int(getattr(reader, "line_num", 1))
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
        # A trailing separator makes one empty cell more, which says nothing.
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            raise refuse(f"Line {line} has {len(cells)} cells where the header has {width}.", line=line, kind="ragged")
        if len(written) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
            raise refuse(f"Line {line} has a cell of more than {MAX_CELL} characters.", line=line, kind="malformed")
        yield line, cells
