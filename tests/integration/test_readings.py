"""Readings over HTTP: how a description is understood, what is asked, and what an answer makes of it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy
from tests.integration.conftest import Work

UNCLEAR = "Buy AAPL when RSI(14) is below 30, on daily bars. Sell when the gizmo RSI(14) is above 70."


def read(api: APIClient, description: str, **answers: str) -> dict[str, Any]:
    response = api.post("/api/readings/", {"description": description, "answers": answers})
    assert response.status_code == 200, response.json()
    found: dict[str, Any] = response.json()
    return found


class TestReading:
    def test_returns_the_strategy_and_writes_nothing(self, api: APIClient) -> None:
        reading = read(api, "Buy EURUSD when RSI < 30, sell when RSI > 70, with 5000 dollars")

        assert reading["spec"]["long"]["entry"]["relation"] == "<"
        assert reading["settings"] == {"symbol": "EURUSD", "cash": 5000}
        assert reading["explanation"].startswith("Buy when RSI(14) is below 30")
        assert "Relative strength index: period 14, the usual value" in reading["assumptions"]
        assert (reading["questions"], reading["problems"]) == ([], [])
        assert not Run.objects.exists()
        assert not Strategy.objects.exists()

    def test_asks_about_the_sentence_that_was_not_understood_and_takes_an_option(self, api: APIClient) -> None:
        reading = read(api, UNCLEAR)

        (question,) = reading["questions"]
        assert reading["spec"] is None
        assert question["text"] == "Sell when the gizmo RSI(14) is above 70"
        assert reading["settings"]["symbol"] == "AAPL"

        answered = read(api, UNCLEAR, **{question["id"]: question["options"][0]["id"]})

        assert answered["questions"] == []
        assert answered["explanation"].startswith("Buy when RSI(14) is below 30; close long when RSI(14) is above 70.")
        assert answered["settings"]["symbol"] == "AAPL"

    def test_takes_free_words_as_an_answer(self, api: APIClient) -> None:
        (question,) = read(api, UNCLEAR)["questions"]

        reading = read(api, UNCLEAR, **{question["id"]: "sell after 5 bars"})

        assert reading["spec"]["long"]["max_bars"] == 5

    def test_refuses_an_answer_to_no_question_of_it(self, api: APIClient) -> None:
        response = api.post("/api/readings/", {"description": UNCLEAR, "answers": {"q_0": "yes"}})

        assert (response.status_code, response.json()["code"]) == (422, "invalid_answer")

    def test_names_what_cannot_be_had(self, api: APIClient) -> None:
        reading = read(api, "Buy when the news is good, sell covered calls")

        assert reading["spec"] is None
        assert reading["questions"] == []
        assert [problem["why"] for problem in reading["problems"]]
        assert {problem["text"] for problem in reading["problems"]} == {"news", "covered calls"}

    @pytest.mark.parametrize(
        "body",
        [{}, {"description": ""}, {"description": "x", "answers": []}, {"description": "x", "answers": {"q": 1}}],
    )
    def test_refuses_a_malformed_request(self, api: APIClient, body: dict[str, Any]) -> None:
        assert api.post("/api/readings/", body).status_code == 400


class TestAnswers:
    def test_lead_a_generation_to_what_was_meant(self, api: APIClient, work: Work) -> None:
        (question,) = read(api, UNCLEAR)["questions"]
        body = {"description": UNCLEAR, "generator": "offline"}

        asked = api.post("/api/strategies/generate_with_ai/", body).json()
        told = api.post(
            "/api/strategies/generate_with_ai/", {**body, "answers": {question["id"]: question["options"][0]["id"]}}
        ).json()
        work()

        failed = api.get(f"/api/runs/{asked['id']}/").json()
        assert failed["error"]["code"] == "needs_clarification"
        assert failed["error"]["questions"] == [question]
        assert api.get(f"/api/runs/{told['id']}/").json()["state"] == "succeeded"
