"""Rotation below the SDK: a transport that signs each physical request with a reserved key.

The SDK is built with a placeholder. No key ever reaches its objects, its exceptions, their pickles or a log; the only
place that holds one is the header of the copy that goes out. Every request is booked, also those that an SDK makes
unasked.
"""

import asyncio
import hashlib
import json
import math
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

import httpx2

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation.ledger import Reservation
from backtest_engine.key_rotation.pool import KeyPool
from backtest_engine.key_rotation.refusals import Verdict

PLACEHOLDER = "rotated"
BYTES_A_TOKEN = 3.0
TOO_LATE = 8
RETRY_SECONDS = 5.0

# Fingerprints that served the current call, for the record; a list, so that an SDK's own tasks may add to it.
used_keys: ContextVar[list[str] | None] = ContextVar("used_keys", default=None)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How a vendor's HTTP works: which requests count, where the key goes, what errors mean, where usage is said."""

    model_of: Callable[[str, bytes], str | None]
    key_header: str
    key_prefix: str = ""
    read_error: Callable[[int, bytes], Verdict]
    input_tokens: re.Pattern[bytes]


class RotatingTransport(httpx2.AsyncBaseTransport):
    """Serves each request with the best key of a pool, moving on to the next where that helps. Never waits."""

    def __init__(self, pool: KeyPool, *, wire: Wire, inner: httpx2.AsyncBaseTransport) -> None:
        self._pool = pool
        self._wire = wire
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; raise `ModelUnavailable` when no key, or the vendor itself, can serve it."""
        body = await request.aread()
        model = self._wire.model_of(request.url.path, body)
        if model is None:
            return await self._unmetered(request, body)
        for _ in range(len(self._pool.keys) + 1):
            reservation = await self._fresh_reservation(model, body)
            response, raw = await self._send(request, body, reservation)
            if response.status_code < 400:
                tokens = self._counted(raw)
                await asyncio.to_thread(self._pool.served, reservation, tokens=tokens)
                return self._reply(response, raw)
            verdict = self._wire.read_error(response.status_code, raw)
            await asyncio.to_thread(self._judge, reservation, verdict, response.status_code)
        raise ModelUnavailable("Every key was refused.", code="keys_busy", details={"retry_after": RETRY_SECONDS})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

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

    async def _send(
        self, request: httpx2.Request, body: bytes, reservation: Reservation
    ) -> tuple[httpx2.Response, bytes]:
        used = used_keys.get()
        if used is not None and reservation.fingerprint not in used:
            used.append(reservation.fingerprint)
        try:
            return await self._exchange(self._signed(request, body, reservation.fingerprint))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            failure, unseen = type(error).__name__, True
        except httpx2.TransportError as error:
            failure, unseen = type(error).__name__, False
        # Raised out here, so that nothing leads from our error to the frames that hold the signed request.
        if unseen:
            await asyncio.to_thread(self._pool.give_back, reservation)
        code = "model_timeout" if failure == httpx2.ReadTimeout.__name__ else "model_unreachable"
        message = f"{reservation.model} did not answer ({failure})."
        raise await asyncio.to_thread(self._pool.stumbled, reservation, code, message)

    async def _exchange(self, signed: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        response = await self._inner.handle_async_request(signed)
        try:
            return response, await response.aread()
        finally:
            await response.aclose()

    def _judge(self, reservation: Reservation, verdict: Verdict, status: int) -> None:
        """Act on a refusal; raise where no other key would do better."""
        if verdict.scope == "model":
            message = f"{reservation.model} failed (HTTP {status})."
            raise self._pool.stumbled(reservation, verdict.code, message)
        if not self._pool.refused(reservation, verdict):
            message = f"The vendor refused the request to {reservation.model} (HTTP {status}, {verdict.code})."
            raise ModelUnavailable(message, code=verdict.code, retryable=False)

    async def _unmetered(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        for fingerprint in self._pool.keys:
            response = await self._inner.handle_async_request(self._signed(request, body, fingerprint))
            raw = await response.aread()
            await response.aclose()
            return self._reply(response, raw)
        raise ModelUnavailable("No key is configured.", code="no_usable_key", retryable=False)

    def _signed(self, request: httpx2.Request, body: bytes, fingerprint: str) -> httpx2.Request:
        """Return a copy that carries the key; the request that the SDK holds stays as it is."""
        header = self._wire.key_header
        left_out = {header.encode(), b"host", b"content-length", b"transfer-encoding"}
        headers = [(name, value) for name, value in request.headers.raw if name.lower() not in left_out]
        secret = self._wire.key_prefix + self._pool.keys[fingerprint].reveal()
        headers.append((header.encode(), secret.encode()))
        return httpx2.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)

    def _reply(self, response: httpx2.Response, raw: bytes) -> httpx2.Response:
        left_out = {b"content-encoding", b"content-length", b"transfer-encoding"}
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in left_out]
        return httpx2.Response(response.status_code, headers=headers, content=self._pool.scrubbed(raw))

    def _counted(self, raw: bytes) -> int | None:
        counts = self._wire.input_tokens.findall(raw)
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
