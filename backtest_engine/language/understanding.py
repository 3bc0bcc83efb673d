"""From a description to its meaning: what the grammar and the pieces make of it, and a question where they differ."""

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language.explain import explain
from backtest_engine.language.parsing import Parsed, parse
from backtest_engine.language.pieces.reading import Pieces, read_pieces
from backtest_engine.language.reader import Question

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
        return Parsed(spec=pieces.spec, assumptions=pieces.assumptions, corrections=pieces.corrections)
    pieces = read_pieces(text)
    if pieces.spec is not None and pieces.spec != parsed.spec and explain(pieces.spec) != explain(parsed.spec):
        raise _two_readings(text, parsed, pieces)
    return parsed


def _two_readings(text: str, parsed: Parsed, pieces: Pieces) -> NeedsClarification:
    assert pieces.spec is not None  # noqa: S101  # the caller's own check
    sentences = [explain(parsed.spec), explain(pieces.spec)]
    question = Question("This can be read in two ways; which is meant?", "two readings", 0, len(text))
    options = [
        {"id": f"reading_{number}", "text": sentence, "reading": sentence} for number, sentence in enumerate(sentences, 1)
    ]
    return NeedsClarification(
        f"{question.question} {' / '.join(sentences)}",
        details={"questions": [{**question.as_dict(), "options": options}], "assumptions": list(parsed.assumptions)},
    )
