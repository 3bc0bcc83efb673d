"""Reading an uploaded table in a child with limits: the web process goes on answering meanwhile."""

import io
import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from backtest_engine.data import import_csv
from backtest_engine.errors import InvalidData
from backtest_engine.limited import LimitReached, run_limited
from strategy_api.common.exceptions import Busy

SECONDS = 60.0
MEMORY_MB = 1_024
AT_ONCE = 2
NICENESS = 5
PATIENCE_SECONDS = 15.0

_room = threading.BoundedSemaphore(AT_ONCE)
_REASONS = {"too_slow": "takes too long to read", "too_large": "takes too much memory to read"}


def import_limited(
    content: bytes,
    *,
    symbol: str,
    interval: str | None,
    only_symbol: str | None,
    into: Path,
    max_bytes: int,
    imported_at: datetime,
    cancelled: Callable[[], bool],
) -> dict[str, Any]:
    """Check and keep a table; return what `dataset_facts` says of it.

    Raises what `import_csv` raises, `InvalidData` for a table beyond the limits, `Busy` while others are being read,
    and `Cancelled`.
    """
    if not _room.acquire(timeout=PATIENCE_SECONDS):
        raise Busy("Other files are being read; try again.")
    try:
        facts: dict[str, Any] = run_limited(
            read_and_keep,
            *(content, symbol, interval, only_symbol, str(into), max_bytes, imported_at),
            seconds=SECONDS,
            memory_mb=MEMORY_MB,
            niceness=NICENESS,
            cancelled=cancelled,
        )
    except LimitReached as error:
        if error.code == "busy":
            raise Busy from error
        reason = _REASONS.get(error.code, "cannot be read")
        raise InvalidData(f"The file {reason}.", hint="Split it.", details={"kind": error.code}) from error
    finally:
        _room.release()
    return facts | {name: datetime.fromisoformat(facts[name]) for name in ("first_bar_at", "last_bar_at")}


def read_and_keep(
    content: bytes,
    symbol: str,
    interval: str | None,
    only_symbol: str | None,
    into: str,
    max_bytes: int,
    imported_at: datetime,
) -> Any:
    """Import a table and return its facts as JSON has them; runs in the child."""
    dataset = import_csv(
        io.BytesIO(content),
        symbol=symbol,
        interval=interval,
        only_symbol=only_symbol,
        into=Path(into),
        max_bytes=max_bytes,
        imported_at=imported_at,
    )
    return json.loads(json.dumps(dataset_facts(dataset), default=_plain))


def dataset_facts(dataset: Any) -> dict[str, Any]:
    """Return where bars come from, and what was noticed about them."""
    return {
        "symbol": dataset.symbol,
        "interval": dataset.interval,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "bars": len(dataset),
        "first_bar_at": dataset.start,
        "last_bar_at": dataset.end,
        "notices": [notice.as_dict() for notice in dataset.notices],
    }


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value.isoformat()
