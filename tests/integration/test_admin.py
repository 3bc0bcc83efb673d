"""The reviewers' desk."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from strategy_api.runs.models import Run
from strategy_api.strategies.models import Execution, Strategy
from tests.integration.conftest import RSI, Work
from tests.integration.test_executions import CROSS

PAGES = ["strategies/strategy", "strategies/strategyversion", "runs/run", "strategies/execution"]


@pytest.fixture
def desk(transactional_db: None) -> Client:
    """A superuser's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def history(api: APIClient, work: Work) -> None:
    """A generated strategy with one backtest, and one with a hostile name."""
    api.post("/api/strategies/generate_with_ai/", {"description": RSI, "execute_after_generation": True})
    name = "<img src=x onerror=alert(1)>"
    hostile = CROSS + "\n# </script><script>alert(3)</script>\n"
    strategy = api.post("/api/strategies/", {"name": name, "code": hostile})["Location"]
    api.post(f"{strategy}execute/", {})
    work()


@pytest.mark.usefixtures("history")
class TestAdmin:
    @pytest.mark.parametrize("model", PAGES)
    def test_lists_and_shows_everything_escaped(self, desk: Client, model: str) -> None:
        listed = desk.get(f"/admin/{model}/")
        links = {line.split('"')[0] for line in listed.content.decode().split('href="') if "/change/" in line[:120]}

        assert listed.status_code == 200
        assert links
        for link in links:
            page = desk.get(link)
            assert page.status_code == 200
            assert "<img src=x" not in page.content.decode()
            assert "<script>alert" not in page.content.decode()

    def test_shows_the_curve_and_the_metrics(self, desk: Client) -> None:
        execution = Execution.objects.filter(strategy__description=RSI).get()

        page = desk.get(f"/admin/strategies/execution/{execution.pk}/change/").content.decode()

        assert "<polyline points=" in page
        assert "sharpe_ratio" in page
        assert f"/api/executions/{execution.pk}/report/" in page

    @pytest.mark.parametrize(("action", "status"), [("approve", "approved"), ("archive", "archived")])
    def test_gives_verdicts(self, desk: Client, action: str, status: str) -> None:
        strategy = Strategy.objects.get(description=RSI)

        desk.post("/admin/strategies/strategy/", {"action": action, "_selected_action": [strategy.pk]})

        strategy.refresh_from_db()
        assert strategy.status == status

    def test_executes_again_for_the_owner(self, desk: Client, owner: User, work: Work) -> None:
        strategy = Strategy.objects.get(description=RSI)

        desk.post("/admin/strategies/strategy/", {"action": "execute_again", "_selected_action": [strategy.pk]})
        work()

        first, second = Execution.objects.filter(strategy=strategy)
        assert first.metrics == second.metrics
        assert Run.objects.latest("created_at").owner == owner

    def test_does_not_let_history_be_edited(self, desk: Client) -> None:
        execution = Execution.objects.first()

        answer = desk.post(f"/admin/strategies/execution/{execution.pk}/change/", {"status": "failed"})

        assert answer.status_code == 403

    def test_asks_each_list_as_often_for_many_rows_as_for_few(
        self, desk: Client, django_assert_max_num_queries: object, owner: User
    ) -> None:
        version = Strategy.objects.get(description=RSI).current_version
        template = Execution.objects.filter(version=version).get()
        Execution.objects.bulk_create(
            Execution(
                **{
                    field.attname: getattr(template, field.attname)
                    for field in Execution._meta.fields
                    if field.attname != "id"
                }
            )
            for _ in range(60)
        )

        with django_assert_max_num_queries(12):
            assert desk.get("/admin/strategies/execution/").status_code == 200
