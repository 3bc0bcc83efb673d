"""A canonical wording of what a description seems to say, to be offered and never to be taken without asking.

Words that are not understood are passed over, what was left out is filled in by scale, and what remains is written in
the sentences that the reader itself reads.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import condition
from backtest_engine.language.pieces.chart import TooManyPieces, grammar
from backtest_engine.language.pieces.merging import merged, term_in_words
from backtest_engine.language.pieces.nodes import Compared, It
from backtest_engine.language.pieces.settle import Context, Doubt, calls_in
from backtest_engine.language.pieces.tiling import Tile, sentences
from backtest_engine.language.scan import scan
from backtest_engine.spec import All, AnyOf, Comparison, Condition, Indicator, Number, Operand, Price

CONDITIONS = ("COND", "JOINED", "HALF")
OPENING = {"buy": "Buy", "short": "Short"}
CLOSING = {"sell": "Sell", "cover": "Cover", "exit": "Exit"}


@dataclass
class Wording:
    """Canonical sentences for one sentence of a description, and its words of meaning that are not in them.

    `taken` says that another sentence's wording has what this one says: `RSI is below 30. Then I buy.`
    """

    start: int
    end: int
    sentences: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    taken: bool = False

    @property
    def text(self) -> str:
        """The sentences as one text; empty where nothing was made of the words."""
        return " ".join(f"{sentence}." for sentence in self.sentences)


@dataclass
class _Part:
    joint: str
    node: Any
    text: str
    home: Wording


@dataclass
class _Rule:
    action: str
    parts: list[_Part]
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
    return _Proposal(tiled, text).made()


class _Proposal:
    def __init__(self, tiled: list[list[Tile]], text: str) -> None:
        self.tiled = [merged([tile for tile in tiles if tile.kind not in ("loose", "chat")], text) for tiles in tiled]
        self.wordings = [Wording(tiles[0].start, tiles[-1].end) for tiles in tiled]
        said = tuple(call for tiles in tiled for tile in tiles for call in calls_in(tile.value))
        self.context = _Loosely(said=said)
        self.pending: list[_Part] = []
        self.head: _Rule | None = None
        self.rules: list[_Rule] = []

    def made(self) -> list[Wording]:
        for tiles, home in zip(self.tiled, self.wordings, strict=True):
            self._sentence(tiles, home)
        if self.pending and self.rules and not any(rule.action in OPENING for rule in self.rules):
            self.rules.insert(0, _Rule("buy", self.pending, self.pending[0].home))
        for rule in self.rules:
            self._write(rule)
        return self.wordings

    def _sentence(self, tiles: list[Tile], home: Wording) -> None:
        kinds = [tile.kind for tile in tiles]
        actions = [place for place, kind in enumerate(kinds) if kind == "DOING"]
        conditions = [place for place, kind in enumerate(kinds) if _is_condition(kind)]
        home.left_out += [tile.text for tile in tiles if tile.kind in _mentions()]
        for tile in tiles:
            if tile.kind == "TERM" and (line := term_in_words(tile.value, self.context)):
                home.sentences.append(line)
        if actions and conditions:
            self._rules(tiles, home, condition_first=conditions[0] < actions[0])
        elif conditions:
            into = self.head.parts if self.head is not None else self.pending
            into += _joined(tiles, home)
        elif "MIRROR" in kinds:
            home.left_out = [tile.text for tile in tiles if tile.kind in _mentions() - {"MIRROR"}]
            home.sentences.append("Vice versa for shorts")
        elif actions:
            self._actions(tiles, home)

    def _actions(self, tiles: list[Tile], home: Wording) -> None:
        names = [tile.value.name for tile in tiles if tile.kind == "DOING"]
        if self.pending and names[0] in OPENING:
            self.rules.append(_Rule(names[0], self.pending, home))
            self.pending, self.head = [], None
        elif "reverse" in names:
            home.sentences.append("Stop and reverse")
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
                rule.parts += _joined(parts, home)
                parts = []
            rule = _Rule(tile.value.name, [], home)
            self.rules.append(rule)
            if self.pending and rule.action in OPENING:
                rule.parts, self.pending = self.pending, []
            if not behind or not condition_first:
                behind = not condition_first or _says_when(tiles, place)
            if not behind or condition_first:
                rule.parts += _joined(parts, home)
                parts = []
        if rule is not None and behind:
            rule.parts += _joined(parts, home)
        else:
            home.left_out += [tile.text for tile in parts if _is_condition(tile.kind)]

    def _write(self, rule: _Rule) -> None:
        if rule.action == "reverse" and not rule.parts:
            rule.home.sentences.append("Stop and reverse")
        name = OPENING.get(rule.action) or CLOSING.get(rule.action)
        words = {part.joint for part in rule.parts[1:]}
        if name is None or len(words) > 1:
            rule.home.left_out += [part.text for part in rule.parts]
            return
        self.context.closing = rule.action in CLOSING
        said = [one for part in rule.parts if (one := self._settled(part)) is not None]
        if _contradict(said, words):
            rule.home.left_out += [part.text for part in rule.parts]
        elif said:
            kind = AnyOf if "or" in words else All
            whole = said[0] if len(said) == 1 else kind(conditions=tuple(said))
            rule.home.sentences.append(f"{name} when {condition(whole)}")

    def _settled(self, part: _Part) -> Condition | None:
        try:
            said = self.context.condition(part.node)
        except (Doubt, ValidationError):
            part.home.left_out.append(part.text)
            return None
        part.home.taken = True
        return said


def _contradict(said: list[Condition], words: set[str]) -> bool:
    """Whether one value would have to be above and below another on the same bar."""
    sides = [(one.left, one.right, one.relation[0]) for one in said if isinstance(one, Comparison)]
    opposite = {">": "<", "<": ">"}
    return "or" not in words and any((left, right, opposite.get(way)) in sides for left, right, way in sides)


def _says_when(tiles: list[Tile], place: int) -> bool:
    return place + 1 < len(tiles) and tiles[place + 1].kind == "WHEN"


def _is_condition(kind: str) -> bool:
    return kind in CONDITIONS


@cache
def _mentions() -> frozenset[str]:
    return frozenset(grammar()["words"]["mentions"].split())


def _joined(tiles: list[Tile], home: Wording) -> list[_Part]:
    parts, joint = [], "and"
    for tile in tiles:
        if _is_condition(tile.kind):
            parts.append(_Part(joint, tile.value, tile.text, home))
            joint = "and"
        elif tile.kind in ("OR", "|"):
            joint = "or"
    return parts
