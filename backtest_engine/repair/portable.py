"""Code that needs this package, turned into code that needs only backtesting, NumPy and pandas."""

import libcst as cst

from backtest_engine.diagnostics.definitions import find_registered
from backtest_engine.diagnostics.rewriting import apply, bound_name, text, with_definitions, with_import

_PACKAGE = "backtest_engine.indicators"


def portable(code: str) -> str:
    """Return the code with its indicators written out; those that have no plain definition stay imported."""
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError:
        return code
    definitions: dict[str, str] = {}
    imports: list[str] = []

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if not isinstance(node, cst.ImportFrom) or node.module is None or text(node.module) != _PACKAGE:
            return None
        if isinstance(node.names, cst.ImportStar):
            return None
        kept = []
        for alias in node.names:
            name, bound = text(alias.name), bound_name(alias)
            definition = find_registered(name)
            if definition is None:
                kept.append(alias)
                continue
            definitions[bound] = definition.code.replace(f"def {definition.name}(", f"def {bound}(", 1)
            imports.extend(definition.imports)
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(names=kept)

    module = apply(module, change)
    for line in sorted(set(imports)):
        module = with_import(module, line)
    return with_definitions(module, definitions.values()).code
