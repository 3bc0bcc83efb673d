"""Quotes, dashes and spaces that a text program made pretty."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer
from backtest_engine.diagnostics.source import Source

_PLAIN = {
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("–—−‐‑‒", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", ""),
    "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "…": "...",
    "（": "(", "）": ")", "，": ",", "：": ":", "；": ";",
}  # fmt: skip
_TABLE = str.maketrans(_PLAIN)


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Location(line=next((n for n, line in enumerate(source.lines, 1) if line.translate(_TABLE) != line), None))


def _rewrite(source: Source) -> str | None:
    code = source.code.translate(_TABLE)
    return code if code != source.code else None


RULE = Rule(
    code="typographic_characters",
    family="syntax",
    title="Typographic characters",
    explanation="Typographic quotes, dashes or spaces stand where Python needs the plain ones.",
    hint="Use straight quotes, a plain minus and ordinary spaces.",
    example=example(body="label = “cross”"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("unterminated_string",),
)
