"""Old bulk goes, history stays."""

from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.common import retention
from strategy_api.runs.models import Run, RunEvent
from strategy_api.strategies.models import Execution
from tests.integration.conftest import Work
from tests.integration.test_executions import CROSS
from tests.integration.test_strategies import create

NOTHING = dict.fromkeys(retention.RULES, 0)


class TestRetention:
    def test_thins_what_is_old_and_keeps_what_came_out(self, api: APIClient, work: Work) -> None:
        strategy = create(api, code=CROSS)
        api.post(f"{strategy}execute/", {})
        work()
        before = Execution.objects.get()
        long_ago = timezone.now() - timedelta(days=1000)
        Run.objects.update(finished_at=long_ago)
        Execution.objects.update(created_at=long_ago)

        counts = retention.thin()
        again = retention.thin()
        after = Execution.objects.get()

        assert counts["executions"] == 1
        assert again == NOTHING
        assert list(RunEvent.objects.values_list("type", flat=True)) == ["run.succeeded"]
        assert after.metrics == before.metrics
        curve = api.get(f"/api/executions/{after.pk}/equity/").json()
        assert len(curve) == 500
        assert curve[-1]["equity"] == before.metrics["equity_final"]

    def test_leaves_alone_what_is_young_or_unfinished(self, api: APIClient, work: Work) -> None:
        strategy = create(api, code=CROSS)
        api.post(f"{strategy}execute/", {})
        work()
        api.post(f"{strategy}execute/", {})
        events = RunEvent.objects.count()

        assert retention.thin() == NOTHING
        assert RunEvent.objects.count() == events
