"""Code that hides what it does."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_DYNAMIC = frozenset(
    {
        "eval", "exec", "compile", "__import__", "importlib.import_module", "importlib.__import__", "builtins.eval",
        "builtins.exec", "builtins.__import__", "runpy.run_path", "marshal.loads", "pickle.loads", "codecs.decode",
        "base64.b64decode",
    }
)  # fmt: skip
_DUNDERS = frozenset(
    [
        "__subclasses__", "__globals__", "__builtins__", "__bases__", "__mro__", "__code__", "__closure__",
        "__getattribute__", "__loader__", "__base__",
    ]
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Call):
        label = source.dotted(node.func)
        if label in _DYNAMIC:
            yield Location(
                line=node.lineno,
                message=f"`{label}` runs, imports or decodes something that cannot be read in the code.",
            )
        elif label in ("getattr", "setattr", "delattr") and len(node.args) > 1 and not _plain(source, node.args[1]):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)[:60]}` hides which attribute it reaches for."
            )
    for node in source.every(ast.Attribute, ast.Name):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name in _DUNDERS:
            yield Location(line=node.lineno, message=f"`{name}` reaches into Python itself.")
    for node in source.every(ast.Subscript):
        if source.called(node.value) in ("globals", "locals", "vars") or source.dotted(node.value) in ("sys.modules",):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)[:60]}` reaches for a name in a roundabout way."
            )


def _plain(source: Source, node: ast.expr) -> bool:
    """Whether a name is written out, or comes from a loop over plain text."""
    if isinstance(node, ast.Constant):
        return not (isinstance(node.value, str) and node.value.startswith("_"))
    if isinstance(node, ast.JoinedStr | ast.Name):
        return True
    return not any(isinstance(item, ast.BinOp | ast.Call) for item in ast.walk(node))


RULE = Rule(
    code="obfuscated_code",
    family="sandbox",
    after_run="error",
    title="Hides what it does",
    explanation=(
        "The code builds names or programs out of pieces (`eval`, `__import__`, `getattr` with assembled names)."
    ),
    hint="Write plainly what the strategy does.",
    example=example(more_init="self.home = eval('__imp' + 'ort__')('o' + 's').getcwd()"),
    check_source=_check_source,
    covers=("environment_access", "forbidden_module", "package_not_available", "forbidden_action", "introspection"),
)
