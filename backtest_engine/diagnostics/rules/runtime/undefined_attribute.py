"""`self.x` that nothing assigns."""

import ast
import difflib
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import STRATEGY_METHODS, STRATEGY_SILENT, STRATEGY_VALID, STRATEGY_VALUES

_LIB = {"set_signal", "set_trailing_sl", "set_trailing_pct", "set_atr_periods"}


def _own(source: Source) -> set[str]:
    stored = {
        node.attr
        for node in source.every(ast.Attribute)
        if isinstance(node.ctx, ast.Store | ast.Del) and source.dotted(node.value) == "self"
    }
    inner = {item.name for item in source.classes}
    return {*source.assigned, *source.methods, *source.constants, *stored, *inner}


def _missing(source: Source) -> dict[str, int]:
    known = {*_own(source), *STRATEGY_VALID, *STRATEGY_METHODS, *STRATEGY_VALUES, *STRATEGY_SILENT, *_LIB, "closes"}
    dynamic = any(source.called(node) in ("setattr", "self.__dict__.update", "vars") for node in source.every(ast.Call))
    if source.strategy is None or dynamic or len(source.lineage) < 1 or _foreign(source):
        return {}
    inside = {id(node) for item in source.lineage for node in ast.walk(item)}
    found: dict[str, int] = {}
    for node in source.every(ast.Attribute):
        if (
            id(node) in inside
            and isinstance(node.ctx, ast.Load)
            and source.dotted(node.value) == "self"
            and node.attr not in known
            and not node.attr.startswith("_")
        ):
            found.setdefault(node.attr, node.lineno)
    return found


def _foreign(source: Source) -> bool:
    names = {node.name for node in source.strategies} | {"Strategy", "TrailingStrategy", "SignalStrategy"}
    return any(source.dotted(base).rsplit(".", 1)[-1] not in names for node in source.lineage for base in node.bases)


def _check_source(source: Source) -> Iterable[Location]:
    for name, line in _missing(source).items():
        close = difflib.get_close_matches(name, _own(source), n=1, cutoff=0.75)
        more = f" `self.{close[0]}` is meant." if close else ""
        yield Location(line=line, message=f"`self.{name}` is read and nothing assigns it.{more}")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "AttributeError"
        and source.strategy
        and f"'{source.strategy.name}' object has no attribute" in raised
    ) or (raised.type == "AttributeError" and "is missing parameter" in raised):
        yield Location(line=raised.line, message=f"{raised.message}.")


def _rewrite(source: Source) -> str | None:
    own = _own(source) - {"init", "next"}
    meant: dict[str, str] = {}
    for name in _missing(source):
        if name in source.functions or name in source.imports:
            meant[f"self.{name}"] = name
            continue
        close = difflib.get_close_matches(name, own, n=2, cutoff=0.75)
        swapped = [item for item in own if sorted(item.split("_")) == sorted(name.split("_"))]
        if len(swapped) == 1 or len(close) == 1:
            meant[f"self.{name}"] = f"self.{(swapped or close)[0]}"

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        label = dotted(node) if isinstance(node, cst.Attribute) else ""
        return expression(meant[label]) if label in meant else None

    return rewritten(source, change)


RULE = Rule(
    code="undefined_attribute",
    family="runtime",
    title="An attribute that nothing assigns",
    explanation="The code reads something of `self` that nothing assigns.",
    hint="Assign it in `init`, or correct its name.",
    example=example(next=NEXT.replace("self.fast, self.slow", "self.fastt, self.slow")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    rewrite_guesses=True,
    fallback=1,
)
