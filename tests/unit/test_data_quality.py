"""What no market does is said with its date and value and makes a result doubtful; what markets do is not accused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backtest_engine.data import Folder, Samples
from backtest_engine.data import bars as bar_forms
from backtest_engine.data.findings import doubts
from backtest_engine.data.interval import Interval, infer_interval, parse_interval
from backtest_engine.data.quality import examine
from backtest_engine.domain import Notice

BARS = Path(__file__).parents[1] / "corpus/public/bars"
DAY = parse_interval("1d")


def walk(index: pd.DatetimeIndex, *, seed: int = 1, volatility: float = 0.01, price: float = 100.0) -> pd.DataFrame:
    """Bars of a random walk with gaps over night of a third of a day's move."""
    random = np.random.default_rng(seed)
    count = len(index)
    close = price * np.exp(random.normal(0, volatility, count).cumsum())
    opened = np.r_[price, close[:-1]] * np.exp(random.normal(0, volatility / 3, count))
    spread = np.abs(random.normal(0, volatility / 2, (2, count)))
    high, low = np.maximum(opened, close) * (1 + spread[0]), np.minimum(opened, close) * (1 - spread[1])
    columns = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": np.full(count, 1000.0)}
    return pd.DataFrame(columns, index=index)


def daily(count: int = 300, **options: Any) -> pd.DataFrame:
    return walk(pd.bdate_range("2020-01-01", periods=count), **options)


def found(frame: pd.DataFrame, interval: Interval = DAY) -> dict[str, Notice]:
    return {notice.details["kind"]: notice for notice in examine(bar_forms.canonical(frame), interval)}


def doubtful(frame: pd.DataFrame, interval: Interval = DAY) -> set[str]:
    return {notice.details["kind"] for notice in doubts(examine(bar_forms.canonical(frame), interval))}


def scaled(frame: pd.DataFrame, ratio: float, at: int = 150) -> pd.DataFrame:
    """Prices before a bar times a ratio."""
    changed = frame.copy()
    changed.iloc[:at, :4] *= ratio
    return changed


class TestJumps:
    @pytest.mark.parametrize(
        "ratio", [1.2, 1.25, 1.5, 2, 3, 4, 7, 10, 11.2, 20, 100, 190, 1 / 1.5, 1 / 2, 1 / 8, 1 / 10, 1 / 37, 1 / 100]
    )
    @pytest.mark.parametrize("seed", range(4))
    def test_of_any_ratio_are_said_and_make_doubtful(self, ratio: float, seed: int) -> None:
        notices = found(scaled(daily(seed=seed), ratio))

        jump = notices.get("split_suspect") or notices.get("jump")
        # On a restless day a bonus of one for five or four may be an ordinary move.
        assert jump is not None or ratio < 1.3
        if jump is not None:
            assert jump.details["severity"] == "doubt"
            assert "2020-07-29" in jump.message

    @pytest.mark.parametrize(
        ("name", "words"), [("JUMP11", "11.2"), ("PENCE", "pence and pounds"), ("RSPLIT190", "190")]
    )
    def test_of_the_public_record_are_said(self, name: str, words: str) -> None:
        dataset = Folder(BARS).bars(name, start=None, end=None, interval=None)

        (jump,) = doubts(dataset.notices)
        assert words in jump.message
        assert "2020-04-20" in jump.message

    def test_inside_a_bar_are_said_too(self) -> None:
        frame = daily()
        frame.iloc[150:, :4] *= 61
        frame.iloc[150, 0] /= 61
        frame.iloc[150, 2] /= 61

        assert "jump" in doubtful(frame)

    @pytest.mark.parametrize("seed", range(30))
    @pytest.mark.parametrize("volatility", [0.003, 0.01, 0.03, 0.06])
    def test_ordinary_markets_are_not_accused(self, seed: int, volatility: float) -> None:
        assert doubtful(daily(seed=seed, volatility=volatility)) == set()

    def test_a_crash_and_a_surge_are_not_accused(self) -> None:
        frame = daily()
        for place, move in ((100, 0.72), (200, 1.35)):
            frame.iloc[place:, :4] *= move
            frame.iloc[place, 1] *= 1.08
            frame.iloc[place, 2] *= 0.92

        assert doubtful(frame) == set()

    def test_samples_are_not_accused(self) -> None:
        for symbol in ("GOOG", "EURUSD", "BTCUSD"):
            assert not doubts(Samples().bars(symbol, start=None, end=None, interval=None).notices)


class TestBadTicks:
    @pytest.mark.parametrize(("column", "value"), [("Low", 0.01), ("Low", 40.0), ("High", 9999.0), ("High", 210.0)])
    def test_are_said_with_date_and_value(self, column: str, value: float) -> None:
        frame = daily()
        frame.iloc[[120, 240], frame.columns.get_loc(column)] = value

        tick = found(frame)["bad_tick"]

        assert tick.details["severity"] == "doubt"
        assert tick.details["count"] == 2
        assert f"{column.lower()} of 2020-06-17 is {value:g}" in tick.message

    def test_of_minutes_are_smaller(self) -> None:
        frame = walk(pd.date_range("2024-01-02 09:30", periods=390, freq="1min"), volatility=0.0003)
        frame.iloc[200, 2] *= 0.85

        assert doubtful(frame, parse_interval("1m")) == {"bad_tick"}

    def test_a_wild_market_is_not_accused(self) -> None:
        frame = daily(volatility=0.08)
        frame["Low"] *= 1 - np.abs(np.random.default_rng(5).standard_t(3, len(frame))) * 0.03

        assert "bad_tick" not in doubtful(frame)

    def test_a_slipped_close_is_a_spike(self) -> None:
        frame = daily()
        frame.iloc[50, 1] *= 10
        frame.iloc[50, 3] *= 10

        assert "spike" in doubtful(frame)


class TestHoles:
    def test_of_nine_hours_in_a_market_round_the_clock_are_said(self) -> None:
        index = pd.date_range("2024-03-04", "2024-04-12 20:00", freq="1h")
        index = index[index.weekday < 5]
        whole = walk(index, volatility=0.001)
        hole = whole.drop(whole.index[(whole.index >= "2024-03-20 05:00") & (whole.index < "2024-03-20 14:00")])

        notice = found(hole, parse_interval("1h"))["hole"]

        assert doubtful(whole, parse_interval("1h")) == set()
        assert notice.details["severity"] == "doubt"
        assert "From 2024-03-20 04:00 to 2024-03-20 14:00" in notice.message

    def test_across_midnight_and_in_minutes_too(self) -> None:
        whole = walk(pd.date_range("2024-03-04", periods=14 * 24 * 12, freq="5min"), volatility=0.0005)
        hole = whole.drop(whole.index[(whole.index >= "2024-03-10 20:00") & (whole.index < "2024-03-11 05:00")])

        assert doubtful(whole, parse_interval("5m")) == set()
        assert doubtful(hole, parse_interval("5m")) == {"hole"}

    def test_nights_weekends_holidays_and_early_ends_are_none(self) -> None:
        days = [
            day for day in pd.bdate_range("2023-11-01", "2024-02-28") if day.strftime("%m-%d") not in ("11-23", "12-25")
        ]
        index = pd.DatetimeIndex(
            [
                day + pd.Timedelta(minutes=570 + 30 * number)
                for day in days
                for number in range(7 if day.strftime("%m-%d") == "11-24" else 13)
            ]
        )
        frame = walk(index, volatility=0.002)

        assert doubtful(frame, parse_interval("30m")) == set()
        middle = frame.drop(frame.index[(frame.index >= "2024-01-10 10:00") & (frame.index < "2024-01-10 15:00")])
        assert doubtful(middle, parse_interval("30m")) == {"hole"}


class TestThinMarkets:
    @pytest.mark.parametrize("share", [0.15, 0.3, 0.5, 0.8])
    def test_are_read_with_their_interval(self, share: float) -> None:
        whole = walk(pd.date_range("2024-03-04", periods=3000, freq="1min"), volatility=0.0005)
        thin = whole[np.random.default_rng(2).random(len(whole)) < share]

        assert infer_interval(bar_forms.canonical(thin)).name == "1m"
        assert doubtful(thin, parse_interval("1m")) == set()

    def test_of_the_public_record_are_served_as_what_they_claim(self) -> None:
        dataset = Folder(BARS).bars("SPARSE", start=None, end=None, interval="1m")

        assert (dataset.interval, len(dataset)) == ("1m", 200)
        assert "27 % of the 1m bars" in "".join(notice.message for notice in dataset.notices)

    def test_a_first_hour_cut_short_is_no_thin_market(self) -> None:
        clocks = ["09:30", *[f"{hour}:00" for hour in range(10, 16)]]
        index = pd.DatetimeIndex(
            [f"{day:%Y-%m-%d} {clock}" for day in pd.bdate_range("2024-01-02", periods=20) for clock in clocks]
        )

        assert infer_interval(bar_forms.canonical(walk(index))).name == "1h"
