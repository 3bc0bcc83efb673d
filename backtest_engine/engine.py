"""The whole story on one screen: a sentence becomes a strategy, a strategy becomes numbers, a failure is repaired."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from backtest_engine import repair as repairing
from backtest_engine import result_checks
from backtest_engine.data.findings import doubts
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Draft, Notice
from backtest_engine.errors import (
    BudgetExhausted,
    DescriptionRefused,
    InvalidParameter,
    ModelUnavailable,
    StrategyError,
)
from backtest_engine.explaining import explained_error, explained_result
from backtest_engine.fitting import fitted_to, warm_up_of
from backtest_engine.paths import AUTO, FAST, FastPath
from backtest_engine.ports import CancelSignal, DataCatalog, Executor, Generator, LanguageModel
from backtest_engine.repair import Attempt, Repair
from backtest_engine.scripts import execute_script

# What the rules say they cannot read or say, and a model perhaps can. The rest they refuse is refused for good.
BEYOND_THE_RULES = frozenset({"not_understood", "unknown_word", "unsupported_rule", "unsupported_sizing"})
# What a repair says where it could not tell whether a strategy is what was asked for.
MEANING_DOUBTED = frozenset({"meaning_unconfirmed", "meaning_not_compared", "rewritten_from_description"})


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Everything that the front doors can ask for, with its collaborators filled in.

    `generators` are asked by name; `auto` asks the first, which reads by rules, and the second where that cannot read.
    """

    generators: Mapping[str, Generator]
    data: DataCatalog
    executor: Executor
    model: LanguageModel | None = None
    trial_symbol: str = "GOOG"
    fast_path: FastPath = field(default_factory=FastPath)

    def generate(
        self,
        description: str,
        *,
        generator: str = "auto",
        name: str | None = None,
        cancelled: CancelSignal | None = None,
    ) -> Draft:
        """Return a strategy for the description; raise `NeedsClarification` or `DescriptionRefused`.

        What a model wrote was tried on sample bars and repaired where it failed; raises the `StrategyError` where it
        could not be, and what a model raises when it cannot answer.
        """
        if generator == "auto":
            draft = self._first_understood(description, name)
        elif generator in self.generators:
            draft = self.generators[generator].generate(description, name=name)
        else:
            known = ", ".join(["auto", *self.generators])
            raise InvalidParameter(f"There is no generator '{generator}' here.", hint=f"Available: {known}.")
        return self._tried(draft, description, cancelled) if draft.origin == "model" else draft

    def _first_understood(self, description: str, name: str | None) -> Draft:
        """Ask the rules, and a model only for what it may know better: not for what is missing or impossible."""
        rules, *others = self.generators.values()
        try:
            return rules.generate(description, name=name)
        except DescriptionRefused as refusal:
            problems = refusal.details.get("problems", [])
            if not others or not all(problem.get("code") in BEYOND_THE_RULES for problem in problems):
                raise
        try:
            return others[0].generate(description, name=name)
        except (ModelUnavailable, BudgetExhausted) as error:
            error.details = {**error.details, "problems": problems}
            raise

    def _tried(self, draft: Draft, description: str, cancelled: CancelSignal | None) -> Draft:
        """Run a draft once; repair it where it fails, is in doubt, or is not what the rules read in the words."""
        repair = self.repair(
            draft.code,
            dataset=self.load(self.trial_symbol),
            broker=BrokerSettings(),
            intent=description,
            cancelled=cancelled,
        )
        doubts = [notice for notice in repair.require_result().warnings if notice.code in MEANING_DOUBTED]
        if repair.code == draft.code:
            return replace(draft, warnings=(*draft.warnings, *doubts))
        repaired = Notice(
            code="repaired_before_use",
            message="What the model wrote first failed a trial and was repaired.",
            details={"attempts": [f"{tried.how}: {tried.done}" for tried in repair.attempts]},
        )
        return replace(draft, code=repair.code, spec=None, warnings=(*draft.warnings, repaired, *doubts))

    def load(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        interval: str | None = None,
        code: str | None = None,
        spec: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Return the bars to test on, both ends included.

        Given the strategy, the bars before a start that warm its indicators up come first where there are any.
        """
        found = self.data.bars(symbol, start=start, end=end, interval=interval)
        count = warm_up_of(code, spec, found) if start is not None and code is not None else 0
        if not count:
            return found
        warm = self.data.bars(symbol, start=start, end=end, interval=interval, warm_up=count)
        # A run says what it lacked: more is asked for than some indicators need.
        return replace(warm, notices=tuple(notice for notice in warm.notices if notice.code != "short_warm_up"))

    def execute(
        self,
        code: str,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None = None,
        spec: Mapping[str, Any] | None = None,
        path: str = AUTO,
        cancelled: CancelSignal | None = None,
    ) -> BacktestResult:
        """Run the strategy and return its numbers; raise a `StrategyError`.

        Code that a `spec` compiles to is not run: the specification is played (`path` `auto` or `fast`). Other code
        runs in the sandbox, and its numbers are computed outside of it.
        A `spec` that the code was compiled from is fitted to the bars first: its lengths of time are counted in them.
        The settings and parameters of the file's own backtest are used where the request states none.
        Either comes with its diagnosis: an error with its cause and a hint, a result with reasons to doubt it; where
        the code was compiled from a `spec`, that says why it did not trade.
        """
        fitted = fitted_to(code, spec, dataset)

        def sandboxed() -> BacktestResult:
            return execute_script(
                self.executor, fitted.code, dataset=dataset, broker=broker, parameters=parameters, cancelled=cancelled
            )

        try:
            result = self.fast_path.execute(
                fitted.code,
                fitted.spec,
                dataset=dataset,
                broker=broker,
                parameters=parameters,
                path=path,
                sandboxed=sandboxed,
            )
        except StrategyError as error:
            raise explained_error(error, fitted.code) from error
        # What the compiler writes holds nothing to be recognised; only what the account lacked is to be explained.
        if result.path != FAST or not result.trades or result.orders.unpaid:
            result = explained_result(result, fitted.code, spec=fitted.spec)
        return _told(result, *fitted.notices)

    def repair(
        self,
        code: str,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        error: StrategyError | None = None,
        result: BacktestResult | None = None,
        intent: str | None = None,
        spec: Mapping[str, Any] | None = None,
        max_attempts: int = 3,
        on_attempt: Callable[[Attempt], None] | None = None,
        cancelled: CancelSignal | None = None,
    ) -> Repair:
        """Diagnose and repair the code, by rewrites first and a model second; every attempt is reported.

        `error` or `result` is what a run of it on these bars gave, if that is known; otherwise it is run.
        `intent` or `spec` say what the strategy is meant to do; without them nobody can tell whether it still does.
        """
        fitted = fitted_to(code, spec, dataset)
        repair = repairing.repair(
            fitted.code,
            error=error,
            result=result,
            executor=self.executor,
            dataset=dataset,
            broker=broker,
            intent=intent,
            spec=fitted.spec,
            model=self.model,
            max_attempts=max_attempts,
            on_attempt=on_attempt,
            cancelled=cancelled,
        )
        if repair.result is None:
            return repair
        return replace(repair, result=_told(repair.result, *fitted.notices))


def _told(result: BacktestResult, *notices: Notice) -> BacktestResult:
    """Return the result with what was found before it ran; what makes bars or lengths doubtful makes it doubtful."""
    grave = doubts(notices)
    if not grave:
        return replace(result, warnings=(*notices, *result.warnings))
    checks = tuple(result_checks.data(grave) if check.name == "data" else check for check in result.checks)
    return replace(result, warnings=(*notices, *result.warnings), checks=checks, verified=False)
