"""One weekday, month or hour of entry that loses while the others earn."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Ints, Situation, percent, t_between, t_of
from backtest_engine.spec import MONTHS, WEEKDAYS

FEWEST = 8
# As many parts as are looked at make one of them look bad by chance: t is asked to be larger with their number.
CLEAR = {"weekday": 3.2, "month": 3.5, "hour": 3.7}


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `one_weekday_loses`, `one_month_loses`, `one_hour_loses`: the worst of each.

    Entries are counted where they were filled; a rule looks at the bar before.
    """
    if situation.count < 3 * FEWEST:
        return
    index = situation.index
    intraday = len(index) > 1 and (index[1:] - index[:-1]).min().total_seconds() < 86_400
    yield from _worst(situation, "weekday", index.dayofweek.to_numpy(), WEEKDAYS)
    yield from _worst(situation, "month", index.month.to_numpy() - 1, MONTHS)
    if intraday:
        yield from _worst(situation, "hour", index.hour.to_numpy(), tuple(f"{hour:02d}:00" for hour in range(24)))


def _worst(situation: Situation, what: str, parts: Ints, names: tuple[str, ...]) -> Iterator[Finding]:
    of_trade = parts[situation.entry]
    found = []
    for part in sorted(set(of_trade.tolist())):
        inside = of_trade == part
        if inside.sum() < FEWEST or (~inside).sum() < 2 * FEWEST:
            continue
        lost, rest = situation.returns[inside], situation.returns[~inside]
        t = t_between(lost, rest)
        if lost.mean() < 0 < rest.mean() and t < -CLEAR[what] and t_of(lost) < -2.0:
            found.append((t, part, float(lost.mean()), float(rest.mean()), int(inside.sum())))
    if not found:
        return
    t, part, lost_mean, rest_mean, trades = min(found)
    day = names[part].capitalize()
    signals = sorted({int(number) for number in parts[situation.signal][of_trade == part].tolist()})
    share = float(np.mean(parts[situation.signal][of_trade == part] == part))
    yield Finding(
        code=f"one_{what}_loses",
        severity="high",
        sentence=f"Trades opened {'on' if what == 'weekday' else 'in' if what == 'month' else 'at'} {day} lose "
        f"{percent(-lost_mean)} % on average, "
        f"the others make {percent(rest_mean)} % (t = {t:.1f}, {trades} trades).",
        figures={
            what: names[part],
            "mean_pct": percent(lost_mean),
            "others_pct": percent(rest_mean),
            "trades": trades,
            "t": t,
            "signalled": [names[number] for number in signals],
            "signalled_in_it": share,
        },
        strength=5.0 + min(-t, 20.0),
        could=("filters",),
    )
