"""Dates as users mean them, intervals as they write them, bars in one form, and sources asked in order."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.data import Catalog, Folder, Listing, Samples
from backtest_engine.data import bars as bar_forms
from backtest_engine.data.dates import requested_range
from backtest_engine.data.interval import INTERVALS, infer_interval, parse_interval
from backtest_engine.data.quality import examine, refuse_corrupt, tidy
from backtest_engine.data.time_ranges import TimeRange, merge, missing
from backtest_engine.domain import Dataset
from backtest_engine.errors import (
    DataUnavailable,
    DatesOutsideData,
    InvalidData,
    InvalidDates,
    UnknownSymbol,
    UnsupportedInterval,
)
from tests.fakes.market_data import at


def some_bars(count: int = 60, *, step: str = "1D", start: str = "2020-01-01") -> pd.DataFrame:
    random = np.random.default_rng(count)
    close = 100 + random.normal(size=count).cumsum()
    index = pd.date_range(start, periods=count, freq=step)
    return bar_forms.canonical(
        pd.DataFrame(
            {"Open": close, "High": close + 1, "Low": close - 1, "Close": close + 0.5, "Volume": 10.0}, index=index
        )
    )


class TestDates:
    def test_an_end_date_means_the_whole_day(self) -> None:
        start, end = requested_range("2010-01-04", "2010-01-08")

        assert start == at("2010-01-04")
        assert end == at("2010-01-08T23:59:59.999999")

    def test_a_time_means_that_instant(self) -> None:
        assert requested_range(None, "2010-01-08T00:00")[1] == at("2010-01-08")
        assert requested_range("2010-01-08T02:00+02:00", None)[0] == at("2010-01-08")
        assert requested_range(date(2010, 1, 8), datetime(2010, 1, 9)) == (at("2010-01-08"), at("2010-01-09"))  # noqa: DTZ001

    @pytest.mark.parametrize("text", ["", "soon", "2010-02-30", "2010-13-01", "01/02/2010", "1066-10-14", "9999-01-01"])
    def test_refuses_what_is_no_date_or_out_of_range(self, text: str) -> None:
        with pytest.raises(InvalidDates):
            requested_range(text, None)

    def test_refuses_a_start_after_the_end(self) -> None:
        with pytest.raises(InvalidDates, match="after the end date"):
            requested_range("2011-01-01", "2010-01-01")

    def test_one_day_is_a_range(self) -> None:
        start, end = requested_range("2010-01-04", "2010-01-04")

        assert start is not None
        assert end is not None
        assert timedelta(hours=23) < end - start < timedelta(days=1)


SPELLINGS = {
    "1m": "1m|1min|minute|1 minute",
    "15m": "15m|15 minutes|15M|15_min",
    "90m": "90m",
    "1h": "1h|60m|60min|hourly|H|1 hour",
    "4h": "4h|4H|240m",
    "1d": "1d|D|daily|1 day|1440m|24h",
    "5d": "5D",
    "1w": "1w|1wk|weekly|7d",
    "1mo": "1mo|1M|M|monthly",
    "3mo": "3mo|3M|quarterly",
}


class TestIntervals:
    @pytest.mark.parametrize(("name", "texts"), SPELLINGS.items())
    def test_knows_the_usual_spellings(self, name: str, texts: str) -> None:
        assert {parse_interval(text).name for text in texts.split("|")} == {name}

    @pytest.mark.parametrize("text", ["", "0d", "7x", "d1", "1.5h", "-1d1", "9999999d", "²d", "daily!", "1y"])
    def test_refuses_the_rest_and_lists_what_there_is(self, text: str) -> None:
        with pytest.raises(UnsupportedInterval) as caught:
            parse_interval(text)

        assert "1d" in (caught.value.hint or "")

    @pytest.mark.parametrize("name", sorted(INTERVALS))
    def test_reads_it_off_the_bars(self, name: str) -> None:
        steps = {"1mo": "MS", "3mo": "QS", "1w": "7D"}
        step = steps.get(name, name.replace("m", "min").replace("d", "D"))

        assert infer_interval(some_bars(24, step=step)).name == name


class TestBars:
    def test_are_float64_in_naive_utc(self) -> None:
        index = pd.DatetimeIndex(["2020-06-01 09:30", "2020-06-02 09:30"], tz="America/New_York").as_unit("s")
        frame = pd.DataFrame(
            {name: [1, 2] for name in ("Close", "Open", "High", "Low", "Volume", "Extra")}, index=index
        )

        bars = bar_forms.canonical(frame)

        assert list(bars.columns) == ["Open", "High", "Low", "Close", "Volume"]
        assert set(bars.dtypes) == {np.dtype("float64")}
        assert str(bars.index[0]) == "2020-06-01 13:30:00"
        assert str(bars.index.dtype) == "datetime64[ns]"

    @pytest.mark.parametrize("change", [lambda f: f.drop(columns="Low"), lambda f: f.reset_index(drop=True)])
    def test_refuses_a_frame_without_prices_or_times(self, change: Any) -> None:
        with pytest.raises(InvalidData):
            bar_forms.canonical(change(some_bars()))

    def test_the_fingerprint_is_of_the_numbers_alone(self) -> None:
        bars = some_bars()
        other = bars.set_axis(bars.index.as_unit("us").as_unit("ns")).copy()

        assert bar_forms.fingerprint(other) == bar_forms.fingerprint(bars)
        assert bar_forms.fingerprint(bars * -0.0) == bar_forms.fingerprint(bars * 0.0)

    @settings(max_examples=25)
    @given(row=st.integers(0, 59), column=st.integers(0, 4))
    def test_the_fingerprint_changes_with_any_number(self, row: int, column: int) -> None:
        bars = some_bars()
        changed = bars.copy()
        changed.iloc[row, column] = np.nextafter(changed.iloc[row, column], np.inf)

        assert bar_forms.fingerprint(changed) != bar_forms.fingerprint(bars)
        assert bar_forms.fingerprint(bars.set_axis(bars.index + pd.Timedelta(1))) != bar_forms.fingerprint(bars)

    def test_the_samples_have_the_fingerprints_they_always_had(self) -> None:
        found = {symbol: Samples().bars(symbol, start=None, end=None, interval=None) for symbol in ("GOOG", "EURUSD")}

        assert {symbol: dataset.fingerprint[:12] for symbol, dataset in found.items()} == {
            "GOOG": "cfa42248b834",
            "EURUSD": "1e05d992d4c9",
        }


class TestQuality:
    def test_sound_bars_have_nothing_to_say(self) -> None:
        for symbol in ("GOOG", "EURUSD", "BTCUSD"):
            dataset = Samples().bars(symbol, start=None, end=None, interval=None)

            refuse_corrupt(dataset.bars)
            assert examine(dataset.bars, parse_interval(dataset.interval)) == ()

    def test_a_rounding_difference_is_no_corruption(self) -> None:
        bars = some_bars().copy()
        bars.iloc[3, 1] = bars.iloc[3, 3] * (1 - 1e-9)

        refuse_corrupt(bars)

    def test_nothing_is_changed_in_bars_that_are_in_order(self) -> None:
        bars = some_bars()

        tidied, notices = tidy(bars)

        assert tidied is bars
        assert not notices

    @pytest.mark.parametrize(
        ("kind", "interval", "change"),
        [
            ("gaps", "1d", lambda f: f.drop(f.index[20:35])),
            ("zero_volume", "1d", lambda f: f.assign(Volume=np.where(np.arange(len(f)) == 7, 0.0, 5.0))),
            ("no_volume", "1d", lambda f: f.assign(Volume=0.0)),
            ("split_suspect", "1d", lambda f: f.div(np.where(np.arange(len(f)) < 30, 1, 2), axis=0)),
            ("frozen", "1d", lambda f: f * 0 + 5.0),
            ("spike", "1d", lambda f: f.mul(np.where(np.arange(len(f)) == 9, 10, 1), axis=0)),
            (
                "irregular",
                "1d",
                lambda f: f.set_axis(f.index.where(f.index != f.index[5], f.index[4] + pd.Timedelta("2h"))),
            ),
        ],
    )
    def test_says_what_is_odd(self, kind: str, interval: str, change: Any) -> None:
        odd = bar_forms.canonical(change(some_bars()))

        notices = examine(odd, parse_interval(interval))

        assert kind in [notice.details["kind"] for notice in notices]
        assert all(notice.code == "data_quality" for notice in notices)

    def test_a_weekend_is_no_gap_but_a_week_is(self) -> None:
        weekdays = some_bars(60, step="B")

        assert examine(weekdays, parse_interval("1d")) == ()
        assert examine(weekdays.drop(weekdays.index[20:26]), parse_interval("1d"))

    def test_a_day_with_few_bars_is_said(self) -> None:
        bars = some_bars(24 * 12, step="1h", start="2020-03-01")
        partial = bars[(bars.index.day != 5) | (bars.index.hour < 5)]

        kinds = [notice.details["kind"] for notice in examine(partial, parse_interval("1h"))]

        assert "partial_days" in kinds


class TestTimeRanges:
    ranges = st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 20)).map(
            lambda pair: TimeRange(
                at("2020-01-01") + timedelta(days=pair[0]), at("2020-01-01") + timedelta(days=sum(pair))
            )
        ),
        max_size=6,
    )

    @settings(max_examples=50)
    @given(known=ranges, wanted=ranges.filter(bool))
    def test_what_is_missing_and_what_is_known_make_the_whole(
        self, known: list[TimeRange], wanted: list[TimeRange]
    ) -> None:
        wish = wanted[0]

        absent = missing(wish, known)

        assert missing(wish, [*known, *absent]) == ()
        for part in absent:
            assert wish.first <= part.first <= part.last <= wish.last
            assert all(part.last < other.first or part.first > other.last for other in known)

    def test_touching_spans_are_one(self) -> None:
        first = TimeRange(at("2020-01-01"), at("2020-01-31T23:59:59.999999"))
        second = TimeRange(at("2020-02-01"), at("2020-02-28"))

        assert merge([second, first]) == (TimeRange(first.first, second.last),)


class Shelf:
    """A source that has one symbol, or a trouble of its own."""

    def __init__(self, name: str, bars: pd.DataFrame | None = None, error: Exception | None = None) -> None:
        self.name = name
        self._bars = bars
        self._error = error

    def bars(self, symbol: str, *, start: datetime | None, end: datetime | None, interval: str | None) -> Dataset:
        if self._error:
            raise self._error
        if symbol != "SHELF" or self._bars is None:
            raise UnknownSymbol(f"{self.name} does not know {symbol}.")
        chosen = bar_forms.between(self._bars, symbol=symbol, source=self.name, start=start, end=end)
        return bar_forms.dataset(chosen, symbol=symbol, interval="1d", source=self.name)

    def symbols(self) -> tuple[Listing, ...]:
        return (Listing(symbol="SHELF", source=self.name, interval="1d"),) if self._bars is not None else ()


class TestCatalog:
    def test_serves_samples_under_their_name(self) -> None:
        dataset = Catalog([Samples()]).bars("goog", start="2010-01-04", end="2010-01-08")

        assert (dataset.symbol, dataset.interval, dataset.source) == ("GOOG", "1d", "samples")
        assert [str(stamp.date()) for stamp in dataset.bars.index] == [f"2010-01-0{day}" for day in range(4, 9)]
        assert not dataset.notices

    def test_the_end_includes_the_last_hour_of_its_day(self) -> None:
        dataset = Catalog([Samples()]).bars("EURUSD", start="2017-05-02", end="2017-05-02")

        assert [stamp.hour for stamp in dataset.bars.index] == list(range(24))

    def test_offers_what_is_near_to_an_unknown_symbol(self) -> None:
        with pytest.raises(UnknownSymbol, match="knows the symbol GOGO") as caught:
            Catalog([Samples()]).bars("gogo")

        assert caught.value.hint == "Did you mean GOOG?"
        assert caught.value.details["available"] == ["BTCUSD", "EURUSD", "GOOG"]

    def test_says_which_range_there_is(self) -> None:
        with pytest.raises(DatesOutsideData, match="only from 2004-08-19 to 2013-03-01"):
            Catalog([Samples()]).bars("GOOG", start="2020-01-01", end="2021-01-01")

    def test_says_which_interval_there_is(self) -> None:
        with pytest.raises(UnsupportedInterval, match="has 1d bars, not 1h"):
            Catalog([Samples()]).bars("GOOG", interval="hourly")

    def test_says_when_there_is_only_a_part(self) -> None:
        dataset = Catalog([Samples()]).bars("GOOG", start="2012-01-01", end="2020-01-01")

        assert [notice.code for notice in dataset.notices] == ["partial_coverage"]

    def test_a_weekend_at_the_end_is_no_missing_part(self) -> None:
        assert not Catalog([Samples()]).bars("GOOG", start="2010-01-01", end="2010-01-10").notices

    def test_the_first_source_that_covers_the_request_serves(self) -> None:
        early, late = Shelf("early", some_bars(60)), Shelf("late", some_bars(400))
        catalog = Catalog([early, late])

        assert catalog.bars("SHELF", end="2020-02-01").source == "early"
        assert catalog.bars("SHELF", start="2020-01-01", end="2020-12-31").source == "late"

    def test_says_so_when_another_source_stood_in(self) -> None:
        down = Shelf("down", error=DataUnavailable("down did not answer"))

        dataset = Catalog([down, Shelf("up", some_bars())]).bars("SHELF")

        assert dataset.source == "up"
        assert [notice.code for notice in dataset.notices] == ["fallback_source"]

    def test_nothing_stands_in_for_another_symbol(self) -> None:
        down = Shelf("down", error=DataUnavailable("down did not answer"))

        with pytest.raises(DataUnavailable, match="down did not answer"):
            Catalog([down, Samples()]).bars("MSFT")

    def test_a_source_that_did_not_answer_may_have_had_the_bars(self) -> None:
        down = Shelf("down", error=DataUnavailable("down did not answer"))

        with pytest.raises(DataUnavailable, match="down did not answer") as caught:
            Catalog([Samples(), down]).bars("GOOG", start="2020-01-01")

        (other,) = caught.value.details["other_sources"]
        assert "only from 2004-08-19 to 2013-03-01" in other
        assert other in (caught.value.hint or "")

    @pytest.mark.parametrize("symbol", ["", "   ", "x" * 50, "\x00", "a\nb"])
    def test_refuses_what_is_no_symbol(self, symbol: str) -> None:
        with pytest.raises(UnknownSymbol):
            Catalog([Samples()]).bars(symbol)

    def test_lists_what_there_is(self) -> None:
        listings = [listing.as_dict() for listing in Catalog([Samples()]).symbols()]

        assert [listing["symbol"] for listing in listings] == ["GOOG", "EURUSD", "BTCUSD"]
        assert all(listing["sample"] for listing in listings)
        assert listings[0]["bars"] == 2148


class TestFolder:
    def test_serves_csv_and_parquet_by_their_names(self, tmp_path: Path) -> None:
        some_bars(30).to_csv(tmp_path / "AAA.csv", index_label="Date")
        some_bars(50, step="1h").reset_index(names="time").to_parquet(tmp_path / "BTC%2FUSD_1h.parquet")
        (tmp_path / "notes.txt").write_text("no data")
        folder = Folder(tmp_path)

        assert [(listing.symbol, listing.interval) for listing in folder.symbols()] == [("AAA", ""), ("BTC/USD", "1h")]
        assert len(folder.bars("AAA", start=None, end=None, interval="1d")) == 30
        assert len(folder.bars("BTC/USD", start=at("2020-01-01T10:00"), end=None, interval=None)) == 40

    def test_has_several_intervals_of_one_symbol(self, tmp_path: Path) -> None:
        some_bars(30).to_csv(tmp_path / "AAA_1d.csv", index_label="Date")
        some_bars(30, step="1h").to_csv(tmp_path / "AAA_1h.csv", index_label="Date")
        folder = Folder(tmp_path)

        assert folder.bars("AAA", start=None, end=None, interval="1h").interval == "1h"
        with pytest.raises(UnsupportedInterval, match="with 1d and 1h bars, not 5m"):
            folder.bars("AAA", start=None, end=None, interval="5m")

    def test_notices_a_file_that_was_replaced(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        some_bars(30).to_csv(tmp_path / "AAA.csv", index_label="Date")
        assert len(folder.bars("AAA", start=None, end=None, interval=None)) == 30

        some_bars(31).to_csv(tmp_path / "AAA.csv", index_label="Date")

        assert len(folder.bars("AAA", start=None, end=None, interval=None)) == 31

    def test_refuses_a_file_that_claims_another_interval(self, tmp_path: Path) -> None:
        some_bars(30, step="1h").to_csv(tmp_path / "AAA_1d.csv", index_label="Date")

        with pytest.raises(InvalidData, match="claims 1d bars, but they are 1h apart"):
            Folder(tmp_path).bars("AAA", start=None, end=None, interval=None)

    def test_a_damaged_parquet_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "AAA.parquet").write_bytes(b"PAR1 not really")

        with pytest.raises(InvalidData, match="no readable parquet"):
            Folder(tmp_path).bars("AAA", start=None, end=None, interval=None)

    def test_a_folder_that_is_not_there_has_nothing(self, tmp_path: Path) -> None:
        assert Folder(tmp_path / "none").symbols() == ()
