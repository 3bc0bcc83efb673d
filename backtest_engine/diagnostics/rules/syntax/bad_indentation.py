"""Indentation that does not line up."""

import ast
import textwrap
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, nearer, position, until_stuck, with_line
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.unbound import unbound_names

_SIGNS = ("indent", "inconsistent use of tabs")


def _check_source(source: Source) -> Iterable[Location]:
    said = complaint(source)
    if (any(sign in said for sign in _SIGNS) and "expected an indented block" not in said) or (
        "expected an indented block" in said and position(source)[0] < len(source.code.rstrip().split("\n"))
    ):
        yield Location(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    tried = [source.code.expandtabs(4), textwrap.dedent(source.code.expandtabs(4)), source.code.expandtabs(8)]
    tried += [until_stuck(code, _step) for code in tried[:2]]
    readable = [code for code in tried if Source(code).tree is not None]
    return min(readable, key=_loose_ends, default=None)


def _loose_ends(code: str) -> int:
    """Count names that are read and bound nowhere: `self` outside a method shows that a line is in the wrong place."""
    source = Source(code)
    return (
        2 * len(unbound_names(source))
        + sum(name not in source.methods for name in ("init", "next"))
        + sum(
            isinstance(node, ast.Attribute) and source.dotted(node).startswith("self.") and not _within(source, node)
            for node in source.nodes
        )
    )


def _within(source: Source, node: ast.AST) -> bool:
    return any(isinstance(item, ast.FunctionDef | ast.Lambda) for item in source.above(node))


def _step(source: Source) -> str | None:
    """Repair the one line that the parser names."""
    number = position(source)[0]
    if not 0 < number <= len(source.lines):
        return None
    line = source.lines[number - 1]
    said = complaint(source)
    before = next((text for text in reversed(source.lines[: number - 1]) if text.strip()), "")
    depth = len(before) - len(before.lstrip())
    if "expected an indented block" in said:
        own = len(line) - len(line.lstrip())
        if line.lstrip().startswith(("def ", "class ", "@", "elif ", "else:")) and own <= depth:
            lines = list(source.lines)
            lines.insert(number - 1, " " * (depth + 4) + "pass")
            return "\n".join(lines)
        return _shifted(source, number, depth + 4 - own)
    widths = {len(text) - len(text.lstrip()) for text in source.lines[: number - 1] if text.strip()}
    if before.rstrip().endswith(":"):
        widths.add(depth + 4)
    own = len(line) - len(line.lstrip())
    for width in sorted(widths, key=lambda item: (abs(item - own), -item)):
        changed = with_line(source, number, " " * width + line.lstrip())
        if nearer(source, changed):
            return changed
    return None


def _shifted(source: Source, number: int, by: int) -> str:
    """Indent the run of lines that starts at a line and is no deeper than it."""
    lines = list(source.lines)
    own = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    place = number - 1
    while place < len(lines) and (not lines[place].strip() or len(lines[place]) - len(lines[place].lstrip()) >= own):
        if place > number - 1 and lines[place][own:].startswith(("def ", "class ", "@")):
            break
        lines[place] = " " * by + lines[place] if lines[place].strip() else lines[place]
        place += 1
    return "\n".join(lines)


RULE = Rule(
    code="bad_indentation",
    family="syntax",
    title="Indentation does not line up",
    explanation="Lines of one block are indented differently, or a block is not indented at all.",
    hint="Indent each block by four spaces and never mix tabs with spaces.",
    example=example().replace("        self.slow", "\tself.slow"),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
