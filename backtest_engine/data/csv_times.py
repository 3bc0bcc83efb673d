"""From the cells that hold a bar's time to instants: dates, clock times, zones and Unix times, without guessing."""

import re
from collections.abc import Sequence
from datetime import timezone, tzinfo
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.csv_clock import Clock, NoSuchText, OrderUnclear, read_clocks, read_dates, read_zone
from backtest_engine.data.csv_header import Columns
from backtest_engine.data.csv_names import ROW_NUMBER_RANK, zone_in
from backtest_engine.data.csv_text import refuse
from backtest_engine.domain import Notice

Stamps = np.ndarray[Any, Any]

_DAY = 86_400 * 10**9
_ISO = frozenset("0123456789-T: ")
_ISO_LENGTHS = {len("2020-01-31"), len("2020-01-31 10:00"), len("2020-01-31 10:00:00")}
_FIRST_YEAR, _LAST_YEAR = 1700, 2199
_EPOCHS = {9: 1_000_000_000, 10: 1_000_000_000, 12: 1_000_000, 13: 1_000_000, 15: 1_000, 16: 1_000, 18: 1, 19: 1}
_EPOCH = re.compile(r"\d{9,19}(\.\d+)?", re.ASCII)
_MOMENT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d){0,2}", re.ASCII)
_PARTS = re.compile(
    r"(.*?\d)(?:[T,]|\s)\s*(\d{1,2}:\d{2}.*|\d{6}(?:\.\d+)?|\d{1,2}[- ]?[AaPp]\.?[Mm]\.?)"
    r"|(\d{8}|\d{4}-\d\d-\d\d)[T ]\s*(\d{3,4})",
    re.ASCII,
)
_LONE_CLOCK = re.compile(r"\d{1,2}:\d{2}\b.*|\d{1,6}", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.\d+)?", re.ASCII)
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d+", re.ASCII)
# What else stands in brackets behind the name of a time: a unit, or the order of a date.
_NO_ZONE = re.compile(r"ms|s|us|ns|local.*|[dmyhs:/ .-]+", re.IGNORECASE)
_SAMPLE = 40


class Times:
    """The times of bars, taken in blocks: ISO dates without a zone at once, the rest when the column is complete."""

    def __init__(self, columns: Columns, cells: Sequence[tuple[str, ...]]) -> None:
        """Choose the columns by their names and by what stands in them; `cells` are the first block, by column."""
        self.places = _choose(columns, cells)
        self._zone_name = zone_in(columns.names[self.places[-1]]) if columns.names else None
        self._blocks: list[np.ndarray[Any, Any] | list[str]] = []
        self._clocks: list[str] = []

    def add(self, cells: Sequence[tuple[str, ...]]) -> None:
        """Take the next block of cells, by column."""
        written = cells[self.places[0]]
        if len(self.places) == 2:
            self._clocks += [cell.strip() for cell in cells[self.places[1]]]
        elif _is_iso(written):
            try:
                self._blocks.append(np.array(written, dtype="M8[us]"))
            except ValueError:
                pass  # One of them is no date: found in the end, with its line.
            else:
                return
        self._blocks.append([cell.strip() for cell in written])

    def stamps(self, lines: Sequence[int]) -> tuple[Stamps, list[Notice]]:
        """Return int64 UTC nanoseconds and what was decided; raise `InvalidData` with the line at fault."""
        plain = [block for block in self._blocks if not isinstance(block, list)]
        if len(plain) == len(self._blocks):
            times = np.concatenate(plain)
            _refuse_years(times, lines)
            return self._settled(times.astype(np.int64) * 1_000, [], zones=None, lines=lines)
        # What one block leaves open, the others may decide, so all of them are texts again.
        cells: list[str] = []
        for block in self._blocks:
            cells += block if isinstance(block, list) else np.datetime_as_string(block).tolist()
        if not self._clocks and _EPOCH.fullmatch(cells[0]) and not _are_moments(cells):
            stamps = _epochs(cells, lines)
            _refuse_years(stamps.view("M8[ns]"), lines)
            notices = [_noticed("unix_time", f"Times such as {cells[0]} were read as Unix time.")]
            stamps, said = exchange_days(stamps, None)
            return stamps, [*notices, *said]
        return self._written(cells, lines)

    def _written(self, cells: list[str], lines: Sequence[int]) -> tuple[Stamps, list[Notice]]:
        dates, clocks = (cells, self._clocks) if self._clocks else _parted(cells)
        try:
            days, order = read_dates(dict.fromkeys(dates))
            spoken = read_clocks(dict.fromkeys(filter(None, clocks))) if any(clocks) else {}
        except NoSuchText as error:
            raise self._no_time(error, dates, clocks, lines) from None
        midnight = Clock(nanoseconds=0)
        read = [spoken[clock] if clock else midnight for clock in clocks]
        stamps = np.array([days[date] for date in dates], np.int64) * _DAY
        stamps += np.array([clock.nanoseconds for clock in read], np.int64)
        zones = [clock.zone for clock in read]
        if None in zones and any(zones):
            raise refuse("Some times have a zone and some have none.", hint="Write all times in UTC.", kind="time")
        notices = []
        if order:
            notices.append(_noticed("date_order", f"Dates such as {dates[0][:10]} were read with the {order}."))
        return self._settled(stamps, notices, zones=zones if any(zones) else None, lines=lines)

    def _settled(
        self, local: Stamps, notices: list[Notice], *, zones: Sequence[tzinfo | None] | None, lines: Sequence[int]
    ) -> tuple[Stamps, list[Notice]]:
        """Return UTC stamps for local ones; days keep their date."""
        clocked = bool((local % _DAY).any())
        if zones is None and clocked and self._zone_name:
            zone = read_zone(self._zone_name)
            if zone is None and not _NO_ZONE.fullmatch(self._zone_name):
                raise refuse(
                    f"The times are said to be of {self._zone_name!r}, which names no zone for certain.",
                    hint="Name the column for example Time (America/New_York), or only Time for UTC.",
                    kind="time",
                )
            zones = [zone] * len(local) if zone else None
        if zones is None:
            stamps, said = exchange_days(local, None)
            if clocked and not said:
                said = [_noticed("zone", "Times without a zone were read as UTC.")]
            return stamps, [*notices, *said]
        utc = _in_utc(local, zones, lines)
        stamps, said = exchange_days(utc, local)
        return stamps, [*notices, *(said or [_noticed("offset", "Times with a zone were converted to UTC.")])]

    def _no_time(
        self, error: NoSuchText, dates: Sequence[str], clocks: Sequence[str], lines: Sequence[int]
    ) -> Exception:
        where = dates.index(error.text) if error.text in dates else clocks.index(error.text)
        line, cell = lines[where], dates[where]
        if clocks[where] and not self._clocks:
            cell = f"{cell} {clocks[where]}"
        elif self._clocks and error.text == clocks[where]:
            cell = clocks[where]
        if isinstance(error, OrderUnclear):
            return refuse(f"Line {line}: {error.reason}", line=line, hint="Write dates as YYYY-MM-DD.", kind="time")
        if error.reason == "out of range":
            return refuse(f"Line {line}: the time {cell[:30]!r} is out of range.", line=line, kind="time")
        if _SERIAL.fullmatch(cell) and not self._clocks:
            return refuse(
                f"Line {line}: {cell} is a spreadsheet's day number.",
                line=line,
                hint="Format the date column as YYYY-MM-DD before exporting.",
                kind="time",
            )
        if _ROUNDED.fullmatch(cell):
            return refuse(
                f"Line {line}: {cell[:30]!r} is a time that a spreadsheet rounded; its last digits are lost.",
                line=line,
                hint="Format the column as a number without decimals, or export the file again.",
                kind="time",
            )
        if _LONE_CLOCK.fullmatch(cell) and not self._clocks:
            return refuse(
                f"Line {line}: {cell!r} is a clock time; there is no column with a date.", line=line, kind="time"
            )
        why = f": {error.reason}" if error.reason else ""
        return refuse(
            f"Line {line}: {cell[:30]!r} is no date or time{why}.",
            line=line,
            hint="Write times in UTC, or with an offset such as -05:00." if why else "Write dates as YYYY-MM-DD.",
            kind="time",
        )


def _is_iso(written: Sequence[str]) -> bool:
    lengths = {len(cell) for cell in written}
    return len(lengths) == 1 and lengths <= _ISO_LENGTHS and set("".join(written)) <= _ISO and written[0][4] == "-"


# --- which columns ------------------------------------------------------------------------------------------------


def _choose(columns: Columns, cells: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """Return the place of the times, or of the dates and the clock times."""
    kinds: dict[str, list[int]] = {}
    for rank, place in columns.times:
        sample = [cell.strip() for cell in (*cells[place][:_SAMPLE], *cells[place][-_SAMPLE:])]
        kind = _kind(sample)
        if rank == ROW_NUMBER_RANK and kind in ("clock", "other") and len(columns.times) > 1:
            continue
        kinds.setdefault(kind, []).append(place)
    epoch, moment, day, clock = (kinds.get(kind, []) for kind in ("epoch", "moment", "day", "clock"))
    if moment:
        return _readable_or_epoch(moment[0], epoch, cells)
    if day and clock:
        return day[0], clock[0]
    if day:
        return _readable_or_epoch(day[0], epoch, cells)
    return ((epoch or clock or kinds["other"])[0],)


def _readable_or_epoch(place: int, epoch: list[int], cells: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """Prefer Unix time, whose zone is certain, but for bars of days, whose date counts."""
    if not epoch:
        return (place,)
    texts = [cell.strip() for cell in cells[place]]
    clocks = {_parted([cell])[1][0].rstrip("Z") for cell in texts[:_SAMPLE]}
    daily = len(set(texts)) == len(texts) and len(clocks) == 1
    return (place,) if daily else (epoch[0],)


def _kind(sample: Sequence[str]) -> str:
    """Say what a column holds: `epoch`, `moment`, `day`, `clock` or `other`."""
    written = [cell for cell in sample if cell]
    if not written:
        return "other"
    if all(_EPOCH.fullmatch(cell) for cell in written):
        return "moment" if _are_moments(written) else "epoch"
    dates, clocks = _parted(written)
    if all(clocks):
        return "moment"
    if all(_LONE_CLOCK.fullmatch(cell) for cell in written):
        serials = all(_SERIAL.fullmatch(cell) for cell in written) and len(set(written)) == len(written)
        return "other" if serials else "clock"
    try:
        read_dates(dict.fromkeys(dates))
    except OrderUnclear:
        return "day"  # The whole column may decide it.
    except NoSuchText:
        return "other"
    return "day"


def _are_moments(cells: Sequence[str]) -> bool:
    """Say whether all are written as 202401020930 or 20240102093000."""
    return len(cells[0]) in (10, 12, 14) and all(_MOMENT.fullmatch(cell) for cell in cells)


def _parted(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return dates and clock times, empty where a cell has none."""
    dates, clocks = [], []
    for cell in cells:
        if _MOMENT.fullmatch(cell) and len(cell) in (10, 12, 14):
            date, clock = cell[:8], cell[8:].ljust(4, "0")
            clock = f"{clock[:2]}:{clock[2:4]}" + (f":{clock[4:]}" if len(clock) == 6 else "")
        elif found := _PARTS.fullmatch(cell):
            date, clock = (found[1], found[2]) if found[1] else (found[3], found[4])
        else:
            date, clock = cell, ""
        dates.append(date.rstrip(",") if clock else date)
        clocks.append(clock)
    return dates, clocks


# --- instants -----------------------------------------------------------------------------------------------------


def _in_utc(local: Stamps, zones: Sequence[tzinfo | None], lines: Sequence[int]) -> Stamps:
    stamps = local.copy()
    codes = {zone: code for code, zone in enumerate(dict.fromkeys(zones))}
    keys = np.array([codes[zone] for zone in zones])
    for zone, key in codes.items():
        where = np.flatnonzero(keys == key)
        if isinstance(zone, timezone):
            offset = zone.utcoffset(None)
            stamps[where] -= int(offset.total_seconds()) * 10**9
            continue
        times = pd.DatetimeIndex(local[where].view("M8[ns]"))
        moved = times.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        lost = np.flatnonzero(moved.isna())
        if len(lost):
            line = lines[where[lost[0]]]
            raise refuse(
                f"Line {line}: {times[lost[0]]} does not exist once in {zone}, as clocks are changed there.",
                line=line,
                hint="Write times in UTC.",
                kind="time",
            )
        stamps[where] = moved.tz_convert("UTC").asi8
    return stamps


def exchange_days(stamps: Stamps, local: Stamps | None) -> tuple[Stamps, list[Notice]]:
    """Return stamps of bars of a day or longer on their exchange's date, others as they are, and what was done.

    `local` are the clock times of the zone that the text names. Without one, days from Sunday to Thursday that begin
    in the second half of a day are those of a market that trades from Monday to Friday east of UTC.
    """
    known = stamps if local is None else local
    different = np.unique(known)
    if len(different) < 3 or int(np.diff(different).min()) < 20 * 3_600 * 10**9:
        return stamps, []
    if not (stamps % _DAY).any():
        return stamps, []
    days = known // _DAY
    late = known % _DAY >= _DAY // 2
    shifted = bool(late.any()) and _end_on_the_next_day(days, late)
    if not shifted and (local is None or (stamps == known).all()):
        return stamps, []
    what = "the date on which they end" if shifted else "the date of their own zone"
    return (days + (late & shifted)) * _DAY, [_noticed("exchange_days", f"Days carry {what}, not that of UTC.")]


def _end_on_the_next_day(days: Stamps, late: Stamps) -> bool:
    """Say whether days that begin late are those of a week from Monday to Friday, or from Sunday to Thursday."""
    # 1970-01-01 was a Thursday: (day + 3) % 7 counts from Monday.
    begun = set(((days[late] + 3) % 7).tolist())
    early = set(((days[~late] + 3) % 7).tolist())
    if len(np.unique(days + late)) < len(days):
        return False
    west = 6 in begun and not begun & {4, 5} and not early & {5, 6}
    east = {5, 6} <= begun and not begun & {3, 4} and not early & {4, 5}
    return west or east


def _epochs(cells: Sequence[str], lines: Sequence[int]) -> Stamps:
    stamps = np.empty(len(cells), np.int64)
    for place, cell in enumerate(cells):
        whole, _, rest = cell.partition(".")
        unit = _EPOCHS.get(len(whole)) if whole.isascii() and whole.isdigit() else None
        if unit is None or (rest and not rest.isdigit()):
            raise refuse(f"Line {lines[place]}: {cell[:30]!r} is no Unix time.", line=lines[place], kind="time")
        stamps[place] = int(whole) * unit + int(float(f"0.{rest or 0}") * unit)
    return stamps


def _refuse_years(times: np.ndarray[Any, Any], lines: Sequence[int]) -> None:
    years = times.astype("M8[Y]").astype(np.int64) + 1970
    outside = np.flatnonzero((years < _FIRST_YEAR) | (years > _LAST_YEAR))
    if len(outside):
        line = lines[outside[0]]
        raise refuse(f"Line {line}: the time {str(times[outside[0]])[:30]!r} is out of range.", line=line, kind="time")


def _noticed(kind: str, message: str) -> Notice:
    return Notice(code="data_quality", message=message, details={"kind": kind})
