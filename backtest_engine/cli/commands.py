"""What the commands do: each answers every input, whatever became of the others, and returns the exit status."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from backtest_engine.cli.answers import Answer, answer_of, as_json, of_draft, of_result, spec_of
from backtest_engine.cli.terminal import Terminal
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import RequestError, UnknownSymbol

SUCCEEDED, FAILED, WRONG_USAGE = 0, 1, 2

Show = Callable[[Answer, Terminal], None]


def read(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Say how descriptions are understood."""
    from backtest_engine.cli.layout import show_reading
    from backtest_engine.generate.offline import OfflineGenerator

    reader = OfflineGenerator()

    def understand(text: str) -> Answer:
        return of_draft(reader.generate(text)) | {"code": None}

    return _answer_all(_descriptions(asked, terminal), understand, asked, terminal, show_reading)


def generate(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Turn descriptions into strategies."""
    from backtest_engine.cli.layout import show_strategy
    from backtest_engine.generate.offline import OfflineGenerator

    generators = {"offline": OfflineGenerator()}
    name = next(iter(generators)) if asked.generator == "auto" else asked.generator

    def write(text: str) -> Answer:
        if name not in generators:
            raise RequestError(f"There is no generator {name!r}.", hint=f"Available: auto, {', '.join(generators)}.")
        return of_draft(generators[name].generate(text, name=asked.name))

    return _answer_all(_descriptions(asked, terminal), write, asked, terminal, show_strategy)


def execute(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Backtest strategies."""
    from backtest_engine.cli.layout import show_result

    with _engine(asked) as engine:

        def backtest(file: str) -> Answer:
            strategy = _strategy(file, terminal)
            result = engine.execute(
                strategy["code"],
                dataset=_dataset(asked, engine, strategy),
                broker=_broker(asked),
                parameters=dict(asked.parameter),
                spec=strategy["spec"],
                path=asked.path,
            )
            return strategy | of_result(result) | {"evidence": _evidence(strategy, result, engine)}

        return _answer_all(((file, file) for file in asked.files), backtest, asked, terminal, show_result)


def _evidence(strategy: Answer, result: BacktestResult, engine: Any) -> dict[str, Any]:
    """Return what a result is worth; for a specification with what takes research, where there is time for it."""
    from backtest_engine.research.assessment import assessed, fits, researched
    from backtest_engine.research.evaluators import evaluator_of

    found = None
    if strategy["spec"] is not None:
        evaluator = evaluator_of(
            strategy["code"], spec=strategy["spec"], broker=result.broker, executor=engine.executor
        )
        found = researched(result, evaluator) if fits(evaluator, result) else None
    return assessed(result, found=found).as_dict()


def repair(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Repair strategies."""
    from backtest_engine.cli.layout import show_repair

    with _engine(asked) as engine:

        def repaired(file: str) -> Answer:
            strategy = _strategy(file, terminal)
            done = engine.repair(
                strategy["code"],
                dataset=_dataset(asked, engine, strategy),
                broker=_broker(asked),
                intent=asked.intent,
                spec=strategy["spec"],
                max_attempts=asked.max_attempts,
            )
            answer = {**strategy, "code": done.code, **done.as_dict()}
            if done.result is None:
                return answer | {"status": "failed"}
            return answer | of_result(done.result)

        return _answer_all(((file, file) for file in asked.files), repaired, asked, terminal, show_repair)


def indicators(asked: argparse.Namespace, terminal: Terminal) -> int:
    """List the indicators."""
    from backtest_engine.cli.layout import show_indicators
    from backtest_engine.indicators import REGISTRY

    shown = ("name", "title", "aliases", "inputs", "outputs", "overlay", "source")
    rows = [
        {name: getattr(indicator, name) for name in shown}
        | {"parameters": [vars(parameter) for parameter in indicator.parameters]}
        for indicator in REGISTRY.values()
    ]
    return _list_all(rows, asked, terminal, show_indicators)


def data(asked: argparse.Namespace, terminal: Terminal) -> int:
    """List the symbols."""
    from backtest_engine.cli.layout import show_data

    rows = [dict(listing.as_dict()) for listing in _catalog(asked).symbols()]
    return _list_all(rows, asked, terminal, show_data)


def check_sandbox(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Test the sandbox."""
    from backtest_engine.cli.layout import show_sandbox
    from backtest_engine.sandbox.selftest import sandbox_check

    report = sandbox_check()
    _list_all([report.as_dict()], asked, terminal, lambda rows, terminal: show_sandbox(rows[0], terminal))
    return SUCCEEDED if report.available else FAILED


def _answer_all(
    inputs: Iterable[tuple[Any, str | RequestError]],
    work: Callable[[str], Answer],
    asked: argparse.Namespace,
    terminal: Terminal,
    show: Show,
) -> int:
    status = SUCCEEDED
    for key, given in inputs:
        answer = answer_of(work, given, key=key)
        if answer["status"] != "succeeded":
            status = FAILED
        if asked.json:
            terminal.say(as_json(answer))
        else:
            show(answer, terminal)
    return status


def _list_all(
    rows: list[dict[str, Any]],
    asked: argparse.Namespace,
    terminal: Terminal,
    show: Callable[[list[dict[str, Any]], Terminal], None],
) -> int:
    if not asked.json:
        show(rows, terminal)
        return SUCCEEDED
    for row in rows:
        terminal.say(as_json(row))
    return SUCCEEDED


def _descriptions(asked: argparse.Namespace, terminal: Terminal) -> Iterator[tuple[Any, str | RequestError]]:
    if not asked.lines:
        yield None, terminal.reads.read() if asked.text == "-" else asked.text
        return
    text = terminal.reads.read() if asked.lines == "-" else Path(asked.lines).read_text()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key, described = row["id"], str(row["text"])
        except (ValueError, KeyError, TypeError):
            yield None, RequestError(f"Line {number} is not a JSON object with id and text.", code="invalid_line")
        else:
            yield key, described


def _strategy(file: str, terminal: Terminal) -> Answer:
    """Return a file's code, and its specification where the file is one."""
    from backtest_engine.compiler import compile_spec

    try:
        text = terminal.reads.read() if file == "-" else Path(file).read_text(errors="surrogateescape")
    except OSError as error:
        raise RequestError(f"The file cannot be read: {error.strerror}.", code="unreadable_file") from None
    if not file.endswith(".json"):
        return {"code": text, "spec": None}
    spec = spec_of(text)
    return {"code": compile_spec(spec, name=Path(file).stem), "spec": spec.as_json()}


@contextmanager
def _engine(asked: argparse.Namespace) -> Iterator[Any]:
    from backtest_engine.engine import Engine
    from backtest_engine.executor import SandboxedExecutor
    from backtest_engine.generate.offline import OfflineGenerator
    from backtest_engine.paths import FastPath

    with closing(SandboxedExecutor()) as executor:
        fast_path = FastPath(cache_folder=Path.home() / ".cache" / "algoagent" / "kernel")
        generators = {"offline": OfflineGenerator()}
        yield Engine(generators=generators, data=_catalog(asked), executor=executor, fast_path=fast_path)


def _catalog(asked: argparse.Namespace) -> Any:
    from backtest_engine.data import Catalog, CcxtExchange, Folder, Remote, Samples, Yahoo

    vendors: list[Any] = [Yahoo()] if asked.yahoo else []
    vendors += [CcxtExchange(asked.ccxt)] if asked.ccxt else []
    folder = [Folder(asked.csv_dir)] if asked.csv_dir else []
    return Catalog([*folder, *(Remote(vendor, now=lambda: datetime.now(UTC)) for vendor in vendors), Samples()])


def _dataset(asked: argparse.Namespace, engine: Any, strategy: Answer) -> Dataset:
    try:
        dataset: Dataset = engine.load(
            asked.symbol,
            start=datetime.combine(asked.start, time.min, UTC) if asked.start else None,
            end=datetime.combine(asked.end, time.max, UTC) if asked.end else None,
            interval=asked.interval,
            code=strategy["code"],
            spec=strategy["spec"],
        )
    except UnknownSymbol as error:
        if not (asked.yahoo or asked.ccxt or asked.csv_dir):
            more = "--yahoo, --ccxt EXCHANGE and --csv-dir FOLDER bring other markets."
            error.hint = f"{error.hint} {more}" if error.hint else more
        raise
    return dataset


def _broker(asked: argparse.Namespace) -> BrokerSettings:
    stated = {setting.name: getattr(asked, setting.name) for setting in fields(BrokerSettings)}
    fractional = {"true": True, "false": False}.get(asked.fractional, asked.fractional)
    return BrokerSettings(**stated | {"fractional": fractional})
