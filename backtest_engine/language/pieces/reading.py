"""The reading of a whole description: which conditions belong to which action, and what is left over.

Everything that carries meaning must end up in the specification. What does not is a doubt, and a description with a
doubt is not read: it is asked about.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from backtest_engine.language.pieces.chart import TooManyPieces
from backtest_engine.language.pieces.nodes import Action, Call, Compared, Group, Sloping, Term
from backtest_engine.language.pieces.settle import Context, Doubt, calls_in
from backtest_engine.language.pieces.tiling import Tile, sentences
from backtest_engine.language.scan import Scan, scan
from backtest_engine.spec import (
    All,
    AnyOf,
    AtrDistance,
    Comparison,
    Condition,
    InMonth,
    Level,
    Number,
    OnWeekday,
    Operand,
    PercentDistance,
    PriceDistance,
    RiskDistance,
    Side,
    StrategySpec,
)

MAX_WORDS = 600
UNSURE = ("UNLESS", "NOT", "MIRROR", "NO_TRADE", "AFTERWARDS")
CONDITIONS = ("COND", "JOINED", "HALF")
DISTANCES = (PercentDistance, PriceDistance, AtrDistance, RiskDistance)
SPOKEN = frozenset(["loose", "chat", "AND", "OR", "WHEN", "THEN", "WITH", "EITHER", *"+/#,.:&;=()|", "->"])
JOINTS = {"OR": "or", "|": "or"} | dict.fromkeys(["AND", "&", ",", "WITH", "FILTER", ":", "+"], "and")


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """Words that were not understood, and why."""

    text: str
    start: int
    end: int
    why: str
    code: str = "doubt"


@dataclass(kw_only=True)
class Pieces:
    """What was read: a specification where nothing is in doubt, and the doubts."""

    spec: StrategySpec | None = None
    assumptions: tuple[str, ...] = ()
    doubts: list[Doubtful] = field(default_factory=list)
    corrections: tuple[str, ...] = ()


@dataclass
class _Rule:
    action: Action
    tile: Tile
    parts: list[tuple[str, Tile]] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        return self.action.name in ("buy", "short")


def read_pieces(text: str) -> Pieces:
    """Read a description by its pieces; never raises for what people write."""
    found = scan(text)
    if any(problem.code != "unknown_word" for problem in found.problems) or len(found.words) > MAX_WORDS:
        return Pieces(doubts=[_whole(text, "asks for what cannot be")])
    try:
        return _Reading(found, text).read()
    except TooManyPieces:
        return Pieces(doubts=[_whole(text, "allows too many readings")])


def _whole(text: str, why: str) -> Doubtful:
    return Doubtful(text=text.strip()[:80], start=0, end=len(text), why=why)


class _Reading:
    def __init__(self, found: Scan, text: str) -> None:
        self.corrections = found.corrections
        self.text = text
        self.sentences = sentences(found, text)
        self.tiles = [tile for sentence in self.sentences for tile in sentence]
        self.rules: list[_Rule] = []
        self.pending: list[tuple[str, Tile]] = []
        self.doubts: list[Doubtful] = []
        self.reversing: list[Tile] = []
        self.ending: list[Tile] = []

    def read(self) -> Pieces:
        for sentence in self.sentences:
            tiles = [tile for tile in sentence if tile.kind not in ("loose", "chat")]
            self._sentence(tiles)
            self._joints(tiles)
        if self.pending and self.rules and not any(rule.opens for rule in self.rules):
            first = self.pending[0][1]
            opening = Tile("DOING", Action("buy"), first.start, first.end, first.text)
            self.rules.insert(0, _Rule(opening.value, opening, self.pending))
            self.pending = []
        for _, tile in self.pending:
            self._doubt(tile, "belongs to no action")
        said = tuple(call for tile in self.tiles for call in calls_in(tile.value))
        context = Context(said=said, coded="[" in self.text)
        spec = self._spec(context)
        for tile in self.tiles:
            if tile.kind in ("CALL", "PAIR") and not tile.used:
                tile.used = set(calls_in(tile.value)) <= context.relied | self._spent(tile)
            if not tile.used and tile.kind not in SPOKEN:
                self._doubt(tile, "was not understood", code="unread")
        return Pieces(
            spec=spec if not self.doubts else None,
            assumptions=tuple(dict.fromkeys(context.assumptions)),
            doubts=self.doubts,
            corrections=self.corrections,
        )

    def _spent(self, setting: Tile) -> set[Call]:
        """The indicators that rules name just as the setting does."""
        return {call for tile in self.tiles if tile.used and tile is not setting for call in calls_in(tile.value)}

    def _doubt(self, tile: Tile, why: str, *, code: str = "doubt") -> None:
        if all(doubt.start != tile.start for doubt in self.doubts):
            self.doubts.append(Doubtful(text=tile.text, start=tile.start, end=tile.end, why=why, code=code))

    # Which conditions belong to which action.

    def _sentence(self, tiles: list[Tile]) -> None:
        kinds = [tile.kind for tile in tiles]
        places = [place for place, kind in enumerate(kinds) if kind in CONDITIONS]
        actions = [place for place, kind in enumerate(kinds) if kind == "DOING"]
        if not actions:
            self._conditions_alone(tiles)
        elif not places:
            self._actions_alone(tiles)
        elif actions[0] < places[0]:
            self._actions_first(tiles)
        else:
            self._conditions_first(tiles)

    def _idle(self, tile: Tile) -> bool:
        """Whether `flat` is said of not trading: `be flat in September` forbids an entry too."""
        before = self.text[max(0, tile.start - 10) : tile.start].lower().split()
        return bool(before) and before[-1] in ("be", "stay", "staying", "remain", "keep", "am")

    def _joints(self, tiles: list[Tile]) -> None:
        """Doubt what stands together with nothing to say how, and terms that part an action from its condition."""
        for before, tile in pairwise([Tile(",", None, 0, 0, ""), *tiles]):
            if before.kind in CONDITIONS and tile.kind in (*CONDITIONS, "WHEN"):
                self._doubt(tile, "stands beside a condition with no 'and' or 'or'")
            if tile.kind == "DOING" and tile.value.name == "exit" and self._idle(tile):
                self._doubt(tile, "does it forbid an entry too?")
            if tile.kind == "WHEN" and (
                before.kind == "TERM" or (before.kind in JOINTS and "wait" in tile.text.lower())
            ):
                self._doubt(tile, "has an order of events")

    def _conditions_alone(self, tiles: list[Tile]) -> None:
        joint = "and"
        head = self.rules[-1] if self.rules and not self.pending and self._open_head else None
        for tile in tiles:
            if tile.kind in CONDITIONS:
                (head.parts if head else self.pending).append((joint, tile))
                joint = "and"
            elif tile.kind in JOINTS:
                joint = JOINTS[tile.kind]

    _open_head = False

    def _actions_alone(self, tiles: list[Tile]) -> None:
        actions = [tile for tile in tiles if tile.kind == "DOING"]
        terms = [tile for tile in tiles if tile.kind == "TERM"]
        if len(actions) == 1:
            rule = _Rule(actions[0].value, actions[0], self.pending)
            if self.pending and rule.opens:
                self.pending, self._open_head = [], False
                self.rules.append(rule)
                return
            if not terms:
                rule.parts = []
                self.rules.append(rule)
                self._open_head = True
                return
        if all(tile.value.name == "reverse" for tile in actions) and not terms:
            self.reversing += actions
            return
        if terms and not any(_opening(tile) for tile in actions):
            # `Sell at 25 % profit or 10 % loss`: the terms say when.
            self.ending += actions
            return
        for tile in actions:
            self._doubt(tile, "says when?")

    def _actions_first(self, tiles: list[Tile]) -> None:
        self._open_head = False
        joint, unsure = "and", False
        for tile in tiles:
            if tile.kind == "DOING":
                rule = _Rule(tile.value, tile)
                if self.pending and rule.opens:
                    rule.parts, self.pending = self.pending, []
                self.rules.append(rule)
                joint = "and"
            elif tile.kind in CONDITIONS:
                self.rules[-1].parts.append((joint, tile))
                joint = "and"
            elif tile.kind in JOINTS:
                joint = JOINTS[tile.kind]
                unsure = unsure or ("only" in tile.text and not self.rules[-1].opens)
            elif tile.kind in UNSURE or tile.text == "after":
                unsure = True
        if unsure:
            self._doubt(tiles[0], "has an exception or an order of events")

    def _conditions_first(self, tiles: list[Tile]) -> None:
        """`C -> A, C -> A`, and `C -> A when C`."""
        self._open_head = False
        waiting, joint, behind = list[tuple[str, Tile]](), "and", False
        last: _Rule | None = None
        for place, tile in enumerate(tiles):
            if tile.kind == "DOING":
                last = _Rule(tile.value, tile, waiting)
                if self.pending and last.opens:
                    last.parts, self.pending = [*self.pending, *waiting], []
                self.rules.append(last)
                waiting, joint = [], "and"
                behind = place + 1 < len(tiles) and tiles[place + 1].kind in ("WHEN", "FILTER")
            elif tile.kind in CONDITIONS:
                (last.parts if behind and last is not None else waiting).append((joint, tile))
                joint = "and"
            elif tile.kind in JOINTS:
                joint = JOINTS[tile.kind]
                behind = behind and tile.kind != ","
            elif tile.kind in UNSURE:
                self._doubt(tile, "has an exception or an order of events")
        for _, tile in waiting:
            self._doubt(tile, "belongs to no action")

    # What the strategy is.

    def _spec(self, context: Context) -> StrategySpec | None:
        sides: dict[str, dict[str, Any]] = {}
        whole: dict[str, Any] = {}
        opened = {rule.action.name for rule in self.rules if rule.opens}
        for rule in self.rules:
            self._rule(rule, opened, sides, context)
        for sentence in self.sentences:
            self._terms([tile for tile in sentence if tile.kind not in ("loose", "chat")], sides, whole, context)
        self._turned(sides, whole)
        if not sides or any("entry" not in side for side in sides.values()):
            self.doubts.append(_whole(self.text, "does not say when to open a position"))
            return None
        try:
            spec = StrategySpec(**{name: Side(**side) for name, side in sides.items()}, **whole)
        except ValidationError as error:
            self.doubts.append(_whole(self.text, str(error.errors()[0]["msg"])))
            return None
        self._judge(spec)
        return spec

    def _turned(self, sides: dict[str, dict[str, Any]], whole: dict[str, Any]) -> None:
        """Mark what was said of turning round and of the ends, as far as it holds."""
        for tile in self.reversing:
            if len(sides) == 2 and all("exit" not in side for side in sides.values()):
                whole["reverse"] = tile.used = True
        for tile in self.ending:
            names = {"sell": {"long"}, "cover": {"short"}}.get(tile.value.name, set(sides))
            ends = ("stop_loss", "take_profit", "trailing_stop", "max_bars")
            tile.used = names == set(sides) and any(end in side for side in sides.values() for end in ends)

    def _rule(
        self,
        rule: _Rule,
        opened: set[str],
        sides: dict[str, dict[str, Any]],
        context: Context,
    ) -> None:
        name = rule.action.name
        if name == "reverse" or not rule.parts:
            self._doubt(rule.tile, "says when?")
            return
        condition = self._joined(rule, context)
        if condition is None:
            return
        rule.tile.used = True
        if rule.opens:
            side = sides.setdefault("long" if name == "buy" else "short", {})
            if "entry" in side:
                self._doubt(rule.tile, "opens the same side twice")
            side["entry"] = condition
            return
        targets = {"sell": ["long"], "cover": ["short"], "exit": self._just_opened(rule)}
        for target in targets[name]:
            if not _opens(target, opened):
                self._doubt(rule.tile, "closes what is never opened")
                continue
            side = sides.setdefault(target, {})
            before = side.get("exit")
            side["exit"] = condition if before is None else _any(before, condition)

    def _just_opened(self, closing: _Rule) -> list[str]:
        """Return the sides that were opened since something was closed: an exit behind them is theirs."""
        opened: list[str] = []
        fresh = True
        for rule in self.rules[: self.rules.index(closing)]:
            if rule.opens:
                opened = opened if fresh else []
                fresh = True
                opened.append("long" if rule.action.name == "buy" else "short")
            else:
                fresh = False
        later = ["long" if rule.action.name == "buy" else "short" for rule in self.rules if rule.opens]
        return list(dict.fromkeys(opened or later))

    def _joined(self, rule: _Rule, context: Context) -> Condition | None:
        joints = {joint for joint, _ in rule.parts[1:]}
        words = joints | {tile.value.word for _, tile in rule.parts if isinstance(tile.value, Group)}
        if {"and", "or"} <= words and len(rule.parts) > 1:
            self._doubt(rule.tile, "has 'and' beside 'or'")
            return None
        try:
            parts = []
            for _, tile in rule.parts:
                parts.append(tile.value)
            node = parts[0] if len(parts) == 1 else Group("or" if "or" in joints else "and", tuple(parts))
            context.closing = not rule.opens
            condition = context.condition(node)
        except (Doubt, ValidationError) as doubt:
            why = str(doubt) if isinstance(doubt, Doubt) else "cannot be"
            self._doubt(rule.parts[0][1], f"leaves open {why}")
            return None
        if _dates_clash(condition):
            self._doubt(rule.parts[0][1], "leaves open which of the two days is meant")
            return None
        for _, tile in rule.parts:
            tile.used = True
        return condition

    def _terms(
        self, sentence: list[Tile], sides: dict[str, dict[str, Any]], whole: dict[str, Any], context: Context
    ) -> None:
        doing = [tile for tile in sentence if tile.kind == "DOING"]
        for place, tile in enumerate(sentence):
            if tile.kind != "TERM":
                continue
            term, before = tile.value, sentence[place - 1].kind if place else ""
            protects = term.field not in ("nothing", "restrict", "sizing", "max_entries", "cool_down")
            if len(sides) > 1 and doing and protects:
                self._doubt(tile, "is said of one side; is it meant for both?")
            elif before == "WHEN" and protects and (place < 2 or sentence[place - 2].kind != "DOING"):
                self._doubt(tile, "begins something that was not understood")
            elif (term.field == "max_bars" and any(one.kind in ("THEN", "AFTERWARDS") for one in sentence[place:])) or (
                term.field == "max_bars" and place and _between(sentence, place)
            ):
                self._doubt(tile, "is it the longest time, or must it pass first?")
            elif term.field == "sizing" and doing and not _opening(doing[-1]):
                self._doubt(tile, "is a part of the position to be sold?")
            else:
                self._term(tile, sides, whole, context)

    def _term(self, tile: Tile, sides: dict[str, dict[str, Any]], whole: dict[str, Any], context: Context) -> None:
        term: Term = tile.value
        if term.field == "nothing":
            tile.used = True
        elif term.field == "restrict":
            tile.used = _holds(term.value, sides)
        elif term.field in ("sizing", "max_entries", "cool_down"):
            tile.used = whole.setdefault(term.field, term.value) == term.value
        else:
            self._protect(tile, term, sides, context)

    def _protect(self, tile: Tile, term: Term, sides: dict[str, dict[str, Any]], context: Context) -> None:
        value = term.value
        if term.field in ("stop_loss", "take_profit") and not isinstance(value, DISTANCES):
            # A level is above for one side and below for the other.
            value = self._level(value, context) if len(sides) == 1 else None
        if value is None:
            return
        # What is named once is named for every side.
        tile.used = bool(sides) and all(side.setdefault(term.field, value) == value for side in sides.values())

    def _level(self, value: Any, context: Context) -> Level | None:
        try:
            at: Operand = context.operand(value)
            return Level(at=at)
        except (Doubt, ValidationError):
            return None

    def _judge(self, spec: StrategySpec) -> None:
        """Doubt what nobody means: no way out, and a `sell` that may close or open."""
        for side in spec.sides.values():
            ends = (side.exit, side.stop_loss, side.take_profit, side.trailing_stop, side.max_bars)
            if all(end is None for end in ends) and len(spec.sides) == 1:
                self.doubts.append(_whole(self.text, "does not say when to close the position"))
            if side.exit is not None and _overlap(side.entry, side.exit):
                self.doubts.append(_whole(self.text, "closes the position where it opens it"))
        if len(spec.sides) == 2 and not spec.reverse and all(side.exit is None for side in spec.sides.values()):
            protected = all(side.stop_loss or side.take_profit or side.trailing_stop for side in spec.sides.values())
            if not protected:
                self.doubts.append(_whole(self.text, "does not say whether one side's entry closes the other"))


def _opens(side: str, opened: set[str]) -> bool:
    return ("buy" if side == "long" else "short") in opened


def _overlap(entry: Condition, closing: Condition) -> bool:
    """Whether an exit holds on bars on which the entry holds too, as in below 50 and above 40."""
    if not (isinstance(entry, Comparison) and isinstance(closing, Comparison)) or entry.left != closing.left:
        return False
    if not (isinstance(entry.right, Number) and isinstance(closing.right, Number)):
        return False
    if entry.relation[0] == closing.relation[0]:
        return True
    low, high = (closing, entry) if entry.relation[0] == "<" else (entry, closing)
    return isinstance(low.right, Number) and isinstance(high.right, Number) and low.right.value < high.right.value


def _dates_clash(condition: Condition) -> bool:
    """Whether two weekdays, or two months, are asked for on one bar."""
    if not isinstance(condition, All):
        return False
    return any(sum(isinstance(part, kind) for part in condition.conditions) > 1 for kind in (OnWeekday, InMonth))


def _between(sentence: list[Tile], place: int) -> bool:
    """Whether a term parts an action from its condition: `buy, hold 10 days, when …`."""
    return sentence[place - 1].kind in (",", "DOING") and any(tile.kind == "WHEN" for tile in sentence[place:])


def _opening(tile: Tile) -> bool:
    return tile.value.name in ("buy", "short")


def _any(one: Condition, other: Condition) -> Condition:
    before = one.conditions if isinstance(one, AnyOf) else (one,)
    return AnyOf(conditions=(*before, *(other.conditions if isinstance(other, AnyOf) else (other,))))


def _holds(restriction: str, sides: dict[str, dict[str, Any]]) -> bool:
    """Whether a restriction is met by what was read."""
    if restriction in ("long_only", "short_only"):
        return set(sides) == {restriction.removesuffix("_only")}
    if restriction == "both":
        return len(sides) == 2
    if restriction == "no_other_exit":
        return all("exit" not in side for side in sides.values())
    if restriction in ("no_stop", "no_target"):
        name = "stop_loss" if restriction == "no_stop" else "take_profit"
        return all(name not in side for side in sides.values())
    return restriction in ("one_position", "no_filter", "no_trailing", "no_leverage")


__all__ = ["Compared", "Doubtful", "Pieces", "Sloping", "read_pieces"]
