"""Anthropic's and OpenAI's APIs on loopback, as far as their SDKs need them."""

import contextlib
import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

REFUSED = {
    "key_invalid": 401,
    "minute_quota": 429,
    "overloaded": 503,
    "internal": 500,
    "model_missing": 404,
    "bad_request": 400,
}


class FakeVendor:
    """One server for both protocols, told apart by the path; `plan` scripts what the next requests meet."""

    def __init__(self) -> None:
        self.steps: deque[Any] = deque()
        self.headers: list[dict[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.url = ""

    def __enter__(self) -> Self:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                vendor.headers.append({name.lower(): value for name, value in self.headers.items()})
                vendor.bodies.append(body)
                status, answer = vendor.answer(self.path, body)
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                # A client that was cancelled is gone by now.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def plan(self, *steps: Any) -> None:
        """Script what the next requests meet: a name of `REFUSED`, `truncated`, `blocked`, or (`text` or `hang`, …)."""
        self.steps.extend(steps)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return what the vendor says to a request."""
        step = self.steps.popleft() if self.steps else ("text", "Hello.")
        name, detail = step if isinstance(step, tuple) else (step, "")
        if name in REFUSED:
            # With what a careless vendor might echo.
            echo = f"refused: {self.headers[-1].get('x-api-key') or self.headers[-1].get('authorization')}"
            return REFUSED[name], {"type": "error", "error": {"type": name, "message": echo}}
        if name == "hang":
            time.sleep(detail)
        text = detail if name == "text" else "Half an ans"
        return 200, (_messages if path.endswith("/messages") else _chat)(body, text, name)


def _messages(body: dict[str, Any], text: str, step: str) -> dict[str, Any]:
    reason = {"truncated": "max_tokens", "blocked": "refusal"}.get(step, "end_turn")
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text}],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 5},
    }


def _chat(body: dict[str, Any], text: str, step: str) -> dict[str, Any]:
    reason = {"truncated": "length", "blocked": "content_filter"}.get(step, "stop")
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    }
