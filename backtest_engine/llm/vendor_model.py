"""A vendor's model through its SDK: one request, one answer, and an error that says what went wrong.

pydantic-ai speaks to the SDKs; what it does not decide is decided here: which answers are no use, and how long to
wait. Nothing is retried in here, and no vendor's words are passed on.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from backtest_engine.errors import AlgoAgentError, AnswerUnusable, ModelUnavailable
from backtest_engine.llm.background import BackgroundLoop

LEAST_TIMEOUT_SECONDS = 10.0
CONTENT_FILTER = {
    "RECITATION": ("answer_recited", "repeats a published text and was withheld"),
}
BLOCKED = ("answer_blocked", "was blocked by the vendor's safety filter")
RETRY_SECONDS = 5.0
# In the metadata of an answer: who gave it, as the settings call the vendor.
PROVIDER = "provider"


class VendorModel(WrapperModel):
    """A pydantic-ai model of one vendor that answers, or raises `ModelUnavailable` or `AnswerUnusable`."""

    def __init__(self, wrapped: Model, *, provider: str, name: str, loop: BackgroundLoop, timeout: float) -> None:
        super().__init__(wrapped)
        self._vendor = provider
        self._called = name
        self._loop = loop
        # Gemini refuses shorter deadlines.
        self._timeout = max(timeout, LEAST_TIMEOUT_SECONDS)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the answer."""
        self._check_loop()
        try:
            async with asyncio.timeout(self._timeout):
                response = await super().request(messages, self._once(model_settings), model_request_parameters)
        except Exception as error:  # every SDK raises its own
            failure = self._translated(error)
        else:
            check_usable(response, self._called)
            response.metadata = {**(response.metadata or {}), PROVIDER: self._vendor}
            return response
        # Raised out here, so that it does not carry the SDK's errors along.
        raise failure

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield the answer as it comes; an answer that is no use is an error once it has ended."""
        self._check_loop()
        settings, failure = self._once(model_settings), None
        try:
            async with super().request_stream(messages, settings, model_request_parameters, run_context) as stream:
                yield stream
                response = stream.get()
        except Exception as error:  # every SDK raises its own
            failure = self._translated(error)
        if failure is not None:
            raise failure
        if response.state == "complete":
            check_usable(response, self._called)

    def _check_loop(self) -> None:
        if not self._loop.runs_here():
            raise RuntimeError("An agent over a vendor's model runs by `ModelClient.run`: connections know one loop.")

    def _once(self, settings: ModelSettings | None) -> ModelSettings:
        return {**(settings or {}), "timeout": self._timeout, "max_retries": 0}

    def _translated(self, error: Exception) -> Exception:
        """Return our error for an SDK's, without its text: that can quote a key or the prompt."""
        cause: BaseException | None = error
        seen: set[int] = set()
        while cause is not None and id(cause) not in seen:
            if isinstance(cause, AlgoAgentError):
                # The transport's own, maybe wrapped by an SDK that takes every exception for a lost connection.
                return copy(cause).with_traceback(None)
            seen.add(id(cause))
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, TimeoutError):
            return ModelUnavailable(
                f"{self._called} did not answer within {self._timeout:g} seconds.",
                code="model_timeout",
                details={"retry_after": RETRY_SECONDS},
            )
        return ModelUnavailable(
            f"{self._called} could not be asked ({type(error).__name__}).", code="model_protocol_error", retryable=False
        )


def check_usable(response: ModelResponse, name: str) -> None:
    """Raise `AnswerUnusable` for an answer that was paid and is no use."""
    raw = str((response.provider_details or {}).get("finish_reason", ""))
    if response.finish_reason == "length":
        raise _unusable(response, name, "answer_truncated", "was cut off at the limit of its length")
    if response.finish_reason == "content_filter":
        raise _unusable(response, name, *CONTENT_FILTER.get(raw, BLOCKED))
    if response.finish_reason == "error":
        raise _unusable(response, name, "answer_malformed", f"ended in an error ({_plain(raw)})")
    said = [part for part in response.parts if not isinstance(part, ThinkingPart)]
    if all(isinstance(part, TextPart) and not part.content.strip() for part in said):
        raise _unusable(response, name, "answer_empty", "is empty")


def _unusable(response: ModelResponse, name: str, code: str, what: str) -> AnswerUnusable:
    usage = response.usage
    details = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return AnswerUnusable(f"The answer of {name} {what}.", code=code, details=details)


def _plain(raw: str) -> str:
    return re.sub(r"[^A-Za-z_]", "", raw)[:40] or "unknown"
