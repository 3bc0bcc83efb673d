"""Roles that the engine needs filled. Each promises its result and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Draft, Limits


class CancelSignal(Protocol):
    """Says whether the user still wants the answer."""

    def __call__(self) -> bool:
        """Return True once the run was cancelled; cheap enough to be asked several times a second."""


class DataSource(Protocol):
    """Serves historical bars."""

    name: str

    def bars(self, symbol: str, *, start: datetime | None, end: datetime | None, interval: str | None) -> Dataset:
        """Return the bars from start to end, both inclusive and UTC; None means all that the source has.

        Raises `UnknownSymbol`, `DatesOutsideData`, `UnsupportedInterval`, `InvalidData` or `DataUnavailable`.
        """


class DataCatalog(DataSource, Protocol):
    """A source that remembers what it served."""

    def bars(
        self,
        symbol: str,
        *,
        start: datetime | None,
        end: datetime | None,
        interval: str | None,
        warm_up: int = 0,
    ) -> Dataset:
        """Return the bars as any source does, after up to `warm_up` earlier ones; `Dataset.trade_from` parts them."""

    def dataset(self, fingerprint: str) -> Dataset:
        """Return exactly the bars that were served under a fingerprint; raise `RequestError` (`unknown_dataset`)."""


class Generator(Protocol):
    """Turns a description into a strategy."""

    name: str

    def generate(self, description: str, *, name: str | None = None, answers: Mapping[str, str] | None = None) -> Draft:
        """Return a strategy; raise `NeedsClarification` or `DescriptionRefused`, never guess one.

        `answers` holds an option's id, or free words, by the id of the question that they answer.
        """


class Executor(Protocol):
    """Runs a strategy and computes its numbers."""

    def execute(
        self,
        code: str,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cancelled: CancelSignal | None = None,
    ) -> BacktestResult:
        """Return the result; raise a `StrategyError`, `InvalidParameter`, `Cancelled` or `SandboxUnavailable`."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a language model is asked: its role, the request, and what the answer is for (`repair`, `generation`).

    With a `schema` the answer must be JSON that this type accepts.
    """

    system: str
    user: str
    purpose: str = ""
    version: str = ""
    schema: type[BaseModel] | None = None
    max_output_tokens: int = 8_192


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a language model answered, and what it cost in tokens; None where the vendor does not say.

    `output_tokens` counts thoughts too, since they are billed.
    """

    text: str
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    provider: str = ""
    cached_input_tokens: int = 0
    from_cache: bool = False


class LanguageModel(Protocol):
    """Answers one prompt. Keys, budgets, retries and fallbacks are wrapped around it, never known to the caller.

    Whoever needs messages, tools or streams takes a `llm.ModelClient`, which is one of these and more.
    """

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the answer; raise `ModelUnavailable`, `AnswerUnusable`, `BudgetExhausted` or `Cancelled`."""
