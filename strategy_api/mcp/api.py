"""The API as a tool sees it: the same routes, in this process, as the caller who called the tool.

A tool knows what the HTTP API knows and may do what its caller may: authentication, owners, scopes, rate limits,
validation and weights are those of the routes.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
MOST_WAIT_SECONDS = 25
ENDED = frozenset({"succeeded", "failed", "cancelled"})


class Refused(Exception):
    """The API refused: `code` is one of its error codes, the message says what is wrong and what helps."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Api:
    """Calls routes as one caller. `base_url` is the address under which the caller reaches this server."""

    def __init__(self, application: Any, *, token: str, client: tuple[str, int], base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(application, client=client),
            base_url=self.base_url,
            headers={"Authorization": f"Token {token}"},
            timeout=2 * MOST_WAIT_SECONDS,
        )

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a route shows; a query of None is left out."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return self._read(await self._http.get(path, params=asked))

    async def post(self, path: str, body: Mapping[str, Any], *, wait_s: int = 0) -> Any:
        """Send a request; a field of None is left out. A run that it starts is waited for, at most `wait_s` seconds."""
        asked = {name: value for name, value in body.items() if value is not None}
        wait = min(max(wait_s, 0), MOST_WAIT_SECONDS)
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self._read(await self._http.post(path, json=asked, headers=headers))

    async def run(self, run: uuid.UUID, *, wait_s: int = 0) -> Any:
        """Return a run, once it has ended or `wait_s` seconds have passed."""
        until = time.monotonic() + min(max(wait_s, 0), MOST_WAIT_SECONDS)
        pause = PAUSE_SECONDS
        while True:
            shown = await self.get(f"/api/runs/{run}/")
            left = until - time.monotonic()
            if shown["state"] in ENDED or left <= 0:
                return shown
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def close(self) -> None:
        """Let go of the client."""
        await self._http.aclose()

    @staticmethod
    def _read(response: httpx.Response) -> Any:
        answer = response.json() if response.content else None
        if response.is_error:
            raise refusal(answer if isinstance(answer, dict) else {}, response.status_code)
        return answer


def refusal(problem: Mapping[str, Any], status: int = 0) -> Refused:
    """Turn a problem document into an error whose message an agent can act on."""
    parts = [str(problem.get("detail") or problem.get("title") or f"HTTP status {status}")]
    parts += [f"{_field(error)}: {error.get('detail')}" for error in problem.get("errors", ())]
    parts += [str(entry["question"]) for entry in problem.get("questions", ()) if isinstance(entry, dict)]
    if problem.get("hint"):
        parts.append(str(problem["hint"]))
    return Refused(str(problem.get("code") or f"http_{status}"), " ".join(parts))


def _field(error: Mapping[str, Any]) -> str:
    return str(error.get("pointer", "")).lstrip("/") or str(error.get("parameter", "")) or "request"
