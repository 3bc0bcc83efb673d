"""Indicators."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.indicators import (
    all_nan_indicator,
    array_is_not_series,
    called_instead_of_passed,
    first_bar_read,
    indicators_in_container,
    named_output,
    scalar_indicator,
    series_truth_value,
    unregistered_indicator,
    wrong_indicator_arguments,
    wrong_output_count,
    wrong_shape,
)

RULES: tuple[Rule, ...] = (
    all_nan_indicator.RULE,
    array_is_not_series.RULE,
    named_output.RULE,
    first_bar_read.RULE,
    called_instead_of_passed.RULE,
    indicators_in_container.RULE,
    scalar_indicator.RULE,
    series_truth_value.RULE,
    unregistered_indicator.RULE,
    wrong_indicator_arguments.RULE,
    wrong_output_count.RULE,
    wrong_shape.RULE,
)
