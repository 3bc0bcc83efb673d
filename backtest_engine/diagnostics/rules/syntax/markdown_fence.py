"""Code wrapped in Markdown, as a chat model answers."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_FENCE = re.compile(r"^\s*(```|~~~)[\w+-]*\s*$", re.MULTILINE)


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None:
        for number, line in enumerate(source.lines, 1):
            if _FENCE.match(line):
                yield Location(line=number)
                return


def _rewrite(source: Source) -> str | None:
    parts = _FENCE.split(source.code)[::2]
    if len(parts) == 1:
        return None
    blocks = parts[1::2] or parts
    best = [block for block in blocks if "class " in block] or [max(parts, key=len)]
    return "\n".join(block.strip("\n") for block in (blocks if len(best) == len(blocks) else best)) + "\n"


RULE = Rule(
    code="markdown_fence",
    family="syntax",
    severity="fatal",
    title="Markdown around the code",
    explanation="The text is wrapped in Markdown fences (```), which are not Python.",
    hint="Keep only what stands between the fences.",
    example="Here it is:\n\n```python\n" + example() + "```\n",
    check_source=_check_source,
    rewrite=_rewrite,
    covers=(
        "invalid_syntax",
        "truncated_code",
        "bad_indentation",
        "missing_colon",
        "unbalanced_brackets",
        "prose_around_code",
        "typographic_characters",
        "unterminated_string",
    ),
)
