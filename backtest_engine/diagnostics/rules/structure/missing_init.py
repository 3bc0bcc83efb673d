"""A strategy without `init`."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source

_MEANT = frozenset(
    ["initialize", "setup", "on_start", "Init", "start", "initialise", "prepare", "on_init", "init_indicators", "_init"]
)


def _needs(source: Source) -> bool:
    if source.strategy is None or "init" in source.methods or "__init__" in source.methods:
        return False
    return not any(
        source.dotted(base).rsplit(".", 1)[-1] in ("SignalStrategy", "TrailingStrategy")
        for node in source.lineage
        for base in node.bases
    )


def _check_source(source: Source) -> Iterable[Location]:
    if _needs(source) and source.strategy is not None:
        yield Location(
            line=source.strategy.lineno, message=f"`{source.strategy.name}` has no `init`, so it cannot run."
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "TypeError"
        and "abstract method" in raised
        and "init" in raised.message.split("abstract method")[1]
    ) and "__init__" not in source.methods:
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    if not _needs(source) or source.strategy is None:
        return None
    named = next((n for n in source.methods if n in _MEANT and len(source.methods[n].args.args) == 1), "")
    name = source.strategy.name

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if named and isinstance(node, cst.FunctionDef) and node.name.value == named:
            return node.with_changes(name=cst.Name("init"))
        if not named and isinstance(node, cst.ClassDef) and node.name.value == name:
            empty = cst.parse_statement("def init(self):\n    pass\n")
            body = list(node.body.body)
            place = next((n for n, item in enumerate(body) if isinstance(item, cst.FunctionDef)), len(body))
            if place == 0 and isinstance(body[0], cst.FunctionDef):
                body[0] = body[0].with_changes(leading_lines=[cst.EmptyLine(), *body[0].leading_lines])
            body.insert(place, empty)
            return node.with_changes(body=node.body.with_changes(body=body))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="missing_init",
    family="structure",
    title="`init` is missing",
    explanation="The strategy has no `init`, the method that prepares its indicators.",
    hint="Define `def init(self):`, with `pass` when there is nothing to prepare.",
    example=(
        "from backtesting import Strategy\n\n\nclass Hold(Strategy):\n    def next(self):\n"
        "        if not self.position:\n"
        "            self.buy()\n"
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("undefined_attribute",),
)
