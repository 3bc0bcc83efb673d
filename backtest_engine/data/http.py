"""JSON over HTTP from a vendor that wants a key, without the key ever getting into a message."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from backtest_engine.data.retry import TryAgain
from backtest_engine.errors import DataUnavailable, UnknownSymbol

_TIMEOUT_SECONDS = 20.0
_UNKNOWN = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class Api:
    """One vendor's API at one address, asked with headers that hold the key."""

    def __init__(self, *, vendor: str, base_url: str, headers: Mapping[str, str]) -> None:
        self._vendor = vendor
        self._base = base_url.rstrip("/") + "/"
        self._headers = dict(headers)

    def __repr__(self) -> str:
        return f"Api({self._vendor!r}, {self._base!r})"

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON object at a path or at a full address on the same host.

        Raises `TryAgain` for passing trouble, `UnknownSymbol` for 404, and `DataUnavailable` for a refused key.
        """
        # Imported when first asked: it brings a terminal toolkit with it.
        import httpx

        url = urljoin(self._base, path.lstrip("/"))
        # A vendor's "next page" that points elsewhere would carry the key there.
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise DataUnavailable(f"{self._vendor} named a next page on another host.")
        try:
            with httpx.Client(timeout=_TIMEOUT_SECONDS, headers=self._headers, trust_env=False) as client:
                answer = client.get(url, params=dict(parameters) if parameters else None)
        except httpx.TimeoutException:
            raise TryAgain("no answer in time") from None
        except httpx.HTTPError as error:
            raise TryAgain(f"{type(error).__name__}") from None
        self._refuse(answer.status_code, answer.headers.get("retry-after"))
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise TryAgain(f"an answer that is no JSON object (status {answer.status_code})")
        return body

    def _refuse(self, status: int, retry_after: str | None) -> None:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TryAgain("too many requests", wait=_seconds(retry_after))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise DataUnavailable(
                f"{self._vendor} refused the key or the plan does not include this data (status {status}).",
                hint="Check the key and what the plan covers.",
                details={"source": self._vendor, "status": status},
            )
        if status in _UNKNOWN:
            raise UnknownSymbol(
                f"{self._vendor} does not know what was asked for (status {status}).",
                details={"source": self._vendor, "status": status},
            )
        if status != HTTPStatus.OK:
            raise TryAgain(f"status {status}", wait=_seconds(retry_after))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
