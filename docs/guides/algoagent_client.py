"""A client for AlgoAgent in one file, with nothing beyond Python's standard library. Copy it and make it yours.

    api = Client("http://127.0.0.1:8000", token)
    run = api.generate("RSI strategy: buy when RSI < 30, sell when RSI > 70", execute_after_generation=True)
    for event in api.events(run):
        print(event["type"])
    print(api.result(run)["execution"]["metrics"]["return_pct"])

Every POST carries an Idempotency-Key, so it is safe to send it again when a connection breaks or the server is busy.
`python algoagent_client.py "buy when RSI < 30, sell when RSI > 70"` does all of the above. It ends with status 0 when
that succeeded, 1 when it did not, 2 for wrong usage, 130 after Ctrl-C.
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
    """What the API refused, or how a run failed: RFC 9457, with a stable `code`.

    `hint` says what to do about it, `questions` what a description leaves open; either may be empty.
    """

    def __init__(self, document: Json) -> None:
        super().__init__(f"{document.get('code')}: {document.get('detail')}")
        self.document = document
        self.code: str = document.get("code", "")
        self.status: int = document.get("status", 0)
        self.hint: str = document.get("hint") or ""
        details = document.get("details") or {}
        self.questions: list[Any] = document.get("questions") or details.get("questions") or []


class Unreachable(OSError):
    """No server answers at the address."""


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
        """Ask for a strategy that fails to be repaired."""
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
                # A `Problem` is no such error: what was refused is not asked for again.
                failures += 1
                if failures >= self.tries:
                    raise
                time.sleep(min(0.2 * 2**failures, 5))

    # Talk.

    def converse(
        self, content: str = "", *, conversation: Json | None = None, answers: Json | None = None, **start: Any
    ) -> Json:
        """Say a turn and return the conversation, with the `messages` that answer it; begin one where none is given.

        `answers` picks options by question: `{question_id: option_id}`. `start` says how a new one is run, as in
        `test_symbol="EURUSD"`.
        """
        if conversation is None:
            conversation = self.post("/api/conversations/", start)
        address = f"/api/conversations/{conversation['id']}/"
        turn = self.post(
            f"{address}messages/", {"content": content, "answers": answers or {}, "client_id": str(uuid.uuid4())}
        )
        if "results" in turn:
            return {**self.get(address), "messages": turn["results"]}
        self.result(turn)
        said = self.get(f"{address}messages/", reply_to=turn["parameters"]["turn"])
        return {**self.get(address), "messages": said["results"]}

    # What is there.

    def strategies(self, **filters: Any) -> Iterator[Json]:
        """Yield strategies, page after page."""
        return self.every("/api/strategies/", **filters)

    def history(self, strategy: str, **filters: Any) -> Iterator[Json]:
        """Yield a strategy's backtests."""
        return self.every(f"/api/strategies/{strategy}/execution_history/", **filters)

    def executions(self, **filters: Any) -> Iterator[Json]:
        """Yield the backtests of all strategies."""
        return self.every("/api/executions/", **filters)

    def clone(self, strategy: str, **options: Any) -> Json:
        """Copy a strategy; the copy has a history of its own."""
        return self.post(f"/api/strategies/{strategy}/clone/", options)

    def tags(self) -> Any:
        """Return the tags of your strategies."""
        return self.get("/api/strategies/tags/")

    def delete_strategy(self, strategy: str) -> None:
        """Delete a strategy with its history."""
        self.delete(f"/api/strategies/{strategy}/")

    def delete_run(self, run: Json) -> None:
        """Delete a run that has ended."""
        self.delete(f"/api/runs/{run['id']}/")

    def delete_execution(self, execution: str) -> None:
        """Delete a backtest."""
        self.delete(f"/api/executions/{execution}/")

    def import_csv(self, symbol: str, csv: bytes, **options: Any) -> Json:
        """Bring your own bars; options are `interval` and, for a file of several symbols, `only_symbol`."""
        query = urllib.parse.urlencode({"symbol": symbol, **options})
        return self._json("POST", f"/api/data/import/?{query}", csv, {"Content-Type": "text/csv"})

    def delete_import(self, symbol: str, **options: Any) -> None:
        """Delete bars that you imported; `interval` names one of several."""
        self.delete(_with("/api/data/import/", {"symbol": symbol, **options}))

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
            except (OSError, HTTPException) as error:
                # A GET and a POST with its key may be sent again; what else was under way may have been done.
                if attempt == self.tries or method not in ("GET", "POST"):
                    raise _unreachable(self.address, error) from None
            else:
                return answer
            time.sleep(pause)
        raise AssertionError("unreachable")


def _unreachable(address: str, error: Exception) -> Exception:
    """Say where nobody answers; whatever else broke stays what it is."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ConnectionRefusedError | socket.gaierror | TimeoutError):
        return Unreachable(f"No server answers at {address} ({reason}). Is it running, and is URL right?")
    return error


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


def main() -> int:
    """Backtest a sentence and return the exit status."""
    description, token = " ".join(sys.argv[1:]), os.environ.get("TOKEN", "")
    if not description:
        return _complain(2, 'Say a strategy: python algoagent_client.py "buy when RSI < 30, sell when RSI > 70"')
    if not token:
        return _complain(2, "Set TOKEN to your token: export TOKEN=$(cat var/token)")
    try:
        return _backtest(Client(os.environ.get("URL", "http://127.0.0.1:8000"), token), description)
    except KeyboardInterrupt:
        return _complain(130, "Stopped. What the server has begun goes on.")
    except Problem as problem:
        return _complain(1, *_lines(problem))
    except (Unreachable, TimeoutError) as error:
        return _complain(1, f"{error}")
    except (OSError, HTTPException) as error:
        return _complain(1, f"The connection broke: {error}")


def _backtest(api: Client, description: str) -> int:
    run = api.generate(description, execute_after_generation=True)
    for event in api.events(run):
        print(event["type"])
    execution = api.result(run)["execution"]
    if execution is None or execution["metrics"] is None:
        failed = (execution or {}).get("error") or {"detail": "The strategy was written, but not backtested."}
        return _complain(1, *_lines(Problem(failed)))
    for name, value in execution["metrics"].items():
        print(f"{name:<32}{'–' if value is None else f'{value:,.4f}' if isinstance(value, float) else value}")
    for warning in execution["warnings"]:
        print(f"! {warning['message']}")
    return 0


def _lines(problem: Problem) -> list[str]:
    """Return a problem in sentences: what, where, what to do, what to answer."""
    lines = [str(problem.document.get("detail") or problem.document.get("title") or problem.code)]
    if problem.status == 401:
        lines.append("The server does not accept TOKEN. `manage.py create_token NAME` makes a new one.")
    lines += [
        f"{one.get('pointer') or one.get('parameter')}: {one['detail']}" for one in problem.document.get("errors", [])
    ]
    lines += [problem.hint] if problem.hint else []
    for question in problem.questions:
        lines.append(f"? {question['question'] if isinstance(question, dict) else question}")
    return lines


def _complain(status: int, *lines: str) -> int:
    print("\n".join(lines), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
