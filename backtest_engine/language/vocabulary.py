"""Every phrase that descriptions are read with, in one tree."""

from collections.abc import Iterable, Mapping
from functools import cache

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.phrases import PhraseTree
from backtest_engine.language.tables import INDICATORS, PHRASES, SINGLE, TOPICS, VAGUE
from backtest_engine.spec import MONTHS, WEEKDAYS

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

NUMBERS: Mapping[float, Iterable[str]] = {
    **{float(number): (word,) for number, word in enumerate((*_UNITS, *_TEENS))},
    **{
        float(tens + units): (f"{word} {_UNITS[units]}" if units else word,)
        for tens, word in zip(range(20, 100, 10), _TENS, strict=True)
        for units in range(10)
    },
    **{float(100 * number): (f"{_UNITS[number]} hundred",) for number in range(1, 10)},
    100.0: ("hundred", "one hundred"),
    1000.0: ("thousand", "one thousand"),
    12.0: ("twelve", "dozen"),
    0.5: ("half",),
}
FACTORS: Mapping[float, Iterable[str]] = {2.0: ("double", "twice"), 3.0: ("triple", "thrice"), 0.5: ("half",)}


# Read as prices, which are the same.
AS_PRICES = frozenset(["average_price", "median_price", "typical_price"])


@cache
def vocabulary() -> PhraseTree:
    """Return every phrase that is known, with the kind and the value of its meaning."""
    tree = PhraseTree()
    for kind, table in PHRASES.items():
        tree.add_table(kind, table)
    for kind, phrases in SINGLE.items():
        tree.add(kind, kind.lower(), phrases)
    tree.add_table("NUMBER", NUMBERS)
    tree.add_table("FACTOR", FACTORS)
    tree.add_table("WEEKDAY", {day: _spellings(day, ("tues", "thur", "thurs")) for day in WEEKDAYS})
    tree.add_table("MONTH", {number: _spellings(name, ("sept",)) for number, name in enumerate(MONTHS, 1)})
    for words, phrases in INDICATORS.items():
        name, _, output = words.partition(" ")
        tree.add("IND", (name, output or None), phrases)
    for name, indicator in REGISTRY.items():
        if indicator.group != "math" and name not in AS_PRICES:
            spoken = (name.replace("_", " ").removeprefix("cdl "), *indicator.aliases)
            tree.add("IND", (name, None), spoken, literally=True)
        for output in indicator.outputs:
            tree.add("OUTPUT_NAME", output, (output.replace("_", " "),), literally=True)
    for topic, phrases in TOPICS.items():
        tree.add("TOPIC", topic, phrases)
    tree.add_table("VAGUE", VAGUE)
    return tree


def _spellings(name: str, short: Iterable[str]) -> list[str]:
    """Return a day or month in full and in short; `may` and `mar` are other words too often."""
    brief = [name[:3]] if name[:3] not in ("may", "mar", "sun", "sat") else []
    return [name, *brief, *(word for word in short if name.startswith(word))]
