"""Characters that a web page encoded."""

import html
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer
from backtest_engine.diagnostics.source import Source

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+);")


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Location(line=next(n for n, line in enumerate(source.lines, 1) if _ENTITY.search(line)))


def _rewrite(source: Source) -> str | None:
    if not _ENTITY.search(source.code):
        return None
    return _ENTITY.sub(lambda found: html.unescape(found[0]).replace("\xa0", " "), source.code)


RULE = Rule(
    code="html_entities",
    family="syntax",
    title="HTML entities in the code",
    explanation="Signs such as `<` stand in the code as HTML entities (`&lt;`).",
    hint="Copy the code as plain text.",
    example=example(next="if self.fast[-1] &gt; self.slow[-1]:\n    self.buy()"),
    check_source=_check_source,
    rewrite=_rewrite,
)
