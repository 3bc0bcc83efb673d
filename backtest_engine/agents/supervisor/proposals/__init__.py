"""What the orchestrator can propose for a finding: a function for its code, one file a kind of fault."""

from collections.abc import Callable, Iterator, Mapping

from backtest_engine.agents.supervisor.proposals import (
    calendar,
    costs,
    exits,
    losses,
    opportunities,
    regimes,
    sides,
    stops,
    thresholds,
)
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation

PROPOSALS: Mapping[str, Callable[[Finding, Situation], Iterator[Proposal]]] = {
    "no_trades": opportunities.none,
    "few_trades": opportunities.few,
    "dead_threshold": thresholds.propose,
    "costs_eat_it": costs.propose,
    "exits_too_late": exits.late,
    "exits_too_early": exits.early,
    "stop_too_near": stops.propose,
    "loses_in_one_trend": regimes.trend,
    "loses_in_one_volatility": regimes.volatility,
    "one_side_loses": sides.one,
    "worse_than_random_entries": sides.opposite,
    "one_weekday_loses": calendar.weekday,
    "one_month_loses": calendar.month,
    "one_hour_loses": calendar.hour,
    "few_losses_take_all": losses.few,
    "drawdown": losses.deep,
}
