"""One side that loses what the other earns."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation, percent, t_between, t_of

FEWEST = 8


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `one_side_loses`."""
    for name, sign in (("long", 1.0), ("short", -1.0)):
        inside = situation.side == sign
        if inside.sum() < FEWEST or (~inside).sum() < FEWEST:
            continue
        lost, rest = situation.returns[inside], situation.returns[~inside]
        t = t_between(lost, rest)
        if lost.mean() >= 0 or rest.mean() <= 0 or t > -2.0 or t_of(lost) > -1.5:
            continue
        total, others = float(situation.pnl[inside].sum()), float(situation.pnl[~inside].sum())
        yield Finding(
            code="one_side_loses",
            severity="high" if t < -3 else "medium",
            sentence=f"The {name} side lost {-total:,.0f} in {int(inside.sum())} trades ({percent(lost.mean())} % "
            f"each), the other side made "
            f"{others:,.0f} (t = {t:.1f}).",
            figures={"side": name, "pnl": total, "other_pnl": others, "mean_pct": percent(lost.mean()), "t": t},
            strength=5.0 + min(-t, 20.0),
            could=("sides", "filters"),
        )
