"""Highlighted source text for the admin, without script and without files.

The text is whoever's; the highlighter's patterns were not written for whoever. It works in a child with limits, and on
texts of a size that people read; any other text is shown whole and plain.
"""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import DiffLexer, JsonLexer, PythonLexer

from backtest_engine.errors import EngineError
from backtest_engine.limited import LimitReached, run_limited

MOST_CHARACTERS = 64 << 10
MOST_LINES = 3_000
# What is not code, and no reviewer has to read in full.
MOST_JSON_CHARACTERS = 256 << 10
SECONDS = 1.0
MEMORY_MB = 256

_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_LEXERS = {"python": PythonLexer, "diff": DiffLexer, "json": JsonLexer}


def code(text: str, language: str = "python") -> SafeString:
    """Return highlighted source text, coloured by `admin.css`; long or difficult text plain, as it is."""
    shown = visible(text)
    if len(shown) <= MOST_CHARACTERS and shown.count("\n") <= MOST_LINES:
        try:
            html = str(run_limited(highlighted, shown, language, seconds=SECONDS, memory_mb=MEMORY_MB))
            # Safe: Pygments escapes every token it writes.
            return SafeString(html)
        except (LimitReached, EngineError):
            pass
    if language == "json" and len(shown) > MOST_JSON_CHARACTERS:
        left = len(shown) - MOST_JSON_CHARACTERS
        return format_html(
            "<pre>{}</pre><p>{} more characters; the API has all.</p>", shown[:MOST_JSON_CHARACTERS], left
        )
    return format_html("<pre>{}</pre>", shown)


def highlighted(text: str, language: str) -> str:
    """Return the text as HTML; the highlighter escapes it."""
    formatter = HtmlFormatter(linenos="inline" if language == "python" else False)
    html: str = highlight(text, _LEXERS[language](), formatter)
    return html


def visible(text: str) -> str:
    """Return text in which the characters that turn the reading direction show, so that code reads as it runs."""
    return _TURNS.sub(lambda turn: f"⟦U+{ord(turn[0]):04X}⟧", text)
