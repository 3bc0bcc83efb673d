"""The guide to describing strategies, written from the vocabulary: `python -m backtest_engine.language.reference`."""

import sys
from collections.abc import Iterable, Iterator

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import explain
from backtest_engine.language.parsing import parse
from backtest_engine.language.phrases import expand
from backtest_engine.language.tables import EXAMPLES, INDICATORS, PHRASES, SINGLE, TOPICS, VAGUE

SHOWN = 8

EXAMPLE_TEXTS = (
    "Buy when RSI(14) drops below 30, sell when it rises above 70. Stop 5%, target 10%.",
    "20/50 EMA cross, long and short, always in the market",
    "Close above the highest high of the previous 20 bars -> long, below the lowest low of the previous 10 -> out",
    "Only buy while the close is above the 200-day SMA. RSI(2) < 10: buy. Close above the 5-day SMA: sell.",
    "MACD histogram turns positive: buy with 25% of equity; turns negative: sell. Trailing stop 3 ATR(14).",
    "Buy after three lower closes in a row, exit after 5 bars. Risk 1% of equity per trade, stop 2 ATR.",
    "Buy on the last trading day of the month, sell on the third trading day of the month",
    "Buy when weekly RSI(14) is above 50 and the close crosses above the 20 SMA, sell when it crosses below",
)

SECTIONS = (
    ("Opening and closing", ("ACT", "SIDE", "RESTRICT")),
    ("When", ("WHEN", "WHEN_WHILE", "UNLESS", "ONLY_TRADE", "NO_TRADE")),
    ("Comparing", ("RELATION", "AFTER", "CROSS", "MOVE", "BACK", "RISING", "FALLING", "POSITIVE", "NEGATIVE")),
    ("Joining", ("AND", "OR", "EITHER", "NOT")),
    ("Prices", ("PRICE", "RANGE", "YESTERDAY", "PREVIOUS", "HIGHEST", "LOWEST", "NEW", "SO_FAR")),
    (
        "Bars",
        ("UPBAR", "DOWNBAR", "HIGHER_CLOSE", "LOWER_CLOSE", "INSIDE_BAR", "OUTSIDE_BAR", "GAP_UP", "GAP_DOWN", "ROW"),
    ),
    (
        "Stops and targets",
        ("STOP", "TARGET", "TRAIL", "BREAK_EVEN", "MOVE_STOP", "HOLD", "PIPS", "POINTS", "RISK_UNIT"),
    ),
    ("Sizes", ("EQUITY", "AVAILABLE", "ALL_IN", "HALF_IN", "QUANTITY", "RISK", "PYRAMID", "ENTRIES", "COOL_DOWN")),
    ("Orders", ("LIMIT", "STOP_ORDER", "VALID", "NEXT_OPEN", "AT_CLOSE")),
    ("Dates and bars of another length", ("TIMEFRAME", "UNIT", "EVERY_MONTH", "TRADING_DAY")),
    ("Standing for what was said", ("IT", "ONE", "MIRROR")),
)


def guide() -> str:
    """Return the guide as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Describing strategies"
    yield ""
    yield "Written by `python -m backtest_engine.language.reference` from the vocabulary; do not edit it by hand."
    yield ""
    yield "Say when to buy and when to sell, in any order, in sentences, clauses or bullets. Every word is used, is"
    yield "small talk, or is named in the answer. What is not said is assumed only by convention, and is listed."
    yield ""
    yield "| you write | it means |"
    yield "|---|---|"
    for text in EXAMPLE_TEXTS:
        yield f"| {text} | {explain(parse(text).spec)} |"
    yield from _vocabulary()
    yield from _indicators()
    yield from _asked()
    yield from _refused()


def _vocabulary() -> Iterator[str]:
    yield ""
    yield "## Vocabulary"
    yield ""
    yield "The first of many wordings; inflections (`crosses`, `crossed`) and slips of the keyboard are read as well."
    for title, kinds in SECTIONS:
        yield ""
        yield f"### {title}"
        yield ""
        yield "| meaning | wordings |"
        yield "|---|---|"
        for kind in kinds:
            table = PHRASES.get(kind) or {kind.lower().replace("_", " "): SINGLE[kind]}
            for value, phrases in table.items():
                yield f"| {_code(value.replace('_', ' '))} | {_wordings(phrases)} |"


def _indicators() -> Iterator[str]:
    yield ""
    yield "## Indicators"
    yield ""
    yield "Numbers follow the name in this order, or stand before it: `RSI(14)`, `20-day SMA`, `MACD 12/26/9`. A number"
    yield "without a convention has to be said."
    yield ""
    yield "| indicator | also called | numbers | lines |"
    yield "|---|---|---|---|"
    for name, known in sorted(REGISTRY.items()):
        if known.group == "math":
            continue
        spoken = [phrase for key, phrases in INDICATORS.items() if key.split()[0] == name for phrase in phrases]
        numbers = ", ".join(
            f"{p.name.replace('_', ' ')} {'(say it)' if p.default is None else f'{p.default:g}'}"
            for p in known.parameters
        )
        lines = ", ".join(known.outputs).replace("_", " ") if len(known.outputs) > 1 else ""
        yield f"| {name.replace('_', ' ')} | {_wordings([*known.aliases, *spoken])} | {numbers} | {lines} |"


def _asked() -> Iterator[str]:
    yield ""
    yield "## Words that are asked about"
    yield ""
    yield "They mean nothing until somebody says so in numbers, in brackets or after a colon: `oversold (RSI < 30)`."
    yield ""
    yield "| words | an answer may be |"
    yield "|---|---|"
    for word, phrases in VAGUE.items():
        yield f"| {_wordings(phrases)} | {EXAMPLES[word]} |"


def _refused() -> Iterator[str]:
    yield ""
    yield "## What is refused"
    yield ""
    yield "| code | why | words |"
    yield "|---|---|---|"
    for topic, phrases in TOPICS.items():
        yield f"| `{topic.code}` | {topic.why}{f'; {topic.offer}' if topic.offer else ''} | {_wordings(phrases)} |"


def _wordings(phrases: Iterable[str]) -> str:
    found: list[str] = []
    for phrase in phrases:
        first = next(iter(expand(phrase)), None)
        words = " ".join(first) if first else phrase
        if words not in found:
            found.append(words)
    shown = ", ".join(_code(words) for words in found[:SHOWN])
    return shown + (", …" if len(found) > SHOWN else "")


def _code(words: str) -> str:
    return "`" + words.replace("|", "\\|") + "`"


if __name__ == "__main__":
    sys.stdout.write(guide())
