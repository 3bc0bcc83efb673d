"""Compiled code decides what its specification says, on every bar; `python -m tests.score.compiled` compares more."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backtest_engine.spec import StrategySpec
from tests.score.compiled import compare_drawn
from tests.score.watching import compare
from tests.unit.drawn_specs import BARS, KINDS, spec

SEEDS = range(5_000, 5_080)


class TestCompiledCode:
    def test_decides_what_the_specification_says(self) -> None:
        decided, drawn, differences = compare_drawn(SEEDS, bars=150)

        assert differences == []
        missing = {kind for kind in KINDS if not kind.startswith("indicator:") and not drawn[kind]}
        assert missing == set()
        assert all(decided[what] > 100 for what in ("sent", "closed", "cancelled", "moved"))

    @given(st.integers(0, 10**9).map(spec))
    @settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    def test_decides_so_for_any_seed(self, drawn: StrategySpec) -> None:
        assert compare(drawn, BARS[0].iloc[:150]).differences == []

    @pytest.mark.parametrize(
        ("where", "planted"),
        [
            ("expressions._dated_back", lambda condition: condition),
            ("module.longest_wait", lambda spec: 1),
        ],
    )
    def test_is_caught_when_it_decides_otherwise(
        self, where: str, planted: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"backtest_engine.compiler.{where}", planted)

        assert any(compare(spec(seed), BARS[seed % 3].iloc[:150]).differences for seed in range(60))
