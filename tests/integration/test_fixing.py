"""Mending a strategy over the API: every attempt an event, a version and a diff."""

from rest_framework.test import APIClient

from strategy_api.strategies.models import Execution, FixAttempt, Strategy, StrategyVersion
from tests.integration.conftest import Work
from tests.integration.test_executions import CROSS

WRONG_IMPORT = """
from backtesting import Strategy
from backtesting.lib import SMA, crossover


class SmaCross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 20)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()
"""
STEALS = """
import os
from backtesting import Strategy


class Thief(Strategy):
    def init(self):
        os.system("cat /etc/passwd")

    def next(self):
        self.buy()
"""


def fix(api: APIClient, work: Work, code: str, **body: object) -> dict:
    """Create a strategy, ask for it to be mended, return the run."""
    made = api.post("/api/strategies/", {"name": "Broken", "code": code, **body})
    accepted = api.post(f"{made['Location']}fix_errors/", {})
    assert accepted.status_code == 202, accepted.content
    work()
    return api.get(accepted["Location"]).json()


class TestFixing:
    def test_mends_a_wrong_import_and_keeps_the_way_there(self, api: APIClient, work: Work) -> None:
        run = fix(
            api, work, WRONG_IMPORT, description="Buy when SMA(10) crosses above SMA(20), sell when it crosses below"
        )

        strategy = Strategy.objects.get()
        assert run["state"] == "succeeded", run["error"]
        assert run["result"]["fix"]["outcome"] == "mended"
        assert run["result"]["execution"]["metrics"]["trades"] > 0
        assert strategy.current_version.number > 1
        assert strategy.current_version.origin == "fix"
        assert StrategyVersion.objects.get(strategy=strategy, number=1).code == WRONG_IMPORT
        attempt = FixAttempt.objects.last()
        assert attempt.outcome == "mended"
        assert attempt.execution.error_code
        assert attempt.diagnosis["findings"]
        diff = api.get(f"/api/strategies/{strategy.pk}/versions/{strategy.current_version.number}/diff/").json()
        assert diff["hunks"]

    def test_says_that_a_sound_strategy_needs_nothing(self, api: APIClient, work: Work) -> None:
        run = fix(api, work, CROSS)

        assert run["state"] == "succeeded"
        assert run["result"]["fix"]["attempts"] == []
        assert Strategy.objects.get().current_version.number == 1

    def test_does_not_touch_what_attacks_its_surroundings(self, api: APIClient, work: Work) -> None:
        run = fix(api, work, STEALS)

        assert run["state"] == "failed"
        assert run["result"]["fix"]["outcome"] in ("rejected", "failed")
        assert not Execution.objects.filter(verified=True).exists()

    def test_reports_every_attempt_as_an_event(self, api: APIClient, work: Work) -> None:
        run = fix(api, work, WRONG_IMPORT)

        events = api.get(run["links"]["events"], headers={"Accept": "application/json"}).json()
        kinds = [event["type"] for event in events]
        assert kinds.index("execution.failed") < kinds.index("fix.started") < kinds.index("fix.attempt")
        assert kinds.count("fix.attempt") == len(run["result"]["fix"]["attempts"]) > 0

    def test_happens_by_itself_where_an_execution_asks_for_it(self, api: APIClient, work: Work) -> None:
        made = api.post("/api/strategies/", {"name": "Broken", "code": WRONG_IMPORT})
        accepted = api.post(f"{made['Location']}execute/", {"max_fix_attempts": 3})
        work()

        run = api.get(accepted["Location"]).json()
        assert run["state"] == "succeeded"
        assert run["result"]["execution"]["metrics"]["trades"] > 0
        assert [row["status"] for row in api.get(f"{made['Location']}execution_history/").json()["results"]] == [
            "succeeded",
            "failed",
        ]
