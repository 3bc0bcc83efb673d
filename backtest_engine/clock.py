"""The clock times that a strategy names, and whether the bars it runs on begin at them."""

from dataclasses import dataclass
from datetime import time

import pandas as pd

from backtest_engine.data.interval import parse_interval
from backtest_engine.data.session import clock_notices
from backtest_engine.diagnostics import facts_of
from backtest_engine.domain import Dataset, Notice
from backtest_engine.indicators import local_time
from backtest_engine.spec import StrategySpec, TimeOfDay, parts_of

_UTC = frozenset({None, "UTC", "Etc/UTC", "GMT"})


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Clock times in UTC: `exact` ones, at which something happens, and `edges` of windows; `local` ones by zone."""

    exact: frozenset[time] = frozenset()
    edges: frozenset[time] = frozenset()
    local: frozenset[tuple[time, str]] = frozenset()


def named_by(spec: StrategySpec) -> Clocks:
    """Return the clock times of a specification's rules."""
    windows = list(parts_of(spec, TimeOfDay))
    utc = [(_time(window.start), _time(window.end)) for window in windows if window.zone in _UTC]
    return Clocks(
        exact=frozenset(start for start, end in utc if start == end),
        edges=frozenset(edge for start, end in utc if start != end for edge in (start, end)),
        local=frozenset(
            (_time(window.start), window.zone)
            for window in windows
            if window.zone not in _UTC and window.zone is not None and window.start == window.end
        ),
    )


def named_in(code: str) -> Clocks:
    """Return the clock times that code compares something with, such as "09:30" or `time(9, 30)`."""
    facts = facts_of(code)
    return Clocks(exact=frozenset(map(_time, facts.exact_times)), edges=frozenset(map(_time, facts.edge_times)))


def of_clock(clocks: Clocks, dataset: Dataset) -> tuple[Notice, ...]:
    """Return `clock_zone`, and a `clock_time_without_bar` where no bar begins at an exact time."""
    interval, bars = parse_interval(dataset.interval), dataset.bars
    notices = list(clock_notices(bars, interval, clocks.exact))
    if not notices:
        # That no bar begins at the edge of a window does not matter.
        said = clock_notices(bars, interval, clocks.edges)
        notices = [notice for notice in said if notice.code == "clock_zone" or not interval.intraday]
    for clock, zone in sorted(clocks.local):
        if clock not in set(pd.DatetimeIndex(local_time(bars.index, zone)).time):
            message = f"No bar begins at {clock:%H:%M} in {zone}, so nothing happens then."
            details = {"times": [f"{clock:%H:%M}"], "zone": zone}
            notices.append(Notice(code="clock_time_without_bar", message=message, details=details))
    return tuple(notices)


def _time(text: str) -> time:
    return time.fromisoformat(text)
