"""The agents that are asked: each has a twin without a model, which answers where there is no model or it cannot."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from backtest_engine.agents.supervisor import analyst, orchestrator
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.errors import AlgoAgentError, BudgetExhausted, VendorError
from backtest_engine.ports import CancelSignal

UNABLE = (VendorError, BudgetExhausted)


class Analyst(Protocol):
    """Says what is wrong; raises `VendorError` where a model cannot."""

    def __call__(
        self, situation: Situation, found: Sequence[Finding], *, cancelled: CancelSignal | None
    ) -> Sequence[Finding]:
        """Return findings, those of the rules among them."""


class Orchestrator(Protocol):
    """Says what may be changed; raises `VendorError` where a model cannot."""

    def __call__(
        self,
        findings: Sequence[Finding],
        situation: Situation,
        proposed: Sequence[Proposal],
        *,
        cancelled: CancelSignal | None,
    ) -> Sequence[Proposal]:
        """Return proposals, those of the rules among them."""


@dataclass(kw_only=True)
class Panel:
    """The rules, and a model beside them where there is one. A model that failed is not asked again."""

    analyst: Analyst | None = None
    orchestrator: Orchestrator | None = None

    def analyse(
        self, situation: Situation, *, on_event: Callable[..., None], cancelled: CancelSignal | None
    ) -> tuple[Finding, ...]:
        """Return what is wrong, the gravest first."""
        found = analyst.analyse(situation)
        if self.analyst is None:
            return found
        try:
            return analyst.ranked(self.analyst(situation, found, cancelled=cancelled))
        except UNABLE as error:
            self._give_up("analyst", error, on_event)
            return found

    def propose(
        self,
        findings: Sequence[Finding],
        situation: Situation,
        *,
        tried: Container[str],
        on_event: Callable[..., None],
        cancelled: CancelSignal | None,
    ) -> tuple[Proposal, ...]:
        """Return at most four changes that were not tried."""
        proposed = orchestrator.propose(findings, situation, tried=tried)
        if self.orchestrator is None or situation.spec is None:
            return proposed
        try:
            ideas = self.orchestrator(findings, situation, proposed, cancelled=cancelled)
        except UNABLE as error:
            self._give_up("orchestrator", error, on_event)
            return proposed
        return orchestrator.distinct(ideas, tried=tried)

    def _give_up(self, agent: str, error: AlgoAgentError, on_event: Callable[..., None]) -> None:
        setattr(self, agent, None)
        on_event(
            "agent.thought",
            agent=agent,
            text=f"The model could not answer ({error.code}): {error.message} The rules answer for it.",
            code=error.code,
        )
