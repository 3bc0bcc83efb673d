"""How a phrase table is written and found in a text: alternatives, optional words, inflections."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

from backtest_engine.language.lexer import lex
from backtest_engine.language.tables import FILLERS

IRREGULAR = {
    "its": "its",
    "bought": "buy",
    "sold": "sell",
    "fell": "fall",
    "fallen": "fall",
    "rose": "rise",
    "risen": "rise",
    "broke": "break",
    "broken": "break",
    "went": "go",
    "gone": "go",
    "got": "get",
    "gotten": "get",
    "held": "hold",
    "came": "come",
    "took": "take",
    "taken": "take",
    "made": "make",
    "did": "do",
    "leaves": "leave",
}


@lru_cache(maxsize=20_000)
def base_forms(word: str) -> tuple[str, ...]:
    """Return the word and what it may be an inflection of, the likeliest first."""
    if word in IRREGULAR:
        return (word, IRREGULAR[word])
    forms = [word]
    if word.endswith("'s"):
        forms.append(word[:-2])
    for ending in ("es", "s", "ed", "ing"):
        if word.endswith(ending) and len(word) > len(ending) + 1 and word.isalpha():
            stem = word[: -len(ending)]
            forms += [stem] if ending == "s" else [stem, stem + "e"]
            if ending in ("ed", "ing") and stem[-1:] == stem[-2:-1]:
                forms.append(stem[:-1])
    return tuple(dict.fromkeys(forms))


def expand(phrase: str) -> Iterator[tuple[str, ...]]:
    """Yield every wording of a phrase: `go/get long position?` has four."""
    choices: list[list[str | None]] = []
    for word in phrase.split():
        optional = len(word) > 1 and word.endswith("?")
        bare = word[:-1] if optional else word
        options: list[str | None] = list(bare.split("/")) if len(bare) > 1 and "//" not in bare else [bare]
        choices.append([*options, None] if optional else options)
    for wording in product(*choices):
        text = " ".join(word for word in wording if word is not None)
        words = spelled(text)
        if words and FILLERS.isdisjoint(words):
            yield words


def spelled(text: str) -> tuple[str, ...]:
    """Return the words of a phrase as they come out of a description, in the middle of a line."""
    return tuple(word.text for word in lex(f". {text}"))[1:]


def _without_fillers(text: str) -> tuple[str, ...]:
    return tuple(word for word in spelled(text) if word not in FILLERS)


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found in a text: what it means, and the place after its last word."""

    end: int
    kind: str
    value: Any


@dataclass(slots=True)
class Node:
    """A place in the tree of phrases."""

    following: dict[str, "Node"] = field(default_factory=dict)
    meanings: list[tuple[str, Any]] = field(default_factory=list)


class PhraseTree:
    """Finds all known phrases at a place in a list of words."""

    def __init__(self) -> None:
        self._root = Node()
        self.words: set[str] = set()

    def add(self, kind: str, value: Any, phrases: Iterable[str], *, literally: bool = False) -> None:
        """Learn phrases with a meaning; the same words may have several, of different kinds."""
        for phrase in phrases:
            for words in [_without_fillers(phrase)] if literally else expand(phrase):
                node = self._root
                for word in words:
                    node = node.following.setdefault(word, Node())
                    self.words.add(word)
                if all(known != kind for known, _ in node.meanings):
                    node.meanings.append((kind, value))

    def add_table(self, kind: str, table: Mapping[Any, Iterable[str]]) -> None:
        """Learn a table from value to phrases."""
        for value, phrases in table.items():
            self.add(kind, value, phrases)

    def matches(self, words: list[str], start: int) -> list[Match]:
        """Return the phrases that begin at `start`, the longest first."""
        found: list[Match] = []
        reached = [self._root]
        place = start
        while reached and place < len(words):
            forms = base_forms(words[place])
            place += 1
            onward: list[Node] = []
            for node in reached:
                for form in forms:
                    following = node.following.get(form)
                    if following is not None and all(following is not other for other in onward):
                        onward.append(following)
            found += [Match(place, kind, value) for node in onward for kind, value in node.meanings]
            reached = onward
        found.reverse()
        return found

    def knows(self, word: str) -> bool:
        """Whether the word, or what it is an inflection of, occurs in any phrase."""
        return any(form in self.words for form in base_forms(word))
