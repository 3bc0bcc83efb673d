"""Text to words: numbers, letters and signs with their places, in one pass and in linear time."""

import re
import unicodedata
from dataclasses import dataclass

_SIGNS = str.maketrans(
    {
        "≥": "≥",
        "≧": "≥",
        "⩾": "≥",
        "≤": "≤",
        "≦": "≤",
        "⩽": "≤",
        "×": "*",
        "✕": "*",
        "·": "\n",
        "÷": "/",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u2007": " ",
        "…": ".",
        "％": "%",
        "＜": "<",
        "＞": ">",
        "＝": "=",
        "（": "(",
        "）": ")",
        "，": ",",
        "：": ":",
        "；": ";",
        "。": ".",
        "\r": "\n",
        "\u2028": "\n",
        "\u2029": "\n",
        "\x0b": "\n",
        "\x0c": "\n",
        "→": "→",
        "➡": "→",
        "⇒": "→",
        "➔": "→",
        "•": "\n",
        "●": "\n",
        "▪": "\n",
        "◦": "\n",
        "½": "½",
    }
)

_LEXEME = re.compile(
    r"""
    (?P<clock>\b\d{1,2}:\d{2}(?!\d)(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?)
  | (?P<smile>(?<=\s)[:;]-?\)(?!\S))
  | (?P<ordinal>\b\d+(?:st|nd|rd|th)\b)
  | (?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?P<suffix>k\b)?
  | (?P<times>(?<=\d)x(?=[a-z]))
  | (?P<namely>\bi\.e\b\.?)
  | (?P<with>\bw/(?=\s))
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)
  | (?P<sign>[<>=!]=|=>|=<|-{1,2}>|&&|\|\||>>|[^\w\s]|_)
  | (?P<line>\n[\s]*)
    """,
    re.VERBOSE,
)

_SIGN_WORDS = {"≥": ">=", "≤": "<=", "=<": "<=", "→": "->", "-->": "->", "=>": "->", ">>": "->", "½": "half"}
_ENDS = frozenset(".;!?")
_DROPPED = frozenset("\"'_`~^")


@dataclass(frozen=True, slots=True)
class Word:
    """A lexeme: its text in lower case, its number if it is one, and where it stands in the description."""

    text: str
    start: int
    end: int
    number: float | None = None
    kind: str = "word"


def lex(text: str) -> list[Word]:
    """Return the words of a text; signs that join or decorate words are left out."""
    plain = text.translate(_SIGNS).lower()
    if len(plain) != len(text):
        # A few capitals have two small letters; places must stay those of the description.
        plain = "".join(c if len(c.lower()) != 1 else c.lower() for c in text.translate(_SIGNS))
    words: list[Word] = []
    for match in _LEXEME.finditer(plain):
        word = _word(match, plain, words)
        if word is not None:
            words.append(word)
    return words


def _word(match: re.Match[str], plain: str, before: list[Word]) -> Word | None:
    start, end, text = match.start(), match.end(), match.group()
    if match["number"] and _starts_line(before) and re.match(r"[.)]\s", plain[end : end + 2]):
        return Word("\n", start, end, kind="end")
    if match["number"]:
        value = float(match["number"].replace(",", "")) * (1000 if match["suffix"] else 1)
        return Word(text, start, end, value, "number")
    if match["clock"]:
        return Word(text, start, end, None, "clock")
    if match["ordinal"]:
        return Word(text, start, end, float(text[:-2]), "ordinal")
    if match["with"] or match["namely"]:
        return Word("with" if match["with"] else "namely", start, end)
    if match["word"] or match["times"]:
        return Word(text, start, end)
    if match["smile"]:
        return None
    if match["line"]:
        return Word("\n", start, end, kind="end")
    return _sign(text, start, end, plain, before)


def _sign(text: str, start: int, end: int, plain: str, before: list[Word]) -> Word | None:
    if text == "-":
        return _dash(start, end, plain, before)
    if text == "*" and _starts_line(before) and plain[end : end + 1].isspace():
        return None
    if text in (")", ".") and before and before[-1].text == "\n" and before[-1].end == start:
        return None
    if text in _ENDS:
        return Word(".", start, end, kind="end")
    if text in _SIGN_WORDS:
        return Word(_SIGN_WORDS[text], start, end)
    if text in _DROPPED:
        return None
    if unicodedata.category(text[0]) in ("So", "Sk", "Cf", "Mn", "Cn", "Co"):
        return None
    return Word(text, start, end)


def _dash(start: int, end: int, plain: str, before: list[Word]) -> Word | None:
    left, right = plain[start - 1 : start], plain[end : end + 1]
    if _starts_line(before) and not right.isdigit():
        return None
    if left.isalnum() and right.isalnum():
        return Word("-", start, end, kind="hyphen") if left.isdigit() and right.isdigit() else None
    if left.isalnum() and right.isspace() and left.isalpha():
        return None
    return Word("-", start, end)


def _starts_line(before: list[Word]) -> bool:
    return not before or before[-1].text == "\n"
