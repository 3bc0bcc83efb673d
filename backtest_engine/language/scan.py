"""From text to the words that the grammar reads: fillers dropped, misspellings read, unknown words named."""

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backtest_engine.language.lexer import Word, lex
from backtest_engine.language.phrases import Match, PhraseTree
from backtest_engine.language.reader import Problem
from backtest_engine.language.tables import (
    FILLERS,
    GRAMMAR_WORDS,
    MISSPELLINGS,
    NOT_A_TYPO,
    SMALL_TALK,
    TOPICS,
    WEAK,
    Topic,
)
from backtest_engine.language.vocabulary import vocabulary

MAX_NUMBER = 1e12
MAX_DIGITS = 15


@dataclass(frozen=True)
class Scan:
    """The words of a description and the phrases found at each."""

    words: list[Word]
    found: list[list[Match]]
    corrections: tuple[str, ...]
    problems: tuple[Problem, ...]


def scan(text: str) -> Scan:
    """Find the known phrases of a text; unknown words and refused topics become problems."""
    tree = vocabulary()
    corrections: list[str] = []
    spelled = [_corrected(word, tree, corrections) for word in lex(text)]
    words = [word for word in spelled if word.text not in FILLERS]
    texts = [word.text for word in words]
    found = [tree.matches(texts, place) for place in range(len(words))]
    problems = [*_hidden(text), *_future(text), *_symbols(text, words, found)]
    problems += [*_topics(text, words, found), *_unknown(text, words, found)]
    problems += [
        Problem(text[word.start : word.end][:40], word.start, word.end, "is no number to trade by", code="impossible")
        for word in words
        if word.number is not None and (word.number > MAX_NUMBER or sum(map(str.isdigit, word.text)) > MAX_DIGITS)
    ]
    return Scan(words, found, tuple(dict.fromkeys(corrections)), tuple(problems))


def _corrected(word: Word, tree: PhraseTree, corrections: list[str]) -> Word:
    if (
        word.kind != "word"
        or tree.knows(word.text)
        or word.text in FILLERS
        or _has_a_place(word.text)
        or not word.text.isalpha()
    ):
        return word
    better = MISSPELLINGS.get(word.text) or _nearest(word.text)
    if better is None:
        return word
    corrections.append(f"'{word.text}' read as '{better}'")
    return Word(better, word.start, word.end)


@cache
def _spellings() -> list[str]:
    refused = {word for phrases in TOPICS.values() for phrase in phrases for word in phrase.split()}
    return sorted(word for word in vocabulary().words - refused if len(word) >= 4 and word.isalpha())


def _nearest(text: str) -> str | None:
    """Return the one word within reach of a slip of the keyboard."""
    if len(text) < 4 or text in NOT_A_TYPO:
        return None
    reach = 1 if len(text) < 8 else 2
    near = process.extract(text, _spellings(), scorer=OSA.distance, score_cutoff=reach, limit=5)
    begun = [(word, distance) for word, distance, _ in near if word[0] == text[0]]
    if not begun:
        return None
    best = min(distance for _, distance in begun)
    nearest = {word for word, distance in begun if distance == best}
    return nearest.pop() if len(nearest) == 1 else None


def near_words(text: str) -> tuple[str, ...]:
    """Return vocabulary that resembles a word, for a refusal to offer."""
    found = process.extract(text, _spellings(), scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=3)
    return tuple(word for word, _, _ in found)


# Characters that make a text look other than it reads: overrides of the writing direction.
HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069]")
FUTURE = re.compile(
    r"\b(?<!i )(?<!we )(?<!you )(?:will|is going to|are going to)\s+"
    r"(?:be\s+(?!sold|bought|closed|opened|entered|exited)\w+"
    r"|cross|rise|fall|drop|break|open|go|close\s+(?:above|below|higher|lower|over|under))\b",
    re.IGNORECASE,
)


def _hidden(text: str) -> list[Problem]:
    return [
        Problem("", match.start(), match.end(), "there are hidden characters that turn the text around", code="hidden")
        for match in HIDDEN.finditer(text)
    ]


def _future(text: str) -> list[Problem]:
    return [
        Problem(
            match.group(), match.start(), match.end(), "uses prices that are not known yet", code="needs_the_future"
        )
        for match in FUTURE.finditer(text)
    ]


KINDS_OF_MARKET = frozenset(
    [
        *("any", "crypto", "cryptos", "e", "emini", "etf", "eur", "forex", "futures", "fx", "index", "market", "mini"),
        *("spot", "stock", "stocks", "this", "usd"),
    ]
)
SAME_MARKET = {"google": "goog", "googl": "goog", "apple": "aapl", "tesla": "tsla", "microsoft": "msft"}
SAME_MARKET |= {"amazon": "amzn", "nvidia": "nvda", "netflix": "nflx", "bitcoin": "btc", "ethereum": "eth"}


def _symbols(text: str, words: list[Word], found: list[list[Match]]) -> list[Problem]:
    """Name the second of two symbols: a strategy trades one."""
    named: dict[str, tuple[int, int]] = {}
    for place, matches in enumerate(found):
        match = next((match for match in matches if match.kind == "MARKET"), None)
        if match is None or words[place].text in KINDS_OF_MARKET:
            continue
        letters = "".join(word.text for word in words[place : match.end] if word.text.isalnum())
        plain = SAME_MARKET.get(words[place].text, letters).removesuffix("usdt").removesuffix("usd")
        named.setdefault(SAME_MARKET.get(plain, plain), (place, match.end))
    if len(named) < 2:
        return []
    first, last = list(named.values())[1]
    start, end = words[first].start, words[last - 1].end
    why = "a strategy trades one symbol, and this is a second one"
    return [Problem(text[start:end], start, end, why, code="needs_second_symbol")]


def _topics(text: str, words: list[Word], found: list[list[Match]]) -> list[Problem]:
    problems: list[Problem] = []
    reached = 0
    for place, matches in enumerate(found):
        indicator = max((match.end for match in matches if match.kind in ("IND", "OUTPUT_NAME")), default=place)
        topic = next((match for match in matches if match.kind == "TOPIC"), None)
        talk = words[place].text in SMALL_TALK and topic is not None and topic.end == place + 1
        if (
            topic is not None
            and not talk
            and place >= reached
            and topic.end == matches[0].end
            and topic.end > indicator
        ):
            start, end = words[place].start, words[topic.end - 1].end
            what: Topic = topic.value
            problems.append(Problem(text[start:end], start, end, what.why, (), what.code, what.offer))
            reached = topic.end
        reached = max(reached, indicator)
    return problems


def _unknown(text: str, words: list[Word], found: list[list[Match]]) -> list[Problem]:
    covered: set[int] = set()
    for place, matches in enumerate(found):
        if matches:
            covered.update(range(place, matches[0].end))
    return [
        Problem(
            text[word.start : word.end],
            word.start,
            word.end,
            "is not in the vocabulary",
            near_words(word.text),
            "unknown_word",
        )
        for place, word in enumerate(words)
        if place not in covered and _is_unknown(word)
    ]


SIGNS = frozenset([",", ":", "(", ")", "[", "]", "-", "+", "*", "/", "=", "->", "&", "|", "$", "%", "@", "x", "<", ">"])


def _is_unknown(word: Word) -> bool:
    if word.kind != "word":
        return False
    return not _has_a_place(word.text)


def _has_a_place(text: str) -> bool:
    return text in SMALL_TALK or text in WEAK or text in SIGNS or text in GRAMMAR_WORDS
