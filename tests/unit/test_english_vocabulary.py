"""The vocabulary as it is written down: every phrase in it can be said."""

import pytest

from backtest_engine.language.phrases import expand
from backtest_engine.language.tables import PHRASES, SINGLE

WRITTEN = [
    *((f"{kind} {value}", phrases) for kind, table in PHRASES.items() for value, phrases in table.items()),
    *SINGLE.items(),
]


class TestPhrases:
    @pytest.mark.parametrize(("meaning", "phrases"), WRITTEN, ids=[meaning for meaning, _ in WRITTEN])
    def test_holds_no_word_that_is_dropped_before_phrases_are_looked_for(
        self, meaning: str, phrases: list[str]
    ) -> None:
        assert [phrase for phrase in phrases if not list(expand(phrase))] == []
