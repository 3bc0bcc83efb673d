"""Faults that people reported about tools of this kind, each tried from end to end and held to the right value."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.compiler import compile_spec
from backtest_engine.data import Catalog, Folder, Samples
from backtest_engine.domain import BacktestResult, BrokerSettings
from backtest_engine.engine import Engine
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.key_rotation import read_gemini
from backtest_engine.language import explain
from backtest_engine.sandbox.launch import platform_problem
from backtest_engine.spec import CashSize, Comparison, Indicator, Price, Side, StrategySpec
from backtest_engine.spec.lengths import fit

PUBLIC = Path(__file__).parents[1] / "corpus" / "public"
FREE = BrokerSettings(commission=0.0)


def code_of(name: str) -> str:
    return (PUBLIC / "strategies" / f"{name}.py").read_text()


class Desk:
    """An engine on the record's bars and on the samples."""

    def __init__(self, executor: SandboxedExecutor) -> None:
        data = Catalog([Folder(PUBLIC / "bars"), Samples()])
        self.engine = Engine(generators={"offline": OfflineGenerator()}, data=data, executor=executor)

    def load(self, symbol: str, code: str, spec: Any = None, **dates: str) -> Any:
        moments = {
            name: datetime.combine(datetime.fromisoformat(day), time.min if name == "start" else time.max, UTC)
            for name, day in dates.items()
        }
        return self.engine.load(symbol, code=code, spec=spec, **moments)

    def run(self, name: str, symbol: str, broker: BrokerSettings | None = None, **dates: str) -> BacktestResult:
        code = code_of(name)
        return self.engine.execute(code, dataset=self.load(symbol, code, **dates), broker=broker or BrokerSettings())


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    problem = platform_problem()
    if problem:
        pytest.skip(problem)
    executor = SandboxedExecutor()
    yield Desk(executor)
    executor.close()


def said(result: BacktestResult, code: str) -> str:
    """Return what the result says under a code."""
    return " ".join(notice.message for notice in result.notices if notice.code == code)


class TestFills:
    def test_the_end_is_worth_the_last_close(self, desk: Desk) -> None:
        assert desk.run("hold_to_the_end", "LASTBAR", FREE).metrics["equity_final"] == 19_900

    def test_an_order_of_the_last_bar_changes_nothing(self, desk: Desk) -> None:
        result = desk.run("last_bar_order", "LASTBAR", FREE)

        assert (result.metrics["equity_final"], result.metrics["trades"]) == (10_000, 0)
        assert "still waited when the data ended" in said(result, "no_trades")

    def test_a_limit_entry_is_stopped_on_its_own_bar(self, desk: Desk) -> None:
        result = desk.run("limit_entry_with_stop", "STOPSL", FREE)

        assert [trade.pnl for trade in result.trades] == [-40]
        assert "1 of 1 trades were stopped on the bar" in said(result, "same_bar_trades")

    def test_so_is_one_of_a_sentence(self, desk: Desk) -> None:
        result = desk.run("limit_sentence", "LIMITDAY", FREE)

        assert [trade.pnl for trade in result.trades] == [pytest.approx(-300, abs=1)]
        assert result.metrics["equity_final"] == pytest.approx(9_700, abs=1)


class TestOrdersThatCannotBePaid:
    def test_a_coin_that_costs_more_than_the_cash_is_the_reason(self, desk: Desk) -> None:
        result = desk.run("sma_10_30", "BTC300")

        assert result.trades == ()
        assert "one unit costs" in said(result, "no_trades")
        assert "there was 10,000.00" in said(result, "no_trades")
        assert result.verified is False

    def test_parts_of_a_coin_are_bought_where_the_market_has_them(self, desk: Desk) -> None:
        result = desk.run("sma_5", "BTCUSD", start="2019-01-01")

        assert result.metrics["trades"] == 8
        assert result.orders.unit == 1e-8
        assert not said(result, "insufficient_cash")

    def test_the_unpaid_part_of_the_orders_is_counted(self, desk: Desk) -> None:
        result = desk.run("sma_5", "BTCUSD", BrokerSettings(fractional=False), start="2019-01-01")

        assert result.metrics["trades"] == 6
        assert "2 orders bought nothing: one unit costs" in said(result, "orders_below_one_unit")

    @pytest.mark.parametrize(("fractional", "margin"), [(True, 1.0), (True, 0.5), (False, 1.0)])
    def test_money_buys_parts_of_a_coin_where_the_market_has_them(
        self, desk: Desk, fractional: bool, margin: float
    ) -> None:
        """A coin costs 14,000 or so: 1,000 buy a fourteenth of it, with leverage too, or nothing of a whole one."""
        average = Indicator(name="sma", parameters={"period": 10})
        entry, exit_ = (Comparison(left=Price(), relation=relation, right=average) for relation in (">", "<"))
        spec = StrategySpec(long=Side(entry=entry, exit=exit_), sizing=CashSize(amount=1_000))
        code = compile_spec(spec, name="Money")
        broker = BrokerSettings(fractional=fractional, margin=margin, commission=0.0)

        result = desk.engine.execute(code, dataset=desk.load("BTC300", code), broker=broker)

        if fractional:
            assert result.metrics["trades"] > 5
            assert all(abs(trade.size * trade.entry_price - 1_000) < 120 for trade in result.trades)
            assert result.verified is True
        else:
            assert result.trades == ()
            assert "one unit costs" in said(result, "no_trades")

    def test_a_tenth_of_a_small_account_is_the_reason(self, desk: Desk) -> None:
        result = desk.run("ten_percent", "GOOG", BrokerSettings(cash=1_000))

        assert result.trades == ()
        assert "one unit costs 179.63, and 0.1 of 1,000.00 was to be spent" in said(result, "no_trades")


class TestPastedCode:
    @pytest.mark.parametrize(("fills", "return_pct"), [("backtesting", 455.745), ("conservative", 461.523)])
    def test_keeps_its_settings_when_it_is_mended(self, desk: Desk, fills: str, return_pct: float) -> None:
        """Plain backtesting.py, with the settings of the code: 94 trades, +455.7 %."""
        code = code_of("readme_idiom")

        repair = desk.engine.repair(code, dataset=desk.load("GOOG", code), broker=BrokerSettings(fills=fills))

        assert repair.result is not None
        assert repair.result.broker.exclusive_orders
        assert repair.result.metrics["trades"] == 94
        assert repair.result.metrics["return_pct"] == pytest.approx(return_pct, abs=0.001)
        assert "exclusive_orders" in said(repair.result, "own_run")

    def test_settings_of_the_run_stand(self, desk: Desk) -> None:
        code = code_of("hold") + "\nif __name__ == 'x':\n    Backtest(x, Hold, cash=500, commission=0.01).run()\n"

        result = desk.engine.execute(code, dataset=desk.load("GOOG", code), broker=BrokerSettings(cash=2_000))

        assert (result.broker.cash, result.broker.commission) == (2_000, 0.01)
        assert "cash" in said(result, "own_run_differs")
        assert "commission" in said(result, "own_run")

    def test_json_around_code_is_named_and_taken_off(self, desk: Desk) -> None:
        code = code_of("json_wrapped")
        dataset = desk.load("GOOG", code)

        with pytest.raises(StrategyError) as caught:
            desk.engine.execute(code, dataset=dataset, broker=BrokerSettings())

        assert caught.value.details["diagnosis"]["cause"]["code"] == "pasted_answer"
        repair = desk.engine.repair(code, dataset=dataset, broker=BrokerSettings())
        assert repair.result is not None
        assert repair.code.startswith("from backtesting import Strategy")


class TestYearlyFigures:
    def test_of_bars_of_three_days(self, desk: Desk) -> None:
        """122 bars a year: 38 % of volatility, and the growth that the prices have."""
        metrics = desk.run("hold", "C3").metrics

        assert metrics["return_ann_pct"] == metrics["cagr_pct"] == pytest.approx(33.1, abs=0.1)
        assert metrics["volatility_ann_pct"] == pytest.approx(38.2, abs=0.1)

    def test_of_quarters(self, desk: Desk) -> None:
        metrics = desk.run("hold", "QUARTER").metrics

        assert metrics["return_ann_pct"] == metrics["cagr_pct"] == pytest.approx(-1.93, abs=0.01)
        assert metrics["sharpe_ratio"] == pytest.approx(-0.165, abs=0.001)


class TestBars:
    @pytest.mark.parametrize(
        ("symbol", "words"), [("JUMP11", "11.20-fold"), ("PENCE", "pence and pounds"), ("RSPLIT190", "190.00-fold")]
    )
    def test_a_jump_that_no_market_makes_takes_the_trust_away(self, desk: Desk, symbol: str, words: str) -> None:
        result = desk.run("hold", symbol)

        assert words in said(result, "data_quality")
        assert result.verified is False

    def test_a_thin_market_is_read_as_what_it_is(self, desk: Desk) -> None:
        result = desk.run("hold", "SPARSE")

        assert result.dataset.interval == "1m"
        assert "% of the 1m bars are there" in said(result, "data_quality")

    def test_a_short_that_eats_the_account_is_said_to(self, desk: Desk) -> None:
        result = desk.run("squeeze", "SQUEEZE", FREE)

        assert result.metrics["equity_final"] == 0
        assert "19,970.00 more than the account held" in said(result, "account_wiped_out")


class TestClockTimes:
    @pytest.mark.parametrize(
        ("symbol", "missing", "trades"), [("NYISO", "09:30", 0), ("NYLOCAL", "16:00", 1)], ids=["utc", "local"]
    )
    @pytest.mark.parametrize("from_words", [False, True])
    def test_say_their_zone_and_where_no_bar_begins(
        self, desk: Desk, symbol: str, missing: str, trades: int, from_words: bool
    ) -> None:
        code, spec = code_of("clock_sentence"), None
        if from_words:
            draft = desk.engine.generate("Buy at 9:30, sell at 16:00 every day", generator="offline")
            code, spec = draft.code, draft.spec
        dataset = desk.load(symbol, code, spec)

        result = desk.engine.execute(code, dataset=dataset, broker=BrokerSettings(), spec=spec)

        assert result.metrics["trades"] == trades
        assert "UTC" in said(result, "clock_zone")
        assert f"No bar begins at {missing} UTC" in said(result, "clock_time_without_bar")

    def test_edges_of_a_window_need_no_bar(self, desk: Desk) -> None:
        code = code_of("clock_sentence").replace('<= "09:30"', '<= "15:59"')

        result = desk.engine.execute(code, dataset=desk.load("NYLOCAL", code), broker=BrokerSettings())

        assert "No bar begins at 16:00" in said(result, "clock_time_without_bar")
        assert "15:59" not in said(result, "clock_time_without_bar")


class TestWarmUp:
    def test_uses_the_bars_before_the_start(self, desk: Desk) -> None:
        """The average is known on the first day: the strategy holds from the second on, as by hand."""
        result = desk.run("sma_200", "GOOG", start="2012-01-01", end="2012-12-31")
        bars = result.dataset.bars
        first = result.dataset.warm_up
        close = bars["Close"]
        above = close > close.rolling(200).mean()

        assert str(bars.index[first].date()) == "2012-01-03" == str(result.metrics["start"])[:10]
        assert len(result.equity) == len(bars) - first == 250
        assert above.iloc[first]
        assert result.trades[0].entry_bar == first + 1
        held = above.iloc[first:-1].to_numpy()
        assert result.metrics["exposure_time_pct"] == pytest.approx(100 * (held.sum() + 2) / 250, abs=2)
        assert result.metrics["buy_hold_return_pct"] == pytest.approx((close.iloc[-1] / close.iloc[first] - 1) * 100)
        assert "600 bars before 2012-01-03" in said(result, "warmed_up")
        assert result.verified is True

    @pytest.mark.parametrize("fills", ["conservative", "backtesting"])
    def test_figures_are_those_of_the_period(self, desk: Desk, fills: str) -> None:
        code, dates = code_of("hold"), {"start": "2012-01-01", "end": "2012-12-31"}
        warm = desk.load("GOOG", code.replace("def init(self): pass", "def init(self): self.n = 50"), **dates)
        plain = desk.load("GOOG", code, **dates)
        assert (warm.warm_up, plain.warm_up) == (150, 0)

        long, short = (desk.engine.execute(code, dataset=d, broker=BrokerSettings(fills=fills)) for d in (warm, plain))

        # Without bars before the start, backtesting.py decides for the first time on the second one.
        assert (long.trades[0].entry_bar - warm.warm_up, short.trades[0].entry_bar) == (1, 2)
        assert long.metrics["buy_hold_return_pct"] == short.metrics["buy_hold_return_pct"]
        assert long.metrics["duration_seconds"] == short.metrics["duration_seconds"]
        assert long.equity["equity"].iloc[0] == 10_000
        assert long.metrics["exposure_time_pct"] == pytest.approx(100 * 249 / 250)

    def test_says_where_there_are_none(self, desk: Desk) -> None:
        result = desk.run("sma_200", "GOOG", start="2004-08-19", end="2005-08-19")

        assert "Most of the period is warm-up" in said(result, "long_warm_up")
        assert "first 199 of 254 bars" in said(result, "long_warm_up")


class TestLengthsOfTime:
    def test_are_counted_in_the_bars_that_there_are(self, desk: Desk) -> None:
        average = Indicator(name="sma", parameters={"period": 3}, unit="day")
        entry, exit_ = (Comparison(left=Price(), relation=relation, right=average) for relation in (">", "<"))
        spec = StrategySpec(long=Side(entry=entry, exit=exit_, max_bars=1, max_bars_unit="week"))
        code = compile_spec(spec, name="Days")
        dataset = desk.load("NYLOCAL", code, spec.as_json())

        result = desk.engine.execute(code, dataset=dataset, broker=BrokerSettings(), spec=spec.as_json())

        (fitted,) = [notice for notice in result.warnings if notice.code == "fitted_to_bars"]
        assert "bars of 30m" in fitted.message
        assert fitted.details["code"] == compile_spec(
            fit(spec, dataset.bars.index)[0], name="Days", explanation=explain(fit(spec, dataset.bars.index)[0])
        )
        assert "1 week cannot be counted exactly in these bars" in said(result, "interval_mismatch")
        assert result.verified is False


class TestRefusals:
    @pytest.mark.parametrize(("name", "code"), [("credits", "credits_spent"), ("day_in_text", "day_quota")])
    def test_rest_the_right_thing(self, name: str, code: str) -> None:
        rows = {row["id"]: row for row in json.loads((PUBLIC / "refusals" / "bodies.json").read_text())}

        verdict = read_gemini(rows[name]["status"], json.dumps(rows[name]["body"]).encode())

        assert verdict.code == code
        assert verdict.seconds is None or verdict.seconds >= 3_600
