"""The front door of the parser: a description in, a specification out, or what stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language.assemble import Assembly, ask_for_rules
from backtest_engine.language.outline import Outline
from backtest_engine.language.reader import Problem, Question, Reader, TooTangled
from backtest_engine.language.scan import Scan, scan
from backtest_engine.language.statements import outline
from backtest_engine.spec import StrategySpec

MAX_LENGTH = 4_000
MAX_WORDS = 600


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A description that was understood: nothing in it was skipped, and what was not said is listed."""

    spec: StrategySpec
    assumptions: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


def parse(text: str) -> Parsed:
    """Read a description; raise `NeedsClarification` or `DescriptionRefused`, never guess."""
    if not any(character.isalnum() for character in text[: MAX_LENGTH + 1]):
        raise _refused([Problem("", 0, 0, "the description is empty: say when to buy and when to sell", code="empty")])
    if len(text) > MAX_LENGTH:
        raise _refused(
            [
                Problem(
                    "",
                    0,
                    len(text),
                    f"the description has {len(text)} characters, more than {MAX_LENGTH}",
                    code="too_long",
                )
            ]
        )
    found = scan(text)
    refused = [problem for problem in found.problems if problem.code != "unknown_word"]
    if refused:
        raise _refused([*refused])
    if len(found.words) > MAX_WORDS:
        raise _refused([Problem("", 0, len(text), f"the description has more than {MAX_WORDS} words", code="too_long")])
    r = Reader(text, found.words, found.found)
    try:
        return _read(r, found)
    except (TooTangled, RecursionError):
        whole = Problem(
            text.strip()[:80], 0, len(text), "allows too many readings; say it in shorter sentences", code="too_tangled"
        )
        raise _refused([whole]) from None
    except ValidationError as error:
        raise _refused(_impossible(r, error)) from None


def _read(r: Reader, found: Scan) -> Parsed:
    result = outline(r)
    if not r.problems and not _speaks_of_trading(r):
        raise _refused([Problem(r.text.strip()[:80], 0, len(r.text), "says nothing about trading", code="no_rule")])
    after_title = r.words[result.title_words - 1].end if result.title_words else 0
    unknown = [
        problem
        for problem in found.problems
        if problem.start >= after_title and not any(start <= problem.start < end for start, end in r.aims)
    ]
    r.problems[:0] = unknown
    if r.problems and not r.questions:
        raise _refused(r.problems)
    if r.questions:
        _ask_for_the_rest(r, result)
        raise _unclear(r)
    assembly = Assembly(r, result)
    whole = assembly.whole()
    if assembly.settings:
        # `… RSI period 7.` behind the rules: they are read again with it.
        again = Reader(r.text, found.words, found.found)
        again.context.settings = [*r.context.settings, *assembly.settings]
        return _read(again, found)
    if whole is None or r.questions or r.problems:
        raise _refused(r.problems) if r.problems else _unclear(r)
    return Parsed(
        spec=whole.spec,
        assumptions=tuple(r.assumptions),
        corrections=found.corrections,
        words=whole.words,
        title=result.title,
    )


TRADING_WORDS = frozenset(
    ["strategy", "strategies", "trade", "trades", "trading", "bot", "system", "algo", "algorithm", "trader", "invest"]
)


def _speaks_of_trading(r: Reader) -> bool:
    kinds = {match.kind for matches in r.found for match in matches}
    about = {
        "ACT",
        "SIDE",
        "IND",
        "STYLE",
        "STOP",
        "TARGET",
        "TRAIL",
        "VAGUE",
        "CROSS",
        "HOLD_ALL",
        "RESTRICT",
        "HOLD",
        "MONTH",
        "WEEKDAY",
    }
    return bool(kinds & about) or any(word.text in TRADING_WORDS for word in r.words)


def _ask_for_the_rest(r: Reader, result: Outline) -> None:
    """Ask about everything that is open, so that one answer can settle it all."""
    kinds = {(match.kind, match.value) for matches in r.found for match in matches}
    ending = any(kind == "ACT" and value in ("sell", "exit", "cover", "reverse") for kind, value in kinds)
    ending = ending or any(kind in ("HOLD", "TRAIL", "TARGET", "HOLD_ALL", "WHEN_WHILE") for kind, _ in kinds)
    joints = {kind for kind, _ in kinds} & {"AND", "OR"}
    opening = any(
        kind in ("SIDE", "HOLD", "HOLD_ALL") or (kind == "ACT" and value in ("buy", "short")) for kind, value in kinds
    )
    if not opening and result.system is None:
        ask_for_rules(r)
    elif not ending and result.system is None:
        r.ask(
            "When should the position be closed? Say a condition, a stop, a target or a holding time.",
            "exit",
            0,
            len(r.words),
        )
    if len(joints) == 2 and not any(question.about == "operator precedence" for question in r.questions):
        r.ask("Where 'and' meets 'or': which conditions belong together?", "operator precedence", 0, len(r.words))


def _impossible(r: Reader, error: ValidationError) -> list[Problem]:
    """Say what is wrong with a specification in its own words."""
    messages = [
        str(one.get("ctx", {}).get("error") or f"{one['input']!r:.40}: {one['msg'].lower()}") for one in error.errors()
    ]
    return [Problem(r.text.strip()[:80], 0, len(r.text), message, code="impossible") for message in messages]


def _refused(problems: list[Problem]) -> DescriptionRefused:
    unique = list(dict.fromkeys(problems))
    shown = "; ".join(f"'{problem.text}' {problem.why}" if problem.text else problem.why for problem in unique[:5])
    return DescriptionRefused(shown, details={"problems": [problem.as_dict() for problem in unique]})


def _unclear(r: Reader) -> NeedsClarification:
    questions: list[Question] = list(dict.fromkeys(r.questions))
    problems = list(dict.fromkeys(r.problems))
    asked = [question.question for question in questions]
    asked += [f"'{problem.text}' {problem.why}; what is meant?" for problem in problems]
    return NeedsClarification(
        " ".join(asked),
        details={
            "questions": [question.as_dict() for question in questions],
            "assumptions": list(r.assumptions),
            "problems": [problem.as_dict() for problem in problems],
        },
    )
