"""A name imported from a module of backtesting that does not have it."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.definitions import find_bare
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import apply, bound_name, changed_text, text, with_definitions, with_import
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import BACKTESTING, UNKNOWN_FUNCTIONS, home_of


def _misplaced(source: Source) -> Iterable[tuple[ast.AST, str, str]]:
    for node in source.every(ast.ImportFrom):
        module = node.module or ""
        if node.level or module.split(".")[0].lower() not in ("backtesting", "backtest"):
            continue
        for alias in node.names:
            known = BACKTESTING.get(module)
            if alias.name != "*" and (known is None or alias.name not in known):
                yield node, module, alias.name
    for node in source.every(ast.Import):
        for alias in node.names:
            if alias.name != "backtesting" and alias.name.lower() == "backtesting":
                yield node, alias.name, alias.name


def _reached_for(source: Source) -> Iterable[tuple[ast.Attribute, str, str]]:
    """Yield `lib.SMA` and the like: a module of backtesting asked for what it does not have."""
    for node in source.every(ast.Attribute):
        module, _, name = source.dotted(node).rpartition(".")
        if module in ("backtesting.lib", "backtesting.test") and name not in BACKTESTING[module]:
            yield node, module, name


def _check_source(source: Source) -> Iterable[Location]:
    for attribute, module, name in _reached_for(source):
        if name not in UNKNOWN_FUNCTIONS:
            yield Location(line=attribute.lineno, message=f"`{module}` has no `{name}`.")
    for node, module, name in _misplaced(source):
        if name in UNKNOWN_FUNCTIONS:
            continue
        home = home_of(name)
        where = f"it is in `{home}`" if home else "backtesting.py has no such name"
        yield Location(
            line=getattr(node, "lineno", None), message=f"`{name}` cannot be imported from `{module}`: {where}."
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "ImportError"
        and "from 'backtesting" in raised
        and not any(n in raised for n in UNKNOWN_FUNCTIONS)
    ):
        yield Location(line=raised.line, message=raised.message.split(" (")[0] + ".")


def _rewrite(source: Source) -> str | None:  # noqa: C901 - one case for each form
    wrong = {name: home_of(name) for _, _, name in _misplaced(source) if name not in UNKNOWN_FUNCTIONS}
    reached = {ast.unparse(node): name for node, _, name in _reached_for(source) if name not in UNKNOWN_FUNCTIONS}
    wrong |= {name: home_of(name) for name in reached.values()}
    if source.module is None or not wrong:
        return None
    if any(home_of(name) is None and find_bare(name) is None for name in wrong):
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if isinstance(node, cst.Attribute) and text(node) in reached:
            moved.append((reached[text(node)], reached[text(node)]))
            return cst.Name(reached[text(node)])
        if isinstance(node, cst.Import) and text(node).lower() == "import backtesting":
            return node.with_changes(names=[cst.ImportAlias(name=cst.Name("backtesting"))])
        if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or node.module is None:
            return None
        module = text(node.module)
        kept = [a for a in node.names if text(a.name) not in wrong or not module.lower().startswith("backtest")]
        if len(kept) == len(node.names):
            return None
        for alias in node.names:
            if alias not in kept:
                moved.append((text(alias.name), bound_name(alias)))
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(names=kept)

    moved: list[tuple[str, str]] = []
    module = apply(source.module, change)
    for name, bound in dict.fromkeys(moved):
        home = home_of(name)
        definition = find_bare(name)
        if home:
            module = with_import(module, _import(home, bound))
        elif definition:
            for line in definition.imports:
                module = with_import(module, line)
            module = with_definitions(module, [definition.code.replace(f"def {name}(", f"def {bound}(")])
    return changed_text(source, module)


def _import(home: str, bound: str) -> str:
    module, name = home.split(":")
    return f"from {module} import {name}" + (f" as {bound}" if bound != name else "")


RULE = Rule(
    code="wrong_module_import",
    family="import",
    title="Imported from the wrong module",
    explanation="A name is imported from a module that does not have it.",
    hint="`Strategy` is in `backtesting`, `crossover` in `backtesting.lib`, `SMA` in `backtesting.test`.",
    example=example().replace("from backtesting.test import SMA", "from backtesting.lib import SMA"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("package_not_available", "undefined_name"),
)
