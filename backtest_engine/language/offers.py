"""From what was not understood to questions: one for each sentence, with the wordings nearest to it as options."""

from collections.abc import Iterator, Mapping
from typing import Any

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language.clauses import Clause, blanked, sentences_of
from backtest_engine.language.explain import explain
from backtest_engine.language.parsing import Parsed
from backtest_engine.language.pieces.proposal import propose
from backtest_engine.language.questions import OpenQuestion, Option
from backtest_engine.language.scan import scan
from backtest_engine.language.tables import EXAMPLES
from backtest_engine.language.understanding import NO_FORM, understand

MOST_OPTIONS = 3
# Each wording is tried on the reader: so often at most, and less often on long texts.
MOST_TRIES = 24
READ_CHARACTERS = 24_000
# What these ask for may stand in a sentence that was not understood; it is asked about once that is settled.
MISSING = ("exit", "entry", "risk", "operator precedence")
Failure = DescriptionRefused | NeedsClarification


def questions_from(
    text: str, error: Failure, *, offering: bool = True
) -> tuple[tuple[OpenQuestion, ...], Parsed | None]:
    """Return the questions that an error leaves open, and the strategy that the understood sentences make, if any.

    Without `offering` no wordings are looked for: that is quick.
    """
    asked = error.details.get("questions", ())
    if any(question.get("options") for question in asked):
        return tuple(_whole(text, question) for question in asked[:1]), None
    unclear = _unclear(text, error)
    rest = _read(blanked(text, unclear)) if unclear else None
    offers = _Offers(text, unclear, rest if isinstance(rest, Parsed) else None, offering=offering)
    questions = [offers.question(clause, _why(clause, error)) for clause in unclear]
    questions += [_beside(text, row) for row in asked if not _within(row, unclear) and not (unclear and _missing(row))]
    clicked = any(question.options for question in questions)
    whole = offers.whole() if len(questions) > 1 or not clicked else None
    if whole is None and not clicked and len(unclear) == len(sentences_of(text)):
        return (), None  # Nothing was understood: a refusal says more than a question about all of it.
    return tuple([whole, *questions] if whole else questions), offers.rest


def _unclear(text: str, error: Failure) -> list[Clause]:
    """Return the sentences with words that were not understood."""
    places = [row["start"] for row in error.details.get("problems", ()) if row["code"] in NO_FORM and row["text"]]
    places += [row["start"] for row in error.details.get("questions", ()) if _vague(row)]
    return [one for one in sentences_of(text) if any(one.start <= place < one.end for place in places)]


def _vague(row: Mapping[str, Any]) -> bool:
    return "mean in numbers?" in row["question"]


def _missing(row: Mapping[str, Any]) -> bool:
    return row.get("about") in MISSING


def _within(row: Mapping[str, Any], clauses: list[Clause]) -> bool:
    return any(one.start <= row["start"] < one.end and row["end"] <= one.end for one in clauses)


def _why(clause: Clause, error: Failure) -> tuple[str, str]:
    """Return what is asked about a sentence, and the words it is about."""
    rows = [row for row in error.details.get("questions", ()) if clause.start <= row["start"] < clause.end]
    vague = next((row for row in rows if _vague(row)), None)
    if vague is not None:
        return str(vague["question"]), str(vague["about"])
    problems = [row for row in error.details.get("problems", ()) if clause.start <= row["start"] < clause.end]
    named = next((row for row in problems if row["code"] == "unknown_word"), problems[0] if problems else None)
    why = f" ('{named['text']}' {named['why']})" if named is not None and named["text"] != clause.text else ""
    return f"What is meant by '{clause.text.strip()}'?{why}", clause.text.strip()


def _whole(text: str, row: Mapping[str, Any]) -> OpenQuestion:
    options = tuple(
        Option(id=option["id"], label=option["text"], wording=option["reading"]) for option in row["options"]
    )
    return OpenQuestion(
        question=row["question"],
        about=row["about"],
        start=0,
        end=len(text),
        text=" ".join(text.split()),
        options=options,
        scope="whole",
    )


def _beside(text: str, row: Mapping[str, Any]) -> OpenQuestion:
    start, end = row["start"], row["end"]
    return OpenQuestion(
        question=row["question"], about=row["about"], start=start, end=end, text=text[start:end], scope="beside"
    )


def _read(text: str) -> Parsed | Failure | None:
    if not text.strip():
        return None
    try:
        return understand(text)
    except (DescriptionRefused, NeedsClarification) as error:
        return error


class _Offers:
    """Wordings for the sentences that were not understood, each tried on the reader before it is offered."""

    def __init__(self, text: str, unclear: list[Clause], rest: Parsed | None, *, offering: bool) -> None:
        self.text = text
        self.unclear = unclear
        self.rest = rest
        self.proposed = {one.start: one for one in propose(text)} if offering else {}
        self.tries = min(MOST_TRIES, READ_CHARACTERS // (len(text) + 1)) if offering else 0
        self.first: dict[int, str] = {}

    def question(self, clause: Clause, why: tuple[str, str]) -> OpenQuestion:
        """Return the question about one sentence."""
        options: list[Option] = []
        wordings = sorted(self._wordings(clause, why[1]), key=lambda offered: len(offered[1]))
        for wording, without in wordings:
            if len(options) < MOST_OPTIONS and self._fits(clause, wording):
                dropped = f" (without {', '.join(map(repr, without))})" if without else ""
                options.append(Option(label=wording.strip() + dropped, wording=wording))
                self.first.setdefault(clause.start, wording)
        if self.rest is not None:
            label = "Leave it out" if len(self.unclear) > 1 else f"Leave it out: {explain(self.rest.spec)}"
            options.append(Option(id="leave_out", label=label, wording=""))
            self.first.setdefault(clause.start, "")
        return OpenQuestion(
            question=why[0],
            about=why[1],
            start=clause.start,
            end=clause.end,
            text=clause.text,
            options=tuple(options),
        )

    def whole(self) -> OpenQuestion | None:
        """Return one question about all of it, where the nearest wordings together make a strategy."""
        left_out = [one.text.strip() for one in self.unclear if not (self.first.get(one.start) or self._taken(one))]
        dropped = [word for one in self.proposed.values() for word in (one.left_out if one.text else ())]
        tried = [(self._replaced(self.first), [*left_out, *self._unsaid()])]
        tried.append((" ".join(one.text for one in self.proposed.values() if one.text), [*left_out, *dropped]))
        read: dict[str, str] = {}
        for text, without in tried:
            parsed = _read(text)
            if isinstance(parsed, Parsed):
                told = explain(parsed.spec)
                read.setdefault(told, f"{told} (without {', '.join(map(repr, without))})" if without else told)
        if not read:
            return None
        options = tuple(Option(label=label, wording=told) for told, label in read.items())
        return OpenQuestion(
            question="Some of this was not understood. Is this what is meant?",
            about="reading",
            start=0,
            end=len(self.text),
            text=" ".join(self.text.split()),
            options=options,
            scope="whole",
        )

    def _wordings(self, clause: Clause, about: str) -> Iterator[tuple[str, list[str]]]:
        """Yield wordings with the words of meaning that are not in them."""
        proposed = self.proposed.get(clause.start)
        if proposed is not None and proposed.text:
            yield proposed.text, proposed.left_out
        unknown = [row for row in scan(clause.text).problems if row.code == "unknown_word"]
        if unknown:
            words = [Clause(row.start, row.end, row.text) for row in unknown]
            yield " ".join(blanked(clause.text, words).split()).rstrip(" ,"), [row.text for row in unknown]
        place = clause.text.lower().find(about)
        example = EXAMPLES.get(next((m.value for m in _vague_at(clause.text, place)), ""))
        if example and place >= 0:
            yield f"{clause.text[:place]}{example}{clause.text[place + len(about) :]}", []

    def _fits(self, clause: Clause, wording: str) -> bool:
        """Whether a wording reads, with the other unclear sentences out of the way."""
        if self.tries <= 0:
            return False
        self.tries -= 1
        others = [one for one in self.unclear if one is not clause]
        ending = "" if wording.rstrip().endswith(".") else "."
        start, text = clause.start, blanked(self.text, others)
        read = _read(f"{text[:start]}{wording}{ending}{text[clause.end :].lstrip('.')}")
        if isinstance(read, Parsed) or read is None:
            return read is not None
        if not others and not isinstance(read, NeedsClarification):
            return False
        end = start + len(wording)
        rows = (*read.details.get("problems", ()), *read.details.get("questions", ()))
        return not any(
            not _missing(row)
            and row["start"] < end
            and row["end"] > start
            and row["text" if "text" in row else "about"]
            for row in rows
        )

    def _unsaid(self) -> list[str]:
        """Return the words of meaning in unclear sentences that the nearest wordings do not have."""
        used = [one for one in self.unclear if one.start in self.proposed]
        return [
            word
            for one in used
            for word in self.proposed[one.start].left_out
            if self._taken(one) or self.proposed[one.start].text == self.first.get(one.start)
        ]

    def _taken(self, clause: Clause) -> bool:
        proposed = self.proposed.get(clause.start)
        return proposed is not None and proposed.taken

    def _replaced(self, wordings: Mapping[int, str]) -> str:
        text = self.text
        for clause in reversed(self.unclear):
            text = text[: clause.start] + wordings.get(clause.start, "").rstrip(".") + text[clause.end :]
        return text


def _vague_at(text: str, place: int) -> Iterator[Any]:
    found = scan(text)
    for number, word in enumerate(found.words):
        if word.start == place:
            yield from (match for match in found.found[number] if match.kind == "VAGUE")
