"""Every vendor is held to the same promises, against a loopback server that speaks its wire format."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backtest_engine.data import VENDORS, Alpaca, CcxtExchange, Massive, Remote, RetryPolicy, Samples, Yahoo
from backtest_engine.errors import AlgoAgentError, DataUnavailable, DatesOutsideData, UnknownSymbol, UnsupportedInterval
from tests.fakes.market_data import ALPACA_KEY, MASSIVE_KEY, FakeMarket, Trouble, at

NOW = at("2013-03-10T12:00")

Build = Callable[[FakeMarket, Path], Any]
BUILD: dict[str, tuple[Build, str]] = {
    "yfinance": (lambda market, folder: Yahoo(session=market.session(), adjusted=False, cache=folder), "GOOG"),
    "ccxt": (lambda market, _: CcxtExchange("binance", urls={"public": f"{market.url}/api/v3"}), "BTC/USDT"),
    "alpaca": (lambda market, _: Alpaca(key_id=ALPACA_KEY[0], secret=ALPACA_KEY[1], base_url=market.url), "GOOG"),
    "massive": (lambda market, _: Massive(key=MASSIVE_KEY, base_url=market.url), "GOOG"),
}


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return Samples().bars("GOOG", start=at("2009-01-01"), end=None, interval=None).bars


@pytest.fixture
def market(days: pd.DataFrame) -> Iterator[FakeMarket]:
    with FakeMarket(days) as market:
        yield market


@pytest.fixture
def waits() -> list[float]:
    return []


class Source:
    """One vendor as a source, and the symbol that its server has."""

    def __init__(self, name: str, market: FakeMarket, waits: list[float], folder: Path) -> None:
        build, self.symbol = BUILD[name]
        self.vendor = build(market, folder)
        # Its list of pairs and its start in 2015 would hide these old bars.
        self.vendor.earliest = at("2004-01-01")
        retry = RetryPolicy(attempts=3, first_wait=0.01, longest_wait=30.0, sleep=waits.append)
        self.remote = Remote(self.vendor, now=lambda: NOW, retry=retry)

    def bars(self, start: str, end: str, interval: str = "1d", symbol: str | None = None) -> Any:
        return self.remote.bars(symbol or self.symbol, start=at(start), end=at(end), interval=interval)


@pytest.fixture(params=sorted(VENDORS))
def source(request: pytest.FixtureRequest, market: FakeMarket, waits: list[float], tmp_path: Path) -> Source:
    return Source(request.param, market, waits, tmp_path)


def test_there_is_a_test_server_for_every_vendor() -> None:
    assert BUILD.keys() == VENDORS.keys()


class TestEveryVendor:
    def test_gives_the_bars_of_whole_days_with_both_ends(self, source: Source, days: pd.DataFrame) -> None:
        dataset = source.bars("2010-01-04", "2010-01-08T23:59:59")

        expected = days.loc["2010-01-04":"2010-01-08"]
        assert list(dataset.bars.index) == list(expected.index)
        np.testing.assert_allclose(dataset.bars.to_numpy(), expected.to_numpy())
        assert dataset.interval == "1d"
        assert dataset.source == source.remote.name

    def test_follows_all_pages(self, source: Source, days: pd.DataFrame) -> None:
        dataset = source.bars("2009-01-01", "2013-03-01T23:59:59")

        assert len(dataset) == len(days) > 1_000

    def test_refuses_a_symbol_that_it_does_not_have(self, source: Source) -> None:
        with pytest.raises((UnknownSymbol, DatesOutsideData), match="NOSUCH"):
            source.bars("2010-01-04", "2010-01-08", symbol="NOSUCH")

    def test_an_empty_answer_is_an_error_with_the_range(self, source: Source) -> None:
        with pytest.raises(DatesOutsideData, match="from 2010-01-09 to 2010-01-10"):
            source.bars("2010-01-09", "2010-01-10")

    def test_refuses_an_interval_that_it_does_not_have_without_asking(self, source: Source, market: FakeMarket) -> None:
        lacking = {"yfinance": "10m", "ccxt": "90m", "alpaca": "90m", "massive": "3d"}

        with pytest.raises(UnsupportedInterval, match="has no"):
            source.bars("2010-01-04", "2010-01-08", interval=lacking[source.remote.name.split(":")[0]])

        assert not market.asked

    @pytest.mark.parametrize(
        "trouble",
        [
            Trouble(status=429, body='{"code": -1003, "message": "slow down"}'),
            Trouble(status=503, body="down"),
            Trouble(status=200, body="<html>login</html>"),
            Trouble(hang_up=True),
        ],
        ids=["rate limit", "down", "no JSON", "hang up"],
    )
    def test_tries_again_after_passing_trouble(
        self, source: Source, market: FakeMarket, waits: list[float], trouble: Trouble
    ) -> None:
        # yfinance itself asks a second time, with another cookie.
        market.trouble += [trouble] * 2

        dataset = source.bars("2010-01-04", "2010-01-08")

        assert len(dataset) == 5
        assert len(waits) >= 1

    def test_gives_one_clear_error_when_trouble_lasts(
        self, source: Source, market: FakeMarket, waits: list[float]
    ) -> None:
        market.trouble += [Trouble(status=500, body="{}")] * 50

        with pytest.raises(DataUnavailable, match="did not serve the request after 3 attempts") as caught:
            source.bars("2010-01-04", "2010-01-08")

        assert caught.value.retryable
        assert len(waits) == 2

    def test_leaves_out_the_bar_that_is_not_over(self, market: FakeMarket, waits: list[float], source: Source) -> None:
        source.remote._now = lambda: at("2010-01-08T20:59")

        dataset = source.remote.bars(source.symbol, start=at("2010-01-04"), end=None, interval="1d")

        assert dataset.bars.index[-1] == pd.Timestamp("2010-01-07")

    def test_never_shows_a_key(self, source: Source, market: FakeMarket) -> None:
        market.trouble += [Trouble(status=403, body=f'{{"echo": "{MASSIVE_KEY} {ALPACA_KEY[1]}"}}')] * 9

        with pytest.raises(AlgoAgentError) as caught:
            source.bars("2010-01-04", "2010-01-08")

        shown = f"{caught.value!r} {caught.value.as_dict()} {source.vendor!r} {vars(source.vendor)}"
        assert MASSIVE_KEY not in shown
        assert ALPACA_KEY[1] not in shown
        assert all(MASSIVE_KEY not in f"{asked.path}{asked.query}" for asked in market.asked)


class TestYahoo:
    def test_one_minute_bars_of_2010_are_refused_before_anything_is_asked(
        self, market: FakeMarket, waits: list[float], tmp_path: Path
    ) -> None:
        source = Source("yfinance", market, waits, tmp_path)

        with pytest.raises(UnsupportedInterval, match="last 8 days only; asked from 2010-01-04") as caught:
            source.bars("2010-01-04", "2010-01-08", interval="1m")

        assert "2013-03-02" in (caught.value.hint or "")
        assert not market.asked

    def test_adjusts_all_prices_by_choice(self, market: FakeMarket, days: pd.DataFrame, tmp_path: Path) -> None:
        adjusted = Remote(Yahoo(session=market.session(), adjusted=True, cache=tmp_path), now=lambda: NOW)

        dataset = adjusted.bars("GOOG", start=at("2010-01-04"), end=at("2010-01-08"), interval="1d")

        expected = days.loc["2010-01-04":"2010-01-08", ["Open", "High", "Low", "Close"]] / 2
        np.testing.assert_allclose(dataset.bars[["Open", "High", "Low", "Close"]].to_numpy(), expected.to_numpy())

    def test_a_row_without_prices_is_left_out_with_a_word(
        self, days: pd.DataFrame, waits: list[float], tmp_path: Path
    ) -> None:
        holed = days.copy()
        holed.loc["2010-01-06"] = np.nan

        with FakeMarket(holed) as market:
            dataset = Source("yfinance", market, waits, tmp_path).bars("2010-01-04", "2010-01-08T23:00")

        assert len(dataset) == 4
        assert [notice.details["kind"] for notice in dataset.notices] == ["missing_bars"]

    def test_corrupt_bars_are_refused(self, days: pd.DataFrame, waits: list[float], tmp_path: Path) -> None:
        corrupt = days.copy()
        corrupt.loc["2010-01-06", "High"] = 1.0

        with (
            FakeMarket(corrupt) as market,
            pytest.raises(AlgoAgentError, match="2010-01-06 has a high below") as caught,
        ):
            Source("yfinance", market, waits, tmp_path).bars("2010-01-04", "2010-01-08")

        assert caught.value.code == "invalid_data"


class TestKeys:
    @pytest.mark.parametrize(
        "vendor",
        [
            lambda url: Alpaca(key_id="id", secret="wrong", base_url=url),
            lambda url: Massive(key="wrong", base_url=url),
        ],
        ids=["alpaca", "massive"],
    )
    def test_a_refused_key_is_said_at_once(
        self, market: FakeMarket, waits: list[float], vendor: Callable[[str], Any]
    ) -> None:
        remote = Remote(vendor(market.url), now=lambda: at("2016-02-01"), retry=RetryPolicy(sleep=waits.append))

        with pytest.raises(DataUnavailable, match="refused the key"):
            remote.bars("GOOG", start=at("2016-01-04"), end=at("2016-01-08"), interval="1d")

        assert not waits

    def test_a_next_page_elsewhere_does_not_get_the_key(
        self, market: FakeMarket, days: pd.DataFrame, waits: list[float], tmp_path: Path
    ) -> None:
        with FakeMarket(days) as elsewhere:
            body = f'{{"results": [], "next_url": "{elsewhere.url}/v2/aggs/ticker/GOOG/range/1/day/0/1"}}'
            market.trouble.append(Trouble(body=body))

            with pytest.raises(DataUnavailable, match="another host"):
                Source("massive", market, waits, tmp_path).bars("2010-01-04", "2010-01-08")

            assert not elsewhere.asked

    def test_waits_as_long_as_the_vendor_asks(self, market: FakeMarket, waits: list[float], tmp_path: Path) -> None:
        market.trouble.append(Trouble(status=429, headers={"Retry-After": "7"}))

        Source("massive", market, waits, tmp_path).bars("2010-01-04", "2010-01-08")

        assert waits == [7.0]


class TestIntraday:
    def test_hourly_stamps_are_utc_through_daylight_saving(self, waits: list[float], tmp_path: Path) -> None:
        hours = pd.DatetimeIndex(["2010-03-12 09:30", "2010-03-15 09:30"])
        bars = pd.DataFrame(10.0, index=hours, columns=["Open", "High", "Low", "Close", "Volume"])

        with FakeMarket(bars.set_index(hours - pd.Timedelta(hours=9, minutes=30))) as market:
            source = Source("yfinance", market, waits, tmp_path)
            source.remote._now = lambda: datetime.fromisoformat("2010-03-16T00:00+00:00")
            dataset = source.bars("2010-03-12", "2010-03-15T23:59", interval="1h")

        assert [str(stamp) for stamp in dataset.bars.index] == ["2010-03-12 14:30:00", "2010-03-15 13:30:00"]
