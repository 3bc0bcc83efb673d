"""No trades, or too few of them to prove anything."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation

NOTHING, LITTLE = 10, 30


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `no_trades` or `few_trades`."""
    bars, orders = len(situation.bars) - situation.first, situation.result.orders
    if situation.count == 0:
        lost = orders.placed - orders.filled
        yield Finding(
            code="no_trades",
            severity="high",
            sentence=f"There was no trade on {bars:,} bars."
            + (f" {lost} orders came to nothing: {_reasons(situation)}." if lost > 0 else ""),
            figures={"bars": bars, "orders_placed": orders.placed, "orders_lost": lost},
            strength=100.0,
            could=("sizing",) if lost > 0 else ("parameters", "filters"),
        )
    elif situation.count < LITTLE:
        count = situation.count
        yield Finding(
            code="few_trades",
            severity="medium" if count < NOTHING else "low",
            sentence=f"{count} trade{'s' if count > 1 else ''} on {bars:,} bars prove{'' if count > 1 else 's'} "
            + ("nothing." if count < NOTHING else f"little: {LITTLE} would be a beginning."),
            figures={"trade_count": count, "bars": bars},
            strength=float(LITTLE - count) / 10,
            could=("parameters", "filters"),
        )


def _reasons(situation: Situation) -> str:
    return ", ".join(f"{lost.count} {lost.reason.replace('_', ' ')}" for lost in situation.result.orders.lost)
