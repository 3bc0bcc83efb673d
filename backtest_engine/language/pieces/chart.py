"""A bottom-up chart: every typed piece that the grammar finds anywhere in a sentence, with its place."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from pydantic import ValidationError

from backtest_engine.language.phrases import Match, base_forms
from backtest_engine.language.pieces import builders
from backtest_engine.language.scan import Scan

KEPT = 3
MAX_EDGES = 60_000
_PART = re.compile(r"(?P<names>\([^()\s]+(?:\|[^()\s]+)+\)|[^\s:?]+|:|\?)(?::(?P<label>[a-z]+))?(?P<optional>\?)?$")


class TooManyPieces(Exception):
    """A sentence allows more pieces than anyone means."""


@dataclass(slots=True)
class Edge:
    """A piece over the words from `start` up to `end`."""

    start: int
    end: int
    symbol: str
    value: Any
    cost: float = 0.0


@dataclass
class _Node:
    following: dict[str, "_Node"] = field(default_factory=dict)
    ends: list[tuple[str, Callable[..., Any], tuple[str, ...], float]] = field(default_factory=list)


@cache
def grammar() -> dict[str, Any]:
    """Return the records of `grammar.toml`."""
    return tomllib.loads(files(__package__).joinpath("grammar.toml").read_text(encoding="utf-8"))


@cache
def _tree() -> _Node:
    root = _Node()
    for symbol, lines in grammar()["pieces"].items():
        for rank, line in enumerate(lines):
            pattern, _, rest = line.partition(" -> ")
            action, _, cost = rest.partition(" ")
            for form in _forms(pattern):
                _add(root, form, symbol, getattr(builders, action), float(cost or 0) + rank * 0.001)
    return root


def _forms(pattern: str) -> list[list[tuple[str, str]]]:
    """Spell a pattern out: with and without what may be missing, and with each alternative."""
    choices: list[list[tuple[str, str] | None]] = []
    for part in pattern.split():
        found = _PART.match(part)
        if found is None:
            raise ValueError(f"{part!r} in {pattern!r} is no part of a pattern")
        names = found["names"]
        either = names[1:-1].split("|") if len(names) > 2 and names[0] == "(" else [names]
        options: list[tuple[str, str] | None] = [(name, found["label"] or "") for name in either]
        choices.append([*options, None] if found["optional"] else options)
    return [form for form in ([part for part in choice if part] for choice in product(*choices)) if form]


def _add(root: _Node, form: list[tuple[str, str]], symbol: str, action: Callable[..., Any], cost: float) -> None:
    node = root
    for name, _ in form:
        node = node.following.setdefault(name, _Node())
    node.ends.append((symbol, action, tuple(label for _, label in form), cost))


def terminals(scan: Scan, start: int, end: int) -> list[list[Edge]]:
    """Return, by the place where they end, the words of a sentence with what they may mean."""
    ending: list[list[Edge]] = [[] for _ in range(end + 1)]
    for place in range(start, end):
        word = scan.words[place]
        if word.number is not None and word.kind == "number":
            ending[place + 1].append(Edge(place, place + 1, "N", word.number))
        elif word.kind == "ordinal":
            ending[place + 1].append(Edge(place, place + 1, "ORD", int(word.number or 0)))
        else:
            ending[place + 1].append(Edge(place, place + 1, word.text, word.text))
        for match in scan.found[place]:
            if match.end <= end:
                ending[match.end].append(Edge(place, match.end, _symbol(scan, place, match), match.value))
    return ending


def _symbol(scan: Scan, place: int, match: Match) -> str:
    """Return the kind of a phrase, finer where the grammar asks for it: `breaks above`, `climbs past`, `up day`."""
    words = [word.text for word in scan.words[place : match.end]]
    if match.kind in ("CROSS", "MOVE"):
        if "break" in base_forms(words[0]) or words[0].startswith(("breakout", "breakdown")):
            return "BREAKS"
        if match.kind == "MOVE" and words[-1] in ("through", "past"):
            return "PASSES"
    if match.kind == "ACT" and words[0] in ("stay", "be", "sit", "remain") and match.value == "exit":
        return "IDLE"
    if match.kind in ("UPBAR", "DOWNBAR") and words[0] in ("up", "down", "winning", "losing", "positive", "negative"):
        return "UPDAY"
    return "N" if match.kind == "NUMBER" else match.kind


def chart(scan: Scan, start: int, end: int) -> list[Edge]:
    """Return every piece found in a sentence; raise `TooManyPieces`."""
    ending = terminals(scan, start, end)
    waiting: list[dict[str, list[tuple[_Node, int, tuple[Edge, ...]]]]] = [{} for _ in range(end + 1)]
    root, edges = _tree(), list[Edge]()
    kept: dict[tuple[int, int, str], list[Edge]] = {}
    for place in range(start + 1, end + 1):
        agenda, at = ending[place], 0
        while at < len(agenda):
            edge = agenda[at]
            at += 1
            if not _new(edge, kept):
                continue
            edges.append(edge)
            if len(edges) > MAX_EDGES:
                raise TooManyPieces
            states = list(waiting[edge.start].get(edge.symbol, ()))
            first = root.following.get(edge.symbol)
            if first is not None:
                states.append((first, edge.start, ()))
            for node, begin, children in states:
                grown = (*children, edge)
                for symbol, following in node.following.items():
                    waiting[place].setdefault(symbol, []).append((following, begin, grown))
                agenda += [made for end_ in node.ends if (made := _made(end_, begin, place, grown)) is not None]
    return edges


def _new(edge: Edge, kept: dict[tuple[int, int, str], list[Edge]]) -> bool:
    same = kept.setdefault((edge.start, edge.end, edge.symbol), [])
    if any(other.value == edge.value for other in same):
        return False
    if len(same) >= KEPT and edge.cost >= min(other.cost for other in same):
        return False
    same.append(edge)
    return True


def _made(
    end: tuple[str, Callable[..., Any], tuple[str, ...], float], start: int, place: int, children: tuple[Edge, ...]
) -> Edge | None:
    symbol, action, labels, cost = end
    given = {label: child.value for label, child in zip(labels, children, strict=True) if label}
    try:
        value = action(**given)
    except (ValidationError, ValueError, OverflowError):
        return None  # What the specification does not allow is no piece.
    if value is None:
        return None
    return Edge(start, place, symbol, value, cost + sum(child.cost for child in children))
