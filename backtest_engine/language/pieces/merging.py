"""Joining pieces across words that say nothing, for a wording that is only proposed."""

import re
from typing import Any

from pydantic import ValidationError

from backtest_engine.language.explain import distance, number, operand, size
from backtest_engine.language.indicators import AVERAGES
from backtest_engine.language.pieces.nodes import Call, Compared, Extreme, Group, Its, Sloping, Sum, Term
from backtest_engine.language.pieces.settle import Context, Doubt
from backtest_engine.language.pieces.tiling import UNREAD, Tile
from backtest_engine.spec import AtrDistance, Number, PercentDistance, Price, PriceDistance, RiskDistance

VALUES = ("VALUE", "CALL", "EXT")
NUMBERS = ("NUM", "PCTV")
DISTANCES = (PercentDistance, PriceDistance, AtrDistance, RiskDistance)
NAMES = {"STOP": "Stop loss", "TARGET": "Take profit", "TRAIL": "Trailing stop"}
FIELDS = {"stop_loss": "Stop loss", "take_profit": "Take profit"}
RESTRICTIONS = {"long_only": "Long only", "short_only": "Short only", "no_other_exit": "No other exit"}
CLOSING = ("sell", "cover", "exit")
PROFIT = frozenset(["win", "wins", "gain", "gains", "up", "profit", "profits"])
LOSS = frozenset(["lose", "loses", "loss", "losses", "losing", "down"])
BEFORE = re.compile(rf"\b({'|'.join(sorted(PROFIT | LOSS))})\b")
BEHIND = re.compile(r"\s*(?:of\s+)?(profit|gain|gains|loss|down|up)\b")
EARLIER = re.compile(
    r"\s*(?:it was\s+|that of\s+)?(?:on\s+)?(?:the\s+)?"
    r"(?:(?:bar|day|candle) before|yesterday|(?:previous|prior|last) (?:bar|day|candle))",
    re.IGNORECASE,
)
LATER = re.compile(r"\b(?:after|later)\b", re.IGNORECASE)


def merged(tiles: list[Tile], text: str) -> list[Tile]:
    """Return the tiles of a sentence with those that belong together as one."""
    found: list[Tile] = []
    for tile in (tile for tile in tiles if tile.kind != UNREAD):
        made = _pair(found[-1], tile, text) if found else None
        if made is None:
            found.append(tile)
        else:
            start = found[-1].start
            found[-1] = Tile(made[0], made[1], start, tile.end, text[start : tile.end])
    return [_alone(tile, text) for tile in found]


def _alone(tile: Tile, text: str) -> Tile:
    """Return what a piece means by the words around it: `up 20 %` is a target, `higher than the bar before` a rise."""
    half = tile.value
    opened = tile.kind == "HALF" and isinstance(half, Compared) and half.right is None and half.left is not None
    if opened and EARLIER.match(text[tile.end :]):
        return Tile("COND", Sloping(half.left, half.relation[0]), tile.start, tile.end, tile.text)
    if tile.kind != "PCTV":
        return tile
    around = (BEFORE.findall(text[max(0, tile.start - 18) : tile.start].lower()) or ["x"])[-1]
    behind = BEHIND.match(text[tile.end :].lower())
    word = behind.group(1) if behind else around
    kind = "TARGET" if word in PROFIT else "STOP" if word in LOSS else ""
    return Tile("TERM", Term(kind, half), tile.start, tile.end, tile.text) if kind else tile


def _pair(one: Tile, other: Tile, text: str) -> tuple[str, Any] | None:
    if one.kind in VALUES and other.kind == "HALF":
        return _with_subject(one.value, other.value)
    if one.kind in ("HALF", "COND") and other.kind in (*VALUES, *NUMBERS, "DUR"):
        return _with_object(one, other)
    if one.kind == "CALL" and other.kind in ("NUM", "DUR"):
        length = _with_length(one.value, other)
        return None if length is None else ("CALL", length)
    if one.kind in ("DIST", "PCTV") and other.kind in NAMES:
        return "TERM", Term(other.kind, one.value)
    if one.kind in NAMES and other.kind in ("DIST", "PCTV", *VALUES):
        return "TERM", Term(one.kind, other.value)
    return _held(one, other, text)


def _held(one: Tile, other: Tile, text: str) -> tuple[str, Any] | None:
    """`out after six bars`, `three bars later I sell`."""
    pair = {one.kind: one, other.kind: other}
    if set(pair) != {"DUR", "DOING"} or pair["DOING"].value.name not in CLOSING:
        return None
    if not LATER.search(text[max(0, one.start - 7) : other.end + 7]):
        return None
    return "TERM", Term("max_bars", pair["DUR"].value[0])


def _with_subject(value: Any, half: Any) -> tuple[str, Any] | None:
    if isinstance(half, Sloping) and half.value is None and not isinstance(value, Extreme):
        return "COND", Sloping(value, half.relation, half.bars)
    if not isinstance(half, Compared) or half.left is not None:
        return None
    return ("COND" if half.right is not None else "HALF"), Compared(value, half.relation, half.right, half.verb)


def _with_object(one: Tile, other: Tile) -> tuple[str, Any] | None:
    half = one.value
    if isinstance(half, Group):
        last = _with_object(Tile(one.kind, half.parts[-1], one.start, one.end, one.text), other)
        return None if last is None else (one.kind, Group(half.word, (*half.parts[:-1], last[1])))
    if isinstance(half, Sloping) and other.kind == "DUR" and half.bars == 1:
        return one.kind, Sloping(half.value, half.relation, other.value[0])
    if not isinstance(half, Compared):
        return None
    if half.right is not None:
        right = _with_length(half.right, other)
        return None if right is None else (one.kind, Compared(half.left, half.relation, right, half.verb))
    if other.kind == "DUR":
        return None
    value = other.value.value if isinstance(other.value, Its) else other.value
    right = Number(value=float(value)) if other.kind in NUMBERS and not isinstance(value, Number) else value
    return ("COND" if half.left is not None else "HALF"), Compared(half.left, half.relation, right, half.verb)


def _with_length(value: Any, tile: Tile) -> Any:
    """Return a value with its length, where that was said behind it: `its average over the last twenty days`."""
    if tile.kind not in ("NUM", "DUR"):
        return None
    if isinstance(value, Price) and value.field in ("high", "low") and not value.shift and tile.kind == "DUR":
        return Extreme("highest" if value.field == "high" else "lowest", value.field, tile.value[0])
    if isinstance(value, Sum):
        right = _with_length(value.right, tile)
        return None if right is None else Sum(value.operator, value.left, right)
    if not isinstance(value, Call) or value.numbers or (value.name not in AVERAGES and tile.kind == "NUM"):
        return None
    length = tile.value[0] if tile.kind == "DUR" else getattr(tile.value, "value", tile.value)
    return Call(value.name, (length,), value.output, value.source, value.shift, value.timeframe)


def term_in_words(term: Term, context: Context) -> str:
    """Return a stop, target, holding time or size in canonical words; empty where there are none."""
    value = term.value
    name = NAMES.get(term.field) or FIELDS.get(term.field)
    if name is not None:
        return _protection(name, value, context)
    match term.field:
        case "trailing_stop":
            return f"Trailing stop {distance(value.distance)}"
        case "break_even":
            return f"Move the stop to break even at {distance(value.after)} profit"
        case "max_bars":
            return f"Hold for {value} bar{'s' if value > 1 else ''}"
        case "sizing":
            return size(value)
        case "max_entries":
            return f"Up to {value} open entries"
    return RESTRICTIONS.get(value, "") if term.field == "restrict" else ""


def _protection(name: str, value: Any, context: Context) -> str:
    if isinstance(value, int | float):
        return f"{name} {number(float(value))} %"
    if isinstance(value, DISTANCES):
        return f"{name} {distance(value)}"
    try:
        return f"{name} at {operand(context.operand(value))}"
    except (Doubt, ValidationError):
        return ""
