"""Parameters are read from the source, and only declared ones are taken."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.checks.parameters import declared_parameters, effective_parameters
from backtest_engine.errors import InvalidParameter

CODE = """
from backtesting import Strategy
import numpy as np

class Base(Strategy):
    period = 10
    level = 30.0

class Unused(Strategy):
    other = 1

class Final(Base):
    period: int = 2 * 7
    low, high = 1, 2
    name = "x"
    on = True
    nothing = None
    offset = -5
    _private = 3
    function = np.mean
    def init(self): self.later = 1
    def next(self): pass
"""
DECLARED = {
    "period": 14,
    "level": 30.0,
    "low": 1,
    "high": 2,
    "name": "x",
    "on": True,
    "nothing": None,
    "offset": -5,
}


class TestDeclaredParameters:
    def test_are_the_plain_class_attributes_of_the_strategy_that_runs(self) -> None:
        assert declared_parameters(CODE) == DECLARED

    @pytest.mark.parametrize("code", ["", "x = 1", "def f(:", "\x00", "\ud800", "(" * 500, "class A: n = 1"])
    def test_of_something_else_are_none(self, code: str) -> None:
        assert declared_parameters(code) == {}

    def test_of_a_base_from_the_library_are_its_own(self) -> None:
        code = "from backtesting import lib\nclass S(lib.TrailingStrategy):\n    n = 3"

        assert declared_parameters(code) == {"n": 3}

    @pytest.mark.timeout(5)
    def test_do_not_follow_classes_in_circles(self) -> None:
        assert declared_parameters("class A(B):\n    n = 1\nclass B(A):\n    m = 2") == {}

    @given(st.text(max_size=300))
    @settings(max_examples=50)
    def test_never_fail(self, code: str) -> None:
        declared_parameters(code)


class TestEffectiveParameters:
    def test_are_the_declared_ones_with_the_given_in_place(self) -> None:
        assert effective_parameters(CODE, {"period": 21, "nothing": "y"}) == {**DECLARED, "period": 21, "nothing": "y"}

    def test_take_a_whole_number_written_as_a_fraction(self) -> None:
        effective = effective_parameters(CODE, {"period": 21.0})

        assert effective["period"] == 21
        assert isinstance(effective["period"], int)

    def test_take_what_the_file_runs_itself_with(self) -> None:
        code = (
            "from backtesting import Backtest, Strategy\n"
            "class Band(Strategy):\n"
            "    multiplier = 3\n"
            "    def init(self): pass\n"
            "    def next(self): pass\n"
            "Backtest(data, Band).run(multiplier=2.5)\n"
        )

        assert effective_parameters(code, {"multiplier": 2.5}) == {"multiplier": 2.5}
        with pytest.raises(InvalidParameter, match="whole number"):
            effective_parameters(code, {"multiplier": 1.5})

    @pytest.mark.parametrize(
        ("given_", "words"),
        [
            ({"length": 3}, "no parameter 'length'"),
            ({"init": 3}, "no parameter 'init'"),
            ({"_private": 3}, "no parameter"),
            ({"period": "21"}, "finite number"),
            ({"period": 2.5}, "whole number"),
            ({"period": True}, "finite number"),
            ({"level": float("nan")}, "finite number"),
            ({"level": float("inf")}, "finite number"),
            ({"on": 1}, "true or false"),
            ({"name": 5}, "a text"),
            ({"nothing": [1]}, "plain value"),
        ],
    )
    def test_refuse_anything_else_and_name_what_is_declared(self, given_: dict[str, Any], words: str) -> None:
        with pytest.raises(InvalidParameter, match=words) as caught:
            effective_parameters(CODE, given_)

        assert caught.value.details["declared"] == DECLARED
