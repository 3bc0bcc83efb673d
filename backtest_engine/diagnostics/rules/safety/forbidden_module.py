"""A module that reaches out of the sandbox, whatever is done with it."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import roots
from backtest_engine.diagnostics.rewriting import changed_text, without_import
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import REACHING_OUT

_HARMLESS = frozenset(
    {
        "json",
        "logging",
        "types",
        "weakref",
        "queue",
        "codecs",
        "uuid",
        "base64",
        "traceback",
        "inspect",
        "gc",
        "secrets",
        "dis",
        "csv",
        "binascii",
    }
)


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name in REACHING_OUT - _HARMLESS:
            yield Location(
                line=node.lineno, message=f"`{name}` reaches out of the sandbox; a strategy has no use for it."
            )


def _rewrite(source: Source) -> str | None:
    """Drop such an import where nothing uses it."""
    module = source.module
    for name, full in source.imports.items():
        used = any(isinstance(node, ast.Name) and node.id == name for node in source.nodes)
        if module is not None and full.split(".")[0] in REACHING_OUT and not used:
            module = without_import(module, name)
    return changed_text(source, module) if isinstance(module, cst.Module) else None


RULE = Rule(
    code="forbidden_module",
    family="sandbox",
    severity="fatal",
    title="A module that strategies may not use",
    explanation="The module gives access to files, the network or other programs.",
    hint="Remove the import.",
    example=example(top="import shutil"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("package_not_available",),
)
