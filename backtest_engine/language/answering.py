"""Putting an answer into a description: in the place of what was asked about, or beside it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from backtest_engine.errors import InvalidAnswer
from backtest_engine.language.clauses import commentary
from backtest_engine.language.questions import OpenQuestion, Option
from backtest_engine.language.settings import Settings, read_settings

LEADS = {"exit": ("Sell when ", "Exit "), "entry": ("Buy when ",)}


def answered(
    settings: Settings, question: OpenQuestion, answer: str | Option, read: Callable[[Settings], Any]
) -> Settings:
    """Return the description with one answer in it; raise `InvalidAnswer` for an answer that cannot be read."""
    if question.scope == "setting":
        return _chosen(settings, question, answer.wording if isinstance(answer, Option) else answer)
    if isinstance(answer, Option):
        return replace(settings, rest=_put(settings.rest, question, answer.wording))
    spoken = read_settings(answer)
    settings = replace(settings, said=(*settings.said, *spoken.said))
    if not spoken.rest.strip():
        return settings
    spoken_of = "" if len(commentary(spoken.rest)) else spoken.rest.strip()
    texts = _texts(settings.rest, question, spoken_of) if spoken_of else ()
    tried = [replace(settings, rest=text) for text in texts]
    readings = [read(one) for one in tried]
    for one, reading in zip(tried, readings, strict=True):
        if reading.spec is not None:
            return one
    for one, reading in zip(tried, readings, strict=True):
        if (reading.questions or not reading.problems) and all(
            left.question != question.question for left in reading.questions
        ):
            return one
    raise InvalidAnswer(
        f"The answer {answer[:80]!r} to the question {question.id} was not understood.",
        hint="Choose one of the options, or say it as in 'Sell when RSI(14) is above 70'.",
    )


def _put(text: str, question: OpenQuestion, wording: str) -> str:
    if question.scope == "whole":
        return wording
    kept = wording.rstrip().rstrip(".")
    return text[: question.start] + kept + text[question.end :]


def _texts(text: str, question: OpenQuestion, answer: str) -> Iterator[str]:
    """Yield the ways in which an answer may be meant, the likeliest first."""
    if question.scope in ("clause", "whole", "words"):
        yield _put(text, question, answer)
        for lead in ("Buy when ", "Sell when "):
            yield _put(text, question, lead + answer)
        return
    for lead in ("", *LEADS.get(question.about, ())):
        yield f"{text.rstrip().rstrip('.')}. {lead}{answer}"
    yield f"{text[: question.end]} {answer}{text[question.end :]}"
    yield f"{text[: question.start]}{answer}{text[question.end :]}"


def _chosen(settings: Settings, question: OpenQuestion, value: str) -> Settings:
    """Keep the one value that was chosen of a setting that is said twice."""
    said = [one for one in settings.said if one.field == question.about]
    if all(str(one.value).casefold() != value.strip().casefold() for one in said):
        raise InvalidAnswer(
            f"The answer {value[:80]!r} is none of the values that the description names.",
            hint=f"Named: {', '.join(str(one.value) for one in said)}.",
        )
    kept = tuple(
        one
        for one in settings.said
        if one.field != question.about or str(one.value).casefold() == value.strip().casefold()
    )
    return replace(settings, said=kept)
