"""The settings of a run, from the command line to the result."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.cli import main
from tests.sandbox.conftest import strategy

HOLD = strategy(next="self.position or self.buy()")


@pytest.fixture
def execute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def execute(code: str, *options: str) -> dict[str, Any]:
        (tmp_path / "strategy.py").write_text(code)
        main(["execute", str(tmp_path / "strategy.py"), "--json", *options])
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return execute


class TestSettings:
    def test_are_shown_with_the_result(self, execute: Any) -> None:
        options = ("--margin", "0.5", "--fills", "backtesting", "--fractional", "--trade-on-close")

        answer = execute(HOLD, *options, "--exclusive-orders", "--hedging", "--spread", "0.001")

        assert answer["broker"] == {
            "cash": 10_000.0,
            "commission": 0.002,
            "spread": 0.001,
            "margin": 0.5,
            "fills": "backtesting",
            "fractional": True,
            "trade_on_close": True,
            "exclusive_orders": True,
            "hedging": True,
        }
        assert answer["orders"]["unit"] == 1e-6
        assert {"fills_of_backtesting", "leverage"} <= {notice["code"] for notice in answer["warnings"]}

    def test_trade_parts_of_a_coin(self, execute: Any) -> None:
        parts = execute(HOLD, "--symbol", "BTCUSD", "--start", "2019-01-01")
        whole = execute(HOLD, "--symbol", "BTCUSD", "--start", "2021-01-01", "--fractional", "false")

        assert 0 < parts["trades"][0]["size"] % 1 < 1
        assert whole["trades"] == []
        assert "one unit costs" in next(n["message"] for n in whole["warnings"] if n["code"] == "no_trades")

    @pytest.mark.parametrize("commission", ["-0.0001", "0.1", "nan"])
    def test_refuse_a_commission_out_of_range(self, execute: Any, commission: str) -> None:
        answer = execute(HOLD, f"--commission={commission}")

        assert answer["error"]["code"] == "invalid_parameter"

    def test_hold_to_the_last_close(self, execute: Any) -> None:
        answer = execute(HOLD)

        assert answer["trades"][0]["exit_reason"] == "end_of_data"
        assert answer["trades"][0]["exit_price"] == pytest.approx(806.19)


class TestNonsense:
    def test_prices_are_refused_with_the_line(self, execute: Any) -> None:
        answer = execute(strategy(next="self.buy(size=10, stop=-1000.0, limit=self.data.Close[-1] * 2)"))

        assert "stop must be a price above 0" in answer["error"]["message"]
        assert answer["error"]["line"] is not None

    def test_a_stop_limit_below_the_market_buys_at_the_open(self, execute: Any) -> None:
        answer = execute(
            strategy(next="c = self.data.Close[-1]\nif not self.position: self.buy(stop=c * .8, limit=c * 2)")
        )

        assert answer["trades"][0]["entry_price"] == 110.75
        assert answer["status"] == "succeeded"

    def test_impossible_fills_of_backtesting_are_named(self, execute: Any) -> None:
        code = strategy(
            next="c = self.data.Close[-1]\nif self.position:\n    self.position.close()\n"
            "elif not self.orders:\n    self.buy(stop=c * .8, limit=c * 2)"
        )

        answer = execute(code, "--fills", "backtesting")

        assert answer["verified"] is False
        assert "impossible_fill" in {notice["code"] for notice in answer["warnings"]}
