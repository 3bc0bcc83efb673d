"""Looking ahead."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.look_ahead import (
    back_fill,
    base_array,
    centred_window,
    fitted_on_everything,
    full_sample_statistic,
    future_row,
    future_seen,
    late_pivot,
    memorised_prices,
    negative_shift,
    other_data,
    resample_unshifted,
    reversed_series,
    trailing_strategy,
)

RULES: tuple[Rule, ...] = (
    back_fill.RULE,
    centred_window.RULE,
    fitted_on_everything.RULE,
    full_sample_statistic.RULE,
    future_row.RULE,
    future_seen.RULE,
    late_pivot.RULE,
    negative_shift.RULE,
    other_data.RULE,
    resample_unshifted.RULE,
    reversed_series.RULE,
    base_array.RULE,
    memorised_prices.RULE,
    trailing_strategy.RULE,
)
