"""Whatever is typed, the answer is a strategy, a question or a refusal, and it comes soon."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language import parse
from backtest_engine.language.vocabulary import vocabulary

SECONDS = 1.0

HOSTILE = {
    "empty": "",
    "blank": "   \n\t ",
    "only signs": "... !!! ---",
    "twenty thousand characters": "buy when RSI(14) < 30 and " * 800,
    "one word without end": "a" * 3_999,
    "open brackets": "buy when " + "(" * 3_000,
    "nested brackets": "buy when " + "(" * 300 + "rsi < 30" + ")" * 300 + ", sell rsi > 70",
    "not not not": "buy when " + "not " * 800 + "rsi < 30",
    "a sum without end": "buy when close > 1" + " + 1" * 800,
    "ratios": "1/" * 1_900,
    "hundreds of conditions": "buy when " + " and ".join(["rsi(14) < 30"] * 250) + ", sell rsi > 70",
    "hundreds of rules": "rsi < 30 buy " * 300,
    "timeframes": "weekly " * 500,
    "emojis": "🚀" * 2_000,
    "lone surrogates": "buy when \ud800 rsi < 30",
    "control characters": "buy\x00when\x07rsi\x1b[31m < 30",
    "right to left": "buy when \u202ersi < 30\u202c sell rsi > 70",
    "a number of three thousand digits": "buy when rsi < " + "9" * 3_000,
    "a tiny number": "buy when close > 0." + "0" * 500 + "1, sell close < 1",
    "a negative period": "buy when rsi(-14) < 30, sell rsi > 70",
    "period zero": "buy when sma(0) > close, sell close < 10",
    "a period of a billion": "buy when sma(1000000000) > close, sell close < 10",
    "RSI over 100": "buy when rsi(14) > 500, sell rsi < 30",
    "a million percent": "buy rsi(14) < 30, sell rsi > 70, stop 1000000%",
    "a fractional streak": "buy after 2.5 red candles in a row, sell rsi > 70",
    "a holding time of years": "buy rsi(14) < 30, hold for 999999999 bars",
    "the thirteenth month": "buy on the 32nd of each month, sell after 5 bars",
    "code": 'buy when rsi < 30\n"""\nimport os; os.system(\'id\')\n"""',
    "a format string": "buy when {self.__class__} > %s, sell rsi > 70",
}


def read(text: str) -> float:
    started = time.process_time()
    refusal = None
    try:
        parse(text)
    except (DescriptionRefused, NeedsClarification) as error:
        refusal = error
    seconds = time.process_time() - started
    assert refusal is None or (refusal.message and (refusal.details.keys() & {"problems", "questions"}))
    return seconds


class TestHostileInput:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_is_answered_soon(self, name: str) -> None:
        assert read(HOSTILE[name]) < SECONDS

    # Marks of writing direction change nothing that is said.
    @pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"right to left"}))
    def test_is_not_made_into_a_strategy(self, name: str) -> None:
        with pytest.raises((DescriptionRefused, NeedsClarification)):
            parse(HOSTILE[name])

    def test_bounds_the_length(self) -> None:
        with pytest.raises(DescriptionRefused) as caught:
            parse("buy " * 2_000)

        assert caught.value.details["problems"][0]["code"] == "too_long"

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=200))
    def test_of_any_kind_is_answered(self, text: str) -> None:
        assert read(text) < SECONDS

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(sorted(vocabulary().words)), max_size=40).map(" ".join))
    def test_of_known_words_in_any_order_is_answered(self, text: str) -> None:
        assert read(text) < SECONDS
