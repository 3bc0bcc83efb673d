"""A folder of CSV and parquet files, and imports kept as `.npz`, one symbol each: `AAPL.csv`, `BTC-USD_1h.parquet`."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from backtest_engine.data import bars as bar_forms
from backtest_engine.data import quality
from backtest_engine.data.bar_file import ENDING, noted, read_bars, read_provenance
from backtest_engine.data.csv_bars import lasting, read_csv
from backtest_engine.data.files import symbol_of
from backtest_engine.data.interval import INTERVALS, claimed_interval, infer_interval, parse_interval
from backtest_engine.data.lru_cache import LRUCache
from backtest_engine.data.parquet import read_parquet
from backtest_engine.data.source import Listing
from backtest_engine.domain import Dataset, Notice
from backtest_engine.errors import DataUnavailable, UnknownSymbol, UnsupportedInterval

_ENDINGS = (ENDING, ".parquet", ".csv")
_FILES_KEPT = 16
_PARTS_KEPT = 64


class Folder:
    """Serves the bars in a folder's files. Prices are as the files have them."""

    def __init__(self, path: Path, *, name: str = "folder") -> None:
        self.name = name
        self._path = path
        self._wholes: LRUCache[Dataset] = LRUCache(_FILES_KEPT)
        self._parts: LRUCache[Dataset] = LRUCache(_PARTS_KEPT)

    def bars(self, symbol: str, *, start: datetime | None, end: datetime | None, interval: str | None) -> Dataset:
        """Return bars from the symbol's file; raise `UnknownSymbol`, `UnsupportedInterval` and so on."""
        candidates = [(path, named) for path, owner, named in self._files() if owner == symbol]
        if not candidates:
            raise UnknownSymbol(f"There is no file of {symbol} in the {self.name}.")
        wanted = parse_interval(interval).name if interval else None
        available: list[str] = []
        for path, named in candidates:
            if wanted and named and named != wanted:
                available.append(named)
                continue
            try:
                whole = self._whole(path, symbol, named)
            except OSError as error:
                raise DataUnavailable(f"{path.name} cannot be read: {error.strerror}.") from None
            if wanted in (None, whole.interval):
                return self._part(whole, start, end)
            available.append(whole.interval)
        raise UnsupportedInterval(
            f"The {self.name} has {symbol} with {' and '.join(available)} bars, not {wanted}.",
            hint=f"Use interval {available[0]}.",
            details={"symbol": symbol, "available": available},
        )

    def symbols(self) -> tuple[Listing, ...]:
        """Return a listing of each file; empty or None is what only reading the whole file would tell."""
        return tuple(self._listing(path, symbol, named or "") for path, symbol, named in self._files())

    def _listing(self, path: Path, symbol: str, interval: str) -> Listing:
        facts = read_provenance(path) if path.suffix == ENDING else {}
        return Listing(
            symbol=symbol,
            source=self.name,
            interval=interval,
            start=_moment(facts.get("first_bar_ns")),
            end=_moment(facts.get("last_bar_ns")),
            bars=facts.get("bars"),
        )

    def _files(self) -> list[tuple[Path, str, str | None]]:
        found = []
        if not self._path.is_dir():
            return []
        for path in self._path.iterdir():
            if path.suffix in _ENDINGS and not path.name.startswith(".") and path.is_file():
                stem, _, named = path.stem.rpartition("_")
                known = bool(stem) and named in INTERVALS
                found.append((path, symbol_of(stem if known else path.stem), named if known else None))
        # Days lead where several intervals would do.
        return sorted(found, key=lambda file: (file[1], file[2] != "1d", file[0].name))

    def _whole(self, path: Path, symbol: str, named: str | None) -> Dataset:
        status = path.stat()
        key = (path.name, status.st_mtime_ns, status.st_size)
        return self._wholes.get(key) or self._wholes.put(key, self._load(path, symbol, named))

    def _load(self, path: Path, symbol: str, named: str | None) -> Dataset:
        notices: tuple[Notice, ...]
        if path.suffix == ".csv":
            with path.open("rb") as file:
                bars, notices = read_csv(file)
            notices = lasting(notices)
        else:
            bars, facts = read_bars(path) if path.suffix == ENDING else (read_parquet(path), {})
            bars, repairs = quality.tidy(bars)
            quality.refuse_corrupt(bars)
            notices = (*noted(facts), *repairs)
        if named and len(bars) > 1:
            interval = claimed_interval(bars, parse_interval(named), what=path.name)
        else:
            interval = parse_interval(named) if named else infer_interval(bars)
        notices = (*notices, *quality.examine(bars, interval))
        return bar_forms.dataset(bars, symbol=symbol, interval=interval.name, source=self.name, notices=notices)

    def _part(self, whole: Dataset, start: datetime | None, end: datetime | None) -> Dataset:
        chosen = bar_forms.between(whole.bars, symbol=whole.symbol, source=self.name, start=start, end=end)
        if chosen is whole.bars:
            return bar_forms.lent(whole)
        key = (whole.fingerprint, whole.symbol, start, end)
        return bar_forms.lent(self._parts.get(key) or self._parts.put(key, self._cut(whole, chosen)))

    def _cut(self, whole: Dataset, chosen: pd.DataFrame) -> Dataset:
        # What was decided when the file was read holds for any part of it; gaps and the like are of the part.
        decided = [notice for notice in whole.notices if notice.details.get("kind") not in quality.FOUND_IN_BARS]
        return bar_forms.dataset(
            chosen,
            symbol=whole.symbol,
            interval=whole.interval,
            source=self.name,
            notices=(*decided, *quality.examine(chosen, parse_interval(whole.interval))),
        )


def _moment(nanoseconds: int | None) -> datetime | None:
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds // 10**9, UTC)
