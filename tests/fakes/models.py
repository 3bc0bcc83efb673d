"""Language models that behave: they answer from a list; and a log that keeps calls in memory."""

from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.usage import RequestUsage

from backtest_engine.llm import Answer, BackgroundLoop, Call, ModelClient
from backtest_engine.ports import CancelSignal, Completion, Prompt

LOOP = BackgroundLoop()


class ScriptedModel:
    """A `LanguageModel` that answers in order; an exception in the list is raised."""

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


class ScriptedClient(ModelClient):
    """A client over a pydantic-ai model that answers in order, streamed or not: a text, parts, or an exception."""

    def __init__(self, answers: Iterable[Any], *, name: str = "scripted") -> None:
        self.asked: list[list[ModelMessage]] = []
        self.settings: list[Any] = []
        self._answers = iter(answers)
        model = FunctionModel(self._answer, stream_function=self._stream, model_name=name)
        super().__init__(lambda label: model, provider="gemini", name=name, loop=LOOP)

    def _next(self, messages: list[ModelMessage], info: AgentInfo) -> list[Any]:
        self.asked.append(messages)
        self.settings.append(info.model_settings)
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return [TextPart(answer)] if isinstance(answer, str) else answer

    async def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        usage = RequestUsage(input_tokens=100, output_tokens=20)
        return ModelResponse(parts=self._next(messages, info), usage=usage, finish_reason="stop")

    async def _stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        for number, part in enumerate(self._next(messages, info)):
            if isinstance(part, TextPart):
                for word in part.content.split(" "):
                    yield f"{word} "
            else:
                yield {number: DeltaToolCall(name=part.tool_name, json_args=part.args_as_json_str())}


class MemoryLog:
    """A log of calls with a purse; with `one_run`, all of them are of one run, which pays for nothing twice."""

    def __init__(self, *, purse: Decimal = Decimal(100), one_run: bool = False) -> None:
        self.purse = purse
        self.one_run = one_run
        self.rows: list[dict[str, Any]] = []

    def earlier(self, call: Call) -> str | None:
        """Return an earlier answer to the same request."""
        same = [
            row
            for row in self.rows
            if row["call"].digest == call.digest and row.get("reusable", False) >= (not self.one_run)
        ]
        same = [row for row in same if row["outcome"] == "answered"]
        return same[-1]["answer"].response if same else None

    def begin(self, call: Call) -> dict[str, Any]:
        """Take the money."""
        self.purse -= call.reserve_usd
        self.rows.append({"call": call, "outcome": "pending"})
        return self.rows[-1]

    def answered(self, ticket: dict[str, Any], answer: Answer, *, cost_usd: Decimal, reusable: bool) -> None:
        """Give back what was not needed."""
        self.purse += ticket["call"].reserve_usd - cost_usd
        ticket.update(outcome="answered", answer=answer, cost=cost_usd, reusable=reusable)

    def failed(self, ticket: dict[str, Any], code: str, *, details: dict[str, Any], cost_usd: Decimal) -> None:
        """Give back what was not spent."""
        self.purse += ticket["call"].reserve_usd - cost_usd
        ticket.update(outcome=code, cost=cost_usd, keys=details.get("keys"))

    def rejected(self, digest: str) -> None:
        """Use these no more."""
        for row in self.rows:
            if row["call"].digest == digest and row["outcome"] == "answered":
                row["reusable"] = False
