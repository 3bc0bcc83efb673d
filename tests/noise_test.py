"""`make noise-test`: how often the winner of a search is called believable, where there is nothing and where there is.

Each series is ten years of days. 200 tries of a moving average cross are made on it, the best is taken, and its
evidence is asked for, by the same functions as in the service. Prints a table, and ends with one line of JSON.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.simulation.kernel import cache

SERIES, BARS, DAILY = 200, 2_520, 0.01
# 200 tries: 20 fast averages by 10 slow ones.
GRID = {"fast_sma_period": list(range(2, 22)), "slow_sma_period": list(range(24, 44, 2))}
# Days go on in one direction for so long on average, and earn so much more in it: the best cross of two averages then
# has a Sharpe ratio of about 2.
STRETCH, EDGE = 30, 0.0038
COMMISSION = 0.0005
MOST_FALSE, LEAST_TRUE = 0.05, 0.80
DESCRIPTION = "buy when SMA(5) crosses above SMA(26), sell when it crosses below"


def noise(random: np.random.Generator) -> np.ndarray:
    """Return days without any memory."""
    return random.normal(0.0, DAILY, BARS)


def clustered(random: np.random.Generator) -> np.ndarray:
    """Return days without direction, whose size comes in clusters and has fat tails."""
    size, days = DAILY, np.empty(BARS)
    for day in range(BARS):
        days[day] = size * random.standard_t(4) / math.sqrt(2)
        size = math.sqrt(0.05 * DAILY**2 + 0.85 * size**2 + 0.10 * days[day] ** 2)
    return np.clip(days, -0.2, 0.2)


def planted(random: np.random.Generator) -> np.ndarray:
    """Return days in one direction, then in the other: stretches whose lengths are drawn, and not told."""
    turns = random.random(BARS) < 1 / STRETCH
    return np.where(np.cumsum(turns) % 2, EDGE, -EDGE) + random.normal(0.0, DAILY, BARS)


def judge(kind: str, seed: int, folder: str) -> dict[str, Any]:
    """Return the verdict on the winner of one series, with what it rests on."""
    cache.use(Path(folder))
    from backtest_engine.generate.offline import OfflineGenerator
    from backtest_engine.research.assessment import assessed, researched
    from backtest_engine.research.evaluators import evaluator_of
    from backtest_engine.research.grids import grid_of
    from backtest_engine.research.objectives import objective_of
    from backtest_engine.research.optimize import Search, evaluate, summary
    from backtest_engine.research.statistics.sharpe import Tries, variance_of
    from backtest_engine.research.trials import best_of

    makers: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
        "noise": noise,
        "clustered": clustered,
        "planted": planted,
    }
    dataset = bars_of(makers[kind](np.random.default_rng([seed, len(kind)])))
    draft = OfflineGenerator().generate(DESCRIPTION)
    broker = BrokerSettings(commission=COMMISSION, fractional=True)
    evaluator = evaluator_of(draft.code, spec=draft.spec, broker=broker, executor=None)  # type: ignore[arg-type]
    search = Search(grid=grid_of(GRID, code=draft.code), objective=objective_of(None, None))
    trials = evaluate(evaluator, dataset, search, search.grid.points())
    sharpes = [trial.moments.sharpe for trial in trials if trial.moments.sharpe is not None]
    tries = Tries(count=len(trials), variance=variance_of(sharpes))
    found, best = summary(search, trials, tries=tries), best_of(trials)
    if best is None:
        return {"kind": kind, "verdict": "unknown", "failed": ["nothing counted"], "sharpe": 0.0}
    result = evaluator.result(dataset, parameters=best.parameters, broker=broker)
    plateau = found["plateau"]
    known = researched(result, evaluator, near_share=plateau["share"], neighbours=plateau["neighbours"], seed=seed)
    evidence = assessed(result, found=known, tries=tries)
    return {
        "kind": kind,
        "verdict": evidence.verdict,
        "deflated": found["best"]["deflated_sharpe"],
        "permuted": known.permutation.p if known.permutation else None,
        "sharpe": (best.moments.sharpe or 0.0) * math.sqrt(252),
        "missed": [check.code for check in evidence.checks if check.verdict in ("fail", "warn")],
    }


def bars_of(returns: np.ndarray) -> Dataset:
    """Return days with these logarithmic returns, each opening where the last one closed."""
    close = 100 * np.exp(np.cumsum(returns))
    opened = np.concatenate([[100.0], close[:-1]])
    columns = {"Open": opened, "High": np.maximum(opened, close), "Low": np.minimum(opened, close), "Close": close}
    frame = pd.DataFrame(columns | {"Volume": 1e9}, index=pd.bdate_range("2010-01-01", periods=len(returns)))
    return Dataset(symbol="NOISE", interval="1d", source="test", bars=frame, fingerprint=fingerprint(frame))


def share(rows: list[dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> tuple[float, float, float]:
    """Return the share of rows for which it holds, with its 95 % interval (Wilson)."""
    count, hits = len(rows), sum(map(holds, rows))
    part, z = hits / count, 1.96
    middle = (part + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(part * (1 - part) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return part, middle - half, middle + half


def main() -> int:
    """Measure, print, and return 0 where the demands are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    began, line = time.monotonic(), {}
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        # Compiled once, before both need it.
        pool.submit(judge, "noise", 10_000, folder).result()
        for kind in ("noise", "clustered", "planted"):
            rows = list(pool.map(partial(judge, kind, folder=folder), range(asked.series)))
            believed = share(rows, lambda row: row["verdict"] == "believable")
            deflated = share(rows, lambda row: (row.get("deflated") or 0.0) >= 0.95)
            permuted = share(rows, lambda row: (row.get("permuted") or 1.0) <= 0.05)
            sharpe = float(np.median([row["sharpe"] for row in rows]))
            verdicts = Counter(row["verdict"] for row in rows)
            missed = Counter(code for row in rows for code in row.get("missed", ()))
            sys.stdout.write(
                f"{kind:10} {len(rows)} series x 200 tries: believable {believed[0]:.1%} "
                f"({believed[1]:.1%} to {believed[2]:.1%}); deflated Sharpe >= 0.95 alone {deflated[0]:.1%}; "
                f"random entries <= 5 % alone {permuted[0]:.1%}; median Sharpe of the winner {sharpe:.2f}\n"
                f"           verdicts {dict(verdicts)}; not passed {dict(missed.most_common(6))}\n"
            )
            line[kind] = {"series": len(rows), "believable": believed[0], "interval": believed[1:], "sharpe": sharpe}
            line[kind] |= {"deflated_alone": deflated[0], "permutation_alone": permuted[0]}
    met = all(line[kind]["believable"] <= MOST_FALSE for kind in ("noise", "clustered"))
    met = met and line["planted"]["believable"] >= LEAST_TRUE
    sys.stdout.write(json.dumps({**line, "seconds": time.monotonic() - began, "met": met}) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
