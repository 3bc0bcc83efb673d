"""Gemini through google-generativeai, the SDK that its vendor retired; installed only by those who still need it.

It knows one key a process and has no transport to put underneath, so a key is leased for each call and given to a
client of its own. It cannot tell thoughts from the answer's tokens, and takes no JSON schema: types are asked for in
words.
"""

import json
import threading
from importlib import import_module
from typing import Any

from backtest_engine.errors import AlgoAgentError, AnswerUnusable, ModelUnavailable
from backtest_engine.key_rotation.ledger import Reservation
from backtest_engine.key_rotation.refusals import read_gemini
from backtest_engine.key_rotation.transport import estimated_tokens
from backtest_engine.llm.provider import Connection, Provider
from backtest_engine.llm.sdk_model import IN_WORDS, without_titles
from backtest_engine.ports import CancelSignal, Completion, Prompt

FINISHED = "STOP"
UNUSABLE = {
    "MAX_TOKENS": "answer_truncated",
    "RECITATION": "answer_recited",
    "SAFETY": "answer_blocked",
    "BLOCKLIST": "answer_blocked",
    "PROHIBITED_CONTENT": "answer_blocked",
    "SPII": "answer_blocked",
    "LANGUAGE": "answer_blocked",
}


class RetiredGemini:
    """A `LanguageModel` over google-generativeai. Rotates keys by call, and cannot be cancelled while it waits."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.provider = PROVIDER_NAME
        self.name = name
        self._connection = connection
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the answer; raise `ModelUnavailable` or `AnswerUnusable`."""
        sdk = _sdk()
        system = prompt.system
        if prompt.schema is not None:
            system += f"{IN_WORDS}\n{json.dumps(without_titles(prompt.schema.model_json_schema()))}\n"
        model = sdk.GenerativeModel(self.name, system_instruction=system)
        config: dict[str, Any] = {"max_output_tokens": prompt.max_output_tokens}
        if prompt.schema is not None:
            config["response_mime_type"] = "application/json"
        tokens = estimated_tokens((system + prompt.user).encode())
        for _ in range(len(self._connection.keys.keys) + 1):
            reservation = self._connection.keys.reserve(self.name, tokens=tokens)
            # The SDK's own way to set a client is one for the whole process.
            model._client = self._client(reservation.fingerprint)
            try:
                answer = model.generate_content(
                    prompt.user,
                    generation_config=config,
                    request_options={"timeout": self._connection.timeout, "retry": None},
                )
            except Exception as error:
                failure = self._judged(reservation, error)
                if failure is not None:
                    raise failure from None
                continue
            self._connection.keys.served(reservation, tokens=answer.usage_metadata.prompt_token_count or None)
            return self._completion(answer, reservation)
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

    def _completion(self, answer: Any, reservation: Reservation) -> Completion:
        usage, candidates = answer.usage_metadata, list(answer.candidates)
        keys = (reservation.fingerprint,)
        # Thoughts are counted only in the total.
        counted = {
            "input_tokens": usage.prompt_token_count,
            "output_tokens": usage.total_token_count - usage.prompt_token_count,
        }
        finish = candidates[0].finish_reason.name if candidates else "SAFETY"
        parts = candidates[0].content.parts if candidates else []
        text = "".join(part.text for part in parts)
        if finish != FINISHED or not text.strip():
            code = "answer_empty" if finish == FINISHED else UNUSABLE.get(finish, "answer_malformed")
            raise AnswerUnusable(
                f"The answer of {self.name} cannot be used ({finish}).", code=code, details={**counted, "keys": keys}
            )
        return Completion(text=text, model=self.name, provider=PROVIDER_NAME, keys=keys, **counted)

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


PROVIDER_NAME = "gemini"
RETIRED = Provider(name=PROVIDER_NAME, build=RetiredGemini)
