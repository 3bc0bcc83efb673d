"""Supervisions through the API: runs, rows, events, pictures, cancellation, a worker that dies."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from backtest_engine.errors import ModelUnavailable
from strategy_api.agents.models import SupervisionIteration
from strategy_api.agents.work import supervise as supervising
from strategy_api.llm import language_models
from strategy_api.research.models import Trial
from strategy_api.runs import worker
from strategy_api.runs.models import Run, RunEvent
from strategy_api.strategies.models import Strategy
from tests.fakes.models import ScriptedModel
from tests.integration.conftest import RSI, Work

pytestmark = pytest.mark.usefixtures("many_requests")
ROUTE = "/api/strategies/supervise/"


def ask(api: APIClient, **body: Any) -> str:
    answer = api.post(ROUTE, {"description": RSI, **body})
    assert answer.status_code == 202, answer.json()
    return str(answer.json()["id"])


def shown(api: APIClient, pk: str, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/supervisions/{pk}/{query}").json()
    return found


def events_of(pk: str) -> list[str]:
    return list(RunEvent.objects.filter(run_id=pk).order_by("seq").values_list("type", flat=True))


class TestSupervising:
    def test_supervises_a_sentence_from_baseline_to_verdict(self, api: APIClient, work: Work) -> None:
        pk = ask(api)
        work()

        found = shown(api, pk)
        assert found["state"] == "succeeded", found
        first = found["iterations"][0]
        assert (first["number"], first["change"], first["kept"]) == (1, None, None)
        assert {"code", "severity", "sentence", "figures"} <= set(first["analysis"]["findings"][0])
        expected = {"kind", "finding", "reason", "expected", "changes_meaning"}
        assert expected <= set(first["proposals"][0])
        assert found["ending"] in {"nothing_better", "nothing_beats_chance", "no_proposal", "budget"}
        assert found["sentence"]
        assert found["evidence_before"]["verdict"]
        assert found["evidence_after"]["verdict"]
        assert found["sealed_from"] == api.get(f"/api/goals/{found['goal']}/").json()["sealed_from"]
        (row,) = api.get(f"/api/supervisions/?strategy={found['strategy']}").json()["results"]
        assert row["id"] == pk

    def test_sees_no_sealed_bar_and_counts_each_try(self, api: APIClient, work: Work) -> None:
        pk = ask(api, start_date="2005-01-01", end_date="2013-12-31")
        work()

        found = shown(api, pk)
        trials = Trial.objects.filter(goal=found["goal"])
        assert all(trial.last_bar_at.isoformat() < found["sealed_from"] for trial in trials)
        assert found["iterations"][-1]["tries"] == trials.count()
        goal = api.get(f"/api/goals/{found['goal']}/").json()
        assert goal["tries"] == trials.count()
        assert goal["looks"] == 0
        run = api.get(f"/api/runs/{pk}/").json()
        assert any("sealed" in line for line in run["result"]["assumptions"])
        assert run["links"]["supervision"].endswith(f"/api/supervisions/{pk}/")

    def test_tells_its_progress_as_events(self, api: APIClient, work: Work) -> None:
        pk = ask(api)
        work()

        told = events_of(pk)
        assert told.index("supervise.started") < told.index("insights.ready") < told.index("iteration.started")
        assert told.index("iteration.finished") < told.index("supervise.finished")
        assert {"agent.started", "agent.thought", "agent.finished"} <= set(told)
        rejected = RunEvent.objects.filter(run_id=pk, type__startswith="refinement.")
        assert all({"kind", "words", "why"} <= set(event.data) for event in rejected)

    def test_moves_a_threshold_only_where_it_is_allowed(self, api: APIClient, work: Work) -> None:
        words = "Buy when RSI(14) is below 5. Sell when RSI(14) is above 60."
        careful, free = ask(api, description=words), ask(api, description=words, allow=["parameters"])
        work()

        found = shown(api, careful)
        moved = [one for one in found["iterations"][0]["proposals"] if one["kind"] == "parameters"]
        assert moved
        assert moved[0]["changes_meaning"]
        assert not moved[0]["allowed"]
        assert all(not one["change"] or one["change"]["kind"] != "parameters" for one in found["iterations"])
        changed = shown(api, free)["iterations"][1]["change"]
        assert changed["kind"] == "parameters"
        assert changed["changes_meaning"]
        assert changed["diff"]

    def test_looks_at_free_code_and_edits_nothing(self, api: APIClient, work: Work) -> None:
        code = (
            "from backtesting import Strategy\n\nclass Free(Strategy):\n    def init(self):\n        pass\n\n"
            "    def next(self):\n        if not self.position:\n            self.buy()\n"
            "        elif len(self.data) % 7 == 0:\n            self.position.close()\n"
        )
        made = api.post("/api/strategies/", {"name": "Free", "code": code}).json()
        answer = api.post(ROUTE, {"strategy": made["id"]})
        work()

        found = shown(api, answer.json()["id"])
        assert found["state"] == "succeeded", found
        assert found["ending"] == "no_proposal"
        assert found["iterations"][0]["proposals"] == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"description": RSI, "strategy": "6b1c9a52-6c0e-4b57-9d5e-6d2a3f0a7c11"},
            {"description": RSI, "max_iterations": 6},
            {"description": RSI, "allow": ["everything"]},
            {"description": RSI, "analyst": "oracle"},
            {"description": RSI, "objective": "happiness"},
        ],
    )
    def test_refuses_what_makes_no_sense(self, api: APIClient, body: dict[str, Any]) -> None:
        assert api.post(ROUTE, body).status_code in (400, 422)
        assert not Run.objects.exists()

    def test_belongs_to_whoever_asked(self, api: APIClient, stranger: APIClient, work: Work) -> None:
        pk = ask(api)
        work()

        for path in ("", "insights/", "insights/equity/"):
            assert api.get(f"/api/supervisions/{pk}/{path}").status_code == 200
            assert stranger.get(f"/api/supervisions/{pk}/{path}").status_code == 404
        assert stranger.post(ROUTE, {"strategy": shown(api, pk)["strategy"]}).status_code == 404


class TestInsights:
    def test_come_with_an_address_or_with_their_rows(self, api: APIClient, work: Work) -> None:
        pk = ask(api)
        work()

        for listed in (api.get(f"/api/supervisions/{pk}/insights/").json(), shown(api, pk)["insights"]):
            address = next(one for one in listed if one["name"] == "equity")["spec"]["data"]["url"]
            rows = api.get(address).json()
            assert {"time", "equity", "what"} == set(rows[0])
        inline = api.get(f"/api/supervisions/{pk}/insights/?inline=true").json()
        assert all(one["spec"]["data"]["values"] for one in inline)
        assert all(one["why"] for one in inline)


class TestWorkers:
    def test_repeats_no_iteration_after_a_worker_died(
        self, api: APIClient, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Died(BaseException):
            pass

        def die(*_: Any) -> None:
            raise Died

        pk = ask(api)
        with monkeypatch.context() as patched:
            patched.setattr(supervising._Supervised, "_finish", die)
            with pytest.raises(Died):
                worker.perform(Run.objects.get(pk=pk).pk)
        before = list(SupervisionIteration.objects.filter(supervision=pk).values_list("pk", flat=True))
        Run.objects.filter(pk=pk).update(lease_until="2020-01-01T00:00:00Z")
        worker.perform(Run.objects.get(pk=pk).pk)

        found = shown(api, pk)
        assert found["state"] == "succeeded", found
        assert before
        assert list(SupervisionIteration.objects.filter(supervision=pk).values_list("pk", flat=True)) == before
        told = events_of(pk)
        assert told.count("iteration.finished") == told.count("iteration.started") == len(before)
        assert told.count("supervise.started") == told.count("insights.ready") == 1
        assert Strategy.objects.count() == 1

    def test_ends_as_cancelled_and_keeps_what_there_was(
        self, api: APIClient, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pk = ask(api)
        written = supervising._Supervised._write

        def cancel(self: Any, iteration: Any, events: Any) -> None:
            written(self, iteration, events)
            assert api.post(f"/api/runs/{pk}/cancel/").status_code in (200, 202)
            self._job.lease._cancelled.wait(5)

        monkeypatch.setattr(supervising._Supervised, "_write", cancel)
        work()

        found = shown(api, pk)
        assert (found["state"], found["ending"]) == ("cancelled", "cancelled")
        assert len(found["iterations"]) == 1


class TestModels:
    def test_says_once_that_a_model_could_not_answer(
        self, api: APIClient, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = ScriptedModel([ModelUnavailable("Blocked.", code="answer_blocked")] * 9)
        monkeypatch.setattr(language_models, "model", lambda run: model)
        pk = ask(api, analyst="model")
        work()

        assert shown(api, pk)["state"] == "succeeded"
        thoughts = RunEvent.objects.filter(run_id=pk, type="agent.thought", data__code="answer_blocked")
        assert sorted(event.data["agent"] for event in thoughts) == ["analyst", "orchestrator"]


class TestAdmin:
    def test_shows_iterations_with_findings_and_the_equity(self, api: APIClient, work: Work) -> None:
        pk = ask(api)
        work()
        User.objects.create_superuser("chief", password="x")
        browser = Client()
        browser.force_login(User.objects.get(username="chief"))

        page = browser.get(f"/admin/agents/supervision/{pk}/change/", secure=True)

        text = page.content.decode()
        assert page.status_code == 200
        assert "<polyline" in text
        assert "1. as it came" in text
        assert "proposed" in text
