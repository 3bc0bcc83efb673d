"""Which pictures help this strategy: Vega-Lite 5 specifications, one function each, and one line here."""

from collections.abc import Callable, Sequence

from backtest_engine.agents.supervisor.insights import account, market, trades
from backtest_engine.agents.supervisor.insights.base import Picture
from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation

__all__ = ["PICTURES", "Picture", "insights"]

PICTURES: tuple[Callable[[Situation, Sequence[Finding]], Picture | None], ...] = (
    market.price,
    account.equity,
    account.drawdown,
    trades.excursion,
    account.monthly_returns,
    account.rolling_sharpe,
    trades.by_time,
    account.exposure,
)


def insights(situation: Situation, findings: Sequence[Finding]) -> list[Picture]:
    """Return the pictures that say something about a strategy, in the order in which to look at them."""
    found = (make(situation, findings) for make in PICTURES)
    return [picture for picture in found if picture is not None]
