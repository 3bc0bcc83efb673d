"""The documents that are made from the code are as the code is."""

from pathlib import Path

import pytest

from strategy_api.common.openapi import documents, markdown
from strategy_api.common.openapi.error_codes import catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs"


class TestHandbook:
    @pytest.mark.parametrize("name", ["errors", "endpoints"])
    def test_is_the_one_checked_in(self, name: str) -> None:
        assert (DOCS / "api" / f"{name}.md").read_text() == getattr(markdown, name)(), "run `make docs`"

    @pytest.mark.parametrize("name", sorted(documents.DOCUMENTS))
    def test_has_what_the_apps_add_as_it_is(self, name: str) -> None:
        assert (DOCS / "api" / name).read_text() == documents.DOCUMENTS[name](), "run `make docs`"

    def test_explains_every_code(self) -> None:
        assert [entry.code for entry in catalogue().values() if not entry.meaning] == []

    def test_knows_the_codes_that_clients_meet(self) -> None:
        known = {
            *("syntax_error", "no_strategy_class", "strategy_raised", "wall_time_limit", "unknown_symbol", "invalid"),
            *("not_understood", "needs_clarification", "worker_lost", "throttled", "run_finished", "token_expired"),
        }

        assert known <= set(catalogue())
