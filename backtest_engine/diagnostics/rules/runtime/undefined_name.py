"""A name that nothing defines."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.unbound import unbound_names

_LITERALS = {"true": "True", "false": "False", "null": "None", "nil": "None", "none": "None"}
_FIELDS = frozenset({"position", "data", "buy", "sell", "trades", "orders", "equity", "I"})


def _check_source(source: Source) -> Iterable[Location]:
    for name, line in unbound_names(source).items():
        yield Location(line=line, message=f"`{name}` is used and nothing defines it.{_guess(name, source)}")


def _guess(name: str, source: Source) -> str:
    if _own(name, source):
        return f" `self.{name}` is meant."
    return f" Python writes `{_LITERALS[name]}`." if name in _LITERALS else ""


def _own(name: str, source: Source) -> bool:
    return name in _FIELDS or name in source.constants or name in source.assigned or name in source.methods


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("NameError", "UnboundLocalError"):
        yield Location(line=raised.line, message=f"{raised.message}.")


def _rewrite(source: Source) -> str | None:
    names = {n: f"self.{n}" if _own(n, source) else _LITERALS.get(n) for n in unbound_names(source)}
    if not all(names.values()):
        return None
    attributes: set[int] = set()

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Arg) and node.keyword is not None:
            return None
        if isinstance(node, cst.Name) and names.get(node.value) and id(node) not in attributes:
            return cst.parse_expression(str(names[node.value]))
        return None

    def guarded(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Attribute) and isinstance(node.attr, cst.Attribute | cst.Call):
            return node.with_changes(attr=cst.Name(str(_last(node.attr))))
        if isinstance(node, cst.Arg) and node.keyword is not None and not isinstance(node.keyword, cst.Name):
            return node.with_changes(keyword=cst.Name(str(_last(node.keyword))))
        return change(node)

    return rewritten(source, guarded)


def _last(node: cst.CSTNode) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else ""


RULE = Rule(
    code="undefined_name",
    family="runtime",
    title="A name that is not defined",
    explanation="A name is used and nothing defines it.",
    hint="Define it, or write `self.` before it if it belongs to the strategy.",
    example=example(next=NEXT.replace("not self.position and", "not position and")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    fallback=1,
)
