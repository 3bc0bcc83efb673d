"""The engine's own front door: the same engine as the service, on files and pipes.

Exit status: 0 when everything succeeded, 1 when something did not, 2 for wrong usage.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import AlgoAgentError, DescriptionRefused, NeedsClarification, RequestError, StrategyError
from backtest_engine.simulation.house import FILLS

SUCCEEDED, FAILED, WRONG_USAGE = 0, 1, 2

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Where text comes from and goes to."""

    reads: IO[str]
    writes: IO[str]
    complains: IO[str]

    def say(self, text: str) -> None:
        """Write one line."""
        self.writes.write(text + "\n")
        self.writes.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    terminal = Terminal(reads=sys.stdin, writes=sys.stdout, complains=sys.stderr)
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.command == "generate" and bool(asked.text) == bool(asked.lines):
        parser.error("generate takes a description (or - for standard input), or --lines FILE")
    try:
        return int(asked.run(asked, terminal))
    except BrokenPipeError:  # as when piped into `head`
        return SUCCEEDED
    except OSError as error:
        terminal.complains.write(f"{error.filename or 'error'}: {error.strerror}\n")
        return WRONG_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backtest_engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    generate = commands.add_parser("generate", help="turn a description into a strategy")
    generate.add_argument("text", nargs="?", help="the description; - reads standard input")
    generate.add_argument("--lines", metavar="FILE", help="JSON Lines with id and text; - reads standard input")
    generate.add_argument("--generator", default="auto")
    generate.add_argument("--name")
    generate.set_defaults(run=_generate)

    execute = commands.add_parser("execute", help="backtest strategies in the sandbox")
    execute.add_argument("files", nargs="+", metavar="FILE", help="strategy modules; - reads standard input")
    execute.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_assignment)
    execute.add_argument("--spec", type=Path, metavar="FILE", help="the specification of the strategy, as JSON")
    execute.set_defaults(run=_execute)

    repair = commands.add_parser("repair", help="diagnose and mend strategies")
    repair.add_argument("files", nargs="+", metavar="FILE", help="strategy modules; - reads standard input")
    repair.add_argument("--intent", help="what the strategy is meant to do, in plain English")
    repair.add_argument("--max-attempts", type=int, default=3, choices=range(1, 6))
    repair.set_defaults(run=_repair)

    for command in (execute, repair):
        _add_data_options(command)
    indicators = commands.add_parser("indicators", help="list the indicators that descriptions can name")
    indicators.set_defaults(run=_indicators)
    data = commands.add_parser("data", help="list the symbols that need no network")
    _add_sources(data)
    data.set_defaults(run=_data)
    check = commands.add_parser("sandbox-check", help="try every wall of the sandbox")
    check.set_defaults(run=_sandbox_check)
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _add_data_options(command: argparse.ArgumentParser) -> None:
    defaults = BrokerSettings()
    command.add_argument("--symbol", default="GOOG")
    command.add_argument("--start", type=date.fromisoformat, help="first day, as in 2010-01-31")
    command.add_argument("--end", type=date.fromisoformat, help="last day, included")
    command.add_argument("--interval", help="as in 1d, 1h, 15m")
    _add_sources(command)
    command.add_argument("--cash", type=float, default=defaults.cash)
    command.add_argument("--commission", type=float, default=defaults.commission)
    command.add_argument("--spread", type=float, default=defaults.spread)
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


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _generate(asked: argparse.Namespace, terminal: Terminal) -> int:
    from backtest_engine.generate.offline import OfflineGenerator

    generators = {"offline": OfflineGenerator()}
    name = next(iter(generators)) if asked.generator == "auto" else asked.generator

    def write(text: str) -> Answer:
        if name not in generators:
            raise RequestError(f"There is no generator {name!r}.", hint=f"Available: auto, {', '.join(generators)}.")
        draft = generators[name].generate(text, name=asked.name)
        return {
            "name": draft.name,
            "code": draft.code,
            "spec": draft.spec,
            "explanation": draft.explanation,
            "assumptions": list(draft.assumptions),
            "warnings": [notice.as_dict() for notice in draft.warnings],
        }

    items = _described_lines(asked.lines, terminal) if asked.lines else [(None, _text(asked.text, terminal))]
    return _answer_all(items, write, asked, terminal, show=_show_strategy)


def _described_lines(file: str, terminal: Terminal) -> Iterator[tuple[Any, str]]:
    text = terminal.reads.read() if file == "-" else Path(file).read_text()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield row["id"], str(row["text"])
        except (ValueError, KeyError, TypeError):
            raise OSError(0, f"line {number} is not a JSON object with id and text", file) from None


def _execute(asked: argparse.Namespace, terminal: Terminal) -> int:
    with _engine(asked) as engine:

        def backtest(code: str) -> Answer:
            spec = _specification(asked.spec) if asked.spec else None
            result = engine.execute(
                code,
                dataset=_dataset(asked, engine, code, spec),
                broker=_broker(asked),
                parameters=dict(asked.parameter),
                spec=spec,
            )
            return {"code": code, **_shown_result(result)}

        return _answer_all(_sources(asked.files, terminal), backtest, asked, terminal, show=_show_result)


def _repair(asked: argparse.Namespace, terminal: Terminal) -> int:
    with _engine(asked) as engine:

        def mend(code: str) -> Answer:
            repair = engine.repair(
                code,
                dataset=_dataset(asked, engine, code),
                broker=_broker(asked),
                intent=asked.intent,
                max_attempts=asked.max_attempts,
            )
            answer = {"code": repair.code, **repair.as_dict()}
            if repair.result is None:
                error = repair.error or StrategyError("The strategy could not be mended.", code="not_mended")
                return answer | {"status": "failed", "error": error.as_dict()}
            return answer | _shown_result(repair.result)

        return _answer_all(_sources(asked.files, terminal), mend, asked, terminal, show=_show_repair)


def _indicators(asked: argparse.Namespace, terminal: Terminal) -> int:
    from backtest_engine.indicators import REGISTRY

    for indicator in REGISTRY.values():
        row = {
            field.name: getattr(indicator, field.name)
            for field in fields(indicator)
            if field.name in ("name", "title", "aliases", "inputs", "outputs", "overlay", "source")
        }
        row["parameters"] = [vars(parameter) for parameter in indicator.parameters]
        defaults = ", ".join(f"{name}={value}" for name, value in indicator.defaults().items())
        terminal.say(_json(row) if asked.json else f"{indicator.name}({defaults})  {indicator.title}")
    return SUCCEEDED


def _data(asked: argparse.Namespace, terminal: Terminal) -> int:
    for listing in _catalog(asked).symbols():
        row = {name: _plain(value) for name, value in vars(listing).items()}
        terminal.say(_json(row) if asked.json else "  ".join(str(value) for value in row.values()))
    return SUCCEEDED


def _sandbox_check(asked: argparse.Namespace, terminal: Terminal) -> int:
    from backtest_engine.sandbox.selftest import sandbox_check

    report = sandbox_check()
    if asked.json:
        terminal.say(_json(report.as_dict()))
    else:
        for name, wall in report.as_dict()["walls"].items():
            terminal.say(f"{'stands ' if wall['stands'] else 'MISSING'}  {name:<10} {wall['stops']}")
        for line in (*report.problems, *report.notes):
            terminal.say(f"  ! {line}")
        verdict = "Strategies are run." if report.available else "Strategies are not run."
        terminal.say(f"{report.attempts} ways out tried in {report.seconds:.1f} s. {verdict}")
    return SUCCEEDED if report.available else FAILED


def _sources(files: Sequence[str], terminal: Terminal) -> Iterator[tuple[str, str]]:
    for file in files:
        yield file, terminal.reads.read() if file == "-" else Path(file).read_text(errors="surrogateescape")


def _text(text: str, terminal: Terminal) -> str:
    return terminal.reads.read() if text == "-" else text


@contextmanager
def _engine(asked: argparse.Namespace) -> Iterator[Any]:
    from backtest_engine.engine import Engine
    from backtest_engine.executor import SandboxedExecutor
    from backtest_engine.generate.offline import OfflineGenerator

    with closing(SandboxedExecutor()) as executor:
        yield Engine(generators={"offline": OfflineGenerator()}, data=_catalog(asked), executor=executor)


def _catalog(asked: argparse.Namespace) -> Any:
    from backtest_engine.data import Catalog, CcxtExchange, Folder, Remote, Samples, Yahoo

    vendors: list[Any] = [Yahoo()] if asked.yahoo else []
    vendors += [CcxtExchange(asked.ccxt)] if asked.ccxt else []
    folder = [Folder(asked.csv_dir)] if asked.csv_dir else []
    return Catalog([*folder, *(Remote(vendor, now=lambda: datetime.now(UTC)) for vendor in vendors), Samples()])


def _specification(file: Path) -> Any:
    """Return a specification as a file holds it, alone or in what `generate --json` printed."""
    from backtest_engine.spec import StrategySpec

    try:
        read = json.loads(file.read_text())
        return StrategySpec.model_validate(read.get("spec") or read).as_json()
    except (ValueError, AttributeError) as error:
        raise RequestError(f"{file} holds no specification: {error}"[:500]) from None


def _dataset(asked: argparse.Namespace, engine: Any, code: str, spec: Any = None) -> Dataset:
    dataset: Dataset = engine.load(
        asked.symbol,
        start=datetime.combine(asked.start, time.min, UTC) if asked.start else None,
        end=datetime.combine(asked.end, time.max, UTC) if asked.end else None,
        interval=asked.interval,
        code=code,
        spec=spec,
    )
    return dataset


def _broker(asked: argparse.Namespace) -> BrokerSettings:
    stated = {setting.name: getattr(asked, setting.name) for setting in fields(BrokerSettings)}
    fractional = {"true": True, "false": False}.get(asked.fractional, asked.fractional)
    return BrokerSettings(**stated | {"fractional": fractional})


def _shown_result(result: BacktestResult) -> Answer:
    dataset = result.dataset
    return {
        "metrics": dict(result.metrics),
        "trades": [asdict(trade) for trade in result.trades],
        "warnings": [notice.as_dict() for notice in result.notices],
        "verified": result.verified,
        "dataset": {
            "symbol": dataset.symbol,
            "interval": dataset.interval,
            "source": dataset.source,
            "bars": len(dataset) - dataset.warm_up,
            "warm_up": dataset.warm_up,
            "start": dataset.first_traded,
            "end": dataset.end,
            "fingerprint": dataset.fingerprint,
        },
        "broker": result.broker.as_dict(),
        "orders": result.orders.as_dict(),
        "metrics_notes": dict(result.metrics_notes),
        "parameters": dict(result.parameters),
        "timings": dict(result.timings),
        "versions": dict(result.versions),
    }


def _answer_all(
    items: Any,
    work: Callable[[str], Answer],
    asked: argparse.Namespace,
    terminal: Terminal,
    *,
    show: Callable[[Answer], str],
) -> int:
    """Answer each item, whatever becomes of the others; return the exit status."""
    status = SUCCEEDED
    for key, text in items:
        answer = _answer(key, text, work)
        if answer["status"] != "succeeded":
            status = FAILED
        terminal.say(_json(answer) if asked.json else show(answer))
    return status


def _answer(key: Any, text: str, work: Callable[[str], Answer]) -> Answer:
    answer: Answer = {"status": "succeeded", "metrics": None, "trades": [], "error": None, "warnings": [], "code": None}
    answer |= {"spec": None, "assumptions": [], "questions": [], "attempts": []}
    if key is not None:
        answer["id"] = key
    try:
        answer |= work(text)
    except AlgoAgentError as error:
        refused = isinstance(error, DescriptionRefused | NeedsClarification)
        answer |= {"status": "refused" if refused else "failed", "error": error.as_dict()}
        answer["questions"] = list(error.details.get("questions", []))
    return answer


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """Return the value as strict JSON has it: no NaN, no infinity, ISO times."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | bool | None) else str(value)


def _show_strategy(answer: Answer) -> str:
    if answer["error"]:
        return _show_error(answer)
    lines = [f"# {answer['explanation']}"] if answer.get("explanation") else []
    lines += [f"# assumed: {assumption}" for assumption in answer["assumptions"]]
    return "\n".join([*lines, "", str(answer["code"])])


def _show_result(answer: Answer) -> str:
    if answer["error"]:
        return _show_error(answer)
    dataset, broker = answer["dataset"], answer["broker"]
    head = f"{dataset['symbol']} {dataset['interval']}, {dataset['bars']} bars, {dataset['source']}; "
    head += f"cash {broker['cash']:,.0f}, commission {broker['commission']:.2%}, spread {broker['spread']:.2%}, "
    head += f"{broker['fills']} fills, sizes in steps of {answer['orders']['unit']:.8g}"
    rows = [f"  {name:<32}{_number(value)}" for name, value in answer["metrics"].items()]
    warnings = [f"  ! {warning['code']}: {warning['message']}" for warning in answer["warnings"]]
    return "\n".join([*([str(answer["id"])] if "id" in answer else []), head, *rows, *warnings])


def _show_repair(answer: Answer) -> str:
    tried = [f"  {row['how']}: {row['outcome']} – {row['reason']}" for row in answer["attempts"]]
    return "\n".join([*tried, str(answer["code"] or ""), _show_result(answer)])


def _show_error(answer: Answer) -> str:
    error = answer["error"]
    where = f" (line {error['line']})" if error.get("line") else ""
    lines = [f"{answer['status']}: {error['code']}{where}: {error['message']}"]
    if error.get("hint"):
        lines.append(f"  hint: {error['hint']}")
    lines += [f"  question: {question}" for question in answer["questions"]]
    return "\n".join(lines)


def _number(value: Any) -> str:
    return f"{value:,.4f}" if isinstance(value, float) else str("–" if value is None else value)
