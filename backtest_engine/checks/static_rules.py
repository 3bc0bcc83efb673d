"""Finds, in the source, ways to a future that running on truncated data may not show. Feedback to the author: no wall.

A rule judges what is certainly written there. Code that hides what it does is free to; the sandbox holds either way.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence

from backtest_engine.checks.kept_series import kept_series
from backtest_engine.checks.parameters import parse_leniently
from backtest_engine.domain import Notice

Rule = Callable[[ast.Module, Sequence[ast.AST]], Iterable[Notice]]

# Prices by heart: what a strategy may carry as literal numbers before it is asked why.
MEMORISED_NUMBERS = 100
MEMORISED_DATES = 20

_SAMPLES = frozenset({"GOOG", "EURUSD", "BTCUSD"})
_PRIVATE = frozenset({"_set_length", "_current_value", "_indicators", "_equity", "_opts"})
_OF_THE_BROKER = frozenset({"_broker", "_data"})
_FRAMEWORK_CLASSES = ("_Data__", "_Strategy__", "_Position__", "_Order__", "_Trade__", "_Broker__")
_INTROSPECTION = {
    "gc": frozenset({"get_objects", "get_referrers", "get_referents"}),
    "sys": frozenset({"_getframe", "_current_frames", "settrace", "setprofile"}),
    "inspect": frozenset({"currentframe", "stack", "trace", "getouterframes", "getinnerframes"}),
}
_FRAMES = frozenset({"f_back", "f_locals", "f_globals", "tb_frame", "gi_frame", "cr_frame", "__subclasses__"})
_DYNAMIC = frozenset({"eval", "exec", "compile", "__import__"})
_PRICES = frozenset({"Open", "High", "Low", "Close", "Volume"})


def static_findings(code: str) -> tuple[Notice, ...]:
    """Return what the source says that makes a result hard to believe, in the order of its lines.

    Codes: `dataset_in_strategy`, `indicator_in_container`, `series_kept`, `base_array`, `private_attribute`,
    `introspection`, `dynamic_code`, `prices_changed`, `memorised_prices`. Source that is no Python gives none.
    """
    tree = parse_leniently(code)
    if tree is None:
        return ()
    try:
        nodes = list(ast.walk(tree))
        found = [*kept_series(tree), *(notice for rule in _RULES for notice in rule(tree, nodes))]
    except RecursionError:
        return (Notice(code="dynamic_code", message="The code is nested too deeply to be read."),)
    first = {(notice.code, notice.line): notice for notice in reversed(found)}
    return tuple(sorted(first.values(), key=lambda notice: (notice.line or 0, notice.code)))


def _datasets(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    """A data set that is imported and then used by the strategy, not just under `if __name__ == "__main__"`."""
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "backtesting.test":
            names |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in _SAMPLES}
        elif isinstance(node, ast.ImportFrom) and node.module == "backtesting":
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "test"}
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "backtesting.test"}
    for node in _outside_main(tree):
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = names.get(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in _SAMPLES and ast.unparse(node.value) in modules:
            name = node.attr
        if name:
            yield Notice(
                code="dataset_in_strategy",
                line=getattr(node, "lineno", None),
                message=f"The strategy uses the data set {name}, which holds prices of its own future. "
                "Use self.data, the bars it is tested on.",
            )


def _outside_main(tree: ast.Module) -> Iterator[ast.AST]:
    for statement in tree.body:
        if isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test):
            continue
        yield from ast.walk(statement)


def _private_attributes(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    own = set(_own_names(nodes))
    for node in nodes:
        name = _attribute_name(node)
        if name is None or (name in own and isinstance(node, ast.Attribute) and _is_self(node.value)):
            continue
        if name == "base" and isinstance(node, ast.Attribute) and not isinstance(node.value, ast.Constant):
            yield Notice(
                code="base_array",
                line=node.lineno,
                message="`.base` is the whole array behind the part that a strategy may see at a bar. "
                "Use the array itself: its last value is the current one.",
            )
        elif name in _PRIVATE or name.startswith(_FRAMEWORK_CLASSES) or _changes_broker(node):
            yield Notice(
                code="private_attribute",
                line=getattr(node, "lineno", None),
                message=f"`{name}` is a private part of backtesting.py that knows every bar or keeps the account. "
                "Use self.data, self.position, self.trades, self.orders and self.equity.",
            )


def _own_names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the methods and `self` attributes that the module itself defines: they are no one else's private parts."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            yield node.attr


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _attribute_name(node: ast.AST) -> str | None:
    """Return the attribute that is reached for, also as `getattr(x, "name")`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
        wanted = node.args[1] if len(node.args) > 1 else None
        if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
            return wanted.value
    return None


def _changes_broker(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in _OF_THE_BROKER
    )


def _introspection(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    modules = _imported_modules(nodes)
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module in _INTROSPECTION:
            taken = {alias.name for alias in node.names} & _INTROSPECTION[node.module]
            reached = f"{node.module}.{min(taken)}" if taken else None
        elif isinstance(node, ast.Import | ast.ImportFrom):
            roots = {alias.name for alias in node.names} if isinstance(node, ast.Import) else {node.module}
            reached = "ctypes" if any((root or "").partition(".")[0] == "ctypes" for root in roots) else None
        elif isinstance(node, ast.Attribute) and node.attr in _FRAMES:
            reached = node.attr
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id, "")
            reached = f"{module}.{node.attr}" if node.attr in _INTROSPECTION.get(module, ()) else None
        else:
            reached = None
        if reached:
            yield Notice(
                code="introspection",
                line=getattr(node, "lineno", None),
                message=f"`{reached}` looks into the program that runs the strategy, where later bars could be found. "
                "A strategy needs only self.data.",
            )


def _dynamic_code(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _DYNAMIC:
            reached: str | None = node.func.id
        elif isinstance(node, ast.Attribute) and node.attr == "import_module":
            reached = "import_module"
        elif isinstance(node, ast.Name | ast.Attribute) and _attribute_or_name(node) == "__builtins__":
            reached = "__builtins__"
        else:
            reached = None
        if reached:
            yield Notice(
                code="dynamic_code",
                line=getattr(node, "lineno", None),
                message=f"`{reached}` runs or imports code that cannot be read here. Write it out.",
            )


def _attribute_or_name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _changed_prices(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store) and _is_price(node):
            yield Notice(
                code="prices_changed",
                line=node.lineno,
                message="The strategy overwrites the prices that it is tested on. Compute a new array instead.",
            )


def _is_price(node: ast.AST) -> bool:
    """Whether an assignment's target is, or lies inside, one of `self.data`'s price columns."""
    inner: ast.AST = node
    price = False
    while isinstance(inner, ast.Attribute | ast.Subscript):
        if isinstance(inner, ast.Attribute):
            price = price or inner.attr in _PRICES
            if price and inner.attr in ("data", "_data") and _is_self(inner.value):
                return True
        elif isinstance(inner.slice, ast.Constant):
            price = price or inner.slice.value in _PRICES
        inner = inner.value
    return False


def _memorised_prices(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Notice]:
    for node in nodes:
        if not isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            continue
        items = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
        plain = [item.value for item in items if isinstance(item, ast.Constant)]
        numbers = sum(isinstance(value, int | float) and not isinstance(value, bool) for value in plain)
        dates = sum(isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-" for value in plain)
        if numbers > MEMORISED_NUMBERS or dates > MEMORISED_DATES:
            yield Notice(
                code="memorised_prices",
                line=node.lineno,
                message=f"The code carries a list of {max(numbers, dates)} numbers or dates. "
                "If they come from the past that it is tested on, the result says nothing about the future.",
            )


def _imported_modules(nodes: Sequence[ast.AST]) -> dict[str, str]:
    imports = (node for node in nodes if isinstance(node, ast.Import))
    return {alias.asname or alias.name: alias.name for node in imports for alias in node.names}


_RULES: tuple[Rule, ...] = (
    _datasets,
    _private_attributes,
    _introspection,
    _dynamic_code,
    _changed_prices,
    _memorised_prices,
)
