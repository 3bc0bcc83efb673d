"""A specified strategy that never trades says why from its conditions: how near each came, and when."""

import pytest

from backtest_engine.data import Samples
from backtest_engine.domain import Dataset
from backtest_engine.idleness import explain_idle_spec
from backtest_engine.language import parse


@pytest.fixture(scope="module")
def goog() -> Dataset:
    return Samples().bars("GOOG", start=None, end=None, interval=None)


class TestIdleness:
    def test_names_the_nearest_value_and_its_date(self, goog: Dataset) -> None:
        spec = parse("Buy when RSI(14) < 10, sell when RSI(14) > 90.").spec

        (found,) = explain_idle_spec(spec, goog)

        assert found.held == 0
        assert found.closest == pytest.approx(21.3, abs=0.1)
        assert found.closest_at == "2008-03-10"
        assert "2008-03-10" in found.message

    def test_says_that_conditions_never_held_together(self, goog: Dataset) -> None:
        spec = parse("Buy when RSI(14) < 30 and RSI(21) > 70, sell when RSI(14) > 90.").spec

        found = explain_idle_spec(spec, goog)

        assert found[0].held == 0
        assert "never held together" in found[0].message

    def test_counts_crossings_that_happened(self, goog: Dataset) -> None:
        spec = parse(
            "Buy when SMA(10) crosses above SMA(20) and RSI(14) < 10, sell when SMA(10) crosses below SMA(20)."
        ).spec

        found = explain_idle_spec(spec, goog)

        assert [item.held > 0 for item in found] == [False, True]
