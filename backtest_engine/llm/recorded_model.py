"""A model with a memory: every request is written down and paid from a budget, and no answer is paid for twice."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import CompletedStreamedResponse, Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage
from pydantic_core import PydanticSerializationError

from backtest_engine.errors import AlgoAgentError
from backtest_engine.key_rotation.transport import used_keys
from backtest_engine.llm.background import in_caller
from backtest_engine.llm.calls import Answer, Call, CallLog
from backtest_engine.llm.client import DIGEST, FROM_RECORD, Label
from backtest_engine.llm.prices import PriceList
from backtest_engine.llm.request_digest import input_estimate, request_digest

MAX_OUTPUT_TOKENS = 8_192
# Only a request that may have been worked on costs anything.
MAYBE_PAID = ("model_timeout", "cancelled")

RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)


@dataclass
class _Asked:
    """A request under way."""

    call: Call
    ticket: Any
    keys: list[str]


class RecordedModel(WrapperModel):
    """Writes down, and pays for, every request to another model: each of an agent's loop, streamed or not.

    Where a request sets no `max_tokens`, it is given a limit, so that the most it can cost is known.
    """

    def __init__(
        self, wrapped: Model, *, provider: str, name: str, log: CallLog, prices: PriceList, label: Label
    ) -> None:
        super().__init__(wrapped)
        self._vendor = provider
        self._called = name
        self._log = log
        self._prices = prices
        self._label = label

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return a new answer, or an earlier one to an equal request."""
        settings = _limited(model_settings)
        call = self._call(messages, settings, model_request_parameters)
        earlier = await self._earlier(call)
        if earlier is not None:
            return earlier
        asked = _Asked(call, await in_caller(self._log.begin, call), [])
        token = used_keys.set(asked.keys)
        try:
            response = await super().request(messages, settings, model_request_parameters)
        except BaseException as error:
            await self._failed(asked, error)
            raise
        finally:
            used_keys.reset(token)
        await self._answered(asked, response)
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield a new answer as it comes, or an earlier one to an equal request at once.

        One that is not read to its end costs what was reserved: how much the vendor wrote is not known.
        """
        settings = _limited(model_settings)
        call = replace(self._call(messages, settings, model_request_parameters), streamed=True)
        earlier = await self._earlier(call)
        if earlier is not None:
            yield CompletedStreamedResponse(
                earlier, model_request_parameters=model_request_parameters, replay_events=True
            )
            return
        asked = _Asked(call, await in_caller(self._log.begin, call), [])
        opening = super().request_stream(messages, settings, model_request_parameters, run_context)
        try:
            token = used_keys.set(asked.keys)
            try:
                stream = await opening.__aenter__()
            finally:
                # Reset before it is handed over: it may be closed by another task.
                used_keys.reset(token)
            stream.metadata = {**(stream.metadata or {}), DIGEST: call.digest}
            try:
                yield stream
            except BaseException as error:
                if not await opening.__aexit__(type(error), error, error.__traceback__):
                    raise
            else:
                await opening.__aexit__(None, None, None)
            response = stream.get()
        except BaseException as error:
            await self._failed(asked, error)
            raise
        if response.state == "complete":
            await self._answered(asked, response)
        else:
            await in_caller(
                self._log.failed, asked.ticket, "stream_left", details={"keys": asked.keys}, cost_usd=call.reserve_usd
            )

    async def count_tokens(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> RequestUsage:
        """Return an estimate from above; no vendor is asked."""
        return RequestUsage(input_tokens=input_estimate(messages, model_settings, model_request_parameters))

    def _call(self, messages: list[ModelMessage], settings: ModelSettings, asked: ModelRequestParameters) -> Call:
        return Call(
            provider=self._vendor,
            model=self._called,
            purpose=self._label.purpose,
            prompt_version=self._label.version,
            digest=request_digest(self._vendor, self._called, self._label.version, messages, settings, asked),
            reserve_usd=self._cost(input_estimate(messages, settings, asked), int(settings["max_tokens"])),
            message_count=len(messages),
        )

    async def _earlier(self, call: Call) -> ModelResponse | None:
        recorded = await in_caller(self._log.earlier, call)
        return recalled(recorded) if recorded is not None else None

    async def _answered(self, asked: _Asked, response: ModelResponse) -> None:
        usage = response.usage
        response.metadata = {**(response.metadata or {}), DIGEST: asked.call.digest}
        answer = Answer(
            text=_text(response),
            response=_dumped(response),
            input_tokens=usage.input_tokens,
            cached_input_tokens=usage.cache_read_tokens,
            output_tokens=usage.output_tokens,
            keys=tuple(asked.keys),
        )
        cost = self._cost(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens)
        reusable = _well_formed(response) and self._label.accepts(response.text or "")
        await in_caller(self._log.answered, asked.ticket, answer, cost_usd=cost, reusable=reusable)

    async def _failed(self, asked: _Asked, error: BaseException) -> None:
        details: dict[str, Any] = {"keys": asked.keys}
        code, cost = "internal_error", asked.call.reserve_usd
        # Of any other error nobody knows whether the vendor counted the request: the reservation stands.
        if isinstance(error, AlgoAgentError):
            details |= {name: error.details.get(name) for name in ("input_tokens", "output_tokens")}
            code, cost = error.code, self._paid_for(error, asked.call)
        await in_caller(self._log.failed, asked.ticket, code, details=details, cost_usd=cost)

    def _paid_for(self, error: AlgoAgentError, call: Call) -> Decimal:
        if "output_tokens" in error.details:
            return self._cost(error.details.get("input_tokens"), error.details["output_tokens"])
        return call.reserve_usd if error.code in MAYBE_PAID else Decimal(0)

    def _cost(self, input_tokens: int | None, output_tokens: int | None, cached: int = 0) -> Decimal:
        return self._prices.cost(
            self._vendor,
            self._called,
            input_tokens=input_tokens or 0,
            output_tokens=output_tokens or 0,
            cached_input_tokens=cached,
        )


class ReplayModel(Model):
    """Answers from a recording, by digest; nothing is asked of anyone."""

    def __init__(self, find: Callable[[str], str], *, provider: str, name: str, label: Label) -> None:
        # What was asked of the recorded model may be asked here.
        super().__init__(profile=ModelProfile(supports_json_schema_output=True, supports_json_object_output=True))
        self._find = find
        self._vendor = provider
        self._called = name
        self._label = label

    @property
    def model_name(self) -> str:
        """The name of the model that was recorded."""
        return self._called

    @property
    def system(self) -> str:
        """The vendor."""
        return self._vendor

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the recorded answer; raise `ModelUnavailable` for a request that was not recorded."""
        settings = _limited(model_settings)
        digest = request_digest(
            self._vendor, self._called, self._label.version, messages, settings, model_request_parameters
        )
        return recalled(self._find(digest))

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield the recorded answer."""
        response = await self.request(messages, model_settings, model_request_parameters)
        yield CompletedStreamedResponse(response, model_request_parameters=model_request_parameters, replay_events=True)


def recalled(response: str) -> ModelResponse:
    """Return a recorded answer, marked as one: it cost nothing this time."""
    found = RESPONSE.validate_json(response)
    return replace(found, metadata={**(found.metadata or {}), FROM_RECORD: True})


def _dumped(response: ModelResponse) -> str:
    """Return an answer as JSON; halves of characters, which no encoding takes, as question marks."""
    try:
        return RESPONSE.dump_json(response).decode()
    except PydanticSerializationError:
        plain = RESPONSE.dump_python(response, mode="json")
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace").decode()


def _limited(settings: ModelSettings | None) -> ModelSettings:
    limited: ModelSettings = {"max_tokens": MAX_OUTPUT_TOKENS}
    return {**limited, **{name: value for name, value in (settings or {}).items() if value is not None}}  # type: ignore[typeddict-item]


def _well_formed(response: ModelResponse) -> bool:
    """Say whether arguments of tools are JSON objects; whether they are of the right type, an agent finds out."""
    for part in response.parts:
        if isinstance(part, ToolCallPart) and isinstance(part.args, str):
            try:
                json.loads(part.args or "{}")
            except ValueError:
                return False
    return True


def _text(response: ModelResponse) -> str:
    """Return an answer as people read it, calls of tools included."""
    calls = [
        f"{part.tool_name}({part.args_as_json_str()})" for part in response.parts if isinstance(part, ToolCallPart)
    ]
    return "\n".join([*([response.text] if response.text else []), *calls])
