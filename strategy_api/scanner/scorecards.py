"""What an agent's signals were worth, beside what its markets did anyway."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from django.contrib.auth.models import User
from django.db.models import Max, Min

from backtest_engine.domain import Dataset
from backtest_engine.errors import AlgoAgentError
from backtest_engine.scanner.scorecard import HORIZONS, Outcome, scorecard
from strategy_api.scanner.choices import Label
from strategy_api.scanner.feeds import loader
from strategy_api.scanner.models import Signal
from strategy_api.scanner.scanning import RETURNS

SIDES = {Label.BUY: 1, Label.STRONG_BUY: 1, Label.SELL: -1, Label.STRONG_SELL: -1}


def scorecard_of(owner: User, *, preset: str | None = None) -> dict[str, Any]:
    """Return hit rate and mean return after 1, 5 and 20 bars, of all signals or of those of a preset.

    The same market signals again and again while a view lasts: signals that overlap are no independent proof, so the
    intervals are too narrow where they do.
    """
    rows = Signal.objects.filter(owner=owner, label__in=SIDES)
    if preset is not None:
        rows = rows.filter(preset=preset)
    outcomes = [
        Outcome(direction=SIDES[Label(label)], horizon=horizon, return_pct=value)
        for label, *values in rows.values_list("label", *RETURNS.values())
        for horizon, value in zip(HORIZONS, values, strict=True)
        if value is not None
    ]
    return {
        "preset": preset,
        "signals": rows.count(),
        "settled": sum(one.horizon == HORIZONS[0] for one in outcomes),
        "horizons": scorecard(outcomes, _baseline(owner, rows)),
    }


def _baseline(owner: User, rows: Any) -> dict[int, list[float]]:
    """Return by horizon the returns after every bar of the markets, over the time that the signals cover."""
    load = loader(owner.pk)
    found: dict[int, list[float]] = defaultdict(list)
    spans = rows.values("symbol", "interval").annotate(first=Min("bar_at"), last=Max("bar_at"))
    for span in spans.order_by("symbol", "interval"):
        close = _closes(load, span["symbol"], span["interval"])
        if close is None:
            continue
        begin = int(close.index.searchsorted(span["first"].replace(tzinfo=None)))
        end = int(close.index.searchsorted(span["last"].replace(tzinfo=None), side="right"))
        values = close.to_numpy()
        for horizon in HORIZONS:
            until = min(end, len(values) - horizon)
            after = values[begin + horizon : until + horizon] / values[begin:until] - 1.0
            found[horizon] += (100.0 * after[np.isfinite(after)]).tolist()
    return found


def _closes(load: Callable[[str, str], Dataset], symbol: str, interval: str) -> "pd.Series[float] | None":
    try:
        return load(symbol, interval).bars["Close"]
    except AlgoAgentError:
        return None
