"""The offline generator keeps the port's promises."""

import pytest

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.ports import Generator
from backtest_engine.spec import StrategySpec

RSI = "RSI bounce: buy when RSI < 30, sell when RSI > 70"


class TestOfflineGenerator:
    def test_fills_the_generator_port(self) -> None:
        generator: Generator = OfflineGenerator()

        assert generator.name == "offline"

    def test_returns_code_spec_explanation_and_assumptions(self) -> None:
        draft = OfflineGenerator().generate(RSI)

        assert "class RSIBounce(Strategy):" in draft.code
        assert StrategySpec.model_validate(draft.spec).long is not None
        assert draft.explanation.startswith("Buy when RSI(14) is below 30; close long when RSI(14) is above 70.")
        assert "Relative strength index: period 14, the usual value" in draft.assumptions
        assert draft.origin == "offline"

    def test_takes_the_name_it_is_given(self) -> None:
        draft = OfflineGenerator().generate(RSI, name="Dip buyer")

        assert draft.name == "Dip buyer"
        assert "class DipBuyer(Strategy):" in draft.code

    def test_names_a_strategy_by_its_title_or_its_indicators(self) -> None:
        assert OfflineGenerator().generate(RSI).name == "RSI bounce"
        assert OfflineGenerator().generate("buy RSI(2) < 10, sell RSI(2) > 90").name == "RSI 2 10/90"

    def test_tells_of_corrected_spelling(self) -> None:
        draft = OfflineGenerator().generate("buy wen RSI(14) < 30, sell RSI > 70")

        assert [notice.as_dict() for notice in draft.warnings] == [
            {"code": "corrected_spelling", "message": "'wen' read as 'when'"}
        ]

    def test_asks_for_what_is_missing(self) -> None:
        with pytest.raises(NeedsClarification) as caught:
            OfflineGenerator().generate("buy when RSI < 30")

        assert caught.value.code == "needs_clarification"
        assert [question["about"] for question in caught.value.details["questions"]] == ["exit"]

    def test_refuses_with_reasons(self) -> None:
        with pytest.raises(DescriptionRefused) as caught:
            OfflineGenerator().generate("sell covered calls every Friday")

        assert caught.value.code == "not_understood"
        assert caught.value.details["problems"][0]["why"].startswith("needs option chains")
