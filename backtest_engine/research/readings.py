"""Every reasonable reading of one sentence: what it does not say, said each way.

An axis is one thing that the sentence leaves open. The readings are all combinations of their options, the one that
was used among them.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.errors import RequestError, StrategyError
from backtest_engine.language import explain
from backtest_engine.ports import CancelSignal, Executor
from backtest_engine.research.candidates import Candidate, candidate_of, failed
from backtest_engine.research.evaluators import evaluator_of
from backtest_engine.spec import StrategySpec

MOST_READINGS = 256
# Indicators that people call by one name, and what tells them apart.
DEFINITIONS = {
    "rsi": ("cutler_rsi", "Wilder's averages", "simple averages", r"wilder|cutler|simple rsi"),
    "sma": ("ema", "simple moving averages", "exponential moving averages", r"\bsma\b|\bsimple\b|\bema\b|exponential"),
}
_RELATIONS = {"above": ">", "below": "<"}
_DIRECTIONS = {">": "above", ">=": "above", "<": "below", "<=": "below"}

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """One reading: a specification and how its orders are filled. `choices` says which option of each axis it takes."""

    spec: StrategySpec
    broker: BrokerSettings
    choices: dict[str, str]
    used: bool = False

    @property
    def sentence(self) -> str:
        """Return the reading in words."""
        more = "; ".join(f"{axis}: {option}" for axis, option in self.choices.items())
        return f"{explain(self.spec)} ({more})" if more else explain(self.spec)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that the sentence leaves open: what was used, the other option, and how to get to it."""

    name: str
    used: str
    other: str
    change: Callable[[Json, BrokerSettings], tuple[Json, BrokerSettings]]


def readings_of(spec: StrategySpec, broker: BrokerSettings, *, description: str) -> list[Reading]:
    """Return the readings, the used one first; at most 256."""
    axes = [axis for axis in _axes(spec, broker, description.casefold()) if axis is not None][:8]
    found: list[Reading] = []
    for switched in itertools.product((False, True), repeat=len(axes)):
        document, settings = spec.as_json(), broker
        choices = {}
        for axis, other in zip(axes, switched, strict=True):
            choices[axis.name] = axis.other if other else axis.used
            if other:
                document, settings = axis.change(document, settings)
        try:
            read = StrategySpec.model_validate(document)
        except ValueError:
            # Two options that contradict each other are no reading.
            continue
        found.append(Reading(spec=read, broker=settings, choices=choices, used=not any(switched)))
    return found[:MOST_READINGS]


def evaluated(
    readings: Sequence[Reading], dataset: Dataset, *, executor: Executor, cancelled: CancelSignal | None = None
) -> Iterator[Candidate]:
    """Yield what each reading gives; `parameters` are its choices."""
    for reading in readings:
        code = compile_spec(reading.spec, name="Reading")
        evaluator = evaluator_of(code, spec=reading.spec, broker=reading.broker, executor=executor)
        try:
            result = evaluator.result(dataset, parameters={}, broker=reading.broker)
        except StrategyError as error:
            yield failed(error, parameters=reading.choices)
        else:
            yield candidate_of(result, parameters=reading.choices)


def summary(readings: Sequence[Reading], found: Sequence[Candidate]) -> Json:
    """Return each reading with its figures, the range over all, and where the used one stands in it."""
    rows = [
        {
            "sentence": reading.sentence,
            "choices": reading.choices,
            "used": reading.used,
            **{name: candidate.metrics.get(name) for name in ("return_pct", "sharpe_ratio", "max_drawdown_pct")},
            "trade_count": candidate.metrics.get("trades"),
            "error": candidate.error,
        }
        for reading, candidate in zip(readings, found, strict=True)
    ]
    known = [found_return for row in rows if isinstance(found_return := row["return_pct"], float)]
    used = next((row["return_pct"] for row in rows if row["used"]), None)
    low, high = (min(known), max(known)) if known else (None, None)
    said = f"{len(rows)} readings of the sentence"
    if low is not None and high is not None:
        said += f" return {low:+.1f} % to {high:+.1f} %"
    said += f"; the one that was used {used:+.1f} %." if used is not None else "."
    return {
        "readings": rows,
        "range": {"lowest_return_pct": low, "highest_return_pct": high, "used_return_pct": used},
        "sentence": said,
    }


def require_sentence(spec: Any, description: str) -> None:
    """Raise a `RequestError` where there is no sentence to read otherwise."""
    if spec is None or not description.strip():
        raise RequestError(
            "Only a strategy with a description that was read by rules has other readings.", code="no_description"
        )


def _axes(spec: StrategySpec, broker: BrokerSettings, text: str) -> Iterator[Axis | None]:
    yield from (_definition(spec, text, name) for name in DEFINITIONS)
    yield _relation(spec, text)
    yield _ending(spec, text)
    yield _fill(broker, text)
    yield _sizing(spec, text)


def _definition(spec: StrategySpec, text: str, name: str) -> Axis | None:
    other, used, changed, said = DEFINITIONS[name]
    if f'"{name}"' not in spec.model_dump_json() or re.search(said, text):
        return None

    def change(document: Json, settings: BrokerSettings) -> tuple[Json, BrokerSettings]:
        def renamed(part: Json) -> Json:
            same = part.get("kind") == "indicator" and part.get("name") == name
            return {**part, "name": other} if same else part

        return _mapped(document, renamed), settings

    return Axis(name=name.upper(), used=used, other=changed, change=change)


def _relation(spec: StrategySpec, text: str) -> Axis | None:
    """Level or cross, where the words do not say that something crosses."""
    kinds = {part["kind"] for part in _parts(spec.as_json()) if part.get("kind") in ("compare", "cross")}
    if len(kinds) != 1 or re.search(r"\bcross", text):
        return None
    level = kinds == {"compare"}

    def change(document: Json, settings: BrokerSettings) -> tuple[Json, BrokerSettings]:
        return _mapped(document, _as_cross if level else _as_level), settings

    names = ("on every bar where it holds", "on the bar where it begins to hold")
    used, other = names if level else names[::-1]
    return Axis(name="conditions", used=used, other=other, change=change)


def _as_cross(part: Json) -> Json:
    if part.get("kind") != "compare" or part.get("relation") not in _DIRECTIONS:
        return part
    direction = _DIRECTIONS[part["relation"]]
    return {"kind": "cross", "left": part["left"], "direction": direction, "right": part["right"]}


def _as_level(part: Json) -> Json:
    if part.get("kind") != "cross":
        return part
    return {
        "kind": "compare",
        "left": part["left"],
        "relation": _RELATIONS[part["direction"]],
        "right": part["right"],
    }


def _ending(spec: StrategySpec, text: str) -> Axis | None:
    """Whether `sell` ends the position or turns it round, where the words do not say."""
    if re.search(r"\bshort|\breverse|\bflip|\blong only|\bonly long|\bexit|\bclose the|\bclose my", text):
        return None
    if spec.long is None or spec.long.exit is None or spec.short is not None:
        return None

    def change(document: Json, settings: BrokerSettings) -> tuple[Json, BrokerSettings]:
        long = document["long"]
        mirrored = {key: value for key, value in long.items() if key not in ("stop_loss", "take_profit")}
        short = {**mirrored, "entry": long["exit"], "exit": long["entry"], "partial_exits": []}
        turned = {key: value for key, value in long.items() if key != "exit"}
        return {
            **document,
            "long": turned,
            "short": {key: value for key, value in short.items() if key != "exit"},
            "reverse": True,
        }, settings

    return Axis(name="the exit signal", used="closes the position", other="closes it and goes short", change=change)


def _fill(broker: BrokerSettings, text: str) -> Axis | None:
    if re.search(r"\bopen\b|\bat the close|\bon close|\bnext bar", text):
        return None
    names = ("at the next open", "at the close of the signal")
    used, other = names[::-1] if broker.trade_on_close else names

    def change(document: Json, settings: BrokerSettings) -> tuple[Json, BrokerSettings]:
        return document, replace(settings, trade_on_close=not settings.trade_on_close)

    return Axis(name="fills", used=used, other=other, change=change)


def _sizing(spec: StrategySpec, text: str) -> Axis | None:
    """How large, where the words do not say: everything was taken, a tenth is as reasonable."""
    sizing = spec.as_json()["sizing"]
    everything = sizing.get("kind") == "fraction" and sizing.get("fraction") == 1.0
    if not everything or re.search(r"%|percent|\bunits?\b|\bshares?\b|\ball in\b|\$|\bequity\b|\bcapital\b|risk", text):
        return None

    def change(document: Json, settings: BrokerSettings) -> tuple[Json, BrokerSettings]:
        return {**document, "sizing": {**document["sizing"], "fraction": 0.1}}, settings

    return Axis(name="size", used="all of the equity", other="a tenth of the equity", change=change)


def _parts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def _mapped(value: Any, change: Callable[[Json], Json]) -> Any:
    """Return a document with every part changed, the inner ones first."""
    if isinstance(value, dict):
        return change({key: _mapped(inner, change) for key, inner in value.items()})
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return value
