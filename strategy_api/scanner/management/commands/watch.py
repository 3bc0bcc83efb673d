"""The scanner's table, live in a terminal."""

import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.live import Live
from rich.table import Table

from strategy_api.accounts.local_token import LOCAL_USER
from strategy_api.runs import topic_types
from strategy_api.scanner import configs
from strategy_api.scanner.models import AgentConfig

SECONDS = 1.0
COLORS = {"strong_buy": "bold green", "buy": "green", "neutral": "", "sell": "red", "strong_sell": "bold red"}


class Command(BaseCommand):
    """Show what the agent says of each market, as it says it; Ctrl-C ends."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", default=LOCAL_USER, help="whose agent")
        parser.add_argument("--on", action="store_true", help="switch the agent on first")
        parser.add_argument("--once", action="store_true", help="show it once and end")

    def handle(self, *_: Any, user: str, on: bool, once: bool, **__: Any) -> None:
        """Draw until told to stop."""
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user called {user!r}; start the server once (make serve).")
        if on:
            configs.toggle(owner=owner, enabled=True, by=owner)
        console = Console()
        if once:
            console.print(_table(configs.config_of(owner)))
            return
        try:
            with Live(console=console, auto_refresh=False) as live:
                while True:
                    live.update(_table(configs.config_of(owner)), refresh=True)
                    time.sleep(SECONDS)
        except KeyboardInterrupt:
            return


def _table(config: AgentConfig) -> Table:
    switched = "on" if config.enabled else "off: manage.py watch --on"
    at = f"{config.last_scan_at:%H:%M:%S}" if config.last_scan_at else "never"
    title = f"Agent {switched} · {config.feed.upper()} · last scan {at} UTC"
    table = Table(title=title, caption="Closed bars only. A score is an opinion of factors, not a forecast.")
    for column in (
        "symbol",
        "interval",
        "price",
        "score",
        "label",
        "bar",
        "age",
        "what says so",
        "what would change it",
    ):
        table.add_column(column, justify="right" if column in ("price", "score", "age") else "left")
    topic = configs.topic_of(config.owner_id)
    for state in sorted(topic_types.states_after_each([(topic, 0)])[topic, 0], key=lambda one: one.key):
        row = state.data
        flip = next(iter(row["flips"]), None)
        strongest = max(row["contributions"], key=lambda part: abs(part["points"]))
        table.add_row(
            row["symbol"],
            row["interval"],
            f"{row['price']:,.2f}",
            f"{row['score']:+.2f}",
            f"[{COLORS[row['label']]}]{row['label']}[/]" if COLORS[row["label"]] else row["label"],
            row["bar_at"].replace("T", " ")[:16],
            _age(row["age_seconds"]),
            strongest["reason"],
            f"{flip['label']} if {flip['factor']} goes from {flip['value']:+.2f} to {flip['needed']:+.2f}"
            if flip
            else "",
        )
    table.caption = f"{table.caption} {timezone.now():%H:%M:%S}"
    return table


def _age(seconds: float) -> str:
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"
