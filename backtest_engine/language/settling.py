"""Settling what was read: which condition a rule means, once its side and its role are known."""

from collections.abc import Mapping
from typing import Literal

from backtest_engine.language.explain import operand as written
from backtest_engine.language.indicators import AVERAGES
from backtest_engine.language.mirror import undirected
from backtest_engine.language.nodes import Joined, Moves, Node, Opposite, Returns, SidesDiffer, Wrapped
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import meant
from backtest_engine.language.returning import only_side, side_left
from backtest_engine.spec import (
    Ago,
    All,
    AnyOf,
    Comparison,
    Condition,
    Cross,
    Indicator,
    Not,
    Number,
    Operand,
    Price,
    Streak,
    Within,
)

SideName = Literal["long", "short"]


class Settling:
    """Turns nodes into conditions; what the entries say decides what some exits mean."""

    def __init__(self, r: Reader, entries: Mapping[SideName, Node], exits: Mapping[SideName, Node]) -> None:
        self.r = r
        self.entries = entries
        self.exits = exits

    def condition(self, node: Node, side: SideName, role: str) -> Condition | None:
        """Return the condition that a node means in a rule."""
        match node:
            case Joined(word=word, parts=parts):
                settled = [self.condition(part, side, role) for part in _flattened(word, parts)]
                if any(part is None for part in settled):
                    return None
                kind = All if word == "and" else AnyOf
                return kind(conditions=tuple(part for part in settled if part is not None))
            case Wrapped():
                # What holds for bars on end, or does not hold, is a state; a cross is over after one bar.
                inner = self.condition(node.inner, side, "state" if node.kind in ("streak", "not") else role)
                return None if inner is None else _wrapped(node, inner)
            case Moves():
                return self._moves(node, side, role)
            case SidesDiffer():
                opening = role != "exit"
                chosen = node.long if (side == "long") == opening else node.short
                if not opening and isinstance(node.long, Cross):
                    back = Returns(node.long.left, node.long.right)
                    left = side_left(self.entries[side], back) or only_side(self.entries[side], back)
                    chosen = {">=": node.long, "<=": node.short}.get(left or "", chosen)
                    self._ask_from_where(node.long, left)
                self.r.assume(
                    f"the {'entry' if opening else 'exit'} of a {side} position is the cross {_direction(chosen)}"
                )
                return self.condition(chosen, side, role)
            case Returns():
                return self._returns(node, side)
            case Opposite():
                return None
        return node

    def _ask_from_where(self, exit_cross: Cross, left: str | None) -> None:
        """`buy when RSI is below 30, exit when the close crosses the SMA`: up or down, the entry does not say."""
        if left is None and isinstance(exit_cross.left, Price):
            line = written(exit_cross.right)
            self.r.ask(
                f"Should the position be closed when {written(exit_cross.left)} crosses above {line}, or below it?",
                "direction of the exit",
                0,
            )

    def _moves(self, node: Moves, side: SideName, role: str) -> Condition:
        relation = ">" if node.direction == "above" else "<"
        line = role == "entry" and not isinstance(node.right, Number) and _is_line(node.right)
        if line or self._goes_on(node, side):
            self.r.assume(f"'{node.words}' means the bar on which it crosses")
            return Cross(left=node.left, direction=node.direction, right=node.right)
        self.r.assume(f"'{node.words}' means every bar on which it is {node.direction}")
        return Comparison(left=node.left, relation=relation, right=node.right)

    def _goes_on(self, node: Moves, side: SideName) -> bool:
        """Whether entry and exit go the same way, as in `rises above 30, sell when it rises above 70`.

        As states they would hold at the same time, and every position would be followed by the next.
        """
        other = self.exits.get(side) if node is self.entries[side] else self.entries[side]
        both = isinstance(other, Moves) and node in (self.entries[side], self.exits.get(side))
        return both and (other.left, other.direction) == (node.left, node.direction)  # type: ignore[union-attr]

    def _returns(self, node: Returns, side: SideName) -> Condition | None:
        """Back to a value: from below where the entry left it below, from above otherwise."""
        entry = self.entries[side]
        if isinstance(node.right, Indicator) and node.right.name in ("highest", "lowest"):
            # The highest of some bars is only ever reached from below.
            beyond = self._reached(node) or ">="
            right = meant(self.r, node.left, beyond[0], node.right)
            return Comparison(left=node.left, relation=beyond, right=right)
        relation = side_left(entry, node) or self._reached(node) or self._reached_between(node, side)
        # A limit fills on the other side of the price than the one where its condition looked.
        if relation is None and not self.r.context.limited and (relation := only_side(entry, node)):
            self.r.assume(f"'{written(node.right)}' is reached from {'below' if relation == '>=' else 'above'}")
        if relation is None:
            self.r.ask(
                f"From which side should '{written(node.right)}' be reached, from above or from below?",
                "direction of the exit",
                0,
            )
            return None
        right = meant(self.r, node.left, relation[0], node.right)
        return Comparison(left=node.left, relation=relation, right=right)

    def _reached(self, node: Returns) -> str | None:
        """The outer line of a channel is reached from inside of it."""
        value = node.right
        ends = {"lower": "<=", "lowest": "<=", "upper": ">=", "highest": ">="}
        relation = ends.get(value.output or value.name) if isinstance(value, Indicator) else None
        if relation:
            self.r.assume("a line is reached when the price is at it or beyond it")
        return relation

    def _reached_between(self, node: Returns, side: SideName) -> str | None:
        """`buy at RSI 30, sell at RSI 70`: the two numbers say from where each is reached."""
        other = self.exits.get(side) if node is self.entries[side] else self.entries[side]
        if not isinstance(other, Returns) or other.left != node.left or undirected(node.left):
            return None
        if not isinstance(node.right, Number) or not isinstance(other.right, Number) or node.right == other.right:
            return None
        self.r.assume("a reading is reached when it is at the number or beyond it")
        return "<=" if node.right.value < other.right.value else ">="


def _is_line(value: Operand) -> bool:
    """Whether a value is a moving average or price, whose crossing is an event."""
    return getattr(value, "name", "") in AVERAGES


def _direction(node: Node) -> str:
    return node.direction if isinstance(node, Cross | Moves) else "that suits it"


def _flattened(word: str, parts: tuple[Node, ...]) -> list[Node]:
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, Joined) and part.word == word:
            flat += _flattened(word, part.parts)
        else:
            flat.append(part)
    return flat


def _wrapped(node: Wrapped, inner: Condition) -> Condition:
    match node.kind:
        case "not":
            return Not(condition=inner)
        case "streak":
            return Streak(condition=inner, bars=node.bars)
        case "within":
            return Within(condition=inner, bars=node.bars)
        case "ago":
            return Ago(condition=inner, bars=node.bars)
