"""What of a module its strategy needs, and what only prepares data, starts a backtest or draws charts.

Whether a statement is needed is followed from the strategy class: what its methods read, what binds those names, and
what changes them. The rest of a module is not the strategy, and is never held against it.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

Dotted = Callable[[ast.AST], str]

_STAR = "*"
#: Calls on a module that shape later results, such as `np.random.seed(1)`.
_SETTINGS = frozenset({"seed", "set_option", "seterr", "filterwarnings", "simplefilter", "setcontext"})
_ONLY_LOOKS = frozenset(
    {"head", "tail", "info", "describe", "plot", "show", "items", "keys", "values", "to_csv", "to_string"}
)


@dataclass(frozen=True, kw_only=True)
class ModuleParts:
    """The statements of a module that its strategy needs, in order, and those that it does not.

    `runs_itself` tells that those left out start a backtest when the module is imported.
    """

    needed: tuple[ast.stmt, ...]
    left_out: tuple[ast.stmt, ...] = ()
    runs_itself: bool = False
    unreached_methods: frozenset[ast.FunctionDef] = field(default_factory=frozenset)

    def nodes(self) -> Iterator[ast.AST]:
        """Yield every node that the strategy may run, outer ones first."""
        waiting: list[ast.AST] = list(self.needed)
        while waiting:
            following: list[ast.AST] = []
            for node in waiting:
                if node not in self.unreached_methods:
                    yield node
                    following.extend(ast.iter_child_nodes(node))
            waiting = following

    @property
    def script(self) -> list[ast.stmt]:
        """The statements left out that do something when the module is imported."""
        defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return [item for item in self.left_out if not isinstance(item, defined) and not is_guard(item)]

    def text(self, code: str) -> str:
        """Return the code with blank lines where statements are left out, so that line numbers stay."""
        lines = code.split("\n")
        kept = {number for item in self.needed for number in range(first_line(item), last_line(item) + 1)}
        for item in self.left_out:
            for number in range(first_line(item), last_line(item) + 1):
                if number not in kept:
                    lines[number - 1] = ""
        return "\n".join(lines)


def first_line(item: ast.stmt) -> int:
    """Return the line a statement begins at, its decorators included."""
    decorators: list[ast.expr] = getattr(item, "decorator_list", [])
    return min([item.lineno, *(node.lineno for node in decorators)])


def last_line(item: ast.stmt) -> int:
    """Return the line a statement ends at."""
    return item.end_lineno or item.lineno


def is_guard(item: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`, which no engine runs."""
    return isinstance(item, ast.If) and "__name__" in ast.unparse(item.test)


def starts_backtest(node: ast.AST, dotted: Dotted) -> bool:
    """Whether a backtest is set up anywhere inside."""
    return any(is_backtest(item, dotted) for item in ast.walk(node))


def is_backtest(node: ast.AST, dotted: Dotted) -> bool:
    """Whether a node is a call such as `Backtest(data, Strategy)`."""
    name = dotted(node.func) if isinstance(node, ast.Call) else ""
    return name.rsplit(".", 1)[-1] in ("Backtest", "FractionalBacktest", "MultiBacktest") and (
        "." not in name or name.startswith("backtesting.")
    )


def guarded(code: str, parts: ModuleParts) -> str | None:
    """Return the module with its script under `if __name__ == "__main__":`; None where lines cannot be told apart."""
    script = parts.script
    moved = {number for item in script for number in range(first_line(item), last_line(item) + 1)}
    held = {number for item in parts.needed for number in range(first_line(item), last_line(item) + 1)}
    if not script or moved & held:
        return None
    lines = code.split("\n")
    block = [f"    {lines[number - 1]}".rstrip() for number in sorted(moved)]
    first_guard = next((item.lineno for item in parts.left_out if is_guard(item)), len(lines) + 1)
    kept = [line for number, line in enumerate(lines, 1) if number not in moved and number < first_guard]
    after = lines[first_guard - 1 :]
    while kept and not kept[-1].strip():
        kept.pop()
    text = "\n".join([*kept, "", "", 'if __name__ == "__main__":', *block, "", *after]).rstrip() + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text).lstrip("\n")


def divide(tree: ast.Module, lineage: list[ast.ClassDef], dotted: Dotted) -> ModuleParts:
    """Tell what the strategy class of a module, and its bases there, need of the module."""
    return _Division(tree, lineage, dotted).parts()


class _Division:
    def __init__(self, tree: ast.Module, lineage: list[ast.ClassDef], dotted: Dotted) -> None:
        self.tree, self.lineage, self.dotted = tree, lineage, dotted
        self.unreached = frozenset(_unreached_methods(lineage))
        self.binders: dict[str, list[ast.stmt]] = {}
        for item in tree.body:
            if not is_guard(item):
                for name in _bound(item):
                    self.binders.setdefault(name, []).append(item)
        self.functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
        self.imports = {name for item in tree.body for name in _imported(item)}
        self.needed: set[ast.stmt] = set()
        self.names: set[str] = set()

    def parts(self) -> ModuleParts:
        holders = [item for item in self.tree.body if any(node in self.lineage for node in ast.walk(item))]
        if not self.lineage or not holders:
            return ModuleParts(needed=tuple(self.tree.body))
        self._need(holders)
        self._need([item for item in self.tree.body if _always(item)])
        while changed := [item for item in self.tree.body if item not in self.needed and self._changes(item)]:
            self._need(changed)
        left_out = tuple(item for item in self.tree.body if item not in self.needed)
        return ModuleParts(
            needed=tuple(item for item in self.tree.body if item in self.needed),
            left_out=left_out,
            runs_itself=any(self._starts(item) for item in left_out),
            unreached_methods=self.unreached,
        )

    def _need(self, items: Iterable[ast.stmt]) -> None:
        waiting = list(items)
        while waiting:
            item = waiting.pop()
            if item in self.needed:
                continue
            self.needed.add(item)
            names = self._read(item) | (set() if isinstance(item, ast.Import | ast.ImportFrom) else _bound(item))
            for name in names - self.names:
                self.names.add(name)
                waiting.extend(other for other in self.binders.get(name, []) if not self._is_own_run(other))

    def _read(self, item: ast.AST) -> set[str]:
        """Return the module's names that a node reads, those of its own functions' arguments and variables left out."""
        if item in self.unreached:
            return set()
        if isinstance(item, ast.Name):
            return {item.id} if isinstance(item.ctx, ast.Load) else set()
        found: set[str] = set()
        for child in ast.iter_child_nodes(item):
            found |= self._read(child)
        return found - _locals(item)

    def _is_own_run(self, item: ast.stmt) -> bool:
        return not isinstance(item, ast.FunctionDef | ast.ClassDef) and starts_backtest(item, self.dotted)

    def _changes(self, item: ast.stmt) -> bool:
        """Whether a statement changes what a needed name holds, or how a needed module computes."""
        if is_guard(item) or isinstance(item, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return False
        if self._is_own_run(item):
            return False
        effects = {node.value for node in ast.walk(item) if isinstance(node, ast.Expr)}
        return any(self._stores(node) or (node in effects and self._acts(node)) for node in ast.walk(item))

    def _stores(self, node: ast.AST) -> bool:
        if not (isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)):
            return False
        # What is set on an imported module or class changes how everything is run.
        root = _root(node)
        return isinstance(node, ast.Attribute) if root in self.imports else root in self.names

    def _acts(self, node: ast.AST) -> bool:
        """Whether a call that is a statement of its own has an effect on what the strategy uses."""
        if not isinstance(node, ast.Call):
            return False
        root, name = _root(node.func), _last(node.func)
        if isinstance(node.func, ast.Attribute) and root in self.names:
            return name in _SETTINGS if root in self.imports else name not in _ONLY_LOOKS
        given = {_root(argument) for argument in node.args}
        changing = name in ("setattr", "delattr") or (name in self.functions and not self._runs(name))
        return changing and bool((given & self.names) - self.imports)

    def _starts(self, item: ast.stmt) -> bool:
        """Whether importing the module runs a backtest here, or calls a function that does."""
        if is_guard(item) or isinstance(item, ast.FunctionDef | ast.ClassDef):
            return False
        return starts_backtest(item, self.dotted) or any(self._runs(name) for name in self._read(item))

    def _runs(self, name: str) -> bool:
        """Whether a function of the module starts a backtest, itself or through others."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in seen or current not in self.functions:
                continue
            seen.add(current)
            if starts_backtest(self.functions[current], self.dotted):
                return True
            waiting.extend(self._read(self.functions[current]))
        return False


def _unreached_methods(lineage: list[ast.ClassDef]) -> Iterator[ast.FunctionDef]:
    """Yield methods of the strategy that neither backtesting nor another of its methods calls."""
    methods = [item for node in lineage for item in node.body if isinstance(item, ast.FunctionDef)]
    names = {node.id for item in methods for node in ast.walk(item) if isinstance(node, ast.Name)}
    if names & {"getattr", "vars"}:
        return
    bodies = [item for node in lineage for item in node.body if not isinstance(item, ast.FunctionDef)]
    reached = {_last(node) for item in bodies for node in ast.walk(item)} | {"init", "next"}
    waiting = [item for item in methods if _reached_from_outside(item, reached)]
    found: set[ast.FunctionDef] = set()
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        called = {node.attr for node in ast.walk(current) if isinstance(node, ast.Attribute)}
        waiting.extend(item for item in methods if item.name in called)
    yield from (item for item in methods if item not in found)


def _reached_from_outside(method: ast.FunctionDef, reached: set[str]) -> bool:
    return method.name in reached or method.name.startswith("__") or bool(method.decorator_list)


def _locals(node: ast.AST) -> set[str]:
    """Return the names that a function binds for itself."""
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
        found = {item.arg for item in every if item is not None}
        shared: set[str] = set()
        for item in [] if isinstance(node, ast.Lambda) else ast.walk(node):
            if isinstance(item, ast.Global):
                shared |= set(item.names)
            elif isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
                found.add(item.id)
        return found - shared
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        targets = [item.target for item in node.generators]
        return {name.id for item in targets for name in ast.walk(item) if isinstance(name, ast.Name)}
    return set()


def _always(item: ast.stmt) -> bool:
    """Whether a statement binds names that cannot be told, or tells how the text is read."""
    return isinstance(item, ast.ImportFrom) and (
        item.module == "__future__" or any(alias.name == _STAR for alias in item.names)
    )


def _bound(item: ast.stmt) -> set[str]:
    """Return the names that a statement binds in the module."""
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {item.name}
    found = set(_imported(item))
    waiting: list[ast.AST] = [item]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        found |= set(_imported(node))
        waiting.extend(ast.iter_child_nodes(node))
    return found


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
