"""A strategy that is nearly always, or hardly ever, in the market."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `exposure`."""
    share = situation.metric("exposure_time_pct")
    if situation.count == 0 or 2.0 <= share <= 95.0:
        return
    always = share > 95.0
    yield Finding(
        code="exposure",
        severity="low",
        sentence=f"A position was held on {share:.0f} % of the bars: "
        + (
            "there is little that timing could have added to holding."
            if always
            else "money lay idle nearly all the time."
        ),
        figures={"exposure_time_pct": share},
        strength=1.0,
        could=("filters",) if always else ("parameters",),
    )
