"""Repair, from the outside: a strategy goes in, attempts and an honest outcome come out."""

import traceback
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import backtesting
import numpy as np
import pandas as pd
import pytest
from backtesting import Backtest, Strategy

from backtest_engine.diagnostics.diagnosis import inspect
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, Notice, Trade
from backtest_engine.errors import ModelUnavailable, StrategyRaised, StrategyRejected
from backtest_engine.ports import CancelSignal, Completion, Prompt
from backtest_engine.repair import Attempt, Repair, intent_of, repair
from backtest_engine.repair.portable import portable

backtesting.backtesting._tqdm = lambda items, **_: items

CROSS = "Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in."
UNREADABLE = "Do what my uncle does on rainy Tuesdays."
GOOD = """\
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 20)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
"""
RAISES = GOOD.replace("self.position.close()", "self.position.close_all()")
PUZZLING = GOOD.replace("self.buy()", "self.buy(tag={}[0])")
HOSTILE = GOOD.replace("def next", "    self._broker._cash = 1e9\n\n    def next")


def wavy_dataset(bars: int = 260) -> Dataset:
    steps = np.random.default_rng(5).normal(0, 1, bars)
    close = 100 + 12 * np.sin(np.arange(bars) / 9) + steps
    index = pd.date_range("2020-01-01", periods=bars, freq="D")
    frame = pd.DataFrame(
        {"Open": close - 0.1, "High": close + 1.5, "Low": close - 1.5, "Close": close, "Volume": 1000.0}, index=index
    )
    return Dataset(symbol="WAVE", interval="1d", source="test", bars=frame, fingerprint="wave")


class InProcessExecutor:
    """Runs the tests' own strategies in this process, each once: the sandbox's numbers, without its walls."""

    known: ClassVar[dict[tuple[str, str], BacktestResult]] = {}

    def __init__(self) -> None:
        self.runs: list[str] = []

    def execute(
        self,
        code: str,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cancelled: CancelSignal | None = None,
        script: str = "",
    ) -> BacktestResult:
        if script:
            raise StrategyRejected("This executor runs no scripts.", code="own_data")
        self.runs.append(code)
        key = (code, dataset.fingerprint)
        if key not in self.known:
            self.known[key] = self._run(code, dataset, broker)
        return self.known[key]

    def _run(self, code: str, dataset: Dataset, broker: BrokerSettings) -> BacktestResult:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                names: dict[str, Any] = {"__name__": "strategy"}
                exec(compile(code, "strategy.py", "exec"), names)
                own = [
                    v
                    for v in names.values()
                    if isinstance(v, type) and issubclass(v, Strategy) and v.__module__ == "strategy"
                ]
                stats = Backtest(dataset.bars, own[-1], commission=broker.commission, finalize_trades=True).run()
        except SyntaxError as error:
            raise StrategyRejected(str(error), code="syntax_error", line=error.lineno) from error
        except Exception as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "strategy.py"]
            details = {"root_type": type(error).__name__, "root_message": str(error), "phase": "next"}
            raise StrategyRaised(str(error), line=frames[-1].lineno if frames else None, details=details) from error
        return result_of(stats, dataset, broker)


def result_of(stats: Any, dataset: Dataset, broker: BrokerSettings) -> BacktestResult:
    trades = tuple(
        Trade(
            size=row.Size,
            entry_bar=row.EntryBar,
            exit_bar=row.ExitBar,
            entry_time=row.EntryTime,
            exit_time=row.ExitTime,
            entry_price=row.EntryPrice,
            exit_price=row.ExitPrice,
            stop_loss=None,
            take_profit=None,
            pnl=row.PnL,
            commission=0.0,
            return_pct=row.ReturnPct,
        )
        for row in stats["_trades"].itertuples()
    )
    equity = stats["_equity_curve"].rename(columns={"Equity": "equity"})
    return BacktestResult(
        metrics={"equity_final": float(stats["Equity Final [$]"]), "trades": len(trades)},
        trades=trades,
        equity=equity,
        broker=broker,
        parameters={},
        dataset=dataset,
        warnings=() if trades else (Notice(code="no_trades", message="No trade."),),
        verified=True,
    )


class ScriptedModel:
    """Gives its answers one after the other, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Completion:
        self.asked.append(prompt)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Completion(text=answer)


@pytest.fixture(scope="module")
def wave() -> Dataset:
    return wavy_dataset()


def repaired(code: str, dataset: Dataset, **given: Any) -> Repair:
    return repair(code, executor=InProcessExecutor(), dataset=dataset, broker=BrokerSettings(), **given)


class TestRepair:
    def test_leaves_a_sound_strategy_alone(self, wave: Dataset) -> None:
        done = repaired(GOOD, wave, intent=CROSS)

        assert done.outcome == "sound"
        assert done.attempts == ()
        assert done.code == GOOD

    def test_repairs_by_a_rewrite_what_a_rule_can_repair(self, wave: Dataset) -> None:
        done = repaired(RAISES, wave, intent=CROSS)

        assert done.outcome == "mended"
        assert [attempt.how for attempt in done.attempts] == ["rewrite"]
        assert done.result is not None
        assert done.result.trades
        assert "self.position.close()" in done.code

    def test_says_what_was_wrong_before_it_says_what_it_did(self, wave: Dataset) -> None:
        done = repaired(RAISES, wave, intent=CROSS)

        assert done.diagnosis.cause is not None
        assert done.diagnosis.cause.code == "unknown_position_attribute"
        assert done.diagnosis.cause.line == 15
        assert done.attempts[0].diff.startswith("# ")
        assert "+            self.position.close()" in done.attempts[0].diff

    def test_puts_no_reasons_into_the_code(self, wave: Dataset) -> None:
        done = repaired(RAISES, wave, intent=CROSS)

        assert "#" not in done.code

    def test_reports_every_attempt_as_it_ends(self, wave: Dataset) -> None:
        heard: list[Attempt] = []

        done = repaired(RAISES, wave, intent=CROSS, on_attempt=heard.append)

        assert tuple(heard) == done.attempts

    def test_writes_the_strategy_anew_from_its_description_where_no_rule_helps(self, wave: Dataset) -> None:
        done = repaired(PUZZLING, wave, intent=CROSS)

        assert done.outcome == "mended"
        assert done.attempts[-1].how == "recompiled"
        assert done.result is not None
        assert "rewritten_from_description" in {item.code for item in done.result.warnings}

    def test_recognises_a_silent_swap_by_comparing_with_the_description(self, wave: Dataset) -> None:
        swapped = GOOD.replace("self.fast, self.slow)", "X").replace("self.slow, self.fast)", "self.fast, self.slow)")
        swapped = swapped.replace("X", "self.slow, self.fast)")

        done = repaired(swapped, wave, intent=CROSS)

        assert done.diagnosis.cause is not None
        assert done.diagnosis.cause.code == "inverted_signal"
        assert done.outcome == "mended"

    def test_never_calls_mended_what_nobody_could_compare(self, wave: Dataset) -> None:
        cut_off = GOOD[: GOOD.rindex("):")]

        done = repaired(cut_off, wave, intent=UNREADABLE)

        assert done.outcome == "unconfirmed"
        assert done.result is not None
        assert "meaning_unconfirmed" in {item.code for item in done.result.warnings}

    def test_refuses_an_attack_without_running_it(self, wave: Dataset) -> None:
        executor = InProcessExecutor()

        done = repair(HOSTILE, executor=executor, dataset=wave, broker=BrokerSettings(), intent=CROSS)

        assert done.outcome == "rejected"
        assert done.error is not None
        assert done.error.code == "edits_broker"
        assert executor.runs == []

    def test_keeps_the_code_and_the_reason_where_nothing_helps(self, wave: Dataset) -> None:
        done = repaired(PUZZLING, wave, intent=UNREADABLE)

        assert done.outcome == "failed"
        assert done.code == PUZZLING
        assert done.result is None
        assert done.error is not None

    def test_uses_an_error_that_is_known_already(self, wave: Dataset) -> None:
        error = StrategyRaised("boom", line=15, details={"root_type": "AttributeError", "root_message": "boom"})

        done = repaired(RAISES, wave, error=error, intent=CROSS)

        assert done.outcome == "mended"


class TestModel:
    def test_is_asked_only_after_rules_and_description(self, wave: Dataset) -> None:
        model = ScriptedModel(GOOD)

        done = repaired(RAISES, wave, intent=CROSS, model=model)

        assert done.outcome == "mended"
        assert model.asked == []

    def test_is_told_the_diagnosis_the_lines_and_what_was_tried(self, wave: Dataset) -> None:
        model = ScriptedModel(PUZZLING.replace("{}[0]", "{}[1]"), f"Here you are:\n```python\n{GOOD}```")

        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=model)

        assert UNREADABLE in model.asked[0].user
        assert "13: self.buy(tag={}[0])" in model.asked[0].user
        assert "missing_key" in model.asked[0].user
        assert "Attempt 1 (model)" in model.asked[1].user
        assert [attempt.outcome for attempt in done.attempts] == ["failed", "mended"]

    def test_is_not_asked_again_when_it_repeats_itself(self, wave: Dataset) -> None:
        model = ScriptedModel(PUZZLING)

        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=model, max_attempts=5)

        assert done.outcome == "failed"
        assert len(model.asked) == 1
        assert "repeats" in done.attempts[-1].reason

    def test_is_asked_at_most_so_many_times(self, wave: Dataset) -> None:
        model = ScriptedModel(*(PUZZLING.replace("{}[0]", f"{{}}[{number}]") for number in range(1, 9)))

        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=model, max_attempts=3)

        assert len(done.attempts) == 3
        assert done.outcome == "failed"

    def test_may_not_change_what_the_strategy_means(self, wave: Dataset) -> None:
        model = ScriptedModel(GOOD.replace(", 10)", ", 7)"))

        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=model, max_attempts=1)

        assert done.outcome == "failed"
        assert "meaning changed" in done.attempts[0].reason

    def test_failing_for_good_ends_the_attempts_and_not_the_repair(self, wave: Dataset) -> None:
        refused = ModelUnavailable("no key is left", retryable=False)

        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=ScriptedModel(refused))

        assert done.outcome == "failed"
        assert "did not answer" in done.attempts[0].reason

    def test_asking_for_patience_postpones_the_repair(self, wave: Dataset) -> None:
        busy = ModelUnavailable("every key rests", retryable=True)

        with pytest.raises(ModelUnavailable, match="every key rests"):
            repaired(PUZZLING, wave, intent=UNREADABLE, model=ScriptedModel(busy))

    def test_answering_with_an_attack_is_a_failed_attempt(self, wave: Dataset) -> None:
        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=ScriptedModel(HOSTILE), max_attempts=1)

        assert done.outcome == "failed"

    def test_answering_without_code_is_a_failed_attempt(self, wave: Dataset) -> None:
        done = repaired(PUZZLING, wave, intent=UNREADABLE, model=ScriptedModel("I cannot do that."), max_attempts=1)

        assert done.attempts[0].after is None
        assert done.attempts[0].diff == ""


class TestIntent:
    def test_is_code_that_needs_nothing_but_pandas(self) -> None:
        intent = intent_of("Buy when RSI(14) is below 30, sell when RSI(14) is above 70.")

        assert intent.code is not None
        assert "backtest_engine" not in intent.code
        assert inspect(intent.code) == ()

    def test_says_why_a_description_cannot_be_compared_with(self) -> None:
        intent = intent_of(UNREADABLE)

        assert intent.code is None
        assert intent.problem

    def test_leaves_code_alone_that_cannot_be_read(self) -> None:
        assert portable("def (") == "def ("
