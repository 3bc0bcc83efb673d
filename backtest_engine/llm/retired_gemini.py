"""Gemini through google-generativeai, the SDK that its vendor retired; installed only by those who still need it.

It knows one key a process and has no transport to put underneath, so a key is leased for each call and given to a
client of its own. It cannot tell thoughts from the answer's tokens, and takes no JSON schema: types are asked for in
words.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from backtest_engine.errors import AlgoAgentError, ModelUnavailable
from backtest_engine.key_rotation.ledger import Reservation
from backtest_engine.key_rotation.transport import estimated_tokens, used_keys
from backtest_engine.key_rotation.vendor_errors import read_gemini
from backtest_engine.llm.client import ModelClient
from backtest_engine.llm.provider import Connection, Provider, client_of
from backtest_engine.llm.schemas import IN_WORDS, without_titles

if TYPE_CHECKING:
    from pydantic_ai.messages import FinishReason, ModelMessage, ModelResponse
    from pydantic_ai.models.function import AgentInfo, FunctionModel

MAX_OUTPUT_TOKENS = 8_192
FINISHES: "dict[str, FinishReason]" = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "RECITATION": "content_filter",
    "SAFETY": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "LANGUAGE": "content_filter",
}


class RetiredGemini:
    """Asks google-generativeai. Rotates keys by call, and cannot be cancelled while it waits."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self._connection = connection
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def model(self) -> "FunctionModel":
        """Return it as a pydantic-ai model: texts and types that are asked for in words, but no tools."""
        from pydantic_ai.models.function import FunctionModel

        async def stream(messages: "list[ModelMessage]", info: "AgentInfo") -> AsyncIterator[str]:
            yield (await asyncio.to_thread(self.answer, messages, info)).text or ""

        return FunctionModel(self.answer, stream_function=stream, model_name=self.name)

    def answer(self, messages: "list[ModelMessage]", info: "AgentInfo") -> "ModelResponse":
        """Return the answer; raise `ModelUnavailable`."""
        if info.function_tools or info.output_tools:
            raise ModelUnavailable("The retired SDK knows no tools.", code="tools_not_supported", retryable=False)
        used = used_keys.get()
        if self._connection.recorded_only and used is None:
            raise ModelUnavailable("A model was asked around the budget.", code="call_not_recorded", retryable=False)
        sdk, system, contents, config = _sdk(), info.instructions or "", _contents(messages), _config(info)
        schema = info.model_request_parameters.output_object
        if schema is not None:
            system += f"{IN_WORDS}\n{json.dumps(without_titles(schema.json_schema))}\n"
        model = sdk.GenerativeModel(self.name, system_instruction=system)
        tokens = estimated_tokens((system + json.dumps(contents)).encode())
        for _ in range(len(self._connection.keys.keys) + 1):
            reservation = self._connection.keys.reserve(self.name, tokens=tokens)
            if used is not None and reservation.fingerprint not in used:
                used.append(reservation.fingerprint)
            # The SDK's own way to set a client is one for the whole process.
            model._client = self._client(reservation.fingerprint)
            try:
                answer = model.generate_content(
                    contents,
                    generation_config=config,
                    request_options={"timeout": self._connection.timeout, "retry": None},
                )
            except Exception as error:
                failure = self._judged(reservation, error)
                if failure is not None:
                    raise failure from None
                continue
            self._connection.keys.served(reservation, tokens=answer.usage_metadata.prompt_token_count or None)
            return self._response(answer)
        raise ModelUnavailable("Every key was refused.", code="keys_busy", details={"retry_after": 5.0})

    def _judged(self, reservation: Reservation, error: Exception) -> AlgoAgentError | None:
        """Act on the SDK's error; return what to raise, None where another key may do better."""
        keys = self._connection.keys
        status = getattr(error, "code", None)
        status = int(status) if isinstance(status, int) else 0
        if not status:
            return keys.stumbled(reservation, "model_unreachable", f"{self.name} did not answer.")
        body = {"error": {"message": str(getattr(error, "message", "")), "details": _details(error)}}
        verdict = read_gemini(status, json.dumps(body, default=str).encode())
        if verdict.scope == "model":
            return keys.stumbled(reservation, verdict.code, f"{self.name} failed (HTTP {status}).")
        if keys.refused(reservation, verdict):
            return None
        return ModelUnavailable(f"The vendor refused the request (HTTP {status}).", code=verdict.code, retryable=False)

    def _response(self, answer: Any) -> "ModelResponse":
        from pydantic_ai.messages import ModelResponse, TextPart
        from pydantic_ai.usage import RequestUsage

        usage, candidates = answer.usage_metadata, list(answer.candidates)
        # Thoughts are counted only in the total.
        counted = RequestUsage(
            input_tokens=usage.prompt_token_count, output_tokens=usage.total_token_count - usage.prompt_token_count
        )
        finish = candidates[0].finish_reason.name if candidates else "SAFETY"
        parts = candidates[0].content.parts if candidates else []
        text = self._connection.keys.scrubber.scrub_text("".join(part.text for part in parts))
        return ModelResponse(
            parts=[TextPart(text)],
            usage=counted,
            finish_reason=FINISHES.get(finish, "error"),
            provider_details={"finish_reason": finish},
        )

    def _client(self, fingerprint: str) -> Any:
        with self._lock:
            if fingerprint not in self._clients:
                transport = import_module("google.ai.generativelanguage")
                options = import_module("google.api_core.client_options").ClientOptions(
                    api_key=self._connection.keys.keys[fingerprint].reveal(), api_endpoint=self._connection.base_url
                )
                self._clients[fingerprint] = transport.GenerativeServiceClient(transport="rest", client_options=options)
            return self._clients[fingerprint]


def _sdk() -> Any:
    try:
        return import_module("google.generativeai")
    except ImportError:
        raise ModelUnavailable(
            "GEMINI_SDK names a retired SDK that is not installed.",
            code="sdk_missing",
            retryable=False,
            hint="pip install google-generativeai, or leave GEMINI_SDK at its default.",
        ) from None


def _details(error: Exception) -> list[Any]:
    details = getattr(error, "details", None)
    return [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []


def _config(info: "AgentInfo") -> dict[str, Any]:
    config: dict[str, Any] = {"max_output_tokens": (info.model_settings or {}).get("max_tokens", MAX_OUTPUT_TOKENS)}
    if info.model_request_parameters.output_mode in ("native", "prompted"):
        config["response_mime_type"] = "application/json"
    return config


def _contents(messages: "list[ModelMessage]") -> str | list[dict[str, Any]]:
    """Return the history as the SDK takes it: a lone question as its text."""
    turns = [
        {
            "role": "user" if message.kind == "request" else "model",
            "parts": [text for part in message.parts if isinstance(text := getattr(part, "content", None), str)],
        }
        for message in messages
    ]
    return str(turns[0]["parts"][0]) if len(turns) == 1 and len(turns[0]["parts"]) == 1 else turns


def _build(name: str, connection: Connection) -> ModelClient:
    retired = RetiredGemini(name, connection)
    return client_of(retired.model, provider="gemini", name=name, connection=connection)


RETIRED = Provider(name="gemini", build=_build)
