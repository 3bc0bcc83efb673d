"""What the trades did on their way, and on which days they did it."""

from collections.abc import Sequence

from backtest_engine.agents.supervisor.insights.base import Picture, amount, has
from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.spec import WEEKDAYS


def excursion(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return each trade's worst moment against its result."""
    if situation.count < 5:
        return None
    against, favourable = situation.excursions
    rows = [
        {
            "mae_pct": 100 * float(against[row]),
            "mfe_pct": 100 * float(favourable[row]),
            "return_pct": 100 * float(situation.gross[row]),
            "ended": situation.reasons[row].replace("_", " "),
        }
        for row in range(min(situation.count, 2_000))
    ]
    found = has(findings, "stop_too_near", "exits_too_late", "exits_too_early", "few_losses_take_all")
    return Picture(
        name="trade_excursion",
        title="How far trades went against and for them (MAE, MFE)",
        why=found.sentence if found else "Shows where a stop or a target would have cut winners, and where losers.",
        spec={
            "mark": {"type": "point", "filled": True, "opacity": 0.6},
            "encoding": {
                "x": {"field": "mae_pct", "type": "quantitative", "title": "Worst moment (MAE), %"},
                "y": amount("return_pct", "Result before costs, %"),
                "color": {"field": "ended", "type": "nominal", "title": "Ended by"},
                "size": {"field": "mfe_pct", "type": "quantitative", "title": "Best moment (MFE), %"},
            },
        },
        rows=rows,
    )


def by_time(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return the mean result by weekday or hour of entry, where that was found to matter."""
    found = has(findings, "one_weekday_loses", "one_hour_loses")
    if found is None:
        return None
    by_hour = found.code == "one_hour_loses"
    parts = situation.index.hour if by_hour else situation.index.dayofweek
    rows = [
        {"part": f"{parts[entry]:02d}:00" if by_hour else WEEKDAYS[parts[entry]], "return_pct": 100 * float(value)}
        for entry, value in zip(situation.entry[:5_000], situation.returns[:5_000], strict=True)
    ]
    return Picture(
        name="entries_by_time",
        title="Mean result by time of entry",
        why=found.sentence,
        spec={
            "mark": "bar",
            "encoding": {
                "x": {"field": "part", "type": "nominal", "title": None, "sort": None},
                "y": {"aggregate": "mean", "field": "return_pct", "type": "quantitative", "title": "Mean result, %"},
            },
        },
        rows=rows,
    )
