"""One model with a memory: every call is written down and paid from a budget, and no answer is paid for twice."""

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from pydantic import ValidationError

from backtest_engine.errors import AlgoAgentError, ModelUnavailable
from backtest_engine.key_rotation.transport import estimated_tokens
from backtest_engine.llm.prices import PriceList
from backtest_engine.llm.structured import read
from backtest_engine.ports import CancelSignal, Completion, LanguageModel, Prompt


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call about to be made: `digest` tells equal requests, `reserve_usd` is the most that it can cost."""

    provider: str
    model: str
    purpose: str
    prompt_version: str
    digest: str
    reserve_usd: Decimal


class CallBook(Protocol):
    """Writes calls down, and holds the budget."""

    def earlier(self, call: Call) -> Completion | None:
        """Return a finished, validated answer to an equal request, and write down that it was used again.

        To the same run, also one that was not valid: asked again later, it must not be paid again.
        """

    def begin(self, call: Call) -> Any:
        """Reserve the money and return a ticket; raise `BudgetExhausted`, or `ModelUnavailable` while an equal
        request is under way.
        """

    def answered(self, ticket: Any, completion: Completion, *, cost_usd: Decimal, reusable: bool) -> None:
        """Settle a call that was answered."""

    def failed(self, ticket: Any, code: str, *, details: dict[str, Any], cost_usd: Decimal) -> None:
        """Settle a call that gave no answer that can be used."""


class RecordedModel:
    """A `LanguageModel` that writes down every call to another."""

    def __init__(self, inner: LanguageModel, *, provider: str, name: str, book: CallBook, prices: PriceList) -> None:
        self._inner = inner
        self._provider = provider
        self._name = name
        self._book = book
        self._prices = prices

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return a new answer, or an earlier one to an equal request."""
        call = Call(
            provider=self._provider,
            model=self._name,
            purpose=prompt.purpose,
            prompt_version=prompt.version,
            digest=request_digest(self._provider, self._name, prompt),
            reserve_usd=self._cost(_input_estimate(prompt), prompt.max_output_tokens),
        )
        earlier = self._book.earlier(call)
        if earlier is not None:
            return replace(earlier, from_cache=True)
        ticket = self._book.begin(call)
        try:
            completion = self._inner.complete(prompt, cancelled=cancelled)
        except AlgoAgentError as error:
            self._book.failed(ticket, error.code, details=error.details, cost_usd=self._paid_for(error, call))
            # For the book alone: which keys there are is not for whoever asked.
            error.details = {name: fact for name, fact in error.details.items() if name != "keys"}
            raise
        except BaseException:
            # Whether the vendor counted it is not known: the reservation stands.
            self._book.failed(ticket, "internal_error", details={}, cost_usd=call.reserve_usd)
            raise
        cost = self._cost(completion.input_tokens, completion.output_tokens, completion.cached_input_tokens)
        self._book.answered(ticket, completion, cost_usd=cost, reusable=_valid(prompt, completion))
        return completion

    def _cost(self, input_tokens: int | None, output_tokens: int | None, cached: int = 0) -> Decimal:
        return self._prices.cost(
            self._provider,
            self._name,
            input_tokens=input_tokens or 0,
            output_tokens=output_tokens or 0,
            cached_input_tokens=cached,
        )

    def _paid_for(self, error: AlgoAgentError, call: Call) -> Decimal:
        if "output_tokens" in error.details:
            return self._cost(error.details.get("input_tokens"), error.details["output_tokens"])
        # Only a request that may have been worked on costs anything.
        return call.reserve_usd if error.code in ("model_timeout", "cancelled") else Decimal(0)


def request_digest(provider: str, model: str, prompt: Prompt) -> str:
    """Return the SHA-256 (hex) of everything that decides an answer."""
    schema = prompt.schema.model_json_schema() if prompt.schema else None
    parts = [provider, model, prompt.version, prompt.system, prompt.user, schema, prompt.max_output_tokens]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _input_estimate(prompt: Prompt) -> int:
    schema = json.dumps(prompt.schema.model_json_schema()) if prompt.schema else ""
    return estimated_tokens((prompt.system + prompt.user + schema).encode("utf-8", "surrogatepass"))


def _valid(prompt: Prompt, completion: Completion) -> bool:
    if prompt.schema is None:
        return True
    try:
        read(completion.text, prompt.schema)
    except ValidationError:
        return False
    return True


class ReplayModel:
    """Answers from a recording, by digest; nothing is asked of anyone."""

    def __init__(self, answers: dict[str, Completion], *, provider: str, name: str) -> None:
        self._answers = answers
        self._provider = provider
        self._name = name

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the recorded answer; raise `ModelUnavailable` for a request that was not recorded."""
        recorded = self._answers.get(request_digest(self._provider, self._name, prompt))
        if recorded is None:
            raise ModelUnavailable("This request is not in the recording.", code="not_recorded", retryable=False)
        return replace(recorded, from_cache=True)
