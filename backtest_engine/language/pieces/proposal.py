"""A canonical wording of what a description seems to say, to be offered and never to be taken without asking.

Words that are not understood are passed over, what was left out is filled in by scale, and what remains is written in
the sentences that the reader itself reads.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import condition, distance, number
from backtest_engine.language.pieces.chart import TooManyPieces, grammar
from backtest_engine.language.pieces.nodes import Action, Call, Compared, Extreme, Group, It, Its, Sloping, Term
from backtest_engine.language.pieces.settle import Context, Doubt, calls_in
from backtest_engine.language.pieces.tiling import UNREAD, Tile, sentences
from backtest_engine.language.scan import scan
from backtest_engine.spec import (
    AtrDistance,
    Indicator,
    Number,
    Operand,
    PercentDistance,
    Price,
    PriceDistance,
    RiskDistance,
)

VALUES = ("VALUE", "CALL", "EXT")
CONDITIONS = ("COND", "JOINED")
OPENING = {"buy": "Buy", "short": "Short"}
CLOSING = {"sell": "Sell", "cover": "Cover", "exit": "Exit"}
DISTANCES = (PercentDistance, PriceDistance, AtrDistance, RiskDistance)
NAMES = {"STOP": "Stop loss", "TARGET": "Take profit", "TRAIL": "Trailing stop"}
FIELDS = {"stop_loss": "Stop loss", "take_profit": "Take profit"}


@dataclass
class Wording:
    """Canonical sentences for one sentence of a description, and its words of meaning that are not in them."""

    start: int
    end: int
    sentences: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The sentences as one text; empty where nothing was made of the words."""
        return " ".join(f"{sentence}." for sentence in self.sentences)


@dataclass
class _Rule:
    action: str
    parts: list[tuple[str, Any]]
    home: Wording


class _Loosely(Context):
    """Fills what was left out by scale: numbers belong to readings, lines to the price."""

    def _completed(self, node: Compared) -> tuple[Operand, Operand]:
        if node.right is None or isinstance(node.right, It) or self.last is None:
            return super()._completed(node)
        right = self.operand(node.right, beyond=node.relation in (">", "<"), relation=node.relation)
        if isinstance(right, Number):
            left = self.last[0] if not _on_the_chart(self.last[0]) else self._last_reading()
            return left, right
        return (self.last[0] if isinstance(self.last[0], Price) else Price()), right

    def _last_reading(self) -> Operand:
        for call in reversed(self.said):
            known = REGISTRY.get(call.name)
            if known is not None and not known.overlay:
                return self.operand(call)
        raise Doubt("what is compared with the number")


def _on_the_chart(value: Operand) -> bool:
    return isinstance(value, Price) or (isinstance(value, Indicator) and REGISTRY[value.name].overlay)


@cache
def _costs() -> dict[str, float]:
    return {**grammar()["costs"], **grammar()["loose_costs"]}


def propose(text: str) -> list[Wording]:
    """Return a wording of each sentence; those of which nothing could be made have none."""
    found = scan(text)
    try:
        tiled = sentences(found, text, costs=_costs(), lenient=True)
    except TooManyPieces:
        return []
    return _Proposal(tiled).made()


class _Proposal:
    def __init__(self, tiled: list[list[Tile]]) -> None:
        self.tiled = [_merged([tile for tile in tiles if tile.kind not in ("loose", "chat")]) for tiles in tiled]
        self.wordings = [Wording(tiles[0].start, tiles[-1].end) for tiles in tiled]
        said = tuple(call for tiles in tiled for tile in tiles for call in calls_in(tile.value))
        self.context = _Loosely(said=said)
        self.pending: list[tuple[str, Any]] = []
        self.head: _Rule | None = None
        self.rules: list[_Rule] = []

    def made(self) -> list[Wording]:
        for tiles, home in zip(self.tiled, self.wordings, strict=True):
            self._sentence(tiles, home)
        if self.pending and self.rules and not any(rule.action in OPENING for rule in self.rules):
            self.rules.insert(0, _Rule("buy", self.pending, self.wordings[0]))
        for rule in self.rules:
            self._write(rule)
        return self.wordings

    def _sentence(self, tiles: list[Tile], home: Wording) -> None:
        kinds = [tile.kind for tile in tiles]
        actions = [place for place, kind in enumerate(kinds) if kind == "DOING"]
        conditions = [place for place, kind in enumerate(kinds) if _is_condition(kind)]
        home.left_out += [tile.text for tile in tiles if tile.kind in _mentions()]
        for tile in tiles:
            if tile.kind == "TERM" and (line := _term(tile.value)):
                home.sentences.append(line)
        if actions and conditions:
            self._rules(tiles, home, condition_first=conditions[0] < actions[0])
        elif conditions:
            into = self.head.parts if self.head is not None else self.pending
            into += _joined(tiles)
        elif actions:
            self._actions(tiles, home)

    def _actions(self, tiles: list[Tile], home: Wording) -> None:
        names = [tile.value.name for tile in tiles if tile.kind == "DOING"]
        if self.pending and names[0] in OPENING:
            self.rules.append(_Rule(names[0], self.pending, home))
            self.pending, self.head = [], None
        elif not any(tile.kind == "TERM" for tile in tiles):
            self.head = _Rule(names[-1], [], home)
            self.rules.append(self.head)

    def _rules(self, tiles: list[Tile], home: Wording, *, condition_first: bool) -> None:
        self.head = None
        parts: list[Tile] = []
        rule: _Rule | None = None
        behind = not condition_first
        for place, tile in enumerate(tiles):
            if tile.kind != "DOING":
                parts.append(tile)
                continue
            if rule is not None and behind:
                rule.parts += _joined(parts)
                parts = []
            rule = _Rule(tile.value.name, [], home)
            self.rules.append(rule)
            if self.pending and rule.action in OPENING:
                rule.parts, self.pending = self.pending, []
            if not behind:
                rule.parts += _joined(parts)
                parts = []
                behind = place + 1 < len(tiles) and tiles[place + 1].kind == "WHEN"
        if rule is not None:
            rule.parts += _joined(parts)

    def _write(self, rule: _Rule) -> None:
        name = OPENING.get(rule.action) or CLOSING.get(rule.action)
        if name is None or not rule.parts:
            return
        words = {joint for joint, _ in rule.parts[1:]}
        if len(words) > 1:
            return
        nodes = tuple(node for _, node in rule.parts)
        node = nodes[0] if len(nodes) == 1 else Group(words.pop(), nodes)
        self.context.closing = rule.action in CLOSING
        try:
            said = self.context.condition(node)
        except (Doubt, ValidationError):
            return
        rule.home.sentences.append(f"{name} when {condition(said)}")


def _is_condition(kind: str) -> bool:
    return kind in CONDITIONS or kind == "HALF"


@cache
def _mentions() -> frozenset[str]:
    return frozenset(grammar()["words"]["mentions"].split())


def _joined(tiles: list[Tile]) -> list[tuple[str, Any]]:
    parts, joint = [], "and"
    for tile in tiles:
        if _is_condition(tile.kind):
            parts.append((joint, tile.value))
            joint = "and"
        elif tile.kind in ("OR", "|"):
            joint = "or"
    return parts


def _merged(tiles: list[Tile]) -> list[Tile]:
    """Join what belongs together across words that say nothing."""
    merged: list[Tile] = []
    for tile in (tile for tile in tiles if tile.kind != UNREAD):
        before = merged[-1] if merged else None
        made = None if before is None else _pair(before, tile)
        if made is None:
            merged.append(tile)
        else:
            assert before is not None  # noqa: S101  # what was paired
            merged[-1] = Tile(made[0], made[1], before.start, tile.end, f"{before.text} {tile.text}")
    return merged


def _pair(one: Tile, other: Tile) -> tuple[str, Any] | None:
    if one.kind in VALUES and other.kind == "HALF":
        return _with_subject(one.value, other.value)
    if one.kind in ("HALF", "COND") and other.kind in (*VALUES, "NUM", "NUMBER", "PCTV"):
        return _with_object(one.kind, one.value, other)
    if one.kind == "CALL" and other.kind in ("NUM", "DUR") and not one.value.numbers:
        length = other.value[0] if other.kind == "DUR" else other.value
        return "CALL", Call(one.value.name, (length,), one.value.output, one.value.source)
    if one.kind in NAMES and (other.kind == "DIST" or (other.kind == "PCTV")):
        return "TERM", Term(one.kind, other.value)
    if one.kind in ("DIST", "PCTV") and other.kind in NAMES:
        return "TERM", Term(other.kind, one.value)
    return None


def _with_subject(value: Any, half: Any) -> tuple[str, Any] | None:
    if isinstance(half, Sloping) and half.value is None and not isinstance(value, Extreme):
        return "COND", Sloping(value, half.relation, half.bars)
    if not isinstance(half, Compared) or half.left is not None:
        return None
    made = Compared(value, half.relation, half.right, half.verb)
    return ("COND" if half.right is not None else "HALF"), made


def _with_object(kind: str, half: Any, tile: Tile) -> tuple[str, Any] | None:
    if not isinstance(half, Compared) or half.right is not None:
        return None
    right = tile.value.value if isinstance(tile.value, Its) else tile.value
    if tile.kind in ("NUM", "NUMBER", "PCTV") and not isinstance(right, Number):
        right = Number(value=float(right))
    return ("COND" if half.left is not None else "HALF"), Compared(half.left, half.relation, right, half.verb)


def _term(term: Term) -> str:
    """Return a stop, target, holding time or size in canonical words."""
    value = term.value
    if term.field in NAMES or term.field in FIELDS:
        name = NAMES.get(term.field) or FIELDS[term.field]
        if isinstance(value, int | float):
            return f"{name} {number(float(value))} %"
        return f"{name} {distance(value)}" if isinstance(value, DISTANCES) else ""
    if term.field == "trailing_stop":
        return f"Trailing stop {distance(value.distance)}"
    if term.field == "max_bars":
        return f"Hold for {value} bars"
    return ""


__all__ = ["Action", "Wording", "propose"]
