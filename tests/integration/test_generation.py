"""From a sentence to a stored history, through the API."""

import json
import warnings

import pytest
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
from rest_framework.test import APIClient

from strategy_api.runs.models import Run, RunEvent
from strategy_api.strategies.models import Execution, StrategyVersion
from strategy_api.strategies.models import Strategy as StrategyRow
from tests.integration.conftest import RSI, Work

GENERATE = "/api/strategies/generate_with_ai/"


def by_hand(code: str) -> dict:
    """Run compiled code with plain backtesting.py."""
    namespace: dict = {"__name__": "by_hand"}
    exec(compile(code, "by_hand.py", "exec"), namespace)  # code that our own compiler wrote
    (strategy,) = [
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == "by_hand"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Backtest(GOOG, strategy, cash=10_000, commission=0.002, finalize_trades=True).run()


class TestGeneration:
    def test_turns_a_sentence_into_numbers_that_backtesting_gives_by_hand(self, api: APIClient, work: Work) -> None:
        # Dates are named, so nothing is sealed.
        dates = {"start_date": "2004-08-19", "end_date": "2013-03-01"}
        accepted = api.post(GENERATE, {"description": RSI, "execute_after_generation": True, **dates})
        work()
        run = api.get(accepted["Location"]).json()

        assert accepted.status_code == 202
        assert accepted["Retry-After"] == "1"
        assert run["state"] == "succeeded"
        metrics, expected = run["result"]["execution"]["metrics"], by_hand(run["result"]["code"])
        assert metrics["trades"] == expected["# Trades"] > 0
        assert metrics["equity_final"] == expected["Equity Final [$]"]
        assert metrics["return_pct"] == expected["Return [%]"]
        assert metrics["max_drawdown_pct"] == pytest.approx(expected["Max. Drawdown [%]"])
        # Figures by the year take theirs from the calendar: backtesting.py counts 252 bars.
        assert metrics["return_ann_pct"] == pytest.approx(expected["CAGR [%]"])
        returns = expected["_equity_curve"]["Equity"].pct_change().dropna()
        years = (GOOG.index[-1] - GOOG.index[0]).days / 365.25
        volatility = returns.std() * (len(returns) / years) ** 0.5
        assert metrics["sharpe_ratio"] == pytest.approx(metrics["return_ann_pct"] / 100 / volatility)
        # Held from the first bar, not from where an indicator, which the strategy chooses, has warmed up.
        held = (GOOG.Close.iloc[-1] / GOOG.Close.iloc[0] - 1) * 100
        assert metrics["buy_hold_return_pct"] == pytest.approx(held)

    def test_stores_strategy_version_execution_and_events(self, api: APIClient, work: Work) -> None:
        api.post(GENERATE, {"description": RSI, "execute_after_generation": True})
        work()

        strategy, version, execution = StrategyRow.objects.get(), StrategyVersion.objects.get(), Execution.objects.get()
        assert strategy.current_version == version
        assert (version.number, version.origin) == (1, "offline")
        assert version.assumptions
        assert execution.version == version
        assert len(execution.dataset_fingerprint) == 64
        assert list(RunEvent.objects.values_list("seq", flat=True)) == list(range(1, 9))
        assert RunEvent.objects.last().type == "run.succeeded"

    def test_says_which_symbol_was_assumed(self, api: APIClient, work: Work) -> None:
        api.post(GENERATE, {"description": RSI, "execute_after_generation": True})
        work()

        assert any("GOOG" in sentence for sentence in Run.objects.get().result["assumptions"])

    def test_without_execution_only_writes_the_strategy(self, api: APIClient, work: Work) -> None:
        api.post(GENERATE, {"description": RSI, "name": "Mean reversion"})
        work()

        assert StrategyRow.objects.get().name == "Mean reversion"
        assert not Execution.objects.exists()

    def test_names_the_words_that_it_cannot_understand_and_writes_nothing(self, api: APIClient, work: Work) -> None:
        accepted = api.post(GENERATE, {"description": "Buy when the flurgel is over 3, sell when RSI > 70"})
        work()
        run = api.get(accepted["Location"]).json()

        assert run["state"] == "failed"
        assert run["error"]["code"] in ("not_understood", "needs_clarification")
        assert "flurgel" in str(run["error"])
        assert not StrategyRow.objects.exists()
        assert not StrategyVersion.objects.exists()

    def test_asks_when_the_exit_is_missing(self, api: APIClient, work: Work) -> None:
        accepted = api.post(GENERATE, {"description": "Buy when RSI is below 30."})
        work()
        run = api.get(accepted["Location"]).json()

        assert run["error"]["code"] == "needs_clarification"
        assert run["error"]["questions"]

    def test_keeps_the_strategy_when_its_first_backtest_cannot_run(self, api: APIClient, work: Work) -> None:
        accepted = api.post(
            GENERATE, {"description": RSI, "execute_after_generation": True, "test_symbol": "NOSUCHSYMBOL"}
        )
        work()
        run = api.get(accepted["Location"]).json()

        assert run["state"] == "failed"
        assert (run["error"]["code"], run["error"]["status"]) == ("unknown_symbol", 404)
        assert run["links"]["strategy"].endswith(f"/{StrategyRow.objects.get().pk}/")

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            ({"description": ""}, "/description", "blank"),
            ({"description": "   "}, "/description", "blank"),
            ({}, "/description", "required"),
            ({"description": "buy " * 5_000}, "/description", "max_length"),
            ({"description": 3.5, "name": []}, "/name", "invalid"),
            ({"description": RSI, "descripton": "typo"}, "/descripton", "unknown_field"),
            ({"description": RSI, "max_fix_attempts": 9}, "/max_fix_attempts", "max_value"),
            ({"description": RSI, "interval": "yearly"}, "/interval", "invalid"),
            ({"description": RSI, "start_date": "2010-02-30"}, "/start_date", "invalid"),
            (
                {"description": RSI, "start_date": "2010-02-02", "end_date": "2010-02-01"},
                "/end_date",
                "dates_reversed",
            ),
            ({"description": "buy \ud800"}, "/description", "surrogate_characters_not_allowed"),
            ({"description": "buy \x00"}, "/description", "null_characters_not_allowed"),
        ],
    )
    def test_refuses_bad_input_and_writes_nothing(self, api: APIClient, body: dict, pointer: str, code: str) -> None:
        answer = api.generic("POST", GENERATE, json.dumps(body), content_type="application/json")

        assert answer.status_code == (422 if code == "dates_reversed" else 400)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "invalid"
        assert {"pointer": pointer, "code": code} in [
            {name: error[name] for name in ("pointer", "code")} for error in answer.json()["errors"]
        ]
        assert not Run.objects.exists()

    def test_lists_every_wrong_field_at_once(self, api: APIClient) -> None:
        answer = api.post(GENERATE, {"description": "", "interval": "x", "nonsense": 1})

        assert {error["pointer"] for error in answer.json()["errors"]} == {"/description", "/interval", "/nonsense"}
