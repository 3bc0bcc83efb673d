"""Whole runs whose right values were worked out by hand: fills, orders that cannot be paid, figures by the year."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.cli import main
from tests.sandbox.conftest import strategy

BARS = Path(__file__).parents[1] / "corpus" / "fills" / "bars"
HOLD = strategy(next="self.position or self.buy()")
CROSS = strategy(
    "self.fast = self.I(sma, self.data.Close, 10)\nself.slow = self.I(sma, self.data.Close, 30)",
    """
    if crossover(self.fast, self.slow):
        self.buy()
    elif crossover(self.slow, self.fast):
        self.position.close()
    """,
)
CLOSE_OVER_AVERAGE = strategy(
    "self.m = self.I(sma, self.data.Close, 5)",
    """
    if crossover(self.data.Close, self.m):
        self.position or self.buy()
    elif crossover(self.m, self.data.Close):
        self.position.close()
    """,
)


@pytest.fixture
def execute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def execute(code: str, *options: str) -> dict[str, Any]:
        (tmp_path / "strategy.py").write_text(code)
        main(["execute", str(tmp_path / "strategy.py"), "--json", "--csv-dir", str(BARS), *options])
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert answer["status"] == "succeeded", answer["error"]
        return answer

    return execute


def said(answer: dict[str, Any], code: str) -> str:
    """Return what the answer says under a code."""
    return " ".join(notice["message"] for notice in answer["warnings"] if notice["code"] == code)


def test_a_trade_held_to_the_end_is_worth_the_last_close(execute: Any) -> None:
    """99 units bought at 100, last close 200: 10,000 + 99 x 100."""
    answer = execute(HOLD, "--symbol", "LASTBAR", "--commission", "0")

    assert answer["metrics"]["equity_final"] == 19_900


def test_an_order_of_the_last_bar_changes_nothing(execute: Any) -> None:
    answer = execute(strategy(next="if len(self.data) == 6: self.buy()"), "--symbol", "LASTBAR", "--commission", "0")

    assert (answer["metrics"]["equity_final"], answer["trades"]) == (10_000, [])
    assert answer["orders"]["lost"]["still_waiting"]["count"] == 1


def test_a_limit_entry_is_stopped_on_its_bar(execute: Any) -> None:
    """Bought at 98, stopped at 94 on a bar that falls to 90: 10 x -4."""
    code = strategy(next="if len(self.data) == 2: self.buy(size=10, limit=98, sl=94)")

    answer = execute(code, "--symbol", "STOPSL", "--commission", "0")

    assert [trade["pnl"] for trade in answer["trades"]] == [-40]
    assert "1 of 1 trades were stopped on the bar" in said(answer, "same_bar_trades")


def test_a_limit_entry_for_everything_is_stopped_on_its_bar(execute: Any) -> None:
    """102 units at 97.02 (98 % of the close of 99), stopped three per cent below: about 300 are lost."""
    code = strategy(
        next="c = self.data.Close[-1]\nif len(self.data) == 2: self.buy(limit=0.98 * c, sl=0.98 * c * 0.97)"
    )

    answer = execute(code, "--symbol", "LIMITDAY", "--commission", "0")

    assert answer["metrics"]["equity_final"] == pytest.approx(9_700, abs=1)


def test_a_unit_that_costs_more_than_the_cash_is_named(execute: Any) -> None:
    answer = execute(CROSS, "--symbol", "BTC300")

    assert answer["trades"] == []
    assert "one unit costs 13,984.56, and there was 10,000.00" in said(answer, "no_trades")


def test_a_tenth_of_a_small_account_is_named(execute: Any) -> None:
    answer = execute(
        strategy(next="self.position or self.buy(size=0.1)"),
        "--symbol",
        "GOOG",
        "--start",
        "2006-01-01",
        "--cash",
        "1000",
    )

    assert answer["trades"] == []
    assert "0.1 of 1,000.00 was to be spent" in said(answer, "no_trades")


def test_orders_that_cannot_be_paid_are_counted_beside_trades(execute: Any) -> None:
    options = ("--symbol", "BTCUSD", "--start", "2019-01-01", "--end", "2024-12-31")

    whole = execute(CLOSE_OVER_AVERAGE, *options, "--fractional", "false")
    parts = execute(CLOSE_OVER_AVERAGE, *options)

    assert len(whole["trades"]) == 6
    assert whole["orders"]["lost"]["below_one_unit"]["count"] == 2
    assert len(parts["trades"]) == 8
    assert parts["orders"]["lost"] == {}


def test_a_short_that_eats_the_account_is_said_to(execute: Any) -> None:
    """999 sold at 10 or so; the close of 40 is the end: the account is 0, and what is owed beyond it is named."""
    answer = execute(strategy(next="self.position or self.sell()"), "--symbol", "SQUEEZE", "--commission", "0")

    assert answer["metrics"]["equity_final"] == 0
    assert "2024-01-05" in said(answer, "account_wiped_out")
    assert "more than the account held" in said(answer, "account_wiped_out")
    assert [trade["exit_reason"] for trade in answer["trades"]] == ["wiped_out"]


def test_figures_by_the_year_fit_bars_of_three_days(execute: Any) -> None:
    """122 bars a year: a deviation of 3.47 % a bar is 38 % a year."""
    metrics = execute(HOLD, "--symbol", "C3", "--interval", "3d")["metrics"]

    assert metrics["volatility_ann_pct"] == pytest.approx(38, abs=0.5)
    assert metrics["return_ann_pct"] == metrics["cagr_pct"] == pytest.approx(33, abs=1)


def test_figures_by_the_year_fit_quarters(execute: Any) -> None:
    metrics = execute(HOLD, "--symbol", "QUARTER")["metrics"]

    assert metrics["return_ann_pct"] == metrics["cagr_pct"] == pytest.approx(-1.93, abs=0.01)
    assert metrics["sharpe_ratio"] == pytest.approx(-0.165, abs=0.001)


def test_too_few_days_have_no_figures_by_the_year(execute: Any) -> None:
    answer = execute(HOLD, "--symbol", "LASTBAR")

    assert answer["metrics"]["sharpe_ratio"] is None
    assert "at least 30" in answer["metrics_notes"]["sharpe_ratio"]
    assert "covers 7 days" in said(answer, "yearly_figures_missing")
