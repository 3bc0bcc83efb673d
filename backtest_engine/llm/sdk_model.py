"""A vendor's SDK as a `LanguageModel`: one request, one answer, and an error that says what went wrong.

pydantic-ai speaks to the SDKs; what it does not decide is decided here: which answers are no use, and how a type is
asked for. Nothing is retried in here, and no vendor's words are passed on.
"""

import json
import re
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from backtest_engine.errors import AlgoAgentError, AnswerUnusable, ModelUnavailable
from backtest_engine.key_rotation.transport import used_keys
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.ports import CancelSignal, Completion, Prompt

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters

LEAST_TIMEOUT_SECONDS = 10.0
CONTENT_FILTER = {
    "RECITATION": ("answer_recited", "repeats a published text and was withheld"),
}
BLOCKED = ("answer_blocked", "was blocked by the vendor's safety filter")


IN_WORDS = """

Answer with one JSON object and nothing else: no code fence, no text around it. This JSON Schema accepts it:"""


class SdkModel:
    """A `LanguageModel` over a pydantic-ai model, which is built at the first request, in the process that asks."""

    def __init__(
        self, *, provider: str, name: str, build: Callable[[], "Model"], loop: BackgroundLoop, timeout: float = 120.0
    ) -> None:
        self.provider = provider
        self.name = name
        self._build = build
        self._built: Model | None = None
        self._loop = loop
        # Gemini refuses shorter deadlines.
        self._timeout = max(timeout, LEAST_TIMEOUT_SECONDS)

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the answer; raise `ModelUnavailable`, `AnswerUnusable` or `Cancelled`."""
        return self._loop.run(self._ask(prompt), timeout=self._timeout, cancelled=cancelled)

    async def _ask(self, prompt: Prompt) -> Completion:
        from pydantic_ai.messages import ModelRequest, UserPromptPart
        from pydantic_ai.models import ModelRequestParameters

        if self._built is None:
            self._built = self._build()
        system, parameters = prompt.system, ModelRequestParameters()
        if prompt.schema is not None:
            system, parameters = _asking_for(prompt.schema, system)
        message = ModelRequest(parts=[UserPromptPart(prompt.user)], instructions=system)
        keys: list[str] = []
        token = used_keys.set(keys)
        try:
            response = await self._built.request(
                [message],
                {"max_tokens": prompt.max_output_tokens, "timeout": self._timeout, "max_retries": 0},
                parameters,
            )
        except Exception as error:
            failure = self._translated(error)
        else:
            return self._completion(response, tuple(keys))
        finally:
            used_keys.reset(token)
        # Raised out here, so that it does not carry the SDK's errors along.
        raise failure

    def _completion(self, response: "ModelResponse", keys: tuple[str, ...]) -> Completion:
        usage = response.usage
        facts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "keys": keys}
        raw = str((response.provider_details or {}).get("finish_reason", ""))
        if response.finish_reason == "length":
            raise self._unusable("answer_truncated", "was cut off at the limit of its length", facts)
        if response.finish_reason == "content_filter":
            raise self._unusable(*CONTENT_FILTER.get(raw, BLOCKED), facts)
        if response.finish_reason == "error":
            raise self._unusable("answer_malformed", f"ended in an error ({_plain(raw)})", facts)
        text = response.text or ""
        if not text.strip():
            raise self._unusable("answer_empty", "is empty", facts)
        return Completion(
            text=text,
            model=response.model_name or self.name,
            provider=self.provider,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_input_tokens=usage.cache_read_tokens,
            keys=keys,
        )

    def _unusable(self, code: str, what: str, facts: Mapping[str, Any]) -> AnswerUnusable:
        return AnswerUnusable(f"The answer of {self.name} {what}.", code=code, details=dict(facts))

    def _translated(self, error: Exception) -> AlgoAgentError:
        """Return our error for an SDK's, without its text: that can quote a key or the prompt."""
        cause: BaseException | None = error
        seen: set[int] = set()
        while cause is not None and id(cause) not in seen:
            if isinstance(cause, AlgoAgentError):
                # The transport's own, maybe wrapped by an SDK that takes every exception for a lost connection.
                return copy(cause).with_traceback(None)
            seen.add(id(cause))
            cause = cause.__cause__ or cause.__context__
        return ModelUnavailable(
            f"{self.name} could not be asked ({type(error).__name__}).", code="model_protocol_error", retryable=False
        )


def _plain(raw: str) -> str:
    return re.sub(r"[^A-Za-z_]", "", raw)[:40] or "unknown"


def _asking_for(schema: type[BaseModel], system: str) -> "tuple[str, ModelRequestParameters]":
    """Ask for JSON of a type: by the vendor's own means, or in words where the type refers to itself.

    Vendors unroll a recursive schema to a small depth, or refuse it.
    """
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition

    described = without_titles(schema.model_json_schema())
    if is_recursive(described):
        system += f"{IN_WORDS}\n{json.dumps(described, separators=(',', ':'))}\n"
        return system, ModelRequestParameters(output_mode="prompted", prompted_output_template=False)
    described = OutputObjectDefinition(json_schema=described, name=schema.__name__)
    return system, ModelRequestParameters(output_mode="native", output_object=described)


def without_titles(schema: Any) -> Any:
    """Return a JSON schema without the titles that only repeat its names."""
    if isinstance(schema, list):
        return [without_titles(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    # A property may itself be called title.
    return {
        name: {key: without_titles(inner) for key, inner in value.items()}
        if name in ("properties", "$defs") and isinstance(value, dict)
        else without_titles(value)
        for name, value in schema.items()
        if name != "title" or not isinstance(value, str)
    }


def is_recursive(schema: Mapping[str, Any]) -> bool:
    """Say whether a definition of a JSON schema contains itself."""
    definitions = schema.get("$defs", {})
    reaches = {name: set(_references(body)) for name, body in definitions.items()}

    def returns(start: str) -> bool:
        seen: set[str] = set()
        ahead = list(reaches[start])
        while ahead:
            name = ahead.pop()
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                ahead += reaches.get(name, ())
        return False

    return any(returns(name) for name in definitions)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for inner in schema for name in _references(inner)]
    if not isinstance(schema, dict):
        return []
    own = [str(schema["$ref"]).rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return own + [name for inner in schema.values() for name in _references(inner)]
