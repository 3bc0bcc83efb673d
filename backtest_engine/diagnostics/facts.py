"""What a run needs to know of a file before it starts: its strategy, its parameters, how it wants to be run."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import time
from typing import Any, Final

from backtest_engine.diagnostics.declared import parameters_of
from backtest_engine.diagnostics.module_parts import first_line, last_line
from backtest_engine.diagnostics.own_run import OwnRun
from backtest_engine.diagnostics.source import Source

# A longer number in code is no length of an indicator.
LONGEST_LENGTH: Final = 1_000
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a text says of itself; nothing where it is no Python.

    `parameters` are those that the strategy declares, with their defaults, `lengths` whole numbers that may be lengths
    of indicators. `exact_times` and `edge_times` are clock times that something is compared with, as ISO has them.
    `text` is the module without the lines that its strategy does not need, `left_out` (first and last line of each
    part); `runs_itself` tells that these start a backtest, `another_is_meant` that `text` has another last strategy.
    """

    strategy: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    exact_times: tuple[str, ...] = ()
    edge_times: tuple[str, ...] = ()
    own_run: OwnRun | None = None
    text: str = ""
    left_out: tuple[tuple[int, int], ...] = ()
    runs_itself: bool = False
    another_is_meant: bool = False

    def leaves_out(self, line: int | None) -> bool:
        """Whether a line belongs to a statement that the strategy does not need."""
        return line is not None and any(first <= line <= last for first, last in self.left_out)


def found_in(code: str) -> dict[str, Any]:
    """Return the facts as JSON has them."""
    source = Source(code)
    strategy = next(iter(source.lineage), None)
    parameters = parameters_of(source)
    exact, edges = _clock_times(source)
    parts = source.parts
    facts = Facts(
        strategy=strategy.name if strategy else None,
        parameters=parameters,
        lengths=tuple(dict.fromkeys(_lengths(parameters, strategy))),
        exact_times=tuple(sorted(clock.isoformat() for clock in exact)),
        edge_times=tuple(sorted(clock.isoformat() for clock in edges)),
        own_run=source.own_run,
        text=parts.text(code),
        left_out=tuple((first_line(item), last_line(item)) for item in parts.left_out),
        runs_itself=parts.runs_itself,
        another_is_meant=bool(source.leaves) and source.strategy is not source.leaves[-1],
    )
    return asdict(facts)


def facts_from(found: Mapping[str, Any]) -> Facts:
    """Return the facts that JSON holds."""
    own = _own_run(found["own_run"])
    lists = {name: tuple(found[name]) for name in ("lengths", "exact_times", "edge_times")}
    return Facts(
        **{
            **found,
            **lists,
            "own_run": own,
            "left_out": tuple((first, last) for first, last in found["left_out"]),
        }
    )


def _own_run(found: Mapping[str, Any] | None) -> OwnRun | None:
    if found is None:
        return None
    plain = {
        name: {key: tuple(value) if isinstance(value, list) else value for key, value in found[name].items()}
        for name in ("settings", "parameters")
    }
    return OwnRun(**{**found, **plain, "others": tuple(found["others"])})


def _lengths(parameters: Mapping[str, Any], strategy: ast.ClassDef | None) -> Iterator[int]:
    """Yield the whole numbers that may be lengths: those of parameters, and those written in `init`."""
    yield from filter(_may_be_length, parameters.values())
    for node in strategy.body if strategy is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == "init":
            constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            yield from (value for value in constants if _may_be_length(value))  # type: ignore[misc]


def _may_be_length(value: Any) -> bool:
    return type(value) is int and 1 < value <= LONGEST_LENGTH


def _clock_times(source: Source) -> tuple[set[time], set[time]]:
    """Return the clock times that code compares something with, such as "09:30" or `time(9, 30)`."""
    exact: set[time] = set()
    edges: set[time] = set()
    for node in ast.walk(source.tree) if source.tree is not None else ():
        if not isinstance(node, ast.Compare):
            continue
        named = list(_named(node))
        pinned = len(named) > len(set(named)) or all(isinstance(operator, ast.Eq) for operator in node.ops)
        (exact if pinned else edges).update(named)
    return exact, edges


def _named(node: ast.Compare) -> Iterator[time]:
    for part in (node.left, *node.comparators):
        match part:
            case ast.Constant(value=str(text)):
                found = _CLOCK.fullmatch(text)
                if found is not None:
                    hours, minutes, seconds = (int(number or 0) for number in found.groups())
                    yield time(hours, minutes, seconds)
            case ast.Call(func=ast.Name(id="time") | ast.Attribute(attr="time"), args=[_, *_] as numbers):
                values = [number.value for number in numbers if isinstance(number, ast.Constant)]
                if len(values) == len(numbers) and all(type(value) is int for value in values):
                    try:
                        yield time(*values)  # type: ignore[arg-type]
                    except (ValueError, TypeError, OverflowError):
                        continue
