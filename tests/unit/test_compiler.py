"""Compiled strategies: readable, deterministic, tunable, and nothing of the description in them but comments."""

import ast

import pytest
from backtesting import test

from backtest_engine.compiler import compile_spec
from backtest_engine.language import explain, parse
from backtest_engine.spec import StrategySpec
from tests.score.running import run, strategy_class


def compiled(description: str, *, name: str = "Test") -> str:
    parsed = parse(description)
    return compile_spec(parsed.spec, name=name, explanation=explain(parsed.spec), words=parsed.words)


LEVELS = "Buy when RSI(14) < 30, sell when RSI(14) > 70."


class TestCompiledCode:
    def test_keeps_every_number_as_a_class_attribute(self) -> None:
        strategy = strategy_class(compiled(f"{LEVELS} Stop 5%, target 10%."))

        numbers = {name: value for name, value in vars(strategy).items() if isinstance(value, int | float)}
        assert numbers == {
            "rsi_period": 14,
            "rsi_entry_level": 30,
            "rsi_exit_level": 70,
            "stop_loss_percent": 5,
            "take_profit_percent": 10,
        }

    def test_reads_both_bars_of_a_cross_against_one_parameter(self) -> None:
        code = compiled("Buy when RSI(14) crosses above 50, sell when it crosses below 50.")

        assert code.count("rsi_entry_level") == 3

    def test_tells_two_averages_apart(self) -> None:
        code = compiled("Buy when SMA(10) crosses above SMA(20), sell when it crosses below.")

        assert "fast_sma_period = 10" in code
        assert "slow_sma_period = 20" in code

    def test_numbers_three_averages(self) -> None:
        code = compiled("Buy when SMA(10) > SMA(20) and SMA(20) > SMA(50), sell when SMA(10) < SMA(20).")

        assert all(f"sma_{place}_period = {period}" in code for place, period in ((1, 10), (2, 20), (3, 50)))

    def test_puts_the_users_words_above_each_rule(self) -> None:
        code = compiled(LEVELS)

        assert "# Buy when RSI(14) < 30\n" in code
        assert "# sell when RSI(14) > 70\n" in code

    def test_keeps_words_in_their_comment(self) -> None:
        words = {"long.entry": "buy\nimport os\rprint(1)\x0c\u2028raise SystemExit"}
        spec = parse(LEVELS).spec

        code = compile_spec(spec, name="X", words=words)

        assert "# buy import os print(1) raise SystemExit" in code
        assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import)]

    def test_keeps_an_explanation_in_its_docstring(self) -> None:
        code = compile_spec(parse(LEVELS).spec, name="X", explanation='"""\nimport os\n"""\\')

        assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import)]

    @pytest.mark.parametrize("name", ["", "Strategy", "class", "1st try", "a b-c", "ß✓", "import os\n", "x" * 500])
    def test_makes_a_class_name_of_anything(self, name: str) -> None:
        strategy = strategy_class(compiled(LEVELS, name=name))

        assert strategy.__name__.isidentifier()
        assert strategy.__name__ != "Strategy"

    def test_is_the_same_for_the_same_specification(self) -> None:
        spec = parse(f"{LEVELS} Trailing stop 3 ATR.").spec
        again = StrategySpec.model_validate(spec.as_json())

        assert compile_spec(spec, name="A") == compile_spec(again, name="A")

    def test_imports_only_what_it_uses(self) -> None:
        code = compiled("Buy and hold")

        imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert [node.module for node in imports if isinstance(node, ast.ImportFrom)] == ["backtesting"]

    def test_never_keeps_an_indicator_in_a_container(self) -> None:
        code = compiled("Buy when close > upper BB(20,2) and MACD histogram > 0, sell when close < middle BB.")

        calls = [
            node
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Assign) and "self.I(" in ast.unparse(node)
        ]
        assert calls
        assert all(isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Attribute) for node in calls)

    def test_guards_an_order_whose_stop_could_be_on_the_wrong_side(self) -> None:
        code = compiled(f"{LEVELS} Stop at the low of the previous bar.")

        assert "if 0 < stop < price:" in code

    def test_needs_no_guard_for_percentages(self) -> None:
        assert "if 0 <" not in compiled(f"{LEVELS} Stop 5%, target 10%.")

    def test_divides_by_nothing_that_may_be_zero(self) -> None:
        code = compiled("Buy when the close is in the top quarter of the day's range, exit after 5 bars.")

        assert "def ratio(" in code

    def test_carries_no_function_that_it_does_not_call(self) -> None:
        code = compiled(LEVELS)

        assert "def ratio(" not in code
        assert "def completed(" not in code

    def test_waits_for_the_bars_that_it_looks_back_on(self) -> None:
        assert "if len(self.data) < 6:\n            return" in compiled(
            "Buy when close > close 5 bars ago, exit after 5 bars."
        )

    def test_measures_the_risk_to_where_a_trailing_stop_begins(self) -> None:
        described = parse("Buy RSI(14) < 30. 8 % trailing stop, take profit 2R, risk 1 % of equity per trade.")

        first = run(compile_spec(described.spec, name="Trailing"), "GOOG")["_trades"].iloc[0]

        # 1 % of the equity over 8 % of the price is an eighth of the equity, and twice the risk is 16 %.
        signal_close = test.GOOG.Close.iloc[first.EntryBar - 1]
        assert first.Size == int(10_000 / 8 / (first.EntryPrice * 1.002))
        assert first.SL / signal_close > 0.92 - 1e-9
        assert first.TP / signal_close == pytest.approx(1.16)
        assert "the risk of a trade is measured to where its trailing stop begins" in described.assumptions

    def test_turns_a_position_round_at_one_open(self) -> None:
        code = compiled("Always in the market: long when SMA(10) > SMA(20), short when SMA(10) < SMA(20).")

        assert "self.position.close()\n            self.buy()" in code
        assert "self.position.close()\n            self.sell()" in code
