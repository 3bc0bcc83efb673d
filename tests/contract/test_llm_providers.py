"""Every provider keeps the promises of `LanguageModel`, through its vendor's own SDK and over real HTTP."""

import logging
import pickle
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from backtest_engine.errors import AlgoAgentError, AnswerUnusable, Cancelled, ModelUnavailable
from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger
from backtest_engine.llm import PROVIDERS, BackgroundLoop, Connection, ModelClient, Price, PriceList, ask, recorded
from backtest_engine.ports import Prompt
from backtest_engine.spec import StrategySpec
from tests.fakes.gemini import FakeGemini
from tests.fakes.models import MemoryLog
from tests.fakes.vendors import FakeVendor

SECRET = "AQ.planted-secret-5up3r"
PROMPT = Prompt(system="You greet.", user="Hello?", purpose="test")
MODELS = {
    "gemini": "gemini-3.8-flash",
    "anthropic": "claude-sonnet-5",
    "openai": "gpt-5-mini",
    "compatible": "qwen3",
}
# How the fakes are told to be unhelpful.
BLOCKED = {"gemini": "safety"}


@dataclass
class Setting:
    """A provider, wired to a fake of its vendor."""

    provider: str
    model: ModelClient
    vendor: Any
    pool: KeyPool


@pytest.fixture(params=sorted(PROVIDERS))
def setting(request: pytest.FixtureRequest, loop: BackgroundLoop) -> Iterator[Setting]:
    """Each provider of the package's list."""
    name = request.param
    pool = KeyPool(
        [ApiKey(SECRET, name="main")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=lambda: 0.0
    )
    with FakeGemini({SECRET: "p"}) if name == "gemini" else FakeVendor() as vendor:
        url = vendor.url if name in ("gemini", "anthropic") else f"{vendor.url}/v1"
        connection = Connection(keys=pool, loop=loop, base_url=url, timeout=30)
        yield Setting(name, PROVIDERS[name].build(MODELS[name], connection), vendor, pool)


class Greeting(BaseModel):
    """What is asked for."""

    words: str


class TestProviders:
    def test_answers_with_usage(self, setting: Setting) -> None:
        setting.vendor.plan(("text", "Good day."))

        answer = setting.model.complete(PROMPT)

        assert answer.text == "Good day."
        assert answer.provider == setting.provider
        assert answer.model.startswith(MODELS[setting.provider])
        assert (answer.input_tokens or 0) > 0
        assert (answer.output_tokens or 0) > 0

    def test_writes_down_which_key_was_used(self, setting: Setting) -> None:
        setting.vendor.plan(("text", "Good day."))
        log = MemoryLog()
        prices = PriceList({f"{setting.provider}:{setting.model.name}": Price(input=Decimal(1), output=Decimal(1))})

        recorded([setting.model], log=log, prices=prices).complete(PROMPT)

        assert log.rows[0]["answer"].keys == tuple(setting.pool.keys)

    def test_gives_the_type_that_is_asked_for(self, setting: Setting) -> None:
        setting.vendor.plan(("text", '{"words": "Good day."}'))

        answer, _ = ask(setting.model, PROMPT, Greeting)

        assert answer.words == "Good day."

    def test_asks_in_words_for_a_type_that_refers_to_itself(self, setting: Setting) -> None:
        setting.vendor.plan(("text", '{"long": {"entry": {"kind": "always"}}}'))

        answer, _ = ask(setting.model, PROMPT, StrategySpec)

        assert answer.long is not None
        assert "This JSON Schema accepts it" in str(setting.vendor.bodies[-1])

    @pytest.mark.parametrize(("step", "code"), [("truncated", "answer_truncated"), ("blocked", "answer_blocked")])
    def test_says_why_an_answer_is_no_use(self, setting: Setting, step: str, code: str) -> None:
        setting.vendor.plan(BLOCKED.get(setting.provider, step) if step == "blocked" else step)

        with pytest.raises(AnswerUnusable) as unusable:
            setting.model.complete(PROMPT)

        assert unusable.value.code == code
        assert unusable.value.details["input_tokens"] > 0

    @pytest.mark.parametrize(
        ("step", "code", "retryable"),
        [
            ("overloaded", "model_overloaded", True),
            ("internal", "model_failed", True),
            ("key_invalid", "no_usable_key", False),
            ("minute_quota", "keys_busy", True),
            ("model_missing", "model_missing", False),
            ("bad_request", "request_rejected", False),
        ],
    )
    def test_says_whether_asking_again_helps(self, setting: Setting, step: str, code: str, retryable: bool) -> None:
        setting.vendor.plan(step)

        with pytest.raises(ModelUnavailable) as unavailable:
            setting.model.complete(PROMPT)

        assert (unavailable.value.code, unavailable.value.retryable) == (code, retryable)
        assert ("retry_after" in unavailable.value.details) is retryable

    def test_asks_once_and_leaves_repeating_to_others(self, setting: Setting) -> None:
        setting.vendor.plan("overloaded", "overloaded", "overloaded")

        with pytest.raises(ModelUnavailable):
            setting.model.complete(PROMPT)

        assert len(setting.vendor.bodies) == 1

    def test_stops_when_it_is_cancelled(self, setting: Setting) -> None:
        setting.vendor.plan(("hang", 5.0))
        cancelled = threading.Event()
        threading.Timer(0.3, cancelled.set).start()
        began = time.monotonic()

        with pytest.raises(Cancelled):
            setting.model.complete(PROMPT, cancelled=cancelled.is_set)

        assert time.monotonic() - began < 3

    @pytest.mark.parametrize("step", ["key_invalid", "overloaded", "bad_request", "truncated", ("text", "fine")])
    def test_shows_its_key_nowhere_but_in_the_header(
        self, setting: Setting, step: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        setting.vendor.plan("key_invalid_echo" if (setting.provider, step) == ("gemini", "key_invalid") else step)
        seen = []
        try:
            seen.append(repr(setting.model.complete(PROMPT)))
        except AlgoAgentError as error:
            seen += [
                "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()),
                repr(error.as_dict()),
                repr(pickle.dumps(error)),
                *_told_by(error),
            ]

        seen += [record.getMessage() for record in caplog.records]
        seen += [repr(vars(record)) for record in caplog.records]
        assert seen
        assert not [text[:300] for text in seen if SECRET in text]


def _told_by(error: BaseException | None) -> list[str]:
    """Everything that a careless log of an error and its causes could show."""
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        told += [repr(error), repr(vars(error)), str(error.args)]
        response = getattr(error, "response", None)
        if response is not None:
            told += [repr(response.headers), response.text, repr(response.request.headers.raw)]
        error = error.__cause__ or error.__context__
    return told


class TestGuard:
    def test_no_test_can_reach_a_real_service(self, loop: BackgroundLoop) -> None:
        """The guard in conftest refuses the connection; what comes back is our own error."""
        for name, provider in PROVIDERS.items():
            pool = KeyPool(
                [ApiKey(SECRET, name="main")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float
            )
            # An address of the documentation range, so that even without the guard nobody would be met.
            url = None if name != "compatible" else "http://192.0.2.1/v1"
            model = provider.build(MODELS[name], Connection(keys=pool, loop=loop, base_url=url, timeout=10))

            with pytest.raises(ModelUnavailable):
                model.complete(PROMPT)
