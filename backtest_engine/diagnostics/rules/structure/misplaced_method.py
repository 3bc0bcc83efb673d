"""`next` outside its class, or inside `init`."""

import ast
import re
import textwrap
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _misplaced(source: Source) -> Iterable[ast.FunctionDef]:
    if source.strategy is None or source.tree is None:
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.FunctionDef)
            and node.name in ("init", "next")
            and node.name not in source.methods
            and node.args.args[:1]
            and node.args.args[0].arg == "self"
        ):
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _misplaced(source):
        yield Location(
            line=node.lineno, message=f"`{node.name}` stands outside the strategy class, so it is not its method."
        )


def _rewrite(source: Source) -> str | None:
    if source.strategy is None:
        return None
    code = source.code
    for node in sorted(_misplaced(source), key=lambda item: -item.lineno):
        lines = code.split("\n")
        end = node.end_lineno or node.lineno
        block = textwrap.dedent("\n".join(lines[node.lineno - 1 : end]))
        del lines[node.lineno - 1 : end]
        rest = Source("\n".join(lines))
        if rest.tree is None or rest.strategy is None:
            return None
        place = rest.strategy.end_lineno or len(lines)
        lines[place:place] = ["", textwrap.indent(block, "    ")]
        code = re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).rstrip() + "\n"
    return code if code != source.code else None


RULE = Rule(
    code="misplaced_method",
    family="structure",
    title="A method outside its class",
    explanation="`init` or `next` stands outside the strategy class, so the class does not have it.",
    hint="Indent the method by four spaces, inside the class.",
    example=example()
    .replace("\n    def next(self):", "\ndef next(self):")
    .replace("\n        if", "\n    if")
    .replace("\n        elif", "\n    elif")
    .replace("\n            self.buy", "\n        self.buy")
    .replace("\n            self.position", "\n        self.position"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("missing_next", "missing_init", "unused_indicator", "crossover_in_init", "no_orders"),
)
