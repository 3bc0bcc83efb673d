"""How much work, memory and output a piece of code asks for, where the code alone tells."""

import ast
from collections.abc import Iterator

from backtest_engine.diagnostics.source import Source

_HUGE = 50_000_000
_MAKERS = frozenset(
    [
        "numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full", "numpy.arange", "numpy.random.rand",
        "numpy.random.randn",
    ]
)  # fmt: skip


def heavy_loops(source: Source) -> Iterator[tuple[int, str]]:
    """Yield loops over all bars inside loops over all bars, and any such pair that runs for each bar."""
    for node in source.every(ast.For):
        if not _over_bars(source, node.iter):
            continue
        inner = [item for item in ast.walk(node) if item is not node and _loops_over_bars(source, item)]
        in_next = source.inside(node, "next")
        deep = any(_loops_over_bars(source, item) for outer in inner for item in ast.walk(outer) if item is not outer)
        if inner and (in_next or deep):
            yield node.lineno, "For each bar, all bars are gone through again and again."
    for node in source.every(ast.For):
        count = _count(source, node.iter)
        if count is not None and count >= _HUGE:
            yield node.lineno, f"The loop runs {count:,.0f} times."
        elif count is not None and count >= 100_000 and source.inside(node, "next") and not endless_in(source, node):
            yield node.lineno, f"The loop runs {count:,.0f} times on every bar."


def _loops_over_bars(source: Source, node: ast.AST) -> bool:
    if isinstance(node, ast.For):
        return _over_bars(source, node.iter)
    return isinstance(node, ast.comprehension) and _over_bars(source, node.iter)


def _over_bars(source: Source, node: ast.expr) -> bool:
    if source.called(node) in ("range", "enumerate", "reversed", "zip") and isinstance(node, ast.Call):
        return any(_over_bars(source, item) or _length(source, item) for item in node.args)
    label = source.dotted(node)
    return label.startswith("self.data.") and label.count(".") == 2


def _length(source: Source, node: ast.expr) -> bool:
    return any(source.called(item) == "len" for item in ast.walk(node)) and not any(
        isinstance(item, ast.Call) and source.called(item) in ("min", "max") for item in ast.walk(node)
    )


def _count(source: Source, node: ast.expr) -> float | None:
    if not isinstance(node, ast.Call) or source.called(node) != "range" or not node.args:
        return None
    numbers = [_literal(source, item) for item in node.args]
    if len(numbers) == 1:
        return numbers[0]
    return numbers[1] - numbers[0] if numbers[0] is not None and numbers[1] is not None else None


def _literal(source: Source, node: ast.expr) -> float | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        base, power = source.number(node.left), source.number(node.right)
        return base**power if base is not None and power is not None and abs(power) < 30 and abs(base) < 1000 else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _literal(source, node.left), _literal(source, node.right)
        return left * right if left is not None and right is not None else None
    return source.number(node)


def combinations_of(source: Source) -> Iterator[tuple[int, str]]:
    """Yield searches through all combinations of something long."""
    for node in source.every(ast.Call):
        if source.dotted(node.func) in ("itertools.permutations", "itertools.product", "itertools.combinations"):
            written = ast.unparse(node)
            if "self.data" in written or "range(" in written:
                yield node.lineno, f"`{written[:60]}` goes through more combinations than there is time for."


def huge_arrays(source: Source) -> Iterator[tuple[int, str]]:  # noqa: C901 - one case for each form
    """Yield arrays and lists whose size is written in the code and is huge, and matrices of all pairs of bars."""
    for node in source.every(ast.Call):
        label = source.dotted(node.func)
        if label in _MAKERS and node.args:
            shape = node.args[0].elts if isinstance(node.args[0], ast.Tuple | ast.List) else [node.args[0]]
            if label.startswith("numpy.random"):
                shape = node.args
            sizes = [_literal(source, item) for item in shape]
            total = 1.0
            for size in sizes:
                total *= size if size is not None else 1.0
            if total >= _HUGE:
                yield node.lineno, f"`{ast.unparse(node)[:60]}` needs {total * 8 / 2**30:,.1f} GiB."
    for node in source.every(ast.BinOp):
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List | ast.Constant):
            size = _literal(source, node.right)
            if isinstance(node.left, ast.Constant) and not isinstance(node.left.value, str | bytes):
                continue
            if size is not None and size >= _HUGE:
                yield node.lineno, f"`{ast.unparse(node)[:60]}` has {size:,.0f} items."
    for node in source.every(ast.While):
        if (
            isinstance(node.test, ast.Constant)
            and any(
                isinstance(item, ast.Call) and ast.unparse(item.func).endswith(".append") for item in ast.walk(node)
            )
            and not any(isinstance(item, ast.Break | ast.Return) for item in ast.walk(node))
        ):
            yield node.lineno, "A list grows without end."
    for method in source.reached("next"):
        for node in ast.walk(method):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "append"
                and node.args
            ) and _copies(node.args[0]):
                yield node.lineno, f"`{ast.unparse(node)[:60]}` keeps a copy of the data for every bar."


def _copies(node: ast.expr) -> bool:
    written = ast.unparse(node)
    return written == "self.data.df" or written.startswith(
        ("self.data.df.copy(", "np.tile(", "np.repeat(", "np.zeros(", "np.array(self.data", "list(self.data")
    )


def endless_in(source: Source, node: ast.For) -> bool:
    """Whether a loop orders or prints."""
    return any(source.called(item) in ("self.buy", "self.sell", "print") for item in ast.walk(node))


def endless_output(source: Source) -> Iterator[tuple[int, str]]:
    """Yield loops that order or print very often."""
    for node in source.every(ast.For):
        count = _count(source, node.iter)
        if count is not None and count >= 10_000 and endless_in(source, node):
            yield node.lineno, f"The loop orders or prints {count:,.0f} times."
    for node in source.every(ast.Call):
        if source.dotted(node.func) == "print" and any(
            isinstance(item, ast.BinOp)
            and isinstance(item.op, ast.Mult)
            and (_literal(source, item.right) or 0) >= 1_000_000
            for item in node.args
        ):
            yield node.lineno, "One call prints millions of characters."
