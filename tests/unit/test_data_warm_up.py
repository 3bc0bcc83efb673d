"""Bars before the start warm indicators up where there are any; clock times are told their zone and their absence."""

from datetime import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backtest_engine.data import Catalog, Folder, Samples, Store
from backtest_engine.data import bars as bar_forms
from backtest_engine.data.interval import parse_interval
from backtest_engine.data.session import clock_notices, session_times
from backtest_engine.errors import DatesOutsideData
from tests.fakes.market_data import at

BARS = Path(__file__).parents[1] / "corpus/public/bars"


class TestWarmUp:
    def test_puts_exactly_so_many_bars_in_front(self) -> None:
        catalog = Catalog([Samples()])
        asked = catalog.bars("GOOG", start="2012-01-01", end="2012-12-31")

        warm = catalog.bars("GOOG", start="2012-01-01", end="2012-12-31", warm_up=200)

        assert (warm.warm_up, len(warm)) == (200, 200 + len(asked))
        assert warm.trade_from == at("2012-01-01")
        assert warm.bars.iloc[200:].equals(asked.bars)
        assert warm.fingerprint == bar_forms.fingerprint(warm.bars) != asked.fingerprint
        assert not warm.notices

    @pytest.mark.parametrize(("start", "count"), [("2004-08-19", 0), ("2004-09-01", 9)])
    def test_says_when_there_are_fewer(self, start: str, count: int) -> None:
        warm = Catalog([Samples()]).bars("GOOG", start=start, end="2005-12-31", warm_up=200)

        assert warm.warm_up == count
        (notice,) = warm.notices
        assert notice.code == "short_warm_up"
        assert notice.details == {"asked": 200, "bars": count}
        assert f"before {start}" in notice.message

    def test_of_hours_reaches_over_nights_and_weekends(self, tmp_path: Path) -> None:
        days = pd.bdate_range("2024-01-02", periods=60)
        index = pd.DatetimeIndex([day + pd.Timedelta(minutes=870 + 60 * hour) for day in days for hour in range(7)])
        close = 100 + np.sin(np.arange(len(index)))
        frame = pd.DataFrame({"Open": close, "High": close + 1, "Low": close - 1, "Close": close}, index=index)
        frame.to_csv(tmp_path / "AAA_1h.csv", index_label="time")

        warm = Catalog([Folder(tmp_path)]).bars("AAA", start="2024-03-01", warm_up=100)

        assert warm.warm_up == 100
        assert warm.bars.index[100] == pd.Timestamp("2024-03-01 14:30")

    def test_is_not_asked_without_a_start(self) -> None:
        whole = Catalog([Samples()]).bars("GOOG", warm_up=200)

        assert whole.trade_from is None
        assert whole.warm_up == 0

    def test_does_not_serve_dates_that_are_not_there(self) -> None:
        with pytest.raises(DatesOutsideData):
            Catalog([Samples()]).bars("GOOG", start="2014-01-01", warm_up=50)

    def test_is_kept_with_its_bars(self, tmp_path: Path) -> None:
        catalog = Catalog([Samples()], store=Store(tmp_path))

        warm = catalog.bars("GOOG", start="2012-01-01", warm_up=30)

        assert catalog.dataset(warm.fingerprint).bars.equals(warm.bars)


class TestClockTimes:
    def test_of_a_session_are_those_of_its_bars(self) -> None:
        bars = Folder(BARS).bars("NYLOCAL", start=None, end=None, interval=None).bars

        session = session_times(bars)

        assert (session.first, session.last) == (time(9, 30), time(15, 30))
        assert len(session.times) == 13
        assert set(session.share) == {1.0}

    def test_at_which_no_bar_begins_are_said_with_those_at_which_some_do(self) -> None:
        dataset = Folder(BARS).bars("NYISO", start=None, end=None, interval=None)

        zone, absent = clock_notices(dataset.bars, parse_interval("30m"), [time(9, 30), time(16)])

        assert (zone.code, absent.code) == ("clock_zone", "clock_time_without_bar")
        assert "UTC" in zone.message
        assert "No bar begins at 09:30 UTC" in absent.message
        assert absent.details["times"] == ["09:30"]

    def test_that_have_bars_only_need_their_zone(self) -> None:
        dataset = Folder(BARS).bars("NYLOCAL", start=None, end=None, interval=None)

        assert [notice.code for notice in clock_notices(dataset.bars, parse_interval("30m"), [time(9, 30)])] == [
            "clock_zone"
        ]
        (late,) = [
            notice
            for notice in clock_notices(dataset.bars, parse_interval("30m"), [time(9, 30), time(16)])
            if notice.code == "clock_time_without_bar"
        ]
        assert "16:00" in late.message

    def test_mean_nothing_for_days(self) -> None:
        dataset = Samples().bars("GOOG", start=None, end=None, interval=None)

        (notice,) = clock_notices(dataset.bars, parse_interval("1d"), [time(9, 30)])

        assert "no clock times" in notice.message
        assert clock_notices(dataset.bars, parse_interval("1d"), []) == ()
