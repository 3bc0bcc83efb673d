"""Which names hold pandas Series, inferred from what is assigned to them."""

import ast

from backtest_engine.diagnostics.source import Source

_METHODS = frozenset(
    [
        "rolling", "ewm", "expanding", "diff", "shift", "pct_change", "clip", "abs", "fillna", "ffill", "bfill",
        "dropna", "mean", "std", "sum", "max", "min", "cumsum", "cummax", "cummin", "where", "mask", "astype",
        "round", "rank", "tail", "head", "copy", "resample", "last", "first",
    ]
)  # fmt: skip
_AGGREGATES = frozenset({"mean", "std", "sum", "max", "min", "last", "first"})


def series_names(source: Source) -> set[str]:
    """Return names and `self.x` that hold a Series as far as the code tells; indicators are arrays, not Series."""
    found: set[str] = set()
    registered = {f"self.{name}" for call in source.indicators for name in call.names}
    for _ in range(4):
        before = len(found)
        for node in source.every(ast.Assign):
            if is_series(source, node.value, found):
                found |= {label for target in node.targets if (label := source.dotted(target))}
        found -= registered
        if len(found) == before:
            break
    return found


def is_series(source: Source, node: ast.AST, names: set[str]) -> bool:  # noqa: C901 - one case for each form
    """Whether an expression is a Series."""
    match node:
        case ast.Name() | ast.Attribute() if source.dotted(node) in names:
            return True
        case ast.Attribute(attr="s", value=value) if source.dotted(value) != "self":
            return True
        case ast.Attribute(value=value, attr=attr) if attr in ("Open", "High", "Low", "Close", "Volume"):
            return source.dotted(value) == "self.data.df" or _frame(source, value)
        case ast.Subscript(value=value, slice=ast.Constant(value=str())):
            return source.dotted(value) == "self.data.df" or _frame(source, value)
        case ast.BinOp(left=left, right=right):
            return is_series(source, left, names) or is_series(source, right, names)
        case ast.UnaryOp(operand=operand):
            return not isinstance(node.op, ast.Not) and is_series(source, operand, names)
        case ast.Call(func=func):
            if source.dotted(func) == "pandas.Series":
                return True
            if isinstance(func, ast.Attribute) and func.attr in _METHODS:
                inner = func.value
                if func.attr in _AGGREGATES:
                    return isinstance(inner, ast.Call) and is_series(source, inner, names)
                return is_series(source, inner, names)
    return False


def _frame(source: Source, node: ast.AST) -> bool:
    label = source.dotted(node)
    return any(
        source.dotted(item.value) == "self.data.df" and any(source.dotted(target) == label for target in item.targets)
        for item in source.every(ast.Assign)
    )
