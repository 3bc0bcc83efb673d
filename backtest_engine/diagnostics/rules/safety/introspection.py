"""Looking into the program that runs the strategy."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import roots
from backtest_engine.diagnostics.source import Source

_CALLS = (
    "sys._getframe", "inspect.stack", "inspect.currentframe", "gc.get_objects", "gc.get_referrers",
    "sys._current_frames", "gc.get_referents", "sys.settrace", "sys.setprofile", "inspect.getouterframes",
)  # fmt: skip
_FRAMES = frozenset(
    {"f_back", "f_locals", "f_globals", "tb_frame", "gi_frame", "__traceback__", "cr_frame", "__subclasses__"}
)


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name in ("ctypes", "cffi", "faulthandler", "mmap"):
            yield Location(line=node.lineno, message=f"`{name}` looks into the program that runs the strategy.")
    for node in source.every(ast.Attribute, ast.Name):
        label = source.dotted(node)
        if label in _CALLS or (isinstance(node, ast.Attribute) and node.attr in _FRAMES):
            name = label or node.attr
            yield Location(line=node.lineno, message=f"`{name}` looks into the program that runs the strategy.")


RULE = Rule(
    code="introspection",
    family="sandbox",
    after_run="error",
    title="Looks into the running program",
    explanation="The code looks at frames, objects or memory of the program that runs it.",
    hint="Use only `self.data`, `self.position`, `self.trades`, `self.orders` and `self.equity`.",
    example=example(top="import gc", more_init="self.seen = gc.get_objects()"),
    check_source=_check_source,
    covers=("forbidden_module", "package_not_available", "environment_access", "forbidden_action"),
)
