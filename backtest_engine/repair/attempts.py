"""Repairs a strategy in at most so many attempts, and never calls repaired what was not seen to be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backtest_engine.diagnostics import Diagnosis, Finding, Severity, apply_rewrites, attacks, guarded, module_in
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, Notice
from backtest_engine.errors import StrategyError, VendorError
from backtest_engine.ports import CancelSignal, Executor, LanguageModel
from backtest_engine.repair.asking import ask
from backtest_engine.repair.comparison import compare
from backtest_engine.repair.control import control_of
from backtest_engine.repair.intent import Intent, intent_of
from backtest_engine.repair.readings import drift, is_python, keeps_rules, leaves_position
from backtest_engine.repair.records import Attempt, Ending, How, Outcome, Repair
from backtest_engine.repair.trial import Testbed, Trial, try_out
from backtest_engine.repair.wording import doubts
from backtest_engine.scripts import said_run
from backtest_engine.spec import StrategySpec

# Words of a description that wants several entries.
_ADDS_UP = re.compile(
    r"\b(?:pyramid\w*|scal(?:e|ing) in|add(?:s|ing)?\b|averag(?:e|ing) down|every "
    r"(?:bar|day|time)|each (?:bar|day|time)|"
    r"up to \w+ (?:open )?(?:entries|positions|trades)|DCA|accumulat\w+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """Code that may be the answer, how it came about, and whether a rule had to guess."""

    how: How
    code: str | None
    done: str
    guessed: bool = False
    cut_off: Finding | None = None


def repair(
    code: str,
    *,
    executor: Executor,
    dataset: Dataset,
    broker: BrokerSettings,
    error: StrategyError | None = None,
    result: BacktestResult | None = None,
    intent: str | None = None,
    spec: StrategySpec | Mapping[str, Any] | None = None,
    model: LanguageModel | None = None,
    max_attempts: int = 3,
    on_attempt: Callable[[Attempt], None] | None = None,
    limits: Limits | None = None,
    cancelled: CancelSignal | None = None,
) -> Repair:
    """Diagnose and repair a strategy: by rewrites, then from its description, then by a model.

    `error` or `result` is what running it gave, if that is known; otherwise it is run. Lets `Cancelled`,
    `SandboxUnavailable` and what is wrong with the request through, and a vendor's wish to be asked later; any other
    failure of a vendor
    ends the attempts, not the repair.
    """
    meant = intent_of(intent, spec=spec)
    shared: dict[str, Any] = {"dataset": dataset, "limits": limits, "cancelled": cancelled}
    hostile = attacks(code)
    if hostile:
        testbed = Testbed(executor=executor, broker=broker, **shared)
    else:
        settings = said_run(executor, module_in(code) or code, broker=broker, **shared).broker
        testbed = _with_expectation(Testbed(executor=executor, broker=settings, **shared), meant)
    return _Repairing(testbed, meant, model, max_attempts, on_attempt).run(code, error, result, hostile=hostile)


def _with_expectation(testbed: Testbed, meant: Intent) -> Testbed:
    """Run what was asked for, to compare with; a description whose own code fails is not compared with."""
    if meant.code is None:
        return testbed
    try:
        expected = testbed.run(meant.code)
    except StrategyError:
        return testbed
    control = control_of(testbed.dataset)
    other = replace(testbed, dataset=control) if control is not None else None
    if other is not None:
        try:
            other = replace(other, expected=other.run(meant.code))
        except StrategyError:
            other = None
    return replace(testbed, intended=meant.code, expected=expected, control=other)


class _Repairing:
    def __init__(
        self,
        testbed: Testbed,
        meant: Intent,
        model: LanguageModel | None,
        most: int,
        on_attempt: Callable[[Attempt], None] | None,
    ) -> None:
        self.testbed, self.meant, self.model, self.most, self.on_attempt = testbed, meant, model, most, on_attempt
        self.attempts: list[Attempt] = []
        self.seen: set[str] = set()
        self.cut_off: Finding | None = None
        self.original = ""
        self.first: Trial | None = None

    def run(self, code: str, error: StrategyError | None, result: BacktestResult | None, *, hostile: bool) -> Repair:
        first = trial = self._tried(code, error, result)
        self.original, self.first = code, trial
        self.seen.add(_normal(code))
        if trial.hostile and hostile:
            return Repair(code=code, outcome="rejected", diagnosis=trial.diagnosis, error=trial.refusal())
        if trial.good and not self._worth_trying(trial):
            return Repair(
                code=code, outcome="sound", diagnosis=trial.diagnosis, result=trial.shown(*self._notices(trial))
            )
        best: tuple[Outcome, Trial] | None = ("sound", trial) if trial.good else None
        while len(self.attempts) < self.most:
            candidate = self._candidate(trial)
            if candidate is None:
                break
            outcome, tried = self._attempt(trial, candidate)
            if outcome != "failed" and tried is not None:
                best = (outcome, tried)
                break
            if tried is None:
                if candidate.how == "model":
                    break
                continue
            trial = self._onward(trial, tried, candidate)
        return self._ended(first, best)

    def _tried(self, code: str, error: StrategyError | None = None, result: BacktestResult | None = None) -> Trial:
        """Try code out; where there is nothing to compare with, ask at least what the description plainly says."""
        trial = try_out(code, self.testbed, error=error, result=result)
        if self.testbed.expected is not None or not self.meant.description or trial.hostile:
            return trial
        found = doubts(self.meant.description, code)
        return replace(trial, diagnosis=Diagnosis(findings=(*trial.diagnosis.findings, *found))) if found else trial

    def _ended(self, first: Trial, best: tuple[Outcome, Trial] | None) -> Repair:
        attempts = tuple(self.attempts)
        if best is None:
            return Repair(
                code=self.original,
                outcome="failed",
                diagnosis=first.diagnosis,
                attempts=attempts,
                error=first.refusal(),
            )
        outcome, trial = best
        notices = self._notices(trial, outcome=outcome)
        result = trial.shown(*notices)
        if result is not None and any(item.code == "cut_off" for item in notices):
            result = replace(result, verified=False)
        return Repair(code=trial.code, outcome=outcome, diagnosis=first.diagnosis, attempts=attempts, result=result)

    def _worth_trying(self, trial: Trial) -> bool:
        """Whether a strategy that runs shows something that a rewrite should settle."""
        if trial.left_out:
            return True
        if not self.meant.description:
            return False
        codes = {item.code for item in trial.diagnosis.findings if item.severity == "warning"}
        if _ADDS_UP.search(self.meant.description):
            codes.discard("no_position_check")
        return bool(codes) and apply_rewrites(trial.code, trial.diagnosis, down_to="warning") is not None

    def _candidate(self, trial: Trial) -> _Candidate | None:
        """Return the next thing to try: a rewrite, the description itself, a model."""
        how_tried = {attempt.how for attempt in self.attempts}
        last = len(self.attempts) == self.most - 1
        recompile = self.meant.code is not None and self.testbed.expected is not None and "recompiled" not in how_tried
        if not (last and recompile and self.attempts):
            rewritten = self._rewritten(trial)
            if rewritten is not None:
                return rewritten
        if recompile and not trial.good:
            return _Candidate(how="recompiled", code=self.meant.code, done="Written anew from the description")
        if self.model is not None and not trial.good:
            return _Candidate(how="model", code=None, done="Rewritten by a model")
        return None

    def _rewritten(self, trial: Trial) -> _Candidate | None:
        if trial.good and trial.left_out:
            return self._without_script(trial)
        misses = trial.compared is not None and not trial.compared.alike
        # What keeps it from running goes first: the run then shows what else is wrong.
        steps: tuple[Severity, ...] = ("error", "note") if misses or trial.good else ("error",)
        for down_to in steps if trial.result is not None else ("fatal", *steps):
            rewritten = apply_rewrites(trial.code, trial.diagnosis, down_to=down_to)
            if rewritten is not None and _normal(rewritten.code) not in self.seen:
                return _Candidate(
                    how="rewrite",
                    code=rewritten.code,
                    done=rewritten.reason,
                    guessed=rewritten.guessed,
                    cut_off=next((item for item in rewritten.answered if item.details.get("inside_strategy")), None),
                )
        return None

    def _without_script(self, trial: Trial) -> _Candidate | None:
        """Put what kept the module from being run as it is behind its guard."""
        code = guarded(trial.code)
        if code is None or _normal(code) in self.seen:
            return None
        done = "What prepares data, starts a backtest or draws is put behind the guard, where nothing runs it here"
        return _Candidate(how="rewrite", code=code, done=done)

    def _attempt(self, trial: Trial, candidate: _Candidate) -> tuple[Ending, Trial | None]:
        code, problem = (candidate.code, "") if candidate.code is not None else self._asked(trial)
        if code is None:
            self._record(trial, candidate, None, "failed", problem)
            return "failed", None
        if _normal(code) in self.seen and candidate.how != "recompiled":
            self._record(trial, candidate, code, "failed", "The fix repeats code that was tried already.")
            return "failed", None
        self.seen.add(_normal(code))
        tried = self._tried(code)
        self.cut_off = candidate.cut_off or (self.cut_off if candidate.how == "rewrite" else None)
        outcome, reason = self._judged(tried, candidate)
        self._record(trial, candidate, code, outcome, reason)
        return outcome, tried

    def _asked(self, trial: Trial) -> tuple[str | None, str]:
        if self.model is None:
            return None, "There is no model to ask."
        try:
            code = ask(
                self.model,
                trial.code,
                trial.diagnosis,
                description=self.meant.description,
                attempts=tuple(self.attempts),
            )
        except VendorError as error:
            if error.retryable:
                raise  # Whoever runs this comes back later; what was answered so far is not paid for again.
            return None, f"The model did not answer: {error.message}"
        return code, "" if code else "The model's answer holds no strategy."

    def _judged(self, tried: Trial, candidate: _Candidate) -> tuple[Ending, str]:
        if not tried.good:
            return "failed", tried.trouble
        if self.first is not None and self.first.good and not _same_trades(self.first, tried):
            return "failed", "The strategy ran before, and trades otherwise now."
        if tried.compared is not None:
            said = "It runs, uses no later bar and trades as described."
            return "mended", said
        moved = drift(tried.code, self.original)
        if candidate.how == "model" and moved:
            return "failed", f"The meaning changed: {moved}"
        if self.testbed.expected is not None:
            return "unconfirmed", "It runs; its rules are those of the description, an indicator is defined otherwise."
        traded = tried.result is not None and bool(tried.result.trades)
        if self.first is not None and self.first.good:
            return "mended", "It gives the orders that it gave before."
        if candidate.how == "model":
            sure = keeps_rules(tried.code, self.original)
        else:
            sure = not candidate.guessed and not any(item.family == "semantics" for item in tried.diagnosis.findings)
        if not (sure and traded):
            return "unconfirmed", f"It runs, but whether it means what was asked is not known: {self._unknown(tried)}."
        return "mended", "It runs, uses no later bar, and its rules are those of the code as it came."

    def _unknown(self, tried: Trial) -> str:
        if tried.result is not None and not tried.result.trades:
            return "it makes no trade on this data"
        return self.meant.problem or "the rewrite had to guess"

    def _record(self, trial: Trial, candidate: _Candidate, code: str | None, outcome: Ending, reason: str) -> None:
        attempt = Attempt(
            number=len(self.attempts) + 1,
            how=candidate.how,
            diagnosis=trial.diagnosis,
            before=trial.code,
            after=code,
            outcome=outcome,
            reason=reason,
            done=candidate.done,
        )
        self.attempts.append(attempt)
        if self.on_attempt is not None:
            self.on_attempt(attempt)

    def _onward(self, trial: Trial, tried: Trial, candidate: _Candidate) -> Trial:
        """Go on from the newer code if it came further, from the older one otherwise."""
        if candidate.how == "recompiled" or tried.hostile:
            return trial
        return tried if _distance(tried) <= _distance(trial) else trial

    def _notices(self, trial: Trial, *, outcome: str = "sound") -> list[Notice]:
        found: list[Notice] = []
        if self.cut_off is not None and trial.compared is None:
            found.append(_about_cut_off(self.cut_off, trial))
        if outcome == "unconfirmed":
            said = (
                f"The strategy was repaired, but whether it means what was asked is not known: {self._unknown(trial)}."
            )
            found.append(Notice(code="meaning_unconfirmed", message=said))
        elif self.meant.problem and self.meant.description and self.testbed.expected is None:
            said = f"The strategy was not compared with its description, because {self.meant.problem}"
            found.append(Notice(code="meaning_not_compared", message=said))
        if any(attempt.how == "recompiled" and attempt.outcome != "failed" for attempt in self.attempts):
            found.append(
                Notice(code="rewritten_from_description", message="The code was written anew from the description.")
            )
        if self.meant.assumptions and self.testbed.expected is not None and outcome != "unconfirmed":
            found.append(
                Notice(code="assumptions", message="Read from the description: " + "; ".join(self.meant.assumptions))
            )
        return found


def _same_trades(one: Trial, other: Trial) -> bool:
    return one.result is not None and other.result is not None and compare(other.result, one.result).alike


def _about_cut_off(cut_off: Finding, trial: Trial) -> Notice:
    """Say that a part of the strategy is missing, and what that means for its positions."""
    never = "The exit was cut off: the strategy below never leaves a position."
    rest = "Its end is missing." if leaves_position(trial.code) else never
    return Notice(
        code="cut_off", line=cut_off.line, message=f"{cut_off.message} {rest}", details={"hint": cut_off.hint}
    )


def _distance(trial: Trial) -> int:
    """How far a strategy is from being good: not readable, not running, running and wrong."""
    if not is_python(trial.code):
        return 4
    if trial.result is None:
        return {"compile": 3, "import": 3, "init": 2}.get(
            str(trial.error.details.get("phase")) if trial.error else "", 1
        )
    return 1 if trial.diagnosis.blocking else 0


def _normal(code: str) -> str:
    return "\n".join(line.rstrip() for line in code.strip().splitlines() if line.strip())
