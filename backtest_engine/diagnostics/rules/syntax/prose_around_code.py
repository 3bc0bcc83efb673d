"""Sentences before or after the code."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, nearer
from backtest_engine.diagnostics.source import Source

_CODE = re.compile(r"^(from\s+[\w.]+\s+import\b|import\s+\w|class\s+\w+.*:|def\s+\w+\(|@\w|#|\"\"\"|'''|\w+\s*=)")
_SENTENCE = re.compile(r"^\W*[A-Za-z][\w'’,]*( [\w'’(),.*`:/-]+){2,}|^[-*]\s+\w+|^#+\s|^\*\*|^\w+[!:.]$")


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        first = next((n for n, line in enumerate(source.lines, 1) if _is_prose(line)), 1)
        yield Location(line=first)


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and line == line.lstrip() and not _CODE.match(line) and bool(_SENTENCE.match(line))


def _rewrite(source: Source) -> str | None:
    if "never closed" in complaint(source):
        return None
    lines = list(source.lines)
    start = next((n for n, line in enumerate(lines) if _CODE.match(line)), 0)
    if start and not any(_is_prose(line) for line in lines[:start]):
        return None
    kept = lines[start:]
    seen_class = False
    for number, line in enumerate(kept):
        seen_class = seen_class or line.startswith("class ")
        if seen_class and _is_prose(line):
            kept = kept[:number]
            break
    code = "\n".join(kept).rstrip() + "\n"
    return code if code.strip() != source.code.strip() else None


RULE = Rule(
    code="prose_around_code",
    family="syntax",
    severity="fatal",
    title="Sentences around the code",
    explanation="The answer has sentences before or after the code, and Python cannot read them.",
    hint="Keep only the code; put explanations in comments.",
    example="Sure, here is the strategy you asked for.\n\n" + example() + "\nLet me know if you want a stop loss!\n",
    check_source=_check_source,
    rewrite=_rewrite,
    covers=(
        "invalid_syntax",
        "truncated_code",
        "bad_indentation",
        "missing_colon",
        "unbalanced_brackets",
        "typographic_characters",
        "unterminated_string",
    ),
)
