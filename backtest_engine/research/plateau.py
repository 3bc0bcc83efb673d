"""Whether the best of a search stands on a hill or on a needle, and the picture of it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from backtest_engine.research.grids import Grid
from backtest_engine.research.objectives import SMALLER

NEAR = 0.2
HILL = 0.5
# Cells of all pictures of a study together.
MOST_CELLS = 40_000

Point = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """The neighbourhood of the best: grid points at most one step away in each parameter, itself left out.

    `share` of the neighbours are within 20 % of the best; `shape` is `hill` from a share of a half, else `needle`, and
    `unknown` without neighbours. A neighbour without a value is not within.
    """

    median: float | None
    share: float | None
    neighbours: int
    shape: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is shown."""
        return {"median": self.median, "share": self.share, "neighbours": self.neighbours, "shape": self.shape}

    @property
    def sentence(self) -> str:
        """Return it in words."""
        if self.share is None:
            return "The best has no neighbours among what was tried."
        said = "The best stands on a hill" if self.shape == "hill" else "The best is a needle"
        return f"{said}: {self.share:.0%} of its {self.neighbours} neighbours come within 20 % of it."


def neighbours(point: Point, shape: Sequence[int]) -> list[Point]:
    """Return the grid points at most one step away in each parameter, without the point itself."""
    around = (range(max(0, place - 1), min(size, place + 2)) for place, size in zip(point, shape, strict=True))
    return [near for near in itertools.product(*around) if near != point]


def plateau_of(best: Point, values: Mapping[Point, float | None], *, shape: Sequence[int], metric: str) -> Plateau:
    """Return the neighbourhood of the best, of which only what was tried counts."""
    tried = [values[near] for near in neighbours(best, shape) if near in values]
    top = values[best]
    if not tried or top is None:
        return Plateau(median=None, share=None, neighbours=len(tried), shape="unknown")
    known = [value for value in tried if value is not None]
    sign = -1 if metric in SMALLER else 1
    within = sum(sign * value >= sign * top - NEAR * abs(top) for value in known)
    share = within / len(tried)
    return Plateau(
        median=median(known) if known else None,
        share=share,
        neighbours=len(tried),
        shape="hill" if share >= HILL else "needle",
    )


def heat_maps(grid: Grid, best: Point, values: Mapping[Point, float | None]) -> list[dict[str, Any]]:
    """Return a picture for each pair of parameters, the others held where the best has them.

    `values[y][x]` is the objective, `medians[y][x]` the median of the cell and its neighbours in the picture: what
    the cell is coloured by, so that one lucky cell does not shine.
    """
    axes = [place for place, size in enumerate(grid.shape) if size > 1]
    maps: list[dict[str, Any]] = []
    room = MOST_CELLS
    for across, up in itertools.combinations(axes, 2):
        room -= grid.shape[across] * grid.shape[up]
        if room >= 0:
            maps.append(_heat_map(grid, best, values, across, up))
    return maps


def _heat_map(grid: Grid, best: Point, values: Mapping[Point, float | None], across: int, up: int) -> dict[str, Any]:
    def at(x: int, y: int) -> float | None:
        point = list(best)
        point[across], point[up] = x, y
        return values.get(tuple(point))

    width, height = grid.shape[across], grid.shape[up]
    cells = [[at(x, y) for x in range(width)] for y in range(height)]
    return {
        "x": grid.names[across],
        "y": grid.names[up],
        "x_values": list(grid.axes[grid.names[across]]),
        "y_values": list(grid.axes[grid.names[up]]),
        "values": cells,
        "medians": [[_middle(cells, x, y) for x in range(width)] for y in range(height)],
        "best": [best[across], best[up]],
    }


def _middle(cells: list[list[float | None]], x: int, y: int) -> float | None:
    rows = cells[max(0, y - 1) : y + 2]
    known = [value for row in rows for value in row[max(0, x - 1) : x + 2] if value is not None]
    return median(known) if known else None
