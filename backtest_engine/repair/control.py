"""Bars to compare on a second time, so that what fits one data set by chance is not called the same."""

import hashlib

import pandas as pd

from backtest_engine.domain import Dataset

#: Longer data is compared once: doubling it would double a long wait.
LONGEST = 20_000


def control_of(dataset: Dataset) -> Dataset | None:
    """Return the bars and then the same bars backwards, as one continuous history; None for long data."""
    bars = dataset.bars
    if not 2 <= len(bars) <= LONGEST:
        return None
    back = bars.iloc[::-1].rename(columns={"Open": "Close", "Close": "Open"})[list(bars.columns)]
    back.index = bars.index + _whole_weeks(bars.index)
    together = pd.concat([bars, back])
    fingerprint = hashlib.sha256(f"control of {dataset.fingerprint}".encode()).hexdigest()
    return Dataset(
        symbol=dataset.symbol, interval=dataset.interval, source="control", bars=together, fingerprint=fingerprint
    )


def _whole_weeks(index: pd.Index) -> pd.Timedelta:
    """Return a shift that keeps weekdays and is longer than the data."""
    week = pd.Timedelta(days=7)
    span: pd.Timedelta = (int((index[-1] - index[0]) / week) + 1) * week
    return span
