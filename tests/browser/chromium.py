"""A real Chromium, spoken to by its own protocol: pages as people see them, and whether a script ran."""

import base64
import contextlib
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--window-size=1280,1600"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*", "--no-proxy-server"),
)


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.dialogs: list[str] = []
        self._requests: dict[str, str] = {}
        self.blocked: list[str] = []
        self._loaded = False
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Ask the browser for something and return its answer."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def open(self, address: str, *, settle: float = 1.0) -> None:
        """Go to an address and wait until it is there, and a moment more for what scripts do."""
        self._loaded = False
        self.call("Page.navigate", url=address)
        deadline = time.monotonic() + 30
        while not self._loaded and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                self._note(json.loads(self._socket.recv(timeout=1)))
        end = time.monotonic() + settle
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                self._note(json.loads(self._socket.recv(timeout=0.1)))

    def run(self, script: str) -> Any:
        """Return the value of an expression on the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    def picture(self, file: Path) -> None:
        """Save what the page looks like."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    @property
    def requests(self) -> list[str]:
        """Where the page asked for something."""
        return list(self._requests.values())

    def _note(self, message: dict[str, Any]) -> None:
        kind, said = message.get("method"), message.get("params", {})
        if kind == "Page.loadEventFired":
            self._loaded = True
        elif kind == "Page.javascriptDialogOpening":
            self.dialogs.append(said["message"])
            self._socket.send(
                json.dumps({"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}})
            )
        elif kind == "Network.requestWillBeSent":
            self._requests[said["requestId"]] = said["request"]["url"]
        elif kind == "Network.loadingFailed" and said.get("blockedReason") == "csp":
            self._requests.pop(said["requestId"], None)  # the policy kept it from leaving
        elif kind == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.blocked.append(said["entry"]["text"])


@contextlib.contextmanager
def page() -> Iterator[Page]:
    """Open a tab in a browser of its own."""
    assert PROGRAM
    profile = tempfile.mkdtemp(prefix="algoagent-chromium-")
    command = [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr
        line = next(text for text in process.stderr if "DevTools listening" in text)
        root = re.search(r"ws://[^/]+", line)[0]
        target = _first_tab(root.replace("ws://", "http://"))
        with connect(target, max_size=None, proxy=None) as socket:
            yield Page(socket)
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(profile, ignore_errors=True)


def _first_tab(address: str) -> str:
    import httpx

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tabs = [tab for tab in httpx.get(f"{address}/json", trust_env=False).json() if tab["type"] == "page"]
        if tabs:
            return str(tabs[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise AssertionError("the browser has no tab")
