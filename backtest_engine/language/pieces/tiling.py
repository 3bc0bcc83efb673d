"""The cheapest way to cover a sentence with typed pieces: every word is in exactly one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from backtest_engine.language.pieces.chart import Edge, chart, grammar
from backtest_engine.language.scan import Scan

UNREAD = "unread"
LOOSE_COST, CHAT_COST, UNREAD_COST = 0.6, 0.9, 8.0
PASSED_COST = 3.5


@dataclass(eq=False)
class Tile:
    """A piece of the text with its place; `used` once it is part of the strategy."""

    kind: str
    value: Any
    start: int
    end: int
    text: str
    used: bool = field(default=False)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(grammar()["words"][name].split())


def sentences(
    scan: Scan, text: str, *, costs: Mapping[str, float] | None = None, lenient: bool = False
) -> list[list[Tile]]:
    """Return the tiles of each sentence or line; `lenient` passes over words that are not understood at little cost."""
    costs = costs or grammar()["costs"]
    found, start = [], 0
    for place in range(len(scan.words) + 1):
        if place == len(scan.words) or scan.words[place].kind == "end" or scan.words[place].text == ";":
            if place > start:
                found.append(_tiles(scan, text, range(start, place), costs, lenient=lenient))
            start = place + 1
    return found


def _tiles(scan: Scan, text: str, places: range, costs: Mapping[str, float], *, lenient: bool) -> list[Tile]:
    start, end = places.start, places.stop
    beginning: list[list[tuple[float, Edge]]] = [[] for _ in range(end)]
    for edge in chart(scan, start, end):
        cost = costs.get(edge.symbol)
        if cost is not None:
            beginning[edge.start].append((cost + edge.cost, edge))
    best: dict[int, tuple[float, int, Edge | None, str]] = {start: (0.0, start, None, "")}
    for place in range(start, end):
        so_far = best[place][0]
        skipped, kind = _skipped(scan, place)
        if lenient and kind == UNREAD:
            skipped = PASSED_COST if scan.found[place] or scan.words[place].number is not None else LOOSE_COST
        options: list[tuple[float, int, Edge | None, str]] = [(skipped, place + 1, None, kind)]
        options += [(cost, edge.end, edge, edge.symbol) for cost, edge in beginning[place]]
        for cost, after, piece, symbol in options:
            if after not in best or so_far + cost < best[after][0]:
                best[after] = (so_far + cost, place, piece, symbol)
    tiles, place = [], end
    while place > start:
        _, before, piece, kind = best[place]
        first, last = scan.words[before].start, scan.words[place - 1].end
        tiles.append(Tile(kind, piece.value if piece else None, first, last, text[first:last]))
        place = before
    return tiles[::-1]


def _skipped(scan: Scan, place: int) -> tuple[float, str]:
    word = scan.words[place]
    following = scan.words[place + 1].text if place + 1 < len(scan.words) else ""
    if following == ":" and word.text in grammar()["heads"]["names"].split():
        return LOOSE_COST, "loose"
    if word.kind == "word" and word.text in _words("loose"):
        return LOOSE_COST, "loose"
    if word.kind == "word" and word.text in _words("chat"):
        return CHAT_COST, "chat"
    if word.kind == "hyphen" or word.text in "-*()":
        return LOOSE_COST * 1.5, "loose"
    return UNREAD_COST, UNREAD
