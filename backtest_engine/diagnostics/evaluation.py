"""Computes what a strategy's conditions compare, on the trusted side: its code is read, never run.

Only prices, numbers, arithmetic and indicators known by name are computed; everything else is unknown, which is said.
"""

import ast
import re
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.diagnostics.flow import COLUMNS
from backtest_engine.diagnostics.meaning import canonical
from backtest_engine.diagnostics.source import IndicatorCall, Source
from backtest_engine.indicators import find
from backtest_engine.registry import Indicator

Value = Any


class Evaluation:
    """The values of a strategy's expressions on the bars of one data set."""

    def __init__(self, source: Source, bars: pd.DataFrame) -> None:
        self.source = source
        self.bars = bars
        self._held: dict[str, Value] = {}
        for call in source.indicators:
            computed = self._indicator(call)
            for place, name in enumerate(call.names):
                many = isinstance(computed, tuple)
                self._held[name] = computed[place] if many and place < len(computed) else None if many else computed

    def value(self, node: ast.expr) -> Value:
        """Return a number or an array of shape (bars,), None for what cannot be computed."""
        number = self.source.number(node)
        if number is not None:
            return number
        match node:
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript(value=value, slice=index):
                place = self.source.number(index)
                held = self.value(value)
                if place is None or place >= 0 or held is None or np.ndim(held) == 0:
                    return None
                return _earlier(held, int(-place) - 1)
            case ast.BinOp(left=left, right=right, op=operator):
                return _computed(operator, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                held = self.value(operand)
                return None if held is None else -held
            case ast.Call(func=ast.Name(id="abs"), args=[inner]) | ast.Call(func=ast.Name(id="float"), args=[inner]):
                held = self.value(inner)
                return None if held is None else (np.abs(held) if ast.unparse(node).startswith("abs") else held)
        return None

    def _attribute(self, node: ast.Attribute) -> Value:
        label = self.source.dotted(node)
        name = label.removeprefix("self.data.").removesuffix(".s")
        if label.startswith("self.data.") and name in COLUMNS and name in self.bars:
            return self.bars[name].to_numpy(dtype=float)
        return self._held.get(label.removeprefix("self.")) if label.startswith("self.") else None

    def _indicator(self, call: IndicatorCall) -> Value:
        if isinstance(call.function, ast.Lambda):
            return self._idiom(call.function)
        label = self.source.dotted(call.function)
        known = find(canonical(label).lower() or label.rsplit(".", 1)[-1])
        if known is None:
            return None
        numbers = [n for item in call.call.args[1:] if (n := self.source.number(item)) is not None]
        named = {
            item.arg: n for item in call.call.keywords if item.arg and (n := self.source.number(item.value)) is not None
        }
        numbers += list(named.values())
        return _compute(known, self.bars, numbers, self._first_column(call))

    def _first_column(self, call: IndicatorCall) -> str | None:
        labels = [self.source.dotted(item) for item in call.call.args[1:]]
        names = [label.split(".")[2] for label in labels if label.startswith("self.data.") and label.count(".") >= 2]
        return names[0] if len(names) == 1 and names[0] in COLUMNS else None

    def _idiom(self, function: ast.Lambda) -> Value:
        written = ast.unparse(function.body)
        found = re.search(
            (
                r"\b(Open|High|Low|Close|Volume)\b.*?\.rolling\((?:window=)?(\w[\w.]*)[^)]*\)\.(mean|max|min|"
                r"std|sum|median)\("
            ),
            written,
        )
        span = re.search(r"\b(Open|High|Low|Close|Volume)\b.*?\.ewm\(span=(\w[\w.]*)", written)
        if found:
            number = self.source.number(ast.parse(found[2], mode="eval").body)
            if number is not None and not re.search(r"shift|diff|pct_change|[-+*/]", written):
                return getattr(self.bars[found[1]].rolling(int(number)), found[3])().to_numpy(dtype=float)
        if span and written.rstrip(" .values").endswith("mean()"):
            number = self.source.number(ast.parse(span[2], mode="eval").body)
            if number is not None:
                return (
                    self.bars[span[1]]
                    .ewm(span=number, adjust=False, min_periods=int(number))
                    .mean()
                    .to_numpy(dtype=float)
                )
        return None


def _compute(known: Indicator, bars: pd.DataFrame, numbers: list[float], column: str | None) -> Value:
    inputs = [bars[_column(name, column)].to_numpy(dtype=float) for name in known.inputs]
    parameters = {
        parameter.name: int(number) if parameter.integer else number
        for parameter, number in zip(known.parameters, numbers, strict=False)
    }
    try:
        return known.function(*inputs, **parameters)
    except (ValueError, TypeError, KeyError):
        return None


def _column(name: str, column: str | None) -> str:
    title = name.capitalize()
    return title if title in ("High", "Low", "Open", "Volume") else (column or "Close")


def _earlier(values: Value, bars: int) -> Value:
    if bars == 0:
        return values
    moved = np.full(len(values), np.nan)
    moved[bars:] = values[:-bars]
    return moved


def _computed(operator: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    with np.errstate(all="ignore"):
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return np.divide(left, right)
    return None
