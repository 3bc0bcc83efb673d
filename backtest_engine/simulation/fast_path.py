"""Plays a specification without code, sandbox or look-ahead reruns: it is data, and hundreds of times faster.

    cache = IndicatorCache()
    simulate(spec, dataset, broker, parameters=None, *, cache=None) -> BacktestResult
    sweep(spec, dataset, broker, combinations, *, cache=None, keep_equity=False) -> Sweep

`spec` is a `StrategySpec` that is fitted to the bars (`fitting.fitted_to`). `parameters`, and each of `combinations`,
map names of the compiled module's class attributes (`checks.parameters.declared_parameters`) to numbers; what is not
named keeps its default. An `IndicatorCache` is of one set of bars and may be shared by everything that runs on them.

`simulate` gives what the sandbox path gives: trades, equity, every metric, orders and notices (its `checks` are left to
the executor). It raises `NotOnFastPath` with a stable code where the kernel cannot play a part, and `StrategyRaised` or
`StrategyRejected` where the compiled code would fail too.

`Sweep.figures` has an array of shape (combinations,) for each of `FIGURES`: `return_pct`, `sharpe_per_bar`, `bars`,
`skew`, `kurtosis` (3 is normal), `trades`, `win_rate_pct`, `profit_factor`, `max_drawdown_pct`, `exposure_time_pct`,
`equity_final`, `commissions`; NaN where a combination failed, with its code in `Sweep.failures` (None where it did not).
`Sweep.equity` has shape (combinations, bars) where it was asked for.
"""
