"""The page about failures says what the code says."""

from pathlib import Path

from backtest_engine.diagnostics import FAILURES
from backtest_engine.diagnostics.catalogue import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "failures.md"


class TestCatalogue:
    def test_is_up_to_date(self) -> None:
        written = PAGE.read_text(encoding="utf-8")

        assert written == catalogue(FAILURES), "run: python -m backtest_engine.diagnostics > docs/guides/failures.md"

    def test_names_every_kind(self) -> None:
        page = catalogue(FAILURES)

        assert all(f"### `{failure.code}`" in page for failure in FAILURES)
