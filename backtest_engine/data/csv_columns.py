"""Which column of a table is which, and what its cells say: numbers and times without guessing."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from backtest_engine.data.csv_text import refuse
from backtest_engine.domain import Notice

_ROLES = {
    "date": "date",
    "time": "time",
    "datetime": "time",
    "date time": "time",
    "timestamp": "time",
    "ts": "time",
    "open time": "time",
    "opentime": "time",
    "local time": "time",
    "gmt time": "time",
    "utc time": "time",
    "unix": "time",
    "open": "Open",
    "o": "Open",
    "high": "High",
    "h": "High",
    "low": "Low",
    "l": "Low",
    "close": "Close",
    "c": "Close",
    "last": "Close",
    "close/last": "Close",
    "price": "Close",
    "volume": "Volume",
    "vol": "Volume",
    "v": "Volume",
}
_MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "null", "none", "nil", "-", "--", "."})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_EPOCHS = {9: 1_000_000_000, 10: 1_000_000_000, 12: 1_000_000, 13: 1_000_000, 15: 1_000, 16: 1_000, 18: 1, 19: 1}
_PLAIN = frozenset("0123456789.")
_ISO = frozenset("0123456789-T: ")
_ISO_LENGTHS = {len("2020-01-31"), len("2020-01-31 10:00"), len("2020-01-31 10:00:00")}
_FIRST_YEAR, _LAST_YEAR = 1700, 2199
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def roles(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Return the place of each known column and the names that are ignored; raise `InvalidData`."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, name in enumerate(header):
        plain = " ".join(re.sub(r"[<>\"'_]", " ", name).lower().split()).rstrip(".")
        plain = re.sub(r"\s*\((usd|eur|utc|gmt|ms|s|\$)\)$", "", plain)
        role = _ROLES.get(plain) or ("time" if place == 0 and not plain else None)
        if role is None:
            ignored.append(name)
        elif role in places:
            raise refuse(f"Two columns are called {role}.", line=1, kind="header")
        else:
            places[role] = place
    missing = [role for role in ("Open", "High", "Low", "Close") if role not in places]
    if "date" not in places and "time" not in places:
        missing.insert(0, "date or time")
    if missing:
        raise refuse(
            f"The header lacks {', '.join(missing)}.",
            line=1,
            hint="Name the columns in the first line: date, open, high, low, close, volume.",
            kind="header",
        )
    return places, ignored


class Numbers:
    """A column of numbers, taken in blocks: what is plainly a number at once, the rest when the column is complete."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._blocks: list[np.ndarray[Any, Any] | list[str]] = []
        self.has_points = False

    def add(self, cells: list[str]) -> None:
        """Take the next block of cells."""
        written = "".join(cells)
        if set(written) <= _PLAIN:
            try:
                self._blocks.append(np.array(cells, dtype=np.float64))
            except ValueError:
                pass  # An empty cell, or two points in one: looked at one by one in the end.
            else:
                self.has_points = self.has_points or "." in written
                return
        self._blocks.append(cells)

    def unread(self) -> list[str]:
        """Return the cells of the blocks that were not plain."""
        return [cell for block in self._blocks if isinstance(block, list) for cell in block]

    def values(self, lines: Sequence[int], *, decimal_comma: bool) -> np.ndarray[Any, Any]:
        """Return float64 values, NaN where a cell is empty; raise `InvalidData` with the line of another text."""
        done, place = [], 0
        for block in self._blocks:
            if isinstance(block, list):
                numbered = zip(block, lines[place : place + len(block)], strict=True)
                read = [_number(cell.strip(), line, self.name, decimal_comma=decimal_comma) for cell, line in numbered]
                done.append(np.array(read, dtype=np.float64))
            else:
                done.append(block)
            place += len(block)
        return np.concatenate(done)


def _number(cell: str, line: int, column: str, *, decimal_comma: bool) -> float:
    if cell.lower() in _MISSING:
        return np.nan
    plain = cell
    if decimal_comma:
        plain = cell.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(cell):
        plain = cell.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        looks = " It looks like a spreadsheet formula." if cell.startswith(_FORMULA) else ""
        raise refuse(f"Line {line}: {column} is {cell[:30]!r}, which is no number.{looks}", line=line, kind="number")
    value = float(plain)
    if not np.isfinite(value):
        raise refuse(f"Line {line}: {column} is {cell[:30]!r}, which is too large.", line=line, kind="number")
    return value


def uses_decimal_comma(columns: Sequence[Numbers], separator: str) -> bool:
    """Say whether prices are written `1,08`; raise `InvalidData` if `1,234` could be either."""
    unread = [cell.strip() for column in columns for cell in column.unread()]
    points = any(column.has_points for column in columns) or any("." in cell for cell in unread)
    cells = [cell for cell in unread if "," in cell]
    if not cells:
        return False
    comma = [cell for cell in cells if _COMMA.fullmatch(cell)]
    thousands = [cell for cell in cells if _THOUSANDS.fullmatch(cell)]
    if len(comma) == len(cells) and len(thousands) < len(cells):
        if any(column.has_points for column in columns):
            raise refuse("Some numbers have a decimal comma and some a point.", kind="number")
        return True
    if len(thousands) == len(cells) and len(comma) < len(cells):
        return False
    if len(thousands) == len(comma) == len(cells):
        if points:
            return False
        raise refuse(
            f"{cells[0]!r} may be a thousand or a fraction.",
            hint="Write numbers with a decimal point and without thousands separators.",
            kind="number",
        )
    # Mixed forms, as in 1.234,56: only a separator other than the comma makes sense of them.
    return separator != "," and all(cell.rfind(",") > cell.rfind(".") for cell in cells)


class Times:
    """A column of times, taken in blocks: ISO dates without a zone at once, the rest when the column is complete."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray[Any, Any] | list[str]] = []

    def add(self, cells: list[str]) -> None:
        """Take the next block of cells."""
        shape = {len(cell) for cell in cells}
        if len(shape) == 1 and shape <= _ISO_LENGTHS and set("".join(cells)) <= _ISO and cells[0][4] == "-":
            try:
                self._blocks.append(np.array(cells, dtype="M8[us]"))
            except ValueError:
                pass  # One of them is no date: found in the end, with its line.
            else:
                return
        self._blocks.append(cells)

    def stamps(self, lines: Sequence[int]) -> tuple[np.ndarray[Any, Any], list[Notice]]:
        """Return int64 UTC nanoseconds and what was decided; raise `InvalidData` with the line at fault."""
        plain = [block for block in self._blocks if not isinstance(block, list)]
        if len(plain) == len(self._blocks):
            times = np.concatenate(plain)
            years = times.astype("M8[Y]").astype(np.int64) + 1970
            outside = np.flatnonzero((years < _FIRST_YEAR) | (years > _LAST_YEAR))
            if len(outside):
                raise _out_of_range(str(times[outside[0]]), lines[outside[0]])
            return times.astype(np.int64) * 1_000, _zone_notice(times.astype(np.int64) * 1_000)
        # What one block leaves open, the others may decide, so all of them are texts again.
        cells: list[str] = []
        for block in self._blocks:
            cells += block if isinstance(block, list) else np.datetime_as_string(block).tolist()
        return _times(cells, lines)


def _zone_notice(stamps: np.ndarray[Any, Any]) -> list[Notice]:
    if not (stamps % (86_400 * 10**9)).any():
        return []
    return [_noticed("zone", "Times without a zone were read as UTC.")]


def _noticed(kind: str, message: str) -> Notice:
    return Notice(code="data_quality", message=message, details={"kind": kind})


def _out_of_range(cell: str, line: int) -> Exception:
    return refuse(f"Line {line}: the time {cell[:30]!r} is out of range.", line=line, kind="time")


def _times(cells: list[str], lines: Sequence[int]) -> tuple[np.ndarray[Any, Any], list[Notice]]:
    sample = cells[0].strip()
    if re.fullmatch(r"\d{9,19}(\.0+)?", sample):
        return _epochs(cells, lines), [_noticed("unix_time", f"Times such as {sample} were read as Unix time.")]
    if re.fullmatch(r"\d{5}(\.\d+)?", sample):
        raise refuse(
            f"Line {lines[0]}: {sample} is a spreadsheet's day number.",
            line=lines[0],
            hint="Format the date column as YYYY-MM-DD before exporting.",
            kind="time",
        )
    parse, notices = _date_reader([cell.strip() for cell in cells], lines)
    stamps = np.empty(len(cells), np.int64)
    zoned = 0
    for place, cell in enumerate(cells):
        moment = parse(cell.strip(), lines[place])
        if moment.tzinfo is not None:
            zoned += 1
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        stamps[place] = _nanoseconds(moment, cell, lines[place])
    if 0 < zoned < len(cells):
        raise refuse("Some times have a zone and some have none.", hint="Write all times in UTC.", kind="time")
    if zoned:
        return stamps, [*notices, _noticed("offset", "Times with a zone were converted to UTC.")]
    return stamps, [*notices, *_zone_notice(stamps)]


def _nanoseconds(moment: datetime, cell: str, line: int) -> int:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise _out_of_range(cell, line)
    delta = moment - datetime(1970, 1, 1)  # noqa: DTZ001 - both are naive UTC here
    return (delta // timedelta(microseconds=1)) * 1_000


def _epochs(cells: list[str], lines: Sequence[int]) -> np.ndarray[Any, Any]:
    stamps = np.empty(len(cells), np.int64)
    for place, cell in enumerate(cells):
        digits = re.sub(r"\.0+$", "", cell.strip())
        unit = _EPOCHS.get(len(digits)) if digits.isascii() and digits.isdigit() else None
        if unit is None:
            raise refuse(f"Line {lines[place]}: {cell[:30]!r} is no Unix time.", line=lines[place], kind="time")
        stamps[place] = int(digits) * unit
    return stamps


def _date_reader(cells: list[str], lines: Sequence[int]) -> tuple[Callable[[str, int], datetime], list[Notice]]:
    slashed = re.fullmatch(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})(?:[ T].*)?", cells[0], re.ASCII)
    if not slashed:
        return _iso, []
    mark = slashed[2]
    order, notices = _day_first(cells, lines, mark)
    return order, notices


def _iso(cell: str, line: int) -> datetime:
    text = cell.replace("/", "-").replace(".", "-", 2) if re.match(r"\d{4}[/.]\d", cell) else cell
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text)
    text = re.sub(r" ([+-]\d{2}:?\d{2})$", r"\1", text)
    try:
        # fromisoformat takes digits of any script.
        return datetime.fromisoformat(text if text.isascii() else "")
    except ValueError:
        raise refuse(
            f"Line {line}: {cell[:30]!r} is no date or time.", line=line, hint="Write dates as YYYY-MM-DD.", kind="time"
        ) from None


def _day_first(
    cells: list[str], lines: Sequence[int], mark: str
) -> tuple[Callable[[str, int], datetime], list[Notice]]:
    """Decide between day/month and month/day from the whole column; refuse when both could be meant."""
    pairs = [re.match(rf"(\d{{1,2}}){re.escape(mark)}(\d{{1,2}}){re.escape(mark)}", cell) for cell in cells]
    firsts = [int(pair[1]) for pair in pairs if pair]
    seconds = [int(pair[2]) for pair in pairs if pair]
    month_possible, day_possible = max(firsts) <= 12, max(seconds) <= 12
    if month_possible and day_possible:
        raise refuse(
            f"Line {lines[0]}: {cells[0][:30]!r} may be day first or month first, and no other date decides it.",
            line=lines[0],
            hint="Write dates as YYYY-MM-DD.",
            kind="time",
        )
    if not month_possible and not day_possible:
        raise refuse("Some dates put the day first and some the month.", hint="Write YYYY-MM-DD.", kind="time")
    shape = f"%m{mark}%d{mark}%Y" if month_possible else f"%d{mark}%m{mark}%Y"
    words = "month first" if month_possible else "day first"

    def parse(cell: str, line: int) -> datetime:
        date, _, clock = cell.partition(" ")
        try:
            day = datetime.strptime(date, shape)  # noqa: DTZ007 - the zone, if any, is in the clock
            return datetime.fromisoformat(f"{day:%Y-%m-%d}T{clock.strip()}") if clock.strip() else day
        except ValueError:
            raise refuse(f"Line {line}: {cell[:30]!r} is no date with the {words}.", line=line, kind="time") from None

    notice = _noticed("date_order", f"Dates such as {cells[0][:10]} were read with the {words}.")
    return parse, [notice]
