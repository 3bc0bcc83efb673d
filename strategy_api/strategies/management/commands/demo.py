"""The whole path on the terminal: one sentence, the real server, a strategy, its numbers, its report."""

import json
import re
import signal
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from backtest_engine.cli.checked import beside_holding, checks_of
from strategy_api.runs.management.starting import start_server

# The body of the README's first curl line; a test holds the two together.
REQUEST = {
    "description": "RSI strategy: buy when RSI < 30, sell when RSI > 70",
    "execute_after_generation": True,
    "test_symbol": "GOOG",
}
STEPS = {
    "run.queued": "accepted",
    "run.started": "a worker took it",
    "generation.started": "reading the description",
    "generation.finished": "strategy written",
    "data.loaded": "bars loaded",
    "execution.started": "running in the sandbox",
    "execution.finished": "numbers computed",
    "run.succeeded": "done",
}
METRICS = (
    ("return_pct", "Return", "{:+.2f} %"),
    ("buy_hold_return_pct", "Buy & hold return", "{:+.2f} %"),
    ("equity_final", "Final equity", "{:,.2f}"),
    ("trades", "Trades", "{}"),
    ("win_rate_pct", "Win rate", "{:.1f} %"),
    ("max_drawdown_pct", "Max. drawdown", "{:.2f} %"),
    ("sharpe_ratio", "Sharpe ratio", "{:.2f}"),
    ("exposure_time_pct", "Exposure time", "{:.1f} %"),
)
MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
UNTOLD = ("at", "strategy", "run_kind")
# What is said about the strategy once it is there.
TURNS = ("entry at 25 instead, with a 10% stop", "why did it lose in 2008?", "which one was better?")


class Command(BaseCommand):
    """Show one sentence becoming a backtested strategy, through the real HTTP API and a real worker."""

    help = __doc__ or ""
    request: Mapping[str, Any] = REQUEST

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--picture", type=Path, help="also save what the terminal showed, as SVG")

    def handle(self, *_: Any, picture: Path | None, **__: Any) -> None:
        """Start the server, ask, follow, show, stop."""
        console = Console(record=picture is not None, width=100 if picture else None)
        console.print(Panel(f"[bold]{self.request['description']}[/]", title="AlgoAgent", border_style="blue"))
        with console.status("starting web server, worker and scheduler"):
            server, address, token = start_server()
        try:
            headers = {"Authorization": f"Token {token}"}
            with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as api:
                run = _follow(console, api, _ask(api, self.request))
                _show(console, api, run)
                if run["state"] == "succeeded":
                    _talk(console, api, run["result"]["strategy"])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        if picture is not None:
            picture.parent.mkdir(parents=True, exist_ok=True)
            # Without the web font: the picture must not ask anybody for anything.
            shape = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
            console.save_svg(str(picture), title="make demo", code_format=shape)
        if run["state"] != "succeeded":
            raise CommandError(f"The run {run['state']}: {run['error']}")


def _ask(api: httpx.Client, request: Mapping[str, Any]) -> dict[str, Any]:
    response = api.post("/api/strategies/generate_with_ai/", json=request)
    if response.status_code != httpx.codes.ACCEPTED:
        raise CommandError(f"The request was refused: {response.text}")
    run: dict[str, Any] = response.json()
    return run


def _follow(console: Console, api: httpx.Client, run: dict[str, Any]) -> dict[str, Any]:
    columns = (SpinnerColumn(), TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("waiting", total=len(STEPS))
        for event, data in _events(api, run["links"]["events"]):
            progress.update(bar, description=STEPS.get(event, event), advance=1)
            detail = ", ".join(f"{name} {_brief(value)}" for name, value in data.items() if name not in UNTOLD)
            progress.console.print(f"  [green]✓[/] {STEPS.get(event, event):<24} [dim]{detail}[/]")
    ended: dict[str, Any] = api.get(run["links"]["self"]).json()
    return ended


def _brief(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _events(api: httpx.Client, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with api.stream("GET", address, headers={"Accept": "text/event-stream"}) as response:
        kind = ""
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


def _show(console: Console, api: httpx.Client, run: dict[str, Any]) -> None:
    result = run["result"] or {}
    if "code" in result:
        console.print()
        console.print(Syntax(result["code"], "python", theme="ansi_dark", background_color="default"))
        for assumption in result["assumptions"]:
            console.print(f"  [yellow]assumed[/] {assumption}")
    execution = result.get("execution")
    if execution and execution["metrics"]:
        console.print()
        console.print(_table(execution))
        console.print(Text(beside_holding(execution["metrics"]), "bold"))
        console.print("What was checked:")
        for passed, sentence in checks_of(execution):
            console.print(Text.assemble("  ", MARKS[passed], " ", sentence))
        for warning in execution["warnings"]:
            console.print(f"  [yellow]{warning['code']}[/] {warning['message']}")
        page = settings.DATA_DIR / "reports" / f"{execution['id']}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(api.get(run["links"]["report"]).raise_for_status().content)
        console.print(f"Report     {_short(page)}")
    console.print("Go on      make serve   (the strategy and its history are kept)")


def _talk(console: Console, api: httpx.Client, strategy: str) -> None:
    """Say three turns about the strategy, and show what answers them."""
    conversation = api.post("/api/conversations/", json={"strategy": strategy}).raise_for_status().json()
    address = f"/api/conversations/{conversation['id']}/messages/"
    for turn in TURNS:
        console.print(Panel(turn, border_style="blue"))
        answer = api.post(address, json={"content": turn}, headers={"Prefer": "wait=30"}).raise_for_status().json()
        for message in answer.get("results", []):
            if message["message_type"] not in ("code", "backtest_replay"):
                console.print(Text(message["content"]))


def _table(execution: dict[str, Any]) -> Table:
    dates = f"{execution['first_bar_at'][:10]} to {execution['last_bar_at'][:10]}"
    title = f"{execution['symbol']} {execution['interval']}, {dates}, {execution['source']}"
    table = Table(title=title, title_justify="left", show_header=False)
    for name, label, shape in METRICS:
        value = execution["metrics"][name]
        table.add_row(label, "–" if value is None else shape.format(value))
    broker = execution["broker"]
    table.add_row("Broker", f"cash {broker['cash']:,.0f}, commission {broker['commission']:.2%}, next-open fills")
    return table


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
