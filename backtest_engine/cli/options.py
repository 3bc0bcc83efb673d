"""What can be written after `python -m backtest_engine`."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from backtest_engine.cli import commands, research, supervised
from backtest_engine.domain import BrokerSettings
from backtest_engine.simulation.house import FILLS

# What a supervision may be allowed to change.
KINDS = ("parameters", "filters", "stops", "sizing", "exits", "sides")


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
        command.add_argument("--lines", metavar="FILE", help="JSON Lines with id and text; - reads standard input")

    execute = subcommands.add_parser("execute", help="backtest strategies in the sandbox")
    execute.add_argument(
        "--path",
        default="auto",
        choices=("auto", "fast", "sandbox"),
        help="how a specification runs: auto plays it where it can",
    )
    execute.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_assignment)
    execute.set_defaults(run=commands.execute)
    repair = subcommands.add_parser("repair", help="find out why strategies fail, and repair them")
    repair.add_argument("--intent", help="what the strategy is meant to do, in plain English")
    repair.add_argument("--max-attempts", type=int, default=3, choices=range(1, 6))
    repair.set_defaults(run=commands.repair)
    supervise = subcommands.add_parser("supervise", help="find what is wrong with strategies, and what is better")
    supervise.add_argument("inputs", nargs="+", metavar="TEXT|FILE", help="descriptions, modules (.py), specs (.json)")
    supervise.add_argument("--objective", help="a metric, or figures to reach, as in 'sharpe_ratio >= 1'")
    supervise.add_argument("--max-iterations", type=int, default=3, choices=range(1, 6))
    supervise.add_argument("--allow", type=_kinds, metavar="KIND,…", help=f"what may be changed: {', '.join(KINDS)}")
    supervise.set_defaults(run=supervised.supervise)
    _add_data_options(supervise)
    studies = _add_studies(subcommands)
    for command in (execute, repair, *studies):
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


def _add_studies(subcommands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands of research; each keeps to the bars before the seal unless told otherwise."""
    optimize = subcommands.add_parser("optimize", help="search for parameters")
    optimize.set_defaults(run=research.optimize)
    walk = subcommands.add_parser("walk-forward", help="search on the past, test on what follows")
    walk.set_defaults(run=research.walk_forward)
    walk.add_argument("--train-bars", type=int)
    walk.add_argument("--test-bars", type=int)
    walk.add_argument("--anchored", action="store_true", help="training begins with the first bar")
    for command in (optimize, walk):
        command.add_argument(
            "--parameter", action="append", default=[], metavar="NAME=1,2,3|FROM:TO:STEP", help="values to try"
        )
        command.add_argument("--method", default="grid", help="grid, random, latin or tpe")
        command.add_argument("--objective", help="a metric; sharpe_ratio unless said otherwise")
        command.add_argument("--constraint", help='as in "trade_count >= 20"')
        command.add_argument("--max-trials", type=int)
    spread = subcommands.add_parser("spread", help="read the sentence of a specification every reasonable way")
    spread.set_defaults(run=research.spread)
    spread.add_argument("--description", help="the sentence: what it says is not varied")
    significance = subcommands.add_parser("significance", help="ask how much of a result is luck")
    significance.set_defaults(run=research.significance)
    evidence = subcommands.add_parser("evidence", help="say what a result is worth, with every check")
    evidence.set_defaults(run=research.evidence)
    evidence.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_assignment)
    found = [optimize, walk, spread, significance, evidence]
    for command in found:
        command.add_argument("--seed", type=int, default=0, help="the same draws again")
        command.add_argument("--all-bars", action="store_true", help="look at the sealed bars too")
    return found


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


def _kinds(text: str) -> str:
    unknown = [kind for kind in text.split(",") if kind not in KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(KINDS)}")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2010-01-31") from None


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
