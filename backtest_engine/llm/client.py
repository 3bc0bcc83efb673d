"""A model as the rest of the engine holds it: to be asked one question, or to be given to an agent."""

import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from backtest_engine.errors import ModelUnavailable
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.llm.calls import CallLog
from backtest_engine.llm.prices import PriceList
from backtest_engine.llm.structured import accepts, asking_for
from backtest_engine.ports import CancelSignal, Completion, Prompt

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

Result = TypeVar("Result")

# In the metadata of an answer: that it was not paid again, and which request it answers.
FROM_RECORD, DIGEST = "from_record", "request_digest"


@dataclass(frozen=True, kw_only=True)
class Label:
    """What requests are for, and the version of what a model is told; `accepts` says whether a text is an answer."""

    purpose: str = ""
    version: str = ""
    accepts: Callable[[str], bool] = lambda text: True


class ModelClient:
    """A `LanguageModel`, and a pydantic-ai model for agents. Nothing is built before it is asked for.

        client.run(Agent(client.model(purpose="conversation"), output_type=Intent).run("…"))

    Building and asking belong to one process: a client is used after a fork, not across it.
    """

    def __init__(self, build: "Callable[[Label], Model]", *, provider: str, name: str, loop: BackgroundLoop) -> None:
        self.provider = provider
        self.name = name
        self.loop = loop
        self._build = build

    def model(self, *, purpose: str = "", version: str = "") -> "Model":
        """Return the pydantic-ai model for requests of one purpose; they run by `run`."""
        return self._build(Label(purpose=purpose, version=version))

    def run(self, work: Coroutine[Any, Any, Result], *, cancelled: CancelSignal | None = None) -> Result:
        """Return what an agent's coroutine returns; raise `Cancelled`, or what the model raises."""
        return self.loop.run(work, cancelled=cancelled)

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return one answer; raise `ModelUnavailable`, `AnswerUnusable`, `BudgetExhausted` or `Cancelled`."""
        return self.loop.run(self._ask(prompt), cancelled=cancelled)

    async def _ask(self, prompt: Prompt) -> Completion:
        from pydantic_ai.messages import ModelRequest, UserPromptPart

        label = Label(purpose=prompt.purpose, version=prompt.version, accepts=accepts(prompt.schema))
        system, parameters = asking_for(prompt.schema, prompt.system)
        message = ModelRequest(parts=[UserPromptPart(prompt.user)], instructions=system)
        response = await self._build(label).request([message], {"max_tokens": prompt.max_output_tokens}, parameters)
        return self._completion(response)

    def _completion(self, response: "ModelResponse") -> Completion:
        usage, facts = response.usage, response.metadata or {}
        return Completion(
            text=response.text or "",
            model=response.model_name or self.name,
            provider=str(facts.get("provider", self.provider)),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_input_tokens=usage.cache_read_tokens,
            from_cache=bool(facts.get(FROM_RECORD)),
        )


def once(build: "Callable[[], Model]") -> "Callable[[Label], Model]":
    """Return a builder that builds at the first request, whatever it is for."""
    lock = threading.Lock()
    built: list[Model] = []

    def model(label: Label) -> "Model":
        with lock:
            if not built:
                built.append(build())
            return built[0]

    return model


def recorded(
    clients: Sequence[ModelClient],
    *,
    log: CallLog,
    prices: PriceList,
    short_of_money: Callable[[], bool] = lambda: False,
) -> ModelClient:
    """Return a chain of models whose every request is written down in the log and paid from its budget."""
    if not clients:
        raise ValueError("A chain needs a model.")

    def build(label: Label) -> "Model":
        from backtest_engine.llm.chain import ChainModel
        from backtest_engine.llm.recorded_model import RecordedModel

        links = [
            RecordedModel(
                client._build(label), provider=client.provider, name=client.name, log=log, prices=prices, label=label
            )
            for client in clients
        ]
        return ChainModel(links, short_of_money=short_of_money, rejected=log.rejected)

    return ModelClient(build, provider=clients[0].provider, name=clients[0].name, loop=clients[0].loop)


def replayed(answers: dict[str, str], links: Sequence[tuple[str, str]], *, loop: BackgroundLoop) -> ModelClient:
    """Return a chain of models (vendor, name) that answers from a recording, digest to response, and asks nobody."""

    def find(digest: str) -> str:
        if digest not in answers:
            raise ModelUnavailable("This request is not in the recording.", code="not_recorded", retryable=False)
        return answers[digest]

    def build(label: Label) -> "Model":
        from backtest_engine.llm.chain import ChainModel
        from backtest_engine.llm.recorded_model import ReplayModel

        return ChainModel([ReplayModel(find, provider=vendor, name=name, label=label) for vendor, name in links])

    return ModelClient(build, provider=links[0][0], name=links[0][1], loop=loop)
