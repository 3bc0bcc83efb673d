"""The guide says what the vocabulary says."""

from pathlib import Path

from backtest_engine.language.reference import guide

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "describing-strategies.md"


class TestGuide:
    def test_is_the_one_that_the_vocabulary_writes(self) -> None:
        assert GUIDE.read_text(encoding="utf-8") == guide()
