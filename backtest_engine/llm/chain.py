"""A chain of models: the next is asked where one cannot answer, and the last alone when money gets short."""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import FallbackExceptionGroup
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryFeedbackPart,
    RetryPromptPart,
    ToolReturnPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.settings import ModelSettings

from backtest_engine.errors import AlgoAgentError, BudgetExhausted, ModelUnavailable
from backtest_engine.llm.background import in_caller
from backtest_engine.llm.client import DIGEST

logger = logging.getLogger(__name__)


class ChainModel(FallbackModel):
    """Asks the first of a chain that can answer.

    An answer that is no use was paid for, and is not asked for again. A model whose turn comes soon is waited for, by
    whoever called: another would write another strategy, and an equal request under way would be paid twice.

    `short_of_money` says whether the budget's threshold is passed; `rejected` hears of requests (by digest) whose
    answer an agent did not accept.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        short_of_money: Callable[[], bool] = lambda: False,
        rejected: Callable[[str], None] = lambda digest: None,
    ) -> None:
        if not models:
            raise ValueError("A chain needs a model.")
        super().__init__(*models, fallback_on=_leaves_to_the_next)
        self._cheapest = FallbackModel(models[-1], fallback_on=_leaves_to_the_next)
        self._short_of_money = short_of_money
        self._rejected = rejected

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the first answer; raise the error that says when to ask again soonest."""
        try:
            if await self._look_around(messages):
                return await self._cheapest.request(messages, model_settings, model_request_parameters)
            return await super().request(messages, model_settings, model_request_parameters)
        except (FallbackExceptionGroup, AlgoAgentError) as error:
            failure = _soonest(error)
        raise failure

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield the first answer that begins; what breaks off later is not begun again with another model."""
        cheap = await self._look_around(messages)
        opened = self._cheapest.request_stream if cheap else super().request_stream
        failure = None
        try:
            async with opened(messages, model_settings, model_request_parameters, run_context) as stream:
                yield stream
        except (FallbackExceptionGroup, AlgoAgentError) as error:
            failure = _soonest(error)
        if failure is not None:
            raise failure

    async def _look_around(self, messages: list[ModelMessage]) -> bool:
        """Pass on that the last answer was not accepted; return whether the cheapest model alone is asked."""
        digest = _rejected(messages)
        if digest is not None:
            await in_caller(self._rejected, digest)
        return await in_caller(self._short_of_money)


def _rejected(messages: list[ModelMessage]) -> str | None:
    """Return the digest of the request whose answer is asked for again with what was wrong; None where none is."""
    if len(messages) < 3 or not isinstance(messages[-1], ModelRequest) or not isinstance(messages[-2], ModelResponse):
        return None
    again = any(
        isinstance(part, RetryPromptPart | RetryFeedbackPart)
        or (isinstance(part, ToolReturnPart) and part.outcome == "retried")
        for part in messages[-1].parts
    )
    return (messages[-2].metadata or {}).get(DIGEST) if again else None


def _leaves_to_the_next(error: Exception) -> bool:
    if not isinstance(error, ModelUnavailable | BudgetExhausted):
        return False
    if isinstance(error, ModelUnavailable) and error.untried:
        return False
    logger.info("A model cannot answer (%s), the next is asked", error.code)
    return True


def _soonest(error: Exception) -> AlgoAgentError:
    """Return the error that says when to ask again soonest, with nothing of what pydantic-ai noted on it."""
    errors = error.exceptions if isinstance(error, FallbackExceptionGroup) else [error]
    failures = [inner for inner in errors if isinstance(inner, AlgoAgentError)]
    plain = copy(min(failures, key=_wait))
    for name in [name for name in vars(plain) if name.startswith("_")]:
        delattr(plain, name)
    return plain.with_traceback(None)


def _wait(error: AlgoAgentError) -> tuple[bool, float]:
    return not error.retryable, float(error.details.get("retry_after", 0.0))
