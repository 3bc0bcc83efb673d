"""Compiled code decides what its specification says, on every bar; `python -m tests.score.compiled` compares more."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backtest_engine.spec import Ago, AnyOf, Comparison, Indicator, LimitOrder, Price, Side, StrategySpec
from tests.score.compiled import compare_drawn
from tests.score.watching import compare
from tests.unit.drawn_specs import BARS, KINDS, spec

SEEDS = range(5_000, 5_080)


class TestCompiledCode:
    def test_decides_what_the_specification_says(self) -> None:
        decided, drawn, differences = compare_drawn(SEEDS, bars=150)

        assert differences == []
        missing = {kind for kind in KINDS if not kind.startswith("indicator:") and not drawn[kind]}
        assert len(missing) <= 5
        assert all(decided[what] > 100 for what in ("sent", "closed", "cancelled", "moved"))

    @given(st.integers(0, 10**9).map(spec))
    @settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    def test_decides_so_for_any_seed(self, drawn: StrategySpec) -> None:
        assert compare(drawn, BARS[0].iloc[:150]).differences == []

    @pytest.mark.parametrize(
        ("where", "planted"),
        [("expressions._dated_back", lambda condition: condition), ("module.longest_wait", lambda spec: 1)],
    )
    def test_is_caught_when_it_decides_otherwise(
        self, where: str, planted: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        average = Indicator(name="sma", parameters={"period": 3})
        above = Comparison(left=Price(), relation=">", right=average)
        below = Comparison(left=Price(), relation="<", right=average)
        entry = Ago(condition=AnyOf(conditions=(above, below)), bars=1)
        order = LimitOrder(at=Price(field="low"), bars=3)
        drawn = StrategySpec(long=Side(entry=entry, order=order, max_bars=4))
        assert compare(drawn, BARS[0]).differences == []

        monkeypatch.setattr(f"backtest_engine.compiler.{where}", planted)

        assert compare(drawn, BARS[0]).differences != []
