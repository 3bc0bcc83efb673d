"""Why a specified strategy did not trade: each entry condition on the bars, how often it held and how near it came."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.diagnostics.zero_trades import Condition, measure
from backtest_engine.domain import Dataset
from backtest_engine.language.explain import condition as said_of
from backtest_engine.language.explain import operand
from backtest_engine.spec import Comparison, Cross, Number, StrategySpec
from backtest_engine.spec.evaluate import Reading, holds, readings

_BELOW = {"<", "<="}


def explain_idle_spec(spec: StrategySpec, dataset: Dataset) -> list[Condition]:
    """Return the entry conditions of a specification on the bars, those that never held first."""
    parts = readings(spec, dataset.bars)
    found = [_measured(reading, dataset) for reading in parts if reading.rule.endswith("entry")]
    return sorted([*found, *_together(spec, dataset, parts)], key=lambda item: (item.held > 0, item.held))


def _measured(reading: Reading, dataset: Dataset) -> Condition:
    condition, index = reading.condition, dataset.bars.index
    if reading.left is None or reading.right is None or not isinstance(condition, Comparison | Cross):
        return _counted(said_of(condition), reading.held, dataset)
    left, right = operand(condition.left), operand(condition.right)
    sign = condition.direction if isinstance(condition, Cross) else condition.relation
    if sign == "==":
        return _counted(said_of(condition), reading.held, dataset)
    fixed = isinstance(condition.right, Number)
    measured = measure(
        reading.left if fixed else reading.left - reading.right,
        threshold=float(reading.right[-1]) if fixed else 0.0,
        below=sign in _BELOW or sign == "below",
        strict=sign in {"<", ">", "above", "below"},
        name=said_of(condition),
        label=left if fixed else f"{left} minus {right}",
        index=index,
    )
    if isinstance(condition, Cross) and measured.held:
        return _counted(said_of(condition), reading.held, dataset)
    return measured


def _counted(name: str, held: "np.ndarray[tuple[int], np.dtype[np.bool_]]", dataset: Dataset) -> Condition:
    count = int(held.sum())
    said = f"'{name}' held on {count} of {len(dataset)} bars." if count else f"'{name}' held on no bar."
    return Condition(
        condition=name, line=None, held=count, bars=len(dataset), closest=None, closest_at=None, threshold=None,
        would_fire={}, message=said,
    )  # fmt: skip


def _together(spec: StrategySpec, dataset: Dataset, parts: tuple[Reading, ...]) -> Iterator[Condition]:
    """Yield the whole entry of each side that asks for several things which never came together."""
    for name, side in spec.sides.items():
        own = [reading for reading in parts if reading.rule == f"{name}.entry"]
        try:
            held = holds(side.entry, dataset.bars)
        except ValueError:
            continue
        if len(own) > 1 and not held.any() and all(reading.held.any() for reading in own):
            counted = _counted(said_of(side.entry), held, dataset)
            yield Condition(**{**counted.as_dict(), "message": "The conditions of the entry never held together."})
