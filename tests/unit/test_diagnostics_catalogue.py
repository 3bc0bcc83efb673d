"""The page about the rules says what the code says."""

from pathlib import Path

from backtest_engine.diagnostics import RULES
from backtest_engine.diagnostics.catalogue import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "diagnostics.md"


class TestCatalogue:
    def test_is_up_to_date(self) -> None:
        written = PAGE.read_text(encoding="utf-8")

        assert written == catalogue(RULES), "run: python -m backtest_engine.diagnostics > docs/guides/diagnostics.md"

    def test_names_every_rule(self) -> None:
        page = catalogue(RULES)

        assert all(f"### `{rule.code}`" in page for rule in RULES)
