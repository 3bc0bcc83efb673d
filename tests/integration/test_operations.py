"""What operators probe."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.integration.conftest import Work
from tests.integration.test_strategies import create


@pytest.mark.usefixtures("transactional_db")
class TestProbes:
    def test_say_that_the_process_lives(self) -> None:
        assert Client().get("/healthz").json() == {"status": "alive"}

    def test_say_that_work_can_be_done(self) -> None:
        answer = Client().get("/readyz")

        assert answer.json()["checks"]["database"] == {"ok": True}
        assert answer.json()["checks"]["broker"] == {"ok": True}
        assert answer.status_code == (200 if answer.json()["status"] == "ready" else 503)

    def test_say_why_nothing_can_be_executed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "strategy_api.strategies.health.sandbox_problems", lambda: ["landlock: not supported by this kernel"]
        )

        answer = Client().get("/readyz")

        assert answer.status_code == 503
        assert "landlock" in answer.json()["checks"]["sandbox"]["reason"]

    def test_count_runs_for_prometheus(self, api: APIClient, work: Work) -> None:
        api.post(f"{create(api)}execute/", {})
        api.post(f"{create(api)}execute/", {})
        work()

        text = Client().get("/metrics").content.decode()

        assert 'algoagent_runs{kind="execute",state="failed"} 2.0' in text
        assert 'algoagent_run_failures{error_code="no_strategy_class"} 2.0' in text
        assert "algoagent_queue_age_seconds 0.0" in text
        assert 'algoagent_run_work_seconds{kind="execute",quantile="0.5"}' in text
        assert 'algoagent_executions{error_code="no_strategy_class",status="failed",verified=""} 2.0' in text


class TestSchema:
    def test_describes_every_operation_and_its_problems(self, transactional_db: None) -> None:
        schema = Client().get("/api/schema/?format=json").json()

        operations = [operation for path in schema["paths"].values() for operation in path.values()]
        assert len(operations) >= 18
        for operation in operations:
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]

    def test_is_shown_without_anything_from_elsewhere(self, transactional_db: None) -> None:
        page = Client().get("/api/docs/").content.decode()

        assert "swagger-ui" in page
        assert "https://" not in page
