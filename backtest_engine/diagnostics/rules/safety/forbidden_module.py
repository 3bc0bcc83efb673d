"""A module that reaches out of the sandbox, whatever is done with it."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import roots
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import REACHING_OUT

_HARMLESS = frozenset(
    {
        "json", "logging", "types", "weakref", "queue", "codecs", "uuid", "base64", "traceback", "inspect", "gc",
        "secrets", "dis", "csv", "binascii",
    }
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name in REACHING_OUT - _HARMLESS:
            yield Location(
                line=node.lineno, message=f"`{name}` reaches out of the sandbox; a strategy has no use for it."
            )


RULE = Rule(
    code="forbidden_module",
    family="sandbox",
    title="A module that strategies may not use",
    explanation="The module gives access to files, the network or other programs.",
    hint="Remove the import.",
    example=example(top="import shutil", more_init="self.free = shutil.disk_usage('.')"),
    check_source=_check_source,
    covers=("package_not_available",),
)
