"""A client for AlgoAgent in one file, with nothing beyond Python's standard library. Copy it and make it yours.

    api = Client("http://127.0.0.1:8000", token)
    run = api.generate("RSI strategy: buy when RSI < 30, sell when RSI > 70", execute_after_generation=True)
    for event in api.events(run):
        print(event["type"])
    print(api.result(run)["execution"]["metrics"]["return_pct"])

Every POST carries an Idempotency-Key, so it is sent again without fear when a connection breaks, and when the server
asks for patience. `python algoagent_client.py "buy when RSI < 30, sell when RSI > 70"` does all of the above.
"""

import json
import os
import select
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any

Json = dict[str, Any]

ENDED = ("succeeded", "failed", "cancelled")
WORTH_ANOTHER_TRY = (429, 502, 503, 504)
# A larger body is announced before it is sent, so that a refusal arrives before the line is full.
LARGE_BYTES = 1 << 20
PIECE_BYTES = 1 << 16
ANNOUNCED_SECONDS = 2.0


class Problem(Exception):
    """What the API refused, or how a run failed: RFC 9457, with a stable `code`."""

    def __init__(self, document: Json) -> None:
        super().__init__(f"{document.get('code')}: {document.get('detail')}")
        self.document = document
        self.code: str = document.get("code", "")
        self.status: int = document.get("status", 0)


class Client:
    """Speaks to one AlgoAgent server with one token."""

    def __init__(self, address: str, token: str, *, timeout: float = 60, tries: int = 5) -> None:
        self.address = address.rstrip("/")
        self.timeout = timeout
        self.tries = tries
        self._authorization = f"Token {token}"

    # Work: each of these returns a run, which `wait`, `result` and `events` take.

    def generate(self, description: str, **options: Any) -> Json:
        """Ask for a strategy from a description in plain English."""
        return self.post("/api/strategies/generate_with_ai/", {"description": description, **options})

    def execute(self, strategy: str, **options: Any) -> Json:
        """Ask for a backtest of a strategy, by its id."""
        return self.post(f"/api/strategies/{strategy}/execute/", options)

    def fix(self, strategy: str, **options: Any) -> Json:
        """Ask for a strategy that fails to be mended."""
        return self.post(f"/api/strategies/{strategy}/fix_errors/", options)

    def cancel(self, run: Json) -> Json:
        """Stop a run."""
        return self.post(f"/api/runs/{run['id']}/cancel/")

    def wait(self, run: Json, *, seconds: float = 300) -> Json:
        """Return the run once it has ended; raise `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while run["state"] not in ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {run['id']} is still {run['state']}")
            time.sleep(0.5)
            run = self.get(f"/api/runs/{run['id']}/")
        return run

    def result(self, run: Json, *, seconds: float = 300) -> Json:
        """Return what came of a run; raise `Problem` if it failed."""
        run = self.wait(run, seconds=seconds)
        if run["state"] != "succeeded":
            raise Problem(run["error"] or {"code": run["state"], "detail": "The run was cancelled."})
        result: Json = run["result"]
        return result

    def events(self, run: Json, *, after: int = 0) -> Iterator[Json]:
        """Yield a run's events as they happen, each once, until the last; goes on by itself when a line breaks."""
        failures = 0
        while True:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
            try:
                with self._open("GET", f"/api/runs/{run['id']}/events/", headers=headers) as stream:
                    if stream.status == 204:
                        return
                    for event in _read_events(stream):
                        after, failures = event["seq"], 0
                        yield event
            except (OSError, HTTPException):
                failures += 1
                if failures >= self.tries:
                    raise
                time.sleep(min(0.2 * 2**failures, 5))

    # What is there.

    def strategies(self, **filters: Any) -> Iterator[Json]:
        """Yield strategies, page after page."""
        return self.every("/api/strategies/", **filters)

    def history(self, strategy: str, **filters: Any) -> Iterator[Json]:
        """Yield a strategy's backtests."""
        return self.every(f"/api/strategies/{strategy}/execution_history/", **filters)

    def import_csv(self, symbol: str, csv: bytes, **options: Any) -> Json:
        """Bring your own bars; options are `interval` and, for a file of several symbols, `only_symbol`."""
        query = urllib.parse.urlencode({"symbol": symbol, **options})
        return self._json("POST", f"/api/data/import/?{query}", csv, {"Content-Type": "text/csv"})

    # The API as it is.

    def get(self, path: str, **query: Any) -> Any:
        """Return what is at an address."""
        return self._json("GET", _with(path, query))

    def text(self, path: str, *, accept: str = "text/html") -> str:
        """Return a page or a table: the report, or with `accept="text/csv"` trades, equity and bars."""
        with self._open("GET", path, headers={"Accept": accept}) as answer:
            return answer.read().decode()

    def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Any:
        """Send a request that is done once, however often it has to be sent."""
        content = json.dumps(body or {}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        return self._json("POST", path, content, headers)

    def patch(self, path: str, body: Json, *, etag: str | None = None) -> Any:
        """Change an object, with its `ETag` only if nobody changed it meanwhile."""
        headers = {"Content-Type": "application/json", **({"If-Match": etag} if etag else {})}
        return self._json("PATCH", path, json.dumps(body).encode(), headers)

    def delete(self, path: str) -> None:
        """Remove an object."""
        self._json("DELETE", path)

    def every(self, path: str, **filters: Any) -> Iterator[Json]:
        """Yield the rows of a list, page after page."""
        address: str | None = _with(path, filters)
        while address:
            page = self.get(address)
            yield from page["results"]
            address = page["next"]

    def _json(self, method: str, path: str, body: bytes | None = None, headers: Json | None = None) -> Any:
        key = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        with self._open(method, path, body, {"Accept": "application/json", **key, **(headers or {})}) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _open(self, method: str, path: str, body: bytes | None = None, headers: Json | None = None) -> HTTPResponse:
        """Send, again where that may help: the line broke, or the server asked for patience."""
        for attempt in range(1, self.tries + 1):
            request = urllib.request.Request(
                urllib.parse.urljoin(f"{self.address}/", path),
                data=body,
                method=method,
                headers={"Authorization": self._authorization, **(headers or {})},
            )
            pause = 0.2 * 2**attempt
            try:
                answer = _exchange(request, self.timeout)
            except urllib.error.HTTPError as refusal:
                with refusal:
                    problem = _problem(refusal)
                if refusal.code not in WORTH_ANOTHER_TRY or attempt == self.tries:
                    raise problem from None
                pause = float(refusal.headers.get("Retry-After") or pause)
            except (OSError, HTTPException):
                # A GET and a POST with its key may be sent again; what else was under way may have been done.
                if attempt == self.tries or method not in ("GET", "POST"):
                    raise
            else:
                return answer
            time.sleep(pause)
        raise AssertionError("unreachable")


def _exchange(request: urllib.request.Request, timeout: float) -> HTTPResponse:
    if not isinstance(request.data, bytes) or len(request.data) < LARGE_BYTES:
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
        return answer
    answer = _upload(request, request.data, timeout)
    if answer.status >= 400:
        raise urllib.error.HTTPError(request.full_url, answer.status, answer.reason, answer.headers, answer)
    return answer


def _upload(request: urllib.request.Request, body: bytes, timeout: float) -> HTTPResponse:
    """Send a large body piece by piece, and stop when the server answers: it says why it takes no more."""
    connect = HTTPSConnection if request.type == "https" else HTTPConnection
    connection = connect(request.host, timeout=timeout)
    connection.putrequest(request.get_method(), request.selector)
    headers = {"Content-Length": str(len(body)), "Expect": "100-continue", "Connection": "close"}
    for name, value in {**dict(request.header_items()), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    # The answer holds the line open until it is read.
    with closing(connection.sock) as line:
        answer = HTTPResponse(line, method=request.get_method())
        try:
            if not _answered(line, ANNOUNCED_SECONDS) or answer.fp.peek(16).startswith(b"HTTP/1.1 100"):
                _send(line, body)
            answer.begin()
        except BaseException:
            answer.close()
            raise
    return answer


def _send(line: socket.socket, body: bytes) -> None:
    view = memoryview(body)
    for begin in range(0, len(body), PIECE_BYTES):
        if _answered(line, 0):
            return
        try:
            line.sendall(view[begin : begin + PIECE_BYTES])
        except (BrokenPipeError, ConnectionResetError):
            return  # What the server said before it hung up is still to be read.


def _answered(line: socket.socket, seconds: float) -> bool:
    return bool(select.select([line], [], [], seconds)[0])


def _read_events(stream: HTTPResponse) -> Iterator[Json]:
    event: Json = {}
    for raw in stream:
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name == "id":
            event["seq"] = int(value)
        elif name == "event":
            event["type"] = value
        elif name == "data":
            event["data"] = json.loads(value)
        elif not name and event:
            yield event
            event = {}


def _problem(refusal: urllib.error.HTTPError) -> Problem:
    text = refusal.read()
    try:
        return Problem(json.loads(text))
    except ValueError:
        return Problem({"code": "unknown", "status": refusal.code, "detail": text[:200].decode("utf-8", "replace")})


def _with(path: str, query: Json) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urllib.parse.urlencode(query)}" if query else path


def main() -> None:
    """Backtest a sentence."""
    api = Client(os.environ.get("URL", "http://127.0.0.1:8000"), os.environ["TOKEN"])
    run = api.generate(" ".join(sys.argv[1:]), execute_after_generation=True)
    for event in api.events(run):
        print(event["type"])
    execution = api.result(run)["execution"]
    print(json.dumps(execution["metrics"], indent=2))


if __name__ == "__main__":
    main()
