"""Goals, tries, the seal, studies and evidence, through the API."""

import csv
import io
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from backtest_engine.data.samples import Samples
from backtest_engine.domain import Dataset
from backtest_engine.research.statistics.sharpe import moments
from strategy_api.research import ledger
from strategy_api.research.models import Goal, StudyTrial, Trial
from strategy_api.research.work import parts
from strategy_api.runs import leases, worker
from strategy_api.runs.models import Run, RunEvent
from strategy_api.strategies.models import Strategy
from strategy_api.strategies.versions import add_version
from tests.integration.conftest import RSI, Work, client_of
from tests.unit.test_research_evidence import CODES

SMA = "buy when SMA(10) crosses above SMA(30), sell when it crosses below"
GRID = {"fast_sma_period": {"from": 5, "to": 25, "step": 5}, "slow_sma_period": [20, 30, 40, 50, 60]}

pytestmark = pytest.mark.usefixtures("many_requests")


@pytest.fixture
def strategy(api: APIClient, work: Work) -> dict[str, Any]:
    """A strategy that was written and not yet run."""
    return written(api, work, SMA)


def written(api: APIClient, work: Work, description: str, **body: Any) -> dict[str, Any]:
    run = done(api, work, "/api/strategies/generate_with_ai/", description=description, generator="offline", **body)
    found: dict[str, Any] = api.get(f"/api/strategies/{run['result']['strategy']}/").json()
    return found


def done(api: APIClient, work: Work, path: str, **body: Any) -> dict[str, Any]:
    """Submit a run and return it when it has ended well."""
    answer = api.post(path, body)
    assert answer.status_code == 202, answer.json()
    for _ in range(3):
        work()
    found: dict[str, Any] = api.get(f"/api/runs/{answer.json()['id']}/").json()
    assert found["state"] == "succeeded", found["error"]
    return found


def goal_of(api: APIClient, strategy: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/goals/{strategy['goal']}/").json()
    return found


class TestEvidence:
    def test_stands_beside_every_execution_with_each_check(self, api: APIClient, work: Work) -> None:
        strategy = written(api, work, RSI)
        run = done(api, work, f"/api/strategies/{strategy['id']}/execute/")
        found = api.get(f"/api/executions/{run['result']['execution']['id']}/").json()

        assert [check["code"] for check in found["evidence"]["checks"]] == CODES
        assert found["evidence"]["verdict"] == "not_believable"
        assert "9 round trips prove nothing" in found["evidence"]["sentence"]
        assert run["result"]["execution"]["evidence"] == found["evidence"]
        by_code = {check["code"]: check for check in found["evidence"]["checks"]}
        assert by_code["luck"]["figures"]["tries"] == 1
        # A specification's own parameters were changed, and its costs doubled: there was time for it.
        assert by_code["fragility"]["figures"]["neighbours"] == 12
        assert by_code["costs"]["figures"]["estimated"] is False
        page = api.get(f"/api/executions/{found['id']}/report/").content.decode()
        assert page.index("Not believable.") < page.index("Max. drawdown")

    def test_of_a_failure_is_unknown(self, api: APIClient, work: Work) -> None:
        code = "from backtesting import Strategy\nclass S(Strategy):\n def init(self): pass\n def next(self): 1 / 0\n"
        made = api.post("/api/strategies/", {"name": "S", "code": code}).json()
        api.post(f"/api/strategies/{made['id']}/execute/", {})
        work()
        (found,) = api.get("/api/executions/").json()["results"]

        assert found["evidence"]["verdict"] == "unknown"
        assert {check["verdict"] for check in found["evidence"]["checks"]} == {"unknown"}


class TestLedger:
    def test_counts_the_same_candidate_once_and_another_anew(self, api: APIClient, work: Work, strategy: Any) -> None:
        path = f"/api/strategies/{strategy['id']}/execute/"
        for parameters in ({}, {}, {"fast_sma_period": 12}, {"fast_sma_period": 12.0}):
            done(api, work, path, parameters=parameters, span="before_seal")
        goal = goal_of(api, strategy)
        rows = api.get(f"/api/goals/{strategy['goal']}/trials/").json()["results"]

        assert (goal["tries"], goal["looks"], goal["strategies"]) == (2, 0, [strategy["id"]])
        assert [row["parameters"]["fast_sma_period"] for row in rows] == [12, 10]
        assert {row["origin"] for row in rows} == {"execute"}
        assert {"spec_hash", "sharpe_per_bar", "skew", "kurtosis", "trade_count", "return_pct"} <= set(rows[0])

    def test_clones_share_a_goal_and_strangers_see_none(
        self, api: APIClient, stranger: APIClient, strategy: Any
    ) -> None:
        clone = api.post(f"/api/strategies/{strategy['id']}/clone/", {}).json()

        assert clone["goal"] == strategy["goal"]
        assert goal_of(api, strategy)["strategies"] == [strategy["id"], clone["id"]]
        assert stranger.get(f"/api/goals/{strategy['goal']}/").status_code == 404
        assert stranger.get("/api/goals/").json()["results"] == []

    def test_is_exact_under_eight_writers(self, owner: Any) -> None:
        goal = Goal.objects.create(owner=owner)
        failures: list[Exception] = []

        def write(number: int) -> None:
            try:
                # Half of what each writes, another one writes too.
                ledger.record(goal, candidates(range(number * 100, number * 100 + 200)), origin="optimize")
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert Trial.objects.filter(goal=goal).count() == 900
        assert ledger.tries_on(goal, BARS).count == 900

    def test_counts_tries_on_bars_that_overlap_and_no_readings(self, owner: Any) -> None:
        goal = Goal.objects.create(owner=owner)
        ledger.record(goal, candidates(range(10)), origin="optimize")
        ledger.record(goal, candidates(range(10, 30)), origin="spread")
        later = BARS.last_bar_at + timedelta(days=1)
        apart = ledger.Bars(symbol="X", interval="1d", fingerprint="b", first_bar_at=later, last_bar_at=later)
        sharpes = Trial.objects.filter(origin="optimize").values_list("sharpe_per_bar", flat=True)

        assert ledger.tries_on(goal, BARS).count == 10
        assert ledger.tries_on(goal, BARS).variance == pytest.approx(float(np.var(list(sharpes), ddof=1)))
        assert ledger.tries_on(goal, apart).count == 1


BARS = ledger.Bars(
    symbol="X",
    interval="1d",
    fingerprint="a",
    first_bar_at=datetime(2020, 1, 1, tzinfo=UTC),
    last_bar_at=datetime(2021, 1, 1, tzinfo=UTC),
)


def candidates(numbers: range) -> list[ledger.Evaluated]:
    random = np.random.default_rng(0)
    returns = random.normal(0, 0.01, (1_000, 50))
    return [
        ledger.Evaluated(
            spec_hash="s",
            parameters={"number": number},
            bars=BARS,
            moments=moments(returns[number]),
            trade_count=3,
            return_pct=1.0,
        )
        for number in numbers
    ]


class TestSeal:
    def test_is_four_fifths_of_the_first_bars_and_searches_end_before_it(
        self, api: APIClient, work: Work, strategy: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bars = Samples().bars("GOOG", start=None, end=None, interval=None).bars
        seal = bars.index[int(0.8 * len(bars))]
        run = done(api, work, f"/api/strategies/{strategy['id']}/execute/", span="before_seal")
        assert goal_of(api, strategy)["sealed_from"] == f"{seal:%Y-%m-%dT%H:%M:%SZ}"
        assert run["result"]["execution"]["bars"] == int(0.8 * len(bars))
        assert any("sealed" in line for line in run["result"]["assumptions"])

        def guarded(self: Samples, symbol: str, *, start: Any, end: Any, interval: Any) -> Dataset:
            found = original(self, symbol, start=start, end=end, interval=interval)
            assert found.bars.index[-1] < seal, "a sealed bar was read"
            return found

        original = Samples.bars
        monkeypatch.setattr(Samples, "bars", guarded)
        for kind, body in (
            ("optimize", {"parameters": GRID}),
            ("walk_forward", {"parameters": GRID}),
            ("significance", {}),
            ("spread", {}),
        ):
            run = done(api, work, f"/api/strategies/{strategy['id']}/{kind}/", **body)
            assert run["result"]["last_bar_at"] < f"{seal:%Y-%m-%d}"
            assert "sealed" in run["result"]["seal"]
        assert goal_of(api, strategy)["looks"] == 0

    def test_generation_keeps_to_the_bars_before_it_unless_dates_are_named(self, api: APIClient, work: Work) -> None:
        sealed = written(api, work, RSI, execute_after_generation=True)
        dated = written(api, work, RSI, execute_after_generation=True, start_date="2010-01-01", end_date="2012-12-31")
        first, second = (api.get(f"/api/executions/?strategy={one['id']}").json()["results"] for one in (sealed, dated))

        assert first[0]["bars"] == 1718
        assert second[0]["last_bar_at"].startswith("2012-12-31")

    def test_is_opened_by_people_and_a_second_time_with_a_reason(
        self, api: APIClient, owner: Any, stranger: APIClient, work: Work, strategy: Any
    ) -> None:
        path = f"/api/goals/{strategy['goal']}/open_seal/"
        assert api.post(path, {}).json()["code"] == "nothing_sealed"
        done(api, work, f"/api/strategies/{strategy['id']}/execute/", span="before_seal")

        refused = client_of(owner, "run").post(path, {})
        opened = api.post(path, {})
        again = api.post(path, {})
        reasoned = api.post(path, {"reason": "The data were wrong."})

        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        assert stranger.post(path, {}).status_code == 404
        assert (opened.status_code, len(opened.json()["openings"])) == (200, 1)
        assert (again.status_code, again.json()["code"]) == (409, "reason_required")
        assert [row["reason"] for row in reasoned.json()["openings"]] == ["", "The data were wrong."]
        assert reasoned.json()["openings"][0]["by"] == "owner"

    def test_a_backtest_over_all_bars_is_a_look_and_evidence_once(
        self, api: APIClient, work: Work, strategy: Any
    ) -> None:
        path = f"/api/strategies/{strategy['id']}/execute/"
        first, second = (done(api, work, path)["result"]["execution"]["evidence"] for _ in range(2))
        checks = [next(check for check in one["checks"] if check["code"] == "out_of_sample") for one in (first, second)]

        assert [check["figures"]["looks"] for check in checks] == [0, 1]
        assert [check["verdict"] for check in checks] == ["pass", "warn"]
        assert goal_of(api, strategy)["looks"] == 2


class TestStudies:
    def test_optimize_gives_the_best_its_table_and_its_evidence(
        self, api: APIClient, work: Work, strategy: Any
    ) -> None:
        run = done(
            api,
            work,
            f"/api/strategies/{strategy['id']}/optimize/",
            parameters=GRID,
            objective="return_pct",
            constraint="trade_count >= 20",
        )
        study = api.get(run["links"]["study"]).json()
        rows = api.get(f"{run['links']['trials']}?ordering=-value&page_size=200").json()["results"]
        best = study["result"]["best"]
        progress = [event.data for event in RunEvent.objects.filter(run=run["id"], type="progress").order_by("seq")]

        assert len(rows) == study["result"]["trial_count"] == 25
        eligible = [row for row in rows if row["trade_count"] >= 20]
        assert best["value"] == max(row["value"] for row in eligible)
        assert best["parameters"] == eligible[0]["parameters"]
        assert best["tries"] == goal_of(api, strategy)["tries"] == 25
        assert best["deflated_sharpe"] < best["probabilistic_sharpe"]
        assert [check["code"] for check in best["evidence"]["checks"]] == CODES
        assert study["result"]["plateau"]["shape"] in ("hill", "needle")
        assert 0 <= study["result"]["pbo"] <= 1
        assert len(study["result"]["heat_maps"][0]["values"]) == 5
        assert [row["done"] for row in progress] == list(range(1, 26))
        assert progress[-1].keys() == {"done", "total", "best_so_far", "seconds_left"}
        text = api.get(run["links"]["trials"], HTTP_ACCEPT="text/csv").content.decode()
        table = list(csv.DictReader(io.StringIO(text)))
        assert len(table) == 25
        assert table[0]["fast_sma_period"] == "5"
        assert "<svg" in api.get(study["links"]["report"]).content.decode()

    def test_a_search_equals_single_backtests(self, api: APIClient, work: Work, strategy: Any) -> None:
        path = f"/api/strategies/{strategy['id']}"
        run = done(api, work, f"{path}/optimize/", parameters={"fast_sma_period": [5, 10]}, fills="backtesting")
        rows = api.get(run["links"]["trials"]).json()["results"]
        for row in rows:
            single = done(
                api, work, f"{path}/execute/", parameters=row["parameters"], fills="backtesting", span="before_seal"
            )
            metrics = single["result"]["execution"]["metrics"]
            assert row["value"] == pytest.approx(metrics["sharpe_ratio"], rel=1e-9)
            assert row["return_pct"] == pytest.approx(metrics["return_pct"], rel=1e-9)
            assert row["trade_count"] == metrics["trades"]
        # Single backtests of the same candidates on the same bars are no new tries.
        assert goal_of(api, strategy)["tries"] == 2

    def test_what_was_recorded_is_not_done_again(
        self, api: APIClient, strategy: Any, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = api.post(f"/api/strategies/{strategy['id']}/optimize/", {"parameters": GRID}).json()
        evaluated: list[tuple[int, int]] = []
        original = parts.Ground.rows

        def rows(self: parts.Ground, job: Any, first: int, end: int) -> Any:
            evaluated.append((first, end))
            if len(evaluated) == 8:
                raise SystemExit  # as a worker that is killed: nothing is settled
            return original(self, job, first, end)

        monkeypatch.setattr(parts.Ground, "rows", rows)
        with pytest.raises(SystemExit):
            worker.perform(run["id"])
        assert StudyTrial.objects.count() == 7
        Run.objects.update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
        worker.perform(run["id"])

        assert api.get(f"/api/runs/{run['id']}/").json()["state"] == "succeeded"
        assert sorted(first for first, _ in evaluated) == [*range(7), 7, 7, *range(8, 25)]
        assert StudyTrial.objects.count() == goal_of(api, strategy)["tries"] == 25

    def test_is_spread_over_the_fleet_where_it_is_long(
        self, api: APIClient, strategy: Any, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parts, "ALONE_SECONDS", 0.0)
        answers = [
            done(api, work, f"/api/strategies/{strategy['id']}/{kind}/", parameters=GRID)
            for kind in ("optimize", "walk_forward")
        ]
        alone = api.get(answers[0]["links"]["trials"]).json()["results"]

        assert Run.objects.filter(parent=answers[0]["id"], kind="study_part").count() == 25
        assert [row["position"] for row in alone] == list(range(25))
        assert len(answers[1]["result"]["windows"]) == 5

    def test_is_cancelled(self, api: APIClient, strategy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        run = api.post(f"/api/strategies/{strategy['id']}/optimize/", {"parameters": GRID}).json()
        monkeypatch.setattr(leases.Lease, "unwanted", lambda self: StudyTrial.objects.count() >= 3)
        worker.perform(run["id"])

        assert api.get(f"/api/runs/{run['id']}/").json()["state"] == "cancelled"
        assert StudyTrial.objects.count() == 3

    def test_walk_forward_tests_what_it_chose_on_what_follows(self, api: APIClient, work: Work, strategy: Any) -> None:
        path = f"/api/strategies/{strategy['id']}"
        run = done(
            api, work, f"{path}/walk_forward/", parameters=GRID, train_bars=600, test_bars=200, objective="return_pct"
        )
        study = api.get(run["links"]["study"]).json()["result"]
        windows = study["windows"]
        index = Samples().bars("GOOG", start=None, end=None, interval=None).bars.index

        assert len(windows) == 5
        level = 10_000.0
        for place, window in enumerate(windows):
            first, last = 600 + 200 * place, 799 + 200 * place
            assert pd.Timestamp(window["test_from"]).tz_localize(None) == index[first]
            assert pd.Timestamp(window["test_to"]).tz_localize(None) == index[last]
            level *= 1 + window["return_pct"] / 100
        assert level == pytest.approx(study["equity"][-1])
        assert len(study["equity"]) == 1000
        assert study["metrics"]["return_pct"] == pytest.approx(level / 100 - 100)
        again = done(
            api,
            work,
            f"{path}/execute/",
            parameters=windows[1]["parameters"],
            start_date=windows[1]["test_from"][:10],
            end_date=windows[1]["test_to"][:10],
        )
        assert again["result"]["execution"]["metrics"]["return_pct"] == pytest.approx(windows[1]["return_pct"])

    def test_significance_asks_for_timing_costs_and_changes(self, api: APIClient, work: Work, strategy: Any) -> None:
        run = done(api, work, f"/api/strategies/{strategy['id']}/significance/", samples=200)
        found = run["result"]

        assert 0 < found["permutation"]["p"] <= 1
        assert [row["times"] for row in found["costs"]] == [0, 1, 2, 4]
        returns = [row["return_pct"] for row in found["costs"]]
        assert returns == sorted(returns, reverse=True)
        assert len(found["parameters"]["changes"]) == 8
        assert [row["year"] for row in found["years"]] == list(range(2004, 2012))
        low, high = found["bootstrap"]["intervals"]["return_pct"]
        assert low < found["best"]["return_pct"] < high
        assert [check["code"] for check in found["best"]["evidence"]["checks"]] == CODES

    def test_spread_reads_the_sentence_every_way_and_marks_the_one_that_was_used(
        self, api: APIClient, work: Work
    ) -> None:
        strategy = written(api, work, RSI)
        run = done(api, work, f"/api/strategies/{strategy['id']}/spread/")
        readings = run["result"]["readings"]
        options = {(axis, option) for row in readings for axis, option in row["choices"].items()}

        assert {
            ("RSI", "Wilder's averages"),
            ("RSI", "simple averages"),
            ("conditions", "on every bar where it holds"),
            ("conditions", "on the bar where it begins to hold"),
            ("the exit signal", "closes the position"),
            ("the exit signal", "closes it and goes short"),
        } <= options
        assert [row["used"] for row in readings] == [True] + [False] * (len(readings) - 1)
        assert readings[0]["return_pct"] == run["result"]["range"]["used_return_pct"]
        assert len({row["sentence"] for row in readings}) == len(readings) <= 256
        check = next(row for row in run["result"]["best"]["evidence"]["checks"] if row["code"] == "readings")
        assert check["figures"]["readings"] == len(readings)
        # Nobody chooses among readings by what they earn.
        assert goal_of(api, strategy)["tries"] == 0
        assert len(api.get(f"/api/goals/{strategy['goal']}/trials/").json()["results"]) == len(readings)

    def test_spread_needs_a_sentence(self, api: APIClient, owner: Any) -> None:
        free = Strategy.objects.create(owner=owner, name="free")
        add_version(free, code="class S: pass", origin="manual")

        answer = api.post(f"/api/strategies/{free.pk}/spread/", {})
        assert (answer.status_code, answer.json()["code"]) == (422, "no_description")

    def test_batch_tries_many_markets_and_corrects_for_it(self, api: APIClient, work: Work, strategy: Any) -> None:
        run = done(api, work, "/api/studies/batch/", strategy=strategy["id"], symbols=["GOOG", "EURUSD", "NOWHERE"])
        rows = run["result"]["symbols"]

        assert [row["symbol"] for row in rows] == ["GOOG", "EURUSD", "NOWHERE"]
        assert [(row["error"] or {}).get("code") for row in rows] == [None, None, "unknown_symbol"], rows
        assert all(row["corrected_p"] >= row["p"] for row in rows[:2])
        assert run["result"]["tested"] == 2
        assert run["result"]["sentence"].startswith("Works on ")
        assert goal_of(api, strategy)["tries"] == 2

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 400, "invalid"),
            ({"parameters": {}}, 400, "invalid"),
            ({"parameters": {"fast_sma_period": 3}}, 400, "invalid"),
            ({"parameters": {"nothing": [1]}}, 422, "invalid_parameter"),
            ({"parameters": {"fast_sma_period": [1.5]}}, 422, "invalid_parameter"),
            ({"parameters": {"fast_sma_period": [3]}, "objective": "luck"}, 422, "invalid_parameter"),
            ({"parameters": {"fast_sma_period": [3]}, "constraint": "many"}, 422, "invalid_parameter"),
            ({"parameters": {"fast_sma_period": [3, 4, 5]}, "max_trials": 2}, 422, "grid_too_large"),
            ({"parameters": {"fast_sma_period": [3]}, "method": "guess"}, 400, "invalid"),
        ],
    )
    def test_refuses_what_makes_no_search(
        self, api: APIClient, strategy: Any, body: dict[str, Any], status: int, code: str
    ) -> None:
        answer = api.post(f"/api/strategies/{strategy['id']}/optimize/", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()

    def test_free_code_is_searched_in_the_sandbox(self, api: APIClient, owner: Any, work: Work, strategy: Any) -> None:
        free = Strategy.objects.create(owner=owner, name="free")
        add_version(free, code=strategy["current_version"]["code"], origin="manual")
        grid = {"fast_sma_period": [5, 10]}
        run = done(api, work, f"/api/strategies/{free.pk}/optimize/", parameters=grid)
        same = done(api, work, f"/api/strategies/{strategy['id']}/optimize/", parameters=grid)
        rows, others = (api.get(one["links"]["trials"]).json()["results"] for one in (run, same))

        assert [row["value"] for row in rows] == pytest.approx([row["value"] for row in others])
        assert settings.QUEUED_RUNS_LIMIT
