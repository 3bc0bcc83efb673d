"""Laws of reading by pieces: what is said changes what is read, and what is not understood is asked about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.language import explain, parse, understand
from backtest_engine.language import read as understood
from backtest_engine.language.pieces.reading import read_pieces
from backtest_engine.spec import StrategySpec

periods = st.integers(2, 250)
levels = st.integers(5, 95)


def read(text: str) -> StrategySpec:
    pieces = read_pieces(text)
    assert pieces.spec is not None, pieces.doubts
    return pieces.spec


class TestChanges:
    @given(periods, levels, levels, periods)
    def test_each_number_is_in_the_reading(self, period: int, entry: int, over: int, stop: int) -> None:
        text = f"rsi({period}) < {entry} -> buy, rsi({period}) > {entry + over} -> sell, stop loss {stop / 10}%"
        pieces = read_pieces(text)

        if pieces.spec is None:
            assert pieces.doubts  # Such as a level that RSI never reaches.
        else:
            told = explain(pieces.spec)
            assert f"RSI({period}) is below {entry};" in told
            assert f"RSI({period}) is above {entry + over}." in told
            assert f"Stop loss {stop / 10:g} %" in told

    @given(periods, st.sampled_from(["SMA", "EMA", "WMA", "HMA"]))
    def test_the_indicator_and_the_direction_count(self, period: int, name: str) -> None:
        over = read(f"long if close > {name}({period}), exit if close < {name}({period})")
        under = read(f"long if close < {name}({period}), exit if close > {name}({period})")

        assert f"above {name}({period});" in explain(over)
        assert f"below {name}({period});" in explain(under)

    def test_a_cross_is_no_state(self) -> None:
        cross = read("close crosses above ema 20: buy. close crosses below ema 20: sell.")
        state = read("close above ema 20: buy. close below ema 20: sell.")

        assert cross != state


class TestAccount:
    @pytest.mark.parametrize(
        "added",
        [
            "unless it rains",
            "with gusto",
            "but not 7",
            "and the moon is full",
            "when 12",
            "not",
            "vice versa for shorts",
        ],
    )
    def test_what_was_not_understood_is_doubted(self, added: str) -> None:
        pieces = read_pieces(f"Buy when RSI(14) < 30 {added}. Sell when RSI(14) > 70.")

        assert pieces.spec is None
        assert pieces.doubts

    @given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
    def test_no_text_is_too_strange(self, text: str) -> None:
        pieces = read_pieces(text)

        assert (pieces.spec is None) == bool(pieces.doubts)

    @pytest.mark.parametrize(
        "text",
        [
            "Buy when close > sma 20 and rsi < 30 or cci > 100. Sell when close < sma 20.",
            "Buy when the close is above the high. Sell after 3 bars.",
            "rsi under 50 buy, rsi over 40 sell",
            "Buy with a 3% stop when RSI < 30, exit RSI > 50; short RSI > 70, cover RSI < 50.",
            "Long when price crosses the 20 ema, short when it crosses the other way",
        ],
    )
    def test_what_has_two_meanings_is_no_reading(self, text: str) -> None:
        assert read_pieces(text).spec is None


class TestQuestions:
    def test_left_over_words_can_be_left_out_by_choice(self) -> None:
        text = "if close is under 20 sma frobnicate I buy it, hold five bars, macd > signal -> exit"

        (question,) = understood(text).questions

        without = next(option for option in question.options if "frobnicate" in option.label)
        assert "frobnicate" not in without.wording
        assert understood(text, {question.id: without.id}).spec is not None

    def test_sell_beside_stop_and_target_in_pips_is_asked(self) -> None:
        rules = "Buy when close crosses above upper keltner band. Sell when close crosses below lower keltner band."
        with pytest.raises(NeedsClarification) as caught:
            understand(f"{rules} SL 5%. TP 9%.")

        sides = [set(parse(option["reading"]).spec.sides) for option in caught.value.details["questions"][0]["options"]]
        assert sides == [{"long"}, {"long", "short"}]


WORDS = (
    "buy",
    "sell",
    "rsi",
    "ema",
    "20",
    "50",
    ">",
    "<",
    "cross",
    "above",
    "and",
    "or",
    "not",
    "(",
    ")",
    ",",
    ".",
    "stop",
)


class TestHostileTexts:
    @pytest.mark.parametrize(
        "text",
        [
            "buy when " + "rsi < 30 and " * 280,
            "(" * 3_900,
            "ema " * 900,
            "20 day " * 550,
            "close > " * 480,
            "1,2,3," * 600,
            "x" * 20_000,
            "buy when rsi < 30. " * 1_000,
        ],
    )
    def test_ends(self, text: str) -> None:
        with pytest.raises((DescriptionRefused, NeedsClarification)):
            OfflineGenerator().generate(text)

    @settings(max_examples=30)
    @given(st.lists(st.sampled_from(WORDS), max_size=120))
    def test_any_order_of_words_ends(self, words: list[str]) -> None:
        pieces = read_pieces(" ".join(words))

        assert (pieces.spec is None) == bool(pieces.doubts)
