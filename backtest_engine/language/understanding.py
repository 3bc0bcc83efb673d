"""From a description to its meaning: what the grammar and the pieces make of it, and a question where they differ."""

import re

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language.explain import explain
from backtest_engine.language.lexer import lex
from backtest_engine.language.parsing import Parsed, parse
from backtest_engine.language.pieces.chart import grammar
from backtest_engine.language.pieces.reading import Pieces, read_pieces
from backtest_engine.language.reader import Question
from backtest_engine.spec import Comparison, Cross, Indicator, Level, Number, StrategySpec, parts_of

# Refusals that only say that the grammar has no form for these words; any other names something that cannot be had.
NO_FORM = frozenset(["not_understood", "unknown_word", "no_rule", "too_tangled"])


def understand(text: str) -> Parsed:
    """Return what a description means; raise `NeedsClarification` or `DescriptionRefused`, never guess.

    What only one of the two readers understands is judged by its own account of every word; what both read in different
    ways is asked about, with both readings as options.
    """
    try:
        parsed = parse(text)
    except DescriptionRefused as refusal:
        problems = refusal.details.get("problems", ())
        if any(problem["code"] not in NO_FORM for problem in problems):
            raise
        pieces = read_pieces(text)
        if pieces.spec is None:
            raise
        parsed = Parsed(spec=pieces.spec, assumptions=pieces.assumptions, corrections=pieces.corrections)
        if _sell_is_unclear(text, parsed.spec):
            raise _closing_or_opening(text, parsed) from None
        return parsed
    if _sell_is_unclear(text, parsed.spec):
        raise _closing_or_opening(text, parsed)
    if _level_is_unclear(text, parsed.spec):
        raise _either_line(text, parsed)
    pieces = read_pieces(text)
    if pieces.spec is not None and pieces.spec != parsed.spec and explain(pieces.spec) != explain(parsed.spec):
        raise _two_readings(text, parsed, pieces)
    return parsed


def _two_readings(text: str, parsed: Parsed, pieces: Pieces) -> NeedsClarification:
    assert pieces.spec is not None  # noqa: S101  # the caller's own check
    sentences = [explain(parsed.spec), explain(pieces.spec)]
    question = Question("This can be read in two ways; which is meant?", "two readings", 0, len(text))
    options = [
        {"id": f"reading_{number}", "text": sentence, "reading": sentence}
        for number, sentence in enumerate(sentences, 1)
    ]
    return NeedsClarification(
        f"{question.question} {' / '.join(sentences)}",
        details={"questions": [{**question.as_dict(), "options": options}], "assumptions": list(parsed.assumptions)},
    )


SLOW_LINE = re.compile(
    r"\bd\b\W{0,3}(?:line\W)?(?:is |are |was |both )*(?:<|>|above|below|under|over|less|greater)", re.I
)


# `K crosses over D below 20` says no level of D.
CROSSED = re.compile(r"(?:over|under|above|below|through)\s*%?\s*$", re.I)


def _level_is_unclear(text: str, spec: StrategySpec) -> bool:
    """Whether the level beside a cross of %K and %D was given to %D, which the words do not say."""
    crosses = [part for part in parts_of(spec, Cross) if isinstance(part.left, Indicator) and part.left.output == "k"]
    levels = [part for part in parts_of(spec, Comparison) if _slow_level(part)]
    said = [match for match in SLOW_LINE.finditer(text) if not CROSSED.search(text[: match.start()])]
    return bool(crosses and levels) and not said


def _slow_level(part: Comparison) -> bool:
    return isinstance(part.left, Indicator) and part.left.output == "d" and isinstance(part.right, Number)


def _either_line(text: str, parsed: Parsed) -> NeedsClarification:
    question = Question("Which line must be beyond the level, %K or %D?", "stochastic line", 0, len(text))
    slow = explain(parsed.spec)
    fast = re.sub(r"(STOCHASTIC(?: RSI| FAST)?\([^)]*\)) d (is \w+ \d)", r"\1 k \2", slow)
    options = [{"id": name, "text": told, "reading": told} for name, told in (("k", fast), ("d", slow))]
    return NeedsClarification(
        question.question,
        details={"questions": [{**question.as_dict(), "options": options}], "assumptions": list(parsed.assumptions)},
    )


def _sell_is_unclear(text: str, spec: StrategySpec) -> bool:
    """Whether `sell` may open a short: stop and target are there to close, and the words are a two-way trader's."""
    long = spec.long
    if long is None or spec.short is not None or None in (long.exit, long.stop_loss, long.take_profit):
        return False
    words = {word.text for word in lex(text)}
    listed = grammar()["words"]
    return "sell" in words and bool(words & {*listed["both_ways"].split()}) and not words & {*listed["one_way"].split()}


def _closing_or_opening(text: str, parsed: Parsed) -> NeedsClarification:
    """Ask what `sell` means beside a stop and a target, which close a position by themselves."""
    question = Question("Does 'sell' close the long position, or open a short one?", "sell", 0, len(text))
    closing = explain(parsed.spec)
    options = [{"id": "close", "text": f"It closes the long: {closing}", "reading": closing}]
    both = _with_shorts(parsed.spec)
    if both is not None:
        opening = explain(both)
        options.append({"id": "open", "text": f"It opens a short: {opening}", "reading": opening})
    return NeedsClarification(
        question.question,
        details={"questions": [{**question.as_dict(), "options": options}], "assumptions": list(parsed.assumptions)},
    )


def _with_shorts(spec: StrategySpec) -> StrategySpec | None:
    """Return the strategy whose exit rule opens the other side, protected alike."""
    long = spec.long
    if long is None or long.exit is None or isinstance(long.stop_loss, Level) or isinstance(long.take_profit, Level):
        return None
    opened = long.model_copy(update={"exit": None})
    short = opened.model_copy(update={"entry": long.exit})
    return spec.model_copy(update={"long": opened, "short": short})
