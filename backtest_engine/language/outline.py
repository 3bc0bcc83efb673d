"""What a description says, statement by statement, before it is put together."""

from dataclasses import dataclass, field
from typing import Any

from backtest_engine.language.nodes import Node
from backtest_engine.spec import CoolDown, Indicator


@dataclass(frozen=True)
class Rule:
    """An action and the condition it is taken on; `places` are the words it was read from."""

    action: str
    node: Node
    places: tuple[int, int]


@dataclass(frozen=True)
class Protection:
    """A stop, target or other end of a trade, for one side or for both."""

    rule: str
    value: Any
    side: str | None
    places: tuple[int, int]
    beside: str = ""
    closing: str = ""


@dataclass
class Outline:
    """Everything that was read."""

    rules: list[Rule] = field(default_factory=list)
    filters: list[Rule] = field(default_factory=list)
    protections: list[Protection] = field(default_factory=list)
    sizes: list[tuple[Any, tuple[int, int]]] = field(default_factory=list)
    orders: list[tuple[str | None, Any, tuple[int, int]]] = field(default_factory=list)
    max_entries: int | None = None
    cool_down: CoolDown | None = None
    restrictions: set[str] = field(default_factory=set)
    whiles: list[Rule] = field(default_factory=list)
    otherwise: list[Rule] = field(default_factory=list)
    title: str = ""
    title_words: int = 0
    system: Rule | None = None
    mentions: list[tuple[Indicator, tuple[int, int]]] = field(default_factory=list)
