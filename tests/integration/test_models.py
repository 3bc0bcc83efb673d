"""The model path through the API: from a description that the rules cannot read to a strategy that was tried."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pydantic import BaseModel
from pydantic_ai import Agent
from rest_framework.test import APIClient

from backtest_engine.errors import ModelUnavailable
from backtest_engine.llm import output_of
from backtest_engine.ports import Prompt
from backtest_engine.prompts.examples import CODE_EXAMPLES, SPEC_EXAMPLES
from strategy_api.llm import language_models
from strategy_api.llm.models import LLMCall
from strategy_api.runs import worker
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy, StrategyVersion
from tests.fakes.gemini import FakeGemini
from tests.integration.conftest import Work

GENERATE = "/api/strategies/generate_with_ai/"
SECRET = "AQ.planted-secret-{}-do-not-show"
# Nothing that rules could read.
VAGUE = "do the wizard thing with the moving lines, ten over thirty, rsi half way, four percent"
STREAK = CODE_EXAMPLES[1][0]["description"]

SPEC = ("text", json.dumps(SPEC_EXAMPLES[0][1]))
BEYOND = ("text", json.dumps({"verdict": "beyond_spec", "reason": "a size that depends on a streak"}))
CODE = ("text", json.dumps(CODE_EXAMPLES[1][1]))


@dataclass(frozen=True)
class Secrets:
    """A secret store of the test's."""

    variables: dict[str, str]

    def read(self) -> dict[str, str]:
        return self.variables


Configure = Callable[..., None]


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    """Gemini, with two keys of ours."""
    with FakeGemini({SECRET.format(n): f"project-{n}" for n in range(2)}) as fake:
        yield fake


@pytest.fixture(autouse=True)
def configure(gemini: FakeGemini, settings: Any, tmp_path: Path) -> Iterator[Configure]:
    """Configure models as an operator would; called again it changes settings."""
    settings.DATA_DIR = tmp_path
    settings.SECRET_STORE = Secrets({f"GEMINI_KEY_{n}": SECRET.format(n) for n in range(2)})

    def change(**changes: Any) -> None:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)
        language_models.close()

    change(
        llm_models=["gemini:gemini-3.8-flash", "gemini:gemini-3.5-flash-lite"],
        gemini_base_url=gemini.url,
        llm_timeout_seconds=30.0,
    )
    yield change
    language_models.close()


def generate(api: APIClient, work: Work, description: str = VAGUE, **asked: Any) -> dict[str, Any]:
    """Ask, have it done, return the run."""
    accepted = api.post(GENERATE, {"description": description, **asked})
    assert accepted.status_code == 202, accepted.json()
    work()
    run: dict[str, Any] = api.get(accepted["Location"]).json()
    return run


class TestGeneration:
    def test_a_model_fills_the_specification(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan(SPEC)

        run = generate(api, work, execute_after_generation=True, test_symbol="GOOG")

        assert run["state"] == "succeeded", run["error"]
        version = StrategyVersion.objects.get()
        assert (version.origin, version.prompt_version) == ("model", "strategy_spec/1")
        assert version.spec["long"]["entry"]["kind"] == "all"
        assert run["result"]["execution"]["metrics"]["trades"] > 0
        assert "written_by_model" in {notice["code"] for notice in run["result"]["warnings"]}

    def test_a_model_writes_code_where_the_specification_ends(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        gemini.plan(BEYOND, CODE)

        run = generate(api, work, STREAK, generator="gemini", execute_after_generation=True, test_symbol="GOOG")

        assert run["state"] == "succeeded", run["error"]
        version = StrategyVersion.objects.get()
        assert (version.spec, version.prompt_version) == (None, "strategy_code/1")
        assert run["result"]["execution"]["metrics"]["trades"] > 0
        assert [call.purpose for call in LLMCall.objects.order_by("created_at")] == ["generation", "generation"]

    def test_a_broken_first_answer_is_repaired(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        """A colon is missing, which a rewrite repairs without asking, and paying, again."""
        answer = {**CODE_EXAMPLES[1][1]}
        answer["code"] = answer["code"].replace("def next(self):", "def next(self)")
        gemini.plan(BEYOND, ("text", json.dumps(answer)))

        run = generate(api, work, STREAK, generator="gemini", execute_after_generation=True, test_symbol="GOOG")

        assert run["state"] == "succeeded", run["error"]
        assert "def next(self):" in StrategyVersion.objects.get().code
        assert "repaired_before_use" in {notice["code"] for notice in run["result"]["warnings"]}
        assert LLMCall.objects.count() == 2

    def test_what_no_rewrite_mends_goes_to_the_model_again(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        answer, whole = {**CODE_EXAMPLES[1][1]}, CODE_EXAMPLES[1][1]["code"]
        answer["code"] = whole.replace("self.streak[-1] >= self.first_streak", "self.no_such_rule()")
        gemini.plan(BEYOND, ("text", json.dumps(answer)), ("text", f"```python\n{whole}\n```"))

        run = generate(api, work, STREAK, generator="gemini", execute_after_generation=True, test_symbol="GOOG")

        assert run["state"] == "succeeded", run["error"]
        assert [call.purpose for call in LLMCall.objects.order_by("created_at")][-1] == "repair"

    def test_json_of_the_wrong_shape_is_asked_for_again(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan("broken_json", SPEC)

        run = generate(api, work)

        assert run["state"] == "succeeded"
        assert list(LLMCall.objects.order_by("created_at").values_list("outcome", flat=True)) == ["invalid", "answered"]

    @pytest.mark.parametrize(
        ("step", "code"),
        [
            ("prompt_blocked", "answer_blocked"),
            ("safety", "answer_blocked"),
            ("recitation", "answer_recited"),
            ("truncated", "answer_truncated"),
        ],
    )
    def test_an_answer_that_is_no_use_is_one_clear_error(
        self, api: APIClient, work: Work, gemini: FakeGemini, step: str, code: str
    ) -> None:
        gemini.plan(step)

        run = generate(api, work)

        assert (run["state"], run["error"]["code"], run["error"]["status"]) == ("failed", code, 502)
        assert not Strategy.objects.exists()
        assert len(gemini.seen) == 1

    def test_a_budget_that_runs_out_in_the_middle(
        self, api: APIClient, work: Work, gemini: FakeGemini, configure: Configure
    ) -> None:
        """There is money for the first question and not for the second: the refusal says when it resets."""
        gemini.plan(BEYOND, CODE)
        # Exactly one answer of the greatest length, at a dollar a thousand tokens.
        configure(
            llm_models=["gemini:gemini-3.8-flash"],
            llm_prices={"gemini:gemini-3.8-flash": (Decimal(0), Decimal(1_000))},
            llm_daily_budget_usd=Decimal("8.192"),
        )

        run = generate(api, work, STREAK, generator="gemini")

        assert (run["state"], run["error"]["code"], run["error"]["status"]) == ("failed", "budget_exhausted", 429)
        assert run["error"]["resets_at"] == f"{(timezone.now() + timedelta(days=1)).date()}T00:00:00Z"
        assert len(gemini.seen) == 1
        assert LLMCall.objects.get().outcome == "answered"

    def test_above_the_threshold_only_the_cheapest_is_asked(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        LLMCall.objects.create(provider="gemini", model="m", request_sha256="x", outcome="answered", cost_usd=4)
        gemini.plan(SPEC)

        generate(api, work)

        assert [seen.model for seen in gemini.seen] == ["gemini-3.5-flash-lite"]

    def test_rules_are_not_bypassed_where_they_understand(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        run = generate(api, work, "Buy when RSI(14) is below 30, sell when RSI(14) is above 70")

        assert run["state"] == "succeeded"
        assert StrategyVersion.objects.get().origin == "offline"
        assert not gemini.seen

    def test_what_is_missing_is_asked_of_the_user_and_not_of_a_model(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        run = generate(api, work, "Buy when RSI is below 30.")

        assert run["error"]["code"] == "needs_clarification"
        assert not gemini.seen

    def test_what_cannot_be_done_is_refused_without_asking(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        run = generate(api, work, "Buy calls when implied volatility is above 40 %")

        assert run["state"] == "failed"
        assert not gemini.seen

    def test_without_a_model_says_what_is_missing(self, api: APIClient, work: Work, configure: Configure) -> None:
        configure(llm_models=[])

        run = generate(api, work)

        assert run["error"]["code"] == "not_understood"
        assert "wizard" in str(run["error"])

    def test_an_equal_request_is_answered_from_the_record(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan(SPEC)

        first, second = generate(api, work), generate(api, work)

        assert first["result"]["code"] == second["result"]["code"]
        assert len(gemini.seen) == 1
        assert list(LLMCall.objects.order_by("created_at").values_list("outcome", flat=True)) == ["answered", "reused"]

    def test_a_run_is_reproduced_from_its_recording(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan("broken_json", BEYOND, CODE)
        run = generate(api, work, STREAK, generator="gemini")
        asked = len(gemini.seen)

        replayed = language_models.replayed(Run.objects.get())["model"].generate(STREAK)

        assert replayed.code == run["result"]["code"]
        assert len(gemini.seen) == asked


class Count(BaseModel):
    """What an agent is asked for."""

    number: int


class TestAgents:
    """An agent of pydantic-ai over a run's models, as the conversation uses them."""

    def test_each_request_is_a_call_that_is_paid_and_recorded(self, owner: User, gemini: FakeGemini) -> None:
        gemini.plan(("text", '{"number": "many"}'), ("text", '{"number": 2}'))
        run = Run.objects.create(owner=owner, kind="generate", parameters={})
        models = language_models.model(run)
        agent = Agent(models.model(purpose="conversation", version="conversation/1"), output_type=output_of(Count))

        result = models.run(agent.run("How many?"))

        rows = LLMCall.objects.order_by("created_at")
        assert result.output == Count(number=2)
        assert list(rows.values_list("outcome", "message_count", "purpose", "owner")) == [
            ("invalid", 1, "conversation", owner.pk),
            ("answered", 3, "conversation", owner.pk),
        ]
        assert all(row.cost_usd > 0 and row.keys and not row.streamed for row in rows)

    def test_an_equal_run_of_an_agent_is_not_paid_again(self, owner: User, gemini: FakeGemini) -> None:
        gemini.plan(("text", '{"number": 2}'))
        outputs = []
        for _ in range(2):
            models = language_models.model(Run.objects.create(owner=owner, kind="generate", parameters={}))
            outputs.append(models.run(Agent(models.model(), output_type=output_of(Count)).run("How many?")).output)

        assert outputs == [Count(number=2)] * 2
        assert len(gemini.seen) == 1
        assert list(LLMCall.objects.order_by("created_at").values_list("outcome", flat=True)) == ["answered", "reused"]

    def test_a_model_that_was_got_hold_of_is_refused_by_the_transport(self, gemini: FakeGemini) -> None:
        (entry, _) = language_models.configured()

        with pytest.raises(ModelUnavailable) as refused:
            entry._client.complete(Prompt(system="s", user="u"))

        assert refused.value.code == "call_not_recorded"
        assert not gemini.seen


class TestWaiting:
    def test_a_full_minute_puts_the_run_back_and_costs_no_attempt(
        self, api: APIClient, gemini: FakeGemini, engine: None
    ) -> None:
        gemini.plan("minute_quota", "minute_quota")
        api.post(GENERATE, {"description": VAGUE})
        run = Run.objects.get()

        with pytest.raises(worker.TryLater) as later:
            worker.perform(run.pk)

        run.refresh_from_db()
        assert 10 < later.value.seconds < 20
        assert (run.state, run.attempt) == ("queued", 0)

    def test_a_run_that_was_put_back_goes_on_where_it_was(
        self, api: APIClient, work: Work, gemini: FakeGemini, configure: Configure
    ) -> None:
        """Its first answer was broken and paid; asked for again after a wait, only the second question is sent."""
        configure(llm_models=["gemini:gemini-3.8-flash"])
        gemini.plan("broken_json", "overloaded", SPEC)
        api.post(GENERATE, {"description": VAGUE})
        run = Run.objects.get()
        with pytest.raises(worker.TryLater) as later:
            worker.perform(run.pk)

        time.sleep(later.value.seconds)
        Run.objects.update(not_before=None)
        work()

        run.refresh_from_db()
        assert run.state == "succeeded"
        answered = [seen.digest for seen in gemini.answered()]
        assert len(answered) == len(set(answered)) == 2

    def test_a_run_whose_worker_died_while_it_asked_asks_again(
        self, api: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        """At once: nobody else can be waiting for that answer. What the dead one reserved stays spent."""
        gemini.plan(SPEC, SPEC)
        generate(api, work)
        run = Run.objects.get()
        LLMCall.objects.update(outcome="pending")
        Run.objects.update(state="queued", attempt=1, finished_at=None, subject_type="", subject_id=None)

        work()

        run.refresh_from_db()
        assert run.state == "succeeded", run.error
        assert sorted(LLMCall.objects.values_list("outcome", "error_code")) == [
            ("answered", ""),
            ("failed", "worker_lost"),
        ]

    def test_a_failing_model_leaves_the_work_to_the_next(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan("overloaded", SPEC)

        run = generate(api, work)

        assert run["state"] == "succeeded"
        assert [seen.model for seen in gemini.seen] == ["gemini-3.8-flash", "gemini-3.5-flash-lite"]

    def test_a_spent_day_is_final_and_says_until_when(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan("day_quota", "day_quota", "day_quota", "day_quota")

        run = generate(api, work)

        assert (run["error"]["code"], run["error"]["status"]) == ("quota_spent", 503)
        assert run["error"]["resets_at"]
        assert len(gemini.seen) == 4

    def test_an_equal_request_under_way_is_waited_for(self, api: APIClient, gemini: FakeGemini, engine: None) -> None:
        gemini.plan(SPEC)
        api.post(GENERATE, {"description": VAGUE})
        worker.perform(Run.objects.get().pk)
        LLMCall.objects.update(outcome="pending")
        api.post(GENERATE, {"description": VAGUE})

        with pytest.raises(worker.TryLater):
            worker.perform(Run.objects.filter(state="queued").get().pk)

        # And is taken over once its worker has been silent for too long.
        LLMCall.objects.filter(outcome="pending").update(created_at=timezone.now() - timedelta(minutes=10))
        Run.objects.filter(state="queued").update(not_before=None)
        gemini.plan(SPEC, SPEC)
        worker.perform(Run.objects.filter(state="queued").get().pk)
        assert not LLMCall.objects.filter(outcome="pending").exists()
        assert LLMCall.objects.filter(error_code="worker_lost").count() == 1


class TestPages:
    def test_keys_are_shown_to_staff_by_fingerprint(
        self, api: APIClient, staff: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        gemini.plan("key_invalid_echo", SPEC)
        generate(api, work)

        rows = staff.get("/api/keys/").json()

        assert api.get("/api/keys/").status_code == 403
        assert {row["state"] for row in rows} == {"ready", "quarantined"}
        assert {row["fingerprint"][:4] for row in rows} == {"key_"}
        held = next(row for row in rows if row["state"] == "quarantined")
        assert (held["reason"], held["until"][-1]) == ("key_invalid", "Z")

    def test_the_budget_says_where_the_money_went(
        self, api: APIClient, staff: APIClient, work: Work, gemini: FakeGemini
    ) -> None:
        gemini.plan(SPEC)
        generate(api, work)

        shown = staff.get("/api/budget/").json()

        assert api.get("/api/budget/").status_code == 403
        assert 0 < shown["spent_usd"] < 0.1
        assert shown["remaining_usd"] == pytest.approx(5 - shown["spent_usd"])
        (row,) = shown["by_model"]
        assert (row["model"], row["calls"], row["failed"]) == ("gemini-3.8-flash", 1, 0)
        assert row["input_tokens"] > 1_000
        assert [row["user"] for row in shown["by_user"]] == ["owner"]
        assert shown["resets_at"].endswith("T00:00:00Z")

    def test_metrics_count_calls_tokens_and_money(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan(SPEC)
        generate(api, work)

        text = api.get("/metrics").content.decode()

        assert 'algoagent_llm_calls_total{model="gemini-3.8-flash",outcome="answered",provider="gemini"} 1.0' in text
        assert 'algoagent_llm_keys{model="gemini-3.8-flash",state="ready"} 2.0' in text

    def test_the_admin_shows_calls_and_the_day(self, api: APIClient, work: Work, gemini: FakeGemini) -> None:
        gemini.plan(SPEC)
        generate(api, work)
        chief = Client()
        chief.force_login(User.objects.create_superuser("chief"))

        pages = [
            chief.get("/admin/llm/llmcall/"),
            chief.get(f"/admin/llm/llmcall/{LLMCall.objects.get().pk}/change/"),
            chief.get("/admin/llm/llmcall/budget/"),
        ]

        assert [page.status_code for page in pages] == [200, 200, 200]
        assert b"project" not in pages[0].content
        assert b"gemini:gemini-3.8-flash" in pages[2].content


class TestLeaks:
    def test_a_key_is_nowhere_but_in_the_outgoing_header(
        self,
        api: APIClient,
        staff: APIClient,
        work: Work,
        gemini: FakeGemini,
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
    ) -> None:
        """Logs at DEBUG, the API, the admin, metrics, and every byte of the database and the ledger."""
        caplog.set_level(logging.DEBUG)
        chief = Client()
        chief.force_login(User.objects.create_superuser("chief"))
        seen: list[str] = []
        for step in ("key_invalid_echo", "overloaded", "reset_connection", "bad_request", "html", "truncated"):
            language_models.close()
            gemini.plan(step, step, step)
            seen.append(json.dumps(generate(api, work, f"{VAGUE} {step}")))
        gemini.plan(SPEC)
        seen.append(json.dumps(generate(api, work)))
        addresses = [
            "/api/keys/",
            "/api/budget/",
            "/api/runs/",
            "/metrics",
            "/admin/llm/llmcall/",
            "/admin/llm/llmcall/budget/",
            f"/admin/llm/llmcall/{LLMCall.objects.first().pk}/change/",
            "/admin/runs/run/",
        ]
        seen += [staff.get(address).content.decode() for address in addresses[:4]]
        seen += [chief.get(address).content.decode() for address in addresses]
        seen += [record.getMessage() + repr(vars(record)) for record in caplog.records]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA wal_checkpoint(FULL)")
                seen.append(Path(connection.settings_dict["NAME"]).read_bytes().decode("latin1"))
        seen += [file.read_bytes().decode("latin1") for file in tmp_path.rglob("*") if file.is_file()]

        assert sum(len(text) for text in seen) > 100_000
        assert {entry.key for entry in gemini.seen} <= set(gemini.keys)
        assert gemini.seen
        assert not [text[:200] for text in seen if "planted-secret" in text]
