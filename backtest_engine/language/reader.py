"""A cursor over the words of a description: every grammar function moves it, or puts it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.language.lexer import Word
from backtest_engine.language.phrases import Match
from backtest_engine.spec import MAX_BARS, Indicator, Operand


@dataclass(frozen=True)
class Problem:
    """Words that cannot be read: where they are, why, and what is near."""

    text: str
    start: int
    end: int
    why: str
    near: tuple[str, ...] = ()
    code: str = "not_understood"
    offer: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as a client gets it."""
        shown = {"text": self.text, "start": self.start, "end": self.end, "why": self.why, "near": list(self.near)}
        return {**shown, "code": self.code, **({"offer": self.offer} if self.offer else {})}


@dataclass(frozen=True)
class Question:
    """What the user must say before anything runs."""

    question: str
    about: str
    start: int = 0
    end: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the question as a client gets it."""
        return {"question": self.question, "about": self.about, "start": self.start, "end": self.end}


CLOSING = ("sell", "exit", "cover")
CLOSING_OF = {"buy": "sell", "short": "cover"}


@dataclass
class Context:
    """What was said so far, that later words may refer to."""

    indicators: list[Indicator] = field(default_factory=list)
    subject: Operand | None = None
    object: Operand | None = None
    comparisons: list[tuple[Operand, str, Operand]] = field(default_factory=list)
    role: str = ""
    beside: str = ""
    joined: str = ""
    compared: bool = False
    opened: set[str] = field(default_factory=set)
    titled: list[str] = field(default_factory=list)
    settings: list[Indicator] = field(default_factory=list)
    in_series: bool = False
    limited: bool = False

    @property
    def closing(self) -> bool:
        """Whether the rule being read closes positions."""
        return self.role in CLOSING


# A description that takes more attempts than this is no description; ordinary ones take a few hundred.
MAX_ATTEMPTS = 60_000
MAX_DEPTH = 12


class TooTangled(Exception):
    """The words allow too many readings to try them all."""


@dataclass
class Reader:
    """The words, the phrases found at each of them, and what reading them has brought to light."""

    text: str
    words: list[Word]
    found: list[list[Match]]
    place: int = 0
    furthest: int = 0
    context: Context = field(default_factory=Context)
    assumptions: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    fresh: int = 0
    depth: int = 0
    attempts: int = 0
    aims: list[tuple[int, int]] = field(default_factory=list)
    texts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Gather the words once; a lazy property would slow every attribute down."""
        self.texts = frozenset(word.text for word in self.words)

    @property
    def done(self) -> bool:
        """Whether all words were read."""
        return self.place >= len(self.words)

    def mark(self) -> tuple[Any, ...]:
        """Return all that a failed attempt must put back."""
        c = self.context
        return (
            self.place,
            len(c.indicators),
            c.subject,
            c.object,
            len(c.comparisons),
            len(self.assumptions),
            len(self.questions),
            len(self.problems),
        )

    def reset(self, mark: tuple[Any, ...]) -> None:
        """Forget everything since the mark."""
        self.place = mark[0]
        c = self.context
        del c.indicators[mark[1] :]
        c.subject, c.object = mark[2], mark[3]
        del c.comparisons[mark[4] :]
        del self.assumptions[mark[5] :]
        del self.questions[mark[6] :]
        del self.problems[mark[7] :]

    def go(self, place: int) -> None:
        """Move to a place."""
        self.place = place
        self.furthest = max(self.furthest, place)

    @property
    def word(self) -> Word | None:
        """The word at the cursor."""
        return self.words[self.place] if self.place < len(self.words) else None

    def peek(self, kind: str, *values: Any) -> Match | None:
        """Return the longest phrase of a kind at the cursor."""
        if self.place < len(self.words):
            for match in self.found[self.place]:
                if match.kind == kind and (not values or match.value in values):
                    return match
        return None

    def next_found(self) -> list[Match]:
        """Return the phrases found at the word after the cursor."""
        return self.found[self.place + 1] if self.place + 1 < len(self.words) else []

    def take(self, kind: str, *values: Any) -> Match | None:
        """Read the longest phrase of a kind, if one stands here."""
        match = self.peek(kind, *values)
        if match is not None:
            self.go(match.end)
        return match

    def sign(self, *texts: str) -> bool:
        """Read a word or sign with exactly one of the texts."""
        word = self.word
        if word is not None and word.text in texts:
            self.go(self.place + 1)
            return True
        return False

    def at(self, *texts: str) -> bool:
        """Whether the word at the cursor is one of the texts."""
        word = self.word
        return word is not None and word.text in texts

    def says(self, *texts: str) -> bool:
        """Whether one of the words is anywhere in the description: what needs it is not tried without it."""
        return not self.texts.isdisjoint(texts)

    def skip(self, *kinds: str) -> bool:
        """Read past any phrases of these kinds."""
        start = self.place
        while any(self.take(kind) for kind in kinds):
            pass
        return self.place > start

    def number(self) -> float | None:
        """Read an unsigned number, in digits or in words."""
        word = self.word
        if word is not None and word.number is not None and word.kind == "number":
            self.go(self.place + 1)
            return word.number * self._thousands()
        match = self.take("NUMBER")
        return float(match.value) * self._thousands() if match is not None else None

    def or_more(self) -> Match | None:
        """Read `or more` behind a number, but not in `over 75 or under 35`, where another relation begins."""
        match = self.peek("AFTER")
        if match is None:
            return None
        following = self.words[match.end] if match.end < len(self.words) else None
        if following is not None and (following.number is not None or following.text == "than"):
            return None
        if any(found.kind == "IND" and found.end > match.end for found in self.found[match.end - 1]):
            return None  # `and the lower Bollinger band`
        return self.take("AFTER")

    def _thousands(self) -> float:
        return 1e6 if self.sign("million", "mln") else 1e3 if self.sign("thousand") else 1.0

    def whole(self) -> int | None:
        """Read a number that counts something."""
        mark = self.mark()
        number = self.number()
        if number is None or number != int(number) or not 1 <= number <= MAX_BARS:
            self.reset(mark)
            return None
        return int(number)

    def span(self, start: int, end: int | None = None) -> str:
        """Return the description's own words between two places."""
        end = self.place if end is None else end
        if start >= end or start >= len(self.words):
            return ""
        return self.text[self.words[start].start : self.words[min(end, len(self.words)) - 1].end]

    def assume(self, text: str) -> None:
        """List something that was not said."""
        if text not in self.assumptions:
            self.assumptions.append(text)

    def ask(self, question: str, about: str, start: int, end: int | None = None) -> None:
        """Ask about the words between two places."""
        end = self.place if end is None else end
        last = min(max(end, start + 1), len(self.words)) - 1
        if self.words and start < len(self.words):
            self.questions.append(Question(question, about, self.words[start].start, self.words[last].end))
        else:
            self.questions.append(Question(question, about, len(self.text), len(self.text)))

    def first(self, *functions: Callable[["Reader"], Any]) -> Any:
        """Return what the first function that can read here has read."""
        self.attempts += len(functions)
        if self.attempts > MAX_ATTEMPTS:
            raise TooTangled
        mark = self.mark()
        for function in functions:
            value = function(self)
            if value is not None:
                return value
            self.reset(mark)
        return None

    @contextmanager
    def comparing(self) -> Iterator[None]:
        """Note, while it lasts, that what is read is held against something."""
        outer, self.context.compared = self.context.compared, True
        try:
            yield
        finally:
            self.context.compared = outer

    def inside(self, function: Callable[["Reader"], Any]) -> Any:
        """Return what a function reads in brackets or after a `not`; nothing when that goes too deep."""
        if self.depth >= MAX_DEPTH:
            return None
        self.depth += 1
        try:
            return function(self)
        finally:
            self.depth -= 1
