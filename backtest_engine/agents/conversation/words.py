"""The words of a turn: short forms spelled out, slips of the keyboard mended, punctuation kept."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backtest_engine.language.vocabulary import vocabulary

HERE = Path(__file__).parent
# Longer turns are texts to be read, not edits; nobody types them by hand.
MOST_CHARACTERS = 4_000
_WORD = re.compile(r"(?<![\w%$])[a-z](?:[a-z'/]*[a-z/])?(?!\w)", re.IGNORECASE)
_NAMES = re.compile(r"[A-Z]{2,}[A-Z/.]*$")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A turn as it was typed, and in plain small letters for the rules of edits."""

    text: str
    plain: str
    corrections: tuple[str, ...] = ()


@cache
def _tables() -> tuple[dict[str, str], list[str], frozenset[str]]:
    listed = tomllib.loads((HERE / "words.toml").read_text())
    meant = {short: full for full, shorts in listed["meant"].items() for short in shorts}
    return meant, listed["spelling"]["words"].split(), frozenset(listed["fillers"]["words"].split())


def fillers() -> frozenset[str]:
    """Return the words that say nothing by themselves."""
    return _tables()[2]


def listen(text: str) -> Said:
    """Return what was said; what was corrected is listed."""
    corrections: list[str] = []
    text = (
        re.sub(r"\s&\s", " and ", text)
        .replace("’", "'")
        .replace("“", '"')
        .replace("”", '"')
        .replace("–", "-")
        .replace("→", " to ")
    )
    mended = _WORD.sub(lambda match: _mended(match.group(), corrections), text)
    mended = re.sub(r"(?<=\d)\s*percent\b|\bpercent\b", " %", mended, flags=re.IGNORECASE)
    plain = re.sub(r"\s+", " ", mended.lower()).strip()
    plain = re.sub(r"(?<=\d)\s+%", "%", plain)
    return Said(text=mended, plain=plain, corrections=tuple(dict.fromkeys(corrections)))


def _mended(word: str, corrections: list[str]) -> str:
    meant, spelling, _ = _tables()
    small = word.lower()
    if small in meant:
        return meant[small]
    if len(small) < 4 or not small.isalpha() or _NAMES.match(word) or _known(small):
        return word
    reach = 1 if len(small) < 8 else 2
    near = process.extract(small, spelling, scorer=OSA.distance, score_cutoff=reach, limit=3)
    near = [one for one in near if one[0][0] == small[0] and not _another_word(small, one[0])]
    if not near or (len(near) > 1 and near[0][1] == near[1][1]):
        return word
    corrections.append(f"'{word}' read as '{near[0][0]}'")
    return near[0][0]


def _another_word(word: str, better: str) -> bool:
    """Whether two short words differ by one letter for another: `save` is no slip for `same`."""
    return len(word) == len(better) <= 5 and sorted(word) != sorted(better)


@cache
def _known(word: str) -> bool:
    _, spelling, fill = _tables()
    words = vocabulary().words
    stems = {
        word,
        word.rstrip("s"),
        word.removesuffix("ed"),
        word.removesuffix("d"),
        word.removesuffix("ing"),
        word.removesuffix("es"),
    }
    return bool(stems & words) or bool(stems & set(spelling)) or word in fill


def content(plain: str) -> list[str]:
    """Return the words and numbers of a plain text that say something."""
    return [word for word in re.findall(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?%?", plain) if word not in fillers()]
