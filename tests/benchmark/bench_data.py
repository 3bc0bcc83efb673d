"""How long a warm dataset takes to reach a strategy beside numpy mapping it, and a CSV beside pandas reading it."""

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data import Catalog, Samples, Store
from backtest_engine.data.bars import assemble, dataset
from backtest_engine.data.csv_bars import read_csv
from backtest_engine.domain import Dataset

ROUNDS = 40
MANY = 1_000_000
CSV_LINES, CSV_ROUNDS, CSV_LIMIT = 500_000, 3, 8_000.0


def run() -> list[dict[str, Any]]:
    """Return medians in milliseconds; `limit` is what the figure must stay below."""
    with tempfile.TemporaryDirectory(prefix="algoagent-bench-") as folder:
        goog = Samples().bars("GOOG", start=None, end=None, interval=None)
        return [
            *_rows(Path(folder) / "few", goog, limit=1.0),
            *_rows(Path(folder) / "many", _minutes(MANY), limit=10.0),
            _sample_row(Path(folder) / "samples"),
            *_csv_rows(),
        ]


def _rows(folder: Path, kept: Dataset, *, limit: float) -> list[dict[str, Any]]:
    store = Store(folder)
    store.keep(kept)
    store.dataset(kept.fingerprint)
    path = store.mapped(kept.fingerprint)

    def reopened() -> Dataset:
        # As in a worker that opens these bars for the first time since it was told they are sound.
        fresh = Store(folder)
        fresh._verified = store._verified
        return fresh.dataset(kept.fingerprint)

    # In turn, so that a noisy machine is noisy to all of them.
    mapped, mapped_and_read, again, opened, read = _medians(
        lambda: np.load(path, mmap_mode="r"),
        lambda: np.load(path, mmap_mode="r")[1:].sum(),
        lambda: store.dataset(kept.fingerprint),
        reopened,
        lambda: [reopened().bars[name].to_numpy().sum() for name in ("Close",)],
    )
    count = f"{len(kept):,} bars"
    return [
        _row(f"{count}: a worker asks again", again, mapped, limit),
        _row(f"{count}: a worker opens them", opened, mapped, limit),
        _row(f"{count}: opened, and every close read", read, mapped_and_read, limit),
    ]


def _sample_row(folder: Path) -> dict[str, Any]:
    catalog = Catalog([Samples()], store=Store(folder))
    catalog.bars("GOOG")
    served, floor = _medians(
        lambda: catalog.bars("GOOG"), lambda: Samples().bars("GOOG", start=None, end=None, interval=None)
    )
    return _row("GOOG through the catalogue", served, floor, 1.0)


def _csv_rows() -> list[dict[str, Any]]:
    """Return how long a table of half a million lines takes in several layouts."""
    minutes = _minutes(CSV_LINES).bars.round(4).set_axis(pd.date_range("2020-01-01", periods=CSV_LINES, freq="1min"))
    layouts = {
        "ISO times": minutes,
        "Unix times": minutes.set_axis(minutes.index.as_unit("s").asi8),
        "days first": minutes.set_axis(minutes.index.strftime("%d/%m/%Y %H:%M")),
        "times with a zone": minutes.set_axis(minutes.index.strftime("%Y-%m-%d %H:%M:%S-05:00")),
    }
    rows = []
    for name, frame in layouts.items():
        raw = frame.to_csv(index_label="time").encode()
        read, floor = _medians(
            partial(lambda raw: read_csv(io.BytesIO(raw)), raw),
            partial(lambda raw: pd.read_csv(io.BytesIO(raw)), raw),
            rounds=CSV_ROUNDS,
        )
        rows.append(_row(f"CSV of {CSV_LINES:,} lines, {name}", read, floor, CSV_LIMIT))
    return rows


def _row(name: str, value: float, floor: float, limit: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "ms", "floor": floor, "ratio": value / floor, "limit": limit}


def _medians(*works: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1e3)
    return [statistics.median(times) for times in taken]


def _minutes(count: int) -> Dataset:
    close = 100 * np.exp(np.random.default_rng(1).normal(0, 1e-4, count).cumsum())
    values = np.array([close, close * 1.001, close * 0.999, close, np.ones(count)])
    bars = assemble(np.arange(count, dtype=np.int64) * 60_000_000_000, values)
    return dataset(bars, symbol="MINUTES", interval="1m", source="random walk")
