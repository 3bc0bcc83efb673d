"""Taking in a table that a user uploads."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from backtest_engine.data import bars as bar_forms
from backtest_engine.data import quality
from backtest_engine.data.bar_file import ENDING, write_bars
from backtest_engine.data.csv_bars import lasting, read_csv
from backtest_engine.data.csv_text import MAX_BYTES
from backtest_engine.data.files import file_stem
from backtest_engine.data.interval import claimed_interval, infer_interval, parse_interval
from backtest_engine.domain import Dataset
from backtest_engine.errors import InvalidData

MIN_BARS = 2


def import_csv(
    stream: BinaryIO,
    *,
    symbol: str,
    interval: str | None = None,
    only_symbol: str | None = None,
    into: Path,
    max_bytes: int = MAX_BYTES,
    imported_at: datetime | None = None,
) -> Dataset:
    """Read an uploaded CSV, check it and keep it as `<symbol>_<interval>.npz`, which a `Folder` then serves.

    Returns the bars with everything noticed; an earlier import of the same symbol and interval is replaced. Raises
    `InvalidData` (with the line), `UnknownSymbol` for a text that is no symbol, or `UnsupportedInterval`; then nothing
    is kept. A file of several symbols is refused with their list unless `only_symbol` chooses one. `imported_at`,
    aware, tells bars of the future.
    """
    symbol = symbol.strip().upper()
    file_stem(symbol)
    claimed = parse_interval(interval) if interval else None
    bars, notices = read_csv(stream, max_bytes=max_bytes, only_symbol=only_symbol)
    if len(bars) < MIN_BARS:
        raise InvalidData(f"{len(bars)} bar is too few; a backtest needs at least {MIN_BARS}.")
    last = bar_forms.instant(bars.index[-1])
    if imported_at is not None and last > imported_at + timedelta(days=1):
        raise InvalidData(
            f"The last bar is of {bar_forms.shown(last)}, which is in the future.", details={"kind": "future"}
        )
    found = claimed_interval(bars, claimed) if claimed else infer_interval(bars)
    provenance = {
        "source": "import",
        "symbol": symbol,
        "interval": found.name,
        "adjusted": None,
        "fetched_at": imported_at.isoformat() if imported_at else None,
        "notices": [notice.as_dict() for notice in lasting(notices)],
    }
    write_bars(into / f"{file_stem(symbol, found.name)}{ENDING}", bars, provenance)
    notices = (*notices, *quality.examine(bars, found))
    return bar_forms.dataset(bars, symbol=symbol, interval=found.name, source="import", notices=notices)
