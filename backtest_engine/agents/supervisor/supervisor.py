"""The loop: code, backtest, analysis, change; at most five times, and only for what is better beyond the noise.

    supervisor = Supervisor(bench=Bench(dataset=bars_before_the_seal, broker=broker))
    outcome = supervisor.run(spec)

It is deterministic: the iterations that are already there say where to go on, and none is done twice.
"""

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.agents.supervisor import acceptance, evidence
from backtest_engine.agents.supervisor.bench import Bench
from backtest_engine.agents.supervisor.objective import Aim
from backtest_engine.agents.supervisor.panel import Panel
from backtest_engine.agents.supervisor.records import APPLIED, Change, Ending, Finding, Iteration, Kind, Proposal, Tried
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.agents.supervisor.tally import OwnTally, Tally
from backtest_engine.domain import BacktestResult
from backtest_engine.errors import Cancelled, StrategyError
from backtest_engine.ports import CancelSignal
from backtest_engine.simulation.fast_path import NotOnFastPath
from backtest_engine.spec import StrategySpec

Event = tuple[str, dict[str, Any]]

SHOWN = (
    *("return_pct", "buy_hold_return_pct", "sharpe_ratio", "max_drawdown_pct", "trades", "win_rate_pct"),
    *("profit_factor", "exposure_time_pct", "commissions"),
)


def _silent(event: str, /, **data: Any) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of it: every iteration, the strategy that was kept, why it ended, and what that is worth."""

    iterations: Sequence[Iteration]
    spec: StrategySpec | None
    ending: Ending
    sentence: str
    evidence_before: Mapping[str, Any] | None = None
    evidence_after: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as it is shown."""
        return {
            "iterations": [iteration.as_dict() for iteration in self.iterations],
            "spec": self.spec.as_json() if self.spec is not None else None,
            "ending": self.ending,
            "sentence": self.sentence,
            "evidence_before": self.evidence_before,
            "evidence_after": self.evidence_after,
        }


@dataclass(kw_only=True)
class Supervisor:
    """Runs the agents one after the other.

    `tally` counts every specification that is evaluated. `on_event` gets progress. `on_iteration` gets each iteration
    as soon as it is over with its last events, for those who write both at once; else they are events like others.
    """

    bench: Bench
    panel: Panel = field(default_factory=Panel)
    aim: Aim = field(default_factory=Aim)
    max_iterations: int = 3
    allow: Sequence[Kind] | None = None
    tally: Tally = field(default_factory=OwnTally)
    on_event: Callable[..., None] = _silent
    on_iteration: Callable[[Iteration, Sequence[Event]], None] | None = None
    cancelled: CancelSignal | None = None
    _evaluated: set[str] = field(default_factory=set)

    def run(self, spec: StrategySpec, *, done: Sequence[Iteration] = ()) -> Outcome:
        """Return what became of a strategy; `done` are iterations of an earlier attempt. Raises `Cancelled`.

        Raises the `StrategyError` of a strategy that fails as it comes.
        """
        iterations = list(done)
        self._recall(spec, iterations)
        while (ending := self._ending(iterations)) is None:
            iterations.append(self._iterate(spec, iterations))
        return self._outcome(spec, iterations, *ending)

    def analysed(self, situation: Situation) -> Outcome:
        """Return what is found in free code, which nothing here can edit."""
        findings = self._analysis(situation)
        only = Iteration(
            number=1,
            change=None,
            spec=None,
            metrics=_shown(situation.result),
            findings=findings,
            proposals=(),
            kept=None,
            why="The strategy as it came.",
            tries=self.tally.tries().count,
        )
        self._over(only)
        sentence = "There is no specification behind this code: it was analysed, and nothing was proposed."
        return Outcome(iterations=(only,), spec=None, ending="no_proposal", sentence=sentence)

    # One iteration

    def _iterate(self, spec: StrategySpec, before: Sequence[Iteration]) -> Iteration:
        number = len(before) + 1
        self._check()
        self.on_event("iteration.started", iteration=number)
        chosen = None if not before else self._best(before[-1])
        proposed = spec if chosen is None else chosen.proposal.spec
        situation = self._played(proposed)
        findings = self._analysis(situation)
        change = kept = None
        why = "The strategy as it came."
        if chosen is not None:
            current = _current(before, spec)
            change = change_of(current, chosen.proposal)
            kept, why = self._judged(before[-1], chosen, current)
        proposals = self._proposals(findings, situation, before, number) if kept is not False else ()
        iteration = Iteration(
            number=number,
            change=change,
            spec=proposed,
            metrics=_shown(situation.result),
            findings=findings,
            proposals=proposals,
            kept=kept,
            why=why,
            tries=self.tally.tries().count,
        )
        self._over(iteration)
        return iteration

    def _over(self, iteration: Iteration) -> None:
        number, kept, change = iteration.number, iteration.kept, iteration.change
        events: list[Event] = []
        if change is not None:
            told = {"iteration": number, "kind": change.kind, "words": change.words, "why": iteration.why}
            events.append(("refinement.applied" if kept else "refinement.rejected", told))
        finished = {"iteration": number, "kept": kept, "metrics": dict(iteration.metrics), "tries": iteration.tries}
        events.append(("iteration.finished", finished))
        if self.on_iteration is not None:
            self.on_iteration(iteration, events)
            return
        for event, data in events:
            self.on_event(event, **data)

    def _played(self, spec: StrategySpec) -> Situation:
        self.on_event("agent.started", agent="backtest")
        situation = self.bench.situation(spec)
        self._count(spec, situation.result)
        metrics = situation.result.metrics
        self.on_event(
            "agent.finished", agent="backtest", return_pct=metrics["return_pct"], trade_count=metrics["trades"]
        )
        return situation

    def _analysis(self, situation: Situation) -> tuple[Finding, ...]:
        self._check()
        self.on_event("agent.started", agent="analyst")
        findings = self.panel.analyse(situation, on_event=self.on_event, cancelled=self.cancelled)
        for finding in findings[:3]:
            self.on_event("agent.thought", agent="analyst", text=finding.sentence)
        self.on_event("agent.finished", agent="analyst", findings=[finding.code for finding in findings])
        return findings

    def _proposals(
        self, findings: Sequence[Finding], situation: Situation, before: Sequence[Iteration], number: int
    ) -> tuple[Tried, ...]:
        """Return what the orchestrator proposes, each tried: the last iteration's are left for the user to try."""
        self._check()
        self.on_event("agent.started", agent="orchestrator")
        proposed = self.panel.propose(
            findings, situation, tried=self._evaluated, on_event=self.on_event, cancelled=self.cancelled
        )
        for proposal in proposed:
            self.on_event("agent.thought", agent="orchestrator", text=f"{proposal.words}: {proposal.reason}")
        rows = tuple(self._tried(proposal, situation, last=number >= self.max_iterations) for proposal in proposed)
        self.on_event("agent.finished", agent="orchestrator", proposals=[row.proposal.kind for row in rows])
        return rows

    def _tried(self, proposal: Proposal, situation: Situation, *, last: bool) -> Tried:
        allowed = self._may(proposal)
        if last:
            return Tried(proposal=proposal, allowed=allowed)
        self._check()
        try:
            result = self.bench.play(proposal.spec)
        except (StrategyError, NotOnFastPath) as error:
            return Tried(proposal=proposal, allowed=allowed, error=error.code)
        self._count(proposal.spec, result)
        p = acceptance.p_of_better(situation.result, result, metric=self.aim.objective.metric)
        return Tried(proposal=proposal, allowed=allowed, metrics=_shown(result), p=p)

    def _may(self, proposal: Proposal) -> bool:
        """Return whether a proposal may be applied: what changes the meaning only where its kind was named."""
        if self.allow is None:
            return proposal.kind in APPLIED and not proposal.changes_meaning
        return proposal.kind in self.allow

    # Judging

    def _best(self, iteration: Iteration) -> Tried | None:
        """Return the allowed proposal to go on with, None where none may be taken.

        Of those that are better beyond the noise the one with the best figure; without any, the likeliest.
        """
        may = [tried for tried in iteration.proposals if tried.allowed and tried.error is None and tried.p is not None]
        level = acceptance.LEVEL / max(len(may), 1)
        clear = [tried for tried in may if tried.p is not None and tried.p <= level]
        if clear:
            return max(clear, key=self._score)
        return min(may, key=lambda tried: (tried.p, -self._score(tried))) if may else None

    def _score(self, tried: Tried) -> float:
        score = self.aim.objective.score(dict(self.bench.play(tried.proposal.spec).metrics))
        return score if score is not None else float("-inf")

    def _judged(self, last: Iteration, chosen: Tried, current: StrategySpec) -> tuple[bool, str]:
        old, new = self.bench.play(current), self.bench.play(chosen.proposal.spec)
        metric, p = self.aim.objective.metric, chosen.p if chosen.p is not None else 1.0
        count = sum(tried.allowed and tried.p is not None for tried in last.proposals)
        level = acceptance.LEVEL / max(count, 1)
        before, after = self.aim.objective.value(old.metrics), self.aim.objective.value(new.metrics)
        said = f"{metric} {_number(before)} → {_number(after)}"
        if not self.aim.better(old.metrics, new.metrics):
            return False, f"Not kept: {said} is no better."
        if p > level:
            return False, (
                f"Not kept: {said}, but luck gives as much with p = {p:.3f}; for the best of {count} it would have "
                f"to be "
                f"at most {level:.3f} (paired block bootstrap)."
            )
        figures = acceptance.chance(new, self.tally.tries())
        if not acceptance.beats_chance(figures):
            return False, (
                f"Not kept: {said} is better beyond the noise (p = {p:.3f}), but what is left still does not beat "
                f"chance: "
                f"{_of_chance(figures)}."
            )
        return True, f"Kept: {said}, beyond the noise (p = {p:.3f} of at most {level:.3f}, paired block bootstrap)."

    def _ending(self, iterations: Sequence[Iteration]) -> tuple[Ending, str] | None:
        """Return why it ends after these iterations, None where it goes on."""
        if not iterations:
            return None
        last = iterations[-1]
        if last.kept is not False and self.aim.reached(last.metrics, self._result_of(last)):
            return "objective_reached", f"The objective is reached: {self.aim.text}. {self._worth(iterations)}"
        if last.kept is False:
            return self._nothing(iterations)
        if last.number >= self.max_iterations:
            if self._beats(iterations):
                return "budget", f"The {self.max_iterations} iterations that were asked for are over."
            return "nothing_beats_chance", f"Nothing beats chance: {self._chance_of(iterations)}."
        if self._best(last) is not None:
            return None
        if not self._beats(iterations):
            return "nothing_beats_chance", f"Nothing beats chance: {self._chance_of(iterations)}.{_waiting(last)}"
        return "no_proposal", f"There is no change left that may be tried.{_waiting(last)}"

    def _nothing(self, iterations: Sequence[Iteration]) -> tuple[Ending, str]:
        last = iterations[-1]
        if self._beats(iterations):
            return "nothing_better", f"Nothing is better beyond the noise than what is there. {last.why}"
        return "nothing_beats_chance", f"Nothing beats chance: {self._chance_of(iterations)}. {last.why}"

    def _worth(self, iterations: Sequence[Iteration]) -> str:
        return (
            "It beats chance."
            if self._beats(iterations)
            else f"But it does not beat chance: {self._chance_of(iterations)}."
        )

    def _beats(self, iterations: Sequence[Iteration]) -> bool:
        return acceptance.beats_chance(acceptance.chance(self._best_result(iterations), self.tally.tries()))

    def _chance_of(self, iterations: Sequence[Iteration]) -> str:
        return _of_chance(acceptance.chance(self._best_result(iterations), self.tally.tries()))

    def _best_result(self, iterations: Sequence[Iteration]) -> BacktestResult:
        standing = [iteration for iteration in iterations if iteration.kept is not False][-1]
        return self._result_of(standing)

    def _result_of(self, iteration: Iteration) -> BacktestResult:
        if iteration.spec is None:
            raise ValueError("free code is not played again")
        return self.bench.play(iteration.spec)

    # Counting

    def _count(self, spec: StrategySpec, result: BacktestResult) -> None:
        key = spec.model_dump_json()
        if key not in self._evaluated:
            self._evaluated.add(key)
            self.tally.count(spec, result)

    def _recall(self, spec: StrategySpec, done: Sequence[Iteration]) -> None:
        """Know again what the iterations before evaluated."""
        for iteration in done:
            if iteration.spec is not None:
                self._count(iteration.spec, self.bench.play(iteration.spec))
            for tried in iteration.proposals:
                if tried.p is not None:
                    self._count(tried.proposal.spec, self.bench.play(tried.proposal.spec))

    # Ends

    def _outcome(self, spec: StrategySpec, iterations: Sequence[Iteration], ending: Ending, sentence: str) -> Outcome:
        self._check()
        final = _current(iterations, spec)
        before = evidence.of(self.bench, spec, self.tally.tries())
        after = before if final == spec else evidence.of(self.bench, final, self.tally.tries())
        return Outcome(
            iterations=tuple(iterations),
            spec=final,
            ending=ending,
            sentence=sentence,
            evidence_before=before,
            evidence_after=after,
        )

    def _check(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The supervision was cancelled.")


def change_of(before: StrategySpec, proposal: Proposal) -> Change:
    """Return a proposal as a change, with its diff."""
    return Change(
        kind=proposal.kind,
        words=proposal.words,
        diff=diff_of(before, proposal.spec),
        changes_meaning=proposal.changes_meaning,
    )


def diff_of(before: StrategySpec, after: StrategySpec) -> str:
    """Return the difference of two specifications as a unified diff of their JSON."""
    old, new = (json.dumps(spec.as_json(), indent=2).splitlines() for spec in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm="", n=2))


def _current(iterations: Sequence[Iteration], spec: StrategySpec) -> StrategySpec:
    standing = [
        iteration.spec for iteration in iterations if iteration.kept is not False and iteration.spec is not None
    ]
    return standing[-1] if standing else spec


def _equity(result: BacktestResult) -> Any:
    return result.equity["equity"].to_numpy(float)


def _shown(result: BacktestResult) -> dict[str, Any]:
    found = {name: result.metrics.get(name) for name in SHOWN}
    return {**found, "trade_count": found.pop("trades")}


def _of_chance(figures: Mapping[str, float | None]) -> str:
    p, deflated = figures["permutation_p"], figures["deflated_sharpe"]
    said = [
        "the account never moved"
        if deflated is None
        else f"the chance of more than luck is {deflated:.0%} of 95 % asked"
    ]
    if p is not None:
        said.append(f"{p:.0%} of random entry times did as well, where at most 2.5 % may")
    return "; ".join(said)


def _waiting(last: Iteration) -> str:
    waiting = [tried for tried in last.proposals if not tried.allowed]
    if not waiting:
        return ""
    kinds = ", ".join(sorted({tried.proposal.kind for tried in waiting}))
    many = "s" if len(waiting) > 1 else ""
    said = f" {len(waiting)} proposed change{many} would alter what was said ({kinds})"
    return f"{said}: `allow` lets them be applied."


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
