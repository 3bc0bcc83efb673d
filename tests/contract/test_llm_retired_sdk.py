"""The retired Gemini SDK keeps the same promises: really where it is installed, and against a module shaped like it."""

import importlib.util
import json
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from backtest_engine.errors import AnswerUnusable, ModelUnavailable
from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger
from backtest_engine.llm import BackgroundLoop, Connection, ask
from backtest_engine.llm.retired_gemini import RETIRED
from backtest_engine.ports import LanguageModel, Prompt
from tests.fakes.gemini import FakeGemini

MODEL = "gemini-3.8-flash"
KEYS = {"secret-0": "project-0", "secret-1": "project-1"}
PROMPT = Prompt(system="You greet.", user="Hello?")


def _installed() -> bool:
    try:
        return importlib.util.find_spec("google.generativeai") is not None
    except ModuleNotFoundError:
        return False


class ApiCallError(Exception):
    """Shaped like google.api_core's: a numeric code, a message and details."""

    def __init__(self, code: int, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details


class ServiceClient:
    """Shaped like the generated client: one key, REST."""

    def __init__(self, *, transport: str, client_options: SimpleNamespace) -> None:
        assert transport == "rest"
        self.key, self.endpoint = client_options.api_key, client_options.api_endpoint

    def generate(self, model: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.endpoint}/v1beta/models/{model}:generateContent",
            data=json.dumps(body).encode(),
            headers={"x-goog-api-key": self.key, "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
                whole: dict[str, Any] = json.load(answer)
                return whole
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}").get("error", {})
            raise ApiCallError(error.code, said.get("message", ""), said.get("details", [])) from error


class GenerativeModel:
    """Shaped like the SDK's: a client that is set from outside, proto-like answers."""

    def __init__(self, name: str, *, system_instruction: str) -> None:
        self.name, self.system = name, system_instruction
        self._client: ServiceClient

    def generate_content(self, text: str, *, generation_config: Any, request_options: Any) -> SimpleNamespace:
        body = {
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "systemInstruction": {"parts": [{"text": self.system}]},
            "generationConfig": generation_config,
        }
        answer = self._client.generate(self.name, body, request_options["timeout"])
        usage = answer["usageMetadata"]
        return SimpleNamespace(
            candidates=[_candidate(row) for row in answer.get("candidates", [])],
            usage_metadata=SimpleNamespace(
                prompt_token_count=usage["promptTokenCount"], total_token_count=usage["totalTokenCount"]
            ),
        )


def _candidate(row: dict[str, Any]) -> SimpleNamespace:
    parts = [SimpleNamespace(**part) for part in row.get("content", {}).get("parts", [])]
    return SimpleNamespace(
        finish_reason=SimpleNamespace(name=row["finishReason"]), content=SimpleNamespace(parts=parts)
    )


@pytest.fixture(params=["installed", "stand-in"] if _installed() else ["stand-in"])
def sdk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for the SDK, and the SDK itself for those who still have it."""
    if request.param == "installed":
        return
    package = types.ModuleType("google.generativeai")
    package.GenerativeModel = GenerativeModel  # type: ignore[attr-defined]
    language = types.ModuleType("google.ai.generativelanguage")
    language.GenerativeServiceClient = ServiceClient  # type: ignore[attr-defined]
    options = types.ModuleType("google.api_core.client_options")
    options.ClientOptions = SimpleNamespace  # type: ignore[attr-defined]
    for module in (package, language, options, types.ModuleType("google.ai"), types.ModuleType("google.api_core")):
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    """Gemini with two keys of ours."""
    with FakeGemini(KEYS) as fake:
        yield fake


@pytest.fixture
def model(sdk: None, gemini: FakeGemini) -> LanguageModel:
    """The adapter, wired to the fake."""
    pool = KeyPool(
        [ApiKey(secret, name=secret) for secret in KEYS],
        ledger=MemoryLedger(clock=time.time),
        clock=time.time,
        jitter=float,
    )
    return RETIRED.build(MODEL, Connection(keys=pool, loop=BackgroundLoop(), base_url=gemini.url, timeout=30))


class Greeting(BaseModel):
    """What is asked for."""

    words: str


class TestRetiredSdk:
    def test_answers_with_usage(self, model: LanguageModel, gemini: FakeGemini) -> None:
        gemini.plan(("thoughts", "Good day."))

        answer = model.complete(PROMPT)

        assert "Good day." in answer.text
        assert answer.provider == "gemini"
        # The 128 thoughts are billed, though the SDK shows them only in the total.
        assert (answer.output_tokens or 0) > 128

    def test_gives_the_type_that_is_asked_for(self, model: LanguageModel, gemini: FakeGemini) -> None:
        gemini.plan("broken_json", ("text", '{"words": "Good day."}'))

        answer, _ = ask(model, PROMPT, Greeting)

        assert answer.words == "Good day."

    def test_moves_to_the_next_key(self, model: LanguageModel, gemini: FakeGemini) -> None:
        gemini.plan("key_invalid_echo", ("text", "Good day."))

        assert model.complete(PROMPT).text == "Good day."
        assert len({seen.key for seen in gemini.seen}) == 2

    @pytest.mark.parametrize(("step", "code"), [("truncated", "answer_truncated"), ("recitation", "answer_recited")])
    def test_says_why_an_answer_is_no_use(self, model: LanguageModel, gemini: FakeGemini, step: str, code: str) -> None:
        gemini.plan(step)

        with pytest.raises(AnswerUnusable) as unusable:
            model.complete(PROMPT)

        assert unusable.value.code == code

    @pytest.mark.parametrize(
        ("step", "code", "retryable"),
        [("overloaded", "model_overloaded", True), ("bad_request", "request_rejected", False)],
    )
    def test_says_whether_asking_again_helps(
        self, model: LanguageModel, gemini: FakeGemini, step: str, code: str, retryable: bool
    ) -> None:
        gemini.plan(step)

        with pytest.raises(ModelUnavailable) as unavailable:
            model.complete(PROMPT)

        assert (unavailable.value.code, unavailable.value.retryable) == (code, retryable)


class TestWithoutTheSdk:
    def test_says_that_it_is_not_installed(self, gemini: FakeGemini, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "google.generativeai", None)
        pool = KeyPool([], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float)
        model = RETIRED.build(MODEL, Connection(keys=pool, loop=BackgroundLoop(), base_url=gemini.url))

        with pytest.raises(ModelUnavailable) as missing:
            model.complete(PROMPT)

        assert missing.value.code == "sdk_missing"
