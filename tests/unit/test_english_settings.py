import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest_engine.errors import NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.language.settings import examples, read_settings

RULES = "buy when RSI is below 30, sell when RSI is above 70"


@pytest.mark.parametrize(("field", "text", "value"), examples())
def test_each_pattern_finds_what_its_example_says(field: str, text: str, value: object) -> None:
    found = read_settings(text).values

    shown = f"{found.get('start', '')}..{found.get('end', '')}" if field == "dates" else found.get(field)

    assert shown == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"On Apple, {RULES}", {"symbol": "AAPL"}),
        (f"bitcoin: {RULES}", {"symbol": "BTCUSD"}),
        (f"{RULES} on eur/usd", {"symbol": "EURUSD"}),
        (f"{RULES}. ETH/USDT 4h", {"symbol": "ETH/USDT", "interval": "4h"}),
        (f"S&P 500 daily: {RULES}", {"symbol": "^GSPC", "interval": "1d"}),
        (f"Gold, hourly bars. {RULES}", {"symbol": "GC=F", "interval": "1h"}),
        (f"{RULES} on a 15-minute chart", {"interval": "15m"}),
        (f"timeframe = H1. {RULES}", {"interval": "1h"}),
        (f"SPY 1998-2018. {RULES}", {"symbol": "SPY", "start": "1998-01-01", "end": "2018-12-31"}),
        (f"{RULES}. From March 2011 until end of June 2014.", {"start": "2011-03-01", "end": "2014-06-30"}),
        (f"{RULES}. Backtest it since 2010-05-03.", {"start": "2010-05-03"}),
        (f"{RULES} over the past ten years", {"last": "10y"}),
        (f"my account is 15,000 dollars. {RULES}", {"cash": 15000}),
        (f"{RULES}. I'd start with $2,500.50", {"cash": 2500.5}),
        (f"{RULES}. Fees are 5 bps.", {"commission": 0.0005}),
        (f"{RULES}. Without commissions.", {"commission": 0}),
        (f"TSLA 5x leverage, {RULES}", {"symbol": "TSLA", "leverage": 5}),
    ],
)
def test_settings_are_found_anywhere(text: str, values: dict[str, object]) -> None:
    assert read_settings(text).values == values


@pytest.mark.parametrize(
    "text",
    [
        "Buy 100 shares when SMA(50) crosses above SMA(200)",
        "risk 2% of equity per trade with $2,000 per trade",
        "buy when weekly RSI is above 50 and the daily close is above the 200 day SMA",
        "buy the breakout of the highest high of the last 5 months",
        "buy when price is above 2010, sell when it is below 1990",
        "buy at the golden cross, sell at the death cross",
        "hold for 5 days, take profit 3 %, stop loss 1%",
        "I traded EURUSD like this in 2015 and it worked",
        "SELL when MACD crosses down, BUY when it crosses up",
    ],
)
def test_rules_are_no_settings(text: str) -> None:
    settings = read_settings(text)

    assert settings.values == {}
    assert settings.rest == text


def test_every_other_word_keeps_its_place() -> None:
    text = f"On EURUSD, with $10,000: {RULES}"

    rest = read_settings(text).rest

    assert len(rest) == len(text)
    assert rest.index("buy") == text.index("buy")


def test_a_draft_carries_what_the_words_named() -> None:
    draft = OfflineGenerator().generate("Buy EURUSD when RSI < 30 and sell when RSI > 70, since 2017 with 5k")

    assert draft.settings == {"symbol": "EURUSD", "start": "2017-01-01", "cash": 5000}
    assert draft.name == "RSI 30/70 on EURUSD"


def test_an_error_carries_them_too() -> None:
    with pytest.raises(NeedsClarification) as caught:
        OfflineGenerator().generate("Buy EURUSD when RSI < 30")

    assert caught.value.details["settings"] == {"symbol": "EURUSD"}


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Buy EURUSD when GBPUSD is above its SMA(20), sell when it is below", "symbol"),
        ("EURUSD 1h: buy when the close is above the 50 day SMA, sell when it is below", "length of a day"),
    ],
)
def test_what_cannot_be_decided_is_asked(text: str, about: str) -> None:
    with pytest.raises(NeedsClarification) as caught:
        OfflineGenerator().generate(text)

    assert about in {question["about"] for question in caught.value.details["questions"]}


@given(st.sampled_from(["EURUSD", "GOOG", "SPY", "GBP/JPY"]), st.integers(1980, 2020), st.integers(1, 500))
def test_a_change_of_a_setting_changes_just_that(symbol: str, year: int, thousands: int) -> None:
    values = read_settings(f"{RULES} on {symbol}, since {year}, account {thousands}k").values

    assert values == {"symbol": symbol.replace("/", ""), "start": f"{year}-01-01", "cash": thousands * 1000}


@pytest.mark.parametrize(
    "text", ["from 2000 " * 500, "a " * 2000, "$" * 4000, "on the " * 570, "EUR" * 1300, "1,000" * 800]
)
def test_hostile_texts_end(text: str) -> None:
    settings = read_settings(text)

    assert len(settings.rest) == len(text)
