"""Rotation below the SDK: a transport that signs each physical request with a reserved key.

The SDK is built with a placeholder. No key ever reaches its objects, its exceptions, their pickles or a log; the only
place that holds one is the header of the copy that goes out, to the vendor's own address and no other. Every request
is booked, also those that an SDK makes unasked.
"""

import asyncio
import hashlib
import json
import math
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

import httpx2

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation.ledger import Reservation
from backtest_engine.key_rotation.pool import KeyPool
from backtest_engine.key_rotation.scrubbing import ScrubbedEvents
from backtest_engine.key_rotation.vendor_words import Verdict

PLACEHOLDER = "rotated"
BYTES_A_TOKEN = 3.0
TOO_LATE = 8
RETRY_SECONDS = 5.0
# What an SDK may want to know of an answer; anything else could quote the key.
KEPT_HEADERS = frozenset({b"content-type", b"date", b"request-id", b"x-request-id"})

# The fingerprints that served the call under way, for the record; a list, so that an SDK's own tasks may add to it.
# Outside of a recorded call it is None.
used_keys: ContextVar[list[str] | None] = ContextVar("used_keys", default=None)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How a vendor's HTTP works: its address, which requests count, where the key goes, what errors mean, where usage
    is said.
    """

    base_url: str
    model_of: Callable[[str, bytes], str | None]
    key_header: str
    key_prefix: str = ""
    read_error: Callable[[int, bytes, Mapping[str, str]], Verdict]
    input_tokens: re.Pattern[bytes]


class RotatingTransport(httpx2.AsyncBaseTransport):
    """Serves each request with the best key of a pool, moving on to the next where that helps. Never waits.

    It signs for `base_url` alone. With `recorded_only` it refuses what no recorded call asks for. A streamed answer
    may take `timeout` seconds.
    """

    def __init__(
        self,
        pool: KeyPool,
        *,
        wire: Wire,
        inner: httpx2.AsyncBaseTransport,
        base_url: str,
        recorded_only: bool = False,
        timeout: float = 600.0,
    ) -> None:
        self._pool = pool
        self._wire = wire
        self._inner = inner
        self._origin = _origin(httpx2.URL(base_url))
        self._recorded_only = recorded_only
        self._timeout = timeout

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; raise `ModelUnavailable` when no key, or the vendor itself, can serve it."""
        body = await request.aread()
        model = self._model(request, body)
        for _ in range(len(self._pool.keys) + 1):
            reservation = await self._fresh_reservation(model, body)
            response = await self._send(request, body, reservation)
            if response.status_code < 300 and _streams(response):
                return self._reply(response, _Stream(response, self._pool, self._wire, reservation, self._timeout))
            raw = await self._whole(response, reservation)
            status = _status(response.status_code, raw)
            if status < 300:
                await asyncio.to_thread(self._pool.served, reservation, tokens=_counted(self._wire, raw))
                return self._reply(response, self._pool.scrubber.scrub(raw))
            headers = {name.lower(): value for name, value in response.headers.items()}
            await asyncio.to_thread(self._judge, reservation, status, raw, headers)
        raise ModelUnavailable("Every key was refused.", code="keys_busy", details={"retry_after": RETRY_SECONDS})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _model(self, request: httpx2.Request, body: bytes) -> str:
        """Return which model is asked; raise for a request that must not go out."""
        if self._recorded_only and used_keys.get() is None:
            raise ModelUnavailable("A model was asked around the budget.", code="call_not_recorded", retryable=False)
        if _origin(request.url) != self._origin:
            raise ModelUnavailable(
                "A request would have carried a key to another address.", code="foreign_address", retryable=False
            )
        model = self._wire.model_of(request.url.path, body)
        if model is None:
            raise ModelUnavailable(
                "The SDK made a request that no quota is known for.", code="request_not_counted", retryable=False
            )
        return model

    async def _fresh_reservation(self, model: str, body: bytes) -> Reservation:
        """Reserve, and again where this process was too slow to use the slot in time."""
        tokens, ticket = estimated_tokens(body), hashlib.sha256(body).hexdigest()[:32]
        for _ in range(TOO_LATE):
            reservation = await asyncio.to_thread(self._pool.reserve, model, tokens=tokens, ticket=ticket)
            if self._pool.still_fresh(reservation):
                return reservation
            await asyncio.to_thread(self._pool.give_back, reservation)
        raise ModelUnavailable(
            "This worker is too busy to ask a model.", code="worker_busy", details={"retry_after": RETRY_SECONDS}
        )

    async def _send(self, request: httpx2.Request, body: bytes, reservation: Reservation) -> httpx2.Response:
        used = used_keys.get()
        if used is not None and reservation.fingerprint not in used:
            used.append(reservation.fingerprint)
        try:
            return await self._inner.handle_async_request(self._signed(request, body, reservation.fingerprint))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            failure, unseen = type(error).__name__, True
        except httpx2.TransportError as error:
            failure, unseen = type(error).__name__, False
        # Raised out here, so that nothing leads from our error to the frames that hold the signed request.
        if unseen:
            await asyncio.to_thread(self._pool.give_back, reservation)
        raise await asyncio.to_thread(_broken, self._pool, reservation, failure)

    async def _whole(self, response: httpx2.Response, reservation: Reservation) -> bytes:
        try:
            return await response.aread()
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            failure = type(error).__name__
        finally:
            await response.aclose()
        raise await asyncio.to_thread(_broken, self._pool, reservation, failure)

    def _judge(self, reservation: Reservation, status: int, raw: bytes, headers: Mapping[str, str]) -> None:
        """Act on an error; raise where no other key would do better."""
        if status < 400:
            raise ModelUnavailable(
                f"{reservation.model} answered with a redirect, which is not followed.",
                code="vendor_redirects",
                retryable=False,
            )
        verdict = self._wire.read_error(status, raw, headers)
        if verdict.scope == "model":
            message = f"{reservation.model} failed (HTTP {status})."
            raise self._pool.stumbled(reservation, verdict.code, message)
        if not self._pool.refused(reservation, verdict):
            message = f"The vendor refused the request to {reservation.model} (HTTP {status}, {verdict.code})."
            raise ModelUnavailable(message, code=verdict.code, retryable=False)

    def _signed(self, request: httpx2.Request, body: bytes, fingerprint: str) -> httpx2.Request:
        """Return a copy that carries the key; the request that the SDK holds stays as it is."""
        header = self._wire.key_header
        left_out = {header.encode(), b"host", b"content-length", b"transfer-encoding"}
        headers = [(name, value) for name, value in request.headers.raw if name.lower() not in left_out]
        secret = self._wire.key_prefix + self._pool.keys[fingerprint].reveal()
        headers.append((header.encode(), secret.encode()))
        return httpx2.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)

    def _reply(self, response: httpx2.Response, content: bytes | httpx2.AsyncByteStream) -> httpx2.Response:
        """Return an answer for the SDK: its status, its body without keys, and the headers that it needs."""
        scrub = self._pool.scrubber.scrub
        headers = [(name, scrub(value)) for name, value in response.headers.raw if name.lower() in KEPT_HEADERS]
        if isinstance(content, bytes):
            return httpx2.Response(response.status_code, headers=headers, content=content)
        return httpx2.Response(response.status_code, headers=headers, stream=content)


class _Stream(httpx2.AsyncByteStream):
    """A streamed answer without keys, event by event; settles its booking when it ends."""

    def __init__(
        self, response: httpx2.Response, pool: KeyPool, wire: Wire, reservation: Reservation, timeout: float
    ) -> None:
        self._response = response
        self._pool = pool
        self._wire = wire
        self._reservation = reservation
        self._until = time.monotonic() + timeout
        self._tokens: int | None = None
        self._settled = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for event in ScrubbedEvents(self._pool.scrubber).of(self._response.aiter_bytes()):
                self._tokens = _counted(self._wire, event) or self._tokens
                if time.monotonic() > self._until:
                    raise httpx2.ReadTimeout("")
                yield event
        except httpx2.TransportError as error:
            failure = type(error).__name__
        else:
            return
        self._settled = True
        raise await asyncio.to_thread(_broken, self._pool, self._reservation, failure)

    async def aclose(self) -> None:
        await self._response.aclose()
        if not self._settled:
            self._settled = True
            await asyncio.to_thread(self._pool.served, self._reservation, tokens=self._tokens)


def _broken(pool: KeyPool, reservation: Reservation, failure: str) -> ModelUnavailable:
    """Rest a model whose answer did not arrive, and return the error."""
    code = "model_timeout" if failure == httpx2.ReadTimeout.__name__ else "model_unreachable"
    return pool.stumbled(reservation, code, f"{reservation.model} did not answer ({failure}).")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port or {"http": 80, "https": 443}.get(url.scheme)


def _streams(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/event-stream")


def _status(status: int, raw: bytes) -> int:
    """Return the HTTP status, or the one that a body tells which is an error under the status of an answer."""
    if status >= 300 or b'"error"' not in raw[:200]:
        return status
    try:
        error = json.loads(raw).get("error")
    except (ValueError, AttributeError):
        return status
    if not isinstance(error, dict):
        return status
    code = error.get("code")
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _counted(wire: Wire, raw: bytes) -> int | None:
    counts = wire.input_tokens.findall(raw)
    return int(counts[-1]) if counts else None


def estimated_tokens(body: bytes) -> int:
    """Return a number of tokens that a request's text rarely exceeds."""
    return math.ceil(len(body) / BYTES_A_TOKEN)


def model_in_path(pattern: re.Pattern[str]) -> Callable[[str, bytes], str | None]:
    """Return a reader of the model's name from the address, as the pattern's first group."""

    def read(path: str, body: bytes) -> str | None:
        found = pattern.search(path)
        return found[1] if found else None

    return read


def model_in_body(path_end: str) -> Callable[[str, bytes], str | None]:
    """Return a reader of the model's name from the JSON body of requests to one address."""

    def read(path: str, body: bytes) -> str | None:
        return str(json.loads(body).get("model")) if path.endswith(path_end) else None

    return read
