"""Conditions while they are being read: some are settled only once it is known which rule they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from backtest_engine.spec import Condition, Operand


@dataclass(frozen=True)
class Joined:
    """Several conditions under one `and` or `or`."""

    word: Literal["and", "or"]
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Wrapped:
    """A condition denied, repeated, or looked at earlier."""

    kind: Literal["not", "streak", "within", "ago"]
    inner: "Node"
    bars: int = 0


@dataclass(frozen=True)
class Moves:
    """`drops below`: a state or an event, as the rule decides."""

    left: Operand
    direction: Literal["above", "below"]
    right: Operand
    words: str


@dataclass(frozen=True)
class Returns:
    """`is back at`: from whichever side the entry left it."""

    left: Operand
    right: Operand


@dataclass(frozen=True)
class Opposite:
    """The entry's condition the other way round; of its `cross` alone, where only that was said."""

    of: Literal["all", "cross"] = "all"


@dataclass(frozen=True)
class SidesDiffer:
    """One condition for longs and another for shorts, as in `crosses`."""

    long: "Node"
    short: "Node"


Node = Condition | Joined | Wrapped | Moves | Returns | Opposite | SidesDiffer


def leaves(node: Node) -> Iterator[Node]:
    """Yield the conditions that are joined or wrapped, in reading order."""
    match node:
        case Joined():
            for part in node.parts:
                yield from leaves(part)
        case Wrapped():
            yield from leaves(node.inner)
        case _:
            yield node


def begun(node: Node) -> Joined:
    """Return what holds where a condition begins: on this bar and not on the one before."""
    return Joined("and", (node, Wrapped("not", Wrapped("ago", node, 1))))
