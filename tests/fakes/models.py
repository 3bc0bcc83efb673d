"""Language models that behave: one answers from a list, one writes down what it is asked."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from backtest_engine.llm import Call
from backtest_engine.ports import CancelSignal, Completion, Prompt


class ScriptedModel:
    """Answers in order; an exception in the list is raised."""

    def __init__(self, answers: Iterable[str | Exception], *, name: str = "scripted") -> None:
        self.name = name
        self.asked: list[Prompt] = []
        self._answers = iter(answers)

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the next answer."""
        self.asked.append(prompt)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return Completion(text=answer, model=self.name, provider="gemini", input_tokens=100, output_tokens=20)


class MemoryBook:
    """A book of calls with a purse; with `one_run`, all of them are of one run, which pays for nothing twice."""

    def __init__(self, *, purse: Decimal = Decimal(100), one_run: bool = False) -> None:
        self.purse = purse
        self.one_run = one_run
        self.rows: list[dict[str, Any]] = []

    def earlier(self, call: Call) -> Completion | None:
        """Return an earlier answer to the same request."""
        same = [
            row
            for row in self.rows
            if row["call"].digest == call.digest and row.get("reusable", False) >= (not self.one_run)
        ]
        same = [row for row in same if row["outcome"] == "answered"]
        return same[-1]["completion"] if same else None

    def begin(self, call: Call) -> dict[str, Any]:
        """Take the money."""
        self.purse -= call.reserve_usd
        self.rows.append({"call": call, "outcome": "pending"})
        return self.rows[-1]

    def answered(self, ticket: dict[str, Any], completion: Completion, *, cost_usd: Decimal, reusable: bool) -> None:
        """Give back what was not needed."""
        self.purse += ticket["call"].reserve_usd - cost_usd
        ticket.update(outcome="answered", completion=completion, cost=cost_usd, reusable=reusable)

    def failed(self, ticket: dict[str, Any], code: str, *, details: dict[str, Any], cost_usd: Decimal) -> None:
        """Give back what was not spent."""
        self.purse += ticket["call"].reserve_usd - cost_usd
        ticket.update(outcome=code, cost=cost_usd)
