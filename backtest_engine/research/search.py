"""Which points of a grid are tried: all of them, some at random, spread out, or where it went well before.

Latin hypercube: McKay, Beckman and Conover (1979), Technometrics 21. TPE is Optuna's (Bergstra and others, 2011).
"""

import random
from collections.abc import Generator, Sequence

from backtest_engine.errors import InvalidParameter
from backtest_engine.extras import extra
from backtest_engine.research.grids import Grid

METHODS = ("grid", "random", "latin", "tpe")
MOST_TRIALS = 100_000
DEFAULT_TRIALS = 200

Point = tuple[int, ...]


def planned(grid: Grid, *, method: str, max_trials: int | None, seed: int, most: int = MOST_TRIALS) -> list[Point]:
    """Return the points to try, in order; raise `InvalidParameter` (`grid_too_large`) with what would fit.

    `tpe` plans none: it asks as it goes (`suggested`).
    """
    if method not in METHODS:
        raise InvalidParameter(
            f"There is no method {method!r}.", hint=f"Available: {', '.join(METHODS)}.", details={"parameter": "method"}
        )
    if method == "grid":
        limit = min(max_trials or most, most)
        if len(grid) > limit:
            raise too_large(grid, limit)
        return grid.points()
    count = min(max_trials or DEFAULT_TRIALS, len(grid))
    if count > most:
        raise too_large(grid, most, asked=count)
    if method == "random":
        return [grid.point(number) for number in random.Random(seed).sample(range(len(grid)), count)]  # noqa: S311
    return _latin(grid, count, random.Random(seed)) if method == "latin" else []  # noqa: S311


def too_large(grid: Grid, limit: int, *, asked: int | None = None) -> InvalidParameter:
    """Return the error for a search that does not fit, with its size and what fits."""
    size = len(grid) if asked is None else asked
    sizes = " × ".join(f"{len(values)} of {name}" for name, values in grid.axes.items())
    return InvalidParameter(
        f"{size:,} combinations ({sizes}) are more than the {limit:,} that fit.",
        code="grid_too_large",
        hint="Take larger steps, or method random, latin or tpe with max_trials.",
        details={"combinations": size, "max_trials": limit, "parameter": "parameters"},
    )


def _latin(grid: Grid, count: int, source: random.Random) -> list[Point]:
    """Return points of which each axis has its values equally often, as far as the count goes."""
    seen: dict[Point, None] = {}
    # Strata are drawn anew until enough different points are there; a small grid is filled up at random.
    for _ in range(20):
        columns = []
        for size in grid.shape:
            places = [int((row + source.random()) / count * size) for row in range(count)]
            source.shuffle(places)
            columns.append(places)
        seen |= dict.fromkeys(zip(*columns, strict=True))
        if len(seen) >= count:
            return list(seen)[:count]
    rest = [point for point in grid.points() if point not in seen] if len(grid) <= MOST_TRIALS else []
    source.shuffle(rest)
    return [*seen, *rest][:count]


def suggested(
    grid: Grid, *, max_trials: int, seed: int, batch: int = 10
) -> Generator[list[Point], Sequence[float | None], None]:
    """Yield batches of points by TPE; send what is to be large for each, None where a candidate does not count.

    Raises `InvalidParameter` (`package_not_installed`) where Optuna is not there.
    """
    with extra("research", error=InvalidParameter):
        import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    space: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.IntDistribution(0, size - 1)
        for name, size in zip(grid.names, grid.shape, strict=True)
    }
    known: dict[Point, float | None] = {}
    while len(known) < min(max_trials, len(grid)):
        asked = [study.ask(space) for _ in range(min(batch, max_trials - len(known)))]
        points = [tuple(trial.params[name] for name in grid.names) for trial in asked]
        new = list(dict.fromkeys(point for point in points if point not in known))
        # A small grid runs dry of new suggestions: go on with what is left.
        if not new:
            new = [point for point in grid.points() if point not in known][:batch] if len(grid) <= MOST_TRIALS else []
        if not new:
            return
        known |= dict(zip(new, (yield new), strict=True))
        for trial, point in zip(asked, points, strict=True):
            score = known[point]
            state = optuna.trial.TrialState.FAIL if score is None else None
            study.tell(trial, score, state=state)
