"""Talking about strategies in the terminal, with the figures, small charts and progress of every turn."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from strategy_api.runs.management.starting import start_server

BARS = "▁▂▃▄▅▆▇█"
CHART_WIDTH = 60
FIGURES = (
    ("return_pct", "Return", "{:+.2f} %"),
    ("buy_hold_return_pct", "Buy & hold", "{:+.2f} %"),
    ("max_drawdown_pct", "Max. drawdown", "{:.2f} %"),
    ("sharpe_ratio", "Sharpe ratio", "{:.2f}"),
    ("trades", "Trades", "{:.0f}"),
    ("win_rate_pct", "Win rate", "{:.0f} %"),
)
MARKS = {"warning": "yellow", "error": "red", "question": "magenta", "diff": "cyan"}


class Command(BaseCommand):
    """Talk with AlgoAgent: say a strategy, change it, ask about it. Starts a server unless one is named."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", help="the address of a server that runs already; needs --token")
        parser.add_argument("--token", help="a token of that server")
        parser.add_argument("--strategy", help="the id of a strategy to go on with")

    def handle(self, *_: Any, url: str | None, token: str | None, strategy: str | None, **__: Any) -> None:
        """Talk until the end of the input."""
        console = Console()
        if url and not token:
            raise CommandError("A server that is named with --url needs --token.")
        server = None
        if url is None:
            with console.status("starting web server, worker and scheduler"):
                server, url, token = start_server()
        try:
            headers = {"Authorization": f"Token {token}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as api:
                Chat(console, api, strategy).talk(_turns(console))
        finally:
            if server is not None:
                server.send_signal(signal.SIGTERM)
                server.wait(30)


def _turns(console: Console) -> Iterator[str]:
    """Yield what is typed, line by line, until the input ends."""
    console.print(
        Panel("Say a strategy, as in: buy when RSI < 30, sell when RSI > 70.  Ctrl-D ends.", title="AlgoAgent")
    )
    while True:
        try:
            line = console.input("[bold blue]> [/]") if sys.stdin.isatty() else next(iter(sys.stdin), "")
        except (EOFError, KeyboardInterrupt):
            return
        if not line and not sys.stdin.isatty():
            return
        if line.strip():
            yield line.strip()


class Chat:
    """One conversation and the terminal that it is shown on."""

    def __init__(self, console: Console, api: httpx.Client, strategy: str | None) -> None:
        self._console = console
        self._api = api
        began = api.post("/api/conversations/", json={"strategy": strategy} if strategy else {})
        if began.is_error:
            raise CommandError(f"The server refused: {began.text}")
        self._address = f"/api/conversations/{began.json()['id']}/"
        self._question: dict[str, Any] | None = None

    def talk(self, turns: Iterator[str]) -> None:
        """Say the turns one after the other, until the conversation ends."""
        for turn in turns:
            for message in self._say(turn):
                self._show(message)
            if self._api.get(self._address).json()["node"] == "end":
                return

    def _say(self, turn: str) -> list[dict[str, Any]]:
        body = {"content": turn, **self._picked(turn)}
        answer = self._api.post(f"{self._address}messages/", json=body)
        if answer.is_error:
            return [{"message_type": "error", "content": answer.json().get("detail", answer.text), "metadata": {}}]
        run = answer.json()
        self._follow(run)
        run = self._api.get(f"/api/runs/{run['id']}/").raise_for_status().json()
        if run["state"] != "succeeded":
            return [{"message_type": "error", "content": str((run["error"] or {}).get("detail")), "metadata": {}}]
        query = {"reply_to": run["parameters"]["turn"], "page_size": 500}
        messages: list[dict[str, Any]] = self._api.get(f"{self._address}messages/", params=query).json()["results"]
        return messages

    def _picked(self, turn: str) -> dict[str, Any]:
        """Return the answer that a number stands for, where a question with options is open."""
        question, self._question = self._question, None
        options = question["metadata"]["options"] if question else []
        if question is None or not turn.isdigit() or not 1 <= int(turn) <= len(options):
            return {}
        return {"content": "", "answers": {question["metadata"]["question_id"]: options[int(turn) - 1]["id"]}}

    def _follow(self, run: dict[str, Any]) -> None:
        """Show what a turn is busy with until its run has ended, which ends the stream."""
        address, headers = f"/api/runs/{run['id']}/events/", {"Accept": "text/event-stream"}
        with (
            self._console.status("thinking") as status,
            self._api.stream("GET", address, headers=headers) as response,
        ):
            kind = ""
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                kind = value if name == "event" else kind
                if name == "data" and kind == "turn.progress":
                    status.update(str(json.loads(value)["message"]))

    def _show(self, message: dict[str, Any]) -> None:
        kind, content = message["message_type"], message["content"]
        if kind == "code":
            self._console.print(Syntax(content, "python", theme="ansi_dark", background_color="default"))
        elif kind == "metrics":
            self._figures(message)
        elif kind == "question":
            self._question = message
            self._console.print(Text(content, MARKS[kind]))
            for number, option in enumerate(message["metadata"]["options"], 1):
                self._console.print(f"  [bold]{number}[/] {escape(option['label'])}")
        elif kind != "backtest_replay":
            self._console.print(Text(content, MARKS.get(kind, "")))

    def _figures(self, message: dict[str, Any]) -> None:
        self._console.print(Text(message["content"], "bold"))
        table = Table(show_header=False, box=None)
        for name, label, shape in FIGURES:
            value = (message["metrics"] or {}).get(name)
            table.add_row(label, "–" if value is None else shape.format(value))
        self._console.print(table)
        points = self._api.get(f"/api/executions/{message['metadata']['execution']}/equity/")
        if points.is_success:
            self._console.print(Text(f"Equity  {chart([point['equity'] for point in points.json()])}"))


def chart(values: Sequence[float], width: int = CHART_WIDTH) -> str:
    """Return values as a line of blocks, each the last value of its part."""
    if not values:
        return ""
    ends = sorted({round((place + 1) * len(values) / width) - 1 for place in range(width)} - {-1})
    shown = [values[place] for place in ends]
    low, high = min(shown), max(shown)
    steps = len(BARS) - 1
    return "".join(BARS[round((value - low) / (high - low) * steps) if high > low else 0] for value in shown)
