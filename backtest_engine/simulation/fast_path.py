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
`equity_final`, `commissions`; NaN where a combination failed, with its code in `Sweep.failures`, None elsewhere.
`Sweep.equity` has shape (combinations, bars) where it was asked for.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.compiler.parameters import ParameterNames, parameter_names
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Notice
from backtest_engine.errors import StrategyError
from backtest_engine.simulation import reporting
from backtest_engine.simulation.figures import statistics_by
from backtest_engine.simulation.house import terms_of
from backtest_engine.simulation.indicator_cache import IndicatorCache
from backtest_engine.simulation.kernel import figures
from backtest_engine.simulation.kernel.layout import Floats, equity_curve
from backtest_engine.simulation.planning import Plan, TooDeep
from backtest_engine.simulation.played import losses_of, trades_of, wiped_out_at
from backtest_engine.simulation.playing import NoRoom, Player, prices_of
from backtest_engine.simulation.statistics import closed_trades
from backtest_engine.simulation.units import size_step
from backtest_engine.spec import Always, Side, StrategySpec

FIGURES = figures.NAMES


class NotOnFastPath(Exception):
    """The kernel does not play this.

    `code` is `fast_path_prices`, `fast_path_depth`, `fast_path_parameters` or `fast_path_room`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """Figures by name, each of shape (combinations,), and why a combination failed: the code of its error, or None.

    `equity` has shape (combinations, bars), None where it was not asked for; a row of NaN where a combination failed.
    """

    figures: Mapping[str, Floats]
    failures: tuple[str | None, ...]
    equity: Floats | None = None

    def __len__(self) -> int:
        return len(self.failures)


def simulate(
    spec: StrategySpec,
    dataset: Dataset,
    broker: BrokerSettings,
    parameters: Mapping[str, Any] | None = None,
    *,
    cache: IndicatorCache | None = None,
    order_limit: int = 0,
) -> BacktestResult:
    """Return what the specification gives on the bars; `order_limit` is 0 for any number of orders.

    Raises `NotOnFastPath` or a `StrategyError`.
    """
    began = time.perf_counter()
    names = names_of(spec)
    given = _numbers(names, parameters or {})
    player = _player(names, dataset, broker, cache or IndicatorCache(), order_limit)
    try:
        prepared = player.play(given)
    except NoRoom:
        raise NotOnFastPath("fast_path_room", "more trades are open, or orders waiting, than are kept") from None
    state, bars = player.state, dataset.bars
    index, step = pd.DatetimeIndex(bars.index), size_step(dataset, broker.fractional)
    played = time.perf_counter()
    closed = state.closed[: state.st.closed_before]
    trades = trades_of(closed, index, whole_units=step is None)
    statistics = statistics_by(broker.fills, trades, equity_curve(state), bars, first=dataset.warm_up)
    fills = reporting.check_fills(trades, bars, broker=broker)
    orders = reporting.order_summary(losses_of(state), index, step=step)
    none = [] if trades else [Notice(code="no_trades", message=reporting.no_trades_message(orders))]
    account = reporting.account_notices(
        trades,
        broker=broker,
        index=index,
        wiped_out_at=wiped_out_at(state),
        shortfall=float(state.st.shortfall),
        notes=statistics.notes,
    )
    known = reporting.warm_up_notices(dataset, known=max(prepared.known, 0))
    ended = time.perf_counter()
    return BacktestResult(
        metrics=statistics.metrics,
        trades=closed_trades(trades, index),
        equity=statistics.curve,
        broker=broker,
        parameters={**names.defaults, **given},
        dataset=dataset,
        warnings=(*none, *known, *reporting.order_notices(orders), *account, *fills),
        timings={"play": played - began, "statistics": ended - played, "total": ended - began},
        orders=orders,
        metrics_notes=statistics.notes,
    )


def sweep(
    spec: StrategySpec,
    dataset: Dataset,
    broker: BrokerSettings,
    combinations: Sequence[Mapping[str, Any]],
    *,
    cache: IndicatorCache | None = None,
    keep_equity: bool = False,
) -> Sweep:
    """Return the figures of the specification with each combination of parameters. Raises `NotOnFastPath`."""
    names = names_of(spec)
    player = _player(names, dataset, broker, cache or IndicatorCache(), 0)
    count, bars = len(combinations), len(dataset.bars)
    found = figures.empty_figures(count)
    curves = np.full((count, bars), np.nan) if keep_equity else None
    failures: list[str | None] = [None] * count
    scratch = np.empty(bars + 1)
    first = dataset.warm_up
    for place, combination in enumerate(combinations):
        try:
            player.play(_numbers(names, combination))
        except StrategyError as error:
            failures[place] = error.code
            continue
        except NoRoom:
            failures[place] = "fast_path_room"
            continue
        state = player.state
        figures.measure_run(state.record, state.equity, state.closed, first, scratch, found[place])
        if curves is not None:
            curves[place] = state.equity
    shown = {name: found[:, column].copy() for column, name in enumerate(FIGURES)}
    return Sweep(figures=shown, failures=tuple(failures), equity=curves)


def warm_up() -> None:
    """Compile the kernel, or load it from its cache, by playing a few bars both ways."""
    index = pd.date_range("2024-01-01", periods=8, freq="D")
    bars = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close", "Volume"), 100.0), index=index)
    dataset = Dataset(symbol="WARM", interval="1d", source="warm_up", bars=bars, fingerprint="")
    spec = StrategySpec(long=Side(entry=Always(), max_bars=2))
    sweep(spec, dataset, BrokerSettings(), [{}])


def names_of(spec: StrategySpec) -> ParameterNames:
    """Return the parameters of a specification by the names that its compiled module gives them."""
    key = spec.model_dump_json()
    if key not in _NAMES:
        while len(_NAMES) >= _MOST_NAMES:
            _NAMES.pop(next(iter(_NAMES)))
        _NAMES[key] = parameter_names(spec)
    return _NAMES[key]


_MOST_NAMES = 64
_NAMES: dict[str, ParameterNames] = {}


def _numbers(names: ParameterNames, given: Mapping[str, Any]) -> dict[str, float]:
    """Return the values of parameters that there are. Raises `NotOnFastPath` for others."""
    for name, value in given.items():
        if name not in names.defaults or isinstance(value, bool) or not isinstance(value, int | float):
            raise NotOnFastPath("fast_path_parameters", f"{name}={value!r} is no number of the specification")
    return dict(given)


def _player(
    names: ParameterNames, dataset: Dataset, broker: BrokerSettings, cache: IndicatorCache, order_limit: int
) -> Player:
    prices = prices_of(dataset.bars)
    if not (np.isfinite(prices).all() and (prices > 0).all()):
        raise NotOnFastPath("fast_path_prices", "a price is not a number above 0")
    try:
        plan = Plan(names, dataset.bars, cache, order_limit=order_limit)
    except TooDeep:
        raise NotOnFastPath("fast_path_depth", "a condition on the open position is nested too deeply") from None
    step = size_step(dataset, broker.fractional)
    return Player(plan, dataset.bars, terms_of(broker, step=step, first=dataset.warm_up))
