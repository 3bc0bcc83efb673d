"""Reading what bars look like: up and down bars, gaps, inside bars and candlestick patterns."""

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.extremes import extreme, window
from backtest_engine.language.nodes import Joined, Node, Wrapped, begun
from backtest_engine.language.prices import BEFORE_THIS, RANGE
from backtest_engine.language.reader import Reader
from backtest_engine.language.values import operand
from backtest_engine.spec import Arithmetic, Comparison, Indicator, Number, Operand, Price

CLOSE, OPEN, HIGH, LOW = (Price(field=name) for name in ("close", "open", "high", "low"))


def _before(price: Price) -> Price:
    return price.model_copy(update={"shift": 1})


def candle(r: Reader) -> Node | None:
    """Read a statement about the shape of bars."""
    found: Node | None = r.first(
        bar_of_a_day,
        longer_bar,
        moved_in_a_row,
        last_bars,
        streak_of_bars,
        narrow_range,
        widest_or_narrowest,
        gap,
        pattern,
    )
    return found


def bar_of_a_day(r: Reader) -> Node | None:
    """`yesterday was a doji`, `today is an inside bar`."""
    before = r.take("YESTERDAY")
    if not (before or r.take("TODAY")):
        return None
    r.sign(*BAR_WORDS)
    if not r.take("IS"):
        return None
    node: Node | None = r.first(streak_of_bars, narrow_range, pattern)
    return Wrapped("ago", node, 1) if node is not None and before else node


def _bar_kind(r: Reader) -> Node | None:
    for kind, left, relation, right in (
        ("HIGHER_CLOSE", CLOSE, ">", _before(CLOSE)),
        ("LOWER_CLOSE", CLOSE, "<", _before(CLOSE)),
        ("HIGHER_HIGH", HIGH, ">", _before(HIGH)),
        ("LOWER_HIGH", HIGH, "<", _before(HIGH)),
        ("HIGHER_LOW", LOW, ">", _before(LOW)),
        ("LOWER_LOW", LOW, "<", _before(LOW)),
    ):
        if r.take(kind):
            if r.at("than"):
                return None
            return Comparison(left=left, relation=relation, right=right)
    start = r.place
    up = r.take("UPBAR")
    match = up or r.take("DOWNBAR")
    if match is not None:
        return _up_or_down(r, start, ">" if up else "<")
    if r.take("INSIDE_BAR"):
        return _nested(HIGH, LOW, "<", ">")
    if r.take("OUTSIDE_BAR"):
        return _nested(HIGH, LOW, ">", "<")
    return None


def _up_or_down(r: Reader, start: int, relation: str) -> Node | None:
    words = r.span(start).lower()
    if words.startswith(("up ", "down ", "winning", "losing", "positive", "negative")) and "open" not in words:
        r.assume(f"'{words}' means a close {'above' if relation == '>' else 'below'} the one before")
        return Comparison(left=CLOSE, relation=relation, right=_before(CLOSE))
    if words in ("green", "red", "is green", "is red"):
        return None
    return Comparison(left=CLOSE, relation=relation, right=OPEN)


def _nested(high: Price, low: Price, above: str, below: str) -> Node:
    return Joined(
        "and",
        (
            Comparison(left=high, relation=above, right=_before(high)),
            Comparison(left=low, relation=below, right=_before(low)),
        ),
    )


def streak_of_bars(r: Reader) -> Node | None:
    """`three lower closes in a row`, `a red candle`."""
    r.take("IS")
    first = r.sign("first") and r.context.role in ("buy", "short")
    r.sign("next")
    mark = r.mark()
    number = r.whole() or _nth(r)
    r.take("ROW")
    r.take("UNIT", "bar", "day")
    node = _bar_kind(r)
    if node is None:
        r.reset(mark)
        number = None
        node = _bar_kind(r)
        if node is None:
            return None
    if number is not None and number >= 2:
        r.take("ROW")
        node = Wrapped("streak", node, number)
    r.sign(*APPEARS)
    if first:
        r.assume("the first bar of its kind is one after a bar that was not")
        node = begun(node)
    said = r.sign("closing") or (r.sign("that", "which") and r.sign("closes", "closed"))
    return _closing_there(r, node) if said else node


def _closing_there(r: Reader, node: Node) -> Node | None:
    """`an up day closing above the SMA`, `… closing at a 20-day high`."""
    if not r.sign("at"):
        return _at_a_place(r, node)
    end = extreme(r)
    if not isinstance(end, Indicator):
        return None
    r.assume("a new high or low is a close beyond the bars before it")
    relation = ">" if end.name == "highest" else "<"
    return Joined("and", (node, Comparison(left=CLOSE, relation=relation, right=end.model_copy(update={"shift": 1}))))


def last_bars(r: Reader) -> Node | None:
    """`the last 3 candles were green`, `all of the previous 4 bars closed higher`."""
    r.take("BOTH")
    said = r.peek("PREVIOUS")
    before = said is not None and r.words[said.end - 1].text in BEFORE_THIS
    number = r.whole() if r.take("PREVIOUS") else None
    if number is None or number < 2 or not r.take("UNIT", "bar", "day"):
        return None
    r.take("BOTH")
    r.take("IS") if not (r.peek("UPBAR") or r.peek("DOWNBAR")) else None
    here = r.place
    node = _bar_kind(r)
    if node is None:
        r.place = here
        node = _coloured(r)
    if node is None:
        return None
    streak = Wrapped("streak", node, number)
    return Wrapped("ago", streak, 1) if before else streak


def _coloured(r: Reader) -> Node | None:
    """Read `green`: a bar that closes above its open."""
    match = r.take("UPBAR") or r.take("DOWNBAR")
    return None if match is None else Comparison(left=CLOSE, relation=">" if match.kind == "UPBAR" else "<", right=OPEN)


APPEARS = ("appears", "appear", "forms", "form", "formed", "occurs", "occur", "prints", "shows", "comes", "happens")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _nth(r: Reader) -> int | None:
    """Read `third` in `the third lower close in a row`."""
    word = r.word
    if word is not None and word.kind == "ordinal" and word.number is not None and word.number > 1:
        r.go(r.place + 1)
        return int(word.number)
    if word is None or not r.sign(*ORDINALS[1:]):
        return None
    return ORDINALS.index(word.text) + 1


def moved_in_a_row(r: Reader) -> Node | None:
    """`down 3 days in a row`, `it fell 3 days straight`."""
    if r.take("IT"):
        if r.context.subject not in (None, CLOSE):
            return None
    else:
        r.take("PRICE", "close")
    r.take("IS")
    up = r.take("RISING")
    if up is None and not r.take("FALLING"):
        return None
    r.sign("for")
    number = r.whole()
    row = r.take("ROW")
    unit = r.take("UNIT", "bar", "day")
    if number is None or unit is None or not (row or r.take("ROW")):
        return None
    r.assume("a bar is up or down when its close is beyond the one before")
    return Wrapped("streak", Comparison(left=CLOSE, relation=">" if up else "<", right=_before(CLOSE)), number)


def longer_bar(r: Reader) -> Node | None:
    """`the last completed week closed higher than the week before`."""
    r.take("LAST") or r.take("PREVIOUS")
    while r.sign("completed", "complete", "finished", "full", "calendar"):
        pass
    unit = r.take("UNIT", "week", "month")
    if unit is None:
        return None
    up = r.take("HIGHER_CLOSE")
    if not up and not r.take("LOWER_CLOSE"):
        return None
    if r.sign("than"):
        r.sign("one")
        r.take("YESTERDAY") or r.take("PREVIOUS")
        r.take("UNIT", unit.value)
        r.take("PREVIOUS") or r.take("AGO")
        r.take("IT")
    close = Price(field="close", timeframe=unit.value)
    return Comparison(left=close, relation=">" if up else "<", right=_before(close))


def narrow_range(r: Reader) -> Node | None:
    """`an NR7 bar`: the narrowest range of so many bars, this one among them."""
    r.take("IS")
    bars = r.whole() if r.take("NARROW_RANGE") else None
    if bars is None:
        return None
    r.sign(*BAR_WORDS, *APPEARS)
    return _at_a_place(r, _range_at_its_end("lowest", bars, shift=0))


def widest_or_narrowest(r: Reader) -> Node | None:
    """`the narrowest range of the last 7 bars`, `today's range is the widest in 20 days`."""
    r.take("TODAY")
    r.sign(*BAR_WORDS)
    r.take("WITH") or r.sign("has")
    named = r.take("RANGE")
    r.take("IS") if named else None
    least = r.take("SMALLEST")
    if not (least or r.take("BIGGEST")) or not (named or r.take("RANGE")):
        return None
    r.sign(*BAR_WORDS)
    r.take("OF") or r.sign("in", "over", "within", "among")
    span = window(r)
    return None if span is None else _range_at_its_end("lowest" if least else "highest", span.bars, shift=span.shift)


BAR_WORDS = ("bar", "candle", "day", "session", "pattern", "setup")


def _range_at_its_end(name: str, bars: int, *, shift: int) -> Node:
    """Compare the bar's range with the narrowest or widest of some; against earlier ones, it must be beyond it."""
    relation = ("<" if name == "lowest" else ">") + ("" if shift else "=")
    end = Indicator(name=name, parameters={"period": bars}, source=RANGE, shift=shift)
    return Comparison(left=RANGE, relation=relation, right=end)


def gap(r: Reader) -> Node | None:
    """`gaps up more than 2 %`: the open against the previous close."""
    r.take("PRICE") or r.take("TODAY")
    match = r.take("GAP_UP") or r.take("GAP_DOWN")
    if match is None:
        return None
    up = match.kind == "GAP_UP"
    r.take("OF") or r.sign("by")
    limit = r.take("RELATION")
    number = r.number()
    base: Operand = _before(CLOSE)
    if number is not None:
        if not r.take("PCT"):
            return None
        after = r.or_more()
        share = number / 100 if up else -number / 100
        base = Arithmetic(operator="*", left=Number(value=round(1 + share, 12)), right=base)
        strict = limit is not None and limit.value in (">", "<") and after is None
    else:
        strict = True
    mark = r.mark()
    if not (r.sign("at", "on") and r.take("PRICE", "open")):
        r.reset(mark)
    r.assume("a gap is the open against the previous close")
    symbol = (">" if up else "<") + ("" if strict else "=")
    return Comparison(left=OPEN, relation=symbol, right=base)


def pattern(r: Reader) -> Node | None:
    """`a bullish engulfing`, `a hammer`: TA-Lib's patterns, positive when bullish."""
    start = r.place
    bullish = r.sign("bullish")
    bearish = not bullish and r.sign("bearish")
    match = r.take("IND")
    if match is None or not match.value[0].startswith("cdl_"):
        return None
    whole = r.span(start, match.end).lower()
    known = REGISTRY[match.value[0]]
    value = Indicator(
        name=known.name, parameters={p.name: p.default for p in known.parameters if p.default is not None}
    )
    forms = False
    while r.sign("candle", "pattern", "bar", "forms", "form", "appears", "occurs", "formed", "shows", "prints"):
        forms = True
    compared = any(r.peek(kind) for kind in ("IS", "CROSS", "MOVE", "BACK", "RISING", "FALLING", "AGO"))
    placed = r.at("at")
    if (compared and not forms and not placed) or r.at("(") or (r.word is not None and r.word.number is not None):
        return None
    node = _pattern_node(value, known.name, bearish or "bearish" in whole, bullish or "bullish" in whole)
    return None if node is None else _at_a_place(r, node)


def _at_a_place(r: Reader, node: Node) -> Node | None:
    """`a hammer below the 50 SMA`, `a doji at the 20-day low`: where the pattern's bar closes, or what it reaches."""
    place = r.take("RELATION", ">", "<")
    if place is not None:
        limit = operand(r)
        if limit is None or isinstance(limit, Number):
            return None
        return Joined("and", (node, Comparison(left=CLOSE, relation=place.value, right=limit)))
    if not r.sign("at"):
        return node
    end = extreme(r)
    if not isinstance(end, Indicator) or not isinstance(end.source, Price) or end.shift:
        return None
    relation = ">=" if end.name == "highest" else "<="
    return Joined("and", (node, Comparison(left=end.source, relation=relation, right=end)))


def _pattern_node(value: Indicator, name: str, bearish: bool, bullish: bool) -> Node | None:
    if bearish:
        return Comparison(left=value, relation="<", right=Number(value=0))
    if bullish:
        return Comparison(left=value, relation=">", right=Number(value=0))
    return Comparison(left=value, relation=">", right=Number(value=0)) if _only_bullish(name) else _either(value, name)


BULLISH = frozenset(
    [
        "cdl_hammer",
        "cdl_inverted_hammer",
        "cdl_morning_star",
        "cdl_morning_doji_star",
        "cdl_piercing",
        "cdl_three_advancing_white_soldiers",
        "cdl_dragonfly_doji",
        "cdl_takuri",
        "cdl_homing_pigeon",
        "cdl_ladder_bottom",
        "cdl_matching_low",
        "cdl_doji",
        "cdl_gravestone_doji",
        "cdl_long_legged_doji",
        "cdl_three_stars_in_the_south",
        "cdl_unique_3_river",
        "cdl_rickshaw_man",
    ]
)
BEARISH = frozenset(
    [
        "cdl_hanging_man",
        "cdl_shooting_star",
        "cdl_evening_star",
        "cdl_evening_doji_star",
        "cdl_dark_cloud_cover",
        "cdl_three_black_crows",
        "cdl_two_crows",
        "cdl_upside_gap_two_crows",
        "cdl_advance_block",
        "cdl_identical_three_crows",
        "cdl_in_neck",
        "cdl_on_neck",
        "cdl_thrusting",
        "cdl_stalled",
    ]
)


# A doji says that neither side has won; the other shapes are of one side only.
UNDECIDED = frozenset(["cdl_doji", "cdl_long_legged_doji", "cdl_rickshaw_man"])
ONE_SIDED = (BULLISH | BEARISH) - UNDECIDED


def _only_bullish(name: str) -> bool:
    return name in BULLISH


def _either(value: Indicator, name: str) -> Node | None:
    if name in BEARISH:
        return Comparison(left=value, relation="<", right=Number(value=0))
    return None
