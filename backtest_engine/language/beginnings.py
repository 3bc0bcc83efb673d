"""Reading what stands before the rules: titles, small talk, and what kind of strategy it is called."""

from backtest_engine.language.lexer import Word
from backtest_engine.language.outline import Outline
from backtest_engine.language.reader import Reader
from backtest_engine.language.tables import SMALL_TALK, WEAK

# What would make the words before a colon more than a name.
RULE_KINDS = frozenset(
    [
        "ACT",
        "SIDE",
        "WHEN",
        "RELATION",
        "MOVE",
        "STOP",
        "TARGET",
        "TRAIL",
        "HOLD",
        "RESTRICT",
        "TOPIC",
        "SIZE",
        "HALF_IN",
        "ALL_IN",
        "FACTOR",
        "PCT",
        "RISK",
        "EQUITY",
        "AVAILABLE",
        "QUANTITY",
        "WEEKDAY",
        "MONTH",
        "NUMBER",
        "NOT",
        "UNLESS",
        "COOL_DOWN",
        "MAX",
        "LIMIT",
        "STOP_ORDER",
        "NO_TRADE",
        "TIME",
        "ONLY_TRADE",
        "NEXT_OPEN",
        "AT_CLOSE",
        "HOLD_ALL",
        "DAY_ONE",
        "WHEN_WHILE",
        "BREAK_EVEN",
        "MOVE_STOP",
        "POSITIVE",
        "NEGATIVE",
        "BEFORE",
        "NARROW_RANGE",
        "FILTER",
    ]
)


def small_talk(r: Reader) -> bool:
    """Read words that mean nothing, up to the next statement or the end of the sentence."""
    start = r.place
    pure = False
    while not r.done and r.words[r.place].kind == "word":
        text = r.words[r.place].text
        if text not in SMALL_TALK and text not in WEAK:
            break
        if pure and _starts_statement(r):
            break
        pure = pure or text in SMALL_TALK
        r.go(r.place + 1)
    if not pure:
        r.place = start
    return pure


def _starts_statement(r: Reader) -> bool:
    return any(
        r.peek(kind) for kind in ("ACT", "WHEN", "IND", "RESTRICT", "SIDE", "STOP", "TARGET", "TRAIL", "HOLD_ALL")
    )


def read_title(r: Reader, result: Outline) -> None:
    """Take the words before a first colon for a name, when no rule is among them and its numbers come again."""
    for place, word in enumerate(r.words[:10]):
        if word.kind == "end":
            return
        if word.text == ":":
            first = 1 if r.words[0].text in ("use", "using", "try", "trade") else 0
            kinds = {match.kind for at in range(first, place) for match in r.found[at]}
            if any(match.kind == "SMALLEST" for at in range(place, len(r.words)) for match in r.found[at]):
                kinds.discard("NARROW_RANGE")  # `NR7: buy when the range is the smallest of the last 7 days`
            numbers = {w.number for w in r.words[:place] if w.number is not None and not _glued(r, w)}
            if (
                place
                and (kinds.isdisjoint(RULE_KINDS) or _is_a_slogan(r, place))
                and numbers <= {w.number for w in r.words[place:]}
            ):
                if r.at(*DATING) or _excludes(r, place):
                    return
                _assume_a_name(r, place)
                result.title = r.span(0, place)
                result.title_words = place
                r.context.titled = _indicators_named(r, place)
                r.go(place + 1)
            return


# A date or a time begins with these, and is no name.
DATING = ("in", "on", "at", "during", "while", "when", "only", "every", "each", "once", "after", "before")
EXCLUDING = frozenset(
    [
        *("free", "without", "no", "non", "less", "leverage", "leveraged", "inverse", "reverse", "reversed"),
        *("heikin", "heiken", "ashi", "renko", "log", "smoothed", "adaptive", "weighted", "normalized"),
        *("evaluate", "check", "weekly", "monthly"),
    ]
)


def _excludes(r: Reader, place: int) -> bool:
    """Whether a title says what is left out or added, as in `gap-free version`, and the rules do not say it again."""
    behind = {word.text.removesuffix("ly").removesuffix("s") for word in r.words[place:]}
    return any(w.text in EXCLUDING and w.text.removesuffix("ly") not in behind for w in r.words[:place])


def _indicators_named(r: Reader, end: int) -> list[str]:
    """Return the indicators of a title, each by its whole name: `stochastic RSI` is one."""
    named, at = [], 0
    while at < end:
        match = max((m for m in r.found[at] if m.kind == "IND"), key=lambda m: m.end, default=None)
        if match is not None:
            named.append(match.value[0])
        at = match.end if match is not None else at + 1
    return list(dict.fromkeys(named))


# What a name may contain without sounding like a condition.
NAMES = frozenset(
    ["IND", "STYLE", "OUTPUT", "OUTPUT_NAME", "CROSS", "MIRROR", "PRICE", "UNIT", "IS", "OF", "AND", "IT", "ONE"]
)


def _assume_a_name(r: Reader, place: int) -> None:
    """Say of a title that could be a condition, as in `High volume:`, that it is none."""
    kinds = {max(r.found[at], key=lambda match: match.end).kind for at in range(place) if r.found[at]}
    patterns = any(m.kind == "IND" and m.value[0].startswith("cdl_") for at in range(place) for m in r.found[at])
    if kinds - NAMES or patterns:
        r.assume(f"'{r.span(0, place)}' is taken for a name, not for a condition or a choice of bars")


SLOGAN = frozenset(["ACT", "SIDE", "WEEKDAY", "MONTH", "FACTOR", "ONLY_TRADE"])


def _is_a_slogan(r: Reader, place: int) -> bool:
    """`Buy the dip:`, `Turnaround Tuesday:`: no rule, since it says nothing measurable, or says again what follows."""
    before = {match.kind for at in range(place) for match in r.found[at]}
    behind = {match.kind for at in range(place, len(r.words)) for match in r.found[at]}
    vague = "VAGUE" in before or any(not r.found[at] and r.words[at].kind == "word" for at in range(place))
    repeated = (before & SLOGAN) <= behind and _opens(r, place + 1)
    return vague and repeated and before.isdisjoint(RULE_KINDS - SLOGAN)


def _opens(r: Reader, place: int) -> bool:
    """Whether the sentence from here on says by itself what is opened."""
    while place < len(r.words) and r.words[place].kind != "end":
        if any(match.kind == "SIDE" or (match.kind, match.value) in OPENING for match in r.found[place]):
            return True
        place += 1
    return False


OPENING = frozenset([("ACT", "buy"), ("ACT", "short")])


def _glued(r: Reader, word: Word) -> bool:
    """Whether a number is part of a name, as in `Strategy001`."""
    return word.start > 0 and r.text[word.start - 1].isalpha() and r.text[word.start : word.end].startswith("0")


def begins_sentence(r: Reader) -> bool:
    """Whether only small talk stands between here and the sentence's beginning."""
    place = r.place - 1
    while place >= r.fresh and (
        r.words[place].text in SMALL_TALK or r.words[place].text in WEAK or r.words[place].text == ","
    ):
        place -= 1
    return place < r.fresh or r.words[place].kind == "end" or r.words[place].text == ":"


def style(r: Reader, result: Outline) -> bool | None:
    """`Mean reversion.`: what kind of strategy it is called."""
    if not begins_sentence(r) or not r.take("STYLE"):
        return None
    while r.take("STYLE") or r.sign(
        "strategy", "system", "trade", "play", "setup", "idea", "approach", "style", "for", "with", "and", "swing"
    ):
        pass
    if r.words[r.place - 1].text in ("with", "for") and (r.peek("IND") or (r.word is not None and r.word.number)):
        r.fresh = r.place
        return True
    return r.done or r.words[r.place].kind == "end" or r.at(":", ",", "-") or None
