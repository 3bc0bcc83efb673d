"""Why a strategy did not trade: each entry condition on the data, how often it held and how near it came."""

import ast
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.diagnostics.evaluation import Evaluation
from backtest_engine.diagnostics.meaning import Renderer
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import Dataset


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One entry condition on one data set.

    `held` counts bars out of `bars` with values. `closest` is the value nearest to `threshold`, at `closest_at`;
    `would_fire` gives, for 1, 5 and 20 bars, the threshold at which the condition would have held that often.
    Where two series are compared, the value is their difference and the threshold 0.
    """

    condition: str
    line: int | None
    held: int
    bars: int
    closest: float | None
    closest_at: str | None
    threshold: float | None
    would_fire: dict[int, float]
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def explain_idleness(source: Source, dataset: Dataset) -> list[Condition]:
    """Return the entry conditions that can be computed from the data, those that never held first."""
    found: dict[str, Condition] = {}
    renderer = Renderer(source)
    evaluation = Evaluation(source, dataset.bars)
    for rule in order_calls(source):
        if rule.action == "close":
            continue
        for test, sign in rule.atoms:
            name = renderer.test(test, sign)
            if name not in found and "position" not in name:
                condition = _condition(evaluation, renderer, test, sign, name, rule.line)
                if condition is not None:
                    found[name] = condition
    return sorted(found.values(), key=lambda item: (item.held > 0, item.held))


def _condition(
    evaluation: Evaluation, renderer: Renderer, test: ast.expr, sign: bool, name: str, line: int
) -> Condition | None:
    compared = _sides(evaluation, renderer, test, sign)
    if compared is None:
        return None
    value, threshold, below, label, strict = compared
    return measure(
        value,
        threshold=threshold,
        below=below,
        strict=strict,
        name=name,
        label=label,
        line=line,
        index=evaluation.bars.index,
    )


def measure(
    value: "np.ndarray[Any, np.dtype[np.float64]]",
    *,
    threshold: float,
    below: bool,
    name: str,
    label: str,
    index: pd.Index,
    strict: bool = True,
    line: int | None = None,
) -> Condition:
    """Say how often `value` was below (or above) a threshold, and how near it came where it never was."""
    known = np.flatnonzero(np.isfinite(value))
    side = value[known] if below else -value[known]
    limit = threshold if below else -threshold
    held = int((side < limit).sum() if strict else (side <= limit).sum())
    if not len(known):
        said = f"{label} has no value on any bar."
        return Condition(
            condition=name,
            line=line,
            held=0,
            bars=0,
            closest=None,
            closest_at=None,
            threshold=threshold,
            would_fire={},
            message=said,
        )
    best = int(known[int(side.argmin())])
    closest = float(value[best])
    at = _when(index[best])
    ordered = np.sort(side)
    between = {n: float(ordered[n - 1] + ordered[n]) / 2 for n in (1, 5, 20) if len(ordered) > n}
    would = {n: limit_ if below else -limit_ for n, limit_ in between.items()}
    word, extreme = ("below", "lowest") if below else ("above", "highest")
    if held:
        said = f"{label} was {word} {threshold:g} on {held} of {len(known)} bars."
    else:
        said = f"{label} never went {word} {threshold:g}; the {extreme} was {closest:.4g} on {at}."
        if would:
            fires = ", ".join(f"{limit_:.4g} for {n} bar{'s' if n > 1 else ''}" for n, limit_ in would.items())
            said += f" It would have held at {fires}."
    return Condition(
        condition=name, line=line, held=held, bars=len(known), closest=closest, closest_at=at, threshold=threshold,
        would_fire=would, message=said,
    )  # fmt: skip


def _when(stamp: Any) -> str:
    if not isinstance(stamp, pd.Timestamp):
        return str(stamp)
    return str(stamp.date()) if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}"


def _sides(
    evaluation: Evaluation, renderer: Renderer, test: ast.expr, sign: bool
) -> "tuple[np.ndarray[Any, np.dtype[np.float64]], float, bool, str, bool] | None":
    if (
        isinstance(test, ast.Call)
        and len(test.args) == 2
        and renderer.source.called(test).endswith("crossover")
        and sign
    ):
        first, second = (evaluation.value(item) for item in test.args)
        if first is None or second is None:
            return None
        gap = np.asarray(first - second, dtype=float) * np.ones(len(evaluation.bars))
        before = np.roll(gap, 1)
        before[:1] = np.nan
        crossing = np.where(np.isfinite(before), np.where((gap > 0) & (before < 0), 1.0, 0.0), np.nan)
        label = f"{renderer.text(test.args[0])} crossing above {renderer.text(test.args[1])}"
        return crossing, 0.0, False, label, True
    if (
        not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    ):
        return None
    left, right = evaluation.value(test.left), evaluation.value(test.comparators[0])
    if left is None or right is None:
        return None
    below = isinstance(test.ops[0], ast.Lt | ast.LtE) == sign
    strict = isinstance(test.ops[0], ast.Lt | ast.Gt) == sign
    if np.ndim(right) == 0 and np.ndim(left) == 1:
        return left, float(right), below, renderer.text(test.left), strict
    if np.ndim(left) == 0 and np.ndim(right) == 1:
        return right, float(left), not below, renderer.text(test.comparators[0]), strict
    if np.ndim(left) == 0:
        return None
    return left - right, 0.0, below, f"{renderer.text(test.left)} minus {renderer.text(test.comparators[0])}", strict
