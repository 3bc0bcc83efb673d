"""The kernel as one namespace of plain Python, as it is or with one of its lines broken on purpose."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from backtest_engine.simulation import kernel

FOLDER = Path(kernel.__file__).parent
PACKAGE = "backtest_engine.simulation.kernel"
FILES = (
    "plan",
    "layout",
    "account",
    "orders",
    "house",
    "fills",
    "prices",
    "conditions",
    "sizes",
    "entries",
    "exits",
    "run",
)


def compiled() -> SimpleNamespace:
    """Return the functions of the kernel as they run."""
    from backtest_engine.simulation.kernel import account, fills, layout, orders

    return SimpleNamespace(**vars(layout) | vars(account) | vars(orders) | vars(fills))


def interpreted(file: str = "", old: str = "", new: str = "") -> SimpleNamespace:
    """Return the kernel uncompiled; in one file, the text `old`, which stands there once, is replaced."""
    names: dict[str, Any] = {"jit": lambda function: function, "entry_point": lambda function: function}
    names["__name__"] = PACKAGE
    for name in FILES:
        path = FOLDER / f"{name}.py"
        if not path.exists():
            continue
        source = path.read_text()
        if name == file:
            if source.count(old) != 1:
                raise ValueError(f"{old!r} stands {source.count(old)} times in {name}.py")
            source = source.replace(old, new)
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if not _is_internal(node)]
        exec(compile(tree, str(path), "exec"), names)
    return SimpleNamespace(**names)


def _is_internal(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE)
