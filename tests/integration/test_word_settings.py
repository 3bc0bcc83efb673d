"""What a description says besides rules is used, and asked about where the request says something else."""

import pytest
from rest_framework.test import APIClient

from strategy_api.strategies.models import Execution, StrategyVersion
from strategy_api.strategies.work.word_settings import filled, start_of
from tests.integration.conftest import Work

SENTENCE = "Buy EURUSD when RSI < 30, sell when RSI > 70, on hourly bars, with 5000 dollars"
RULES = "Buy when RSI < 30, sell when RSI > 70"


def generate(api: APIClient, work: Work, description: str, **body: object) -> dict:
    run = api.post(
        "/api/strategies/generate_with_ai/",
        {"description": description, "execute_after_generation": True, **body},
    ).json()
    work()
    found: dict = api.get(f"/api/runs/{run['id']}/").json()
    return found


class TestWords:
    def test_choose_the_market_and_the_cash(self, api: APIClient, work: Work) -> None:
        run = generate(api, work, SENTENCE)

        assert run["state"] == "succeeded", run["error"]
        execution = Execution.objects.get()
        assert (execution.symbol, execution.interval, execution.broker["cash"]) == ("EURUSD", "1h", 5000)
        assert run["result"]["settings"]["symbol"] == "EURUSD"

    def test_hold_for_later_backtests_too(self, api: APIClient, work: Work) -> None:
        run = generate(api, work, SENTENCE)

        api.post(f"/api/strategies/{run['strategy']}/execute/", {})
        api.post(f"/api/strategies/{run['strategy']}/execute/", {"test_symbol": "GOOG", "interval": "1d"})
        work()

        assert sorted(Execution.objects.values_list("symbol", flat=True)) == ["EURUSD", "EURUSD", "GOOG"]

    def test_that_contradict_the_request_are_asked_about(self, api: APIClient, work: Work) -> None:
        run = generate(api, work, SENTENCE, test_symbol="GOOG")

        assert (run["state"], run["error"]["code"]) == ("failed", "needs_clarification")
        (question,) = run["error"]["questions"]
        assert [(option["id"], option["wording"]) for option in question["options"]] == [
            ("words", "EURUSD"),
            ("field", "GOOG"),
        ]
        assert not StrategyVersion.objects.exists()

    @pytest.mark.parametrize(("answer", "symbol"), [("words", "EURUSD"), ("field", "GOOG"), ("eurusd", "EURUSD")])
    def test_that_contradict_the_request_are_settled_by_an_answer(
        self, api: APIClient, work: Work, answer: str, symbol: str
    ) -> None:
        answers = {"q_field_test_symbol": answer}
        run = generate(api, work, "Buy EURUSD when RSI < 30, sell when RSI > 70", test_symbol="GOOG", answers=answers)

        assert run["state"] == "succeeded", run["error"]
        assert Execution.objects.get().symbol == symbol

    def test_of_a_span_end_with_the_data(self, api: APIClient, work: Work) -> None:
        generate(api, work, f"{RULES} on GOOG over the last 3 years")

        execution = Execution.objects.get()
        assert execution.last_bar_at.date().isoformat() == "2013-03-01"
        assert execution.first_bar_at.date().isoformat() == "2010-03-01"

    def test_of_an_unknown_market_are_named(self, api: APIClient, work: Work) -> None:
        run = generate(api, work, f"{RULES} on AAPL")

        assert (run["state"], run["error"]["code"]) == ("failed", "unknown_symbol")
        assert "AAPL" in run["error"]["detail"]


@pytest.mark.parametrize(
    ("span", "start"), [("5y", "2019-02-28"), ("6mo", "2023-08-29"), ("2w", "2024-02-15"), ("10d", "2024-02-19")]
)
def test_spans_are_counted_back(span: str, start: str) -> None:
    from datetime import date

    assert start_of(span, date(2024, 2, 29)) == start


def test_a_request_stands_before_the_words() -> None:
    assert filled({"cash": 1, "interval": None}, {"cash": 2, "interval": "1h", "leverage": 10}) == {
        "cash": 1,
        "interval": "1h",
        "margin": 0.1,
    }
