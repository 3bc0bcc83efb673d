"""What can be written after `python -m backtest_engine`."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from backtest_engine.cli import commands
from backtest_engine.domain import BrokerSettings
from backtest_engine.simulation.house import FILLS


def parser_of(description: str) -> argparse.ArgumentParser:
    """Return the parser; what it reads has the command's function as `run`."""
    parser = argparse.ArgumentParser(prog="python -m backtest_engine", description=description)
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    read = subcommands.add_parser("read", help="say how a description is understood")
    read.set_defaults(run=commands.read)
    generate = subcommands.add_parser("generate", help="turn a description into a strategy")
    generate.add_argument("--generator", default="auto")
    generate.add_argument("--name")
    generate.set_defaults(run=commands.generate)
    for command in (read, generate):
        command.add_argument("text", nargs="?", help="the description; - reads standard input")
        command.add_argument(
            "--answer",
            action="append",
            default=[],
            metavar="QUESTION=ANSWER",
            type=_answer,
            help="an option's id or free words, by the question's id",
        )
        command.add_argument("--lines", metavar="FILE", help="JSON Lines with id and text; - reads standard input")

    execute = subcommands.add_parser("execute", help="backtest strategies in the sandbox")
    execute.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_assignment)
    execute.set_defaults(run=commands.execute)
    repair = subcommands.add_parser("repair", help="find out why strategies fail, and repair them")
    repair.add_argument("--intent", help="what the strategy is meant to do, in plain English")
    repair.add_argument("--max-attempts", type=int, default=3, choices=range(1, 6))
    repair.set_defaults(run=commands.repair)
    for command in (execute, repair):
        command.add_argument(
            "files", nargs="+", metavar="FILE", help="strategy modules (.py) or specs (.json); - reads standard input"
        )
        _add_data_options(command)

    indicators = subcommands.add_parser("indicators", help="list the indicators that descriptions can name")
    indicators.set_defaults(run=commands.indicators)
    data = subcommands.add_parser("data", help="list the symbols that need no network")
    _add_sources(data)
    data.set_defaults(run=commands.data)
    check = subcommands.add_parser("sandbox-check", help="test every isolation layer of the sandbox")
    check.set_defaults(run=commands.check_sandbox)
    for command in subcommands.choices.values():
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _add_data_options(command: argparse.ArgumentParser) -> None:
    defaults = BrokerSettings()
    command.add_argument("--symbol", default="GOOG")
    command.add_argument("--start", type=_day, help="first day, as in 2010-01-31")
    command.add_argument("--end", type=_day, help="last day, included")
    command.add_argument("--interval", help="as in 1d, 1h, 15m")
    _add_sources(command)
    command.add_argument("--cash", type=float, default=defaults.cash)
    command.add_argument("--commission", type=float, default=defaults.commission, help="a fraction: 0.002 is 0.2 %%")
    command.add_argument("--spread", type=float, default=defaults.spread, help="a fraction of the price")
    command.add_argument("--margin", type=float, default=defaults.margin, help="0.5 lends as much as the account holds")
    command.add_argument("--fills", default=defaults.fills, choices=FILLS, help="rules by which orders are filled")
    command.add_argument(
        "--fractional",
        nargs="?",
        const="true",
        default="auto",
        choices=("auto", "true", "false"),
        help="trade parts of a unit; auto: where the market does",
    )
    command.add_argument("--trade-on-close", action="store_true", help="fill market orders at the close they are given")
    command.add_argument(
        "--exclusive-orders", action="store_true", help="each order cancels and closes what was before"
    )
    command.add_argument("--hedging", action="store_true", help="hold long and short trades at the same time")


def _add_sources(command: argparse.ArgumentParser) -> None:
    command.add_argument("--csv-dir", type=Path, help="a folder of CSV files to serve too")
    command.add_argument("--yahoo", action="store_true", help="ask Yahoo Finance too")
    command.add_argument("--ccxt", metavar="EXCHANGE", help="ask a crypto exchange too, as in binance")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2010-01-31") from None


def _answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not QUESTION=ANSWER")
    return name, value


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
