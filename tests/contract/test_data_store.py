"""The store gives back exactly what it was given, asks vendors only for what it lacks, and survives being killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backtest_engine.data import Catalog, Massive, Remote, RetryPolicy, Samples, Store
from backtest_engine.data.bars import dataset
from backtest_engine.errors import DataUnavailable, InvalidData, RequestError
from backtest_engine.ports import DataSource
from tests.fakes.market_data import MASSIVE_KEY, FakeMarket, Trouble, at


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return Samples().bars("GOOG", start=at("2009-01-01"), end=None, interval=None).bars


@pytest.fixture
def market(days: pd.DataFrame) -> Iterator[FakeMarket]:
    with FakeMarket(days.copy()) as market:
        yield market


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


class Clock:
    def __init__(self, text: str) -> None:
        self.now = at(text)

    def __call__(self) -> datetime:
        return self.now


def remote(market: FakeMarket, store: Store, clock: Clock | None = None) -> Remote:
    vendor = Massive(key=MASSIVE_KEY, base_url=market.url)
    retry = RetryPolicy(attempts=2, sleep=lambda _: None)
    return Remote(vendor, now=clock or Clock("2013-03-20T12:00"), store=store, retry=retry)


def asked(market: FakeMarket) -> list[tuple[str, str]]:
    """Return the days that the vendor was asked for, and forget them."""
    found = []
    for request in market.asked:
        first, last = request.path.split("/")[-2:]
        found.append(tuple(str(pd.Timestamp(int(stamp), unit="ms").date()) for stamp in (first, last)))
    market.asked.clear()
    return found  # type: ignore[return-value]


def year(source: DataSource, number: int, symbol: str = "GOOG") -> Any:
    return source.bars(symbol, start=at(f"{number}-01-01"), end=at(f"{number}-12-31"), interval="1d")


class TestDatasets:
    def test_opens_exactly_the_bars_that_were_kept(self, store: Store) -> None:
        kept = Samples().bars("GOOG", start=None, end=None, interval=None)
        store.keep(kept)

        opened = store.dataset(kept.fingerprint)

        pd.testing.assert_frame_equal(opened.bars, kept.bars, check_freq=False)
        assert (opened.symbol, opened.interval, opened.source) == ("GOOG", "1d", "samples")
        assert opened.fingerprint == dataset(opened.bars, symbol="", interval="", source="").fingerprint

    def test_maps_the_file_instead_of_copying_it(self, store: Store) -> None:
        kept = Samples().bars("GOOG", start=None, end=None, interval=None)
        store.keep(kept)

        values = store.dataset(kept.fingerprint).bars["Close"].to_numpy()
        whole = np.load(store.mapped(kept.fingerprint), mmap_mode="r")

        assert not values.flags.writeable
        assert whole.shape == (6, len(kept))
        assert (whole[0].view(np.int64) == kept.bars.index.asi8).all()
        assert not os.access(store.mapped(kept.fingerprint), os.W_OK) or os.geteuid() == 0

    def test_changing_a_frame_does_not_change_the_next_one(self, store: Store) -> None:
        kept = Samples().bars("GOOG", start=None, end=None, interval=None)
        store.keep(kept)

        lent = store.dataset(kept.fingerprint).bars
        lent.iloc[0, 0] = -1.0

        assert store.dataset(kept.fingerprint).bars.iloc[0, 0] == kept.bars.iloc[0, 0]

    @pytest.mark.parametrize("text", ["", "abc", "0" * 64, "../" * 21 + "x", "Z" * 64])
    def test_refuses_what_it_never_kept(self, store: Store, text: str) -> None:
        with pytest.raises(RequestError) as caught:
            store.dataset(text)

        assert caught.value.code == "unknown_dataset"

    def test_damage_is_noticed_and_mended_from_the_durable_copy(self, store: Store, tmp_path: Path) -> None:
        kept = Samples().bars("GOOG", start=None, end=None, interval=None)
        store.keep(kept)
        path = store.mapped(kept.fingerprint)
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.unlink()
        path.write_bytes(raw)

        fresh = Store(tmp_path / "cache")
        with pytest.raises(InvalidData, match="were damaged"):
            fresh.dataset(kept.fingerprint)

        assert fresh.dataset(kept.fingerprint).fingerprint == kept.fingerprint

    def test_stays_below_its_size_and_keeps_what_was_last_asked_for(self, tmp_path: Path) -> None:
        store = Store(tmp_path, limit_bytes=400_000)
        kept = []
        for first in range(2005, 2012):
            kept.append(Samples().bars("GOOG", start=at(f"{first}-01-01"), end=None, interval=None))
            store.keep(kept[-1])
            store.dataset(kept[-1].fingerprint)

        assert store.size() <= 400_000
        assert store.dataset(kept[-1].fingerprint).fingerprint == kept[-1].fingerprint

    def test_what_a_killed_process_left_is_swept_away(self, store: Store, tmp_path: Path) -> None:
        leftover = tmp_path / "cache" / "datasets" / ".x.partial"
        leftover.parent.mkdir(parents=True)
        leftover.write_bytes(b"half")
        os.utime(leftover, (1, 1))

        store.keep(Samples().bars("GOOG", start=None, end=None, interval=None))

        assert not leftover.exists()


class TestMissingPieces:
    def test_the_same_request_is_asked_once(self, market: FakeMarket, store: Store) -> None:
        first = year(remote(market, store), 2010)
        assert len(asked(market)) == 1

        again = year(remote(market, store), 2010)

        assert not asked(market)
        assert again.fingerprint == first.fingerprint
        assert (first.source, again.source) == ("massive", "massive (cache)")

    def test_only_what_lacks_is_fetched(self, market: FakeMarket, store: Store) -> None:
        source = remote(market, store)
        year(source, 2010)
        year(source, 2012)
        asked(market)

        whole = source.bars("GOOG", start=at("2010-01-01"), end=at("2012-12-31"), interval="1d")

        # With a few known days in front, to see that the vendor still tells the same past.
        assert asked(market) == [("2010-12-17", "2011-12-31")]
        expected = market.bars.loc["2010-01-01":"2012-12-31"]
        np.testing.assert_array_equal(whole.bars.to_numpy(), expected.to_numpy())

    def test_a_past_that_was_adjusted_is_fetched_anew(self, market: FakeMarket, store: Store) -> None:
        source = remote(market, store)
        before = year(source, 2010)
        market.bars[["Open", "High", "Low", "Close"]] /= 2

        both = source.bars("GOOG", start=at("2010-01-01"), end=at("2011-12-31"), interval="1d")

        np.testing.assert_array_equal(both.bars.to_numpy(), market.bars.loc["2010-01-01":"2011-12-31"].to_numpy())
        assert store.dataset(before.fingerprint).bars["Close"].iloc[0] == market.bars.loc["2010-01-04", "Close"] * 2

    def test_the_latest_days_are_asked_for_again_since_vendors_are_late(self, market: FakeMarket, store: Store) -> None:
        complete = market.bars
        market.bars = complete.loc[:"2013-02-27"]
        clock = Clock("2013-03-01T00:10")
        assert year(remote(market, store, clock), 2013).bars.index[-1] == pd.Timestamp("2013-02-27")

        market.bars = complete
        clock.now = at("2013-03-01T09:00")

        assert year(remote(market, store, clock), 2013).bars.index[-1] == pd.Timestamp("2013-02-28")

    def test_one_flight_for_many_who_ask_at_once(self, market: FakeMarket, store: Store) -> None:
        market.latency = 0.1
        source = remote(market, store)
        answers: list[str] = []
        threads = [threading.Thread(target=lambda: answers.append(year(source, 2010).fingerprint)) for _ in range(8)]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(asked(market)) == 1
        assert len(answers) == 8
        assert len(set(answers)) == 1

    def test_offline_the_cache_serves_what_it_covers_and_says_what_it_has(
        self, market: FakeMarket, store: Store
    ) -> None:
        year(remote(market, store), 2010)
        market.trouble += [Trouble(status=503)] * 99

        assert len(year(remote(market, store), 2010)) == 252
        with pytest.raises(DataUnavailable) as caught:
            year(remote(market, store), 2011)

        assert caught.value.hint == "The cache has bars from 2010-01-04 to 2010-12-31."

    def test_a_damaged_series_is_fetched_again(self, market: FakeMarket, store: Store, tmp_path: Path) -> None:
        first = year(remote(market, store), 2010)
        (damaged,) = (tmp_path / "cache" / "series" / "massive").glob("*.npz")
        damaged.write_bytes(damaged.read_bytes()[:-100])
        asked(market)

        again = year(remote(market, store), 2010)

        assert len(asked(market)) == 1
        assert again.fingerprint == first.fingerprint


class TestCatalogWithStore:
    def test_a_disk_that_takes_nothing_costs_the_memory_not_the_answer(
        self, market: FakeMarket, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("backtest_engine.data.bar_file.write_atomically", full)

        dataset = Catalog([remote(market, store)], store=store).bars("GOOG", start="2010-01-01", end="2010-12-31")

        assert len(dataset) == 252
        assert [notice.code for notice in dataset.notices] == ["not_kept"]

    def test_runs_again_on_the_same_bars_when_the_source_has_changed(self, market: FakeMarket, store: Store) -> None:
        catalog = Catalog([remote(market, store)], store=store)
        first = catalog.bars("GOOG", start="2010-01-01", end="2010-12-31")
        market.bars = market.bars * 3

        again = Catalog([], store=store).dataset(first.fingerprint)

        pd.testing.assert_frame_equal(again.bars, first.bars, check_freq=False)

    def test_samples_stand_in_for_the_same_symbol_only_and_say_so(self, market: FakeMarket, store: Store) -> None:
        market.trouble += [Trouble(status=503)] * 99
        catalog = Catalog([remote(market, store), Samples()], store=store)

        dataset = catalog.bars("GOOG", start="2010-01-01", end="2010-12-31")
        with pytest.raises(DataUnavailable):
            catalog.bars("MSFT", start="2010-01-01", end="2010-12-31")

        assert dataset.source == "samples"
        (notice,) = [notice for notice in dataset.notices if notice.code == "fallback_source"]
        assert "massive did not serve the request" in notice.message


WRITER = """
import sys
import numpy as np, pandas as pd
from pathlib import Path
from backtest_engine.data import Store
from backtest_engine.data.bars import assemble, dataset

store = Store(Path(sys.argv[1]))
random = np.random.default_rng()
while True:
    close = 100 + random.normal(size=20_000).cumsum() * 0.01
    values = np.array([close, close + 1, close - 1, close, close])
    bars = assemble(np.arange(20_000) * 60_000_000_000, values)
    kept = dataset(bars, symbol="X", interval="1m", source="test")
    store.keep(kept)
    store.dataset(kept.fingerprint)
    store.write_series("test", "X_1m_raw", bars, {"ranges": []})
    print("written", flush=True)
"""


class TestKilled:
    def test_a_store_whose_writer_is_killed_still_reads(self, tmp_path: Path) -> None:
        for delay in (0.003, 0.011, 0.023, 0.041):
            writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stdout.close()

        store = Store(tmp_path)
        fingerprints = [path.stem for path in (tmp_path / "datasets").rglob("*.npz") if path.name[0] != "."]

        assert fingerprints
        for fingerprint in fingerprints:
            assert store.dataset(fingerprint).fingerprint == fingerprint
        assert store.series("test", "X_1m_raw") is not None
        with store.one_flight("test", "X_1m_raw"):
            pass
