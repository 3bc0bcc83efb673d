"""The clauses of a description, and which of them carry nothing that a strategy could be made of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from backtest_engine.language.lexer import Word
from backtest_engine.language.scan import Scan, scan
from backtest_engine.language.tables import COMMENTARY


@dataclass(frozen=True)
class Clause:
    """A sentence, a line, or a part of one, with its place in the description."""

    start: int
    end: int
    text: str


def sentences_of(text: str) -> list[Clause]:
    """Return the sentences and lines of a description."""
    return [_clause(text, words) for words in _sentences(scan(text).words)]


def commentary(text: str) -> list[Clause]:
    """Return what may be left out: clauses without a number, price, indicator, relation, action, date or condition."""
    found = scan(text)
    return [
        _clause(text, [found.words[place] for place in places])
        for sentence in _places(found.words)
        for places in _idle_parts(found, sentence)
        if not _instructs(text[_begins(found, sentence) : found.words[sentence[-1]].end])
    ]


def _begins(found: Scan, sentence: range) -> int:
    """Return where a sentence begins, with the small words before it that a scan drops."""
    return found.words[sentence[0] - 1].end if sentence[0] else 0


def _instructs(text: str) -> bool:
    """Whether somebody is told who to be: that is no talk beside a strategy."""
    plain = " ".join(text.lower().replace("’", "'").split())
    return any(phrase in plain for phrase in COMMENTARY["instructions"].split(", "))


def blanked(text: str, clauses: list[Clause]) -> str:
    """Return the text with clauses replaced by spaces, so that all else keeps its place."""
    for clause in clauses:
        text = text[: clause.start] + " " * (clause.end - clause.start) + text[clause.end :]
    return text


def _clause(text: str, words: list[Word]) -> Clause:
    start, end = words[0].start, words[-1].end
    return Clause(start, end, text[start:end])


def _sentences(words: list[Word]) -> Iterator[list[Word]]:
    for places in _places(words):
        yield [words[place] for place in places]


def _places(words: list[Word]) -> Iterator[range]:
    start = 0
    for place in range(len(words) + 1):
        if place == len(words) or words[place].kind == "end" or words[place].text == ";":
            if place > start:
                yield range(start, place)
            start = place + 1


def _idle_parts(found: Scan, sentence: range) -> Iterator[list[int]]:
    """Yield the whole sentence, or those of its parts between commas and brackets that carry nothing."""
    if not _carries(found, sentence):
        yield list(sentence)
        return
    parts: list[list[int]] = [[]]
    for place in sentence:
        word = found.words[place]
        # A bracket right behind a word is a call, as in `sma(close)`.
        called = word.text == "(" and place > 0 and found.words[place - 1].end == word.start
        if word.text in (",", ")") or (word.text == "(" and not called):
            parts.append([])
        else:
            parts[-1].append(place)
    for number, part in enumerate(parts):
        if part and len(parts) > 1 and _unknown(found, part) and not _carries(found, part):
            before = number > 0 and found.words[part[0] - 1].text in (",", "(")
            after = part[-1] + 1 in sentence and found.words[part[-1] + 1].text == ")"
            yield [part[0] - 1] * before + part + [part[-1] + 1] * after


def _unknown(found: Scan, part: list[int]) -> bool:
    """Whether a part has a word of its own: joints alone, as in `…, and then, …`, belong to what is around."""
    return any(found.words[place].kind == "word" and not found.found[place] for place in part)


@cache
def _neutral() -> frozenset[str]:
    return frozenset(COMMENTARY["neutral"].split())


@cache
def _decisive() -> frozenset[str]:
    return frozenset(COMMENTARY["decisive"].split())


@cache
def _everyday() -> frozenset[str]:
    return frozenset(COMMENTARY["everyday"].split())


def _carries(found: Scan, places: list[int] | range) -> bool:
    """Whether words say anything measurable, name a condition, or forbid something at a time."""
    if any(found.words[place].text in _decisive() for place in places):
        return True
    if any(found.words[place].kind in ("number", "clock", "ordinal") for place in places):
        return True
    if any(re.search(r"[^\w\s.,!?'\"()\n-]", found.words[place].text) for place in places):
        return True
    return any(
        match.kind not in _neutral() and not all(found.words[at].text in _everyday() for at in range(place, match.end))
        for place in places
        for match in found.found[place]
    )
