"""How a description is understood: a strategy, or what must be answered first. What was understood stays.

Each sentence that was not understood becomes one question, with wordings to click that the reader itself reads. An
answer takes the place of its sentence, and the description is read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from backtest_engine.errors import DescriptionRefused, InvalidAnswer, NeedsClarification
from backtest_engine.language.answering import answered
from backtest_engine.language.clauses import blanked, commentary
from backtest_engine.language.explain import explain
from backtest_engine.language.offers import questions_from
from backtest_engine.language.parsing import MAX_LENGTH, Parsed
from backtest_engine.language.questions import OpenQuestion, Option
from backtest_engine.language.setting_questions import settings_questions
from backtest_engine.language.settings import Settings, read_settings
from backtest_engine.language.understanding import NO_FORM, understand
from backtest_engine.spec import StrategySpec

MOST_ROUNDS = 16
HINT = (
    "Say when to buy and when to sell, as in 'Buy when RSI(14) is below 30. Sell when RSI(14) is above 70.'; "
    "docs/guides/describing-strategies.md lists what can be said."
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a description says. `spec` is there where nothing is open; otherwise `questions` or `problems` say why not.

    `text` is the description with the answers in it, `explanation` what was understood so far, `unread` the words that
    no form was found for, of which the questions ask.
    """

    text: str
    spec: StrategySpec | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    explanation: str = ""
    assumptions: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    problems: tuple[Mapping[str, Any], ...] = ()
    unread: tuple[Mapping[str, Any], ...] = ()
    parsed: Parsed | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the reading as a client gets it."""
        return {
            "text": self.text,
            "spec": self.spec.as_json() if self.spec is not None and not self.questions else None,
            "settings": dict(self.settings),
            "explanation": self.explanation,
            "assumptions": list(self.assumptions),
            "corrections": list(self.corrections),
            "questions": [question.as_dict() for question in self.questions],
            "problems": [dict(problem) for problem in self.problems],
        }

    def require(self) -> Parsed:
        """Return what was understood; raise `NeedsClarification` or `DescriptionRefused`, with all that is known."""
        if self.parsed is not None and not self.questions:
            return self.parsed
        known: dict[str, Any] = {"settings": dict(self.settings), "problems": [*self.problems, *self.unread]}
        if not self.questions:
            raise DescriptionRefused(_told(self.problems), details=known, hint=HINT)
        known |= {"assumptions": list(self.assumptions), "explanation": self.explanation}
        raise NeedsClarification(
            " ".join(question.question for question in self.questions),
            details={"questions": [question.as_dict() for question in self.questions], **known},
        )


def read(description: str, answers: Mapping[str, str] | None = None) -> Reading:
    """Read a description with the answers given so far; raise `InvalidAnswer` for an answer to no question of it."""
    if len(description) > MAX_LENGTH:
        return _refused(Settings(said=(), rest=description))
    settings = read_settings(description)
    waiting = dict(answers or {})
    asked: dict[str, dict[str, Option]] = {}
    for _ in range(MOST_ROUNDS):
        reading = _once(settings)
        for one in reading.questions:
            # What was offered once may be chosen, though an answer before it changed what is nearest.
            asked.setdefault(one.id, {}).update({option.id: option for option in one.options})
        question = next((one for one in reading.questions if one.id in waiting), None)
        if question is None:
            break
        answer = waiting.pop(question.id)
        settings = answered(settings, question, asked[question.id].get(answer, answer), partial(_once, offering=False))
    stray = [name for name in waiting if name not in asked]
    if stray:
        raise InvalidAnswer(
            f"There is no question {stray[0]!r} about this description.",
            hint=f"Open now: {', '.join(sorted(asked)) or 'none'}.",
        )
    return reading


def _once(settings: Settings, *, offering: bool = True) -> Reading:
    reading = _rules(settings.rest, offering=offering)
    about_settings = settings_questions(settings) if not reading.problems or reading.questions else ()
    return replace(reading, settings=settings.values, questions=(*reading.questions, *about_settings))


def _rules(text: str, *, offering: bool) -> Reading:
    """Read the rules: as they stand, then without commentary; what still is not understood is asked about."""
    try:
        return _understood(text, understand(text))
    except (DescriptionRefused, NeedsClarification) as first:
        error: DescriptionRefused | NeedsClarification = first
    if _final(error):
        return Reading(text=text, problems=tuple(error.details.get("problems", ())))
    idle = commentary(text)
    kept = blanked(text, idle)
    left_out = tuple(f"'{clause.text.strip(' ,()')}' is commentary and was left out" for clause in idle)
    if idle and kept.strip():
        try:
            return _understood(kept, understand(kept), left_out)
        except (DescriptionRefused, NeedsClarification) as second:
            error, text = (error, text) if _final(second) else (second, kept)
    questions, so_far = questions_from(text, error, offering=offering)
    rows = tuple(error.details.get("problems", ()))
    return Reading(
        text=text,
        explanation=explain(so_far.spec) if so_far else "",
        assumptions=(*error.details.get("assumptions", ()), *left_out),
        questions=questions,
        problems=() if questions else rows,
        unread=rows if questions else (),
    )


def _final(error: DescriptionRefused | NeedsClarification) -> bool:
    """Whether what is asked for cannot be had, or is no description at all."""
    codes = {problem["code"] for problem in error.details.get("problems", ())}
    return isinstance(error, DescriptionRefused) and (not codes <= NO_FORM or "no_rule" in codes)


def _understood(text: str, parsed: Parsed, left_out: tuple[str, ...] = ()) -> Reading:
    parsed = replace(parsed, assumptions=(*parsed.assumptions, *left_out))
    return Reading(
        text=text,
        spec=parsed.spec,
        explanation=explain(parsed.spec),
        assumptions=parsed.assumptions,
        corrections=parsed.corrections,
        parsed=parsed,
    )


def _refused(settings: Settings) -> Reading:
    try:
        understand(settings.rest)
    except DescriptionRefused as refusal:
        return Reading(text=settings.rest, problems=tuple(refusal.details["problems"]))
    raise AssertionError("a description of any length was read")


def _told(problems: tuple[Mapping[str, Any], ...]) -> str:
    rows = [f"'{row['text']}' {row['why']}" if row["text"] else row["why"] for row in problems[:5]]
    return "; ".join(str(row) for row in rows)
