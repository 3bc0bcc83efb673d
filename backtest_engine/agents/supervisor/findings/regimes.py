"""Losses in one kind of market while the others earn: by trend, by volatility, by year."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Flags, Situation, percent, t_between, t_of

FEWEST = 8
# Both directions of two divisions are looked at: below 3 it is a hint.
CLEAR = 2.4
TREND_LENGTHS = (20, 50, 100, 200)


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `loses_in_one_trend`, `loses_in_one_volatility`, `loses_in_one_year`."""
    if situation.count < 2 * FEWEST:
        return
    yield from _trend(situation)
    yield from _volatility(situation)
    yield from _years(situation)


def quiet_limit(situation: Situation) -> float:
    """Return the ATR, as a fraction of the price, that parts calm markets from wild ones best for these trades."""
    atr = situation.atr[situation.signal]
    limits = [float(limit) for limit in np.quantile(atr, (0.4, 0.5, 0.6, 0.7, 0.8))]
    scores = [abs(t_between(situation.returns[atr > limit], situation.returns[atr <= limit])) for limit in limits]
    return limits[int(np.argmax(scores))]


def _trend(situation: Situation) -> Iterator[Finding]:
    """Of several averages the one that parts the trades best says which way the market goes."""
    found = []
    for bars in TREND_LENGTHS:
        trend = situation.trend(bars)[situation.signal]
        for name, inside in (("falls", trend < 0), ("rises", trend > 0)):
            worse = _worse(situation, inside & np.isfinite(trend), ~inside & np.isfinite(trend))
            if worse is not None:
                found.append((*worse, bars, name, int(inside.sum())))
    if not found:
        return
    t, lost, rest, bars, name, trades = min(found)
    yield Finding(
        code="loses_in_one_trend",
        severity="high" if t < -3.2 else "medium",
        sentence=f"Trades that begin while the market {name} (close {'below' if name == 'falls' else 'above'} its "
        f"average of {bars} bars) "
        f"lose {percent(-lost)} % on average; the others make {percent(rest)} % (t = {t:.1f}).",
        figures={
            "regime": name,
            "bars": bars,
            "mean_pct": percent(lost),
            "others_pct": percent(rest),
            "trades": trades,
            "t": t,
        },
        strength=min(-t, 20.0),
        could=("filters",),
    )


def _volatility(situation: Situation) -> Iterator[Finding]:
    atr = situation.atr[situation.signal]
    limit = quiet_limit(situation)
    for name, inside in (("wild", atr > limit), ("calm", atr <= limit)):
        if (found := _worse(situation, inside, ~inside, clear=3.0)) is None:
            continue
        t, lost, rest = found
        yield Finding(
            code="loses_in_one_volatility",
            severity="high" if t < -3.5 else "medium",
            sentence=f"Trades in {name} markets (ATR {'above' if name == 'wild' else 'at most'} {percent(limit)} % "
            f"of the price) lose "
            f"{percent(-lost)} % on average; the others make {percent(rest)} % (t = {t:.1f}).",
            figures={
                "regime": name,
                "atr_pct": percent(limit),
                "mean_pct": percent(lost),
                "others_pct": percent(rest),
                "t": t,
            },
            strength=min(-t, 20.0),
            could=("filters",),
        )


def _years(situation: Situation) -> Iterator[Finding]:
    years = situation.index.year.to_numpy()[situation.entry]
    known = sorted(set(years.tolist()))
    if len(known) < 3:
        return
    for year in known:
        found = _worse(situation, years == year, years != year, clear=3.5)
        if found is None:
            continue
        t, lost, rest = found
        yield Finding(
            code="loses_in_one_year",
            severity="low",
            sentence=f"{year} loses {percent(-lost)} % a trade; the other years make {percent(rest)} % (t = "
            f"{t:.1f}). Nothing is proposed: a "
            "year does not come again.",
            figures={"year": year, "mean_pct": percent(lost), "others_pct": percent(rest), "t": t},
            strength=min(-t, 20.0),
        )


def _worse(
    situation: Situation, inside: Flags, outside: Flags, *, clear: float = CLEAR
) -> tuple[float, float, float] | None:
    """Return t of the difference and both means, where one part loses and the other does not."""
    if inside.sum() < FEWEST or outside.sum() < FEWEST:
        return None
    lost, rest = situation.returns[inside], situation.returns[outside]
    t = t_between(lost, rest)
    if t > -clear or lost.mean() >= 0 or rest.mean() <= 0 or t_of(lost) > -1.0:
        return None
    return t, float(lost.mean()), float(rest.mean())
