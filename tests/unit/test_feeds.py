"""Feeds: a replay that every process sees alike, and vendors that drop, stall, repeat and come late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest_engine.data.bars import dataset
from backtest_engine.data.interval import INTERVALS, Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.domain import Dataset
from backtest_engine.errors import DataUnavailable, DatesOutsideData
from backtest_engine.feeds import Polling, Replay
from backtest_engine.feeds.replay import steps_at

HOUR, DAY = INTERVALS["1h"], INTERVALS["1d"]
START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(interval: Interval, count: int, *, first: datetime = START) -> pd.DataFrame:
    """Return bars whose close is their number."""
    step = timedelta(seconds=interval.seconds)
    index = pd.DatetimeIndex([(first + number * step).replace(tzinfo=None) for number in range(count)])
    close = pd.Series(range(1, count + 1), index=index, dtype=float)
    return pd.DataFrame(
        {"Open": close, "High": close + 0.5, "Low": close - 0.5, "Close": close, "Volume": 1.0}, index=index
    )


def stored(symbol: str, interval: str) -> Dataset:
    """Return 240 hours or 10 days."""
    count = {"1h": 240, "1d": 10}[interval]
    frame = bars(INTERVALS[interval], count)
    return dataset(symbol=symbol, interval=interval, source="test", bars=frame)


def replay(steps: int, *, start: datetime | None = None, leader: str = "1h") -> Replay:
    return Replay(load=stored, leader=("A", leader), start=start, steps=steps, history=24)


class TestReplay:
    @given(steps=st.integers(0, 400))
    def test_shows_no_bar_that_is_not_closed(self, steps: int) -> None:
        feed = replay(steps)

        for interval in (HOUR, DAY):
            closed = feed.closed("A", interval, count=1_000)
            end = closed.bars.index[-1] + pd.Timedelta(seconds=interval.seconds)
            assert end <= pd.Timestamp(feed.clock.replace(tzinfo=None))

    def test_moves_bar_by_bar_and_stands_still_at_the_end(self) -> None:
        closes = [float(replay(steps).closed("A", HOUR, count=1).bars["Close"].iloc[-1]) for steps in (0, 1, 2, 500)]

        assert closes == [25.0, 26.0, 27.0, 240.0]

    def test_begins_where_it_is_told(self) -> None:
        feed = replay(0, start=datetime(2024, 1, 5, tzinfo=UTC))

        assert feed.closed("A", HOUR, count=1).bars.index[-1] == pd.Timestamp("2024-01-05 00:00")
        with pytest.raises(DatesOutsideData):
            _ = replay(0, start=datetime(2030, 1, 1, tzinfo=UTC)).clock

    def test_shows_other_markets_at_the_same_moment(self) -> None:
        feed = replay(30)

        assert feed.clock == START + timedelta(hours=55)
        assert feed.closed("B", DAY, count=9).bars.index[-1] == pd.Timestamp("2024-01-02")
        assert feed.closed("B", DAY, count=9).age_seconds == 7 * 3600

    @pytest.mark.parametrize(
        ("seconds", "pace", "steps"), [(0, None, 0), (29, None, 0), (30, None, 1), (95, None, 3), (10, 2.5, 25)]
    )
    def test_takes_its_place_from_the_time_alone(self, seconds: int, pace: float | None, steps: int) -> None:
        now = START + timedelta(seconds=seconds)

        assert steps_at(now, since=START, bars_per_second=pace, slot_seconds=30.0) == steps


class Vendor:
    """Has hourly bars up to now, the last one still forming, and does what a test tells it on the way."""

    name = "fake"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.trouble: Exception | None = None
        self.change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
        self.asked = 0

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        count = int((self._now() - START).total_seconds() // interval.seconds) + 1
        frame = bars(interval, count)
        return self.change(frame[frame.index >= pd.Timestamp(start.replace(tzinfo=None))])


class TestPolling:
    """The contract of a feed, with a vendor that misbehaves."""

    @pytest.fixture
    def time(self) -> list[datetime]:
        return [START + timedelta(hours=50, minutes=10)]

    @pytest.fixture
    def vendor(self, time: list[datetime]) -> Vendor:
        return Vendor(lambda: time[0])

    @pytest.fixture
    def feed(self, time: list[datetime], vendor: Vendor) -> Polling:
        return Polling(vendor, now=lambda: time[0])  # type: ignore[arg-type]

    def closes(self, feed: Polling, count: int = 5) -> list[float]:
        return feed.closed("A", HOUR, count=count).bars["Close"].tolist()

    def test_keeps_the_forming_bar_back(self, feed: Polling) -> None:
        assert self.closes(feed) == [46.0, 47.0, 48.0, 49.0, 50.0]
        assert feed.closed("A", HOUR, count=5).age_seconds == 600

    def test_asks_only_when_a_bar_has_closed(self, feed: Polling, vendor: Vendor, time: list[datetime]) -> None:
        for _ in range(5):
            self.closes(feed)
        assert vendor.asked == 1

        time[0] += timedelta(hours=1)
        assert self.closes(feed)[-1] == 51.0
        assert vendor.asked == 2

    def test_says_the_age_of_the_data_while_a_connected_vendor_stalls(
        self, feed: Polling, vendor: Vendor, time: list[datetime]
    ) -> None:
        self.closes(feed)
        vendor.change = lambda frame: frame[frame.index < pd.Timestamp("2024-01-03 02:00")]
        time[0] += timedelta(hours=3)

        closed = feed.closed("A", HOUR, count=5)

        assert closed.bars["Close"].tolist()[-1] == 50.0
        assert closed.age_seconds == 600 + 3 * 3600

    def test_pauses_longer_each_time_that_a_vendor_drops_it(
        self, feed: Polling, vendor: Vendor, time: list[datetime]
    ) -> None:
        self.closes(feed)
        vendor.trouble = TryAgain("reset")
        time[0] += timedelta(hours=1)
        asked = []
        for _ in range(20):
            self.closes(feed)
            asked.append(vendor.asked)
            time[0] += timedelta(seconds=1)

        assert asked[-1] - asked[0] == 3  # after 2, 4 and 8 seconds

        vendor.trouble = None
        time[0] += timedelta(minutes=3)
        assert self.closes(feed)[-1] == 51.0

    def test_fills_the_gap_after_an_outage(self, feed: Polling, vendor: Vendor, time: list[datetime]) -> None:
        self.closes(feed)
        vendor.trouble = OSError("unreachable")
        time[0] += timedelta(hours=4)
        self.closes(feed)
        vendor.trouble = None
        time[0] += timedelta(minutes=5)

        assert self.closes(feed, 8) == [47.0, 48.0, 49.0, 50.0, 51.0, 52.0, 53.0, 54.0]

    @pytest.mark.parametrize(
        "change",
        [
            lambda frame: pd.concat([frame, frame.iloc[-3:]]),
            lambda frame: frame.iloc[::-1],
            lambda frame: pd.concat([frame.iloc[5:], frame.iloc[:5]]),
        ],
        ids=["twice", "backwards", "late"],
    )
    def test_puts_bars_in_their_place(
        self, feed: Polling, vendor: Vendor, change: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> None:
        vendor.change = change

        closed = feed.closed("A", HOUR, count=50)

        assert closed.bars.index.is_monotonic_increasing
        assert closed.bars["Close"].tolist() == [float(number) for number in range(1, 51)]

    def test_takes_the_correction_of_a_bar(self, feed: Polling, vendor: Vendor, time: list[datetime]) -> None:
        self.closes(feed)

        def corrected(frame: pd.DataFrame) -> pd.DataFrame:
            frame = frame.copy()
            frame.loc[pd.Timestamp("2024-01-03 01:00"), ["High", "Close"]] = [99.5, 99.0]
            return frame

        vendor.change = corrected
        time[0] += timedelta(hours=1)

        assert self.closes(feed)[-2:] == [99.0, 51.0]

    @pytest.mark.parametrize("column", ["Open", "Close"])
    @pytest.mark.parametrize("value", [float("nan"), 0.0, -1.0])
    def test_leaves_out_what_is_no_bar(self, feed: Polling, vendor: Vendor, column: str, value: float) -> None:
        def broken(frame: pd.DataFrame) -> pd.DataFrame:
            frame = frame.copy()
            frame.loc[frame.index[10], column] = value
            return frame

        vendor.change = broken

        assert len(feed.closed("A", HOUR, count=50).bars) == 49

    def test_raises_where_there_never_was_a_bar(self, feed: Polling, vendor: Vendor) -> None:
        vendor.trouble = TryAgain("reset")

        with pytest.raises(DataUnavailable, match="fake"):
            feed.closed("A", HOUR, count=5)
