"""The analyst and the orchestrator with a language model beside the rules.

A model adds ideas; it changes nothing by itself. Its numbers have to stand in what it was shown, its edits are read
from the specifications, and each goes through the same trial as the rules' own.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, JsonValue, ValidationError

from backtest_engine.agents.supervisor.classify import kinds_of
from backtest_engine.agents.supervisor.records import MOST_PROPOSALS, Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.errors import AnswerUnusable, Cancelled, ModelUnavailable
from backtest_engine.language.explain import explain
from backtest_engine.llm.structured import ask
from backtest_engine.ports import CancelSignal, LanguageModel, Prompt
from backtest_engine.prompts import instructions
from backtest_engine.spec import StrategySpec

# What a model may take before the rules answer for it.
SECONDS = 60.0
PURPOSE = "supervise"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class Observation(BaseModel):
    """What a model noticed."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,59}$")]
    severity: Literal["medium", "low"]
    sentence: Sentence


class Observations(BaseModel):
    """At most four."""

    observations: Annotated[list[Observation], Field(max_length=MOST_PROPOSALS)]


class Idea(BaseModel):
    """A changed specification, with the reason."""

    finding: Annotated[str, Field(max_length=60)]
    words: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Sentence
    expected: Sentence
    spec: dict[str, JsonValue]


class Ideas(BaseModel):
    """At most four, best first."""

    ideas: Annotated[list[Idea], Field(max_length=MOST_PROPOSALS)]


@dataclass(frozen=True, kw_only=True)
class ModelAnalyst:
    """The rules' findings with a model's observations; raises what the model raises, or `ModelUnavailable` in time."""

    model: LanguageModel
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic

    def __call__(
        self, situation: Situation, found: Sequence[Finding], *, cancelled: CancelSignal | None
    ) -> Sequence[Finding]:
        """Return what the rules found, and what the model adds to it."""
        told = instructions("supervisor_analyst")
        shown = _material(situation, found)
        prompt = Prompt(system=told.text, user=shown, purpose=PURPOSE, version=told.version)
        answer = _ask(self.model, prompt, Observations, seconds=self.seconds, clock=self.clock, cancelled=cancelled)
        known = {finding.code for finding in found}
        added = [
            Finding(code=one.code, severity=one.severity, sentence=one.sentence, figures={"source": "model"})
            for one in answer.observations
            if one.code not in known and _only_known_numbers(one.sentence, shown)
        ]
        return [*found, *added]


@dataclass(frozen=True, kw_only=True)
class ModelOrchestrator:
    """A model's ideas before the rules' proposals; raises what the model raises, or `ModelUnavailable` in time."""

    model: LanguageModel
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic

    def __call__(
        self,
        findings: Sequence[Finding],
        situation: Situation,
        proposed: Sequence[Proposal],
        *,
        cancelled: CancelSignal | None,
    ) -> Sequence[Proposal]:
        """Return the ideas that are valid edits of one kind, then what the rules propose.

        Raises `AnswerUnusable` where ideas were given and none is such an edit.
        """
        told = instructions("supervisor_orchestrator")
        shown = _material(situation, findings) + "\n\nThe rules propose:\n"
        shown += "\n".join(f"- {one.kind}: {one.words}. {one.reason}" for one in proposed) or "- nothing"
        shown += f"\n\nThe specification:\n{json.dumps(situation.rules.as_json())}"
        prompt = Prompt(system=told.text, user=shown, purpose=PURPOSE, version=told.version)
        answer = _ask(self.model, prompt, Ideas, seconds=self.seconds, clock=self.clock, cancelled=cancelled)
        ideas = [one for idea in answer.ideas if (one := _proposal(idea, situation.rules)) is not None]
        if answer.ideas and not ideas:
            raise AnswerUnusable("None of the model's ideas is one change of this strategy.", code="answer_invalid")
        return [*_beside(ideas, proposed)]


def _beside(ideas: Sequence[Proposal], proposed: Sequence[Proposal]) -> list[Proposal]:
    """Return both in turn, the rules' first: a model cannot crowd out what the rules saw."""
    longest = max(len(ideas), len(proposed))
    return [one for place in range(longest) for several in (proposed, ideas) for one in several[place : place + 1]]


def _proposal(idea: Idea, before: StrategySpec) -> Proposal | None:
    try:
        after = StrategySpec.model_validate_json(json.dumps(idea.spec))
    except ValidationError:
        return None
    kinds, changes_meaning = kinds_of(before, after)
    if len(kinds) != 1:
        return None
    return Proposal(
        kind=next(iter(kinds)),
        finding=idea.finding,
        reason=idea.reason,
        expected=idea.expected,
        spec=after,
        words=idea.words,
        changes_meaning=changes_meaning,
        source="model",
    )


def _ask(
    model: LanguageModel,
    prompt: Prompt,
    schema: Any,
    *,
    seconds: float,
    clock: Callable[[], float],
    cancelled: CancelSignal | None,
) -> Any:
    """Return a typed answer in time; what takes longer is as if nobody had answered."""
    until = clock() + seconds

    def unwanted() -> bool:
        return clock() > until or (cancelled is not None and cancelled())

    try:
        answer, _ = ask(model, replace(prompt, schema=schema), schema, tries=2, cancelled=unwanted)
    except Cancelled:
        if cancelled is not None and cancelled():
            raise
        raise ModelUnavailable(
            f"The model took more than {seconds:g} seconds.", code="model_too_slow", retryable=False
        ) from None
    return answer


def _material(situation: Situation, findings: Sequence[Finding]) -> str:
    metrics = situation.result.metrics
    rules = explain(situation.spec) if situation.spec is not None else "Free code."
    rows = (
        "\n".join(f"- {finding.code} ({finding.severity}): {finding.sentence}" for finding in findings) or "- nothing"
    )
    figures = "\n".join(f"- {name}: {value:.4g}" for name, value in metrics.items() if isinstance(value, int | float))
    return f"The strategy:\n{rules}\n\nFigures:\n{figures}\n\nFound by rules:\n{rows}"


def _only_known_numbers(sentence: str, shown: str) -> bool:
    """Return whether every number of a sentence stands in what the model was shown."""
    known = set(_NUMBER.findall(shown))
    return all(number in known for number in _NUMBER.findall(sentence))
