"""What a repair asks of code beside its diagnosis; each question is answered in a child with limits.

The functions named `…_in` are what the child runs.
"""

from backtest_engine.diagnostics.drift import same_rules
from backtest_engine.diagnostics.meaning import meaning_of
from backtest_engine.diagnostics.source import Source
from backtest_engine.text_reading import read_text

_SEVERAL_DEFINITIONS = frozenset({"RSI", "ATR", "ADX", "MACD", "EMA", "STOCH", "KC", "BB", "STDDEV", "ZSCORE"})


def is_python(code: str) -> bool:
    """Whether the text can be parsed."""
    return bool(read_text(is_python_in, code))


def drift(code: str, original: str) -> str:
    """Say how indicators or directions of a fix differ from those of the code as it came, empty where they do not."""
    return str(read_text(drift_in, code, original))


def keeps_rules(code: str, original: str) -> bool:
    """Whether two programs name the same indicators, conditions, sizes and stops."""
    return bool(read_text(keeps_rules_in, code, original))


def differs_in_definitions(code: str, intended: str) -> bool:
    """Whether two programs differ in nothing but the definition of an indicator that has several."""
    return bool(read_text(differs_in_definitions_in, code, intended))


def leaves_position(code: str) -> bool:
    """Whether a strategy ever leaves a position: by closing it, by a stop or target, or by turning around."""
    return bool(read_text(leaves_position_in, code))


def is_python_in(code: str) -> bool:
    """Return whether there is a tree."""
    return Source(code).tree is not None


def drift_in(code: str, original: str) -> str:
    """Return what was lost or added."""
    before, after = Source(original), Source(code)
    if before.tree is None or before.strategy is None:
        return ""
    old, new = meaning_of(before), meaning_of(after)
    lost = old.numbers - new.numbers
    if old.numbers and lost:
        had, has = ", ".join(sorted(old.indicators)), ", ".join(sorted(new.indicators))
        return f"the code came with {had}, the fix has {has or 'no indicator'}."
    if old.directions and new.directions - old.directions:
        return f"the fix also goes {', '.join(sorted(new.directions - old.directions))}."
    return ""


def keeps_rules_in(code: str, original: str) -> bool:
    """Return whether the rules are the same."""
    return same_rules(Source(code), Source(original))


def differs_in_definitions_in(code: str, intended: str) -> bool:
    """Return whether only definitions differ."""
    mine = Source(code)
    return bool(_SEVERAL_DEFINITIONS & meaning_of(mine).families) and same_rules(mine, Source(intended))


def leaves_position_in(code: str) -> bool:
    """Return whether there is a way out."""
    meaning = meaning_of(Source(code))
    return "close" in meaning.actions or bool(meaning.protected & {"sl", "tp"}) or len(meaning.directions) > 1
