"""Operators and comments of C, JavaScript or MQL."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer, position
from backtest_engine.diagnostics.source import Source

_CHANGES = (
    (re.compile(r"\s*&&\s*"), " and "),
    (re.compile(r"\s*\|\|\s*"), " or "),
    (re.compile(r"!(?=[\w(])"), "not "),
    (re.compile(r"\belse if\b"), "elif"),
    (re.compile(r"\b([\w.]+)\+\+"), r"\1 += 1"),
    (re.compile(r"\b([\w.]+)--(?=\s*;?\s*$)"), r"\1 -= 1"),
    (re.compile(r"^(\s*)//", re.MULTILINE), r"\1#"),
    (re.compile(r"\s//\s(?=[A-Za-z].*$)"), "  # "),
    (re.compile(r"^(\s*)(?:var|let|const)\s+(?=\w+\s*=)"), r"\1"),
    (re.compile(r"\s*\{\s*$"), ":"),
    (re.compile(r";\s*$"), ""),
)


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Location(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    lines = []
    for line in source.lines:
        changed = line
        for pattern, plain in _CHANGES:
            changed = pattern.sub(plain, changed)
        if changed.strip() == "}":
            continue
        lines.append(changed)
    code = "\n".join(lines)
    return code if code != source.code else None


RULE = Rule(
    code="other_language_syntax",
    family="syntax",
    title="Syntax of another language",
    explanation="The code uses signs of another language, such as `&&`, `||`, `!` or `//` for a comment.",
    hint="In Python write `and`, `or`, `not`, `elif` and `#`.",
    example=example(next="if not self.position && self.fast[-1] > self.slow[-1]:\n    self.buy()"),
    check_source=_check_source,
    rewrite=_rewrite,
)
