"""Backtests over the API: what is asked, what is answered, what is kept."""

import csv
import io

import pytest
from rest_framework.test import APIClient

from strategy_api.strategies.models import Execution
from tests.integration.conftest import Work

CROSS = """
from backtesting import Strategy
from backtesting.lib import crossover
from backtest_engine.indicators import sma


class SmaCross(Strategy):
    fast = 10
    slow = 20

    def init(self):
        self.fast_line = self.I(sma, self.data.Close, self.fast)
        self.slow_line = self.I(sma, self.data.Close, self.slow)

    def next(self):
        if crossover(self.fast_line, self.slow_line):
            self.position.close()
            self.buy()
        elif crossover(self.slow_line, self.fast_line):
            self.position.close()
            self.sell()
"""
IDLE = (
    "from backtesting import Strategy\n\n\nclass Idle(Strategy):\n    def init(self): pass\n    def next(self): pass\n"
)


@pytest.fixture
def strategy(api: APIClient) -> str:
    """The address of a strategy that trades."""
    return api.post("/api/strategies/", {"name": "Cross", "code": CROSS})["Location"]


def execute(api: APIClient, work: Work, strategy: str, **body: object) -> dict:
    """Queue a backtest, let a worker do it, return the run."""
    accepted = api.post(f"{strategy}execute/", body)
    assert accepted.status_code == 202, accepted.content
    work()
    return api.get(accepted["Location"]).json()


class TestExecute:
    def test_returns_metrics_and_what_they_were_computed_with(self, api: APIClient, work: Work, strategy: str) -> None:
        run = execute(api, work, strategy, test_symbol="GOOG", cash=50_000, commission=0.001)

        execution = run["result"]["execution"]
        assert execution["metrics"]["trades"] > 50
        assert execution["broker"]["cash"] == 50_000
        assert execution["broker"]["commission"] == 0.001
        assert execution["broker"]["fills"] == "conservative"
        assert execution["source"] == "samples"

    def test_is_repeatable(self, api: APIClient, work: Work, strategy: str) -> None:
        first = execute(api, work, strategy, test_symbol="GOOG")
        second = execute(api, work, strategy, test_symbol="GOOG")

        assert first["result"]["execution"]["metrics"] == second["result"]["execution"]["metrics"]
        assert Execution.objects.values("dataset_fingerprint").distinct().count() == 1

    def test_takes_parameters(self, api: APIClient, work: Work, strategy: str) -> None:
        usual = execute(api, work, strategy)
        changed = execute(api, work, strategy, parameters={"fast": 20, "slow": 50})

        assert changed["result"]["execution"]["parameters"]["fast"] == 20
        assert changed["result"]["execution"]["metrics"] != usual["result"]["execution"]["metrics"]

    def test_includes_the_whole_end_date(self, api: APIClient, work: Work, strategy: str) -> None:
        run = execute(api, work, strategy, start_date="2010-01-04", end_date="2010-12-31")

        assert run["result"]["execution"]["first_bar_at"].startswith("2010-01-04")
        assert run["result"]["execution"]["last_bar_at"].startswith("2010-12-31")

    @pytest.mark.parametrize(
        ("body", "code", "status"),
        [
            ({"test_symbol": "NOSUCH"}, "unknown_symbol", 404),
            ({"start_date": "1990-01-01", "end_date": "1991-01-01"}, "dates_outside_data", 422),
            ({"interval": "1m"}, "unsupported_interval", 422),
            ({"parameters": {"fats": 3}}, "invalid_parameter", 422),
        ],
    )
    def test_says_what_is_wrong_with_the_request(
        self, api: APIClient, work: Work, strategy: str, body: dict, code: str, status: int
    ) -> None:
        run = execute(api, work, strategy, **body)

        assert run["state"] == "failed"
        assert (run["error"]["code"], run["error"]["status"]) == (code, status)
        assert run["error"]["detail"]
        assert not Execution.objects.exists()

    @pytest.mark.parametrize(
        ("code", "expected", "line"),
        [
            ("from backtesting import Strategy\nclass Broken(Strategy:\n    pass\n", "syntax_error", 2),
            ("answer = 42\n", "no_strategy_class", None),
            (IDLE.replace("def next(self): pass", "def next(self): return 1 / 0"), "strategy_raised", 6),
        ],
    )
    def test_records_a_strategy_that_fails(
        self, api: APIClient, work: Work, code: str, expected: str, line: int | None
    ) -> None:
        strategy = api.post("/api/strategies/", {"name": "Broken", "code": code})["Location"]

        run = execute(api, work, strategy)

        assert run["error"]["code"] == expected
        assert run["error"].get("line") == line
        assert Execution.objects.get().error_code == expected

    def test_warns_of_a_strategy_that_never_trades(self, api: APIClient, work: Work) -> None:
        strategy = api.post("/api/strategies/", {"name": "Idle", "code": IDLE})["Location"]

        run = execute(api, work, strategy)

        assert run["state"] == "succeeded"
        assert "no_trades" in [warning["code"] for warning in run["result"]["execution"]["warnings"]]


class TestExecutionPages:
    def test_serve_trades_as_json_and_csv(self, api: APIClient, work: Work, strategy: str) -> None:
        address = execute(api, work, strategy)["links"]["execution"]

        as_json = api.get(f"{address}trades/").json()
        as_csv = list(csv.DictReader(io.StringIO(api.get(f"{address}trades/?format=csv").content.decode())))

        assert len(as_json) == len(as_csv) == api.get(address).json()["metrics"]["trades"]
        assert float(as_csv[0]["pnl"]) == as_json[0]["pnl"]

    def test_serve_the_equity_curve_bar_by_bar(self, api: APIClient, work: Work, strategy: str) -> None:
        address = execute(api, work, strategy)["links"]["execution"]

        curve = api.get(f"{address}equity/").json()
        rows = api.get(f"{address}equity/", headers={"Accept": "text/csv"}).content.decode().splitlines()

        assert len(curve) == 2148
        assert curve[0] == {"time": "2004-08-19T00:00:00Z", "equity": 10_000.0, "drawdown_pct": 0.0}
        assert curve[-1]["equity"] == pytest.approx(api.get(address).json()["metrics"]["equity_final"])
        assert rows[0] == "time,equity,drawdown_pct"

    def test_serve_a_report_that_runs_nothing_but_its_own_script(self, api: APIClient, work: Work) -> None:
        name = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
        strategy = api.post("/api/strategies/", {"name": name, "code": CROSS})["Location"]
        page = api.get(execute(api, work, strategy)["links"]["report"])

        assert page["Content-Type"].startswith("text/html")
        assert page["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
        text = page.content.decode()
        assert "<img src=x" not in text
        assert "<script>alert(2)" not in text
        assert 'src="http' not in text.replace('t.src="https://cdn.jsdelivr.net/npm/mathjax', "")

    def test_history_is_newest_first_and_can_be_filtered(self, api: APIClient, work: Work, strategy: str) -> None:
        execute(api, work, strategy, test_symbol="GOOG")
        execute(api, work, strategy, test_symbol="EURUSD")

        both = api.get(f"{strategy}execution_history/").json()["results"]
        euro = api.get(f"{strategy}execution_history/?symbol=eurusd").json()["results"]

        assert [row["symbol"] for row in both] == ["EURUSD", "GOOG"]
        assert [row["symbol"] for row in euro] == ["EURUSD"]
        assert euro[0]["metrics"]["trades"] > 0
        assert "trades" not in euro[0]


class TestSameBars:
    def test_are_used_again_by_their_fingerprint(self, api: APIClient, work: Work, strategy: str) -> None:
        first = execute(api, work, strategy, test_symbol="GOOG", end_date="2009-12-31")
        fingerprint = api.get(first["links"]["execution"]).json()["dataset_fingerprint"]

        again = execute(api, work, strategy, dataset_fingerprint=fingerprint)

        assert again["result"]["execution"]["metrics"] == first["result"]["execution"]["metrics"]
        assert again["result"]["execution"]["last_bar_at"].startswith("2009-12-31")

    def test_of_somebody_else_are_unknown(self, api: APIClient, stranger: APIClient, work: Work, strategy: str) -> None:
        first = execute(api, work, strategy, test_symbol="GOOG")
        fingerprint = api.get(first["links"]["execution"]).json()["dataset_fingerprint"]
        theirs = stranger.post("/api/strategies/", {"name": "Cross", "code": CROSS})["Location"]

        answer = stranger.post(f"{theirs}execute/", {"dataset_fingerprint": fingerprint})

        assert (answer.status_code, answer.json()["code"]) == (409, "unknown_dataset")


class TestWarmUp:
    def test_bars_before_the_start_are_no_part_of_the_period_now_or_again(
        self, api: APIClient, work: Work, strategy: str
    ) -> None:
        dates = {"start_date": "2010-01-04", "end_date": "2010-12-31"}
        first = execute(api, work, strategy, **dates)["result"]["execution"]
        detail = api.get(f"/api/executions/{first['id']}/").json()

        again = execute(api, work, strategy, dataset_fingerprint=detail["dataset_fingerprint"])["result"]["execution"]

        assert any(notice["code"] == "warmed_up" for notice in first["warnings"])
        assert first["bars"] == 252
        assert (again["metrics"], again["bars"], again["first_bar_at"]) == (
            first["metrics"],
            first["bars"],
            first["first_bar_at"],
        )
