"""A Gemini API on loopback that speaks the real wire format and is strict about quotas.

    with FakeGemini(keys={"secret": "project"}) as gemini: gemini.url

Quotas are kept for each project and model by a log of every admitted request: no sliding window holds more than the
limit. What a key meets next can be scripted, step by step; see `Script`.
"""

import argparse
import asyncio
import base64
import collections
import contextlib
import hashlib
import json
import math
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from tests.fakes import gemini_errors as refusals
from tests.fakes.gemini_errors import REFUSALS, Refusal

PACIFIC = ZoneInfo("America/Los_Angeles")
MODELS = ("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview")
REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
LEAST_DEADLINE_SECONDS = 10.0

Body = Mapping[str, Any]
# Returns the text of an answer to a request's body.
Brain = Callable[[Body], str]


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What each project may ask of each model."""

    requests_per_minute: int = 10**9
    tokens_per_minute: int = 10**12
    requests_per_day: int = 10**9


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that came in: whose key, what it was answered, and a digest that tells equal requests."""

    key: str
    model: str
    status: int
    at: float
    digest: str
    refused_for: tuple[str, ...] = ()


@dataclass
class Script:
    """What happens next: a name of `REFUSALS`, or of `ANSWERS`, or `("text", …)`, `("hang", seconds)`."""

    steps: dict[str, collections.deque[Any]] = field(default_factory=lambda: collections.defaultdict(collections.deque))

    def next(self, key: str) -> tuple[str, Any]:
        """Take the next step for this key, or for any key."""
        for name in (key, "*"):
            if self.steps[name]:
                step = self.steps[name].popleft()
                return step if isinstance(step, tuple) else (step, None)
        return "", None


def sample(schema: Any, definitions: Any = None) -> Any:
    """Return a smallest instance of a JSON schema."""
    definitions = definitions or schema.get("$defs", {})
    if "$ref" in schema:
        return sample(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return sample(schema[choice][-1], definitions)
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if "enum" in schema:
        return schema["enum"][0]
    kind = str(schema.get("type", "object")).lower()
    if kind == "object":
        return {name: sample(inner, definitions) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {"type": "string"}), definitions)]
    return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(kind, "sample")


def count_tokens(value: Any) -> int:
    """Return about the number of tokens of every text in the value."""
    if isinstance(value, dict):
        return sum(
            math.ceil(len(inner) / 4) if name == "text" and isinstance(inner, str) else count_tokens(inner)
            for name, inner in value.items()
        )
    return sum(count_tokens(inner) for inner in value) if isinstance(value, list) else 0


def default_brain(body: Body) -> str:
    """Answer a schema with its smallest instance, anything else with a greeting."""
    schema = body.get("generationConfig", {}).get("responseJsonSchema")
    return json.dumps(sample(schema)) if schema else "Hello from the fake Gemini."


def _text(text: str, finish: str = "STOP") -> dict[str, Any]:
    return {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish, "index": 0}


# Answers that are no use, as the API gives them: a candidate, or None for none, and what `usageMetadata` adds.
ANSWERS: dict[str, tuple[dict[str, Any] | None, dict[str, int]]] = {
    "thought_only": ({"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}, {"thoughts": 64}),
    "truncated": (_text('{"verdict": "spec", "name": "Cut', "MAX_TOKENS"), {}),
    "safety": (
        {
            "finishReason": "SAFETY",
            "index": 0,
            "safetyRatings": [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}],
        },
        {},
    ),
    "recitation": ({"finishReason": "RECITATION", "index": 0}, {}),
    "malformed_call": ({"finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}, {}),
    "prompt_blocked": (None, {}),
    "empty": (_text(""), {}),
    "broken_json": (_text('{"verdict": "spec", "spec": {'), {}),
}


class FakeGemini:
    """The service, in a thread of its own while the `with` block lasts."""

    def __init__(
        self,
        keys: Mapping[str, str],
        *,
        quota: Quota | None = None,
        window_seconds: float = 60.0,
        latency: tuple[float, float] = (0.0, 0.0),
        brain: Brain = default_brain,
        port: int = 0,
    ) -> None:
        self.keys = dict(keys)
        self.quota = quota or Quota()
        self.window_seconds = window_seconds
        self.latency = latency
        self.brain = brain
        self.script = Script()
        self.seen: list[Seen] = []
        self.bodies: collections.deque[Body] = collections.deque(maxlen=100)
        self._admitted: dict[tuple[str, str], collections.deque[tuple[float, int]]] = collections.defaultdict(
            collections.deque
        )
        self._days: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self._port = port
        self.url = ""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="fake-gemini", daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("The fake did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(5)

    def plan(self, *steps: Any, key: str = "*") -> None:
        """Script what the next requests meet, with this key or with any."""
        self.script.steps[key].extend(steps)

    def answered(self) -> list[Seen]:
        """Return the requests that were answered, and so paid."""
        return [seen for seen in self.seen if seen.status == 200]

    # The server.

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main(ready))
        finally:
            self._loop.close()

    async def _main(self, ready: threading.Event) -> None:
        self._stopping = asyncio.Event()
        self._clients: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._client, "127.0.0.1", self._port, limit=2**22, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        raw = await reader.readexactly(int(headers.get("content-length") or 0))
        address = urllib.parse.urlsplit(target)
        if method == "GET":
            return await self._send(writer, 200, self._listing(address.path))
        return await self._generate(writer, address.path, headers, raw)

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: Any, kind: str = "application/json") -> bool:
        raw = body if isinstance(body, bytes) else json.dumps(body, indent=2).encode()
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}; charset=UTF-8\r\n"
        writer.write(f"{head}Content-Length: {len(raw)}\r\nServer: scaffolding on HTTPServer2\r\n\r\n".encode() + raw)
        await writer.drain()
        return True

    def _listing(self, path: str) -> Body:
        if path == "/__seen":
            return {"seen": [vars(seen) for seen in self.seen]}
        return {"models": [{"name": f"models/{model}"} for model in MODELS]}

    async def _generate(self, writer: asyncio.StreamWriter, path: str, headers: Mapping[str, str], raw: bytes) -> bool:
        key, digest = headers.get("x-goog-api-key", ""), hashlib.sha256(raw).hexdigest()
        model, _, verb = urllib.parse.unquote(path).rpartition("/models/")[2].partition(":")
        body = json.loads(raw or b"{}")
        step, detail = "", None
        refused = self._refused_at_the_door(key, model, headers)
        if refused is None:
            self.bodies.append(body)
            if verb == "countTokens":
                return await self._send(writer, 200, {"totalTokens": count_tokens(body)})
            step, detail = self.script.next(key)
            if step in REFUSALS:
                refused = REFUSALS[step](model, key)
        if step == "hang":
            await asyncio.sleep(float(detail or 0))
        if step in ("reset_connection", "hang"):
            writer.transport.abort()
            return False
        over: tuple[str, ...] = ()
        if refused is None and step == "html":
            refused = 502, {}
        if refused is None:
            refused, over = self._admit(key, model, count_tokens(body))
        status, answer = refused or (200, None)
        self.seen.append(Seen(key=key, model=model, status=status, at=time.time(), digest=digest, refused_for=over))
        if step == "html":
            return await self._send(writer, 502, b"<html><title>Error 502</title></html>", "text/html")
        if answer is None:
            await asyncio.sleep(self._delay(digest))
            answer = self._answer(body, model, step, detail, digest)
        return await self._send(writer, status, answer)

    def _refused_at_the_door(self, key: str, model: str, headers: Mapping[str, str]) -> Refusal | None:
        if not key:
            return refusals.no_key()
        if key not in self.keys:
            return refusals.key_invalid()
        if model not in MODELS:
            return refusals.model_missing(model)
        deadline = headers.get("x-server-timeout")
        if deadline and float(deadline) < LEAST_DEADLINE_SECONDS:
            return refusals.deadline_too_short(deadline, LEAST_DEADLINE_SECONDS)
        return None

    def _admit(self, key: str, model: str, tokens: int) -> tuple[Refusal | None, tuple[str, ...]]:
        now, today = time.monotonic(), datetime.now(PACIFIC).date().isoformat()
        project = self.keys[key]
        log, day = self._admitted[project, model], (project, model, today)
        while log and now - log[0][0] >= self.window_seconds:
            log.popleft()
        wanted = {
            "requests_per_minute": len(log) + 1,
            "tokens_per_minute": sum(spent for _, spent in log) + tokens,
            "requests_per_day": self._days[day] + 1,
        }
        over = [(kind, getattr(self.quota, kind)) for kind, want in wanted.items() if want > getattr(self.quota, kind)]
        if over:
            wait = log[0][0] + self.window_seconds - now if log else self.window_seconds
            return refusals.quota(model, over, max(wait, 0.001)), tuple(kind for kind, _ in over)
        log.append((now, tokens))
        self._days[day] += 1
        return None, ()

    def _delay(self, digest: str) -> float:
        low, high = self.latency
        return low + (high - low) * int(digest[:6], 16) / 0xFFFFFF

    def _answer(self, body: Body, model: str, step: str, detail: Any, digest: str) -> Body:
        prompt = count_tokens(body.get("contents", [])) + count_tokens(body.get("systemInstruction", {}))
        candidate, extra = ANSWERS.get(step, (None, {}))
        if step not in ANSWERS:
            candidate = _text(detail if step == "text" else self.brain(body))
        if step == "thoughts":
            thought = {"text": "Considering the rule.", "thought": True}
            signature = base64.b64encode(b"signature").decode()
            parts = [thought, {"text": detail, "thoughtSignature": signature}]
            candidate, extra = {**_text(""), "content": {"role": "model", "parts": parts}}, {"thoughts": 128}
        answered = count_tokens(candidate or {})
        usage = {
            "promptTokenCount": prompt,
            "candidatesTokenCount": answered,
            "totalTokenCount": prompt + answered + extra.get("thoughts", 0),
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
        }
        if extra.get("thoughts"):
            usage["thoughtsTokenCount"] = extra["thoughts"]
        reply: dict[str, Any] = {"usageMetadata": usage, "modelVersion": model, "responseId": digest[:22]}
        if candidate is None:
            return reply | {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
        return reply | {"candidates": [candidate]}


def main() -> None:
    """Serve until interrupted, as `python -m tests.fakes.gemini`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keys", type=int, default=8)
    parser.add_argument("--requests-per-minute", type=int, default=15)
    asked = parser.parse_args()
    keys = {f"fake-key-{number}": f"project-{number}" for number in range(asked.keys)}
    with FakeGemini(keys, quota=Quota(requests_per_minute=asked.requests_per_minute), port=asked.port) as gemini:
        print(gemini.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
