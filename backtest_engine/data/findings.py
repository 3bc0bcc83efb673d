"""The form of what is found in bars: a notice with a kind, a count, the first times, and whether it makes doubtful."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import instant, shown
from backtest_engine.domain import Notice

Numbers = np.ndarray[Any, Any]

DAY_NS = 86_400 * 1_000_000_000
DOUBT = "doubt"


def finding(kind: str, message: str, *, count: int = 1, times: Sequence[Any] | Numbers = (), **details: Any) -> Notice:
    """Return a `data_quality` notice; `times` are the first few stamps that show it.

    `severity="doubt"` says that figures computed from these bars are not to be believed before somebody has looked.
    """
    facts: dict[str, Any] = {"kind": kind, "count": count, **details}
    if len(times):
        facts["first"] = [shown(instant(pd.Timestamp(time))) for time in times[:3]]
    return Notice(code="data_quality", message=message, details=facts)


def doubts(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices about data that make a result doubtful."""
    return tuple(notice for notice in notices if notice.details.get("severity") == DOUBT)


def time_text(stamp: Any) -> str:
    """Return nanoseconds since 1970 as people write them."""
    return shown(instant(pd.Timestamp(int(stamp))))


def bars_text(count: Any) -> str:
    """Return `1 bar`, `2 bars` …"""
    return f"{int(count)} bar{'s' * (int(count) != 1)}"
