"""Prices or dates by heart: what the code carries from the past that it is tested on."""

import ast
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

MOST_NUMBERS = 60
MOST_DATES = 7
# Of text without blanks, and of whole numbers: room for a bit a bar.
MOST_DENSE_CHARACTERS = 160
MOST_DENSE_BITS = 128
# Of numbers anywhere, and of text that is no docstring.
MOST_LOOSE_NUMBERS = 300
MOST_CHARACTERS = 1_500

_DENSE = re.compile(r"[^\s]{40,}")
_DATE = re.compile(r"(?:19|20)\d\d[-/.]?[01]\d[-/.]?[0-3]\d")
_DATE_MAKERS = frozenset({"date", "datetime", "Timestamp", "datetime64", "Period", "to_datetime"})


def _check_source(source: Source) -> Iterable[Location]:
    constants = [*source.every(ast.Constant), *_docstring(source)]
    numbers = sum(
        _is_plain(item) for node in source.every(ast.List, ast.Tuple, ast.Set, ast.Dict) for item in _items(node)
    )
    first = min((node.lineno for node in constants), default=None)
    if numbers > MOST_NUMBERS:
        yield Location(line=_longest(source) or first, message=f"The code carries {numbers} numbers in lists.")
    dates = sum(_is_date(node) for node in constants) + sum(
        _makes_date(source, node) for node in source.every(ast.Call)
    )
    if dates > MOST_DATES:
        yield Location(line=first, message=f"The code carries {dates} dates.")
    texts = [node for node in constants if isinstance(node.value, str | bytes)]
    dense = {node: sum(map(len, _DENSE.findall(_text(node)))) for node in texts}
    if sum(dense.values()) > MOST_DENSE_CHARACTERS:
        longest = max(dense, key=lambda node: dense[node])
        yield Location(
            line=longest.lineno, message=f"The code carries a text of {dense[longest]} characters that is no prose."
        )
    whole = [node for node in constants if type(node.value) is int and node.value.bit_length() > 64]
    if sum(node.value.bit_length() for node in whole) > MOST_DENSE_BITS:
        yield Location(
            line=whole[0].lineno, message=f"The code carries a number of {whole[0].value.bit_length()} bits."
        )
    yield from _loose(source, constants)


def _loose(source: Source, constants: list[ast.Constant]) -> Iterable[Location]:
    """Yield what is carried in many small pieces, or in names."""
    numbers = [node for node in constants if _is_plain(node)]
    if len(numbers) > MOST_LOOSE_NUMBERS:
        yield Location(line=numbers[0].lineno, message=f"The code carries {len(numbers)} numbers.")
    prose = {node.value for node in source.every(ast.Expr)}
    texts = [node for node in constants if isinstance(node.value, str | bytes) and node not in prose]
    if sum(len(_text(node)) for node in texts) > MOST_CHARACTERS:
        yield Location(line=texts[0].lineno, message="The code carries long texts.")
    names = {*source.bound, *source.own}
    if sum(len(name) for name in names if len(name) >= 40) > MOST_DENSE_CHARACTERS:
        yield Location(message="The code carries names that nobody can read.")


def _docstring(source: Source) -> list[ast.Constant]:
    """Return the module's docstring where something may read it: the strategy does not need it otherwise."""
    first = source.tree.body[0] if source.tree is not None and source.tree.body else None
    if "__doc__" in source.code and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return [first.value]
    return []


def _items(node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> list[ast.expr | None]:
    return [*node.keys, *node.values] if isinstance(node, ast.Dict) else list(node.elts)


def _is_plain(node: ast.expr | None) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _longest(source: Source) -> int | None:
    nodes = list(source.every(ast.List, ast.Tuple, ast.Set, ast.Dict))
    longest = max(nodes, key=lambda node: len(_items(node)), default=None)
    return longest.lineno if longest is not None else None


def _is_date(node: ast.Constant) -> bool:
    if isinstance(node.value, str):
        return _DATE.match(node.value) is not None
    return (
        type(node.value) is int
        and 19_000_101 <= node.value <= 20_991_231
        and _DATE.fullmatch(str(node.value)) is not None
    )


def _makes_date(source: Source, node: ast.Call) -> bool:
    numbers = [item for item in node.args if isinstance(item, ast.Constant) and type(item.value) is int]
    return len(numbers) >= 3 and source.dotted(node.func).rsplit(".", 1)[-1] in _DATE_MAKERS


def _text(node: ast.Constant) -> str:
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)


RULE = Rule(
    code="memorised_prices",
    family="look_ahead",
    severity="warning",
    after_run="warning",
    title="Numbers by heart",
    explanation="The code carries long lists of numbers, dates, or text that is no prose.",
    hint="If they come from the past that it is tested on, the result says nothing about the future; compute them.",
    example=example(more_init=f"self.days = {[f'2010-01-{day:02}' for day in range(1, 29)]}"),
    check_source=_check_source,
)
