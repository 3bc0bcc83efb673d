"""Costs that take most of what the trades earned before them, or turn it into a loss."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation, percent

SHARE, FEWEST = 0.5, 10


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `costs_eat_it`."""
    if situation.count < FEWEST:
        return
    sizes = situation.value / situation.entry_price
    spread = float((sizes * situation.entry_price).sum()) * situation.result.broker.spread
    paid = sum(trade.commission for trade in situation.result.trades) + spread
    net = float(situation.pnl.sum())
    earned = net + paid
    cash = situation.result.broker.cash
    losing_anyway = earned <= 0 and paid > 0.15 * cash and paid > -2 * earned
    if not (paid > 0 and (paid >= SHARE * earned > 0 or losing_anyway)):
        return
    per_trade = float(situation.gross.mean()) if situation.count else 0.0
    bars = (len(situation.bars) - situation.first) / situation.count
    said = f"Costs took {paid:,.0f} of the {earned:,.0f} that {situation.count} trades earned before them"
    if earned <= 0:
        said = f"Costs of {paid:,.0f} came on top of {-earned:,.0f} that {situation.count} trades lost before them"
    yield Finding(
        code="costs_eat_it",
        severity="high" if net <= 0 or paid >= 0.8 * earned else "medium",
        sentence=f"{said}: a trade every {bars:.0f} bars earned {percent(per_trade)} % and cost "
        f"{percent(situation.costs)} %.",
        figures={
            "costs": paid,
            "gross_profit": earned,
            "net_profit": net,
            "gross_per_trade_pct": percent(per_trade),
            "cost_per_trade_pct": percent(situation.costs),
            "bars_per_trade": bars,
        },
        strength=20.0 if net <= 0 else 5.0,
        could=("filters", "parameters", "exits"),
    )
