"""What a careless or strange vendor sends, through each vendor's own SDK: no key comes out, none goes elsewhere."""

import asyncio
import base64
import json
import logging
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelRequest, UserPromptPart
from pydantic_ai.models import ModelRequestParameters

from backtest_engine.errors import AlgoAgentError, AnswerUnusable, ModelUnavailable
from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger
from backtest_engine.llm import PROVIDERS, BackgroundLoop, Connection, ModelClient, Price, PriceList, recorded
from backtest_engine.ports import Prompt
from tests.fakes.models import MemoryLog
from tests.fakes.wires import Reply, WireServer, pieces

SECRET = "AIzaSyPlanted-9tSrke72PouQMnMX_a7eZSW0j"
PROMPT = Prompt(system="You greet.", user="Hello?")
MODELS = {"gemini": "gemini-3.8-flash", "anthropic": "claude-sonnet-5", "openai": "gpt-5-mini", "compatible": "qwen3"}
JSON = (("Content-Type", "application/json"),)
EVENTS = (("Content-Type", "text/event-stream"),)


@pytest.fixture
def vendor() -> Iterator[WireServer]:
    with WireServer() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[WireServer]:
    with WireServer() as server:
        yield server


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Build = Callable[..., ModelClient]


@pytest.fixture
def build(loop: BackgroundLoop, vendor: WireServer) -> Build:
    def client(provider: str, **options: Any) -> ModelClient:
        pool = KeyPool(
            [ApiKey(SECRET, name="main")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=lambda: 0.0
        )
        url = vendor.url if provider in ("gemini", "anthropic") else f"{vendor.url}/v1"
        connection = Connection(keys=pool, loop=loop, base_url=url, timeout=10, **options)
        return PROVIDERS[provider].build(MODELS[provider], connection)

    return client


def priced(provider: str, client: ModelClient, log: MemoryLog) -> ModelClient:
    prices = PriceList({f"{provider}:{MODELS[provider]}": Price(input=Decimal(1), output=Decimal(1))})
    return recorded([client], log=log, prices=prices)


def answer(provider: str, text: str) -> bytes:
    """Return a whole answer as this vendor writes it."""
    if provider == "gemini":
        usage = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
        parts = {"parts": [{"text": text}], "role": "model"}
        return json.dumps({"candidates": [{"content": parts, "finishReason": "STOP"}], "usageMetadata": usage}).encode()
    if provider == "anthropic":
        return json.dumps(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": MODELS[provider],
                "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 3, "output_tokens": 2},
            }
        ).encode()
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return json.dumps(whole).encode()


def stream(provider: str, *texts: str) -> bytes:
    """Return a streamed answer as this vendor writes it."""
    rows: list[Any] = []
    if provider == "gemini":
        for number, text in enumerate(texts, start=1):
            last = {"finishReason": "STOP"} if number == len(texts) else {}
            usage = {"promptTokenCount": 3, "candidatesTokenCount": number, "totalTokenCount": 3 + number}
            candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **last}
            rows.append({"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODELS[provider]})
        return b"".join(b"data: " + json.dumps(row).encode() + b"\r\n\r\n" for row in rows)
    if provider == "anthropic":
        message = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
        rows.append({"type": "message_start", "message": {**message, "usage": {"input_tokens": 3, "output_tokens": 1}}})
        rows.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        rows.append({"type": "ping"})
        for text in texts:
            rows.append({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
        rows.append({"type": "content_block_stop", "index": 0})
        rows.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}})
        rows.append({"type": "message_stop"})
        return b"".join(f"event: {row['type']}\ndata: {json.dumps(row)}\n\n".encode() for row in rows)
    base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for text in texts:
        rows.append({**base, "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}}]})
    rows.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    rows.append({**base, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}})
    return b"".join(b"data: " + json.dumps(row).encode() + b"\n\n" for row in rows) + b"data: [DONE]\n\n"


def told_by(error: BaseException) -> str:
    """Return all that a careless log of an error could show, with the variables of each frame."""
    # The first frame is the test's own.
    frames = error.__traceback__ and error.__traceback__.tb_next
    lines = traceback.TracebackException(type(error), error, frames, capture_locals=True).format()
    return "".join([*lines, repr(pickle.dumps(error)), repr(vars(error))])


def leaks(text: str) -> list[str]:
    """Return how much of the key a text shows, in whatever spelling."""
    spelled = {
        "plain": SECRET,
        "escaped": "".join(f"\\u{ord(c):04x}" for c in SECRET),
        "in a URL": quote("".join(f"%{ord(c):02x}" for c in SECRET)),
        "in Base64": base64.b64encode(SECRET.encode()).decode()[:-4],
        "in part": SECRET[:24],
    }
    return [name for name, told in spelled.items() if told in text]


ECHOES = {
    "body": lambda: Reply("400 Bad Request", JSON, (json.dumps({"error": {"message": f"bad key {SECRET}"}}).encode(),)),
    "body, in pieces": lambda: Reply(
        "400 Bad Request", JSON, pieces(json.dumps({"error": {"message": SECRET}}).encode(), [25, 9, 4])
    ),
    "body, escaped": lambda: Reply(
        "500 Oh", JSON, (b'{"error": "' + "".join(f"\\u{ord(c):04X}" for c in SECRET).encode() + b'"}',)
    ),
    "headers": lambda: Reply("503 Busy", (*JSON, ("X-Echo", SECRET), ("Retry-After", SECRET)), (b"{}",)),
    "type of the body": lambda: Reply("200 OK", (("Content-Type", f"text/{SECRET}"),), (b"hm",)),
    "reason phrase": lambda: Reply(f"401 Bad key {SECRET}", JSON, (b"{}",)),
    "reason phrase of an answer": lambda: Reply(f"200 Fine {SECRET}", JSON, (b"{}",)),
    "Base64": lambda: Reply(
        "403 No", JSON, (json.dumps({"error": base64.b64encode(SECRET.encode()).decode()}).encode(),)
    ),
    "page": lambda: Reply("502 Bad", (("Content-Type", "text/html"),), (f"<html>key={quote(SECRET)}</html>".encode(),)),
    "cut off": lambda: Reply("400 Bad Request", JSON, (f'{{"error": "{SECRET}'.encode(),), cut_off=True),
    "answer that is none": lambda: Reply("200 OK", JSON, (f'{{"key": "{SECRET}"'.encode(),)),
}


class TestEchoes:
    @pytest.mark.parametrize("name", ECHOES)
    def test_a_key_in_an_error_comes_out_nowhere(
        self, build: Build, provider: str, vendor: WireServer, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.plan(ECHOES[name](), ECHOES[name]())

        with pytest.raises(AlgoAgentError) as failed:
            build(provider).complete(PROMPT)

        assert SECRET in vendor.requests[0].decode()
        logged = "".join(record.getMessage() + repr(vars(record)) for record in caplog.records)
        assert not leaks(told_by(failed.value) + logged)

    @pytest.mark.parametrize(
        "told", [SECRET, "".join(f"\\u{ord(c):04x}" for c in SECRET), f"{SECRET[:9]}\n{SECRET[9:]}"]
    )
    def test_a_key_in_an_answer_is_taken_out(self, build: Build, provider: str, vendor: WireServer, told: str) -> None:
        vendor.plan(Reply("200 OK", JSON, (answer(provider, f"The key is {told}, is it?"),)))

        text = build(provider).complete(PROMPT).text

        assert text.startswith("The key is key_")
        assert text.endswith(", is it?")

    def test_a_key_in_a_stream_is_taken_out(self, build: Build, provider: str, vendor: WireServer) -> None:
        told = stream(provider, "The key ", "is ", SECRET[:1], SECRET[1:13], SECRET[13:], ", is ", "it?")
        vendor.plan(Reply("200 OK", EVENTS, pieces(told, [7, 100, 33, 1, 250, 19])))
        client = build(provider)

        said = client.run(_streamed(client))

        assert said.startswith("The key is key_")
        assert said.endswith(", is it?")


async def _streamed(client: ModelClient) -> str:
    said = ""
    async with Agent(client.model()).run_stream("Hello?") as result:
        async for text in result.stream_text(delta=True, debounce_by=None):
            said += text
    return said


class TestRedirects:
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
    def test_are_not_followed(
        self, build: Build, provider: str, vendor: WireServer, elsewhere: WireServer, status: str
    ) -> None:
        vendor.plan(Reply(status, (("Location", f"{elsewhere.url}/models/m:generateContent?key={SECRET}"),)))

        with pytest.raises(ModelUnavailable) as failed:
            build(provider).complete(PROMPT)

        assert failed.value.code == "vendor_redirects"
        assert not failed.value.retryable
        assert not elsewhere.requests
        assert not leaks(told_by(failed.value))

    @pytest.mark.parametrize(
        "variable", ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "HTTP_PROXY"]
    )
    def test_the_environment_leads_no_key_elsewhere(
        self,
        build: Build,
        provider: str,
        vendor: WireServer,
        elsewhere: WireServer,
        variable: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv(variable, elsewhere.url)
        vendor.plan(Reply("200 OK", JSON, (answer(provider, "Hello."),)))

        assert build(provider).complete(PROMPT).text == "Hello."
        assert not elsewhere.requests


class TestStreams:
    def test_are_metered_and_written_down(self, build: Build, provider: str, vendor: WireServer) -> None:
        vendor.plan(Reply("200 OK", EVENTS, (stream(provider, "one ", "two ", "three"),)))
        log = MemoryLog()
        client = priced(provider, build(provider, recorded_only=True), log)

        said = [client.run(_streamed(client)) for _ in range(2)]

        (row,) = log.rows
        assert said == ["one two three"] * 2
        assert row["answer"].text == "one two three"
        assert (row["answer"].input_tokens, len(row["answer"].keys)) == (3, 1)
        assert 0 < row["cost"] < row["call"].reserve_usd

    def test_a_refusal_is_the_error_that_it_is_without_a_stream(
        self, build: Build, provider: str, vendor: WireServer
    ) -> None:
        vendor.plan(Reply("503 Busy", JSON, (b'{"error": {"message": "The model is overloaded."}}',)))
        log = MemoryLog()
        client = priced(provider, build(provider), log)

        with pytest.raises(ModelUnavailable) as failed:
            client.run(_streamed(client))

        assert failed.value.code == "model_overloaded"
        assert (log.rows[0]["outcome"], log.purse) == ("model_overloaded", 100)

    def test_one_that_breaks_off_is_an_error_and_counts(self, build: Build, provider: str, vendor: WireServer) -> None:
        whole = stream(provider, "one ", "two ", "three")
        vendor.plan(Reply("200 OK", EVENTS, (whole[: len(whole) // 2],), cut_off=True))
        log = MemoryLog()
        client = priced(provider, build(provider), log)

        with pytest.raises(AlgoAgentError):
            client.run(_streamed(client))

        assert log.rows[0]["outcome"] != "answered"

    def test_comes_as_it_is_written(self, build: Build, provider: str, vendor: WireServer) -> None:
        """Not when it is whole: the first words are there before the last are sent."""
        whole = stream(provider, "one ", "two ", "three ", "four ")
        parts = tuple(part + b"\n\n" for part in whole.replace(b"\r\n", b"\n").split(b"\n\n") if part.strip())
        begun = threading.Event()
        vendor.plan(Reply("200 OK", EVENTS, parts, hold=begun))
        client = build(provider)

        async def events() -> int:
            count = 0
            request = ModelRequest(parts=[UserPromptPart("Hello?")])
            async with client.model().request_stream([request], None, ModelRequestParameters()) as told:
                async for _ in told:
                    begun.set()
                    count += 1
            return count

        assert client.run(events()) >= 4


class TestAroundTheBudget:
    def test_nothing_is_sent_without_a_record(self, build: Build, provider: str, vendor: WireServer) -> None:
        bare = build(provider, recorded_only=True)

        with pytest.raises(ModelUnavailable) as refused:
            bare.complete(PROMPT)

        assert refused.value.code == "call_not_recorded"
        assert not vendor.requests

    def test_also_not_by_what_a_recorded_model_wraps(self, build: Build, provider: str, vendor: WireServer) -> None:
        client = priced(provider, build(provider, recorded_only=True), MemoryLog())
        inner = client.model()
        while hasattr(inner, "wrapped") or hasattr(inner, "models"):
            inner = inner.wrapped if hasattr(inner, "wrapped") else inner.models[0]
        request = [ModelRequest(parts=[UserPromptPart("Hello?")])]

        async def around(way: str) -> None:
            if way == "stream":
                async with inner.request_stream(request, None, ModelRequestParameters()) as told:
                    async for _ in told:
                        pass
            else:
                await getattr(inner, way)(request, None, ModelRequestParameters())

        for way in ("request", "stream", "count_tokens"):
            with pytest.raises(Exception) as refused:  # noqa: PT011  # each SDK has its own
                client.run(around(way))
            assert not leaks(told_by(refused.value))

        assert not vendor.requests

    def test_a_key_signs_for_one_address(self, build: Build, elsewhere: WireServer, vendor: WireServer) -> None:
        import httpx2

        from backtest_engine.llm.gemini import WIRE
        from backtest_engine.llm.provider import signing_client

        loop = BackgroundLoop()
        pool = KeyPool([ApiKey(SECRET, name="a")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float)
        client = signing_client(Connection(keys=pool, loop=loop, base_url=vendor.url), WIRE)

        async def post(url: str) -> httpx2.Response:
            return await client.post(url, json={})

        for url in (f"{elsewhere.url}/models/m:generateContent", f"{vendor.url}/v1beta/files"):
            with pytest.raises(ModelUnavailable):
                loop.run(post(url))
        loop.close()

        assert not elsewhere.requests + vendor.requests

    def test_an_agent_runs_where_the_connections_are(self, build: Build, provider: str, vendor: WireServer) -> None:
        client = build(provider)

        with pytest.raises(RuntimeError, match=r"ModelClient\.run"):
            asyncio.run(
                client.model().request([ModelRequest(parts=[UserPromptPart("x")])], None, ModelRequestParameters())
            )

        assert not vendor.requests


class TestErrorsUnderTheStatusOfAnAnswer:
    def test_are_read_as_what_they_are(self, build: Build, vendor: WireServer) -> None:
        body = {"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-min."}}
        vendor.plan(Reply("200 OK", JSON, (json.dumps(body).encode(),)))

        with pytest.raises(ModelUnavailable) as busy:
            build("compatible").complete(PROMPT)

        assert (busy.value.code, busy.value.retryable) == ("keys_busy", True)

    def test_an_answer_that_speaks_of_an_error_is_an_answer(
        self, build: Build, provider: str, vendor: WireServer
    ) -> None:
        vendor.plan(Reply("200 OK", JSON, (answer(provider, '{"error": {"code": 429}}'),)))

        assert build(provider).complete(PROMPT).text == '{"error": {"code": 429}}'

    def test_an_empty_answer_is_no_use(self, build: Build, provider: str, vendor: WireServer) -> None:
        vendor.plan(Reply("200 OK", JSON, (answer(provider, "  "),)))

        with pytest.raises(AnswerUnusable):
            build(provider).complete(PROMPT)
